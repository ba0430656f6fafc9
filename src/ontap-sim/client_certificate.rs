//! Whom the certificate of a client names: the common name of its subject is the account that logs in.
//!
//! TLS has verified the certificate before anybody looks here, so only its outline is walked. How to get it wrong:
//! taking the first common name there is, which is the issuer's. Source: RFC 5280, section 4.1.

use std::any::Any;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;

/// The account that the client's certificate names, in the extensions of its connection.
#[derive(Debug, Clone)]
pub struct Named(pub String);

/// Notes whom the certificate of a connection names, if there is one.
pub fn note(connection: &dyn Any, extensions: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<TlsStream<TcpStream>>() else { return };
    let (_, session) = stream.get_ref();
    let certificate = session.peer_certificates().and_then(|chain| chain.first());
    if let Some(name) = certificate.and_then(|certificate| common_name(certificate)) {
        extensions.insert(Named(name));
    }
}

const SEQUENCE: u8 = 0x30;
/// `[0]`, which holds the version.
const VERSION: u8 = 0xa0;
/// 2.5.4.3 with its tag and length.
const COMMON_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];

/// The common name of the subject of a certificate in DER.
fn common_name(certificate: &[u8]) -> Option<String> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    // Serial number, algorithm, issuer, validity.
    for _ in 0..4 {
        rest = element(rest)?.2;
    }
    let (tag, subject, _) = element(rest)?;
    let place = subject.windows(COMMON_NAME.len()).position(|window| window == COMMON_NAME)?;
    let (_, name, _) = element(&subject[place + COMMON_NAME.len()..])?;
    (tag == SEQUENCE).then(|| String::from_utf8(name.to_vec()).ok()).flatten()
}

/// Tag, content and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, mut rest) = rest.split_first()?;
    let mut length = usize::from(*first);
    if length >= 0x80 {
        let (digits, after) = rest.split_at_checked(length - 0x80).filter(|(digits, _)| digits.len() <= 4)?;
        length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        rest = after;
    }
    let (content, after) = rest.split_at_checked(length)?;
    Some((*tag, content, after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, CertifiedIssuer, DnType, KeyPair};

    use super::*;

    fn issued(subject: Option<&str>) -> Vec<u8> {
        let mut issuer = CertificateParams::new(Vec::new()).unwrap();
        issuer.distinguished_name.push(DnType::CommonName, "the authority");
        let issuer = CertifiedIssuer::self_signed(issuer, KeyPair::generate().unwrap()).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "tenants");
        if let Some(name) = subject {
            params.distinguished_name.push(DnType::CommonName, name);
        }
        params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap().der().to_vec()
    }

    #[test]
    fn the_name_is_the_subjects_and_not_its_issuers() {
        assert_eq!(common_name(&issued(Some("vsadmin"))).as_deref(), Some("vsadmin"));
        assert_eq!(common_name(&issued(None)), None);
        let long = "n".repeat(200);
        assert_eq!(common_name(&issued(Some(&long))), Some(long));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_are_read_or_not(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = common_name(&bytes);
        }
    }
}
