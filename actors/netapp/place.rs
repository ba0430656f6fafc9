//! What lies behind the name of a pool: one aggregate for FlexVols, or several that a FlexGroup is laid over.
//!
//! FlexGroup pools are configured, or there is one over all aggregates in which ONTAP places the constituents itself.
//! How to get it wrong: offering a pool of which an aggregate is missing, where every creation would fail. Sources:
//! operations.md §2 and §3.1, netapp-options.md.

use manilad_domain::message::Detail;
use manilad_driver::Trouble;
use manilad_ontap::facts::Facts;
use manilad_ontap::volume::Style;

use crate::config::Settings;
use crate::trouble;

/// The pool over all aggregates.
pub const AUTOMATIC: &str = "flexgroup_auto";

/// A pool as it lies on the array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub name: String,
    pub style: Style,
    /// Never empty.
    pub aggregates: Vec<String>,
    /// Whether ONTAP chooses among the aggregates.
    pub is_automatic: bool,
}

impl Place {
    fn aggregate(name: &str) -> Self {
        let aggregates = vec![name.to_owned()];
        Place { name: name.to_owned(), style: Style::Flexvol, aggregates, is_automatic: false }
    }

    /// The aggregates that a new volume must name.
    pub fn named_aggregates(&self) -> Vec<String> {
        if self.is_automatic { Vec::new() } else { self.aggregates.clone() }
    }
}

/// All places that may be used and the settings offer, by name.
///
/// # Errors
/// A pattern that can't be matched.
pub fn all(settings: &Settings, facts: &Facts) -> Result<Vec<Place>, Trouble> {
    let offered = offered(settings, facts)?;
    let mut places = flexgroups(settings, &offered);
    if settings.flexgroups.as_ref().is_none_or(|flexgroups| !flexgroups.only) {
        places.extend(offered.into_iter().map(Place::aggregate));
    }
    places.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(places)
}

/// The place behind a pool that an instance is to live in.
///
/// # Errors
/// `Elsewhere` for a pool that is not there any more.
pub fn named(settings: &Settings, facts: &Facts, pool: &str) -> Result<Place, Trouble> {
    if let Some(place) = flexgroups(settings, &offered(settings, facts)?).into_iter().find(|place| place.name == pool) {
        return Ok(place);
    }
    // An aggregate that the pattern leaves out by now is still good for what was placed there before.
    let is_usable = usable(facts).any(|aggregate| aggregate == pool);
    let gone = || trouble::elsewhere(Detail::NoValidHost, format!("the SVM has no pool {pool} any more"));
    is_usable.then(|| Place::aggregate(pool)).ok_or_else(gone)
}

/// The aggregates that are delegated to the SVM; all of the cluster where share servers are still to be made.
pub fn usable(facts: &Facts) -> impl Iterator<Item = &str> {
    let of_cluster = facts.svm.is_none().then(|| facts.aggregates.keys());
    let delegated = facts.svm.iter().flat_map(|svm| &svm.aggregates).map(|delegated| delegated.name.as_str());
    delegated.chain(of_cluster.into_iter().flatten().map(String::as_str))
}

/// Those of them that match the pattern, in order.
pub fn offered<'a>(settings: &Settings, facts: &'a Facts) -> Result<Vec<&'a str>, Trouble> {
    let mut offered = Vec::new();
    for aggregate in usable(facts) {
        if settings.aggregates.matches(aggregate).map_err(trouble::again)? {
            offered.push(aggregate);
        }
    }
    offered.sort_unstable();
    Ok(offered)
}

/// The FlexGroup pools of which all aggregates are there.
fn flexgroups(settings: &Settings, offered: &[&str]) -> Vec<Place> {
    let Some(flexgroups) = &settings.flexgroups else { return Vec::new() };
    let place = |name: &str, aggregates: Vec<String>, is_automatic| Place {
        name: name.to_owned(),
        style: Style::Flexgroup,
        aggregates,
        is_automatic,
    };
    if flexgroups.pools.is_empty() {
        let all: Vec<String> = offered.iter().map(|name| (*name).to_owned()).collect();
        return if all.is_empty() { Vec::new() } else { vec![place(AUTOMATIC, all, true)] };
    }
    let mut places = Vec::new();
    for (name, aggregates) in &flexgroups.pools {
        match aggregates.iter().find(|aggregate| !offered.contains(&aggregate.as_str())) {
            Some(missing) => tracing::warn!(
                pool = name,
                aggregate = missing,
                "a FlexGroup pool is not offered: the SVM has no such aggregate, or the pattern leaves it out"
            ),
            None => places.push(place(name, aggregates.clone(), false)),
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use manilad_driver::Remedy;
    use secrecy::SecretString;

    use super::*;
    use crate::config::Flexgroups;
    use crate::tests::samples::facts;
    use crate::value::Pattern;

    fn settings(pools: &[(&str, &[&str])], only: bool) -> Settings {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let pools: BTreeMap<_, _> = pools.iter().map(|(name, all)| ((*name).to_owned(), owned(all))).collect();
        let flexgroups = Some(Flexgroups { pools, only, ..Flexgroups::default() });
        Settings { flexgroups, ..Settings::new("array.test", "svm1", "admin", SecretString::from("s3cret")) }
    }

    fn names(settings: &Settings) -> Vec<String> {
        all(settings, &facts()).unwrap().into_iter().map(|place| place.name).collect()
    }

    #[test]
    fn without_pools_of_its_own_there_is_one_over_all_aggregates() {
        let settings = settings(&[], false);
        assert_eq!(names(&settings), ["aggr1", "aggr2", AUTOMATIC]);
        let place = named(&settings, &facts(), AUTOMATIC).unwrap();
        assert_eq!(
            (place.style, place.aggregates.as_slice()),
            (Style::Flexgroup, &["aggr1".into(), "aggr2".into()][..])
        );
        assert_eq!(place.named_aggregates(), [""; 0], "ONTAP chooses");
    }

    #[test]
    fn plain_pools_are_hidden_if_so_told_and_what_lives_there_is_not() {
        let settings = settings(&[("fg", &["aggr1", "aggr2"])], true);
        assert_eq!(names(&settings), ["fg"]);
        assert_eq!(named(&settings, &facts(), "fg").unwrap().named_aggregates(), ["aggr1", "aggr2"]);
        assert_eq!(named(&settings, &facts(), "aggr1").unwrap().style, Style::Flexvol);
    }

    #[test]
    fn a_pool_of_which_an_aggregate_is_missing_is_not_offered() {
        let mut settings = settings(&[("good", &["aggr1"]), ("bad", &["aggr2", "aggr9"])], true);
        assert_eq!(names(&settings), ["good"]);
        assert_eq!(named(&settings, &facts(), "bad").unwrap_err().remedy, Remedy::Elsewhere);
        settings.aggregates = Pattern::new(|name| Ok(name == "aggr2"));
        assert_eq!(names(&settings), [""; 0]);
    }
}
