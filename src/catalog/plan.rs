//! Reads and writes what a call does next, one action per line: the ten actions that the
//! contract calls `VoiceCallAction`, and hanging up. Which actions end a plan is R-HOOK-3, and
//! the limits are R-HOOK-4.
//!
//! ```text
//! say [female, beep] Karibu                       play https://example.org/hold.mp3
//! ask 4 digits within 10s until #: Enter your PIN  record within 5s up to 60s beep: Speak
//! dial [record, one-by-one] +254711.. +254722..    queue [music https://..] support
//! take-from [record] 5250 support                  record-all | reject | redirect https://..
//! hang-up                                          (alone: an empty plan)
//! ```
//!
//! Options stand in brackets. Where a text is read aloud, `play https://…` plays a sound instead.
//! `\n` in a text is a line break, `\\` a backslash.

use super::entry;
use crate::model::{
    Channel, ChannelNumber, CustomerNumber, Hello, Prompt, Say, Voice, VoiceAction, limits, when,
};
use std::time::Duration;

const WORDS: &str = "say, play, ask, record, dial, queue, take-from, record-all, reject, redirect";
const HANG_UP: &str = "hang-up";
/// The grammar of a plan for help pages; at most 80 columns wide.
pub const GRAMMAR: &str = "\
Actions, one per line, 20 at most:
  say [female, beep] Karibu
  play https://example.org/hold.mp3
  ask 4 digits within 10s until #: Enter your PIN
  record within 5s up to 60s until # beep trim: Speak after the tone
  dial [record, one-by-one, show +254711000000, for 600s] +254722000002
  dial [hear URL] +254722000002 +254733000003
  queue [music URL] support
  take-from [record] 5250 support
  record-all
  reject            (only first, before the call is answered)
  redirect URL
  hang-up           (alone)
Brackets, and everything between `ask` or `record` and the colon, may be left
out. After ask, record, dial, queue, take-from, reject and redirect nothing
else runs. Instead of a text to read aloud, `play URL` plays a sound.";

/// Every reader here fails with a sentence for the user.
type Read<T> = Result<T, String>;

/// Reads a plan. An error names its line, counted from 1. An empty plan hangs up, so it must be asked
/// for with `hang-up`; an empty text is an error.
pub fn parse(text: &str, hello: &Hello) -> Read<Vec<VoiceAction>> {
    let mut plan: Vec<VoiceAction> = Vec::new();
    let mut ended: Option<usize> = None;
    let mut hangs_up = false;
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let on_line = |why: String| format!("line {}: {why}", i + 1);
        if let Some(end) = ended {
            let why = format!("is never reached: line {end} ends the plan");
            return Err(on_line(why));
        }
        if line.trim().eq_ignore_ascii_case(HANG_UP) {
            if !plan.is_empty() {
                return Err(on_line("a plan that is over hangs up by itself: leave it out".into()));
            }
            (hangs_up, ended) = (true, Some(i + 1));
            continue;
        }
        let action = action(line.trim(), hello).map_err(on_line)?;
        if action == VoiceAction::Reject && !plan.is_empty() {
            return Err(on_line("reject is possible only first".into()));
        }
        ended = action.ends_plan().then_some(i + 1);
        plan.push(action);
        if plan.len() > limits::ACTIONS {
            return Err(on_line(format!("{} actions are possible", limits::ACTIONS)));
        }
    }
    if plan.is_empty() && !hangs_up {
        return Err(format!("what the call does next: {WORDS}; or {HANG_UP}"));
    }
    Ok(plan)
}

fn action(line: &str, hello: &Hello) -> Read<VoiceAction> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let alone = |action| {
        if rest.is_empty() { Ok(action) } else { Err(format!("{word} stands alone")) }
    };
    match word.to_ascii_lowercase().as_str() {
        "say" => say(rest).map(VoiceAction::Say),
        "play" => entry::url(rest).map(VoiceAction::Play),
        "ask" => ask(rest),
        "record" => record(rest),
        "dial" => dial(rest, hello),
        "queue" => queue(rest),
        "take-from" => take(rest),
        "record-all" => alone(VoiceAction::RecordSession),
        "reject" => alone(VoiceAction::Reject),
        "redirect" => entry::url(rest).map(VoiceAction::Redirect),
        _ => Err(format!("{word} is none of {WORDS}, {HANG_UP}")),
    }
}

