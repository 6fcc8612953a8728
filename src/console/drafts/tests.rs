//! Drafts on disk: they are kept, forgotten in time, and set aside when the file is broken.

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
        seen: None,
    }
}

#[test]
fn what_is_saved_comes_back_and_only_the_owner_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/drafts.json");
    let mut drafts = Drafts::default();
    drafts.put(draft("message", "el_cst_1", "first"));
    drafts.put(draft("message", "el_cst_1", "second \u{202e} ሰላም"));
    drafts.put(draft("tag", "el_cst_1", "a=b"));
    save(&path, &drafts).unwrap();
    let (back, message) = load(&path, NOW);
    assert_eq!((back.list(), message), (drafts.list(), None));
    assert_eq!(back.list().len(), 2, "one per customer and form");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let names: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(names.len(), 1, "no temporary file is left");
}

#[test]
fn old_ones_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drafts.json");
    let mut drafts = Drafts::default();
    drafts.put(draft("message", "el_cst_1", "old"));
    save(&path, &drafts).unwrap();
    let at = |days: u64| NOW.after(Duration::from_secs(days * 86_400));
    assert_eq!(load(&path, at(6)).0.list().len(), 1);
    assert_eq!(load(&path, at(7)).0.list().len(), 0);
}

#[test]
fn a_broken_file_is_set_aside_and_never_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drafts.json");
    assert_eq!(load(&path, NOW).1, None, "no file is no fault");
    fs::write(&path, "{\"version\": 1, \"drafts\": [{").unwrap();
    let (drafts, message) = load(&path, NOW);
    assert!(drafts.list().is_empty());
    assert!(message.unwrap().contains("drafts.broken"));
    assert!(folder.path().join("drafts.broken").exists());
    save(&path, &drafts).unwrap();
    assert_eq!(load(&path, NOW).1, None);
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
    drafts.put(reply.clone());
    let mut other = reply.target.clone();
    other.reply_to = Some(quoted("el_msg_2"));
    assert_eq!(drafts.take("reply", &other), None);
    assert_eq!(drafts.take("message", &reply.target), None);
    assert_eq!(drafts.take("reply", &reply.target), Some(reply));
    assert!(drafts.list().is_empty());
}
