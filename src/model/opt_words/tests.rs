//! Which messages are a word and which are not (R-CONSENT-5).

use super::*;
use proptest::prelude::*;

fn says(message: &str) -> Option<OptWord> {
    OptWords::built_in().read(message)
}

#[test]
fn r_consent_5_how_a_word_is_dressed_does_not_matter() {
    #[rustfmt::skip]
    let out = [
        "stop", "STOP", "Stop", "sToP", "Stop.", "STOP!", "STOP!!!", "stop?", "STOP ALL", "stopall", "StopAll.",
        "\"stop\"", "'stop'", "“STOP”", "«stop»", "(stop)", "[STOP]", "<stop>", "*STOP*", "_stop_", "~stop~", "`stop`",
        "STOP 🛑", "🛑STOP🛑", "🛑 🛑 stop", "stop ✋🏿", "stop ⛔️", "stop 👨‍👩‍👧", "stop 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "stop #️⃣", "STOP™", "STOP©",
        "ARRÊT", "arret", "Arrêté", "A\u{301}RRET", "ARRE\u{302}T", "ＳＴＯＰ", "ｓｔｏｐ", "𝐒𝐓𝐎𝐏", "𝓢𝓽𝓸𝓹", "ⓈⓉⓄⓅ", "🅂🅃🄾🄿",
        "\u{200e}stop", "\u{200b}STOP", "stop\u{200b}", "s\u{200b}t\u{200c}o\u{200d}p", "\u{feff}STOP", "ST\u{ad}OP",
        "\u{202a}STOP\u{202c}", "\u{2068}stop\u{2069}", "\u{a0}STOP\u{a0}", "\u{3000}stop", "stop\r\n", "\tstop\0",
        "stop   all", "STOP\nALL", "stop\u{a0}all", "stop\u{3000}all", "Stop all!", "opt out", "OPT-OUT", "OptOut", "Opt  Out.",
        "- stop", "…stop…", "¡stop!", "¿STOP?", "/stop", "#stop", "@stop", "=STOP", "$stop", "stop;", "stop,", ":stop:",
        "UNSUBSCRIBE", "Unsub", "cancel", "END.", "quit", "Revoke", "acha", "ACHA!", "Sitisha.", "désabonner", "Désinscrire",
        "Me désabonner", "توقف", "تَوَقَّف", "ايقاف", "إيقاف.", "إلغاء", "الغاء الاشتراك", "አቁም", "አቁም።", "रोकें", "रोकें।", "बंद  करें",
        "退订", "退訂。", "ＴＤ", "dáwọ́dúró", "Daina", "Tsaya!", "parar", "Cancelar", "SAIR", "הסר", "הסר.", "நிறுத்து", "หยุด", "ยกเลิก",
    ];
    for text in out {
        assert_eq!(says(text), Some(OptWord::Out), "{text:?}");
    }
    for text in [
        "START",
        "start.",
        "Yes!",
        "\u{200e}yes",
        "UNSTOP",
        "Anza",
        "reprendre",
        "ابدأ",
        "ጀምር",
        "bẹ̀rẹ̀",
    ] {
        assert_eq!(says(text), Some(OptWord::In), "{text:?}");
    }
    for text in ["HELP", "help?", "Info.", "AIDE", "msaada", "ajuda", "帮助", "मदद", "ìrànlọ́wọ́"]
    {
        assert_eq!(says(text), Some(OptWord::Help), "{text:?}");
    }
}

