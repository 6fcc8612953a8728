//! The corpus as a test, and the tests of that test. Whatever a fuzzer found once is a file of `tests/data/corpus`, so that
//! it is played here for ever: each file as it is, and mutations of it that are the same in every run.
//! `UPDATE_CORPUS=1 cargo test --lib corpus` gives new files their names.

use super::{drawn, mutation::mutated, streams::ThrownHub, *};
use crate::{
    model::{Entry, Money, id::hex},
    wire::entry,
};
use sha2::{Digest as _, Sha256};
use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    thread,
};

/// How many mutations of the files of a target are played; whoever sets `MUTATIONS` has more.
const MUTATIONS: usize = 1_500;
/// How large all files are together at most.
const ROOM: usize = 2 << 20;

fn set(variable: &str) -> Option<usize> {
    std::env::var(variable).ok()?.parse().ok()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/corpus")
}

/// The name of a file with this in it.
fn name(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..8])
}

/// The files of a target, in the order of their names.
fn files(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(folder().join(target)).expect("a folder for each target");
    let mut files: Vec<_> = files.map(|file| file.expect("readable").path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs::read(path).expect("readable"))).collect()
}

/// Plays the files and mutations of them. The error has the input that broke something.
fn play(
    target: &FuzzTarget,
    files: &[(PathBuf, Vec<u8>)],
    mutations: usize,
) -> Result<usize, Vec<u8>> {
    let mut chance = fastrand::Rng::with_seed(7);
    let holds = |bytes: Vec<u8>| match catch_unwind(AssertUnwindSafe(|| (target.run)(&bytes))) {
        Ok(()) => Ok(()),
        Err(_) => Err(bytes),
    };
    for (_, bytes) in files {
        holds(bytes.clone())?;
    }
    for nth in 0..mutations {
        let (_, other) = &files[chance.usize(..files.len())];
        holds(mutated(&files[nth % files.len()].1, other, &mut chance))?;
    }
    Ok(files.len() + mutations)
}

#[test]
fn every_file_of_the_corpus_and_mutations_of_it_keep_what_is_promised() {
    let mutations = set("MUTATIONS").unwrap_or(MUTATIONS);
    let played = |target: &FuzzTarget| match play(target, &files(target.name), mutations) {
        Ok(count) => format!("{}: {count} inputs", target.name),
        Err(bytes) => {
            let kept = folder().join(target.name).join(name(&bytes));
            fs::write(&kept, &bytes).expect("kept");
            format!("{}: what is promised breaks with {}", target.name, kept.display())
        }
    };
    let (one, two) = TARGETS.split_at(TARGETS.len() / 2);
    let said: Vec<String> = thread::scope(|scope| {
        let halves =
            [one, two].map(|half| scope.spawn(move || half.iter().map(played).collect::<Vec<_>>()));
        halves.into_iter().flat_map(|half| half.join().expect("played")).collect()
    });
    println!("{}", said.join("\n"));
    let broken: Vec<_> = said.iter().filter(|said| said.contains("breaks")).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_corpus_is_small_and_has_files_of_every_target_under_the_name_of_what_is_in_them() {
    let (mut all, is_renamed) = (0, std::env::var_os("UPDATE_CORPUS").is_some());
    for target in TARGETS {
        let files = files(target.name);
        assert!(files.len() > 3, "{} has {} files", target.name, files.len());
        for (path, bytes) in files {
            let named = path.with_file_name(name(&bytes));
            if is_renamed {
                fs::rename(&path, &named).expect("renamed");
            } else {
                assert_eq!(path, named, "UPDATE_CORPUS=1 cargo test --lib corpus");
            }
            all += bytes.len();
        }
    }
    assert!(all < ROOM, "{all} bytes");
    let folders = fs::read_dir(folder()).expect("the corpus").map(|one| one.expect("readable"));
    for folder in folders {
        let target = folder.file_name().into_string().expect("a name");
        assert!(named(&target).is_some(), "nothing is fed with {target}");
    }
}

/// The test of the test: a target of which something is broken turns red by the corpus that it has.
#[test]
fn a_broken_promise_is_found() {
    let lossy = target("amount", "an amount that loses what is behind the point", |bytes| {
        let whole = |value: &Money| value.to_string().split('.').next().unwrap_or("").to_owned();
        typed::amount_shown_as(bytes, whole);
    });
    let forgets = target("entry", "an entry that loses its key", |bytes| {
        let Ok(read) = entry::decode(bytes) else { return };
        let written = entry::encode(&Entry { call: None, ..read.clone() });
        assert_eq!(entry::decode(&written), Ok(read));
    });
    let raw = target("safe", "text that is drawn as it is", |bytes| drawn::visible(&text(bytes)));
    let hasty = target("smpp", "octets that are taken for frames", |bytes| {
        let (_, sent) = head::<1>(bytes);
        let length = sent.first_chunk().map_or(0, |first| u32::from_be_bytes(*first));
        let _ = &sent[..usize::try_from(length).unwrap_or(usize::MAX)];
    });
    for broken in [lossy, forgets, raw, hasty] {
        let found = play(&broken, &files(broken.name), MUTATIONS);
        assert!(found.is_err(), "{}: nobody sees {}", broken.name, broken.fed);
    }
}

#[test]
fn the_same_seed_is_the_same_mutation() {
    let made = |seed| {
        let mut chance = fastrand::Rng::with_seed(seed);
        (0..50).map(|_| mutated(b"some bytes", b"others", &mut chance)).collect::<Vec<_>>()
    };
    assert_eq!(made(1), made(1));
    assert_ne!(made(1), made(2));
}

/// Whatever bytes come, no thread falls, every connection ends, and the hub answers to others. How much memory it takes
/// is asked by `cargo trust` in a process that does nothing else.
#[test]
fn w1_malformed_streams_neither_fell_nor_hold_a_hub() {
    let hub = ThrownHub::start().expect("a hub");
    let (streams, seed) = (set("STREAMS").unwrap_or(2_000), set("SEED").unwrap_or(1) as u64);
    let thrown = hub.throw_all(streams, seed).unwrap_or_else(|why| panic!("SEED={seed}: {why}"));
    println!("{thrown:?}");
    assert_eq!(thrown.streams, streams);
    assert!(thrown.answered > streams / 2, "the streams are no HTTP/2 at all: {thrown:?}");
}

/// The tests of that test: a thread that falls and a connection that stays are seen, and every rpc is recorded.
#[test]
fn w1_a_hub_that_falls_or_hangs_is_seen() {
    let hub = ThrownHub::start().expect("a hub");
    let rpcs: Vec<_> = hub.recordings().iter().map(|one| one.rpc.as_str()).collect();
    assert!(rpcs.len() > 22 + 10, "{rpcs:?}");
    assert!(hub.recordings().iter().all(|one| one.bytes.starts_with(b"PRI * HTTP/2.0")));
    let why = hub.thrown_while_falling().unwrap_err();
    assert!(why.contains("fell over"), "{why}");
    let why = hub.thrown_at_nobody().unwrap_err();
    assert!(why.contains("does not end"), "{why}");
}
