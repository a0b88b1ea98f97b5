//! The server's certificate and how it is used: TLS 1.3 and 1.2, nothing older.
//!
//! Without a certificate of the operator's own, one is made and signed by itself on the first start. People trust it by
//! its fingerprint, so it must stay the same: it is kept in the data directory and never expires in practice.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use klatch_protocol::fingerprint::Fingerprint;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    version::{TLS12, TLS13},
};
use tokio_rustls::TlsAcceptor;

use crate::files::write_private;

/// Where the certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// The operator's own, as PEM files: the chain, the server's certificate first, and its key.
    Files {
        /// The certificates.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
    },
    /// Made by ourselves in this folder, if it is not there yet.
    Own(PathBuf),
    /// Made by ourselves for this run only.
    Fleeting,
}

/// Why there is no TLS. Displays as one line with what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read as what it should be.
    #[error("cannot read {what} from {path}: {detail}; check that it is a PEM file this user may read")]
    File {
        /// Certificate or key.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// Certificate and key are not usable, alone or together.
    #[error("the TLS certificate cannot be used: {0}; check that certificate and key belong together")]
    Unusable(rustls::Error),
    /// The self-signed certificate cannot be made.
    #[error("a TLS certificate cannot be made: {0}")]
    Make(rcgen::Error),
    /// The self-signed certificate cannot be kept.
    #[error("cannot write {path}: {source}; check that the data directory can be written and the disk is not full")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The server's side of TLS, with the fingerprint people compare.
pub struct Tls {
    /// Shakes hands.
    pub acceptor: TlsAcceptor,
    /// Of the certificate in use.
    pub fingerprint: Fingerprint,
}

impl Tls {
    /// Reads or makes the certificate. `name` is the server's name, which goes into one that is made.
    ///
    /// # Errors
    /// [`TlsError`] says which file and why.
    pub fn new(identity: &Identity, name: &str) -> Result<Self, TlsError> {
        let (chain, key) = match identity {
            Identity::Files { certificate, key } => (read_chain(certificate)?, read_key(key)?),
            Identity::Own(folder) => own(folder, name)?,
            Identity::Fleeting => {
                let made = make(name)?;
                (vec![made.cert.der().clone()], PrivateKeyDer::from(made.signing_key))
            }
        };
        Self::with(chain, key)
    }

    fn with(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, TlsError> {
        let leaf = chain.first().ok_or(TlsError::Unusable(rustls::Error::NoCertificatesPresented))?;
        let fingerprint = Fingerprint::of(leaf);
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
            .map_err(TlsError::Unusable)?;
        Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), fingerprint })
    }
}

/// The certificate of `folder`, made now if there is none.
fn own(folder: &Path, name: &str) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
    let (certificate, key) = (folder.join("tls-certificate.pem"), folder.join("tls-key.pem"));
    // The certificate is written last, so where it is there is its key as well.
    if !certificate.exists() {
        let made = make(name)?;
        write_secret(&key, &made.signing_key.serialize_pem())?;
        write_secret(&certificate, &made.cert.pem())?;
    }
    Ok((read_chain(&certificate)?, read_key(&key)?))
}

fn make(name: &str) -> Result<rcgen::CertifiedKey<rcgen::KeyPair>, TlsError> {
    let mut names = vec!["localhost".to_owned()];
    if name != "localhost" {
        names.insert(0, name.to_owned());
    }
    let mut params = rcgen::CertificateParams::new(names).map_err(TlsError::Make)?;
    // Clients show the subject when they ask whether to trust it.
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    let signing_key = rcgen::KeyPair::generate().map_err(TlsError::Make)?;
    let cert = params.self_signed(&signing_key).map_err(TlsError::Make)?;
    Ok(rcgen::CertifiedKey { cert, signing_key })
}

fn write_secret(path: &Path, text: &str) -> Result<(), TlsError> {
    write_private(path, text).map_err(|source| TlsError::Write { path: path.to_owned(), source })
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let fault = |detail: String| TlsError::File { what: "a certificate", path: path.to_owned(), detail };
    let chain: Vec<_> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|error| fault(pem_detail(&error)))?;
    if chain.is_empty() {
        return Err(fault("it holds none".into()));
    }
    Ok(chain)
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let fault = |detail: String| TlsError::File { what: "a private key", path: path.to_owned(), detail };
    PrivateKeyDer::from_pem_file(path).map_err(|error| fault(pem_detail(&error)))
}

fn pem_detail(error: &rustls::pki_types::pem::Error) -> String {
    match error {
        rustls::pki_types::pem::Error::Io(error) => error.to_string(),
        rustls::pki_types::pem::Error::NoItemsFound => "it holds none".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_today_stays_secret_from_tomorrows_computers() {
        let first = aws_lc_rs::default_provider().kx_groups[0].name();
        assert_eq!(first, rustls::NamedGroup::X25519MLKEM768);
    }

    #[test]
    fn an_own_certificate_stays_the_same_and_its_key_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::Own(folder.path().to_owned());
        let first = Tls::new(&identity, "chat.example").unwrap().fingerprint;
        assert_eq!(Tls::new(&identity, "other.example").unwrap().fingerprint, first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = folder.path().join("tls-key.pem").metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let files = Identity::Files {
            certificate: folder.path().join("tls-certificate.pem"),
            key: folder.path().join("tls-key.pem"),
        };
        assert_eq!(Tls::new(&files, "x").unwrap().fingerprint, first);
    }

    #[test]
    fn what_is_wrong_with_files_is_one_line() {
        let folder = tempfile::tempdir().unwrap();
        Tls::new(&Identity::Own(folder.path().to_owned()), "chat.example").unwrap();
        let (certificate, key) = (folder.path().join("tls-certificate.pem"), folder.path().join("tls-key.pem"));
        let missing = folder.path().join("missing.pem");
        let others = tempfile::tempdir().unwrap();
        Tls::new(&Identity::Own(others.path().to_owned()), "chat.example").unwrap();
        for (certificate, key) in [
            (missing.clone(), key.clone()),
            (certificate.clone(), missing),
            (key.clone(), key.clone()),
            (certificate.clone(), certificate.clone()),
            (certificate, others.path().join("tls-key.pem")),
        ] {
            let error = Tls::new(&Identity::Files { certificate, key }, "x").err().unwrap().to_string();
            assert!(error.contains("check that") && !error.contains('\n'), "{error}");
        }
    }
}
