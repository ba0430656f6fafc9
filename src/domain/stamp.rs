//! Instants as Manila writes them: `2026-11-22T09:00:00.000000`, UTC, six fraction digits, no zone suffix.
//!
//! The text sorts as the instants do, so index rows use it too.

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
        let at = self.0.to_zoned(TimeZone::UTC).datetime();
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.subsec_nanosecond() / 1000
        )
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

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
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
    use super::*;

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
