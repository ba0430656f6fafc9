//! The filters and weighers that the configuration names, in its order. Names that are not ours are refused at start,
//! because a placement rule that is silently left out shows only when a share lies where it must not.

use manilad_domain::hints::Affinity;

use crate::error::Error;
use crate::filters::{self, CREATE_FROM_SNAPSHOT};
use crate::weighers::{self, Multipliers};

const FILTERS: &str = "scheduler_default_filters";
const EXTEND_FILTERS: &str = "scheduler_default_extend_filters";
const WEIGHERS: &str = "scheduler_default_weighers";
const ATTEMPTS: &str = "scheduler_max_attempts";

/// What the configuration says about placing. The default is all that there is.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub filters: Vec<String>,
    /// What a share's own pool must pass for the share to grow.
    pub extend_filters: Vec<String>,
    pub weighers: Vec<String>,
    pub multipliers: Multipliers,
    /// How many candidates a share may try, at least 1.
    pub attempts: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            filters: filters::RULES.iter().map(|rule| rule.name.to_owned()).collect(),
            extend_filters: ["CapacityFilter", "DriverFilter"].map(str::to_owned).into(),
            weighers: weighers::RULES.iter().map(|rule| rule.name.to_owned()).collect(),
            multipliers: Multipliers::default(),
            attempts: 3,
        }
    }
}

/// The rules by which shares are placed.
#[derive(Debug)]
pub struct Chain {
    pub(crate) filters: Vec<&'static filters::FilterRule>,
    pub(crate) extend_filters: Vec<&'static filters::FilterRule>,
    /// With their multipliers.
    pub(crate) weighers: Vec<(&'static weighers::WeigherRule, f64)>,
    pub(crate) attempts: usize,
}

impl Chain {
    /// The chain that the settings name.
    ///
    /// # Errors
    /// A name that is not there, or a figure out of its range.
    pub fn configured(settings: &Settings) -> Result<Self, Error> {
        let Settings { filters, extend_filters, weighers, multipliers, attempts } = settings;
        if *attempts == 0 {
            let (expected, value) = ("at least 1", attempts.to_string());
            return Err(Error::OutOfRange { option: ATTEMPTS, expected, value });
        }
        let figures =
            [("capacity_weight_multiplier", multipliers.capacity), ("pool_weight_multiplier", multipliers.pool)];
        if let Some((option, figure)) = figures.into_iter().find(|(_, figure)| !figure.is_finite()) {
            let (expected, value) = ("a finite number", figure.to_string());
            return Err(Error::OutOfRange { option, expected, value });
        }
        let rules = |option, names: &[String]| -> Result<Vec<_>, Error> {
            let built = || filters::RULES.iter().map(|rule| rule.name).collect();
            let rule =
                |name: &String| filters::named(name).ok_or_else(|| missing(option, name, filters::NOT_BUILT, built()));
            names.iter().map(rule).collect()
        };
        let weighers = weighers.iter().map(|name| {
            let built = || weighers::RULES.iter().map(|rule| rule.name).collect();
            let rule = weighers::named(name).ok_or_else(|| missing(WEIGHERS, name, &[], built()))?;
            Ok((rule, (rule.multiplier)(multipliers)))
        });
        let mut filters = rules(FILTERS, filters)?;
        // Wherever else a share were made, its snapshot is not.
        if !filters.iter().any(|rule| rule.name == CREATE_FROM_SNAPSHOT.name) {
            filters.push(&CREATE_FROM_SNAPSHOT);
        }
        Ok(Chain {
            filters,
            extend_filters: rules(EXTEND_FILTERS, extend_filters)?,
            weighers: weighers.collect::<Result<_, _>>()?,
            attempts: *attempts,
        })
    }
}

impl Chain {
    /// Whether a configured filter heeds neighbours of this kind.
    pub fn heeds(&self, affinity: Affinity) -> bool {
        let heeding = filters::of_affinity(affinity).name;
        self.filters.iter().any(|rule| rule.name == heeding)
    }
}

fn missing(option: &'static str, name: &str, not_built: &[&str], names: Vec<&str>) -> Error {
    let (name, names) = (name.to_owned(), names.join(", "));
    match not_built.contains(&name.as_str()) {
        true => Error::NotBuilt { option, name, names },
        false => Error::Unknown { option, name, names },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_default_settings_make_a_chain_of_all_there_is() {
        let chain = Chain::configured(&Settings::default()).unwrap();
        assert_eq!((chain.filters.len(), chain.weighers.len()), (filters::RULES.len(), weighers::RULES.len()));
    }

    #[test]
    fn the_order_is_the_configured_one_and_a_share_stays_with_its_snapshot_whatever_is_configured() {
        let settings =
            Settings { filters: names(&["CapacityFilter", "AvailabilityZoneFilter"]), ..Settings::default() };
        let chain = Chain::configured(&settings).unwrap();
        let names: Vec<_> = chain.filters.iter().map(|rule| rule.name).collect();
        assert_eq!(names, [&settings.filters[0], &settings.filters[1], "CreateFromSnapshotFilter"]);
    }

    #[test]
    fn names_that_manila_knows_and_names_that_nobody_knows_are_told_apart() {
        for name in filters::NOT_BUILT {
            let settings = Settings { filters: names(&["CapacityFilter", name]), ..Settings::default() };
            let error = Chain::configured(&settings).unwrap_err();
            assert!(error.to_string().contains(&format!("{name} is known in Manila, but not built")), "{error}");
            assert!(filters::named(name).is_none());
        }
        for name in ["", "capacityfilter", "CapacityWeigher"] {
            let settings = Settings { filters: names(&[name]), ..Settings::default() };
            assert!(matches!(Chain::configured(&settings), Err(Error::Unknown { option: FILTERS, .. })), "{name}");
        }
        let settings = Settings { weighers: names(&["ChanceWeigher"]), ..Settings::default() };
        assert!(matches!(Chain::configured(&settings), Err(Error::Unknown { option: WEIGHERS, .. })));
    }

    #[test]
    fn figures_out_of_range_are_refused() {
        let none = Settings { attempts: 0, ..Settings::default() };
        assert!(matches!(Chain::configured(&none), Err(Error::OutOfRange { option: ATTEMPTS, .. })));
        for (multipliers, named) in [
            (Multipliers { capacity: f64::INFINITY, ..Multipliers::default() }, "capacity_weight_multiplier"),
            (Multipliers { pool: f64::NAN, ..Multipliers::default() }, "pool_weight_multiplier"),
        ] {
            let endless = Settings { multipliers, ..Settings::default() };
            let refusal = Chain::configured(&endless);
            assert!(matches!(refusal, Err(Error::OutOfRange { option, .. }) if option == named), "{named}");
        }
    }
}
