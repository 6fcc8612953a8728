//! What end-to-end tests start and stop: the real binary as a hub on a free loopback port.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};
use switchboard::{
    model::{CallId, ClientError, CustomerCommand, Event, FeedEvent, FeedStart, Receipt, Seq},
    sdk::{Client, Credentials, Endpoint, Options},
};

/// The key that test hubs accept. It reaches a hub by an environment variable, never
/// by an argument.
pub const KEY: &str = "sb_test_only-for-loopback-tests-0123456789";
/// The variable that has the key of the settings.
pub const KEY_VARIABLE: &str = "SWITCHBOARD_TEST_HUB_KEY";

/// A hub process, which is killed when this is dropped.
pub struct HubProcess {
    child: Child,
    /// The address on which it listens.
    pub addr: String,
}

/// A data folder with a settings file. Hubs are started on it one after the other.
pub struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    /// An org `acme` with the app `desk`, the channels sms 40404, whatsapp 40405 and payment 525900
    /// with the purse `till`, and a sandbox without traffic.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let settings = format!(
            r#"
listen = "127.0.0.1:0"
[limits]
writes_per_second = 0
burst = 0
feeds = 0
[[org]]
id = "acme"
apps = ["desk"]
[[org.channel]]
channel = "sms"
number = "40404"
app = "desk"
[[org.channel]]
channel = "whatsapp"
number = "40405"
app = "desk"
[[org.channel]]
channel = "payment"
number = "525900"
app = "desk"
purse = "till"
[[org.purse]]
id = "till"
currency = "KES"
[[org.key]]
label = "tests"
env = "{KEY_VARIABLE}"
[org.sandbox]
enabled = true
seed = 7
rate_per_minute = 0
deliver_after_ms = 100
read_after_ms = 200
fail_percent = 0
hostile = false
"#
        );
        std::fs::write(dir.path().join("hub.toml"), settings).unwrap();
        Self { dir }
    }

    /// The same with its sms number on a real network, a message centre at this address, and without a sandbox.
    /// `lines` are further settings of the connection.
    pub fn reaching(smsc: SocketAddr, lines: &str) -> Self {
        let bench = Self::new();
        let settings = std::fs::read_to_string(bench.settings()).unwrap();
        let number = "number = \"40404\"\n";
        let carrier = format!(
            "[[org.carrier]]\nid = \"safari\"\nkind = \"smpp\"\naddress = \"{smsc}\"\nsystem_id = \"desk\"\n\
             password = {{ file = \"smsc.password\" }}\n{lines}\n[org.sandbox]\nenabled = false\n"
        );
        let settings = settings
            .replace(number, &format!("{number}carrier = \"safari\"\n"))
            .replace("[org.sandbox]\nenabled = true\n", &carrier);
        std::fs::write(bench.settings(), settings).unwrap();
        let secret = bench.dir.path().join("smsc.password");
        std::fs::write(&secret, "secret").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&secret, mode).unwrap();
        bench
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A folder that is nobody's home but this test's.
    pub fn home(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    pub fn settings(&self) -> PathBuf {
        self.dir.path().join("hub.toml")
    }

    /// Starts `switchboard serve` and waits until it listens.
    pub fn serve(&self, listen: &str) -> HubProcess {
        HubProcess::start(self.command(listen))
    }

    /// The command `switchboard serve` on this folder, without starting it.
    pub fn command(&self, listen: &str) -> Command {
        self.command_on(&self.data(), listen)
    }

    /// The same on another data folder.
    pub fn command_on(&self, data: &Path, listen: &str) -> Command {
        let mut command = binary();
        command
            .args(["serve", "--config"])
            .arg(self.settings())
            .args(["--listen", listen, "--data-dir"])
            .arg(data)
            .env(KEY_VARIABLE, KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }
}

impl HubProcess {
    /// Starts the command and waits until it listens.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap_or_else(|| panic!("the hub's first line was {line:?}"))
            .to_owned();
        Self { child, addr }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it with SIGTERM and returns the exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }

    /// Runs a verb on this hub, in a folder that is its home too. Returns its exit code and what it printed.
    pub fn run(&self, folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
        self.run_in_zone(folder, "UTC", args)
    }

    /// Runs a verb for somebody whose `TZ` says this.
    pub fn run_in_zone(
        &self,
        folder: &Path,
        zone: &str,
        args: &[&str],
    ) -> (Option<i32>, String, String) {
        let mut command = binary_in(folder);
        let endpoint = format!("http://{}", self.addr);
        command.args(["--endpoint", &endpoint, "--org", "acme", "--app", "desk"]);
        command.args(args).env("SWITCHBOARD_API_KEY", KEY).env("TZ", zone);
        command.current_dir(folder).stdin(Stdio::null());
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code(), text(stdout), text(stderr))
    }

    /// A client of this hub.
    pub fn client(&self) -> Client {
        client(&self.addr)
    }
}

impl Drop for HubProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program's client of the hub at this address, with the key that it accepts.
pub fn client(addr: &str) -> Client {
    connected(addr, "acme", false)
}

