//! Instants: the clock is an argument, never read.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Code, Excerpt, coded};

/// A point in time, to the nanosecond, between the years 0 and 9999.
///
/// Written and read as RFC 3339. Any offset is read; what is written is UTC.
///
/// ```
/// use sidelight_governance::Instant;
/// let end: Instant = "2026-03-01T00:00:00+01:00".parse()?;
/// assert_eq!(end.to_string(), "2026-02-28T23:00:00Z");
/// assert_eq!(end.as_millisecond(), 1_772_319_600_000);
/// # Ok::<(), sidelight_governance::InvalidInstant>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Timestamp);

impl Instant {
    /// The instant so many milliseconds after 1970-01-01T00:00:00Z, if it can be told.
    pub fn from_millisecond(millisecond: i64) -> Option<Self> {
        Timestamp::from_millisecond(millisecond).ok().map(Self)
    }

    /// The milliseconds since 1970-01-01T00:00:00Z, rounded towards it.
    pub fn as_millisecond(self) -> i64 {
        self.0.as_millisecond()
    }

    /// The instant so many days of 24 hours later, or the last one that can be told.
    #[must_use]
    pub fn saturating_add_days(self, days: i32) -> Self {
        let span = jiff::SignedDuration::from_hours(i64::from(days) * 24);
        Self(self.0.saturating_add(span).unwrap_or(Timestamp::MAX))
    }
}

/// Text that is not an RFC 3339 instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not an RFC 3339 instant such as `2026-03-01T00:00:00Z`",
    Excerpt(text)
)]
pub struct InvalidInstant {
    text: String,
}

impl FromStr for Instant {
    type Err = InvalidInstant;

    fn from_str(text: &str) -> Result<Self, InvalidInstant> {
        let refused = || InvalidInstant {
            text: text.to_owned(),
        };
        // The library reads more than RFC 3339 allows, so the form is held to the grammar first.
        if !is_rfc3339(text.as_bytes()) {
            return Err(refused());
        }
        text.parse().map(Self).map_err(|_| refused())
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse()
            .map_err(|error| coded(Code::InvalidInstant, error))
    }
}

/// Whether the text has the form of RFC 3339's `date-time`.
fn is_rfc3339(text: &[u8]) -> bool {
    let Some((date, time)) = text.split_at_checked(10) else {
        return false;
    };
    let Some((clock, rest)) = time.split_at_checked(9) else {
        return false;
    };
    let rest = match rest.split_first() {
        Some((b'.', fraction)) => {
            let digits = fraction
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            if digits == 0 || digits > 9 {
                return false;
            }
            fraction.get(digits..).unwrap_or_default()
        }
        _ => rest,
    };
    is_date(date)
        && (matches(clock, b"T00:00:00") || matches(clock, b"t00:00:00"))
        && (matches!(rest, b"Z" | b"z") || matches(rest, b"+00:00") || matches(rest, b"-00:00"))
}

/// Whether the text has the form of RFC 3339's `full-date` and names a day of the calendar.
pub(crate) fn is_calendar_day(text: &str) -> bool {
    is_date(text.as_bytes()) && text.parse::<jiff::civil::Date>().is_ok()
}

fn is_date(text: &[u8]) -> bool {
    matches(text, b"0000-00-00")
}

/// Whether `text` is like `pattern`, in which a `0` stands for any digit.
fn matches(text: &[u8], pattern: &[u8]) -> bool {
    text.len() == pattern.len()
        && text.iter().zip(pattern).all(|(byte, wanted)| {
            if *wanted == b'0' {
                byte.is_ascii_digit()
            } else {
                byte == wanted
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_as_rfc_3339_and_written_in_utc() {
        for (text, written) in [
            ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"),
            ("2026-03-01t00:00:00z", "2026-03-01T00:00:00Z"),
            ("2026-03-01T00:00:00.5-05:00", "2026-03-01T05:00:00.5Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(
                text.parse::<Instant>()
                    .map(|instant| instant.to_string())
                    .as_deref(),
                Ok(written),
                "{text}"
            );
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "now",
            "2026-03-01",
            "2026-03-01T00:00:00",
            "2026-03-01 00:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T00:00Z",
            "2026-03-01T00:00:00.Z",
            "2026-03-01T00:00:00Z[UTC]",
            "+002026-03-01T00:00:00Z",
            "2026-03-01T00:00:00+0100",
            "20260301T000000Z",
            "2026-13-01T00:00:00Z",
        ] {
            assert!(text.parse::<Instant>().is_err(), "{text}");
        }
    }
}
