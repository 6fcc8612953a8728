//! Malformed streams of bytes at a whole hub, over connections in memory: what a client that is broken or means harm can
//! write. The hub must end each connection soon, must not fall, and must still answer to others.

use super::{
    mutation::mutated,
    recording::{KEY, Recording, recordings},
};
use crate::{
    hub::{
        config::{HubConfig, KeyConfig},
        serve::{Connector, Running, StartError, start},
    },
    sandbox,
};
use std::{
    fmt, fs, io, panic,
    sync::{
        LazyLock, Mutex, MutexGuard, Once, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, split},
    runtime::{Builder, Runtime},
    task::yield_now,
    time::{Instant, timeout},
};

/// How long a connection may last after its last byte, where others have the machine too.
const PATIENCE: Duration = Duration::from_secs(20);
/// The threads on which a hub serves are called this and its number, by which their panics are known.
const THREAD: &str = "thrown-at";
/// How often the hub may go on before a client closes its side, so that calls are served and not only begun.
const TURNS: usize = 64;
/// After so many streams the hub is asked whether it still answers.
const ASKED_EVERY: usize = 50;
/// After so many streams everything is there that a hub keeps in memory anyway.
const WARM: usize = 500;

/// The threads of hubs that have fallen.
static FALLEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn fallen() -> MutexGuard<'static, Vec<String>> {
    // Only whole names are put in under this lock.
    FALLEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What became of streams that were thrown at a hub.
#[derive(Clone, Copy, Debug, Default)]
pub struct Thrown {
    pub streams: usize,
    /// How many of them got an answer of HTTP/2.
    pub answered: usize,
    pub bytes: usize,
    /// How long a connection lasted at most.
    pub longest: Duration,
    /// How much more memory the process had at the end than when the hub was warm, in KiB; `None` where nobody says it.
    pub grown_kib: Option<u64>,
}

/// A hub at which streams are thrown.
pub struct ThrownHub {
    runtime: Runtime,
    thread: String,
    connector: Connector,
    _running: Running,
    good: Vec<Recording>,
}

/// The hub of the target, which lives as long as its process.
static HUB: LazyLock<ThrownHub> = LazyLock::new(|| ThrownHub::start().expect("a hub in memory"));

/// Everything that a client writes on one connection.
pub(super) fn stream(bytes: &[u8]) {
    if let Err(why) = HUB.throw(bytes) {
        panic!("{why}");
    }
}

impl ThrownHub {
    /// Starts a hub in memory, and records a call of each rpc with it. The error says what is not answered.
    pub fn start() -> Result<Self, String> {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        note_panics();
        let thread = format!("{THREAD} {}", STARTED.fetch_add(1, Ordering::Relaxed));
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name(thread.as_str())
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let running = runtime.block_on(started()).map_err(|error| error.to_string())?;
        let connector = running.connector();
        let good = runtime.block_on(recordings(&connector, 1))?;
        Ok(Self { runtime, thread, connector, _running: running, good })
    }

    /// A call of each rpc.
    #[must_use]
    pub fn recordings(&self) -> &[Recording] {
        &self.good
    }

    /// Throws so many streams, and says what came of them, or what should not have.
    pub fn throw_all(&self, streams: usize, seed: u64) -> Result<Thrown, String> {
        let mut chance = fastrand::Rng::with_seed(seed);
        let floods = floods(&self.good);
        let (mut thrown, mut warm) = (Thrown::default(), None);
        while thrown.streams < streams {
            if thrown.streams % ASKED_EVERY == 0 {
                self.still_answers()?;
            }
            if thrown.streams == WARM.min(streams / 2) {
                warm = resident_kib();
            }
            let bytes = match floods.get(thrown.streams) {
                Some(flood) => flood.clone(),
                None => self.malformed(&mut chance),
            };
            let (lasted, answer) = self.throw(&bytes)?;
            thrown.streams += 1;
            thrown.bytes += bytes.len();
            thrown.longest = thrown.longest.max(lasted);
            thrown.answered += usize::from(!answer.is_empty());
        }
        self.still_answers()?;
        thrown.grown_kib =
            warm.zip(resident_kib()).map(|(before, after)| after.saturating_sub(before));
        Ok(thrown)
    }

