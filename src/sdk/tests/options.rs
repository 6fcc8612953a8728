//! Options: what may be used, and that secrets stay secret.

use crate::sdk::{Client, Credentials, Endpoint, Error, Options};

fn options(uri: &str, key: &str, insecure: bool) -> Options {
    Options {
        endpoint: Endpoint::Uri(uri.into()),
        org: "org".into(),
        app: "app".into(),
        credentials: Credentials::api_key(key),
        insecure,
        by_person: false,
        ..Options::default()
    }
}

fn refusal(uri: &str, key: &str) -> String {
    match Client::new(options(uri, key, false)) {
        Err(Error::Usage(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_secret_does_not_print() {
    let options = options("http://localhost:1", "sb_canary", false);
    assert_eq!(format!("{:?}", options.credentials), "ApiKey(***)");
    assert!(!format!("{options:?}").contains("canary"));
    let client = Client::new(options).unwrap();
    assert!(!format!("{client:?}").contains("canary"));
}

#[test]
fn the_credential_is_marked_sensitive() {
    let credentials = Credentials::api_key("sb_canary");
    let (_, value) = crate::sdk::options::credential(&credentials).unwrap();
    assert!(value.is_sensitive());
    assert!(!format!("{value:?}").contains("canary"));
}

#[test]
fn plain_text_is_for_this_machine_only() {
    for here in ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1", "https://hub.org"] {
        assert!(Client::new(options(here, "key", false)).is_ok(), "{here}");
    }
    assert!(refusal("http://hub.org:50051", "key").contains("plain text"));
    assert!(refusal("http://127.0.0.1.evil.org:1", "key").contains("plain text"));
    assert!(Client::new(options("http://hub.org:50051", "key", true)).is_ok());
}

#[test]
fn what_cannot_be_used_is_said() {
    assert!(refusal("hub.org:50051", "key").contains("write http://host:port"));
    assert!(refusal("ftp://hub.org", "key").contains("write http://host:port"));
    assert!(refusal("", "key").contains("not an address"));
    assert!(refusal("https://user:password@hub.org", "key").contains("user or password"));
    assert!(refusal("https://hub.org", "").contains("no API key"));
    assert!(refusal("https://hub.org", "key\n").contains("cannot be sent"));
}
