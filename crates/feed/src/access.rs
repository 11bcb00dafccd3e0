//! What a receiver asks of us, and what we ask of it: tokens, passwords, certificates.
//!
//! A TOML file with a table for each origin, so that no secret stands on a command line and none goes to another
//! receiver than its own:
//!
//! ```toml
//! ["https://registry.example"]
//! token-file = "/etc/cellwarden/registry.token"
//! ca = "/etc/cellwarden/ca.pem"
//! ["mqtts://broker.example:8883"]
//! user = "van-3"
//! password-env = "BROKER_PASSWORD"
//! ```

use std::{collections::BTreeMap, env, fmt, fs, path::PathBuf};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use serde::Deserialize;

use super::{FeedError, FeedUrl, Protocol};

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct AccessFile {
    origins: BTreeMap<String, Entry>,
}

/// The table of one origin.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    token_file: Option<PathBuf>,
    token_env: Option<String>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    password_env: Option<String>,
    ca: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    proxy: Option<String>,
}

/// A secret: it is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// What is used with one receiver.
#[derive(Debug, Default)]
pub struct Access {
    /// Bearer token, for HTTP.
    pub token: Option<Secret>,
    /// User and password, for MQTT.
    pub login: Option<(String, Secret)>,
    /// The authorities that are trusted instead of the public ones.
    pub ca: Vec<CertificateDer<'static>>,
    /// Who we are.
    pub identity: Option<Identity>,
    /// Proxy for HTTP; without one, that of the environment.
    pub proxy: Option<String>,
}

/// A client's certificates and their key.
#[derive(Debug)]
pub struct Identity {
    /// The certificates, ours first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key.
    pub key: PrivateKeyDer<'static>,
    /// The same as the file has it.
    pub key_pem: Vec<u8>,
}

impl Secret {
    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("secret")
    }
}

impl AccessFile {
    /// Reads the file's text.
    ///
    /// # Errors
    /// Where and what is wrong in it.
    pub fn parse(text: &str) -> Result<Self, FeedError> {
        toml::from_str(text).map_err(|error| FeedError::Access(error.to_string()))
    }

    /// Reads what the file names for a receiver.
    ///
    /// # Errors
    /// What cannot be read, or would be sent where others can read it.
    pub fn of(&self, url: &FeedUrl) -> Result<Access, FeedError> {
        let Some(entry) = self.origins.get(url.origin()) else { return Ok(Access::default()) };
        let wrong = |what: &str| Err(FeedError::Access(format!("[{:?}]: {what}", url.origin())));
        let token = secret(entry.token_file.as_ref(), entry.token_env.as_deref())?;
        let password = secret(entry.password_file.as_ref(), entry.password_env.as_deref())?;
        let login = match (&entry.user, password) {
            (Some(user), Some(password)) => Some((user.clone(), password)),
            (None, None) => None,
            _ => return wrong("user and password go together"),
        };
        let is_http = matches!(url.protocol(), Protocol::Http { .. });
        if is_http && login.is_some() || !is_http && (token.is_some() || entry.proxy.is_some()) {
            return wrong("token and proxy are for https://, user and password for mqtts://");
        }
        if url.is_open() && login.is_some() {
            return wrong("a password over mqtt:// can be read on the way; use mqtts://");
        }
        let ca = entry.ca.as_ref().map(certificates).transpose()?.unwrap_or_default();
        let identity = match (&entry.certificate, &entry.key) {
            (Some(certificate), Some(key)) => Some(identity(certificate, key)?),
            (None, None) => None,
            _ => return wrong("certificate and key go together"),
        };
        Ok(Access { token, login, ca, identity, proxy: entry.proxy.clone() })
    }
}

fn secret(file: Option<&PathBuf>, variable: Option<&str>) -> Result<Option<Secret>, FeedError> {
    let text = match (file, variable) {
        (None, None) => return Ok(None),
        (Some(path), None) => {
            fs::read_to_string(path).map_err(|error| FeedError::File { path: path.clone(), what: error.to_string() })?
        }
        (None, Some(name)) => {
            env::var(name).map_err(|_| FeedError::Access(format!("the environment has no {name}")))?
        }
        (Some(_), Some(_)) => {
            return Err(FeedError::Access("a secret comes from a file or from the environment".to_owned()));
        }
    };
    let text = text.trim();
    if text.is_empty() || text.contains(|c: char| c.is_control()) {
        return Err(FeedError::Access("a secret is one line of text".to_owned()));
    }
    Ok(Some(Secret(text.to_owned())))
}

fn certificates(path: &PathBuf) -> Result<Vec<CertificateDer<'static>>, FeedError> {
    let wrong = |what: String| FeedError::File { path: path.clone(), what };
    let read = CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
    let list = read.collect::<Result<Vec<_>, _>>().map_err(|error| wrong(error.to_string()))?;
    if list.is_empty() { Err(wrong("no certificate in it".to_owned())) } else { Ok(list) }
}

fn identity(certificate: &PathBuf, key: &PathBuf) -> Result<Identity, FeedError> {
    let wrong = |what: String| FeedError::File { path: key.clone(), what };
    let key_pem = fs::read(key).map_err(|error| wrong(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(&key_pem).map_err(|error| wrong(error.to_string()))?;
    Ok(Identity { chain: certificates(certificate)?, key, key_pem })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(text: &str, url: &str) -> Result<Access, String> {
        let file = AccessFile::parse(text).map_err(|error| error.to_string())?;
        file.of(&url.parse().expect("an address")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_secret_goes_to_its_own_origin_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("token");
        fs::write(&file, "s3cret\n").expect("written");
        let text = format!("[\"https://a.example\"]\ntoken-file = {file:?}\n");
        let token = |url| access(&text, url).expect("good").token;
        let own = token("https://a.example/events").expect("a token");
        assert_eq!((own.reveal(), format!("{own:?}").as_str()), ("s3cret", "secret"));
        for other in ["https://b.example/", "https://a.example:8443/", "https://a.example.b.example/"] {
            assert_eq!(token(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_half_or_misplaced_is_refused() {
        for (text, url, why) in [
            ("[\"https://a\"]\ntokne = 1", "https://a/", "tokne"),
            ("[\"https://a\"]\ntoken-file = \"/nonexistent\"", "https://a/", "/nonexistent"),
            ("[\"https://a\"]\ntoken-env = \"CELLWARDEN_NOT_SET\"", "https://a/", "CELLWARDEN_NOT_SET"),
            ("[\"https://a\"]\ncertificate = \"/c.pem\"", "https://a/", "go together"),
            ("[\"https://a\"]\nuser = \"u\"", "https://a/", "go together"),
            ("[\"https://a\"]\nuser = \"u\"\npassword-env = \"PATH\"", "https://a/", "mqtts://"),
            ("[\"mqtts://a\"]\ntoken-env = \"PATH\"", "mqtts://a/t", "https://"),
            ("[\"mqtt://a\"]\nuser = \"u\"\npassword-env = \"PATH\"", "mqtt://a/t", "read on the way"),
            ("[\"https://a\"]\nca = \"/dev/null\"", "https://a/", "no certificate"),
        ] {
            let error = access(text, url).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
