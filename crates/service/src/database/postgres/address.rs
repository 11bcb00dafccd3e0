//! Where the server is, and how far its connection is protected: `sslmode` and `sslrootcert` of the address mean what they
//! mean to PostgreSQL's own programs.

use std::{path::Path, sync::Arc, time::Duration};

use postgres::{Client, Config, config::SslMode};
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::DatabaseError;

/// How long what was sent may stay unacknowledged until the connection is taken for broken.
const TCP_PATIENCE: Duration = Duration::from_secs(15);

/// How long the server may take to let us in.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a server is.
#[derive(Clone)]
pub struct PostgresAddress {
    config: Config,
    tls: MakeRustlsConnect,
}

impl PostgresAddress {
    /// The address of a text like `postgres://USER@HOST/NAME?sslmode=verify-full&sslrootcert=ca.pem`. `disable` is no
    /// TLS; `prefer`, which goes without saying, is TLS where the server has it; `require` is TLS with any server, which
    /// keeps out who only listens; `verify-full` is TLS with the server that the address names, by the certificates of
    /// the file or those that browsers trust.
    ///
    /// # Errors
    /// Where it is no address, or the file has no certificates.
    pub fn new(text: &str, password: Option<&str>) -> Result<Self, DatabaseError> {
        let wrong = |what: &str| DatabaseError::Failed(what.to_owned());
        let (start, query) = text.split_once('?').unwrap_or((text, ""));
        let (mut mode, mut roots, mut others) = ("prefer", None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = value,
                Some(("sslrootcert", value)) => {
                    roots = Some(decoded(value).ok_or_else(|| wrong("sslrootcert: a file is expected"))?)
                }
                _ => others.push(pair),
            }
        }
        let (mode, is_verified) = match mode {
            "disable" => (SslMode::Disable, false),
            "prefer" => (SslMode::Prefer, false),
            "require" => (SslMode::Require, false),
            "verify-full" => (SslMode::Require, true),
            _ => return Err(wrong("sslmode: disable, prefer, require or verify-full is expected")),
        };
        if roots.is_some() && !is_verified {
            return Err(wrong("sslrootcert goes with sslmode=verify-full"));
        }
        let mut config: Config = format!("{start}?{}", others.join("&")).parse()?;
        config.ssl_mode(mode).connect_timeout(PATIENCE).keepalives_idle(Duration::from_secs(30));
        config.keepalives_interval(Duration::from_secs(10)).keepalives_retries(3).tcp_user_timeout(TCP_PATIENCE);
        config.application_name("cellwarden");
        if let Some(password) = password.filter(|_| config.get_password().is_none()) {
            config.password(password);
        }
        let tls = tls_config(is_verified.then_some(roots.as_deref().map(Path::new)))?;
        Ok(Self { config, tls: MakeRustlsConnect::new(tls) })
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        self.config.get_dbname().unwrap_or("of the user")
    }

    /// A new connection.
    pub(super) fn connect(&self) -> Result<Client, postgres::Error> {
        let mut client = self.config.connect(self.tls.clone())?;
        // Machine code for a page's query takes longer to make (109 of 131 ms) than it saves.
        client.batch_execute("SET jit = off; SET statement_timeout = '30s'; SET lock_timeout = '15s'")?;
        Ok(client)
    }
}

/// A part of an address, with `%` and two hexadecimal digits for what cannot stand there.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            bytes.extend(hex::decode(after.get(..2)?).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

/// TLS with the server that a certificate of these roots names, or with any where no roots are asked for.
fn tls_config(roots: Option<Option<&Path>>) -> Result<ClientConfig, DatabaseError> {
    let failed = |what: String| DatabaseError::Failed(what);
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let config = config.map_err(|error| failed(error.to_string()))?;
    let config = match roots {
        None => config.dangerous().with_custom_certificate_verifier(Arc::new(AnyServer(provider))),
        Some(file) => config.with_root_certificates(root_store(file)?),
    };
    Ok(config.with_no_client_auth())
}

fn root_store(file: Option<&Path>) -> Result<RootCertStore, DatabaseError> {
    let Some(file) = file else {
        return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    };
    let wrong = |what: &dyn ToString| DatabaseError::Failed(format!("{}: {}", file.display(), what.to_string()));
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))? {
        let certificate = certificate.map_err(|error| wrong(&error))?;
        store.add(certificate).map_err(|error| wrong(&error))?;
    }
    if store.is_empty() { Err(wrong(&"no certificate in it")) } else { Ok(store) }
}

/// Takes every certificate whose key the server holds.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(query: &str) -> Option<String> {
        PostgresAddress::new(&format!("postgres://user@host/name{query}"), None).err().map(|error| error.to_string())
    }

    #[test]
    fn the_words_of_an_address_are_those_of_postgresql() {
        for (query, mode) in [
            ("", SslMode::Prefer),
            ("?sslmode=disable", SslMode::Disable),
            ("?sslmode=prefer&connect_timeout=3", SslMode::Prefer),
            ("?sslmode=require", SslMode::Require),
            ("?target_session_attrs=read-write&sslmode=verify-full", SslMode::Require),
        ] {
            let address = PostgresAddress::new(&format!("postgres://user@host/name{query}"), Some("s3cret"));
            let config = address.expect(query).config;
            assert_eq!((config.get_ssl_mode(), config.get_dbname()), (mode, Some("name")), "{query}");
            assert_eq!(config.get_password(), Some(&b"s3cret"[..]));
        }
        for (query, word) in [
            ("?sslmode=verify-ca", "verify-full is expected"),
            ("?sslmode=", "verify-full is expected"),
            ("?sslrootcert=ca.pem", "goes with sslmode=verify-full"),
            ("?sslmode=require&sslrootcert=ca.pem", "goes with sslmode=verify-full"),
            ("?sslmode=verify-full&sslrootcert=%2", "a file is expected"),
            ("?sslmode=verify-full&sslrootcert=/nonexistent%20ca.pem", "/nonexistent ca.pem"),
            ("?unknown=1", "unknown"),
        ] {
            assert!(refused(query).is_some_and(|error| error.contains(word)), "{query}: {:?}", refused(query));
        }
    }
}
