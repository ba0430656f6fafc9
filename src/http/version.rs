//! Which microversion a request speaks, and the document that tells which are served. Source: errors.md.

use manilad_domain::fault::Kind;
use manilad_domain::{Fault, Microversion};
use serde_json::{Value, json};

use crate::body::flag_word;

/// What came of the version header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Negotiated {
    Served(Microversion),
    /// Not of the form `X.Y`.
    Malformed(String),
    /// Well formed, but not served; the answer still echoes it.
    OutOfRange(String),
}

/// Reads the version header; without one, the oldest version is meant.
pub fn negotiate(header: Option<&str>) -> Negotiated {
    let Some(text) = header else { return Negotiated::Served(Microversion::MIN) };
    let number = |part: &str| {
        let plain =
            part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty() && (part == "0" || !part.starts_with('0'));
        plain.then(|| part.parse::<u64>().unwrap_or(u64::MAX))
    };
    match text.split_once('.').map(|(major, minor)| (number(major), number(minor))) {
        Some((Some(major), Some(minor))) if major > 0 => match u8::try_from(minor).ok().and_then(Microversion::minor) {
            Some(version) if major == 2 => Negotiated::Served(version),
            _ => Negotiated::OutOfRange(text.to_owned()),
        },
        _ => Negotiated::Malformed(text.to_owned()),
    }
}

/// What is told of a version that is not of the form `X.Y`.
pub fn malformed(text: &str) -> Fault {
    Fault::invalid(format!("Version {text:?} is not of the form MAJOR.MINOR."))
}

/// What is told of a version that is not served.
pub fn out_of_range(text: &str) -> Fault {
    let (least, most) = (Microversion::MIN, Microversion::MAX);
    let text = format!("Version {text} is not served: the oldest is {least}, the newest {most}.");
    Fault { kind: Kind::NotAcceptable, text, cause: None }
}

/// Whether the experimental header opts in.
pub fn is_opted_in(header: Option<&str>) -> bool {
    header.and_then(flag_word).unwrap_or(false)
}

/// The version document; `base` is the address that the client used, without `/v2`.
pub fn document(base: &str) -> Value {
    json!({ "versions": [{
        "id": "v2.0",
        "status": "CURRENT",
        "version": Microversion::MAX.to_string(),
        "min_version": Microversion::MIN.to_string(),
        "updated": "2015-08-27T11:33:21Z",
        "links": [
            { "rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/" },
            { "rel": "self", "href": format!("{base}/v2/") },
        ],
        "media-types": [{ "base": "application/json", "type": "application/vnd.openstack.share+json;version=1" }],
    }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_served_refused_or_malformed() {
        assert_eq!(negotiate(None), Negotiated::Served(Microversion::MIN));
        assert_eq!(negotiate(Some("2.10")), Negotiated::Served(Microversion::written("2.10")));
        for out in ["1.0", "2.100", "2.300", "3.0", "2.99999999999999999999"] {
            assert_eq!(negotiate(Some(out)), Negotiated::OutOfRange(out.into()));
        }
        for bad in ["latest", "2", "2.", "2.01", "02.1", "0.1", "2.1.1", "-2.1", "2.x", ""] {
            assert_eq!(negotiate(Some(bad)), Negotiated::Malformed(bad.into()), "{bad}");
        }
    }

    #[test]
    fn the_experimental_header_is_a_lenient_boolean() {
        assert!(is_opted_in(Some("True")) && is_opted_in(Some("on")));
        assert!(!is_opted_in(Some("latest")) && !is_opted_in(None));
    }
}
