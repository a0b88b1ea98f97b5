//! Which certificate is served where. Known from the settings, and read again whenever they may have been renewed.

use std::path::PathBuf;

use klatch_protocol::fingerprint::Fingerprint;
use tokio_rustls::TlsAcceptor;

use super::{Settings, Storage};
use crate::tls::{Identity, Tls, TlsError};

/// Where the certificates of a server are.
#[derive(Debug, Clone)]
pub(super) struct Certificates {
    usual: Identity,
    /// Of each endpoint, where it has its own.
    own: Vec<Option<Identity>>,
    /// The server's name, for a certificate that has to be made.
    name: String,
}

/// Certificates ready for use.
pub(super) struct Served {
    /// Of the usual certificate.
    pub(super) fingerprint: Fingerprint,
    /// One for each endpoint, in the order of the settings.
    pub(super) acceptors: Vec<TlsAcceptor>,
}

impl Certificates {
    /// Those that `settings` name, else one of our own.
    pub(super) fn of(settings: &Settings) -> Self {
        let files = |(certificate, key): &(PathBuf, PathBuf)| Identity::Files {
            certificate: certificate.clone(),
            key: key.clone(),
        };
        let usual = match (&settings.certificate, &settings.storage) {
            (Some(given), _) => files(given),
            (None, Storage::Folder(path)) => Identity::Own(path.clone()),
            (None, Storage::Ephemeral) => Identity::Fleeting,
        };
        let own = settings.listen.iter().map(|endpoint| endpoint.certificate.as_ref().map(files)).collect();
        Certificates { usual, own, name: settings.policy.server_name.clone() }
    }

    /// Reads them all. Blocks.
    pub(super) fn read(&self) -> Result<Served, TlsError> {
        let usual = Tls::new(&self.usual, &self.name)?;
        let acceptors = self.own.iter().map(|own| match own {
            Some(identity) => Tls::new(identity, &self.name).map(|tls| tls.acceptor),
            None => Ok(usual.acceptor.clone()),
        });
        Ok(Served { acceptors: acceptors.collect::<Result<_, _>>()?, fingerprint: usual.fingerprint })
    }
}
