//! Starts that are refused: what it says, what mends it, the exit code, and that nothing is changed.

use super::{
    cli::run,
    copies,
    support::{Bench, KEY, binary_in},
};
use std::process::Stdio;

#[test]
fn settings_that_cannot_be_used_are_2_with_line_and_what_was_meant() {
    let bench = Bench::new();
    let text = std::fs::read_to_string(bench.settings()).unwrap();
    std::fs::write(bench.settings(), text.replace("listen =", "lisen =")).unwrap();
    let (code, out, err) = run(bench.command("127.0.0.1:0").stderr(Stdio::piped()));
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(
        err.contains("lisen") && err.contains("did you mean") && err.contains("listen"),
        "{err}"
    );
}

#[test]
fn a_port_in_use_a_taken_folder_and_an_unwritable_one_are_3() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    let (code, _, err) = run(bench.command("127.0.0.1:0").stderr(Stdio::piped()));
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("data") && err.contains("another"), "a second process: {err}");
    std::fs::remove_file(bench.data().join("lock")).unwrap();
    let (code, _, err) = run(bench.command("127.0.0.1:0").stderr(Stdio::piped()));
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("in use by another switchboard"), "without its lock file: {err}");
    let other = Bench::new();
    let (code, _, err) = run(other.command(&hub.addr).stderr(Stdio::piped()));
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains(&hub.addr) && err.contains("another program"), "{err}");
    let settings = std::fs::read_to_string(other.settings()).unwrap();
    let metrics = format!("{settings}\n[metrics]\nlisten = \"{}\"\n", hub.addr);
    std::fs::write(other.settings(), metrics).unwrap();
    let (code, _, err) = run(other.command("127.0.0.1:0").stderr(Stdio::piped()));
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains(&hub.addr) && err.contains("`listen` of [metrics]"), "{err}");
    let third = Bench::new();
    std::fs::write(third.data(), "a file where the folder should be").unwrap();
    let (code, _, err) = run(third.command("127.0.0.1:0").stderr(Stdio::piped()));
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("data"), "{err}");
}

/// What others may have written is not trusted, and the sentence says what mends it.
#[test]
fn what_others_can_write_to_is_refused_with_the_mode_and_the_way_out() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    bench.serve("127.0.0.1:0").terminate();
    let set = |path: &std::path::Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for (name, good, bad) in [
        ("", 0o700, 0o770),
        ("", 0o700, 0o702),
        ("log.db", 0o600, 0o660),
        ("log.db", 0o600, 0o602),
        ("shelf.db", 0o600, 0o666),
        ("lock", 0o600, 0o622),
    ] {
        let path = bench.data().join(name);
        set(&path, bad);
        let (code, _, err) = run(bench.command("127.0.0.1:0").stderr(Stdio::piped()));
        assert_eq!(code, Some(2), "{name} {bad:o}: {err}");
        let shown = path.display().to_string();
        let shown = shown.trim_end_matches('/');
        assert!(err.contains(shown) && err.contains(&format!("mode {bad:04o}")), "{name}: {err}");
        assert!(err.contains("chmod go-w"), "{name}: {err}");
        set(&path, good);
    }
    bench.serve("127.0.0.1:0");
    // The profiles say where a key goes, and a key says who comes.
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/switchboard");
    std::fs::create_dir_all(&folder).unwrap();
    let (profiles, key) = (folder.join("config.toml"), folder.join("key"));
    std::fs::write(&key, KEY).unwrap();
    set(&key, 0o600);
    let text = format!(
        "default = 'x'\n[profile.x]\nendpoint = 'http://127.0.0.1:9'\norg = 'acme'\napp = 'desk'\n\
         api_key_file = '{}'\n",
        key.display()
    );
    std::fs::write(&profiles, text).unwrap();
    let works = || run(binary_in(home.path()).arg("works"));
    assert_eq!(works().0, Some(3), "nobody is there, so everything before that was right");
    for (path, good, bad) in
        [(&profiles, 0o644, 0o666), (&key, 0o600, 0o644), (&folder, 0o755, 0o777)]
    {
        set(path, bad);
        let (code, _, err) = works();
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains(&path.display().to_string()) && err.contains("chmod"), "{err}");
        set(path, good);
    }
}

/// The built-in settings simulate customers, which must not come into the log of a hub for real ones (R-LOG-4).
#[test]
fn a_verb_on_the_folder_of_another_hub_is_2_and_changes_nothing() {
    let bench = Bench::new();
    bench.serve("127.0.0.1:0").terminate();
    let files = || {
        let all = std::fs::read_dir(bench.data()).unwrap();
        let mut all: Vec<_> =
            all.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        // SQLite keeps these beside a log while it is read, too.
        all.retain(|name| !name.starts_with("log.db-"));
        all.sort();
        (all, std::fs::read(bench.data().join("log.db")).unwrap())
    };
    let before = files();
    let home = tempfile::tempdir().unwrap();
    let (code, _, err) =
        run(binary_in(home.path()).arg("--data-dir").arg(bench.data()).arg("works"));
    assert_eq!(code, Some(2), "{err}");
    for words in ["a hub with other orgs (acme)", "serve --config", "--data-dir"] {
        assert!(err.contains(words), "{words}: {err}");
    }
    let after = files();
    assert_eq!(after.0, before.0);
    assert!(after.1 == before.1, "the log has changed");
}

/// Why the log cannot be read is said as the system says it, and not that there is none.
#[test]
fn a_log_that_cannot_be_looked_at_is_not_called_missing() {
    let bench = Bench::new();
    std::fs::write(bench.data(), "a file where the folder should be").unwrap();
    let (code, _, err) = copies::run(copies::verb(&bench, &["verify"]));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("log.db") && err.contains("Not a directory"), "{err}");
    assert!(!err.contains("there is no log"), "{err}");
}
