//! Guests and their terms.

use serde_json::json;

use crate::sidelight::{Run, sidelight};

/// Runs a command on an organisation in Berlin with three guests.
fn ask(zone: &str, arguments: &str) -> Run {
    let guest = |id: &str, claimed: bool, ends: &str| {
        json!({"id": id, "name": format!("Guest {id}"), "profile": "p",
               "guest": {"claimed": claimed, "expiresAt": ends, "sponsor": "ada"}})
    };
    let org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": zone,
        "profiles": [{"id": "p", "name": "P"}],
        "users": [
            {"id": "ada", "name": "Ada", "profile": "p"},
            guest("late", true, "2027-01-31T23:00:00Z"),
            guest("soon", true, "2026-11-24T23:00:00Z"),
            guest("new", false, "2026-12-31T23:00:00Z")
        ]
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("org.json");
    std::fs::write(&file, org.to_string()).unwrap();
    let (name, arguments) = arguments.split_once(' ').unwrap_or((arguments, ""));
    let file = file.to_str().unwrap();
    let arguments = arguments.split_whitespace();
    sidelight(
        [name, file, "--now", "2026-11-21T12:00:00Z"]
            .into_iter()
            .chain(arguments),
    )
}

#[test]
fn guests_are_listed_with_the_last_day_of_their_terms() {
    let run = ask("Europe/Berlin", "guests --sort ends").ok();
    let lines: Vec<Vec<&str>> = run
        .out
        .lines()
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    assert_eq!(
        lines,
        [
            vec!["GUEST", "STATE", "LAST DAY", "SPONSOR", "PROFILE"],
            vec![
                "Guest soon (soon)",
                "active",
                "2026-11-24 (soon)",
                "Ada (ada)",
                "p"
            ],
            vec!["Guest new (new)", "invited", "2026-12-31", "Ada (ada)", "p"],
            vec![
                "Guest late (late)",
                "active",
                "2027-01-31",
                "Ada (ada)",
                "p"
            ],
            vec![],
            vec!["3 guests."],
        ]
    );
}

#[test]
fn guests_are_filtered_and_come_by_pages() {
    let first = ask(
        "UTC",
        "guests --state active --sort name:desc --limit 1 --json",
    )
    .ok();
    let first = first.json();
    assert_eq!(
        (&first["total"], &first["rows"][0]["user"]),
        (&json!(2), &json!("soon"))
    );
    let cursor = first["cursor"].as_str().unwrap();
    let next = format!("guests --state active --sort name:desc --limit 1 --cursor {cursor}");
    let next = ask("UTC", &next).ok();
    assert!(next.out.contains("Guest late"), "{}", next.out);
    assert!(next.out.contains("1 of 2 guests shown."), "{}", next.out);
    let none = ask("UTC", "guests --sponsor nobody").ok();
    assert_eq!(none.out, "0 guests.\n");
    ask("UTC", "guests --cursor made-up").fails(2, "error[invalid-cursor]: ");
    ask("UTC", "guests --state removed")
        .fails(2, "error[invalid-argument]: invalid value 'removed'");
    ask("UTC", "guests --sort size").fails(2, "error[invalid-argument]: invalid value 'size'");
}

#[test]
fn a_term_may_last_until_the_90th_day() {
    let term = ask("Europe/Berlin", "term").ok();
    assert_eq!(
        term.out,
        "Today is 2026-11-21 in Europe/Berlin. The last day of a term is 2027-02-19 at the latest, \
         which ends at 2027-02-19T23:00:00Z.\n"
    );
    let until = ask("Europe/Berlin", "term --until 2027-02-19 --json")
        .ok()
        .json();
    assert_eq!(until["expiresAt"], json!("2027-02-19T23:00:00Z"));

    let late = ask("Europe/Berlin", "term --until 2027-02-20");
    assert_eq!(late.code, 1);
    assert!(
        late.out
            .starts_with("No, `2027-02-20` is more than 90 days"),
        "{}",
        late.out
    );
    let over = ask("Europe/Berlin", "term --until 2026-11-20 --json");
    assert_eq!((over.code, &over.json()["code"]), (1, &json!("day-over")));
    ask("UTC", "term --until tomorrow")
        .fails(2, "error[invalid-argument]: invalid value 'tomorrow'");
}

#[test]
fn an_organisation_in_a_zone_that_does_not_exist_has_no_days() {
    for command in ["term", "guests"] {
        ask("Mars/Olympus", command).fails(3, "error[unknown-time-zone]: ");
    }
}
