//! The real console against a real hub over TCP, with keys going in and the screen's text coming
//! out: live traffic, a reply with its delivery and the customer's next message, several consoles,
//! and a hub that dies and comes back.

use super::support::{Bench, HubProcess, client_of_person, free_addr};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Terminal, backend::TestBackend};
use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};
use switchboard::{
    console::{
        ConsoleOptions, Loop, app::App, app::AppOptions, link::Link, msg::Msg,
        terminal::ConsoleScreen, view, view::DrawContext,
    },
    model::{Body, Channel, ChannelNumber, CustomerNumber, CustomerRef, NetworkCommand},
};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

const SIZE: (u16, u16) = (120, 40);
const PATIENCE: Duration = Duration::from_secs(20);

/// A screen that a test can read while the console draws it.
struct Glass {
    terminal: Terminal<TestBackend>,
    text: Arc<Mutex<String>>,
}

impl ConsoleScreen for Glass {
    fn size(&self) -> (u16, u16) {
        SIZE
    }
    fn paint(&mut self, app: &App, look: &DrawContext) -> io::Result<()> {
        self.terminal.draw(|frame| view::draw(app, frame, look)).map_err(io::Error::other)?;
        let buffer = self.terminal.backend().buffer();
        let rows = buffer.content().chunks(usize::from(SIZE.0));
        let text: Vec<String> =
            rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect()).collect();
        *self.text.lock().unwrap() = text.join("\n");
        Ok(())
    }
}

/// A console that runs, its keys and its screen.
struct Desk {
    keys: mpsc::Sender<Msg>,
    text: Arc<Mutex<String>>,
    run: JoinHandle<()>,
}

impl Desk {
    fn open(addr: &str) -> Self {
        let (keys, mut pressed) = mpsc::channel(64);
        let text = Arc::new(Mutex::new(String::new()));
        let terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap();
        let mut glass = Glass { terminal, text: text.clone() };
        let app = AppOptions {
            org: "acme".into(),
            seed: [7; 16],
            hold: Duration::from_millis(200),
            ..AppOptions::default()
        };
        let link = Link::start(&client_of_person(addr));
        let mut console = Loop::new(ConsoleOptions::new(link, app));
        let run =
            tokio::spawn(async move { console.drive(&mut glass, &mut pressed).await.unwrap() });
        Self { keys, text, run }
    }

    async fn press(&self, key: KeyEvent) {
        self.keys.send(Msg::Key(key)).await.unwrap();
    }

