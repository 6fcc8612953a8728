//! The signatures of Standard Webhooks (<https://www.standardwebhooks.com>), made and verified: HMAC-SHA256 of the id, the
//! time and the body, which is version `v1`. The asymmetric version `v1a` is absent.

use crate::{
    hub::config::{CarrierSecret, signing_key as key},
    model::Timestamp,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use sha2::Sha256;

/// How far the time of a signature may lie from ours, in seconds.
const TOLERANCE: u64 = 5 * 60;
/// The longest id that is taken from outside, in bytes.
const ID_BYTES: usize = 255;

/// What a signature covers, with the key put in. The error says what is wrong with the key.
fn mac(text: &CarrierSecret, id: &[u8], at: &[u8], body: &[u8]) -> Result<Hmac<Sha256>, String> {
    let key = key(text.expose())?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|wrong| wrong.to_string())?;
    for part in [id, b".", at, b".", body] {
        mac.update(part);
    }
    Ok(mac)
}

/// The value of `webhook-signature`: one signature for each key, so that both sides need not change theirs at the
/// same moment. `at` is in seconds since 1970.
pub fn sign(keys: &[CarrierSecret], id: &str, at: i64, body: &[u8]) -> Result<String, String> {
    let at = at.to_string();
    let signature = |text| {
        let mac = mac(text, id.as_bytes(), at.as_bytes(), body)?;
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    let all = keys.iter().map(signature).collect::<Result<Vec<_>, String>>()?;
    if all.is_empty() { Err("there is no key to sign with".to_owned()) } else { Ok(all.join(" ")) }
}

/// Whether a post comes from somebody who has one of the keys, and is of these minutes. Gives its `webhook-id`, or a
/// sentence about what is wrong. Signatures of other versions than `v1` are passed over.
pub fn verify(
    keys: &[CarrierSecret],
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<String, String> {
    let id = only(headers, "webhook-id")?;
    let at = only(headers, "webhook-timestamp")?;
    let signatures = only(headers, "webhook-signature")?;
    // A full stop would let what was signed be cut at another place.
    let is_plain = id.bytes().all(|b| b.is_ascii_graphic() && b != b'.');
    if !is_plain || id.is_empty() || id.len() > ID_BYTES {
        return Err("webhook-id is empty, too long, or has a blank or a full stop".to_owned());
    }
    let seconds: i64 = at.parse().map_err(|_| "webhook-timestamp is no number of seconds")?;
    if seconds.abs_diff(now.secs()) > TOLERANCE {
        return Err("webhook-timestamp is more than five minutes off".to_owned());
    }
    let given = signatures.split(' ').filter_map(|one| one.strip_prefix("v1,"));
    let given: Vec<Vec<u8>> = given.filter_map(|text| STANDARD.decode(text).ok()).collect();
    for text in keys {
        let mac = mac(text, id.as_bytes(), at.as_bytes(), body)?;
        // The comparison takes as long for a signature that is nearly right as for any other.
        if given.iter().any(|signature| mac.clone().verify_slice(signature).is_ok()) {
            return Ok(id.to_owned());
        }
    }
    Err("webhook-signature was not made with our key".to_owned())
}

/// The value of a header that is there exactly once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, String> {
    let mut all = headers.get_all(name).iter();
    match (all.next().map(|value| value.to_str()), all.next()) {
        (Some(Ok(value)), None) => Ok(value),
        _ => Err(format!("{name} is missing, is there twice or is not ASCII")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The test vector of the specification's own libraries.
    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn keys(texts: &[&str]) -> Vec<CarrierSecret> {
        texts.iter().map(|text| CarrierSecret::new((*text).to_owned())).collect()
    }

    fn headers(id: &str, at: &str, signature: &str) -> HeaderMap {
        let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        let all = names.into_iter().zip([id, at, signature]);
        all.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    /// Whether the post of the test vector is taken with this signature, this body and at this time.
    fn takes(signature: &str, body: &[u8], now: i64) -> Result<String, String> {
        let headers = headers(ID, &AT.to_string(), signature);
        verify(&keys(&[KEY]), &headers, body, Timestamp::from_secs(now))
    }

    fn other() -> String {
        format!("whsec_{}", STANDARD.encode([7; 64]))
    }

    #[test]
    fn r_carry_16_the_signature_is_that_of_the_specification() {
        assert_eq!(sign(&keys(&[KEY]), ID, AT, BODY).unwrap(), SIGNATURE);
        assert_eq!(takes(SIGNATURE, BODY, AT).unwrap(), ID);
    }

    #[test]
    fn r_carry_16_what_was_changed_is_not_taken() {
        let wrong = SIGNATURE.replace("g0h", "h0h");
        for (signature, body) in [(SIGNATURE, &b"{}"[..]), (&wrong, BODY), ("v1,", BODY)] {
            assert!(takes(signature, body, AT).unwrap_err().contains("our key"));
        }
        for version in ["v1a,", "v2,", "", "v1"] {
            assert!(takes(&SIGNATURE.replace("v1,", version), BODY, AT).is_err(), "{version}");
        }
        let at = AT.to_string();
        let now = Timestamp::from_secs(AT);
        let of = |headers| verify(&keys(&[KEY]), &headers, BODY, now);
        assert!(of(headers("msg_other", &at, SIGNATURE)).is_err());
        assert!(of(headers(ID, &(AT + 1).to_string(), SIGNATURE)).is_err());
        assert!(of(HeaderMap::new()).unwrap_err().contains("webhook-id"));
        let mut twice = headers(ID, &at, SIGNATURE);
        twice.append("webhook-id", "msg_other".parse().unwrap());
        assert!(of(twice).unwrap_err().contains("twice"));
        for id in ["a.1", "", "a b", &"a".repeat(256)] {
            let signature = sign(&keys(&[KEY]), id, AT, BODY).unwrap();
            assert!(of(headers(id, &at, &signature)).unwrap_err().contains("webhook-id"), "{id}");
        }
    }

    #[test]
    fn r_carry_16_five_minutes_too_old_or_too_early_are_taken_and_no_more() {
        for now in [AT - 300, AT + 300] {
            assert!(takes(SIGNATURE, BODY, now).is_ok());
        }
        for now in [AT - 301, AT + 301, 0, i64::MAX] {
            assert!(takes(SIGNATURE, BODY, now).unwrap_err().contains("five minutes"));
        }
        let now = Timestamp::from_secs(AT);
        let late = headers(ID, "soon", SIGNATURE);
        assert!(verify(&keys(&[KEY]), &late, BODY, now).unwrap_err().contains("seconds"));
    }

    #[test]
    fn r_carry_16_during_a_rotation_either_key_is_enough() {
        let other = other();
        let both = sign(&keys(&[&other, KEY]), ID, AT, BODY).unwrap();
        assert_eq!(both.split(' ').nth(1), Some(SIGNATURE));
        assert!(takes(&both, BODY, AT).is_ok(), "they have the old key only");
        let headers = headers(ID, &AT.to_string(), SIGNATURE);
        let now = Timestamp::from_secs(AT);
        assert!(verify(&keys(&[&other, KEY]), &headers, BODY, now).is_ok());
        assert!(verify(&keys(&[&other]), &headers, BODY, now).is_err());
        assert!(verify(&[], &headers, BODY, now).is_err());
        assert!(sign(&[], ID, AT, BODY).unwrap_err().contains("no key"));
    }

    #[test]
    fn r_carry_16_a_wrong_key_is_explained_and_not_shown() {
        assert_eq!(key(&other()).unwrap().len(), 64);
        let short = format!("whsec_{}", STANDARD.encode("too short"));
        for (text, why) in [
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "begin with whsec_"),
            ("whsec_MfKQ 9r8G", "not base64"),
            (&short, "has 9 bytes, and it takes 24 to 64"),
        ] {
            let said = key(text).unwrap_err();
            assert!(said.contains(why) && !said.contains(text), "{said}");
        }
        assert!(!format!("{:?}", keys(&[KEY])).contains("MfKQ"));
    }

    proptest! {
        #[test]
        fn r_carry_16_what_is_signed_is_verified(
            id in "[!-~&&[^.]]{1,255}", at in 0..i64::from(u32::MAX), body in any::<Vec<u8>>()
        ) {
            let keys = keys(&[KEY]);
            let signature = sign(&keys, &id, at, &body).unwrap();
            let headers = headers(&id, &at.to_string(), &signature);
            prop_assert_eq!(verify(&keys, &headers, &body, Timestamp::from_secs(at)), Ok(id));
        }

        #[test]
        fn r_carry_16_no_bytes_make_it_fall(text in "[ -~]*", body in any::<Vec<u8>>()) {
            let _ = key(&text);
            let now = Timestamp::from_secs(AT);
            prop_assert!(verify(&keys(&[KEY]), &headers(&text, &text, &text), &body, now).is_err());
            let odd = headers(ID, &AT.to_string(), &text);
            prop_assert!(verify(&keys(&[KEY]), &odd, &body, now).is_err());
        }
    }
}
