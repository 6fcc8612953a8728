//! Marks and filters on disk: they come back, several consoles add to them, and a broken file is put aside.

use super::*;
use std::fs;
use std::thread;

fn place(folder: &Path, org: &str) -> KeptPlace {
    KeptPlace {
        path: folder.join("state/kept.json"),
        hub: "http://hub:7400".into(),
        org: org.into(),
    }
}

fn mark(seq: u64) -> KeptChange {
    let (at, who) = (Timestamp::from_secs(1_800_000_000), "Jane \u{202e}".to_owned());
    KeptChange::Marked(FeedBookmark { seq: Seq(seq), index: 0, at, who, text: "habari".into() })
}

fn seqs(kept: &Kept) -> Vec<u64> {
    kept.marks.iter().map(|mark| mark.seq.0).collect()
}

#[test]
fn what_is_kept_comes_back_for_the_same_hub_and_org_and_only_the_owner_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let acme = place(folder.path(), "acme");
    assert_eq!(acme.load(), (Kept::default(), None), "no file is no fault");
    let filter = |text: &str| KeptChange::Filtered(text.into());
    acme.save(&[mark(7), mark(8), filter("a"), filter("b"), filter("a")]).unwrap();
    acme.save(&[KeptChange::Unmarked(Seq(7), 0), mark(3)]).unwrap();
    place(folder.path(), "other").save(&[mark(99)]).unwrap();
    let (kept, words) = acme.load();
    assert_eq!((seqs(&kept), words), (vec![8, 3], None));
    assert_eq!(kept.filters, ["b", "a"], "the one that was used last is at the end");
    let elsewhere = KeptPlace { hub: "http://elsewhere".into(), ..acme.clone() };
    assert_eq!(elsewhere.load().0, Kept::default());
    #[cfg(unix)]
    for file in fs::read_dir(acme.path.parent().unwrap()).unwrap() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn no_more_is_kept_than_there_is_room_for() {
    let folder = tempfile::tempdir().unwrap();
    let acme = place(folder.path(), "acme");
    let many: Vec<_> = (1..=250).map(mark).collect();
    acme.save(&many).unwrap();
    acme.save(&(0..150).map(|n| KeptChange::Filtered(n.to_string())).collect::<Vec<_>>()).unwrap();
    let long = FeedBookmark {
        seq: Seq(1),
        index: 1,
        at: Timestamp::ZERO,
        who: String::new(),
        text: "x".repeat(100_000),
    };
    acme.save(&[KeptChange::Marked(long)]).unwrap();
    for n in 0..30 {
        place(folder.path(), &format!("org-{n}")).save(&[mark(1)]).unwrap();
    }
    let (kept, _) = place(folder.path(), "org-10").load();
    assert_eq!(seqs(&kept), [1]);
    assert_eq!(place(folder.path(), "org-9").load().0, Kept::default(), "the oldest go first");
    acme.save(&many).unwrap();
    assert_eq!(seqs(&acme.load().0), (51..=250).collect::<Vec<_>>());
    assert!(fs::metadata(&acme.path).unwrap().len() < 1 << 20);
}

#[test]
fn two_consoles_at_once_keep_what_both_have_marked() {
    let folder = tempfile::tempdir().unwrap();
    let both = [0, 1].map(|which| {
        let acme = place(folder.path(), "acme");
        thread::spawn(move || {
            for n in 0..40 {
                acme.save(&[mark(n * 2 + which)]).unwrap();
            }
        })
    });
    for console in both {
        console.join().unwrap();
    }
    let (kept, words) = place(folder.path(), "acme").load();
    let mut seqs = seqs(&kept);
    seqs.sort_unstable();
    assert_eq!((seqs, words), ((0..80).collect(), None));
}

#[test]
fn a_broken_file_is_put_aside_and_never_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let acme = place(folder.path(), "acme");
    acme.save(&[mark(1)]).unwrap();
    for broken in ["{\"version\": 1, \"desks\": [{", "{\"version\": 9, \"desks\": []}", "\0"] {
        fs::write(&acme.path, broken).unwrap();
        let (kept, words) = acme.load();
        let words = words.unwrap();
        assert!(words.contains("marks and filters") && words.contains("kept.broken"), "{words}");
        assert_eq!(kept, Kept::default());
        assert_eq!(fs::read_to_string(acme.path.with_extension("broken")).unwrap(), broken);
        acme.save(&[mark(2)]).unwrap();
        assert_eq!(seqs(&acme.load().0), [2]);
    }
}

#[test]
fn what_cannot_be_read_now_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let acme = place(folder.path(), "acme");
    // A folder in its place is there, and cannot be read as a file.
    fs::create_dir_all(&acme.path).unwrap();
    let (kept, words) = acme.load();
    assert_eq!(kept, Kept::default());
    assert!(words.unwrap().contains("cannot be read"));
    assert!(acme.save(&[mark(1)]).unwrap_err().to_string().contains("cannot be read"));
    assert!(acme.path.is_dir());
}
