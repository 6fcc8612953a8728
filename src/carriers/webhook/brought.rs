//! What a provider of one's own posts to the hub, without I/O: what became of a message (`report`), what a customer
//! wrote (`message`) and a try (`ping`). It is JSON whose signature has been verified.

use super::of_value;
use crate::carriers::order::{Brought, Named};
use crate::model::{
    Body, Channel, ChannelNumber, CustomerNumber, Location, Media, MediaKind, MessageStatus,
};
use crate::rules::may_refuse;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// A post of the provider, as far as all of them are alike.
#[derive(Deserialize)]
struct PostKind {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct With<T> {
    data: T,
}

#[derive(Deserialize)]
struct WebhookReport {
    id: Option<String>,
    reference: Option<String>,
    status: Value,
    #[serde(default)]
    to: String,
}

#[derive(Deserialize)]
struct Inbound {
    channel: String,
    from: String,
    to: String,
    text: Option<String>,
    #[serde(default)]
    media: Vec<InboundMedia>,
    location: Option<Location>,
}

#[derive(Deserialize)]
struct InboundMedia {
    url: String,
    #[serde(default)]
    kind: Value,
}

/// What a post of the provider says. `id` is its `webhook-id`, by which a repeated one is known. The signature has
/// been verified. The error is a sentence for whoever writes the provider's side.
pub fn brought(body: &[u8], id: &str) -> Result<Brought, String> {
    let PostKind { kind } = read(body)?;
    match &*kind {
        "ping" => Ok(Brought::Nothing),
        "report" => read(body).and_then(|With { data }| report(data)),
        "message" => read(body).and_then(|With { data }| inbound(data, id)),
        _ => Err("the type is not message, report or ping".to_owned()),
    }
}

/// Reads JSON. The error names the place and not what stands there, because that may be what a customer wrote.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|wrong| {
        let (line, column) = (wrong.line(), wrong.column());
        format!("the JSON is not as agreed at line {line}, column {column}")
    })
}

fn report(data: WebhookReport) -> Result<Brought, String> {
    let named = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let of = match (named(data.id), named(data.reference)) {
        (Some(id), _) => Named::Message(id.into()),
        (None, Some(reference)) => Named::Reference(reference),
        (None, None) => return Err("the report has neither id nor reference".to_owned()),
    };
    let status = match of_value(&data.status) {
        Some(MessageStatus::Sent) => None,
        Some(
            status @ (MessageStatus::Delivered | MessageStatus::Read | MessageStatus::Expired),
        ) => Some(status),
        Some(status @ (MessageStatus::NoCapability | MessageStatus::ApplicationError)) => {
            Some(status)
        }
        // What can only be the answer to a message ends it as well if it is noticed later.
        Some(status) if may_refuse(status) => Some(MessageStatus::Failed),
        _ => return Err("the status of the report is none that a network reports".to_owned()),
    };
    Ok(Brought::Report { of, about: data.to, status })
}

