//! SnapLock as a share type asks for it: write once, read many, for a time.
//!
//! Periods are written as a number and a unit (`30days`) and told to ONTAP as an ISO 8601 duration of one element. How
//! to get it wrong: days as hours are (`PT30D` is no duration). Sources: operations.md §16 and §20.

use manilad_ontap::volume::Snaplock;

/// Units, and what stands before and after the number in ISO 8601.
const UNITS: &[(&str, &str, char)] =
    &[("minutes", "PT", 'M'), ("hours", "PT", 'H'), ("days", "P", 'D'), ("months", "P", 'M'), ("years", "P", 'Y')];

/// What the specs of a type say, as they say it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requested {
    pub kind: Option<String>,
    pub autocommit: Option<String>,
    pub minimum: Option<String>,
    pub maximum: Option<String>,
    pub default: Option<String>,
}

impl Requested {
    pub fn is_asked(&self) -> bool {
        self.kind.is_some()
    }

    /// What ONTAP is told; none where the type does not ask for it.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn read(&self) -> Result<Option<Snaplock>, String> {
        let Some(kind) = &self.kind else {
            return match self == &Requested::default() {
                true => Ok(None),
                false => Err("the periods of SnapLock count only with netapp_snaplock_type".to_owned()),
            };
        };
        let kind = ["compliance", "enterprise"].into_iter().find(|one| one == kind);
        let kind = kind.ok_or("netapp_snaplock_type is compliance or enterprise")?;
        let (minimum, maximum) = (retention(&self.minimum)?, retention(&self.maximum)?);
        let default = match self.default.as_deref() {
            Some("min") => Some(minimum.clone().ok_or("a default of min needs netapp:snaplock_min_retention_period")?),
            Some("max") => Some(maximum.clone().ok_or("a default of max needs netapp:snaplock_max_retention_period")?),
            _ => retention(&self.default)?,
        };
        let autocommit = self.autocommit.as_deref().map(period).transpose()?;
        Ok(Some(Snaplock { kind, autocommit, minimum, maximum, default }))
    }
}

fn retention(text: &Option<String>) -> Result<Option<String>, String> {
    match text.as_deref() {
        Some("infinite") => Ok(Some("infinite".to_owned())),
        Some(text) => period(text).map(Some),
        None => Ok(None),
    }
}

fn period(text: &str) -> Result<String, String> {
    let read = UNITS.iter().find_map(|(unit, before, after)| {
        let number: u32 = text.strip_suffix(unit)?.trim_end().parse().ok()?;
        Some(format!("{before}{number}{after}"))
    });
    read.ok_or_else(|| {
        format!("{text:?} is no period of SnapLock: expected a number and minutes, hours, days, months or years")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kind: &str) -> Requested {
        Requested { kind: Some(kind.to_owned()), ..Requested::default() }
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn periods_are_durations_of_one_element() {
        for (words, duration) in
            [("5minutes", "PT5M"), ("2hours", "PT2H"), ("30days", "P30D"), ("2 months", "P2M"), ("1years", "P1Y")]
        {
            let read = Requested { autocommit: text(words), ..asked("enterprise") }.read().unwrap().unwrap();
            assert_eq!(read.autocommit.as_deref(), Some(duration));
        }
        for bad in ["", "days", "-1days", "1.5days", "30", "30weeks", "P30D", "infinite"] {
            assert!(Requested { autocommit: text(bad), ..asked("enterprise") }.read().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_default_may_be_that_of_a_bound_which_must_be_there() {
        let both = Requested {
            minimum: text("1days"),
            maximum: text("infinite"),
            default: text("max"),
            ..asked("compliance")
        };
        let read = both.read().unwrap().unwrap();
        assert_eq!(
            (read.kind, read.minimum.as_deref(), read.default.as_deref()),
            ("compliance", Some("P1D"), Some("infinite"))
        );
        assert!(Requested { default: text("min"), ..asked("compliance") }.read().is_err());
        assert!(asked("strict").read().is_err());
        assert!(Requested { minimum: text("1days"), ..Requested::default() }.read().is_err());
        assert_eq!(Requested::default().read(), Ok(None));
    }
}