    fn throw(&self, bytes: &[u8]) -> Result<(Duration, Vec<u8>), String> {
        let thrown = self.runtime.block_on(throw(&self.connector, PATIENCE, bytes));
        self.stands(bytes).and(thrown)
    }

    /// Whether no thread of the hub has fallen yet.
    fn stands(&self, bytes: &[u8]) -> Result<(), String> {
        let has_fallen = fallen().contains(&self.thread);
        let why = || format!("a thread of the hub fell over {}", shown(bytes));
        if has_fallen { Err(why()) } else { Ok(()) }
    }

    fn malformed(&self, chance: &mut fastrand::Rng) -> Vec<u8> {
        let mut one = || self.good[chance.usize(..self.good.len())].bytes.clone();
        let (bytes, other) = (one(), one());
        mutated(&bytes, &other, chance)
    }

    /// Whether calls as they should be are answered.
    fn still_answers(&self) -> Result<(), String> {
        let good = self.good.iter().find(|good| good.rpc.ends_with("/Hello"));
        let good = good.ok_or("nobody says hello")?;
        let answered = async {
            let (mut hub, mut answer) = ((self.connector)(), Vec::new());
            hub.write_all(&good.bytes).await?;
            while !frames(&answer).any(|(.., kind)| kind == HEADERS) {
                if hub.read_buf(&mut answer).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            io::Result::Ok(())
        };
        let answered = self.runtime.block_on(async { timeout(PATIENCE, answered).await });
        let why = |why: &dyn fmt::Display| format!("the hub does not answer any more: {why}");
        answered.map_err(|late| why(&late))?.map_err(|error| why(&error))
    }
}

/// Writes bytes on a connection of its own and then no more, and reads until its end. Returns how long
/// that took, and what was read.
async fn throw(
    hub: &Connector,
    patience: Duration,
    bytes: &[u8],
) -> Result<(Duration, Vec<u8>), String> {
    let (mut from, mut to) = split(hub());
    let began = Instant::now();
    let writing = async {
        // Whoever is refused in the middle need not be heard to the end.
        let _ = to.write_all(bytes).await;
        for _ in 0..TURNS {
            yield_now().await;
        }
        let _ = to.shutdown().await;
    };
    let mut answer = Vec::new();
    let reading = async { from.read_to_end(&mut answer).await };
    let ended = timeout(patience, async { tokio::join!(writing, reading) }).await;
    if ended.is_err() {
        return Err(format!("a connection does not end that got {}", shown(bytes)));
    }
    Ok((began.elapsed(), answer))
}

/// What is broken on purpose.
#[cfg(test)]
impl ThrownHub {
    /// Has a thread of the hub fall while a stream is thrown.
    pub(super) fn thrown_while_falling(&self) -> Result<(), String> {
        let fallen = self.runtime.spawn(async { panic!("on purpose") });
        assert!(self.runtime.block_on(fallen).is_err());
        self.throw(b"PRI * HTTP/2.0").map(drop)
    }

    /// Throws a stream at a peer that keeps the connection.
    pub(super) fn thrown_at_nobody(&self) -> Result<(), String> {
        let kept = std::sync::Mutex::new(Vec::new());
        let keep: Connector = std::sync::Arc::new(move || {
            let (ours, theirs) = tokio::io::duplex(1 << 10);
            kept.lock().expect("whole").push(theirs);
            ours
        });
        let thrown = throw(&keep, Duration::from_millis(1), b"PRI * HTTP/2.0");
        self.runtime.block_on(thrown).map(drop)
    }
}

async fn started() -> Result<Running, StartError> {
    let (mut config, _) =
        HubConfig::embedded(None).map_err(|error| StartError::Internal(error.to_string()))?;
    for org in &mut config.orgs {
        org.keys.push(KeyConfig::of_text("fuzz", KEY));
        org.sandbox.rate_per_minute = 0;
        org.sandbox.demo_app = false;
    }
    start(config, &[sandbox::attach]).await
}

/// Notes which of the threads that serve panic. Whoever panics is told as before.
fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let thread = thread::current();
            fallen()
                .extend(thread.name().filter(|name| name.starts_with(THREAD)).map(str::to_owned));
            before(info);
        }));
    });
}

