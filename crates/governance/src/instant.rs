//! Instants: the clock is an argument, never read.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::error::{Code, Excerpt};
use crate::reader::{FromJson, Refused, Source, deserialize_as_read};

/// A point in time, to the nanosecond, between the years 0000 and 9999.
///
/// Written and read as RFC 3339. Any offset is read; what is written is UTC. A leap second is read
/// as the end of the second before it.
///
/// ```
/// use sidelight_governance::Instant;
/// let end: Instant = "2026-03-01T00:00:00+01:00".parse()?;
/// assert_eq!(end.to_string(), "2026-02-28T23:00:00Z");
/// assert_eq!(end.as_millisecond(), 1_772_319_600_000);
/// # Ok::<(), sidelight_governance::InvalidInstant>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    /// Seconds since 1970-01-01T00:00:00Z, rounded down.
    second: i64,
    nanosecond: u32,
}

const DAY: i64 = 86_400;
/// What a month is called, three letters each.
const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
/// 0000-01-01T00:00:00Z.
const FIRST: i64 = day_number(0, 1, 1) * DAY;
/// The second after 9999-12-31T23:59:59Z.
const END: i64 = day_number(10_000, 1, 1) * DAY;

impl Instant {
    /// 1970-01-01T00:00:00Z.
    pub(crate) const EPOCH: Self = Self {
        second: 0,
        nanosecond: 0,
    };

    fn new(second: i64, nanosecond: u32) -> Option<Self> {
        (FIRST..END)
            .contains(&second)
            .then_some(Self { second, nanosecond })
    }

    /// The instant so many milliseconds after 1970-01-01T00:00:00Z, if it can be told.
    pub fn from_millisecond(millisecond: i64) -> Option<Self> {
        let nanosecond = u32::try_from(millisecond.rem_euclid(1_000)).ok()? * 1_000_000;
        Self::new(millisecond.div_euclid(1_000), nanosecond)
    }

    /// The milliseconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn as_millisecond(self) -> i64 {
        self.second * 1_000 + i64::from(self.nanosecond / 1_000_000)
    }

    /// The instant so many days of 24 hours later, or the last second that can be told.
    #[must_use]
    pub fn saturating_add_days(self, days: i32) -> Self {
        let second = (self.second + i64::from(days) * DAY).clamp(FIRST, END - 1);
        Self { second, ..self }
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
        parse(text.as_bytes()).ok_or_else(|| InvalidInstant {
            text: text.to_owned(),
        })
    }
}

/// RFC 3339's `date-time`.
fn parse(text: &[u8]) -> Option<Instant> {
    let (date, rest) = text.split_at_checked(10)?;
    let (clock, rest) = rest.split_at_checked(9)?;
    let (nanosecond, zone) = fraction(rest)?;
    let day = parse_date(date)?;
    let [hour, minute, second] =
        numbers(clock, b"T00:00:00").or_else(|| numbers(clock, b"t00:00:00"))?;
    let offset = match zone {
        b"Z" | b"z" => 0,
        zone => {
            let ahead = numbers(zone, b"+00:00");
            let [hours, minutes] = ahead.or_else(|| numbers(zone, b"-00:00"))?;
            let offset = (hours <= 23 && minutes <= 59).then_some(hours * 3_600 + minutes * 60)?;
            if ahead.is_some() { offset } else { -offset }
        }
    };
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let is_leap = second == 60;
    let second = day * DAY + hour * 3_600 + minute * 60 + second - i64::from(is_leap) - offset;
    Instant::new(second, if is_leap { 999_999_999 } else { nanosecond })
}

/// The nanoseconds of a fraction, if there is one, and what follows.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let Some((b'.', rest)) = text.split_first() else {
        return Some((0, text));
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (fraction, zone) = rest.split_at_checked(digits)?;
    if !(1..=9).contains(&digits) {
        return None;
    }
    let padded = fraction.iter().chain(std::iter::repeat(&b'0')).take(9);
    Some((
        padded.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')),
        zone,
    ))
}

/// Whether the text is RFC 3339's `full-date`.
pub(crate) fn is_calendar_day(text: &str) -> bool {
    parse_date(text.as_bytes()).is_some()
}

fn parse_date(text: &[u8]) -> Option<i64> {
    let [year, month, day] = numbers(text, b"0000-00-00")?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=length)
        .contains(&day)
        .then(|| day_number(year, month, day))
}