fn inbound(data: Inbound, id: &str) -> Result<Brought, String> {
    let channel = Channel::from_word(&data.channel).filter(|channel| channel.is_messaging());
    let channel = channel.ok_or("the channel is not sms, whatsapp, telegram, messenger or rcs")?;
    if data.from.trim().is_empty() || data.to.trim().is_empty() {
        return Err("from or to is empty".to_owned());
    }
    if data.text.is_none() && data.media.is_empty() && data.location.is_none() {
        return Err("the message has neither text nor media nor location".to_owned());
    }
    // A kind that we do not know is a file like any other.
    let media = data.media.into_iter().map(|media| {
        let kind = MediaKind::deserialize(&media.kind).unwrap_or_default();
        Media { url: media.url, kind }
    });
    Ok(Brought::Message {
        from: CustomerNumber::new(channel.provider(), &data.from),
        to: ChannelNumber::new(channel, &data.to),
        body: Body {
            text: data.text,
            template: None,
            media: media.collect(),
            location: data.location,
        },
        key: Some(id.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Provider;
    use proptest::prelude::*;

    #[test]
    fn r_carry_16_a_report_names_our_id_or_theirs() {
        let of = |data: &str| match brought(
            format!(r#"{{"type":"report","data":{data}}}"#).as_bytes(),
            "w",
        ) {
            Ok(Brought::Report { of, status, .. }) => Ok((of, status)),
            Ok(other) => panic!("{other:?}"),
            Err(why) => Err(why),
        };
        let ours = Named::Message("m".into());
        for (word, status) in [
            (r#""sent""#, None),
            (r#""delivered""#, Some(MessageStatus::Delivered)),
            ("301", Some(MessageStatus::Read)),
            (r#""expired""#, Some(MessageStatus::Expired)),
            (r#""no_capability""#, Some(MessageStatus::NoCapability)),
            (r#""no_consent""#, Some(MessageStatus::Failed)),
        ] {
            assert_eq!(of(&format!(r#"{{"id":"m","status":{word}}}"#)), Ok((ours.clone(), status)));
        }
        let theirs = of(r#"{"reference":"r-9","status":"failed"}"#).unwrap();
        assert_eq!(theirs, (Named::Reference("r-9".to_owned()), Some(MessageStatus::Failed)));
        for wrong in [r#"{"status":"read"}"#, r#"{"id":"m","status":"lost"}"#, r#"{"id":"m"}"#, "7"]
        {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn r_carry_16_what_customers_write_has_the_id_of_the_post_as_its_key() {
        let of =
            |data: &str| brought(format!(r#"{{"type":"message","data":{data}}}"#).as_bytes(), "w1");
        let full = r#"{"channel":"Telegram","from":"77","to":"bot","text":"","media":[{"url":"u",
            "kind":"voice"},{"url":"v","kind":"hologram"}],
            "location":{"latitude":1,"longitude":2}}"#;
        let media = |url: &str, kind| Media { url: url.to_owned(), kind };
        assert_eq!(
            of(full),
            Ok(Brought::Message {
                from: CustomerNumber::new(Provider::Telegram, "77"),
                to: ChannelNumber::new(Channel::Telegram, "bot"),
                body: Body {
                    text: Some(String::new()),
                    template: None,
                    media: vec![media("u", MediaKind::Voice), media("v", MediaKind::Unspecified)],
                    location: Some(Location { latitude: 1.0, longitude: 2.0 }),
                },
                key: Some("w1".to_owned()),
            })
        );
        for wrong in [
            r#"{"channel":"ussd","from":"7","to":"4","text":"x"}"#,
            r#"{"channel":"sms","from":" ","to":"4","text":"x"}"#,
            r#"{"channel":"sms","from":"7","to":"4"}"#,
            r#"{"channel":"sms","from":"7","text":"x"}"#,
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
        assert_eq!(brought(br#"{"type":"ping"}"#, "w1"), Ok(Brought::Nothing));
        assert!(brought(br#"{"type":"call"}"#, "w1").unwrap_err().contains("type"));
        let secret = brought(br#"{"type":"message","data":"my PIN is 1234"}"#, "w1");
        assert!(!secret.unwrap_err().contains("1234"), "what customers write is not repeated");
    }

    proptest! {
        #[test]
        fn r_carry_16_no_post_makes_it_fall(bytes in any::<Vec<u8>>(), text in any::<String>()) {
            let _ = brought(&bytes, "w");
            let data = serde_json::json!({"channel": "sms", "from": "1", "to": "2", "text": &text});
            for kind in ["message", "report", "ping", &text] {
                let post = serde_json::json!({"type": kind, "data": &data}).to_string();
                let is_taken = ["message", "ping"].contains(&kind);
                prop_assert_eq!(brought(post.as_bytes(), "w").is_ok(), is_taken);
            }
        }
    }
}
