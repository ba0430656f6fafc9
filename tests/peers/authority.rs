//! A certificate authority of a test, and the array that shows a certificate of its.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};

/// A new authority, and what it issued for 127.0.0.1; PEM files in a folder of the test.
pub struct Authority {
    /// The certificate of the authority itself.
    pub root: PathBuf,
    /// The array's.
    pub certificate: PathBuf,
    pub key: PathBuf,
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
}

impl Authority {
    /// `name` tells authorities in one folder apart.
    pub fn new(folder: &Path, name: &str) -> Self {
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.distinguished_name.push(DnType::CommonName, format!("{name} authority"));
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
        let mut array = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        array.distinguished_name.push(DnType::CommonName, name);
        array.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().unwrap();
        let certificate = array.signed_by(&key, &root).unwrap();
        let write = |kind: &str, text: String| {
            let path = folder.join(format!("{name}-{kind}.pem"));
            std::fs::write(&path, text).unwrap();
            path
        };
        Authority {
            root: write("root", root.pem()),
            certificate: write("certificate", certificate.pem()),
            key: write("key", key.serialize_pem()),
            issuer: root,
            folder: folder.to_owned(),
        }
    }

    /// A certificate that names `account`, and its key; PEM files.
    pub fn client(&self, account: &str) -> (PathBuf, PathBuf) {
        let mut client = CertificateParams::new(Vec::new()).unwrap();
        client.distinguished_name.push(DnType::CommonName, account);
        client.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().unwrap();
        let certificate = client.signed_by(&key, &self.issuer).unwrap();
        let files = ["pem", "key"].map(|kind| self.folder.join(format!("client-{account}.{kind}")));
        std::fs::write(&files[0], certificate.pem()).unwrap();
        std::fs::write(&files[1], key.serialize_pem()).unwrap();
        files.into()
    }

    /// What the simulator is told to show this certificate.
    pub fn shown(&self) -> [&str; 4] {
        ["--tls-cert", self.certificate.to_str().unwrap(), "--tls-key", self.key.to_str().unwrap()]
    }
}
