//! Which hub is used, and with which credentials: from a profile file, the environment and flags,
//! in rising order.
//!
//! Credentials never come from an argument: arguments can be read by every process of the machine.

use super::{args::ConnectionArgs, exit::CliError};
use crate::{
    hub::{config::ConfigError, private},
    model::file_text::without_mark,
    model::nearest,
    sdk::{Credentials, Secret, TlsIdentity, TlsOptions},
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

/// The environment variables that hold an API key or an auth token; only one of them may be set.
pub const KEY_VARIABLE: &str = "SWITCHBOARD_API_KEY";
pub const TOKEN_VARIABLE: &str = "SWITCHBOARD_AUTH_TOKEN";

/// The content of `config.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfilesFile {
    /// The profile that is used when none is named.
    default: Option<String>,
    #[serde(default)]
    profile: BTreeMap<String, Profile>,
    /// What the console calls an agent for. The console reads it by itself, because an error in it is no reason
    /// not to start.
    #[serde(default, rename = "notify")]
    _notify: serde::de::IgnoredAny,
}

/// How to reach one hub. Every field can be left out and given in another way instead. Paths are relative to the
/// folder of the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// `http://host:port` or `https://host:port`.
    pub endpoint: Option<String>,
    pub org: Option<String>,
    pub app: Option<String>,
    /// A file that holds nothing but the API key; readable by its owner only.
    pub api_key_file: Option<PathBuf>,
    /// The same for an auth token, in place of a key. It is read once, when the program starts.
    pub auth_token_file: Option<PathBuf>,
    /// A file of views that several people share; views of one's own of the same name win.
    pub views: Option<PathBuf>,
    /// A file of canned replies that several people share; those of one's own of the same name win.
    pub replies: Option<PathBuf>,
    /// Whether credentials may cross the network in plain text to another machine.
    #[serde(default)]
    pub insecure: bool,
    /// The authority whose certificates are trusted, in PEM, in the place of those that the web trusts.
    pub ca: Option<PathBuf>,
    /// The certificate to show to a hub that asks for one, in PEM.
    pub client_cert: Option<PathBuf>,
    /// Its key in PEM; readable by its owner only.
    pub client_key: Option<PathBuf>,
}

impl Profile {
    /// The same with paths that are relative to this folder.
    fn beside(self, folder: &Path) -> Self {
        let beside = |path: Option<PathBuf>| path.map(|path| folder.join(path));
        let Self { endpoint, org, app, insecure, .. } = self;
        Self {
            endpoint,
            org,
            app,
            insecure,
            api_key_file: beside(self.api_key_file),
            auth_token_file: beside(self.auth_token_file),
            views: beside(self.views),
            replies: beside(self.replies),
            ca: beside(self.ca),
            client_cert: beside(self.client_cert),
            client_key: beside(self.client_key),
        }
    }
}

/// The path of the file: `$XDG_CONFIG_HOME/switchboard/config.toml`.
#[must_use]
pub fn path(dirs: &impl etcetera::BaseStrategy) -> PathBuf {
    dirs.config_dir().join("switchboard").join("config.toml")
}

/// Reads the profile of that name, or the default one. `None` if there is no name and either no file
/// or no default in it.
pub fn load(path: &Path, name: Option<&str>) -> Result<Option<Profile>, CliError> {
    // Whoever can change the address of a hub gets the key that goes there.
    private::check(path).map_err(|why| CliError::usage(why.to_string()))?;
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => match name {
            None => return Ok(None),
            Some(name) => {
                return Err(CliError::usage(format!(
                    "there is no profile {name:?}: {} does not exist",
                    path.display()
                )));
            }
        },
        Err(error) => {
            return Err(CliError::usage(format!("cannot read {}: {error}", path.display())));
        }
    };
    read(path, &text, name)
}

