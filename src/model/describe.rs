//! An event in one line of words: what a feed row, `tail`, the word filter and the search index
//! all say about it. Raw: foreign text in it is made safe where it is drawn.

use super::{
    event::{Event, EventKind},
    message::{Body, DataValue},
    status::{HangupCause, MessageStatus, Tone},
};
use std::fmt::Write as _;

impl Body {
    /// What it says, in one string: text, then media, then place.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut out = self.text.clone().unwrap_or_default();
        if let Some(template) = &self.template {
            let _ = write!(out, " [template {}({})]", template.name, template.params.join(", "));
        }
        for media in &self.media {
            let _ = write!(out, " [{} {}]", media.kind.word(), media.url);
        }
        if let Some(at) = &self.location {
            let _ = write!(out, " [place {:.5}, {:.5}]", at.latitude, at.longitude);
        }
        out.trim_start().to_owned()
    }
}

impl DataValue {
    /// Text as it is; bytes as size.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Bytes(bytes) => format!("{} bytes", bytes.len()),
        }
    }
}

impl Event {
    /// One line of words about what happened, without who and when.
    #[must_use]
    pub fn sentence(&self) -> String {
        match &self.kind {
            EventKind::CustomerMet => "new customer".into(),
            EventKind::TagsUpdated(tags) => {
                let all: Vec<_> = tags.iter().map(|t| format!("{}={}", t.key, t.value)).collect();
                format!("tagged {}", all.join(", "))
            }
            EventKind::TagsDeleted(keys) => format!("untagged {}", keys.join(", ")),
            EventKind::MetadataUpdated(values) => {
                let all: Vec<_> =
                    values.iter().map(|(k, v)| format!("{k}={}", v.summary())).collect();
                format!("data {}", all.join(", "))
            }
            EventKind::MetadataDeleted(keys) => format!("data removed: {}", keys.join(", ")),
            EventKind::SecondaryIdsUpdated(ids) => {
                let all: Vec<_> = ids.iter().map(|(id, _)| id.to_string()).collect();
                format!("id {}", all.join(", "))
            }
            EventKind::SecondaryIdsDeleted(ids) => {
                let all: Vec<_> = ids.iter().map(ToString::to_string).collect();
                format!("id removed: {}", all.join(", "))
            }
            EventKind::MessageSent { body, status, .. } if *status == MessageStatus::Sent => {
                body.summary()
            }
            EventKind::MessageSent { body, status, .. } => {
                format!("REFUSED {}: {}", status.words(), body.summary())
            }
            EventKind::MessageReceived { body, .. } => body.summary(),
            EventKind::MessageStatusChanged { status, .. } => status.words().into(),
            EventKind::SessionChanged { status, .. } => format!("session {}", status.words()),
            EventKind::ConsentChanged(status) => format!("consent: {}", status.words()),
            EventKind::UssdInput { input, dial: true, .. } => format!("dialled {input}"),
            EventKind::UssdInput { input, .. } => format!("typed {input}"),
            EventKind::UssdMenuShown { menu, .. } => format!("menu: {}", menu.text),
            EventKind::UssdEnded { end, .. } => format!("session over: {}", end.words()),
            EventKind::CallChanged { hop, duration, cost, .. } => {
                let mut out = hop.status.words().to_owned();
                if hop.cause != HangupCause::Unspecified {
                    let _ = write!(out, ", {}", hop.cause.words());
                }
                if let Some(digits) = &hop.digits {
                    let _ = write!(out, ", pressed {digits}");
                }
                if !duration.is_zero() {
                    let _ = write!(out, ", {} s", duration.as_secs());
                }
                if let Some(cost) = cost {
                    let _ = write!(out, ", {cost}");
                }
                out
            }
            EventKind::PaymentReceived { value, status, purse, .. } => match purse {
                Some(purse) => format!("{value} {} into {purse}", status.words()),
                None => format!("{value} {}", status.words()),
            },
            EventKind::PaymentStatusChanged { status, .. } => format!("payment {}", status.words()),
            EventKind::EntriesExpired { tags, secondary_ids } => {
                let ids = secondary_ids.iter().map(ToString::to_string);
                let all: Vec<_> = tags.iter().cloned().chain(ids).collect();
                format!("expired: {}", all.join(", "))
            }
            EventKind::NotificationsDropped { count, from, to } => {
                format!("{count} notifications dropped, entries {from} to {to}")
            }
            EventKind::Unreadable => "an event this version cannot read".into(),
        }
    }

    /// How an agent should feel about it.
    #[must_use]
    pub fn tone(&self) -> Tone {
        match &self.kind {
            EventKind::MessageSent { status, .. }
            | EventKind::MessageStatusChanged { status, .. } => status.tone(),
            EventKind::ConsentChanged(status) => status.tone(),
            EventKind::CallChanged { hop, .. } => {
                if hop.cause.tone() == Tone::Bad {
                    Tone::Bad
                } else {
                    hop.status.tone()
                }
            }
            EventKind::PaymentReceived { status, .. }
            | EventKind::PaymentStatusChanged { status, .. } => status.tone(),
            EventKind::UssdEnded { end, .. } => end.tone(),
            EventKind::NotificationsDropped { .. } | EventKind::Unreadable => Tone::Bad,
            _ => Tone::Plain,
        }
    }
}
