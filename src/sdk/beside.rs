//! What travels beside a request, as metadata, because the public contract has no field for it (D-WIRE-EXTRA).

use super::{Client, Error};
use crate::model::{CallId, CustomerCommand, Seq};
use tonic::metadata::{AsciiMetadataValue, MetadataValue};

/// The place up to which a customer was seen (R-CONFLICT-1).
const SEEN: &str = "seen-seq";
/// Whether the gaps of a message by tag are filled for each customer (R-CANNED-4).
const FILL: &str = "fill-gaps";
/// How many of them go in a time at most (R-TAGWORK-7).
const RATE: &str = "send-rate";
/// The work of which only those get it for whom it has failed (R-TAGWORK-10).
const FAILED_OF: &str = "failed-of";
/// When a message by tag begins (R-LATER-5).
const SEND_AT: &str = "send-at";
/// Whether a message by tag waits for quiet hours (R-QUIET-5).
const QUIET_HOURS: &str = "quiet-hours";
/// The message by tag whose place this one takes (R-LATER-5).
const INSTEAD_OF: &str = "instead-of";
/// The reason of a consent request, in UTF-8.
const REASON: &str = "reason-bin";

impl Client {
    /// Makes sure that the server keeps to the terms of a message by tag, which travel beside it: one that does not
    /// know them would write to everybody at once.
    pub(super) async fn keeps_terms(&self, command: &CustomerCommand) -> Result<(), Error> {
        let terms = command.terms();
        let is_paced = terms.rate.is_some() || terms.failed_of.is_some();
        let is_timed = terms.at.is_some() || terms.keeps_quiet || terms.instead_of.is_some();
        if !command.fills() && !is_paced && !is_timed {
            return Ok(());
        }
        let hello = self.hello().await?;
        let why = if command.fills() && !hello.fills_gaps {
            "this server fills no gaps, and everybody would read them: nothing was sent"
        } else if terms.failed_of.is_some() && !hello.paces_works {
            "this server does not know for whom it failed, and would write to everybody with the tag: \
             nothing was sent"
        } else if is_paced && !hello.paces_works {
            "this server keeps to no rate, and all would go at once: nothing was sent"
        } else if is_timed && !hello.times_works {
            "this server sends by tag at once, whatever the hour, and takes nothing back: nothing was sent"
        } else {
            return Ok(());
        };
        Err(Error::Usage(why.into()))
    }
}

/// A request with what travels beside it: its idempotency key (D-IDEM), the reason of a consent request, if it
/// has one, and how far the sender of a message has seen what was said to the customer, if they say so.
pub(super) fn beside<T>(
    call: &CallId,
    command: &CustomerCommand,
    request: T,
) -> Result<tonic::Request<T>, Error> {
    let mut request = keyed(call, request)?;
    if let CustomerCommand::RequestConsent { reason, .. } = command
        && !reason.is_empty()
    {
        let reason = MetadataValue::from_bytes(reason.as_bytes());
        request.metadata_mut().insert_bin(REASON, reason);
    }
    if let Some(Seq(place)) = command.seen() {
        request.metadata_mut().insert(SEEN, place.into());
    }
    let terms = command.terms();
    if terms.fill {
        request.metadata_mut().insert(FILL, AsciiMetadataValue::from_static("true"));
    }
    if let Some(rate) = terms.rate {
        request.metadata_mut().insert(RATE, ascii(&rate.to_string())?);
    }
    if let Some(work) = terms.failed_of {
        request.metadata_mut().insert(FAILED_OF, ascii(work.as_str())?);
    }
    if let Some(at) = terms.at {
        request.metadata_mut().insert(SEND_AT, ascii(&at.to_string())?);
    }
    if terms.keeps_quiet {
        request.metadata_mut().insert(QUIET_HOURS, AsciiMetadataValue::from_static("wait"));
    }
    if let Some(work) = terms.instead_of {
        request.metadata_mut().insert(INSTEAD_OF, ascii(work.as_str())?);
    }
    Ok(request)
}

/// A text as it travels beside a request.
fn ascii(text: &str) -> Result<AsciiMetadataValue, Error> {
    let bad = |_| Error::Usage(format!("`{text}` is not an id: it cannot be sent"));
    AsciiMetadataValue::try_from(text).map_err(bad)
}

/// A request with its idempotency key.
pub(super) fn keyed<T>(call: &CallId, request: T) -> Result<tonic::Request<T>, Error> {
    let bad = || Error::Usage("an idempotency key has 8 to 255 printable ASCII characters".into());
    if !call.is_valid() {
        return Err(bad());
    }
    let value = AsciiMetadataValue::try_from(call.as_str()).map_err(|_| bad())?;
    let mut request = tonic::Request::new(request);
    request.metadata_mut().insert("idempotency-key", value);
    Ok(request)
}