/// The same of the text of the file.
pub fn read(path: &Path, text: &str, name: Option<&str>) -> Result<Option<Profile>, CliError> {
    let text = without_mark(text);
    // What TOML says of an error has the line in it, and that may be a key which somebody wrote there.
    let file: ProfilesFile = toml::from_str(text)
        .map_err(|error| CliError::usage(ConfigError::from_toml(path, text, &error).to_string()))?;
    let Some(name) = name.or(file.default.as_deref()) else { return Ok(None) };
    if let Some(profile) = file.profile.get(name) {
        Ok(Some(profile.clone().beside(path.parent().unwrap_or(Path::new("")))))
    } else {
        let known: Vec<_> = file.profile.keys().map(String::as_str).collect();
        let near = match nearest(name, &known) {
            Some(near) => format!("; did you mean {near:?}?"),
            None if known.is_empty() => String::new(),
            None => format!("; it has {}", known.join(", ")),
        };
        Err(CliError::usage(format!("{} has no [profile.{name}]{near}", path.display())))
    }
}

/// An API key or an auth token: from the environment, else from the file that the profile names. Two of
/// them in one place are refused, because nobody could tell which one counts.
pub fn credentials(profile: Option<&Profile>) -> Result<Credentials, CliError> {
    choose(
        (set(KEY_VARIABLE), set(TOKEN_VARIABLE)),
        (
            profile.and_then(|p| p.api_key_file.as_deref()),
            profile.and_then(|p| p.auth_token_file.as_deref()),
        ),
    )
}

/// What a variable holds, unless that is blank.
fn set(variable: &str) -> Option<Secret> {
    let text = env::var(variable).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| Secret::new(text.to_owned()))
}

/// Each pair holds an API key and then an auth token.
fn choose(
    variables: (Option<Secret>, Option<Secret>),
    files: (Option<&Path>, Option<&Path>),
) -> Result<Credentials, CliError> {
    match (variables, files) {
        ((Some(_), Some(_)), _) => Err(CliError::usage(format!(
            "{KEY_VARIABLE} and {TOKEN_VARIABLE} are both set: unset one of them"
        ))),
        ((Some(key), None), _) => Ok(Credentials::ApiKey(key)),
        ((None, Some(token)), _) => Ok(Credentials::AuthToken(token)),
        (_, (Some(_), Some(_))) => Err(CliError::usage(
            "the profile has both an api_key_file and an auth_token_file: keep one of them",
        )),
        (_, (Some(path), None)) => read_key(path).map(Credentials::ApiKey),
        (_, (None, Some(path))) => read_key(path).map(Credentials::AuthToken),
        (_, (None, None)) => Err(CliError::usage(format!(
            "no API key: set {KEY_VARIABLE} (or {TOKEN_VARIABLE}), or name an api_key_file or \
             auth_token_file in a profile (credentials are never taken from the command line)"
        ))),
    }
}

/// Whom to trust and what to show where the endpoint says `https` (R-TLS-5): what is asked for, else what the profile says.
pub fn tls(asked: &ConnectionArgs, profile: Option<&Profile>) -> Result<TlsOptions, CliError> {
    let path = |asked: &Option<PathBuf>, field: fn(&Profile) -> &Option<PathBuf>| {
        asked.clone().or_else(|| field(profile?).clone())
    };
    let ca = path(&asked.ca, |p| &p.ca).map(|path| read_certificate(&path)).transpose()?;
    let cert = path(&asked.client_cert, |p| &p.client_cert);
    let key = path(&asked.client_key, |p| &p.client_key);
    let identity = match (cert, key) {
        (Some(cert), Some(key)) => {
            Some(TlsIdentity { cert: read_certificate(&cert)?, key: read_key(&key)? })
        }
        (None, None) => None,
        (Some(_), None) => {
            return Err(CliError::usage(
                "a client_cert is named without its key: name that with --client-key, or `client_key` in the profile",
            ));
        }
        (None, Some(_)) => {
            return Err(CliError::usage(
                "a client_key is named without its certificate: name that with --client-cert, or `client_cert` in \
                 the profile",
            ));
        }
    };
    Ok(TlsOptions { ca, identity })
}

