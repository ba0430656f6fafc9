use std::path::{Path, PathBuf};
use std::sync::Arc;

use manilad_clock::Clock;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use tokio_rustls::TlsAcceptor;

use super::wire::{Manner, NOTHING, Server, get};
use crate::{Address, Broken, ClientCertificate, Http, Reply, Sent, Tls, Transport, Trust, http};

/// Files that go with the test.
struct Files(PathBuf);

impl Files {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("manilad-ontap-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Files(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for `name` signed by `authority`, and its key.
fn issued(authority: &Issuer, name: &str) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (params.signed_by(&key, authority).unwrap(), key)
}

/// As arrays come: signed by itself, marked as an authority, naming no address.
fn as_shipped() -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["cl1".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    (params.self_signed(&key).unwrap(), key)
}

fn acceptor((certificate, key): &(rcgen::Certificate, KeyPair), clients: Option<&Issuer>) -> TlsAcceptor {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(authority.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap()).into()
}

async fn ask(server: &Server, trust: Trust, identity: Option<ClientCertificate>) -> Result<Reply, Broken> {
    let clock = Clock::system();
    let tls = Some(Tls { trust, identity });
    let address = Address { port: Some(server.port), tls, ..Address::of("127.0.0.1") };
    Http::new(clock.clone(), &address).unwrap().call(get(&clock)).await
}

#[tokio::test]
async fn a_certificate_must_lead_to_a_given_root_and_name_the_host() {
    let files = Files::new("roots");
    let (ours, other) = (authority(), authority());
    let trust = Trust::Only(files.write("ca.pem", &ours.pem()));
    let good = Server::start(Manner::Answer(NOTHING), Some(acceptor(&issued(&ours, "127.0.0.1"), None))).await;
    assert_eq!(ask(&good, trust.clone(), None).await.unwrap().status, 200);
    for bad in [issued(&other, "127.0.0.1"), issued(&ours, "elsewhere.example")] {
        let bad = Server::start(Manner::Answer(NOTHING), Some(acceptor(&bad, None))).await;
        let broken = ask(&bad, trust.clone(), None).await.unwrap_err();
        assert_eq!(broken.sent, Sent::No, "nothing is sent to whom we do not believe");
        assert!(broken.why.contains("certificate"), "{}", broken.why);
    }
    let directory = Trust::Only(files.0.clone());
    assert_eq!(ask(&good, directory, None).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_certificate_an_array_comes_with_is_believed_when_it_was_given() {
    let files = Files::new("shipped");
    let shipped = as_shipped();
    let server = Server::start(Manner::Answer(NOTHING), Some(acceptor(&shipped, None))).await;
    let trust = Trust::Only(files.write("array.pem", &shipped.0.pem()));
    assert_eq!(ask(&server, trust, None).await.unwrap().status, 200);
    let another = Trust::Only(files.write("another.pem", &as_shipped().0.pem()));
    assert_eq!(ask(&server, another, None).await.unwrap_err().sent, Sent::No);
    assert_eq!(ask(&server, Trust::Anyone, None).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_client_certificate_logs_in() {
    let files = Files::new("client");
    let authority = authority();
    let shipped = as_shipped();
    let server = Server::start(Manner::Answer(NOTHING), Some(acceptor(&shipped, Some(&authority)))).await;
    let (certificate, key) = issued(&authority, "manilad");
    let identity = ClientCertificate {
        certificate: files.write("client.pem", &certificate.pem()),
        key: files.write("client.key", &key.serialize_pem()),
    };
    assert_eq!(ask(&server, Trust::Anyone, Some(identity)).await.unwrap().status, 200);
    assert!(ask(&server, Trust::Anyone, None).await.is_err());
}

#[test]
fn bad_certificate_files_are_told_by_name() {
    let files = Files::new("bad");
    let refused = |path: &Path| {
        let tls = Some(Tls { trust: Trust::Only(path.to_owned()), identity: None });
        Http::new(Clock::system(), &Address { tls, ..Address::of("a") }).err().map(|error| error.to_string()).unwrap()
    };
    assert!(refused(&files.write("empty.pem", "")).contains("empty.pem: expected a certificate in PEM"));
    assert!(refused(Path::new("/nowhere/ca.pem")).contains("/nowhere/ca.pem"));
    let secret = files.write("key.pem", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n");
    let good = files.write("good.pem", &authority().pem());
    let identity = Some(ClientCertificate { certificate: good.clone(), key: secret });
    let tls = Some(Tls { trust: Trust::Only(good), identity });
    let error = Http::new(Clock::system(), &Address { tls, ..Address::of("a") }).err().unwrap();
    assert!(matches!(error, http::Error::Trust(_)) && error.to_string().contains("key.pem"));
    assert!(!error.to_string().contains("c2VjcmV0"));
}
