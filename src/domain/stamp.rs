//! Instants as Manila writes them: `2026-11-22T09:00:00.000000`, UTC, six fraction digits, no zone suffix.
//!
//! The text sorts as the instants do, so index rows use it too.

use std::fmt::{Display, Formatter};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant of wall time, to the microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(pub Timestamp);

impl Stamp {
    /// The instant as text; the inverse of [`Stamp::parse`].
    pub fn text(self) -> String {
        self.to_string()
    }

    /// Digit by digit, without a formatter: each share in a list of thousands has several.
    fn written(self) -> [u8; 26] {
        let at = TimeZone::UTC.to_datetime(self.0);
        let mut text = *b"0000-00-00T00:00:00.000000";
        let mut put = |places: std::ops::Range<usize>, mut number: i32| {
            for digit in text[places].iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
        };
        put(0..4, i32::from(at.year().max(0)));
        for (from, number) in [(5, at.month()), (8, at.day()), (11, at.hour()), (14, at.minute()), (17, at.second())] {
            put(from..from + 2, i32::from(number));
        }
        put(20..26, at.subsec_nanosecond() / 1000);
        text
    }

    /// Reads ISO 8601 dates and date-times, with or without a zone; without one, UTC is meant.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(zoned) = text.parse::<Timestamp>() {
            return Some(Stamp(zoned));
        }
        let civil: DateTime = text.parse().ok()?;
        civil.to_zoned(TimeZone::UTC).ok().map(|zoned| Stamp(zoned.timestamp()))
    }
}

impl From<Timestamp> for Stamp {
    fn from(at: Timestamp) -> Self {
        Stamp(at)
    }
}

impl Display for Stamp {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        out.write_str(std::str::from_utf8(&self.written()).map_err(|_| std::fmt::Error)?)
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.written()).map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Stamp::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("not an instant: {text:?}")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_instant_since_year_0_reads_back_and_its_text_sorts_as_it_does(
            a in -62_000_000_000_000_000i64..253_000_000_000_000_000,
            b in -62_000_000_000_000_000i64..253_000_000_000_000_000,
        ) {
            let [a, b] = [a, b].map(|at| Stamp(Timestamp::from_microsecond(at).unwrap()));
            prop_assert_eq!(Stamp::parse(&a.text()), Some(a));
            prop_assert_eq!(a.cmp(&b), a.text().cmp(&b.text()));
        }
    }

    #[test]
    fn the_text_has_six_fraction_digits_and_no_zone() {
        let stamp = Stamp::parse("2026-11-22T09:00:00").unwrap();
        assert_eq!(stamp.text(), "2026-11-22T09:00:00.000000");
        assert_eq!(Stamp::parse(&stamp.text()), Some(stamp));
        assert_eq!(Stamp::parse("2026-11-22T10:00:00+01:00"), Some(stamp));
        assert_eq!(Stamp::parse("2026-11-22").unwrap().text(), "2026-11-22T00:00:00.000000");
        assert_eq!(Stamp::parse("yesterday"), None);
    }
}