/// Reads certificates that nobody else can exchange: whoever could would have another hub trusted, and the key goes there.
fn read_certificate(path: &Path) -> Result<String, CliError> {
    private::check(path).map_err(|why| CliError::usage(why.to_string()))?;
    fs::read_to_string(path)
        .map_err(|error| CliError::usage(format!("cannot read {}: {error}", path.display())))
}

/// Reads a key or token from a file that only its owner may read or exchange (R-SECRET-3).
pub fn read_key(path: &Path) -> Result<Secret, CliError> {
    let fail = |why: String| CliError::usage(format!("key file {}: {why}", path.display()));
    let text = private::secret(path).map_err(|why| fail(why.to_string()))?;
    match without_mark(&text).trim() {
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

    #[cfg(unix)]
    fn private(dir: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    #[cfg(unix)]
    #[test]
    fn credentials_come_from_the_environment_first_and_never_from_two_places_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let (key, token) =
            (private(&dir, "key", "file-key\n"), private(&dir, "token", "file-token"));
        let secret = |text: &str| Some(Secret::new(text.into()));
        let shown = |chosen: Result<Credentials, CliError>| match chosen {
            Ok(Credentials::ApiKey(key)) => format!("key {}", key.expose()),
            Ok(Credentials::AuthToken(token)) => format!("token {}", token.expose()),
            Err(failure) => failure.message,
        };
        let files = (Some(key.as_path()), None);
        assert_eq!(shown(choose((None, secret("t")), files)), "token t");
        assert_eq!(shown(choose((secret("k"), None), files)), "key k");
        assert_eq!(shown(choose((None, None), files)), "key file-key");
        assert_eq!(shown(choose((None, None), (None, Some(&token)))), "token file-token");
        assert!(shown(choose((secret("k"), secret("t")), files)).contains("both set"));
        let both = choose((None, None), (Some(&key), Some(&token)));
        assert!(shown(both).contains("keep one of them"));
        assert!(shown(choose((None, None), (None, None))).contains(TOKEN_VARIABLE));
    }

    #[test]
    fn the_default_profile_is_used_unless_one_is_named() {
        let (_dir, path) =
            written("default = 'desk'\n[profile.desk]\norg = 'a'\n[profile.night]\norg = 'b'\n");
        assert_eq!(load(&path, None).unwrap().unwrap().org.as_deref(), Some("a"));
        assert_eq!(load(&path, Some("night")).unwrap().unwrap().org.as_deref(), Some("b"));
    }

    #[test]
    fn files_of_a_profile_are_beside_the_file_that_names_them() {
        let text = "[profile.x]\norg = 'a'\nca = 'tls/ca.pem'\napi_key_file = '/keys/desk'\nviews = 'team.toml'\n";
        let (dir, path) = written(text);
        let profile = load(&path, Some("x")).unwrap().unwrap();
        assert_eq!(profile.ca, Some(dir.path().join("tls/ca.pem")));
        assert_eq!(profile.views, Some(dir.path().join("team.toml")));
        assert_eq!(profile.api_key_file, Some("/keys/desk".into()));
        assert_eq!((profile.org.as_deref(), profile.client_key), (Some("a"), None));
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

    #[cfg(unix)]
    #[test]
    fn the_mark_that_an_editor_puts_before_a_text_is_no_part_of_it() {
        let (_dir, path) = written("\u{feff}default = 'desk'\n[profile.desk]\norg = 'a'\n");
        assert_eq!(load(&path, None).unwrap().unwrap().org.as_deref(), Some("a"));
        let dir = tempfile::tempdir().unwrap();
        let key = private(&dir, "key", "\u{feff}secret-key\r\n");
        assert_eq!(read_key(&key).unwrap().expose(), "secret-key");
    }
}
