//! One key writes a text plainly, nothing else does, and every line break is one (R-TEXT-3).

use super::{kinds::write, *};

/// Every way to break a line.
const BREAKS: [&str; 8] = ["\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"];

fn f7(form: &mut Form) -> Option<FormWish> {
    form.key(KeyCode::F(7).into(), NOW)
}

fn notice(form: &Form) -> &str {
    form.fields()[0].notice.as_deref().unwrap_or_default()
}

#[test]
fn r_text_3_one_key_writes_a_text_plainly_and_nothing_else_does() {
    let fancy = "“Ng’ombe” 9–17 h…\ncafe\u{301} le\u{200b}o";
    let mut form = open(&catalog::REPLY, None);
    form.paste(fancy, NOW);
    press(&mut form, "!", NOW);
    press(&mut form, "f5", NOW);
    assert!(form.is_review());
    press(&mut form, "esc", ms(1_000));
    assert_eq!(written(&form), format!("{fancy}!"), "nothing is replaced without the key");
    assert_eq!(f7(&mut form), None, "and the key sends nothing");
    assert_eq!(written(&form), "\"Ng'ombe\" 9-17 h...\ncafé leo!");
    press(&mut form, "?", NOW);
    assert_eq!(written(&form), "\"Ng'ombe\" 9-17 h...\ncafé leo!?", "the cursor stays");
    f7(&mut form);
    assert!(notice(&form).starts_with("nothing to replace"), "{}", notice(&form));
}

#[test]
fn what_was_written_plainly_is_taken_back_by_ctrl_z() {
    let mut form = open(&catalog::REPLY, None);
    press(&mut form, "ng’ombe", NOW);
    f7(&mut form);
    assert_eq!(
        (written(&form).as_str(), notice(&form)),
        ("ng'ombe", "written plainly: Ctrl-Z takes it back")
    );
    press(&mut form, "ctrl-z", NOW);
    assert_eq!(written(&form), "ng’ombe");
    f7(&mut form);
    press(&mut form, "s", NOW);
    press(&mut form, "ctrl-z", NOW);
    assert!(written(&form).starts_with("ng'"), "once something was typed, that is what is undone");
}

#[test]
fn what_costs_nothing_on_the_internet_stays_there() {
    let mut target = target();
    let quoted = target.reply_to.as_mut().expect("a message");
    quoted.channel = ChannelNumber::new(Channel::Telegram, "acme_bot");
    let (hello, zone) = (hello(), TimeZone::UTC);
    let context = BuildContext { hello: &hello, at: NOW, zone: &zone, purses: &[] };
    let mut form = Form::open(&catalog::REPLY, target, context, "sb-00000001".into(), None);
    form.paste("“Karibu” cafe\u{301}", NOW);
    f7(&mut form);
    assert_eq!(written(&form), "“Karibu” café");
}

#[test]
fn the_values_of_a_template_are_written_plainly_too() {
    let mut form = open(&catalog::REPLY, None);
    write(&mut form, "body", "template");
    write(&mut form, "params", "Ng’ang’a");
    f7(&mut form);
    assert_eq!(field(&form, "params").value(), "Ng'ang'a");
}

#[test]
fn r_text_3_every_line_break_is_one_however_it_comes_in() {
    for one in BREAKS {
        let text = format!("a{one}b");
        let mut pasted = open(&catalog::REPLY, None);
        pasted.paste(&text, NOW);
        assert_eq!(written(&pasted), "a\nb", "pasted {one:?}");
        let values = vec![("text".to_owned(), text.clone())];
        let draft = FormDraft {
            form: "reply".into(),
            target: target(),
            values,
            saved_at: NOW,
            ..FormDraft::default()
        };
        assert_eq!(written(&open(&catalog::REPLY, Some(draft))), "a\nb", "a draft with {one:?}");
        let values = Values::default().with("text", text.clone());
        assert_eq!(values.get("text"), "a\nb", "a flag, a story or a file with {one:?}");
        let mut line = open(&catalog::UPDATE_METADATA, None);
        line.paste(&text, NOW);
        assert_eq!(written(&line), "a b", "a field of one line with {one:?}");
    }
    for typed in ["\u{85}", "\u{2028}", "\u{2029}", "\u{b}", "\u{c}"] {
        let mut form = open(&catalog::REPLY, None);
        press(&mut form, &format!("a{typed}b"), NOW);
        assert_eq!(written(&form), "a\nb", "typed {typed:?}");
    }
}