/// Splits off the options that stand in brackets at the beginning.
fn options(text: &str) -> Read<(Vec<&str>, &str)> {
    let Some(inner) = text.strip_prefix('[') else { return Ok((Vec::new(), text)) };
    let (inside, rest) = inner.split_once(']').ok_or("a ] is missing")?;
    let all = inside.split(',').map(str::trim).filter(|option| !option.is_empty()).collect();
    Ok((all, rest.trim()))
}

fn unknown(option: &str, known: &str) -> String {
    format!("{option} is no option here; there are: {known}")
}

/// The value of an option, such as `+254…` for `show +254…`; `None` if it is another option.
fn value<'a>(option: &'a str, name: &str) -> Option<&'a str> {
    let (word, value) = option.split_once(char::is_whitespace)?;
    word.eq_ignore_ascii_case(name).then(|| value.trim())
}

fn say(text: &str) -> Read<Say> {
    let (options, text) = options(text)?;
    let mut say = Say { text: plain(text), ..Say::default() };
    for option in options {
        match option.to_ascii_lowercase().as_str() {
            "male" => say.voice = Voice::Male,
            "female" => say.voice = Voice::Female,
            "beep" => say.play_beep = true,
            _ => return Err(unknown(option, "male, female, beep")),
        }
    }
    if say.text.trim().is_empty() {
        return Err("what is read aloud is missing".into());
    }
    Ok(say)
}

fn prompt(text: &str) -> Read<Option<Prompt>> {
    match text.split_once(char::is_whitespace) {
        Some(("play", url)) if url.trim_start().to_ascii_lowercase().starts_with("http") => {
            entry::url(url).map(Prompt::Play)
        }
        _ => say(text).map(Prompt::Say),
    }
    .map(Some)
}

/// Splits a line into the words before the colon and the prompt behind it.
fn prompted(text: &str) -> Read<(Vec<&str>, &str)> {
    let (words, prompt) =
        text.split_once(':').ok_or("what is heard first is missing: write it after a colon")?;
    Ok((words.split_whitespace().collect(), prompt.trim()))
}

/// Whole seconds of a length of time such as `10s`; `None` if it is none.
fn seconds_of(text: &str) -> Option<u64> {
    when::length(text).ok().filter(|time| time.subsec_nanos() == 0).map(|time| time.as_secs())
}

/// Reads a time such as `10s`, of one second up to `most`.
fn time(word: Option<&&str>, most: Duration) -> Read<Duration> {
    let most = most.as_secs();
    let secs = word.and_then(|word| seconds_of(word)).ok_or("write a time such as 10s")?;
    if (1..=most).contains(&secs) {
        Ok(Duration::from_secs(secs))
    } else {
        Err(format!("a time is 1 to {most} s (R-HOOK-4)"))
    }
}

fn key(word: Option<&&str>) -> Read<Option<String>> {
    match word {
        Some(key) if key.len() == 1 && "0123456789*#".contains(*key) => Ok(Some((*key).into())),
        _ => Err("until takes one key: 0 to 9, * or #".into()),
    }
}

/// The most keys that a plan may ask for. The contract has no limit; this one catches a slip.
const DIGITS: i32 = 50;

fn ask(text: &str) -> Read<VoiceAction> {
    const HOW: &str = "write ask 4 digits within 10s: Enter your PIN";
    let (words, heard) = prompted(text)?;
    let (mut timeout, mut finish_on_key, mut num_digits) = (Duration::from_secs(10), None, None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "digit" | "digits" => {}
            "within" => timeout = time(words.next(), limits::TIMEOUT.1)?,
            "until" => finish_on_key = key(words.next())?,
            count => {
                let count = count.parse().ok().filter(|n| (1..=DIGITS).contains(n));
                num_digits = Some(count.ok_or(HOW)?);
            }
        }
    }
    Ok(VoiceAction::GetDigits { prompt: prompt(heard)?, timeout, finish_on_key, num_digits })
}

