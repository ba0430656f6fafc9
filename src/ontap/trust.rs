//! Which certificate of an array is believed, and which of ours is shown.
//!
//! Arrays come with a certificate they signed themselves and marked as an authority, which strict checkers refuse as a server's.
//! So a certificate that the operator gave us by file is believed as such, byte for byte; all others must lead to a root. How to
//! get it wrong: believing any certificate *signed by* a trusted one without checking its name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use secrecy::{ExposeSecret, SecretSlice};

/// The largest certificate file that is read, and the most files of a directory.
const LARGEST: (u64, usize) = (4 << 20, 1024);

/// Whom to believe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// The roots of the operating system.
    System,
    /// The certificates in this PEM file, or in the files of this directory, and nobody else.
    Only(PathBuf),
    /// Whoever answers. The connection is private, but nobody knows with whom.
    Anyone,
}

/// The client certificate to log in with: PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What is wrong with the certificates that are to be trusted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("can't read {path}: {why}")]
    Unreadable { path: PathBuf, why: std::io::Error },
    #[error("{path}: expected {expected} in PEM, found none that can be read")]
    NotPem { path: PathBuf, expected: &'static str },
    #[error("the operating system has no root certificates: name a file of your own")]
    NoRoots,
    #[error("TLS can't be set up: {0}")]
    Tls(String),
}

impl From<rustls::Error> for Error {
    fn from(why: rustls::Error) -> Self {
        Error::Tls(why.to_string())
    }
}

/// The TLS side of a connection to an array.
pub(crate) fn config(trust: &Trust, identity: Option<&Identity>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier(trust, provider)?));
    match identity {
        None => Ok(builder.with_no_client_auth()),
        Some(identity) => {
            let chain = certificates(&identity.certificate)?;
            Ok(builder.with_client_auth_cert(chain, private_key(&identity.key)?)?)
        }
    }
}

fn verifier(trust: &Trust, provider: Arc<CryptoProvider>) -> Result<Verifier, Error> {
    let (trusted, root) = match trust {
        Trust::Anyone => (Vec::new(), None),
        Trust::System => {
            let found = rustls_native_certs::load_native_certs().certs;
            (Vec::new(), Some(to_root(found, provider.clone())?.ok_or(Error::NoRoots)?))
        }
        Trust::Only(path) => {
            let trusted = if path.is_dir() { directory(path)? } else { certificates(path)? };
            (trusted.clone(), to_root(trusted, provider.clone())?)
        }
    };
    Ok(Verifier { anyone: *trust == Trust::Anyone, trusted, root, provider })
}

/// A verifier of chains to one of `certificates`; none when none of them can be a root.
fn to_root(
    certificates: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Option<Arc<WebPkiServerVerifier>>, Error> {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        return Ok(None);
    }
    let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    built.map(Some).map_err(|why| Error::Tls(why.to_string()))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |why| Error::Unreadable { path: path.to_owned(), why };
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if length > LARGEST.0 {
        return Err(failed(std::io::Error::other(format!("{length} bytes: expected at most {}", LARGEST.0))));
    }
    std::fs::read(path).map_err(failed)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let pem = read(path)?;
    let found = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>().unwrap_or_default();
    if found.is_empty() {
        return Err(Error::NotPem { path: path.to_owned(), expected: "a certificate" });
    }
    Ok(found)
}

/// The certificates of every file in a directory (as `c_rehash` makes them); files without any are passed over.
fn directory(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let entries = std::fs::read_dir(path).map_err(|why| Error::Unreadable { path: path.to_owned(), why })?;
    let files = entries.flatten().map(|entry| entry.path()).filter(|file| file.is_file()).take(LARGEST.1);
    let found: Vec<_> = files.filter_map(|file| certificates(&file).ok()).flatten().collect();
    if found.is_empty() {
        return Err(Error::NotPem { path: path.to_owned(), expected: "files with a certificate" });
    }
    Ok(found)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    let pem = SecretSlice::from(read(path)?);
    let key = PrivateKeyDer::from_pem_slice(pem.expose_secret());
    key.map_err(|_| Error::NotPem { path: path.to_owned(), expected: "a private key without a passphrase" })
}

/// Believes anyone, or the trusted certificates themselves and what leads to a root. Either way the other side must hold the key
/// of the certificate it shows.
#[derive(Debug)]
struct Verifier {
    anyone: bool,
    trusted: Vec<CertificateDer<'static>>,
    root: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.anyone || self.trusted.iter().any(|trusted| trusted.as_ref() == end_entity.as_ref()) {
            return Ok(ServerCertVerified::assertion());
        }
        match &self.root {
            Some(root) => root.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
            None => Err(rustls::CertificateError::UnknownIssuer.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
