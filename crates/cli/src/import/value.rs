//! Cells as numbers, switches, days and instants.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use sidelight_governance::Instant;

/// True or false, in any case, or as a digit.
pub(crate) fn read_bool(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// What a message says where there is no date.
pub(crate) fn expected_date(format: Option<&str>) -> String {
    match format {
        Some(format) => format!("a date of the form `{format}`"),
        None => "a date such as `2026-11-21`; give its `format`".to_owned(),
    }
}

/// The calendar day of a date, or of a date and time, whose day is taken as it is written.
pub(crate) fn read_day(value: &str, format: Option<&str>) -> Option<String> {
    let Some(format) = format else {
        let (day, rest) = value.split_at_checked(10)?;
        let date: Date = day.parse().ok()?;
        let separated = rest.is_empty() || rest.starts_with(['T', ' ']);
        return Some(date.to_string()).filter(|written| separated && written == day);
    };
    Some(Date::strptime(format, value).ok()?.to_string())
}

/// An instant; a date and time without an offset is read as UTC.
pub(crate) fn read_instant(value: &str, format: Option<&str>) -> Option<Instant> {
    let timestamp = match format {
        None => value.parse().ok(),
        Some(format) => jiff::Timestamp::strptime(format, value).ok(),
    };
    let in_utc = || {
        let civil = match format {
            None => value.parse().ok()?,
            Some(format) => DateTime::strptime(format, value).ok()?,
        };
        TimeZone::UTC.to_timestamp(civil).ok()
    };
    let timestamp: jiff::Timestamp = timestamp.or_else(in_utc)?;
    timestamp.to_string().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_from_dates_and_from_dates_with_times() {
        for (value, format, day) in [
            ("2016-10-20", None, Some("2016-10-20")),
            ("2018-12-19 00:00:00", None, Some("2018-12-19")),
            ("2020-07-30T22:08:34.000+0000", None, Some("2020-07-30")),
            ("31/01/2024", Some("%d/%m/%Y"), Some("2024-01-31")),
            ("2016-02-30", None, None),
            ("20161020", None, None),
            ("2016-10-20x", None, None),
            ("31/01/2024", None, None),
            ("2024-01-31", Some("%d/%m/%Y"), None),
            ("", None, None),
        ] {
            assert_eq!(read_day(value, format).as_deref(), day, "{value}");
        }
    }

    #[test]
    fn instants_keep_their_offset_and_are_utc_without_one() {
        for (value, format, instant) in [
            ("2020-07-30T22:08:34Z", None, Some("2020-07-30T22:08:34Z")),
            (
                "2020-07-30T22:08:34.000+0000",
                None,
                Some("2020-07-30T22:08:34Z"),
            ),
            (
                "2020-07-30T22:08:34+02:00",
                None,
                Some("2020-07-30T20:08:34Z"),
            ),
            ("2019-10-17 21:10:19", None, Some("2019-10-17T21:10:19Z")),
            (
                "17.10.2019 21:10",
                Some("%d.%m.%Y %H:%M"),
                Some("2019-10-17T21:10:00Z"),
            ),
            (
                "17.10.2019 21:10 +0100",
                Some("%d.%m.%Y %H:%M %z"),
                Some("2019-10-17T20:10:00Z"),
            ),
            ("yesterday", None, None),
        ] {
            let read = read_instant(value, format).map(|instant| instant.to_string());
            assert_eq!(read.as_deref(), instant, "{value}");
        }
    }
}