/// The days from 1970-01-01 to a day of the Gregorian calendar. Counted in years that begin in
/// March, so that the leap day is the last day of its year.
const fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a day number.
fn calendar_day(number: i64) -> (i64, i64, i64) {
    let number = number + 719_468;
    let era = number.div_euclid(146_097);
    let day_of_era = number.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// The numbers in `text`, if it is like `pattern`, in which runs of `0` stand for as many digits.
fn numbers<const COUNT: usize>(text: &[u8], pattern: &[u8]) -> Option<[i64; COUNT]> {
    if text.len() != pattern.len() {
        return None;
    }
    let mut numbers = [0; COUNT];
    let mut slots = numbers.iter_mut();
    let mut current = None;
    for (byte, wanted) in text.iter().zip(pattern) {
        if *wanted == b'0' {
            let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
            let number = match current.take() {
                Some(number) => number,
                None => slots.next()?,
            };
            *number = *number * 10 + digit;
            current = Some(number);
        } else if byte == wanted {
            current = None;
        } else {
            return None;
        }
    }
    Some(numbers)
}

/// RFC 3339; `{:#}` is how a sentence tells it, as exactly: `28 Nov 2026 at 12:00 UTC`.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = calendar_day(self.second.div_euclid(DAY));
        let clock = self.second.rem_euclid(DAY);
        let (hour, minute, second) = (clock / 3_600, clock / 60 % 60, clock % 60);
        let in_words = f.alternate();
        if in_words {
            let place = usize::try_from(month - 1).unwrap_or_default() * 3;
            let month = MONTHS.get(place..place + 3).unwrap_or_default();
            write!(f, "{day} {month} {year:04} at {hour:02}:{minute:02}")?;
        } else {
            write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}")?;
        }
        if !in_words || second != 0 || self.nanosecond != 0 {
            write!(f, ":{second:02}")?;
        }
        if self.nanosecond != 0 {
            let digits = format!("{:09}", self.nanosecond);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str(if in_words { " UTC" } else { "Z" })
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

deserialize_as_read!(Instant);

impl<'de> FromJson<'de> for Instant {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        let text = from.text("a string")?;
        text.parse()
            .map_err(|error| Refused::coded(Code::InvalidInstant, error))
    }
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
    fn a_sentence_tells_the_day_by_its_month_and_the_clock_as_far_as_it_is_needed() {
        for (text, told) in [
            ("2026-11-28T12:00:00Z", "28 Nov 2026 at 12:00 UTC"),
            ("2027-01-04T00:00:00Z", "4 Jan 2027 at 00:00 UTC"),
            ("2026-12-31T19:30:00-05:00", "1 Jan 2027 at 00:30 UTC"),
            ("2026-05-31T23:59:59Z", "31 May 2026 at 23:59:59 UTC"),
            ("2026-02-28T00:00:00.25Z", "28 Feb 2026 at 00:00:00.25 UTC"),
        ] {
            let instant = text
                .parse::<Instant>()
                .map(|instant| format!("{instant:#}"));
            assert_eq!(instant.as_deref(), Ok(told), "{text}");
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
            "2026-03-01T00:60:00Z",
            "2026-03-01T00:00:61Z",
            "2026-03-01T00:00:00+24:00",
            "2026-03-01T00:00:00+00:60",
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

    #[test]
    fn every_day_of_the_calendar_is_told_as_it_was_read() {
        let mut expected = 0;
        for year in 1600..=2400 {
            for month in 1..=12 {
                for day in 1..=31 {
                    let text = format!("{year:04}-{month:02}-{day:02}");
                    let Some(number) = parse_date(text.as_bytes()) else {
                        assert!(day > 28, "{text}");
                        continue;
                    };
                    assert_eq!(calendar_day(number), (year, month, day));
                    if text != "1600-01-01" {
                        assert_eq!(number, expected + 1, "{text}");
                    }
                    expected = number;
                }
            }
        }
        assert_eq!(day_number(1970, 1, 1), 0);
        assert_eq!(day_number(2000, 3, 1), 11_017);
    }

    #[test]
    fn the_first_and_last_instants_are_told() {
        for text in [
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z",
            "2016-12-31T23:59:59Z",
        ] {
            assert_eq!(
                text.parse::<Instant>()
                    .map(|instant| instant.to_string())
                    .as_deref(),
                Ok(text)
            );
        }
        assert!("0000-01-01T00:00:00+00:01".parse::<Instant>().is_err());
        assert!("9999-12-31T23:59:59-00:01".parse::<Instant>().is_err());
        let told = |text: &str| text.parse::<Instant>().ok();
        for (day, days, end) in [
            ("9999-12-31T12:00:00Z", 1, "9999-12-31T23:59:59Z"),
            ("0000-01-01T12:00:00Z", -1, "0000-01-01T00:00:00Z"),
        ] {
            let later = told(day).map(|day| day.saturating_add_days(days));
            assert_eq!(later, told(end));
        }
        assert_eq!(Instant::from_millisecond(i64::MAX), None);
        assert_eq!(Instant::from_millisecond(i64::MIN), None);
        assert_eq!(
            Instant::from_millisecond(-1).map(Instant::as_millisecond),
            Some(-1)
        );
        let leap: Result<Instant, _> = "2016-12-31T23:59:60Z".parse();
        assert_eq!(
            leap.map(|leap| leap.to_string()).as_deref(),
            Ok("2016-12-31T23:59:59.999999999Z")
        );
    }
}
