//! What an HTTP answer says that is not about one message, whatever the network is: in words for a person, who is to
//! mend the settings.

use http::StatusCode;

/// How much of a network's words is kept, in characters.
const WORDS: usize = 200;

/// What a body says, cut to what a person reads.
pub fn words(body: &[u8]) -> String {
    // A page of HTML may be long, and a character has at most four bytes.
    let body = body.trim_ascii();
    let start = body.get(..WORDS * 4).unwrap_or(body);
    String::from_utf8_lossy(start).chars().take(WORDS).collect()
}

/// Why the network takes no message at all, if the answer says that. `login` is the sentence for a login that it does
/// not take, and `nothing` the one for an address where nothing is.
pub fn closed(status: StatusCode, said: &str, login: &str, nothing: &str) -> Option<String> {
    let why = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => login,
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => nothing,
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => "a proxy wants a login of its own",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "it does not read what we write",
        _ if status.is_redirection() => "it points to another address, which is not followed",
        _ => return None,
    };
    Some(format!("{why} ({})", quoted(status, said)))
}

/// The number of the answer and the words with it.
pub fn quoted(status: StatusCode, said: &str) -> String {
    format!("{} {said}", status.as_str()).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_between_characters() {
        assert_eq!(words(b" \n"), "");
        assert_eq!(words("é".repeat(300).as_bytes()), "é".repeat(200));
        assert_eq!(words("🌻".repeat(300).as_bytes()), "🌻".repeat(200));
        assert_eq!(words(&[0xFF; 900]).chars().count(), 200);
    }

    #[test]
    fn only_what_holds_for_every_message_closes() {
        let closed = |status| closed(StatusCode::from_u16(status).unwrap(), "so", "login", "none");
        assert_eq!(closed(403).as_deref(), Some("login (403 so)"));
        assert_eq!(closed(404).as_deref(), Some("none (404 so)"));
        assert!([301, 308, 401, 405, 407, 415].map(closed).iter().all(Option::is_some));
        assert!([200, 400, 410, 422, 429, 500, 503].map(closed).iter().all(Option::is_none));
    }
}
