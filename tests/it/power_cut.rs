//! The power goes while clients write (L2). A library that is preloaded into the hub remembers what is written and not synced
//! (`tests/data/power_cut.c`); the hub is killed, and that is taken back: all of it, the newest of it, or all but a part of
//! a write. What was acknowledged is there at the next start. `SWITCHBOARD_CUTS` is how often.

use super::{
    copies::{run, verb},
    crash::{Known, follow, write},
    support::{Bench, HubProcess, client, free_addr, reached},
};
use std::{
    fs::{self, OpenOptions},
    io::{Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use switchboard::model::Seq;

const CUTS: u64 = 6;
const WRITERS: usize = 4;
/// A disk writes so many bytes at once or not at all.
const SECTOR: usize = 512;

/// Where the library is and what it remembers.
struct Rig {
    folder: tempfile::TempDir,
    bench: Bench,
    addr: String,
}

/// What was there before a write.
struct Replaced {
    at: u64,
    was: Vec<u8>,
    size: u64,
}

/// What a cut takes back of the writes to a file that were not synced.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// All of them.
    All,
    /// Those after the first so many.
    After(usize),
    /// Those after the first so many, and all but the first sectors of the one before.
    Torn(usize),
}

impl Rig {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/power_cut.c");
        let mut compile = Command::new("cc");
        compile.args(["-O1", "-shared", "-fPIC", "-o"]).arg(folder.path().join("cut.so"));
        let made = compile.arg(source).arg("-ldl").status().expect("a C compiler");
        assert!(made.success());
        fs::create_dir(folder.path().join("memory")).unwrap();
        Self { folder, bench: Bench::new(), addr: free_addr() }
    }

    fn memory(&self) -> PathBuf {
        self.folder.path().join("memory")
    }

    fn serve(&self, is_deaf: bool) -> HubProcess {
        let mut command = self.bench.command(&self.addr);
        // The folder is made before, so that its path has no link in it.
        fs::create_dir_all(self.bench.data()).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(self.bench.data(), mode).unwrap();
        command
            .env("LD_PRELOAD", self.folder.path().join("cut.so"))
            .env("CUT_BELOW", self.bench.data().canonicalize().unwrap())
            .env("CUT_INTO", self.memory());
        if is_deaf {
            command.env("CUT_DEAF", "1");
        }
        HubProcess::start(command)
    }

    /// Kills the hub and takes back what was not synced. Returns how many writes those were.
    fn cut(&self, hub: &mut HubProcess, cut: Cut) -> usize {
        hub.kill();
        let mut taken = 0;
        for memory in fs::read_dir(self.memory()).unwrap().map(|entry| entry.unwrap().path()) {
            let file = memory.file_name().unwrap().to_str().unwrap().replace('%', "/");
            let replaced = records(&fs::read(&memory).unwrap());
            fs::remove_file(memory).unwrap();
            taken += take_back(Path::new(&file), &replaced, cut);
        }
        taken
    }
}

/// What the library has remembered of one file. A record that is not whole is of a write that was never done, because the
/// hub was killed before it.
fn records(mut bytes: &[u8]) -> Vec<Replaced> {
    let mut all = Vec::new();
    while let Some((head, rest)) = bytes.split_at_checked(24) {
        let number = |n: usize| u64::from_ne_bytes(head[8 * n..8 * n + 8].try_into().unwrap());
        let Some((was, rest)) = rest.split_at_checked(usize::try_from(number(1)).unwrap()) else {
            break;
        };
        all.push(Replaced { at: number(0), was: was.to_vec(), size: number(2) });
        bytes = rest;
    }
    all
}

fn take_back(file: &Path, replaced: &[Replaced], cut: Cut) -> usize {
    let (kept, torn) = match cut {
        Cut::All => (0, None),
        Cut::After(kept) => (kept.min(replaced.len()), None),
        Cut::Torn(kept) => (kept.min(replaced.len()), kept.checked_sub(1)),
    };
    // It may be gone.
    let Ok(mut open) = OpenOptions::new().write(true).open(file) else { return 0 };
    for old in replaced[kept..].iter().rev() {
        open.seek(SeekFrom::Start(old.at)).unwrap();
        open.write_all(&old.was).unwrap();
        open.set_len(old.size).unwrap();
    }
    if let Some(old) = torn.and_then(|torn| replaced.get(torn)) {
        let whole = old.was.len().min(SECTOR);
        open.seek(SeekFrom::Start(old.at + whole as u64)).unwrap();
        open.write_all(&old.was[whole..]).unwrap();
        let grown = old.at + SECTOR as u64;
        if old.was.len() < SECTOR && open.metadata().unwrap().len() > grown.max(old.size) {
            open.set_len(grown.max(old.size)).unwrap();
        }
    }
    replaced.len() - kept
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l2_what_was_acknowledged_survives_power_cuts() {
    let cuts = std::env::var("SWITCHBOARD_CUTS").map_or(CUTS, |n| n.parse().unwrap());
    let rig = Rig::new();
    let mut hub = rig.serve(false);
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(client(&rig.addr), writer, stop.clone())))
        .collect();
    let mut taken = 0;
    for round in 0..cuts {
        let some = usize::try_from(round * 7 % 11).unwrap();
        let kind =
            [Cut::All, Cut::After(some), Cut::Torn(some + 1)][usize::try_from(round % 3).unwrap()];
        let until = reached(&rig.addr, Seq(0)).await.0 + 20 + round * 37 % 100;
        reached(&rig.addr, Seq(until)).await;
        taken += rig.cut(&mut hub, kind);
        hub = rig.serve(false);
    }
    stop.store(true, Ordering::Relaxed);
    let known = Known::of(writers).await;
    let newest = reached(&rig.addr, Seq(0)).await;
    let (_head, until) = tokio::sync::watch::channel(newest);
    let log = follow(client(&rig.addr), until);
    let log = tokio::time::timeout(Duration::from_mins(1), log).await.unwrap();
    known.assert_kept(&log);
    assert!(newest > Seq(0) && taken > 0, "no write was taken back");
    println!("{cuts} power cuts took back {taken} writes");
    assert_eq!(hub.terminate(), Some(0));
    let (code, out, err) = run(verb(&rig.bench, &["verify"]));
    assert_eq!(code, Some(0), "{out}{err}");
}

/// That the library takes away what was not synced: if no sync is believed, nothing of the log is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l2_without_syncs_a_power_cut_loses_what_was_acknowledged() {
    let rig = Rig::new();
    let mut hub = rig.serve(true);
    let stop = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(write(client(&rig.addr), 0, stop.clone()));
    reached(&rig.addr, Seq(50)).await;
    rig.cut(&mut hub, Cut::All);
    stop.store(true, Ordering::Relaxed);
    assert!(Known::of(vec![writer]).await.acknowledged.len() >= 40);
    assert_eq!(fs::metadata(rig.bench.data().join("log.db")).unwrap().len(), 0);
}
