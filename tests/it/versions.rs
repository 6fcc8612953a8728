//! Files of a newer version are refused with words, and nothing is changed in them (docs/VERSIONS.md).

use super::support::Bench;
use std::{fs, path::Path, process::Stdio};
use switchboard::model::{Body, Channel, ChannelNumber, CustomerNumber};

/// A data folder in which somebody has written something.
fn written(bench: &Bench) {
    let mut hub = bench.serve("127.0.0.1:0");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let (client, jane) = (hub.client(), CustomerNumber::telco("+254711000001"));
        let from = ChannelNumber::new(Channel::Sms, "40404");
        client.send_message(jane, from, Body::text("Karibu")).await.unwrap();
    });
    assert_eq!(hub.terminate(), Some(0));
}

fn version(file: &Path, number: i32) {
    let db = rusqlite::Connection::open(file).unwrap();
    db.pragma_update(None, "user_version", number).unwrap();
}

/// How a hub ends that cannot start, and what it says.
fn refused(bench: &Bench) -> (Option<i32>, String) {
    let output = bench.command("127.0.0.1:0").stderr(Stdio::piped()).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_log_of_a_newer_version_is_refused_and_stays_as_it_is() {
    let bench = Bench::new();
    written(&bench);
    let file = bench.data().join("log.db");
    version(&file, 9);
    let before = fs::read(&file).unwrap();
    let (code, said) = refused(&bench);
    assert!(code.is_some_and(|code| code != 0), "{said}");
    assert!(said.contains("it is of version 9, and this switchboard reads 1 and 2"), "{said}");
    assert!(said.contains("start the version that wrote it, or a newer one"), "{said}");
    assert!(fs::read(&file).unwrap() == before, "the file is as it was");
    version(&file, 1);
    drop(bench.serve("127.0.0.1:0"));
}

/// A folder of a build that knew nothing of retention: the table is missing, and the state is of another format.
#[test]
fn a_folder_of_an_older_version_is_read_and_what_is_made_from_its_log_is_made_anew() {
    let bench = Bench::new();
    written(&bench);
    let db = rusqlite::Connection::open(bench.data().join("log.db")).unwrap();
    db.execute_batch("DROP TABLE begin").unwrap();
    drop(db);
    fs::remove_dir_all(bench.data().join("state")).unwrap();
    fs::write(bench.data().join("shelf.db"), "of another version").unwrap();
    let hub = bench.serve("127.0.0.1:0");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let client = hub.client();
        let found = client.find("711000001", 10, 0).await.unwrap();
        assert_eq!(found.customers.len(), 1);
    });
}
