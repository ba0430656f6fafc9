//! The release of ONTAP that an array runs, and what each release has.
//!
//! Unknown body keys and field names are refused by older releases (codes 262179, 262197), so what is sent depends on the
//! release. The gates are one table, taken from the documented REST models of the releases. How to get it wrong: comparing
//! release names as text (`9.9` is older than `9.12`).

use std::fmt;
use std::str::FromStr;

/// A release, as `9.14.1`. Patches (`P3`) and candidates (`RC1`) count as the release they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    pub generation: u16,
    pub major: u16,
    pub minor: u16,
}

/// The oldest release this client speaks to.
pub const OLDEST: Release = Release::new(9, 12, 1);

/// What not every supported release has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// `snapshot_directory_access_enabled` of a volume.
    SnapshotDirectory,
    /// `_tags` of a volume.
    Tags,
    /// `validate_only` of a volume.
    ValidateOnly,
    /// `/security/barbican-kms`.
    BarbicanKms,
    /// `autosize.reset` of a volume.
    AutosizeReset,
}

/// Since when each feature is there, and its name for people.
pub const FEATURES: &[(Feature, Release, &str)] = &[
    (Feature::SnapshotDirectory, Release::new(9, 13, 1), "hiding the snapshot directory"),
    (Feature::Tags, Release::new(9, 14, 1), "volume tags"),
    (Feature::ValidateOnly, Release::new(9, 14, 1), "validation without action"),
    (Feature::BarbicanKms, Release::new(9, 17, 1), "share servers encrypted with keys of tenants"),
    (Feature::AutosizeReset, Release::new(9, 19, 1), "autosize reset"),
];

impl Release {
    pub const fn new(generation: u16, major: u16, minor: u16) -> Self {
        Release { generation, major, minor }
    }

    /// Whether this release has `feature`.
    pub fn has(self, feature: Feature) -> bool {
        FEATURES.iter().any(|(one, since, _)| *one == feature && self >= *since)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.generation, self.major, self.minor)
    }
}

/// No release in this text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no release in {0:?}: expected something like \"NetApp Release 9.14.1P3\"")]
pub struct NoRelease(pub String);

impl FromStr for Release {
    type Err = NoRelease;

    /// Takes the first word that looks like `9.14.1`, with anything but a digit or a further number after it.
    fn from_str(text: &str) -> Result<Self, NoRelease> {
        text.split_whitespace().find_map(word).ok_or_else(|| NoRelease(text.chars().take(120).collect()))
    }
}

fn word(word: &str) -> Option<Release> {
    let mut parts = word.splitn(3, '.');
    let (generation, major, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let minor = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some(Release::new(number(generation)?, number(major)?, number(minor)?))
}

fn number(digits: &str) -> Option<u16> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_release_is_found_in_what_arrays_say() {
        for (text, release) in [
            ("NetApp Release 9.14.1: Mon Jan 08 12:00:00 UTC 2024", Release::new(9, 14, 1)),
            ("NetApp Release 9.12.1P3: Tue Apr 04 05:06:07 UTC 2023 <1no-DARE>", Release::new(9, 12, 1)),
            ("9.16.1RC1", Release::new(9, 16, 1)),
        ] {
            assert_eq!(text.parse(), Ok(release));
        }
        assert!("NetApp Release 8.2".parse::<Release>().is_err());
        assert!("".parse::<Release>().is_err());
    }

    #[test]
    fn the_gates_open_with_their_releases() {
        assert!(!OLDEST.has(Feature::Tags) && !OLDEST.has(Feature::SnapshotDirectory));
        let middle = Release::new(9, 13, 1);
        assert!(middle.has(Feature::SnapshotDirectory) && !middle.has(Feature::Tags));
        assert!(Release::new(9, 14, 1).has(Feature::Tags) && Release::new(10, 0, 0).has(Feature::AutosizeReset));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_printed_is_read_again(generation: u16, major: u16, minor: u16, tail in "(P[0-9]|RC1|:|)") {
            let release = Release::new(generation, major, minor);
            prop_assert_eq!(format!("NetApp Release {release}{tail} more").parse(), Ok(release));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = text.parse::<Release>();
        }

        #[test]
        fn order_is_by_number(a: (u16, u16, u16), b: (u16, u16, u16)) {
            let (left, right) = (Release::new(a.0, a.1, a.2), Release::new(b.0, b.1, b.2));
            prop_assert_eq!(left.cmp(&right), a.cmp(&b));
        }
    }
}
