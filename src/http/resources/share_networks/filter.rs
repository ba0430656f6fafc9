//! What lists of share networks are filtered by: any attribute of the network or of one of its subnets.
//!
//! A key that is no attribute is one that no network has. How to get it wrong: letting tenants filter by what they are
//! not shown; they would find it out by asking often enough.

use manilad_domain::{Fault, ShareNetwork, ShareNetworkSubnet, Stamp, span};
use manilad_store::Shared;

use crate::call::Call;
use crate::parameter::{Form, PAGE, Parameter, Parameters};

/// Its name, how a wish for it is read, and what a thing says of it.
type Attribute<T> = (&'static str, Form, fn(&T) -> Option<String>);

const OF_NETWORKS: &[Attribute<ShareNetwork>] = &[
    ("id", Form::Text, |one| Some(one.id.to_string())),
    ("name", Form::Text, |one| one.name.clone()),
    ("description", Form::Text, |one| one.description.clone()),
    ("user_id", Form::Text, |one| Some(one.user_id.clone())),
    ("status", Form::Text, |one| Some(one.status.name().to_owned())),
    ("created_at", Form::Text, |one| Some(one.created_at.text())),
    ("updated_at", Form::Text, |one| one.updated_at.map(|at| at.text())),
];

const OF_SUBNETS: &[Attribute<ShareNetworkSubnet>] = &[
    ("availability_zone", Form::Text, |one| one.availability_zone.clone()),
    ("neutron_net_id", Form::Text, |one| one.neutron_net_id().map(str::to_owned)),
    ("neutron_subnet_id", Form::Text, |one| one.neutron_subnet_id().map(str::to_owned)),
    ("network_type", Form::Text, |one| one.segment.network_type.clone()),
    ("segmentation_id", Form::Count, |one| one.segment.segmentation_id.map(|id| id.to_string())),
    ("cidr", Form::Text, |one| one.segment.cidr.clone()),
    ("gateway", Form::Text, |one| one.segment.gateway.clone()),
    ("ip_version", Form::Count, |one| one.segment.ip_version.map(|version| version.to_string())),
    ("mtu", Form::Text, |one| one.segment.mtu.map(|bytes| bytes.to_string())),
];

/// Attributes that are not told to everybody.
const SENSITIVE: &[&str] = &["network_type", "segmentation_id"];
/// Parameters that are no attributes.
const OTHERS: &[Parameter] = &[
    Parameter::always("all_tenants", Form::Flag),
    Parameter::always("created_before", Form::Day),
    Parameter::always("created_since", Form::Day),
    Parameter::always("project_id", Form::Text),
    Parameter::always("security_service_id", Form::Text),
];

/// The query of lists. Keys of the others are attributes too, in full or in part: those that no network has.
pub const LISTED: Parameters = &[
    PAGE,
    OTHERS,
    &named::<_, { OF_NETWORKS.len() }>(OF_NETWORKS),
    &named::<_, { OF_SUBNETS.len() }>(OF_SUBNETS),
    &[
        Parameter::new("name~", span!([2.36..]), Form::Text),
        Parameter::new("description~", span!([2.36..]), Form::Text),
        Parameter::always("others", Form::Others),
    ],
];

const fn named<T, const N: usize>(attributes: &[Attribute<T>]) -> [Parameter; N] {
    let mut parameters = [Parameter::always("", Form::Text); N];
    let mut at = 0;
    while at < N {
        (parameters[at].name, parameters[at].form) = (attributes[at].0, attributes[at].1);
        at += 1;
    }
    parameters
}

/// What networks of a list must be like.
pub struct Filters {
    since: Option<Stamp>,
    before: Option<Stamp>,
    security_service: Option<String>,
    attributes: Vec<AttributeFilter>,
}

struct AttributeFilter {
    key: String,
    value: String,
    /// A part of the value is enough.
    is_part: bool,
}

impl Filters {
    /// Reads the query, as the caller's version and rights have it.
    ///
    /// # Errors
    /// Invalid, naming the key and what was expected.
    pub fn of(call: &Call, shows_segments: bool) -> Result<Self, Fault> {
        let mut attributes = Vec::new();
        let is_attribute = |key: &str| OTHERS.iter().chain(PAGE).all(|other| other.name != key);
        for (key, value) in call.query.pairs().filter(|(key, _)| is_attribute(key)) {
            let (name, is_part) = match key.strip_suffix('~') {
                Some(name) => (name, true),
                None => (key, false),
            };
            if (is_part && !call.at_least("2.36")) || (SENSITIVE.contains(&name) && !shows_segments) {
                continue;
            }
            let counts =
                OF_SUBNETS.iter().any(|(attribute, form, _)| *attribute == name && matches!(form, Form::Count));
            let value = if counts { number(name, value)? } else { value.to_owned() };
            attributes.push(AttributeFilter { key: name.to_owned(), value, is_part });
        }
        Ok(Filters {
            since: day(call, "created_since")?,
            before: day(call, "created_before")?,
            security_service: call.query.get("security_service_id").map(str::to_owned),
            attributes,
        })
    }

    pub fn pass(&self, network: &ShareNetwork, subnets: &[Shared<ShareNetworkSubnet>]) -> bool {
        let has = |service: &String| network.security_services.iter().any(|id| id.to_string() == *service);
        self.since.is_none_or(|since| network.created_at >= since)
            && self.before.is_none_or(|before| network.created_at <= before)
            && self.security_service.as_ref().is_none_or(has)
            && self.attributes.iter().all(|filter| {
                filter.is_in(OF_NETWORKS, network) || subnets.iter().any(|subnet| filter.is_in(OF_SUBNETS, subnet))
            })
    }
}

impl AttributeFilter {
    fn is_in<T>(&self, attributes: &[Attribute<T>], thing: &T) -> bool {
        let attribute = attributes.iter().find(|(name, ..)| *name == self.key);
        let Some(value) = attribute.and_then(|(.., read)| read(thing)) else { return false };
        if self.is_part { value.contains(&self.value) } else { value == self.value }
    }
}

fn number(key: &str, text: &str) -> Result<String, Fault> {
    let number = text.trim().parse::<u32>();
    number.map(|number| number.to_string()).map_err(|_| {
        Fault::invalid(format!("Query parameter {key} must be a whole number of at least 0, not {text:?}."))
    })
}

/// The first instant of a day.
fn day(call: &Call, key: &str) -> Result<Option<Stamp>, Fault> {
    let Some(text) = call.query.get(key) else { return Ok(None) };
    let is_plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    Stamp::parse(text)
        .filter(|_| is_plain)
        .map(Some)
        .ok_or_else(|| Fault::invalid(format!("Query parameter {key} must be a day, YYYY-MM-DD, not {text:?}.")))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{network, subnet};
    use super::*;

    fn passes(key: &str, value: &str, is_part: bool) -> bool {
        let filter = AttributeFilter { key: key.to_owned(), value: value.to_owned(), is_part };
        let filters = Filters { since: None, before: None, security_service: None, attributes: vec![filter] };
        filters.pass(&network(), &[subnet(Some("nova"), 7).into(), subnet(None, 8).into()])
    }

    #[test]
    fn a_network_passes_by_an_attribute_of_its_own_or_of_any_of_its_subnets() {
        for (key, value, part, other) in [
            ("name", "net", "e", "ne"),
            ("status", "active", "act", "error"),
            ("availability_zone", "nova", "ov", "no"),
            ("segmentation_id", "8", "7", "9"),
            ("network_type", "vlan", "lan", "flat"),
            ("cidr", "10.0.0.0/24", "10.0", "10.0.0.0"),
            ("gateway", "10.0.0.1", ".1", "10.0.0.2"),
            ("ip_version", "4", "4", "6"),
            ("mtu", "1500", "15", "9000"),
        ] {
            assert!(passes(key, value, false) && passes(key, part, true), "{key}");
            assert!(!passes(key, other, false), "{key}");
        }
        // What is not there equals nothing, and has no part.
        for nothing in ["description", "neutron_net_id", "zz"] {
            assert!(!passes(nothing, "", false) && !passes(nothing, "", true), "{nothing}");
        }
    }

    #[test]
    fn days_bound_the_creation_at_both_ends() {
        let within = |since: Option<&str>, before: Option<&str>| {
            let [since, before] = [since, before].map(|day| day.map(|day| Stamp::parse(day).unwrap()));
            let filters = Filters { since, before, security_service: None, attributes: Vec::new() };
            filters.pass(&network(), &[])
        };
        assert!(within(None, None) && within(Some("2026-01-01"), Some("2026-01-01")));
        assert!(!within(Some("2026-01-02"), None) && !within(None, Some("2025-12-31")));
    }

    #[test]
    fn numbers_are_read_as_numbers() {
        assert_eq!(number("ip_version", " 04").unwrap(), "4");
        assert!(["", "zz", "4.0", "99999999999999999999"].iter().all(|text| number("ip_version", text).is_err()));
    }
}
