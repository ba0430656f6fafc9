//! Where services are, as Keystone's catalogue has it. Source: Identity API v3, "Service catalog".
//!
//! A service may have endpoints in several regions and, in each, for several kinds of callers. How to get it wrong: to
//! take the first that comes when a region was asked for, and so make ports in another cloud.

use reqwest::Url;
use serde::{Deserialize, Deserializer};

use crate::error::Error;

/// A service as the catalogue lists it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Entry {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Debug, Clone, Deserialize)]
struct Endpoint {
    #[serde(default)]
    interface: String,
    region: Option<String>,
    region_id: Option<String>,
    #[serde(default)]
    url: String,
}

/// The entries that can be understood. One that can't is not our service's, or it will be missed by name.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Entry>, D::Error> {
    let entries = Option::<Vec<serde_json::Value>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(entries.into_iter().filter_map(|entry| serde_json::from_value(entry).ok()).collect())
}

/// Which endpoint of which service.
#[derive(Debug, Clone)]
pub struct EndpointSelector {
    /// As the catalogue calls it, such as `network`.
    pub kind: &'static str,
    /// `public`, `internal` or `admin`, also in the old way of writing, `publicURL`.
    pub interface: String,
    /// Any, unless given.
    pub region: Option<String>,
}

impl EndpointSelector {
    pub(crate) fn of(&self, catalog: &[Entry]) -> Result<Url, Error> {
        let interface = self.interface.strip_suffix("URL").unwrap_or(&self.interface);
        let in_region = |endpoint: &&Endpoint| match &self.region {
            None => true,
            Some(region) => [&endpoint.region, &endpoint.region_id].into_iter().flatten().any(|one| one == region),
        };
        let endpoints = catalog.iter().filter(|entry| entry.kind == self.kind).flat_map(|entry| &entry.endpoints);
        let found = endpoints.filter(in_region).find(|endpoint| endpoint.interface == interface);
        let url = found.and_then(|endpoint| Url::parse(&endpoint.url).ok());
        url.filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(|| Error::NoEndpoint {
            kind: self.kind,
            interface: interface.to_owned(),
            region: self.region.clone().unwrap_or_else(|| "any".to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Vec<Entry> {
        let endpoint = |interface: &str, region: &str, url: &str| {
            format!(r#"{{"interface": "{interface}", "region": "{region}", "region_id": "{region}", "url": "{url}"}}"#)
        };
        let network = [
            endpoint("public", "One", "http://one.example:9696"),
            endpoint("public", "Two", "https://two.example/network/"),
            endpoint("internal", "Two", "http://two.internal:9696/v2.0"),
            endpoint("admin", "Two", "nonsense"),
        ];
        let text = format!(
            r#"[{{"type": "identity"}}, {{"type": "network", "name": "neutron", "endpoints": [{}]}}]"#,
            network.join(",")
        );
        serde_json::from_str(&text).unwrap()
    }

    fn asked(kind: &'static str, interface: &str, region: Option<&str>) -> Result<String, Error> {
        let selector = EndpointSelector { kind, interface: interface.to_owned(), region: region.map(str::to_owned) };
        selector.of(&catalog()).map(|url| url.to_string())
    }

    #[test]
    fn an_endpoint_is_found_by_kind_interface_and_region() {
        assert_eq!(asked("network", "public", None).unwrap(), "http://one.example:9696/");
        assert_eq!(asked("network", "publicURL", Some("Two")).unwrap(), "https://two.example/network/");
        assert_eq!(asked("network", "internalURL", Some("Two")).unwrap(), "http://two.internal:9696/v2.0");
    }

    #[test]
    fn an_entry_that_makes_no_sense_hides_no_other() {
        let network = r#"{"type": "network", "endpoints": [{"interface": "public", "url": "http://n.example"}]}"#;
        let text = format!(r#"[7, {{"type": null}}, {{"endpoints": {{}}}}, {network}]"#);
        let entries = lenient(&mut serde_json::Deserializer::from_str(&text)).unwrap();
        let selector = EndpointSelector { kind: "network", interface: "public".to_owned(), region: None };
        assert_eq!(selector.of(&entries).unwrap().as_str(), "http://n.example/");
        assert!(lenient(&mut serde_json::Deserializer::from_str("null")).unwrap().is_empty());
    }

    #[test]
    fn an_endpoint_that_is_not_there_is_told_with_what_was_looked_for() {
        for (kind, interface, region) in
            [("network", "public", Some("Three")), ("network", "admin", None), ("compute", "public", None)]
        {
            let text = asked(kind, interface, region).unwrap_err().to_string();
            assert!(
                text.contains(kind) && text.contains(interface) && text.contains(region.unwrap_or("any")),
                "{text}"
            );
        }
    }
}