/// A person's client of the hub at this address, as the console has one.
pub fn client_of_person(addr: &str) -> Client {
    connected(addr, "acme", true)
}

fn connected(addr: &str, org: &str, by_person: bool) -> Client {
    Client::new(Options {
        endpoint: Endpoint::Uri(format!("http://{addr}")),
        org: org.into(),
        app: "desk".into(),
        credentials: Credentials::api_key(KEY),
        insecure: false,
        by_person,
        ..Options::default()
    })
    .unwrap()
}

/// Sends a command under one idempotency key until the answer is certain. A careful program does
/// that while a hub dies and comes back.
pub async fn settle(client: &Client, call: &CallId, command: &CustomerCommand) -> Receipt {
    loop {
        match client.send(call, command).await {
            Ok(receipt) => return receipt,
            Err(
                ClientError::Unknown(_)
                | ClientError::Unreachable { .. }
                | ClientError::Unavailable(_),
            ) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// The newest place of the log of the hub at an address, as soon as it is this one or a later one. The hub
/// may be away meanwhile.
pub async fn reached(addr: &str, place: Seq) -> Seq {
    let mut feed = client(addr).feed(FeedStart::Tail(1));
    let reached = async {
        loop {
            match feed.next().await {
                FeedEvent::Entry(entry) if entry.seq >= place => return entry.seq,
                FeedEvent::Bookmark { head, .. } if head >= place => return head,
                FeedEvent::Down { .. } => feed.retry_now(),
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), reached).await.expect("it is reached in time")
}

/// Every event in the log so far, in order.
pub async fn events(client: &Client) -> Vec<Event> {
    let head = client.hello().await.unwrap().head;
    let mut feed = client.feed(FeedStart::After { log_id: String::new(), seq: Seq(0) });
    let mut all = Vec::new();
    loop {
        let FeedEvent::Entry(entry) = feed.next().await else { continue };
        all.extend(entry.events.iter().cloned());
        if entry.seq >= head {
            return all;
        }
    }
}

/// The binary under test, with an empty home folder of its own.
pub fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    for variable in [
        "SWITCHBOARD_API_KEY",
        "SWITCHBOARD_ENDPOINT",
        "SWITCHBOARD_PROFILE",
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
    ] {
        command.env_remove(variable);
    }
    command
}

/// The binary under test, with its home folder at `home`.
pub fn binary_in(home: &Path) -> Command {
    let mut command = binary();
    command.env("HOME", home);
    command
}

/// A loopback address whose port was free a moment ago. The port is below the ephemeral range, so
/// that a hub that starts again finds it free. No two tests get the same one, not even while the
/// hub of one of them is down.
pub fn free_addr() -> String {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 5_000).unwrap();
    (0..5_000)
        .map(|_| 20_000 + (start + GIVEN.fetch_add(1, Ordering::Relaxed)) % 5_000)
        .find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .map(|port| format!("127.0.0.1:{port}"))
        .unwrap()
}

/// A hub on the settings that come with the stories, and a folder for files.
pub struct Stage {
    dir: tempfile::TempDir,
    hub: HubProcess,
}

impl Stage {
    /// With the settings as they are in assets/stories/hub.toml.
    pub fn open() -> Self {
        Self::open_with(|settings| settings)
    }

    /// With changed settings.
    pub fn open_with(change: impl FnOnce(String) -> String) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/stories/hub.toml");
        let settings = change(std::fs::read_to_string(shipped).unwrap());
        std::fs::write(dir.path().join("hub.toml"), settings).unwrap();
        let mut command = binary();
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(dir.path().join("hub.toml"))
            .arg("--data-dir")
            .arg(dir.path().join("data"))
            .env("SWITCHBOARD_API_KEY", KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let hub = HubProcess::start(command);
        Self { dir, hub }
    }

    /// The command of a headless verb on this hub, without running it.
    pub fn verb(&self, args: &[&str]) -> Command {
        let mut command = binary_in(self.dir.path());
        command
            .args(["--endpoint", &format!("http://{}", self.hub.addr)])
            .args(["--org", "stories", "--app", "desk"])
            .args(args)
            .env("SWITCHBOARD_API_KEY", KEY);
        command
    }

    /// The command `switchboard sim …` on this hub, without running it.
    pub fn sim(&self, args: &[&str]) -> Command {
        let mut command = self.verb(&["sim"]);
        command.args(args);
        command
    }

    /// A client of the hub, for its org.
    pub fn client(&self) -> Client {
        connected(&self.hub.addr, "stories", false)
    }

    /// The hub that is played on.
    pub fn hub(&mut self) -> &mut HubProcess {
        &mut self.hub
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Writes a file of this name and returns its path.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

/// Waits until a file has these words, and returns all that it has.
pub async fn reads(file: &Path, words: &str) -> String {
    let start = Instant::now();
    loop {
        let text = std::fs::read_to_string(file).unwrap();
        if text.contains(words) {
            return text;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "never said {words:?}:\n{text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
