//! Drafts on disk: they are kept until they are removed, whatever other consoles do, and set aside when the
//! file is broken.

use super::*;
use crate::model::CustomerNumber;
use std::fs;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn draft(form: &str, customer: &str, text: &str) -> FormDraft {
    FormDraft {
        form: form.into(),
        target: Target {
            customer: Some(customer.into()),
            numbers: vec![CustomerNumber::telco("+254711000001")],
            ..Target::default()
        },
        values: vec![("text".into(), text.into())],
        saved_at: NOW,
        ..FormDraft::default()
    }
}

fn call(n: u32) -> CallId {
    format!("sb-0000000{n}").into()
}

fn place(folder: &tempfile::TempDir) -> DraftsPlace {
    let path = folder.path().join("state/drafts.json");
    DraftsPlace { path, hub: String::new(), org: "acme".into() }
}

fn texts(drafts: &Drafts) -> Vec<&str> {
    drafts.list().iter().map(KeptDraft::words).collect()
}

#[test]
fn what_is_saved_comes_back_and_only_the_owner_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder);
    let mut drafts = Drafts::default();
    drafts.keep(&call(1), draft("message", "el_cst_1", "first"));
    drafts.keep(&call(1), draft("message", "el_cst_1", "second \u{202e} ሰላም"));
    drafts.keep(&call(2), draft("tag", "el_cst_1", "a=b"));
    assert_eq!(place.save(&drafts).unwrap(), None);
    let (back, message) = place.load();
    assert_eq!((texts(&back), message), (vec!["second \u{202e} ሰላም", "a=b"], None));
    #[cfg(unix)]
    for file in fs::read_dir(place.path.parent().unwrap()).unwrap() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
    assert!(!place.path.with_extension("new").exists(), "no temporary file is left");
}

#[test]
fn age_takes_nothing_away() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder);
    let mut drafts = Drafts::default();
    let saved_at = Timestamp::from_secs(0);
    drafts.keep(&call(1), FormDraft { saved_at, ..draft("message", "el_cst_1", "old") });
    place.save(&drafts).unwrap();
    assert_eq!(texts(&place.load().0), ["old"]);
}

#[test]
fn a_broken_file_is_set_aside_and_never_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder);
    assert_eq!(place.load().1, None, "no file is no fault");
    state_file::write(&place.path, b"{\"version\": 1, \"drafts\": [{").unwrap();
    let (drafts, message) = place.load();
    assert!(drafts.list().is_empty());
    assert!(message.unwrap().contains("drafts.broken"));
    assert!(place.path.with_extension("broken").exists());
    place.save(&drafts).unwrap();
    assert_eq!(place.load().1, None);
}

#[test]
fn a_file_of_an_older_version_is_read_and_each_draft_gets_a_key_that_stays() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder);
    let file = serde_json::json!({ "version": 1, "drafts": [
        draft("message", "el_cst_1", "one"), draft("message", "el_cst_2", "two"),
    ]});
    state_file::write(&place.path, &serde_json::to_vec(&file).unwrap()).unwrap();
    let (mut drafts, words) = place.load();
    assert_eq!((texts(&drafts), words), (vec!["one", "two"], None));
    let first = drafts.list()[0].call.clone();
    assert!(first.is_valid() && first != drafts.list()[1].call, "{first}");
    drafts.remove(&first);
    place.save(&drafts).unwrap();
    assert_eq!(texts(&place.load().0), ["two"]);
}

#[test]
fn two_consoles_lose_nothing_of_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder);
    let (mut one, mut other) = (Drafts::default(), Drafts::default());
    one.keep(&call(1), draft("message", "el_cst_1", "one"));
    other.keep(&call(2), draft("message", "el_cst_2", "other"));
    for drafts in [&mut one, &mut other] {
        place.save(drafts).unwrap();
        drafts.saved();
    }
    assert_eq!(texts(&place.load().0), ["one", "other"]);
    one.remove(&call(1));
    other.keep(&call(3), draft("message", "el_cst_3", "third"));
    place.save(&one).unwrap();
    place.save(&other).unwrap();
    assert_eq!(texts(&place.load().0), ["other", "third"]);
}

#[test]
fn drafts_of_another_hub_or_org_stay_in_the_file_and_are_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let here = place(&folder);
    let there = DraftsPlace { hub: "https://hub.example".into(), ..here.clone() };
    let org = DraftsPlace { org: "other".into(), ..here.clone() };
    for (n, place) in (1_u32..).zip([&here, &there, &org]) {
        let mut drafts = Drafts::default();
        drafts.keep(&call(n), draft("message", "el_cst_1", &place.hub));
        place.save(&drafts).unwrap();
    }
    for (n, place) in (1_u32..).zip([&here, &there, &org]) {
        let calls: Vec<_> = place.load().0.list().iter().map(|kept| kept.call.clone()).collect();
        assert_eq!(calls, [call(n)]);
    }
}

#[test]
fn a_reply_draft_belongs_to_its_message() {
    let quoted = |id: &str| crate::catalog::Quoted {
        id: id.into(),
        number: CustomerNumber::telco("+254711000001"),
        channel: crate::model::ChannelNumber::default(),
        text: String::new(),
        at: NOW,
    };
    let mut reply = draft("reply", "el_cst_1", "yes");
    reply.target.reply_to = Some(quoted("el_msg_1"));
    let mut drafts = Drafts::default();
    drafts.keep(&call(1), reply.clone());
    let mut other = reply.target.clone();
    other.reply_to = Some(quoted("el_msg_2"));
    assert_eq!(drafts.newest_for("reply", &other), None);
    assert_eq!(drafts.newest_for("message", &reply.target), None);
    let found = drafts.newest_for("reply", &reply.target);
    assert_eq!(found.map(|kept| &kept.written), Some(&reply));
    drafts.advance(&call(1), DraftStage::Held);
    assert_eq!(drafts.newest_for("reply", &reply.target), None, "the outbox has it");
}

#[test]
fn beyond_the_most_the_oldest_goes_and_comes_back_to_be_told() {
    let mut drafts = Drafts::default();
    for n in 0..Drafts::MOST {
        let call = format!("sb-many-{n}").into();
        assert_eq!(drafts.keep(&call, draft("message", "el_cst_1", "x")), None);
    }
    let gone = drafts.keep(&call(1), draft("message", "el_cst_1", "one more"));
    assert_eq!(gone.map(|kept| kept.call), Some("sb-many-0".into()));
    assert_eq!(drafts.list().len(), Drafts::MOST);
}

#[test]
fn every_console_goes_on_with_a_refused_draft_under_the_same_key() {
    let mut one = Drafts::default();
    one.keep(&call(1), draft("message", "el_cst_1", "first"));
    let mut other = one.clone();
    let new = one.renew(&call(1));
    assert!(new != call(1) && new.is_valid());
    assert_eq!(other.renew(&call(1)), new);
    // One that is open in a form meanwhile does not make a second.
    one.keep(&call(1), draft("message", "el_cst_1", "second"));
    assert_eq!(one.renew(&call(1)), new);
    assert_eq!(texts(&one), ["second"]);
}
