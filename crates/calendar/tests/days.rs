//! Days that are longer, shorter, repeated in part or not there at all (§7.1).
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use proptest::sample::select;
use sidelight_calendar::{Calendar, CalendarError, Day, LONGEST_TERM, parse_day};
use sidelight_governance::guest::GuestState;
use sidelight_governance::org::{Guest, Org, User};
use sidelight_governance::{Governance, Instant};

fn calendar(zone: &str) -> Calendar {
    Calendar::of(zone).unwrap()
}

fn day(text: &str) -> Day {
    parse_day(text).unwrap()
}

fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

#[test]
fn a_day_ends_where_the_zone_says() {
    for (zone, last, ends) in [
        ("UTC", "2026-11-21", "2026-11-22T00:00:00Z"),
        // Daylight saving begins and ends: a day of 23 hours, a day of 25 hours.
        ("Europe/Berlin", "2026-03-28", "2026-03-28T23:00:00Z"),
        ("Europe/Berlin", "2026-03-29", "2026-03-29T22:00:00Z"),
        ("Europe/Berlin", "2026-10-24", "2026-10-24T22:00:00Z"),
        ("Europe/Berlin", "2026-10-25", "2026-10-25T23:00:00Z"),
        // Midnight does not exist on the next day: the day ends as the clocks jump.
        ("America/Havana", "2026-03-07", "2026-03-08T05:00:00Z"),
        ("Africa/Cairo", "2024-04-25", "2024-04-25T22:00:00Z"),
        ("Asia/Beirut", "2026-03-28", "2026-03-28T22:00:00Z"),
        ("America/Sao_Paulo", "2018-11-03", "2018-11-04T03:00:00Z"),
        // The jump begins before midnight: 23:30 became 00:30.
        ("America/Toronto", "1919-03-30", "1919-03-31T04:30:00Z"),
        // Midnight comes twice, an hour into the next day, and then with an hour of this day between.
        ("America/Havana", "2026-10-31", "2026-11-01T04:00:00Z"),
        ("America/St_Johns", "2010-11-06", "2010-11-07T03:30:00Z"),
        // The last hour comes twice.
        ("America/Sao_Paulo", "2018-02-17", "2018-02-18T03:00:00Z"),
        // The 30th was skipped: the 29th ends as the 31st begins.
        ("Pacific/Apia", "2011-12-29", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2011-12-31", "2011-12-31T10:00:00Z"),
        // Half hours and quarters.
        ("Asia/Kolkata", "2026-11-21", "2026-11-21T18:30:00Z"),
        ("Asia/Kathmandu", "2026-11-21", "2026-11-21T18:15:00Z"),
        ("Australia/Lord_Howe", "2026-10-03", "2026-10-03T13:30:00Z"),
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-04T13:00:00Z"),
        // Ends of years and of February.
        ("Pacific/Auckland", "2026-12-31", "2026-12-31T11:00:00Z"),
        ("America/New_York", "2028-02-28", "2028-02-29T05:00:00Z"),
        ("America/New_York", "2028-02-29", "2028-03-01T05:00:00Z"),
    ] {
        let ended = calendar(zone).end_of(day(last)).unwrap();
        assert_eq!(ended, instant(ends), "{zone} {last}");
    }
}

#[test]
fn a_day_that_comes_back_is_today_again() {
    // In St John's the clocks went from 00:01 back to 23:01.
    let st_johns = calendar("America/St_Johns");
    for (now, today) in [
        ("2010-11-07T02:30:30Z", "2010-11-07"),
        ("2010-11-07T02:31:00Z", "2010-11-06"),
        ("2010-11-07T03:29:59Z", "2010-11-06"),
        ("2010-11-07T03:30:00Z", "2010-11-07"),
    ] {
        assert_eq!(st_johns.today(instant(now)), day(today), "{now}");
    }
}

#[test]
fn the_90th_day_is_counted_in_the_organisations_calendar() {
    for (zone, now, latest) in [
        ("Europe/Berlin", "2026-01-01T12:00:00Z", "2026-04-01"),
        // Late in the evening in UTC it is tomorrow in Berlin, and still today in New York.
        ("Europe/Berlin", "2026-07-01T22:30:00Z", "2026-09-30"),
        ("America/New_York", "2026-07-01T22:30:00Z", "2026-09-29"),
        ("America/New_York", "2027-12-31T12:00:00Z", "2028-03-30"),
        ("America/New_York", "2026-12-31T12:00:00Z", "2027-03-31"),
        ("Pacific/Apia", "2011-10-01T12:00:00Z", "2011-12-30"),
        ("Pacific/Kiritimati", "2026-11-21T10:00:00Z", "2027-02-20"),
    ] {
        let latest_day = calendar(zone).latest_day(instant(now)).unwrap();
        assert_eq!(latest_day, day(latest), "{zone} {now}");
    }
}

#[test]
fn a_term_ends_from_today_until_the_90th_day() {
    let berlin = calendar("Europe/Berlin");
    let now = instant("2026-11-21T12:00:00Z");
    let code = |chosen: &str| {
        berlin
            .end_of_term(now, day(chosen))
            .map_err(|error| error.code())
    };
    assert_eq!(code("2026-11-20").unwrap_err(), "day-over");
    assert_eq!(
        code("2026-11-21").unwrap().at,
        instant("2026-11-21T23:00:00Z")
    );
    assert_eq!(
        code("2027-02-19").unwrap().at,
        instant("2027-02-19T23:00:00Z")
    );
    assert_eq!(code("2027-02-20").unwrap_err(), "day-too-late");
    let error = berlin.end_of_term(now, day("2027-02-20")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`2027-02-20` is more than 90 days after today, which is `2026-11-21`: `2027-02-19` is the last"
    );
}

#[test]
fn a_zone_that_does_not_exist_is_an_error() {
    for zone in ["Mars/Olympus", "", "Europe", "../etc/passwd"] {
        let error = Calendar::of(zone).unwrap_err();
        assert_eq!(error.code(), "unknown-time-zone");
        assert_eq!(
            error,
            CalendarError::UnknownZone {
                zone: zone.to_owned()
            }
        );
    }
    assert!(Calendar::of("europe/berlin").is_ok());
}

#[test]
fn years_that_cannot_be_told_are_an_error() {
    let utc = calendar("UTC");
    assert_eq!(utc.end_of(Day::MAX), Err(CalendarError::OutOfRange));
    let late = instant("9999-12-01T00:00:00Z");
    assert_eq!(utc.latest_day(late), Err(CalendarError::OutOfRange));
}

#[test]
fn a_day_is_written_in_one_way() {
    assert_eq!(parse_day("2028-02-29"), Ok(Day::constant(2028, 2, 29)));
    for text in [
        "2027-02-29",
        "2026-1-1",
        "20260101",
        "2026-01-01T00:00",
        "today",
        "",
    ] {
        let message = parse_day(text).unwrap_err();
        assert!(message.contains(&format!("`{text}`")), "{message}");
    }
}

#[test]
fn days_of_employment_begin_with_1() {
    let berlin = calendar("Europe/Berlin");
    let on = |now: &str| berlin.day_of_employment(instant(now), day("2026-10-24"));
    assert_eq!(on("2026-10-23T21:59:59Z"), 0);
    assert_eq!(on("2026-10-23T22:00:00Z"), 1);
    // The day on which the clocks go back has 25 hours.
    assert_eq!(on("2026-10-24T22:00:00Z"), 2);
    assert_eq!(on("2026-10-25T22:59:59Z"), 2);
    assert_eq!(on("2026-10-25T23:00:00Z"), 3);
    assert_eq!(on("2026-10-01T00:00:00Z"), -22);
}

/// Zones whose days do odd things, and some that do not.
const ZONES: [&str; 16] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Toronto",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Manila",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Kwajalein",
];

