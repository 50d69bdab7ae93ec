//! Calendar days in an organisation's time zone (§7.1).
//!
//! The rules know instants only. This crate tells them when a calendar day ends where the organisation
//! is, from a zone database that is part of the program: the same version answers the same everywhere.
//! It is for servers and the command line; the WASM module is handed what it resolved.
//!
//! ```
//! use sidelight_calendar::{Calendar, parse_day};
//!
//! let berlin = Calendar::of("Europe/Berlin")?;
//! let now = "2026-07-01T22:30:00Z".parse()?;
//! assert_eq!(berlin.today(now).to_string(), "2026-07-02");
//! assert_eq!(berlin.latest_day(now)?.to_string(), "2026-09-30");
//! // The clocks go back between the two, so the day ends an hour later in UTC from then on.
//! assert_eq!(berlin.end_of(parse_day("2026-07-02")?)?.to_string(), "2026-07-02T22:00:00Z");
//! assert_eq!(berlin.end_of(parse_day("2026-12-31")?)?.to_string(), "2026-12-31T23:00:00Z");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp};
use sidelight_governance::Instant;
use sidelight_governance::guest::EndOfTerm;

pub use jiff::civil::Date as Day;

/// How many calendar days after today a guest's term ends at the latest (§7.1).
pub const LONGEST_TERM: i32 = 90;

/// The calendar of one time zone.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
}

/// Why a day or a zone could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CalendarError {
    /// The zone is not in the database.
    #[error("`{zone}` is not a time zone of the IANA database")]
    UnknownZone {
        /// The name that was given.
        zone: String,
    },
    /// The chosen day is over already.
    #[error("`{day}` is over already: today is `{today}`")]
    DayOver {
        /// The chosen day.
        day: Day,
        /// Today, in the organisation's zone.
        today: Day,
    },
    /// The chosen day is more than 90 days after today.
    #[error(
        "`{day}` is more than {LONGEST_TERM} days after today, which is `{today}`: `{latest}` is the last"
    )]
    DayTooLate {
        /// The chosen day.
        day: Day,
        /// Today, in the organisation's zone.
        today: Day,
        /// The last day that may be chosen.
        latest: Day,
    },
    /// The day lies outside of the years that can be told.
    #[error("the day lies outside of the years 0000 to 9999")]
    OutOfRange,
}

impl CalendarError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownZone { .. } => "unknown-time-zone",
            Self::DayOver { .. } => "day-over",
            Self::DayTooLate { .. } => "day-too-late",
            Self::OutOfRange => "out-of-range",
        }
    }
}

impl Calendar {
    /// The calendar of a zone by its IANA name, without regard to case.
    ///
    /// # Errors
    /// [`CalendarError::UnknownZone`].
    pub fn of(zone: &str) -> Result<Self, CalendarError> {
        let found = TimeZoneDatabase::bundled().get(zone);
        let zone = found.map_err(|_| CalendarError::UnknownZone {
            zone: zone.to_owned(),
        })?;
        Ok(Self { zone })
    }

    /// The day that an instant is part of.
    pub fn today(&self, now: Instant) -> Day {
        // Every instant of the rules is within the range of a timestamp.
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(Timestamp::MAX);
        self.zone.to_datetime(now).date()
    }

    /// The instant at which a day ends: the first that is part of a later day, and after which none is
    /// part of this one.
    ///
    /// Where the clocks skip midnight, the day ends as they do. Where they go back over midnight, the
    /// day comes back, and ends at the second midnight. A day that the zone skipped ends where it
    /// would have been.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`].
    pub fn end_of(&self, day: Day) -> Result<Instant, CalendarError> {
        let next = day.tomorrow().map_err(|_| CalendarError::OutOfRange)?;
        let midnight = next.to_datetime(Time::midnight());
        let at = |offset: jiff::tz::Offset| {
            let timestamp = offset.to_timestamp(midnight);
            timestamp.map_err(|_| CalendarError::OutOfRange)
        };
        let end = match self.zone.to_ambiguous_timestamp(midnight).offset() {
            AmbiguousOffset::Unambiguous { offset } => at(offset)?,
            // Midnight comes twice. Either the day came back in between, or the next one began twice.
            AmbiguousOffset::Fold { before, after } => {
                let (first, second) = (at(before)?, at(after)?);
                let just_before = second - Span::new().nanoseconds(1);
                if self.zone.to_datetime(just_before).date() <= day {
                    second
                } else {
                    first
                }
            }
            // Midnight is among what was skipped: the day ends with the skip, which is the first one
            // that is not before midnight by the clocks of afterwards.
            AmbiguousOffset::Gap { after, .. } => {
                let earliest = at(after)? - Span::new().nanoseconds(1);
                let mut skips = self.zone.following(earliest);
                skips.next().ok_or(CalendarError::OutOfRange)?.timestamp()
            }
        };
        Instant::from_millisecond(end.as_millisecond()).ok_or(CalendarError::OutOfRange)
    }

    /// The last day on which a guest's term may end: the 90th after today.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`].
    pub fn latest_day(&self, now: Instant) -> Result<Day, CalendarError> {
        let latest = self.today(now).checked_add(Span::new().days(LONGEST_TERM));
        latest.map_err(|_| CalendarError::OutOfRange)
    }

    /// The end of a term whose last day is the chosen one, to hand to the rules.
    ///
    /// # Errors
    /// [`CalendarError::DayOver`] for a day before today, [`CalendarError::DayTooLate`] for one more
    /// than 90 days after it.
    pub fn end_of_term(&self, now: Instant, day: Day) -> Result<EndOfTerm, CalendarError> {
        let (today, latest) = (self.today(now), self.latest_day(now)?);
        if day < today {
            return Err(CalendarError::DayOver { day, today });
        }
        if day > latest {
            return Err(CalendarError::DayTooLate { day, today, latest });
        }
        Ok(EndOfTerm {
            at: self.end_of(day)?,
            latest: self.end_of(latest)?,
        })
    }

    /// The last day of a term that ends at an instant: the day that the instant before is part of.
    pub fn last_day(&self, ends: Instant) -> Day {
        let before = Instant::from_millisecond(ends.as_millisecond() - 1).unwrap_or(ends);
        self.today(before)
    }

    /// Which day of a person's employment it is: 1 on the day it starts, below 1 before (§8.2).
    pub fn day_of_employment(&self, now: Instant, start: Day) -> i64 {
        start.duration_until(self.today(now)).as_hours() / 24 + 1
    }
}

/// Reads a calendar day such as `2026-11-21`.
///
/// # Errors
/// A message that names the text.
pub fn parse_day(text: &str) -> Result<Day, String> {
    let day: Result<Date, _> = text.parse();
    // jiff reads more than days: an instant has a day as well.
    day.ok()
        .filter(|day| day.to_string() == text)
        .ok_or_else(|| format!("`{text}` is not a calendar day such as `2026-11-21`"))
}
