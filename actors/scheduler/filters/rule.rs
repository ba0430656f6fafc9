//! What a filter is: it reads a request, and then judges pool by pool.
//!
//! How to get it wrong: to read the request anew for each pool, of which there may be thousands.

use std::collections::BTreeMap;

use manilad_domain::message::Detail;
use manilad_domain::placement::Placement;

use super::reason::Reason;
use crate::pools::Candidate;
use crate::statistics::Keys;

/// A filter, as the configuration names it.
#[derive(Debug)]
pub struct FilterRule {
    pub name: &'static str,
    /// What the tenant is told when this filter left no pool.
    pub detail: Detail,
    /// Reads the request; `None` if every pool passes.
    pub prepare: for<'a> fn(&Asked<'a>) -> Option<Box<dyn Judge + 'a>>,
}

/// A request, before it is read.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub placement: &'a Placement,
    /// GiB by which a share is to grow where it is; none where it is to be placed.
    pub growth: Option<u64>,
    pub keys: &'a Keys,
}

impl<'a> Asked<'a> {
    /// The value of an extra spec, plain or in the `capabilities` scope.
    pub fn spec(&self, plain: &str, scoped: &str) -> Option<&'a str> {
        let specs = &self.placement.extra_specs;
        specs.get(plain).or_else(|| specs.get(scoped)).map(String::as_str)
    }

    /// Whether the share may be thin: it may unless its type says otherwise.
    pub fn is_thin(&self) -> bool {
        may_be_thin(&self.placement.extra_specs)
    }
}

/// Whether shares with these extra specs may be thin.
pub fn may_be_thin(specs: &BTreeMap<String, String>) -> bool {
    let spec = specs.get("thin_provisioning").or_else(|| specs.get("capabilities:thin_provisioning"));
    spec.is_none_or(|text| manilad_domain::extra_specs::boolean(text) == Some(true))
}

/// A filter that has read the request.
pub trait Judge {
    /// # Errors
    /// Why the pool can't take the request.
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>>;

    /// GiB that may be promised to others before a pool that passes has to be judged again; `None`: however many. A filter that does
    /// not say may have read figures that change by the first.
    fn spare(&self, _: Candidate<'_>) -> Option<f64> {
        Some(0.0)
    }
}
