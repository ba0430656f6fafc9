//! ONTAP releases, because fields come and go with them: what a release does not document it refuses.
//!
//! How to get it wrong: comparing the printed text ("9.9.1" sorts after "9.16.1"); releases compare by number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An ONTAP release, e.g. 9.14.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Release {
    pub generation: u16,
    pub major: u16,
    pub minor: u16,
}

impl Release {
    pub const V9_12_1: Release = Release::new(9, 12, 1);
    pub const V9_13_1: Release = Release::new(9, 13, 1);
    pub const V9_14_1: Release = Release::new(9, 14, 1);
    pub const V9_16_1: Release = Release::new(9, 16, 1);
    pub const V9_19_1: Release = Release::new(9, 19, 1);

    pub const fn new(generation: u16, major: u16, minor: u16) -> Self {
        Release { generation, major, minor }
    }

    /// The text of `version.full`. Clients look for the release in it.
    pub fn full(&self) -> String {
        format!("NetApp Release {self}: Thu Jan 11 10:34:36 UTC 2024")
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.generation, self.major, self.minor)
    }
}

impl FromStr for Release {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Vec<u16> = text.split('.').map_while(|part| part.parse().ok()).collect();
        match numbers[..] {
            [generation, major, minor] if text.split('.').count() == 3 => Ok(Release::new(generation, major, minor)),
            _ => Err(format!("'{text}' is not an ONTAP release: three numbers are expected, as in 9.14.1")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_compare_by_number() {
        assert!(Release::new(9, 9, 1) < Release::V9_12_1);
        assert_eq!("9.16.1".parse(), Ok(Release::V9_16_1));
        assert!("9.16".parse::<Release>().is_err());
        assert!("9.16.1P2".parse::<Release>().is_err());
    }
}
