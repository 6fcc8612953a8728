//! What is stored comes back, whatever happens to the files: as it was, or not at all.

use super::*;
use crate::hub::folders::{copy, filled_files_in};
use crate::model::{
    Actor, Body, Channel, ChannelNumber, CustomerId, CustomerNumber, Entry, Event, EventKind,
    Timestamp,
};
use std::collections::BTreeMap;
use tempfile::TempDir;

const LOG: &str = "a log";

pub fn org() -> OrgId {
    "demo".into()
}

/// An entry in which a customer writes.
pub fn writes(world: &World, who: usize) -> Entry {
    let (head, prev_id) = world.head();
    let seq = head.next();
    let event = Event {
        at: Timestamp::from_secs(i64::try_from(seq.0).expect("few")),
        customer: Some(CustomerId::from(format!("el_cst_{who:032}"))),
        app: None,
        actor: Actor::Customer,
        number: Some(CustomerNumber::telco(&format!("+25470{who:07}"))),
        channel: Some(ChannelNumber::new(Channel::Sms, "40404")),
        name: None,
        kind: EventKind::MessageReceived {
            id: format!("el_msg_{:032}", seq.0).into(),
            body: Body::text(format!("where is order {who}?")),
        },
    };
    let id = EntryId(u128::from(seq.0).to_be_bytes());
    Entry { org: org(), seq, id, prev_id, at: event.at, events: vec![event], call: None }
}

pub fn place(world: &World) -> ChainCursor {
    let (seq, id) = world.head();
    ChainCursor { pos: Pos(seq.0), seq, id }
}

/// The entries of 200 customers, each of whom writes, in several steps; calls `end` with the World after each of them.
fn in_steps(world: &mut World, mut end: impl FnMut(&mut World, usize)) {
    for step in 0..6 {
        for n in 0..200 {
            let entry = writes(world, (n * 7 + step) % 200);
            assert!(world.apply(&entry));
        }
        end(world, step);
    }
}

/// The Worlds that may lie on disk: none, and that after each step.
fn each_world() -> Vec<World> {
    let mut all = vec![World::default()];
    in_steps(&mut World::default(), |world, _| all.push(world.clone()));
    all
}

/// Stores the World after each step, the first of them in files of the tree. Returns the World after each step.
fn filled(folder: &Path) -> Vec<World> {
    let store = StateStore::open(folder).expect("a state");
    let state = store.org(&org(), LOG).expect("of the org");
    in_steps(&mut World::default(), |world, step| {
        world.settle();
        let base = state.store(world, place(world)).expect("stored");
        world.rebase(&base);
        if step < 4 {
            state.flush();
        }
    });
    state.persist().expect("on disk");
    each_world()
}

fn load(folder: &Path) -> Option<World> {
    let store = StateStore::open(folder).expect("a state");
    let state = store.org(&org(), LOG).expect("of the org");
    Some(state.load()?.0)
}

#[test]
fn what_is_stored_comes_back() {
    let dir = TempDir::new().expect("a folder");
    let all = filled(dir.path());
    assert_eq!(load(dir.path()).as_ref(), all.last());
}

#[test]
fn a_world_of_another_log_is_not_loaded() {
    let dir = TempDir::new().expect("a folder");
    filled(dir.path());
    let store = StateStore::open(dir.path()).expect("a state");
    assert!(store.org(&org(), "another log").expect("of the org").load().is_none());
    assert!(store.org(&"other".into(), LOG).expect("of the org").load().is_none());
    let state = store.org(&org(), LOG).expect("of the org");
    state.clear().expect("cleared");
    assert!(state.load().is_none());
}

/// The tree leaves out a batch of a journal that it cannot read, and has those after it.
#[test]
fn a_world_with_a_hole_is_not_loaded() {
    for hole in 1..=6 {
        let dir = TempDir::new().expect("a folder");
        filled(dir.path());
        let store = StateStore::open(dir.path()).expect("a state");
        let state = store.org(&org(), LOG).expect("of the org");
        state.rows.remove(BatchNumber::row(hole)).expect("removed");
        assert!(state.load().is_none(), "without batch {hole}");
    }
}

/// Nor is one that has batches of an earlier time in place of its own.
#[test]
fn batches_from_before_the_rows_were_cleared_do_not_count() {
    let dir = TempDir::new().expect("a folder");
    filled(dir.path());
    let store = StateStore::open(dir.path()).expect("a state");
    let state = store.org(&org(), LOG).expect("of the org");
    let old = state.rows.get(BatchNumber::row(2)).expect("read").expect("a batch");
    state.clear().expect("cleared");
    let mut world = World::default();
    for n in 0..3 {
        let entry = writes(&world, n);
        assert!(world.apply(&entry));
        world.settle();
        let base = state.store(&world, place(&world)).expect("stored");
        world.rebase(&base);
    }
    assert!(state.load().is_some());
    state.rows.insert(BatchNumber::row(2), old).expect("written");
    assert!(state.load().is_none());
}