#[test]
fn r_consent_5_a_sentence_is_a_message() {
    #[rustfmt::skip]
    let messages = [
        "please stop sending me this every day", "stop by the shop", "Don't stop", "stop please", "STOP PLEASE", "please stop",
        "stop it", "Stop!!! I mean it", "I want to stop", "stop stop", "STOP. STOP.", "non-stop", "nonstop", "stopp", "stopping",
        "stopped", "stops", "bus stop", "stop?yes", "stop/start", "stop 1", "1 stop", "stop 2 days", "STOP SENDING", "no stop",
        "the end", "end of the month", "cancel my order", "cancel order 70123", "quit smoking", "yes please", "yes, stop", "yes stop",
        "not yes", "restart", "start again", "helpful", "help me stop", "information", "s t o p", "st op", "s.t.o.p", "stop-all-of-it",
        "stop all of it", "arrêtez", "arret de bus", "l'arrêt", "nisaidie kuacha", "acha nikupigie", "أوقف الطلب", "لا توقف",
        "我要退订这个", "退", "t", "td1", "", " ", "🛑", "!", ".", "\u{200b}", "👍", "1", "0", "ok", "no", "STOP\n--\nSent from my phone",
        "ѕtор", "5top", "ST0P",
    ];
    for text in messages {
        assert_eq!(says(text), None, "{text:?}");
    }
    assert_eq!(says(&format!("stop {}", "x".repeat(100_000))), None);
    assert_eq!(says(&"x".repeat(64 * 1024)), None);
}

#[test]
fn the_built_in_words_are_all_read_and_each_means_one_thing() {
    let words = OptWords::built_in();
    let mut again = OptWords::default();
    for line in BUILT_IN.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, listed) = line.split_once(": ").unwrap_or_else(|| panic!("{line:?}"));
        let list = OptWord::ALL.into_iter().find(|list| list.list() == name);
        let list = list.unwrap_or_else(|| panic!("{line:?} names no list"));
        for word in listed.split(", ") {
            again.add(list, word).unwrap_or_else(|why| panic!("{why}"));
            assert_eq!(words.read(word), Some(list), "{word}");
        }
    }
    assert_eq!(*words, again);
    // What carriers and regulators publish, whatever else changes.
    for word in "stop stopall unsubscribe cancel end quit revoke optout arret".split(' ') {
        assert_eq!(says(word), Some(OptWord::Out), "{word}");
    }
    for list in OptWord::ALL {
        assert!(words.list(list).all(|word| bare(word).as_deref() == Some(word)), "{list:?}");
    }
}

/// What phones and people put around a word.
fn decoration() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        " ",
        "\n",
        "\t",
        ".",
        "!",
        "?",
        "\"",
        "'",
        "“",
        "”",
        "(",
        ")",
        "*",
        "_",
        "-",
        "…",
        "🛑",
        "✋🏿",
        "👨‍👩‍👧",
        "⛔️",
        "™",
        "\u{200b}",
        "\u{200e}",
        "\u{200f}",
        "\u{feff}",
        "\u{a0}",
        "\u{3000}",
        "\u{2068}",
        "\u{2069}",
        "。",
        "¿",
        "#️⃣",
        "\u{301}",
        "€",
    ]);
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn word(list: OptWord) -> impl Strategy<Value = String> {
    let words: Vec<String> = OptWords::built_in().list(list).map(str::to_owned).collect();
    (prop::sample::select(words), any::<bool>(), any::<bool>()).prop_map(|(word, loud, wide)| {
        let word = if loud { word.to_uppercase() } else { word };
        let widen = |c: char| match c {
            '!'..='~' if wide => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
            c => c,
        };
        word.chars().map(widen).collect()
    })
}

proptest! {
    #[test]
    fn r_consent_5_any_decoration_of_a_word_is_that_word(
        before in decoration(), word in word(OptWord::Out), after in decoration(),
    ) {
        prop_assert_eq!(says(&format!("{before}{word}{after}")), Some(OptWord::Out));
    }

    #[test]
    fn r_consent_5_a_word_with_other_words_is_a_message(
        before in "[a-z]{0,8}", word in word(OptWord::Out), after in "[a-z]{4,12}( [a-z]{1,8}){0,3}", between in "[ ,.!?🛑]{1,4}",
    ) {
        let text = format!("{before} {word}{between}{after}");
        prop_assert_eq!(says(&text), None, "{:?}", text);
    }
}
