//! Microversions: which version of the wire format a request speaks, and for which versions something exists.
//!
//! The tables of routes, views and bodies write spans in Rust's own range notation; a version that does not exist
//! does not compile. How to get it wrong: both ends of a span are inclusive.

use std::fmt;

/// A version `2.minor` of the API.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Microversion(u8);

impl Microversion {
    /// What a request without a version header speaks.
    pub const MIN: Self = Microversion(0);
    /// The newest version served.
    pub const MAX: Self = Microversion(99);

    /// Version `2.minor`, if it is served.
    pub const fn minor(minor: u8) -> Option<Self> {
        if minor <= Self::MAX.0 { Some(Microversion(minor)) } else { None }
    }

    /// Reads `2.31` out of a table. Fails to compile in a constant when the version is not served.
    pub const fn written(text: &str) -> Self {
        let bytes = text.as_bytes();
        assert!(bytes.len() >= 3 && bytes[0] == b'2' && bytes[1] == b'.', "a microversion is written 2.N");
        let mut minor = 0u32;
        let mut at = 2;
        while at < bytes.len() {
            assert!(bytes[at].is_ascii_digit(), "a microversion is written 2.N");
            minor = minor * 10 + (bytes[at] - b'0') as u32;
            at += 1;
        }
        assert!(minor <= Self::MAX.0 as u32, "no such microversion");
        Microversion(minor as u8)
    }

    /// All versions served, oldest first.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        (0..=Self::MAX.0).map(Microversion)
    }
}

impl fmt::Display for Microversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "2.{}", self.0)
    }
}

impl fmt::Debug for Microversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The versions in which something exists, both ends inclusive, and up to which version it needs the
/// experimental header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: Microversion,
    pub to: Microversion,
    pub experimental_to: Option<Microversion>,
}

impl Span {
    pub const ALL: Self = Span { from: Microversion::MIN, to: Microversion::MAX, experimental_to: None };

    pub const fn between(from: Microversion, to: Microversion) -> Self {
        assert!(from.0 <= to.0, "a span ends after it begins");
        Span { from, to, experimental_to: None }
    }

    pub const fn experimental_to(self, last: Microversion) -> Self {
        assert!(self.from.0 <= last.0 && last.0 <= self.to.0, "the experimental part lies inside the span");
        Span { from: self.from, to: self.to, experimental_to: Some(last) }
    }

    pub const fn contains(self, version: Microversion) -> bool {
        self.from.0 <= version.0 && version.0 <= self.to.0
    }

    /// Whether a request at `version` needs the experimental header.
    pub const fn is_experimental_at(self, version: Microversion) -> bool {
        match self.experimental_to {
            Some(last) => self.contains(version) && version.0 <= last.0,
            None => false,
        }
    }

    /// Whether a request of this version, with or without the experimental header, is served.
    pub const fn serves(self, version: Microversion, experimental: bool) -> bool {
        self.contains(version) && (experimental || !self.is_experimental_at(version))
    }

    pub const fn overlaps(self, other: Span) -> bool {
        self.from.0 <= other.to.0 && other.from.0 <= self.to.0
    }
}

/// Writes a [`Span`] in range notation: `[..]`, `[2.7..]`, `[..=2.6]`, `[2.7..=2.44]`, `[2.80.. experimental]`,
/// `[2.31.. experimental ..=2.54]`, `[2.22..=2.97 experimental ..=2.95]`.
#[macro_export]
macro_rules! span {
    ([..]) => {
        $crate::microversion::Span::ALL
    };
    ([$from:literal ..]) => {
        $crate::microversion::Span::between(
            $crate::microversion::Microversion::written(stringify!($from)),
            $crate::microversion::Microversion::MAX,
        )
    };
    ([..= $to:literal]) => {
        $crate::microversion::Span::between(
            $crate::microversion::Microversion::MIN,
            $crate::microversion::Microversion::written(stringify!($to)),
        )
    };
    ([$from:literal ..= $to:literal]) => {
        $crate::microversion::Span::between(
            $crate::microversion::Microversion::written(stringify!($from)),
            $crate::microversion::Microversion::written(stringify!($to)),
        )
    };
    ([$from:literal .. experimental]) => {
        $crate::span!([$from..]).experimental_to($crate::microversion::Microversion::MAX)
    };
    ([$from:literal .. experimental ..= $last:literal]) => {
        $crate::span!([$from..]).experimental_to($crate::microversion::Microversion::written(stringify!($last)))
    };
    ([$from:literal ..= $to:literal experimental ..= $last:literal]) => {
        $crate::span!([$from..=$to]).experimental_to($crate::microversion::Microversion::written(stringify!($last)))
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_as_ranges_with_both_ends_included() {
        let span = span!([2.7..=2.44]);
        let inside: Vec<_> = Microversion::all().filter(|version| span.contains(*version)).collect();
        assert_eq!(inside.first().unwrap().to_string(), "2.7");
        assert_eq!(inside.last().unwrap().to_string(), "2.44");
        assert_eq!(span!([..]), Span::ALL);
        assert!(span!([..=2.6]).contains(Microversion::MIN));
        assert!(span!([2.10..]).contains(Microversion::MAX));
    }

    #[test]
    fn the_experimental_part_ends_where_it_says() {
        let span = span!([2.31.. experimental ..=2.54]);
        assert!(span.is_experimental_at(Microversion::written("2.54")));
        assert!(!span.is_experimental_at(Microversion::written("2.55")));
        assert!(!span.is_experimental_at(Microversion::written("2.30")));
        assert!(span!([2.80..experimental]).is_experimental_at(Microversion::MAX));
        let ending = span!([2.22..=2.97 experimental ..=2.95]);
        for (minor, with, without) in [(21, false, false), (95, true, false), (97, true, true), (98, false, false)] {
            let version = Microversion::minor(minor).unwrap();
            assert_eq!((ending.serves(version, true), ending.serves(version, false)), (with, without), "2.{minor}");
        }
    }
}
