//! The console on a hub of its own with a real network (R-CARRY-1): a customer's text comes in over a message centre, and
//! the agent's answer goes out over it.

use super::{
    pty::Terminal,
    smsc::{Manner, Smsc},
    support::{Bench, KEY, KEY_VARIABLE},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_carry_1_an_agent_answers_a_real_text_on_a_hub_of_their_own() {
    let smsc = Smsc::start(Manner::default()).await;
    let bench = Bench::reaching(smsc.addr, "");
    let home = tempfile::tempdir().unwrap();
    let settings = bench.settings();
    let args = ["--config", settings.to_str().unwrap(), "--hold", "0"];
    let env = [(KEY_VARIABLE, KEY)];
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_switchboard"));
    let mut t = Terminal::program(program, home.path(), 120, 40, &args, &env);
    t.begin();
    t.wait_for("the network safari is reached");
    smsc.bring("+254711000001", "40404", "Where is my order?");
    t.wait_for("Where is my order?");
    let is_selected = |s: &str| {
        s.lines().any(|line| line.starts_with('>') && line.contains("Where is my order?"))
    };
    t.press("k");
    t.wait_for("HOLD");
    // It is the last row, and one more step down stays on it.
    t.press("jj");
    t.wait_until("the text to be selected", is_selected);
    t.press("r");
    t.wait_for("LOCKED");
    t.press("On its way");
    t.wait_for("On its way");
    t.press("\x13");
    t.wait_until("that it can be sent", |s| s.contains("s send") && !s.contains("read first"));
    t.press("s");
    smsc.once(|smsc| smsc.texts().iter().any(|text| text.words() == "On its way")).await;
    t.wait_until("the report", |s| s.contains("ok delivered"));
    // Whoever watches sees that the network is away, although the hub is heard.
    smsc.behave(Manner { refuses: true, ..Manner::default() });
    smsc.hang_up();
    t.wait_until("the network to be down", |s| {
        s.lines().next().is_some_and(|bar| bar.contains("!! safari down") && bar.contains("LIVE"))
    });
    t.press("qq");
    assert!(t.end().success());
    assert!(bench.data().join("log.db").exists(), "the data lie beside the settings");
}