fn record(text: &str) -> Read<VoiceAction> {
    const HOW: &str = "write record within 5s up to 60s: Speak after the tone";
    let (words, heard) = prompted(text)?;
    let (mut timeout, mut max_length) = (Duration::from_secs(5), Duration::from_mins(1));
    let (mut finish_on_key, mut play_beep, mut trim_silence) = (None, false, false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "within" => timeout = time(words.next(), limits::TIMEOUT.1)?,
            "up" if words.next() == Some(&"to") => {
                max_length = time(words.next(), limits::CALL_LENGTH)?;
            }
            "until" => finish_on_key = key(words.next())?,
            "beep" => play_beep = true,
            "trim" => trim_silence = true,
            _ => return Err(HOW.into()),
        }
    }
    let prompt = prompt(heard)?;
    Ok(VoiceAction::GetRecording {
        prompt,
        timeout,
        max_length,
        finish_on_key,
        play_beep,
        trim_silence,
    })
}

fn dial(text: &str, hello: &Hello) -> Read<VoiceAction> {
    let (options, text) = options(text)?;
    let (mut record, mut sequential) = (false, false);
    let (mut ringback_tone, mut caller_id, mut max_duration) = (None, None, None);
    for option in options {
        if option.eq_ignore_ascii_case("record") {
            record = true;
        } else if option.eq_ignore_ascii_case("one-by-one") {
            sequential = true;
        } else if let Some(number) = value(option, "show") {
            caller_id = Some(number.to_owned());
        } else if let Some(url) = value(option, "hear") {
            ringback_tone = Some(entry::url(url)?);
        } else if let Some(most) = value(option, "for") {
            let secs = seconds_of(most).and_then(|secs| i32::try_from(secs).ok());
            let secs = secs.filter(|secs| *secs > 0).ok_or("for takes a time such as 600s")?;
            max_duration = Some(secs);
        } else {
            let known = "record, one-by-one, show NUMBER, hear URL, for 600s";
            return Err(unknown(option, known));
        }
    }
    let numbers: Read<Vec<_>> =
        text.split_whitespace().map(|text| telephone(text, hello)).collect();
    let numbers = numbers?;
    if numbers.is_empty() {
        return Err("whom to dial: numbers such as +254711000001".into());
    }
    Ok(VoiceAction::Dial { numbers, record, sequential, ringback_tone, caller_id, max_duration })
}

fn telephone(text: &str, hello: &Hello) -> Read<CustomerNumber> {
    let number = CustomerNumber::telco(text);
    super::choice::telephone(&number, hello)
        .map(|()| number)
        .map_err(|why| format!("{text}: {why}"))
}

fn queue(text: &str) -> Read<VoiceAction> {
    let (options, name) = options(text)?;
    let mut hold_music = None;
    for option in options {
        let url = value(option, "music").ok_or_else(|| unknown(option, "music URL"))?;
        hold_music = Some(entry::url(url)?);
    }
    Ok(VoiceAction::Enqueue { hold_music, queue_name: named(name) })
}

fn take(text: &str) -> Read<VoiceAction> {
    let (options, text) = options(text)?;
    let mut record = false;
    for option in options {
        if !option.eq_ignore_ascii_case("record") {
            return Err(unknown(option, "record"));
        }
        record = true;
    }
    let (number, name) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if number.is_empty() {
        return Err("whose queue: one of the org's voice numbers, such as 5250".into());
    }
    let channel = ChannelNumber::new(Channel::Voice, number);
    Ok(VoiceAction::Dequeue { channel, record, queue_name: named(name.trim()) })
}

fn named(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| plain(name))
}