    async fn types(&self, text: &str) {
        for c in text.chars() {
            let code = if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
            self.press(KeyEvent::from(code)).await;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn screen(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    async fn sees(&self, what: &str) -> String {
        self.sees_line(what, |line| line.contains(what)).await
    }

    async fn sees_line(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        self.sees_screen(what, |screen| screen.lines().any(&is_it)).await
    }

    async fn sees_screen(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let seen = timeout(PATIENCE, async {
            loop {
                let screen = self.screen();
                if is_it(&screen) {
                    return screen;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        seen.await.unwrap_or_else(|_| panic!("never saw {what:?} on:\n{}", self.screen()))
    }

    async fn leave(self) {
        self.types("qq").await;
        timeout(PATIENCE, self.run).await.unwrap().unwrap();
    }
}

fn jane() -> CustomerNumber {
    CustomerNumber::telco("+254711000123")
}

async fn writes(hub: &HubProcess, text: &str) {
    let to = ChannelNumber::new(Channel::Sms, "40404");
    let written = NetworkCommand::ReceiveMessage { from: jane(), to, body: Body::text(text) };
    let receipt = hub.client().sandbox().act(written).await.unwrap();
    assert!(receipt.ok, "{receipt:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_answers_a_customer_and_sees_it_delivered_and_answered() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    let (desk, other) = (Desk::open(&hub.addr), Desk::open(&hub.addr));
    desk.sees("LIVE").await;
    writes(&hub, "habari, order yangu iko wapi?").await;
    desk.sees_line("her message", |l| l.starts_with(['>', ' ']) && l.contains("habari, order"))
        .await;
    other.sees("habari, order").await;

    desk.types("/habari\nk").await;
    desk.sees_line("her message selected", |l| l.starts_with('>') && l.contains("habari")).await;
    desk.types("r").await;
    desk.sees("LOCKED").await;
    desk.types("Karibu Jane").await;
    desk.press(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL)).await;
    desk.sees("REVIEW").await;
    let ready = |screen: &str| screen.contains("s send") && !screen.contains("read first");
    desk.sees_screen("that it can be sent", ready).await;
    desk.types("s").await;
    desk.types("x").await; // the filter off
    for screen in [&desk, &other] {
        // The same row says first that it was sent and then that it was delivered or read.
        let ends = |l: &str| ["ok", "read"].iter().any(|state| l.contains(&format!(" {state} ")));
        let answer = |l: &str| l.contains("you > ") && l.contains("Karibu Jane") && ends(l);
        screen.sees_line("the answer, delivered", answer).await;
    }
    writes(&hub, "asante sana").await;
    desk.sees("asante sana").await;
    desk.leave().await;
    other.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_console_28_after_a_restart_the_activity_is_there_again() {
    // Given what somebody has sent with this key, and a colleague has not.
    let (bench, folder) = (Bench::new(), tempfile::tempdir().unwrap());
    let hub = bench.serve("127.0.0.1:0");
    let send = |to: &str, text: &str| {
        let to = ["send", "--to", to, "--from", "sms 40404", "--text", text];
        let (code, out, err) = hub.run(folder.path(), &to);
        assert_eq!(code, Some(0), "{out}{err}");
    };
    send("+254711000123", "Karibu Jane");
    send("+254700100402", "Pole sana");
    // When a console starts.
    let desk = Desk::open(&hub.addr);
    // Then both are there, each with what became of it.
    let is = |to: &'static str, state: &'static str| {
        move |line: &str| line.starts_with('<') && line.contains(to) && line.contains(state)
    };
    desk.sees_line("what arrived", is("+254711000123", "ok delivered")).await;
    desk.sees_line("what did not", is("+254700100402", "!! the customer cannot")).await;
    desk.sees("[4 ACTIVITY] < 2 from before").await;
    desk.types("4").await;
    desk.sees("Enter writes it again as a new attempt").await;
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_outlives_its_hub_and_misses_nothing() {
    let bench = Bench::new();
    let addr = free_addr();
    let mut hub = bench.serve(&addr);
    let desk = Desk::open(&addr);
    desk.sees("LIVE").await;
    writes(&hub, "before the fall").await;
    desk.sees("before the fall").await;
    hub.kill();
    desk.sees("RETRY").await;
    hub = bench.serve(&addr);
    // This is written before the console is back.
    writes(&hub, "while you were away").await;
    desk.types("R").await;
    desk.sees("LIVE").await;
    let screen = desk.sees("while you were away").await;
    assert!(!screen.contains("gap"), "no gap:\n{screen}");
    assert_eq!(screen.matches("before the fall").count(), 1, "no duplicate:\n{screen}");
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_for_a_customer_finds_them_by_number_and_creates_nobody() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    writes(&hub, "habari").await;
    let desk = Desk::open(&hub.addr);
    desk.sees("LIVE").await;
    desk.types("gc").await;
    desk.sees(" Find: a name").await;
    desk.types("+254711000123\n").await;
    desk.sees_line("her timeline", |l| l.contains("new customer")).await;
    desk.types("gc").await;
    desk.sees(" Find: a name").await;
    desk.types("+254799999999\n").await;
    desk.sees("no customer").await;
    // Looking at a customer creates nobody (D-LOOKUP). If one had been created, it would be found
    // here.
    let nobody = CustomerRef::Number(CustomerNumber::telco("+254799999999"));
    assert!(hub.client().customer(&nobody).await.unwrap().is_none(), "D-LOOKUP");
    desk.leave().await;
}
