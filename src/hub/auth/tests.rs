//! What is refused without a credential, and what becomes of keys and tokens that come and go.

use super::*;
use crate::hub::{config::KeyConfig, keys::StoredKey};
use std::sync::atomic::AtomicI64;
use tokio::sync::watch::Sender;

fn by_key(org: &str) -> Access {
    let key = KnownKey {
        org: org.into(),
        apps: Vec::new(),
        whole: true,
        label: org.to_owned(),
        origins: Vec::new(),
        hash: KeyHash::of(org.as_bytes()),
        budget: Arc::new(Budget::unlimited()),
        revoked: CancellationToken::new(),
        used: AtomicI64::default(),
    };
    Access::of(&Arc::new(key), None)
}

fn no_keys() -> Auth {
    let lifetime = Duration::from_hours(1);
    Auth {
        orgs: Vec::new(),
        limits: Limits::NONE,
        keys: RwLock::default(),
        tokens: Mutex::default(),
        lifetime,
        refused: Sender::default(),
    }
}

/// R-AUTH-4: the first at once, all others with the next line, and nothing when nothing happens.
#[tokio::test(start_paused = true)]
async fn refused_calls_are_one_line_a_minute_with_how_many_and_from_how_many() {
    let auth = Arc::new(no_keys());
    let (to, mut said) = tokio::sync::mpsc::channel(10);
    let report = Arc::clone(&auth).report_refused(move |line| to.try_send(line.into()).unwrap());
    tokio::spawn(report);
    tokio::task::yield_now().await;
    let mut gate = AuthLayer::new(Arc::clone(&auth)).layer(tower::service_fn(
        async |_: http::Request<Body>| Ok::<_, Status>(http::Response::new(Body::default())),
    ));
    let mut wrong = async |from: [u8; 4]| {
        let mut request = http::Request::new(Body::default());
        request.headers_mut().insert("api-key", "sb_live_wrong".parse().unwrap());
        let remote_addr = Some((from, 4000).into());
        request.extensions_mut().insert(TcpConnectInfo { local_addr: None, remote_addr });
        let answer = gate.call(request).await.unwrap();
        let code = Status::from_header_map(answer.headers()).map(|status| status.code());
        assert_eq!(code, Some(tonic::Code::Unauthenticated));
    };
    let began = Instant::now();
    wrong([10, 0, 0, 1]).await;
    let line = |n: &str| format!("calls without a valid API key or token were refused: {n}");
    let first: String = said.recv().await.unwrap();
    assert_eq!((first, began.elapsed()), (line("1, from 1 address"), Duration::ZERO));
    for n in 0..250 {
        wrong([10, 0, 0, n % 3]).await;
        wrong([10, 0, 0, n % 3]).await;
    }
    let second: String = said.recv().await.unwrap();
    assert_eq!(second, line("500, from 3 addresses"));
    assert_eq!(began.elapsed(), Duration::from_mins(1));
    for n in 0..1_200_u16 {
        let [high, low] = n.to_be_bytes();
        wrong([10, 1, high, low]).await;
    }
    assert_eq!(said.recv().await.unwrap(), line("1200, from at least 1000 addresses"));
    let quiet = tokio::time::timeout(Duration::from_hours(1), said.recv()).await;
    assert!(quiet.is_err(), "{quiet:?}");
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_too_many_tokens_takes_none_from_others_and_gets_some_again_later() {
    let lifetime = Duration::from_hours(1);
    let auth = Auth { lifetime, ..no_keys() };
    let (greedy, modest) = (by_key("greedy"), by_key("modest"));
    let expires = Instant::now() + lifetime;
    auth.tokens.lock().unwrap().extend((0..MOST_TOKENS).map(|n| {
        let token = IssuedToken { key: Arc::clone(&greedy.key), expires };
        (KeyHash::of(&n.to_be_bytes()), token)
    }));
    let refused = auth.issue(&greedy).unwrap_err();
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    assert!(auth.issue(&modest).is_ok());
    tokio::time::advance(lifetime).await;
    assert!(auth.issue(&greedy).is_ok());
}

/// Settings with these keys of one org.
fn settings(keys: &[(&str, &[&str])]) -> HubConfig {
    let text = "[[org]]\nid = 'acme'\napps = ['desk', 'shop']\n";
    let mut config = HubConfig::parse(std::path::Path::new("hub.toml"), text).unwrap();
    config.orgs[0].keys.extend(keys.iter().map(|(text, apps)| KeyConfig {
        apps: apps.iter().map(|app| (*app).into()).collect(),
        ..KeyConfig::of_text(text, text)
    }));
    config
}

#[tokio::test]
async fn r_key_2_a_key_that_stays_keeps_its_tokens_and_one_that_changes_is_another() {
    let auth = Auth::new(&settings(&[("stays", &[]), ("changes", &[]), ("goes", &[])]));
    let by = |text: &str| auth.by_key(KeyHash::of(text.as_bytes()));
    let all = ["stays", "changes", "goes"].map(|text| {
        let access = by(text).unwrap();
        let (token, _) = auth.issue(&access).unwrap();
        (access, KeyHash::of(token.as_bytes()))
    });
    let new = settings(&[("stays", &[]), ("changes", &["desk"]), ("comes", &[])]);
    assert!(auth.take_settings(&new).is_empty());
    let known = ["stays", "changes", "goes", "comes"].map(|text| by(text).is_some());
    assert_eq!(known, [true, true, false, true]);
    let revoked = all.each_ref().map(|(access, _)| access.revoked().is_cancelled());
    assert_eq!(revoked, [false, true, true]);
    let tokens = all.each_ref().map(|(_, token)| auth.by_token(*token).is_some());
    assert_eq!(tokens, [true, false, false]);
    assert!(by("changes").unwrap().whole_org().is_err(), "it may do less now");
    // Whoever was let in a moment before their key went gets no token that outlives it.
    let (late, _) = auth.issue(&all[2].0).unwrap();
    assert!(auth.by_token(KeyHash::of(late.as_bytes())).is_none());
    let [_, _, (gone, _)] = &all;
    let ends = gone.ends(&CancellationToken::new());
    assert_eq!(ends.reached().unwrap().code(), tonic::Code::Unauthenticated);
    assert_eq!(ends.wait().await.message(), "this API key was revoked");
}

#[test]
fn r_key_2_a_key_for_an_org_or_an_app_that_the_hub_does_not_have_is_not_taken_and_said() {
    let auth = Auth::new(&settings(&[("stays", &[])]));
    let mut new = settings(&[("stays", &[]), ("ghost", &["ghost"])]);
    let mut other = settings(&[("gamma", &[])]).orgs.remove(0);
    other.settings.id = "gamma".into();
    new.orgs.push(other);
    let odd = auth.take_settings(&new);
    assert_eq!(odd.len(), 2, "{odd:?}");
    assert!(odd[0].contains("`ghost`") && odd[0].contains("app that org `acme`"), "{odd:?}");
    assert!(odd[1].contains("`gamma`") && odd[1].contains("no org `gamma`"), "{odd:?}");
    let known = ["stays", "ghost", "gamma"].map(|text| auth.by_key(KeyHash::of(text.as_bytes())));
    assert_eq!(known.map(|key| key.is_some()), [true, false, false]);
}

#[test]
fn r_key_2_a_key_that_is_given_twice_goes_only_when_both_are_gone() {
    let auth = Auth::new(&settings(&[("twice", &[])]));
    let hash = KeyHash::of(b"twice");
    let stored = StoredKey {
        org: "acme".into(),
        label: "twice".into(),
        apps: Vec::new(),
        prefix: "twice".into(),
        hash,
        added: crate::model::Timestamp::from_secs(1),
    };
    assert!(auth.take_stored(vec![stored]).is_empty());
    let access = auth.by_key(hash).unwrap();
    assert!(auth.take_settings(&settings(&[])).is_empty());
    assert!(!access.revoked().is_cancelled() && auth.by_key(hash).is_some());
    auth.take_stored(Vec::new());
    assert!(access.revoked().is_cancelled() && auth.by_key(hash).is_none());
    assert_eq!(auth.keyless(), ["acme".into()]);
}