/// From 1840 to 2100, by milliseconds.
fn now() -> impl Strategy<Value = Instant> {
    (-4_102_444_800_000..4_102_444_800_000_i64)
        .prop_map(|millisecond| Instant::from_millisecond(millisecond).unwrap())
}

fn later(instant: Instant, milliseconds: i64) -> Instant {
    Instant::from_millisecond(instant.as_millisecond() + milliseconds).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_term_has_at_most_90_days_whatever_the_zone(
        zone in select(&ZONES[..]),
        now in now(),
        chosen in 0..=LONGEST_TERM,
    ) {
        let calendar = calendar(zone);
        let today = calendar.today(now);
        let chosen = today.checked_add(jiff::Span::new().days(chosen)).unwrap();
        let latest = calendar.latest_day(now).unwrap();
        prop_assert_eq!(today.until(latest).unwrap().get_days(), 90);

        let end = calendar.end_of_term(now, chosen).unwrap();
        prop_assert!(now < end.at && end.at <= end.latest);
        // The end is exclusive: the millisecond before is part of the chosen day (or of the one before
        // a day that was skipped), and what follows is not.
        prop_assert!(calendar.last_day(end.at) <= chosen);
        prop_assert!(calendar.today(end.at) > chosen);
        for hour in 0..30 {
            prop_assert!(calendar.today(later(end.at, hour * 3_600_000)) > chosen);
        }

        // And the rules take it: the guest is active until then, and not from then on.
        let mut org = Org::new("o", "O", zone);
        let mut guest = User::new("g", "Guest", "default");
        guest.guest = Some(Guest { claimed: true, expires_at: now, revoked_at: None, sponsor: None });
        org.users = vec![User::new("admin", "Admin", "admin"), guest];
        let mut governance = Governance::from_org(org).unwrap();
        let step = governance.at(now).extend("admin", "g", end).unwrap();
        governance.apply(&step.changes).unwrap();
        let state = |at| governance.at(at).guest_state("g");
        prop_assert_eq!(state(later(end.at, -1)), Some(GuestState::Active));
        prop_assert_eq!(state(end.at), Some(GuestState::Expired));

        let too_late = latest.tomorrow().unwrap();
        prop_assert_eq!(
            calendar.end_of_term(now, too_late).unwrap_err().code(),
            "day-too-late"
        );
    }
}