/// Undoes [`escaped`]: `\n` becomes a line break and `\\` a backslash.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('\\')) => out.push('\\'),
            _ => {
                out.push(c);
                continue;
            }
        }
        chars.next();
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}

/// Writes a plan in the way in which [`parse`] reads it.
#[must_use]
pub fn show(plan: &[VoiceAction]) -> String {
    if plan.is_empty() {
        return HANG_UP.into();
    }
    plan.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn line(action: &VoiceAction) -> String {
    match action {
        VoiceAction::Say(text) => format!("say {}", aloud(text)),
        VoiceAction::Play(url) => format!("play {url}"),
        VoiceAction::GetDigits { prompt, timeout, finish_on_key, num_digits } => {
            let count = num_digits.map_or_else(String::new, |n| format!("{n} "));
            let until = until(finish_on_key.as_deref());
            let time = when::written(*timeout);
            format!("ask {count}digits within {time}{until}: {}", heard(prompt.as_ref()))
        }
        VoiceAction::GetRecording {
            prompt,
            timeout,
            max_length,
            finish_on_key,
            play_beep,
            trim_silence,
        } => format!(
            "record within {} up to {}{}{}{}: {}",
            when::written(*timeout),
            when::written(*max_length),
            until(finish_on_key.as_deref()),
            if *play_beep { " beep" } else { "" },
            if *trim_silence { " trim" } else { "" },
            heard(prompt.as_ref())
        ),
        VoiceAction::Dial {
            numbers,
            record,
            sequential,
            ringback_tone,
            caller_id,
            max_duration,
        } => {
            let all = [
                record.then(|| "record".to_owned()),
                sequential.then(|| "one-by-one".to_owned()),
                caller_id.as_ref().map(|number| format!("show {number}")),
                ringback_tone.as_ref().map(|url| format!("hear {url}")),
                max_duration.map(|secs| format!("for {secs}s")),
            ];
            let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
            format!("dial {}{}", bracketed(all), numbers.join(" "))
        }
        VoiceAction::RecordSession => "record-all".into(),
        VoiceAction::Enqueue { hold_music, queue_name } => {
            let music = bracketed([hold_music.as_ref().map(|url| format!("music {url}"))]);
            let name = escaped(queue_name.as_deref().unwrap_or_default());
            format!("queue {music}{name}").trim_end().to_owned()
        }
        VoiceAction::Dequeue { channel, record, queue_name } => {
            let options = bracketed([record.then(|| "record".to_owned())]);
            let name = escaped(queue_name.as_deref().unwrap_or_default());
            format!("take-from {options}{} {name}", channel.number).trim_end().to_owned()
        }
        VoiceAction::Reject => "reject".into(),
        VoiceAction::Redirect(url) => format!("redirect {url}"),
    }
}

/// Writes options in brackets, with a blank behind; nothing if there are none.
fn bracketed<const N: usize>(all: [Option<String>; N]) -> String {
    let all: Vec<_> = all.into_iter().flatten().collect();
    if all.is_empty() { String::new() } else { format!("[{}] ", all.join(", ")) }
}

fn until(key: Option<&str>) -> String {
    key.map_or_else(String::new, |key| format!(" until {key}"))
}

fn aloud(say: &Say) -> String {
    let options = bracketed([
        match say.voice {
            Voice::Unspecified => None,
            Voice::Male => Some("male".to_owned()),
            Voice::Female => Some("female".to_owned()),
        },
        say.play_beep.then(|| "beep".to_owned()),
    ]);
    // Empty brackets keep a text that looks like options or a sound what it is.
    let guard = options.is_empty() && (say.text.starts_with('[') || say.text.starts_with("play"));
    format!("{}{options}{}", if guard { "[] " } else { "" }, escaped(&say.text))
}

fn heard(prompt: Option<&Prompt>) -> String {
    match prompt {
        Some(Prompt::Say(say)) => aloud(say),
        Some(Prompt::Play(url)) => format!("play {url}"),
        None => String::new(),
    }
}