/// The type of a frame with headers (RFC 9113, section 6.2), and of those that floods are made of.
const HEADERS: u8 = 1;
const DATA: u8 = 0;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;

/// What a client of HTTP/2 begins with (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Where each frame in bytes begins and ends, and its type.
fn frames(bytes: &[u8]) -> impl Iterator<Item = (usize, usize, u8)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let [a, b, c, kind, ..] = *bytes.get(at..)? else { return None };
        let from = at;
        at += 9 + (usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c));
        Some((from, at, kind))
    })
}

fn frame(kind: u8, flags: u8, on: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap_or_default().to_be_bytes();
    [&length[..], &[kind, flags], &on.to_be_bytes(), payload].concat()
}

/// Floods of frames that are right one by one, and messages that say wrong things of themselves.
fn floods(good: &[Recording]) -> Vec<Vec<u8>> {
    let Some(hello) = good.iter().find(|good| good.rpc.ends_with("/Hello")) else {
        return Vec::new();
    };
    let before_data = before_data(&hello.bytes);
    let headers = header_block(&hello.bytes);
    let begun = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    let after = |begin: &[u8], what: Vec<u8>| [begin, &what].concat();
    let message = |flag: u8, length: u32, body: &[u8]| {
        let body = [&[flag], &length.to_be_bytes()[..], body].concat();
        after(before_data, frame(DATA, 1, 1, &body))
    };
    let nested = (0..200).fold(Vec::new(), |inner: Vec<u8>, _| {
        let length = u8::try_from(inner.len().min(100)).unwrap_or_default();
        [&[0x0a, length], &inner[..]].concat()
    });
    let nested_length = u32::try_from(nested.len()).unwrap_or_default();
    let resets = (0..5_000_u32).flat_map(|n| {
        let on = 2 * n + 1;
        [frame(HEADERS, 4, on, headers), frame(RST_STREAM, 0, on, &8_u32.to_be_bytes())].concat()
    });
    vec![
        // A length prefix that is cut, one of 4 GiB, a compression that nobody has, and a message in 200 others.
        after(before_data, frame(DATA, 1, 1, &[0, 0, 0])),
        message(0, u32::MAX, b"x"),
        message(7, 1, b"x"),
        message(0, nested_length, &nested),
        message(0, 4, &[0x0a, 2, 0xc3, 0x28]),
        // Streams that are begun and reset, data without data, and headers that go on and on.
        after(&begun, resets.collect()),
        after(before_data, frame(DATA, 0, 1, &[]).repeat(100_000)),
        after(
            &begun,
            [frame(HEADERS, 0, 1, headers), frame(CONTINUATION, 0, 1, &[]).repeat(50_000)].concat(),
        ),
        after(&begun, frame(PING, 0, 0, &[0; 8]).repeat(50_000)),
        after(&begun, frame(SETTINGS, 0, 0, &[]).repeat(50_000)),
    ]
}

/// The place of the first frame of a kind.
fn find(recorded: &[u8], wanted: u8) -> Option<(usize, usize)> {
    let mut all = frames(recorded.get(PREFACE.len()..)?);
    let (from, end, _) = all.find(|(.., kind)| *kind == wanted)?;
    Some((from + PREFACE.len(), end + PREFACE.len()))
}

fn before_data(recorded: &[u8]) -> &[u8] {
    find(recorded, DATA).map_or(&[], |(at, _)| &recorded[..at])
}

fn header_block(recorded: &[u8]) -> &[u8] {
    find(recorded, HEADERS).and_then(|(at, end)| recorded.get(at + 9..end)).unwrap_or_default()
}

/// The memory of this process, in KiB.
fn resident_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn shown(bytes: &[u8]) -> String {
    let start = bytes.get(..400).unwrap_or(bytes);
    format!("{} bytes, which begin with {}", bytes.len(), start.escape_ascii())
}
