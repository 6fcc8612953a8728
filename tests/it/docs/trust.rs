//! docs/TRUST.md is the table of the promises, and every test that it names is there.

use super::{check, code, root, table};
use crate::tidy::sources;

#[allow(dead_code, reason = "the binary `trust` uses the rest")]
#[path = "../../../src/trust/promises.rs"]
mod promises;

use promises::{ALL, Promise, Shown};

#[test]
fn the_promises_are_those_of_the_table_and_their_tests_are_there() {
    let cells = |promise: &Promise| {
        let command = promise.shown.command().map_or("not shown".to_owned(), code);
        let Promise { id, asked, reached, sabotage, .. } = promise;
        [
            (*id).to_owned(),
            (*asked).to_owned(),
            command,
            (*reached).to_owned(),
            (*sabotage).to_owned(),
        ]
    };
    let top = ["id", "what is asked", "what shows it", "what was reached", "what turns it red"];
    check("docs/TRUST.md", &[("promises", table(top, ALL.iter().map(cells)))]);
    assert!(root().join("docs/TRUST.md").exists());

    let sources = sources();
    let tests = sources.iter().flat_map(|source| source.text.lines());
    let tests: Vec<&str> = tests.filter(|line| line.trim_start().contains("fn ")).collect();
    for Promise { id, shown, reached, .. } in ALL {
        let filter = match shown {
            Shown::Unit(filter, _) | Shown::EndToEnd(filter, _) => filter,
            Shown::Simulation => "l6_all_invariants",
            Shown::Script(script) => {
                assert!(root().join(script).exists(), "{id}: there is no {script}");
                continue;
            }
            Shown::Bench(bench) => {
                let file = root().join(format!("benches/{bench}.rs"));
                assert!(file.exists(), "{id}: there is no {bench}");
                continue;
            }
            Shown::Streams => "w1_malformed_streams",
            Shown::Nothing => {
                assert!(reached.starts_with("not shown"), "{id}: nothing shows {reached}");
                continue;
            }
        };
        let is_there = tests.iter().any(|test| test.contains(filter));
        assert!(is_there, "{id}: no test has {filter} in its name");
    }
}
