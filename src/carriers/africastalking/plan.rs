//! What a call does, in the XML of Africa's Talking, without I/O. Its verbs are the actions of the
//! contract, so that each action becomes one element.

use crate::model::{Prompt, Say, Voice, VoiceAction};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use std::{borrow::Cow, io, time::Duration};

/// The document that does nothing more, which hangs up.
const NOTHING: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response></Response>"#;

/// The elements under construction.
type Elements = Writer<Vec<u8>>;
/// The attributes of an element. What is `None` is left out, so that the network's default holds.
type Attributes<'a> = [(&'static str, Option<Cow<'a, str>>)];

/// The plan as a document. The actions behind the one that ends the plan are left out (R-HOOK-3):
/// this network would run them if the customer presses no key. No actions hang up.
/// What this network cannot do is no part of a plan, because the rules refuse it (R-CARRY-25).
#[must_use]
pub fn xml(actions: &[VoiceAction]) -> String {
    let end = actions.iter().position(VoiceAction::ends_plan).map_or(actions.len(), |n| n + 1);
    let mut writer = Writer::new(Vec::new());
    // Writing to memory does not fail, and what is written is text.
    let written = document(&mut writer, &actions[..end]).ok();
    let xml = written.and_then(|()| String::from_utf8(writer.into_inner()).ok());
    xml.unwrap_or_else(|| NOTHING.to_owned())
}

fn document(writer: &mut Elements, actions: &[VoiceAction]) -> io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all = |writer: &mut Elements| actions.iter().try_for_each(|one| element(writer, one));
    writer.create_element("Response").write_inner_content(all)?;
    Ok(())
}

fn element(writer: &mut Elements, action: &VoiceAction) -> io::Result<()> {
    match action {
        VoiceAction::Say(say) => said(writer, say),
        VoiceAction::Play(url) => played(writer, url),
        VoiceAction::GetDigits { prompt, timeout, finish_on_key, num_digits } => {
            let attributes = [
                ("timeout", seconds(*timeout)),
                ("finishOnKey", text(finish_on_key.as_deref())),
                ("numDigits", number(*num_digits)),
            ];
            asked(writer, "GetDigits", &attributes, prompt.as_ref())
        }
        VoiceAction::Dial {
            numbers,
            record,
            sequential,
            ringback_tone,
            caller_id,
            max_duration,
        } => {
            let numbers: Vec<&str> = numbers.iter().map(|number| &*number.number).collect();
            let attributes = [
                ("phoneNumbers", Some(Cow::from(numbers.join(",")))),
                ("record", flag(*record)),
                ("sequential", flag(*sequential)),
                ("callerId", text(caller_id.as_deref())),
                ("ringBackTone", text(ringback_tone.as_deref())),
                ("maxDuration", number(*max_duration)),
            ];
            empty(writer, "Dial", &attributes)
        }
        // The same verb without attributes records until the customer hangs up.
        VoiceAction::RecordSession => empty(writer, "Record", &[]),
        VoiceAction::GetRecording {
            prompt,
            timeout,
            max_length,
            finish_on_key,
            play_beep,
            trim_silence,
        } => {
            let attributes = [
                ("timeout", seconds(*timeout)),
                ("maxLength", seconds(*max_length)),
                ("finishOnKey", text(finish_on_key.as_deref())),
                ("playBeep", flag(*play_beep)),
                ("trimSilence", flag(*trim_silence)),
            ];
            asked(writer, "Record", &attributes, prompt.as_ref())
        }
        VoiceAction::Enqueue { hold_music, queue_name } => {
            let attributes =
                [("holdMusic", text(hold_music.as_deref())), ("name", text(queue_name.as_deref()))];
            empty(writer, "Enqueue", &attributes)
        }
        VoiceAction::Dequeue { channel, record: _, queue_name } => {
            let attributes = [
                ("phoneNumber", text(Some(&channel.number))),
                ("name", text(queue_name.as_deref())),
            ];
            empty(writer, "Dequeue", &attributes)
        }
        VoiceAction::Reject => empty(writer, "Reject", &[]),
        VoiceAction::Redirect(url) => containing(writer, "Redirect", &[], url),
    }
}

fn said(writer: &mut Elements, say: &Say) -> io::Result<()> {
    let voice = match say.voice {
        Voice::Unspecified => None,
        Voice::Male => Some("man"),
        Voice::Female => Some("woman"),
    };
    let attributes = [("voice", text(voice)), ("playBeep", flag(say.play_beep))];
    containing(writer, "Say", &attributes, &say.text)
}

fn played(writer: &mut Elements, url: &str) -> io::Result<()> {
    empty(writer, "Play", &[("url", text(Some(url)))])
}

/// An element that waits for the customer, around what they hear first.
fn asked(
    writer: &mut Elements,
    name: &str,
    attributes: &Attributes<'_>,
    prompt: Option<&Prompt>,
) -> io::Result<()> {
    let attributes = attributes.iter().filter_map(given);
    let element = writer.create_element(name).with_attributes(attributes);
    match prompt {
        None => element.write_empty()?,
        Some(Prompt::Say(say)) => element.write_inner_content(|writer| said(writer, say))?,
        Some(Prompt::Play(url)) => element.write_inner_content(|writer| played(writer, url))?,
    };
    Ok(())
}

fn empty(writer: &mut Elements, name: &str, attributes: &Attributes<'_>) -> io::Result<()> {
    asked(writer, name, attributes, None)
}

fn containing(
    writer: &mut Elements,
    name: &str,
    attributes: &Attributes<'_>,
    words: &str,
) -> io::Result<()> {
    let attributes = attributes.iter().filter_map(given);
    let element = writer.create_element(name).with_attributes(attributes);
    element.write_text_content(BytesText::new(&allowed(words)))?;
    Ok(())
}

fn given<'a>(
    (name, value): &'a (&'static str, Option<Cow<'_, str>>),
) -> Option<(&'a str, &'a str)> {
    Some((*name, value.as_deref()?))
}

/// A text without the characters that XML 1.0 cannot say, not even escaped (section 2.2).
fn allowed(words: &str) -> Cow<'_, str> {
    let is_allowed = |c: char| match c {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        _ => c >= ' ',
    };
    if words.chars().all(is_allowed) {
        return Cow::Borrowed(words);
    }
    words.chars().filter(|c| is_allowed(*c)).collect()
}

fn text(value: Option<&str>) -> Option<Cow<'_, str>> {
    value.map(allowed)
}

fn number(value: Option<i32>) -> Option<Cow<'static, str>> {
    value.map(|value| value.to_string().into())
}

/// Whole seconds, and a part of one as a whole one. A length of zero was not given.
fn seconds(length: Duration) -> Option<Cow<'static, str>> {
    let whole = length.as_secs().saturating_add(u64::from(length.subsec_nanos() > 0));
    (whole > 0).then(|| whole.to_string().into())
}

/// A choice that is off unless it is said to be on.
fn flag(is_on: bool) -> Option<Cow<'static, str>> {
    is_on.then_some(Cow::Borrowed("true"))
}

#[cfg(test)]
mod tests;
