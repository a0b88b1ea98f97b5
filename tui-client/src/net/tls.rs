//! Which certificate is good enough: one that the system's roots vouch for, or the very one that the user trusted.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use klatch_protocol::Fingerprint;
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{self, CryptoProvider},
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};

use super::{NetEvent, NetFailure, Target};

/// The one place that names the provider of cryptography.
static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(crypto::aws_lc_rs::default_provider()));

/// The system's roots, read once; `None` where there are none, as on small machines.
static SYSTEM: LazyLock<Option<Verifier>> = LazyLock::new(|| Verifier::new(PROVIDER.clone()).ok());

/// Makes the link secure. An error is the event that ends the attempt; nothing of ours has been sent then.
pub(super) async fn secure(
    tcp: TcpStream,
    target: &Target,
    known: Option<Fingerprint>,
) -> Result<TlsStream<TcpStream>, NetEvent> {
    if known.is_none() {
        // The roots are read from many files; nobody should have to wait for that on the runtime's threads.
        let _ = tokio::task::spawn_blocking(|| SYSTEM.is_some()).await;
    }
    let name = ServerName::try_from(target.host.clone())
        .map_err(|_| NetEvent::Failed(NetFailure::NotFound { host: target.host.clone() }))?;
    let verifier = Arc::new(TrustVerifier { known, stranger: Mutex::new(None) });
    let config = ClientConfig::builder_with_provider(PROVIDER.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier.clone())
        .with_no_client_auth();
    let secured = TlsConnector::from(Arc::new(config)).connect(name, tcp).await;
    secured.map_err(|error| {
        let stranger = *verifier.stranger.lock().unwrap_or_else(PoisonError::into_inner);
        match (stranger, known) {
            (Some(seen), Some(known)) => NetEvent::ChangedKey { known, seen },
            (Some(seen), None) => NetEvent::UnknownKey { seen },
            (None, _) => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(rustls::Error::InvalidMessage(_)) => NetEvent::Failed(NetFailure::NotTls { port: target.port }),
                Some(inner) => failed(inner),
                // Servers without TLS hang up on what they do not understand.
                None => NetEvent::Failed(NetFailure::NotTls { port: target.port }),
            },
        }
    })
}

fn failed(error: &rustls::Error) -> NetEvent {
    NetEvent::Failed(NetFailure::Tls { why: error.to_string() })
}

/// Accepts the known certificate, or one that the system vouches for; remembers any other.
#[derive(Debug)]
struct TrustVerifier {
    known: Option<Fingerprint>,
    /// The certificate that was refused.
    stranger: Mutex<Option<Fingerprint>>,
}

impl ServerCertVerifier for TrustVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let seen = Fingerprint::of(end_entity);
        if self.known == Some(seen) {
            return Ok(ServerCertVerified::assertion());
        }
        let vouched = SYSTEM.as_ref().is_some_and(|system| {
            system.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).is_ok()
        });
        if vouched {
            return Ok(ServerCertVerified::assertion());
        }
        *self.stranger.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls12_signature(message, cert, dss, &PROVIDER.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls13_signature(message, cert, dss, &PROVIDER.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        PROVIDER.signature_verification_algorithms.supported_schemes()
    }
}
