//! Settings files. Whoever makes a mistake in one is told what is wrong, in a sentence that may be shown to others: what
//! stands in the place of a secret is not in it.

use super::text;
use crate::{cli::profile, hub::config::HubConfig};
use std::path::Path;

/// Words in the names of what is secret.
const SECRET: [&str; 5] = ["key", "password", "secret", "token", "hash"];
/// What is shorter is no secret, and may occur in a sentence by chance.
const SHORTEST: usize = 8;

/// A file of settings, of a hub or of a console.
pub(super) fn settings(bytes: &[u8]) {
    let written = text(bytes);
    // No file is beside it, so that what it names is not there.
    let file = Path::new("/nowhere/at/all.toml");
    let hub = HubConfig::parse(file, &written).map(drop).map_err(|error| error.to_string());
    let console = profile::read(file, &written, None).map(drop).map_err(|error| error.to_string());
    for why in [hub, console].into_iter().filter_map(Result::err) {
        assert!(why.contains("all.toml"), "it names the file: {why}");
        if let Some(secret) = secrets(&written).find(|secret| why.contains(*secret)) {
            panic!("the secret {secret:?} is told to everybody: {why}");
        }
    }
}

/// What stands behind an equals sign after a name with one of those words, in quotes: what people write where they should
/// have named a file. What stands somewhere else in the text too is none.
fn secrets(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter_map(|line| line.split_once('='));
    let secret = lines.filter(|(name, _)| {
        let name = name.trim().to_ascii_lowercase();
        SECRET.iter().any(|word| name.ends_with(word)) && !name.contains(['"', '\'', '['])
    });
    let quoted = secret.filter_map(|(_, value)| {
        let quoted = value.trim().strip_prefix('"')?.strip_suffix('"')?;
        let is_plain = quoted.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        (quoted.len() >= SHORTEST && is_plain).then_some(quoted)
    });
    quoted.filter(move |quoted| text.matches(quoted).count() == 1)
}