/// A process may be killed while it opens the folder. Twice in a row is taken for damage.
#[test]
fn a_folder_that_was_being_opened_twice_is_made_anew() {
    let dir = TempDir::new().expect("a folder");
    let all = filled(dir.path());
    let opening = dir.path().join(FOLDER).join(OPENING);
    fs::write(&opening, "x").expect("written");
    assert_eq!(load(dir.path()).as_ref(), all.last());
    assert!(!opening.exists());
    fs::write(&opening, "xx").expect("written");
    assert_eq!(load(dir.path()), None);
}

/// What the rules made of a row that could not be read does not get a good checksum.
#[test]
fn nothing_is_stored_once_something_could_not_be_read() {
    let dir = TempDir::new().expect("a folder");
    let store = StateStore::open(dir.path()).expect("a state");
    let state = store.org(&org(), LOG).expect("of the org");
    let mut world = World::default();
    let entry = writes(&world, 1);
    assert!(world.apply(&entry));
    world.settle();
    state.base().broken("a block is torn".into());
    let why = state.store(&world, place(&world)).expect_err("refused");
    assert!(why.contains("a block is torn"), "{why}");
    // Another org that forgets its rows does not make the folder a sound one.
    store.org(&"other".into(), LOG).expect("of the org").clear().expect("cleared");
    assert!(dir.path().join(FOLDER).join(DAMAGED).exists());
}

/// What the process below is told: a folder, and that it is that process.
const FOLDER_OF_CHILD: &str = "SWITCHBOARD_TEST_STATE";

/// Loads the World of a folder and says what it found. Not a test of its own: the test below runs it as a
/// process of its own, because some damage makes the tree abort the process.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER_OF_CHILD) else { return };
    let all = each_world();
    let said = match load(Path::new(&folder)) {
        None => "made anew",
        Some(world) => {
            // An older World is right too, because the log has what came after it.
            let right = all.contains(&world);
            match (right, world.trouble()) {
                (_, Some(_)) => "trouble",
                (true, None) => "kept",
                (false, None) => "wrong",
            }
        }
    };
    println!("said: {said}.");
}

fn in_a_child(folder: &Path) -> &'static str {
    let mut test = std::process::Command::new(std::env::current_exe().expect("a test"));
    test.args(["--exact", "hub::state_store::tests::child", "--nocapture"]);
    let out = test.env(FOLDER_OF_CHILD, folder).output().expect("a process");
    let out = String::from_utf8_lossy(&out.stdout).into_owned();
    let said = ["made anew", "trouble", "kept", "wrong"];
    said.into_iter().find(|said| out.contains(&format!("said: {said}."))).unwrap_or("aborted")
}

/// R-LOG-6. `FLIPS` is how many bits to flip, each in a folder of its own, for a longer run by hand.
#[test]
fn r_log_6_a_flipped_bit_of_the_state_is_never_believed() {
    let flips = std::env::var("FLIPS").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    let dir = TempDir::new().expect("a folder");
    filled(dir.path());
    let mut came: BTreeMap<&str, u32> = BTreeMap::new();
    for n in 0..flips {
        let copy = copy(dir.path());
        let mut random = fastrand::Rng::with_seed(n);
        let files = filled_files_in(copy.path());
        let file = &files[random.usize(..files.len())];
        let mut bytes = fs::read(file).expect("readable");
        let at = random.usize(..bytes.len());
        bytes[at] ^= 1 << random.u8(..8);
        fs::write(file, bytes).expect("written");
        let what = in_a_child(copy.path());
        if what != "kept" && what != "made anew" {
            println!("flip {n} at byte {at} of {}: {what}", file.display());
        }
        if ["trouble", "aborted"].contains(&what) {
            let mut next = in_a_child(copy.path());
            // The first abort may have been somebody who killed the process.
            if next == "aborted" {
                next = in_a_child(copy.path());
            }
            assert_eq!(next, "made anew", "the next start mends it");
        }
        *came.entry(what).or_default() += 1;
    }
    println!("{flips} flips of the state: {came:?}");
    assert!(!came.contains_key("wrong"), "{came:?}");
    assert!(came.keys().any(|what| *what != "kept"), "{came:?}");
}

#[test]
fn a_full_disk_is_no_damage() {
    let full =
        fjall::Error::Io(io::Error::new(io::ErrorKind::StorageFull, "no space left on device"));
    assert!(no_room(&full).is_some_and(|why| why.kind() == io::ErrorKind::StorageFull));
    let torn = fjall::Error::Io(io::ErrorKind::UnexpectedEof.into());
    assert!(no_room(&torn).is_none() && no_room(&fjall::Error::InvalidTrailer).is_none());
}
