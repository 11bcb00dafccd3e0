//! The certificate that the page is served with beyond this host: made once, kept, and signed by nobody else.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    net::IpAddr,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum_server::tls_rustls::RustlsConfig;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use sha2::{Digest, Sha256};

use super::ViewError;

/// The files of certificate and key in their folder.
const FILES: [&str; 2] = ["view-certificate.pem", "view-key.pem"];

/// The subject, which a browser shows in its warning.
const NAME: &str = "cellwarden van";
/// How long a certificate is valid: five years.
const VALIDITY: Duration = Duration::from_secs(5 * 365 * 86_400);
/// How long before it is made: the clock of the tablet may be behind.
const EARLIER: Duration = Duration::from_secs(86_400);

/// The configuration with the certificate of a folder, made where there is none, for an address; and the certificate's
/// SHA-256 in pairs of digits, as browsers show it.
///
/// # Errors
/// [`ViewError::Certificate`] where it cannot be made, kept or read.
pub fn config(folder: &Path, address: IpAddr) -> Result<(RustlsConfig, String), ViewError> {
    let [certificate, key] = FILES.map(|name| folder.join(name));
    let failed =
        |path: &Path, what: &dyn ToString| ViewError::Certificate { path: path.to_owned(), what: what.to_string() };
    if !certificate.exists() || !key.exists() {
        let names = vec![address.to_string(), "localhost".to_owned()];
        let mut params = CertificateParams::new(names).map_err(|error| failed(&certificate, &error))?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, NAME);
        let now = SystemTime::now();
        (params.not_before, params.not_after) = ((now - EARLIER).into(), (now + VALIDITY).into());
        let pair = KeyPair::generate().map_err(|error| failed(&key, &error))?;
        let made = params.self_signed(&pair).map_err(|error| failed(&certificate, &error))?;
        fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        write_private(&key, &pair.serialize_pem()).map_err(|error| failed(&key, &error))?;
        fs::write(&certificate, made.pem()).map_err(|error| failed(&certificate, &error))?;
    }
    let own = CertificateDer::from_pem_file(&certificate).map_err(|error| failed(&certificate, &error))?;
    let private = PrivateKeyDer::from_pem_file(&key).map_err(|error| failed(&key, &error))?;
    let digest = hex::encode_upper(Sha256::digest(&own));
    let pairs: Vec<&str> = (0..digest.len()).step_by(2).map(|at| &digest[at..at + 2]).collect();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&certificate, &error))?
        .with_no_client_auth()
        .with_single_cert(vec![own], private)
        .map_err(|error| failed(&certificate, &error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((RustlsConfig::from_config(Arc::new(config)), pairs.join(":")))
}

/// Writes a file that only its owner reads.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_certificate_is_made_once_and_its_key_is_private() {
        let folder = tempfile::tempdir().expect("a folder");
        let address = IpAddr::from([192, 168, 1, 4]);
        let (_, first) = config(folder.path(), address).expect("made");
        assert_eq!((first.len(), first.matches(':').count()), (95, 31));
        let der = CertificateDer::from_pem_file(folder.path().join(FILES[0])).expect("a certificate");
        let holds = |text: &[u8]| der.windows(text.len()).any(|window| window == text);
        assert!(holds(NAME.as_bytes()) && !holds(b"rcgen"));
        // From year 2050 on, and before 1950, a certificate's times are no UTCTime (tag 0x17, 13 characters).
        assert_eq!(der.windows(2).filter(|window| *window == [0x17, 13]).count(), 2, "both times are near");
        let key = fs::metadata(folder.path().join(FILES[1])).expect("kept");
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
        assert_eq!(config(folder.path(), address).expect("read").1, first);
        fs::write(folder.path().join(FILES[0]), "no certificate").expect("written");
        let error = config(folder.path(), address).expect_err("no certificate");
        assert!(error.to_string().contains(FILES[0]), "{error}");
    }
}
