//! TLS of the API: certificates that can be renewed while connections go on.
//!
//! A reload reads the files again; if they can't be used the old ones stay in force, and the log says why. How to get it
//! wrong: to take a certificate whose key is another's; rustls is asked before anything is replaced.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use arc_swap::ArcSwap;
use manilad_conf::Settings;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};

/// What was last read from the files of `[ssl]`.
#[derive(Debug)]
pub struct Identity {
    current: ArcSwap<CertifiedKey>,
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

impl Identity {
    /// Reads the files again.
    ///
    /// # Errors
    /// A file that can't be used, by name; the old certificate stays in force.
    pub fn reload(&self, settings: &Settings) -> anyhow::Result<()> {
        self.current.store(Arc::new(configured(settings)?));
        Ok(())
    }
}

/// Makes the TLS of the API, if `osapi_share_use_ssl` asks for it.
///
/// # Errors
/// A file that can't be used, by name.
pub fn of(settings: &Settings) -> anyhow::Result<Option<(ServerConfig, Arc<Identity>)>> {
    if !settings.service.osapi_share_use_ssl {
        return Ok(None);
    }
    let identity = Arc::new(Identity { current: ArcSwap::from_pointee(configured(settings)?) });
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let builder = match &settings.ssl.ca_file {
        None => builder.with_no_client_auth(),
        Some(file) => builder.with_client_cert_verifier(verifier(file)?),
    };
    Ok(Some((builder.with_cert_resolver(identity.clone()), identity)))
}

/// All that is wrong with the files of `[ssl]`.
pub fn problems(settings: &Settings) -> Vec<anyhow::Error> {
    let ssl = &settings.ssl;
    if !settings.service.osapi_share_use_ssl {
        return Vec::new();
    }
    let chain = ssl.cert_file.as_deref().and_then(|file| certificates(file).context("[ssl] cert_file").err());
    let key = ssl.key_file.as_deref().and_then(|file| secret(file).context("[ssl] key_file").err());
    let pair = if chain.is_none() && key.is_none() { configured(settings).err() } else { None };
    let clients = ssl.ca_file.as_deref().and_then(|file| verifier(file).err());
    [chain, key, pair, clients].into_iter().flatten().collect()
}

/// Asks for certificates that the authorities in a file issued.
fn verifier(file: &Path) -> anyhow::Result<Arc<dyn ClientCertVerifier>> {
    let verified = || -> anyhow::Result<_> {
        let verifier = WebPkiClientVerifier::builder_with_provider(roots(file)?, provider());
        verifier.build().with_context(|| shown(file))
    };
    verified().context("[ssl] ca_file")
}

/// The certificate and its key, as the files of `[ssl]` have them.
fn configured(settings: &Settings) -> anyhow::Result<CertifiedKey> {
    let missing = |name: &str| anyhow!("[ssl] {name} is missing: expected a PEM file, since osapi_share_use_ssl is on");
    let chain = settings.ssl.cert_file.as_deref().ok_or_else(|| missing("cert_file"))?;
    let key = settings.ssl.key_file.as_deref().ok_or_else(|| missing("key_file"))?;
    let certificates = certificates(chain).context("[ssl] cert_file")?;
    let secret = secret(key).context("[ssl] key_file")?;
    CertifiedKey::from_der(certificates, secret, &provider())
        .map_err(|problem| anyhow!("[ssl] {} and {} do not fit: {problem}", chain.display(), key.display()))
}

/// A server's TLS from two PEM files, as they are now. Clients may show a certificate that `clients` issued, and need
/// not.
///
/// # Errors
/// A file that can't be used, by name.
pub fn fixed(chain: &Path, key: &Path, clients: Option<&Path>) -> anyhow::Result<ServerConfig> {
    let key = secret(key)?;
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(roots(file)?, provider());
            builder.with_client_cert_verifier(verifier.allow_unauthenticated().build().with_context(|| shown(file))?)
        }
    };
    builder
        .with_single_cert(certificates(chain)?, key)
        .map_err(|problem| anyhow!("the certificate and its key do not fit: {problem}"))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn shown(path: &Path) -> String {
    format!("{} can't be used", path.display())
}

/// The authorities in a PEM file.
fn roots(file: &Path) -> anyhow::Result<Arc<RootCertStore>> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).with_context(|| shown(file))?;
    }
    Ok(Arc::new(roots))
}

fn certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).with_context(|| shown(path))?.collect();
    let found = read.with_context(|| shown(path))?;
    if found.is_empty() {
        Err(anyhow!("{}: expected a certificate in PEM, found none", shown(path)))
    } else {
        Ok(found)
    }
}

fn secret(path: &Path) -> anyhow::Result<PrivateKeyDer<'static>> {
    match PrivateKeyDer::from_pem_file(path) {
        Err(pem::Error::NoItemsFound) => Err(anyhow!("{}: expected a private key in PEM, found none", shown(path))),
        read => read.with_context(|| shown(path)),
    }
}
