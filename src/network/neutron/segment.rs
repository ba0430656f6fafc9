//! Which segment of a network the array stands in. Source: Networking API v2.0, "Provider extended attributes" and
//! "Multiple provider extension".
//!
//! The array speaks plain and VLAN-tagged Ethernet only. How to get it wrong: to take the first segment that comes: then
//! the array stands in a VLAN of another physical network.

use serde::Deserialize;

/// What the array can be plugged into.
const USABLE: [&str; 2] = ["flat", "vlan"];

/// A network, as administrators see it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Network {
    /// Bytes.
    pub mtu: Option<u32>,
    /// Of a network with one.
    #[serde(flatten)]
    pub own: Piece,
    /// Of a network with several.
    pub segments: Option<Vec<Piece>>,
}

/// A segment, as administrators see it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Piece {
    #[serde(rename = "provider:network_type")]
    pub network_type: Option<String>,
    #[serde(rename = "provider:physical_network")]
    pub physical_network: Option<String>,
    #[serde(rename = "provider:segmentation_id")]
    pub segmentation_id: Option<u32>,
}

/// The segment for the array, or why there is none.
pub(super) fn choose<'n>(network: &'n Network, physical: Option<&str>) -> Result<&'n Piece, String> {
    let piece = match (&network.segments, physical) {
        (None, _) => &network.own,
        (Some(_), None) => return Err("it has several segments: neutron_physical_net_name must tell which".to_owned()),
        (Some(segments), Some(physical)) => segments
            .iter()
            .find(|piece| piece.physical_network.as_deref() == Some(physical))
            .ok_or_else(|| format!("it has no segment on {physical:?}, which neutron_physical_net_name names"))?,
    };
    match piece.network_type.as_deref() {
        None => Err("Neutron does not tell its type: the daemon's user must be an administrator of Neutron".to_owned()),
        Some("vlan") if piece.segmentation_id.is_none() => Err("it is a VLAN without a number".to_owned()),
        Some(kind) if USABLE.contains(&kind) => Ok(piece),
        Some(kind) => Err(format!("it is of type {kind}: the array takes {}", USABLE.join(" and "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        serde_json::from_str(text).unwrap()
    }

    fn one(kind: &str, physical: &str, number: &str) -> String {
        format!(
            r#"{{"provider:network_type": "{kind}", "provider:physical_network": {physical},
                "provider:segmentation_id": {number}}}"#
        )
    }

    #[test]
    fn flat_networks_and_vlans_are_taken_as_they_are() {
        let flat = network(&one("flat", r#""p""#, "null"));
        assert_eq!(choose(&flat, None).unwrap().segmentation_id, None);
        let vlan = network(&one("vlan", r#""p""#, "7"));
        assert_eq!(choose(&vlan, Some("other")).unwrap().segmentation_id, Some(7));
    }

    #[test]
    fn what_the_array_has_no_plug_for_is_refused_with_its_type() {
        for kind in ["vxlan", "gre", "geneve", "local"] {
            assert!(choose(&network(&one(kind, "null", "7")), None).unwrap_err().contains(kind));
        }
        assert!(choose(&network(&one("vlan", r#""p""#, "null")), None).unwrap_err().contains("without a number"));
        assert!(choose(&network("{}"), None).unwrap_err().contains("administrator"));
    }

    #[test]
    fn of_several_segments_the_one_on_the_array_s_physical_network_is_taken() {
        let pieces = [one("vxlan", "null", "1000"), one("vlan", r#""a""#, "1"), one("vlan", r#""b""#, "2")].join(",");
        let network = network(&format!(r#"{{"segments": [{pieces}]}}"#));
        assert_eq!(choose(&network, Some("b")).unwrap().segmentation_id, Some(2));
        assert!(choose(&network, Some("c")).unwrap_err().contains(r#"no segment on "c""#));
        assert!(choose(&network, None).unwrap_err().contains("neutron_physical_net_name"));
    }
}
