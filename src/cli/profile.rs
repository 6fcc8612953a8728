//! Who we are to which hub: a profile file, the environment and flags, in rising order.
//!
//! The API key never comes from an argument: arguments can be read by every process of the machine.

use super::exit::Failure;
use crate::sdk::Secret;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

/// The environment variable that holds the API key.
pub const KEY_VARIABLE: &str = "SWITCHBOARD_API_KEY";

/// `config.toml`: named profiles.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The profile used when none is named.
    default: Option<String>,
    #[serde(default)]
    profile: BTreeMap<String, Profile>,
}

/// One way to reach a hub. Every field can be left out and given by a flag instead.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// `http://host:port` or `https://host:port`.
    pub endpoint: Option<String>,
    /// The org.
    pub org: Option<String>,
    /// The app.
    pub app: Option<String>,
    /// A file that holds nothing but the key; readable by its owner only.
    pub api_key_file: Option<PathBuf>,
    /// Allow the key to travel in the clear to another machine.
    #[serde(default)]
    pub insecure: bool,
}

/// Where settings of the user live: `$XDG_CONFIG_HOME/switchboard/config.toml`.
#[must_use]
pub fn path(dirs: &impl etcetera::BaseStrategy) -> PathBuf {
    dirs.config_dir().join("switchboard").join("config.toml")
}

/// Reads the profile of that name, or the default one. No file and no name is no profile.
pub fn load(path: &Path, name: Option<&str>) -> Result<Option<Profile>, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => match name {
            None => return Ok(None),
            Some(name) => {
                return Err(Failure::usage(format!(
                    "there is no profile {name:?}: {} does not exist",
                    path.display()
                )));
            }
        },
        Err(error) => {
            return Err(Failure::usage(format!("cannot read {}: {error}", path.display())));
        }
    };
    let file: File = toml::from_str(&text)
        .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    let Some(name) = name.or(file.default.as_deref()) else { return Ok(None) };
    if let Some(profile) = file.profile.get(name) {
        Ok(Some(profile.clone()))
    } else {
        let near = file
            .profile
            .keys()
            .max_by(|a, b| strsim::jaro(a, name).total_cmp(&strsim::jaro(b, name)))
            .map(|near| format!("; did you mean {near:?}?"))
            .unwrap_or_default();
        Err(Failure::usage(format!("{} has no [profile.{name}]{near}", path.display())))
    }
}

/// The API key: the environment first, then the profile's key file.
pub fn api_key(profile: Option<&Profile>) -> Result<Secret, Failure> {
    if let Ok(text) = env::var(KEY_VARIABLE)
        && !text.trim().is_empty()
    {
        return Ok(Secret::new(text.trim().to_owned()));
    }
    match profile.and_then(|p| p.api_key_file.as_deref()) {
        Some(path) => read_key(path),
        None => Err(Failure::usage(format!(
            "no API key: set {KEY_VARIABLE}, or name an api_key_file in a profile \
             (a key is never taken from the command line)"
        ))),
    }
}

/// Reads a key file that only its owner may read.
pub fn read_key(path: &Path) -> Result<Secret, Failure> {
    let fail = |why: String| Failure::usage(format!("key file {}: {why}", path.display()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let meta = fs::metadata(path).map_err(|e| fail(e.to_string()))?;
        if meta.mode() & 0o077 != 0 {
            return Err(fail("others can read it; run: chmod 600 on it".into()));
        }
    }
    let text = fs::read_to_string(path).map_err(|e| fail(e.to_string()))?;
    match text.trim() {
        "" => Err(fail("it is empty".into())),
        key => Ok(Secret::new(key.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        fs::write(&path, text).unwrap();
        (dir, path)
    }

    #[test]
    fn the_default_profile_is_used_unless_one_is_named() {
        let (_dir, path) =
            written("default = 'desk'\n[profile.desk]\norg = 'a'\n[profile.night]\norg = 'b'\n");
        assert_eq!(load(&path, None).unwrap().unwrap().org.as_deref(), Some("a"));
        assert_eq!(load(&path, Some("night")).unwrap().unwrap().org.as_deref(), Some("b"));
    }

    #[test]
    fn a_mistyped_profile_or_key_is_named_with_what_was_probably_meant() {
        let (_dir, path) = written("[profile.production]\norg = 'a'\n");
        let error = load(&path, Some("prodution")).unwrap_err();
        assert!(error.message.contains("did you mean \"production\""), "{error}");
        let (_dir, path) = written("[profile.x]\nendpont = 'http://h'\n");
        let error = load(&path, Some("x")).unwrap_err();
        assert!(error.message.contains("endpont") && error.message.contains("endpoint"), "{error}");
        assert_eq!(error.code, crate::cli::exit::Code::Usage);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_dir, path) = written("secret-key\n");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = read_key(&path).unwrap_err();
        assert!(error.message.contains("chmod 600") && !error.message.contains("secret-key"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read_key(&path).unwrap().expose(), "secret-key");
    }
}
