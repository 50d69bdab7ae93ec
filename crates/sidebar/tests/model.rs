//! What the sidebar says about the demo organisation, without a browser.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use sidelight_governance::{
    Action, Change, Governance, Instant, RecordType, Remedy, Removal, Rule,
};
use sidelight_sidebar::message;
use sidelight_sidebar::model::audience::Audience;
use sidelight_sidebar::model::deals::{Choices, Column, Sorting, Table, TableState};
use sidelight_sidebar::model::people::{People, Term};
use sidelight_sidebar::model::tiers;
use sidelight_sidebar::model::verdict::{Cause, Verdict, gate};
use sidelight_sidebar::model::{Organisation, Subject};

fn demo() -> Organisation {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/organisation.json");
    Organisation::new(Governance::load(&std::fs::read(path).unwrap()).unwrap())
}

fn now() -> Instant {
    "2026-11-21T09:00:00Z".parse().unwrap()
}

fn account(id: &str) -> Subject {
    Subject::Record {
        kind: RecordType::Account,
        id: id.to_owned(),
    }
}

fn verdict(viewer: &str, action: Action, subject: &Subject) -> Verdict {
    Verdict::new(&demo(), now(), viewer, action, subject).unwrap()
}

#[test]
fn a_grant_through_a_report_shows_the_path_of_roles_once() {
    let verdict = verdict("alice", Action::View, &account("acme"));
    assert_eq!(verdict.headline, "Alice Moreau can see this account");
    assert_eq!(verdict.reasons.len(), 1);
    let reason = verdict.reasons.first().unwrap();
    assert_eq!(reason.cause, Cause::Grant(Rule::Report));
    assert_eq!(reason.path, ["SMB EAST LEAD", "SMB EAST"]);
    assert!(!reason.text.contains('›'), "{}", reason.text);
    assert!(verdict.remedies.is_empty());
}

#[test]
fn a_refusal_names_every_holder_and_what_would_change_it() {
    let verdict = verdict("priya", Action::View, &account("acme"));
    assert_eq!(verdict.headline, "Priya Raman cannot see this account");
    assert!(!verdict.allowed && !verdict.sees());
    let holders: Vec<_> = verdict
        .reasons
        .iter()
        .flat_map(|reason| &reason.holders)
        .collect();
    let names: Vec<_> = holders.iter().map(|holder| holder.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Yara Mansour",
            "Ben Achterberg",
            "Kofi Mensah",
            "Lena Hoffmann"
        ]
    );
    assert!(
        holders
            .iter()
            .all(|holder| message::relation(holder.relation) == "in another branch")
    );
    assert!(
        verdict
            .remedies
            .iter()
            .any(|remedy| remedy.text.starts_with("Assign Priya Raman")),
        "{:?}",
        verdict.remedies
    );
}

#[test]
fn a_remedy_is_tried_on_a_copy() {
    let organisation = demo();
    let subject = account("acme");
    let ask = |organisation: &Organisation| {
        Verdict::new(organisation, now(), "priya", Action::View, &subject).unwrap()
    };
    let refused = ask(&organisation);
    assert!(refused.remedies.len() > 1);
    for remedy in &refused.remedies {
        let tried = organisation.trying(remedy);
        assert!(ask(&tried).allowed, "{}", remedy.text);
        let mut changed = Governance::clone(&organisation);
        changed.apply(&remedy.changes).unwrap();
        assert_eq!(tried.to_org(), changed.to_org());
        // Tried again where it is made already, it changes nothing.
        assert_eq!(tried.trying(remedy).to_org(), changed.to_org());
    }
    assert_eq!(ask(&organisation), refused);
    // What no remedy does is not tried.
    let remove = Change::Remove(Removal::User {
        id: "priya".to_owned(),
    });
    let none = Remedy {
        changes: vec![remove],
        text: String::new(),
    };
    assert_eq!(organisation.trying(&none), organisation);
}

#[test]
fn seeing_a_record_and_changing_it_are_told_apart() {
    let verdict = verdict("alice", Action::Delete, &account("acme"));
    assert_eq!(verdict.headline, "Alice Moreau cannot delete this account");
    assert!(!verdict.allowed && verdict.sees());
    let granted: Vec<_> = verdict
        .permissions
        .iter()
        .map(|permission| (permission.label, permission.granted))
        .collect();
    assert_eq!(
        granted,
        [
            ("View", true),
            ("Edit", true),
            ("Delete", false),
            ("Assign", true)
        ]
    );
}

#[test]
fn a_type_without_assigned_users_is_not_asked_about_assigning() {
    let task = Subject::Record {
        kind: RecordType::Task,
        id: "task-01".to_owned(),
    };
    let labels: Vec<_> = verdict("alice", Action::View, &task)
        .permissions
        .iter()
        .map(|permission| permission.label)
        .collect();
    assert_eq!(labels, ["View", "Edit", "Delete"]);
}

#[test]
fn a_deals_permissions_are_the_viewers_interactions() {
    let (demo, deal) = (
        demo(),
        Subject::Deal {
            id: "larkspur-001".to_owned(),
        },
    );
    for (viewer, expected) in [
        ("michael", [true, true, false]),
        ("joseph", [true, true, true]),
        ("mila", [false, false, false]),
        ("nadia", [true, true, true]),
    ] {
        let verdict = Verdict::new(&demo, now(), viewer, Action::Edit, &deal).unwrap();
        let granted: Vec<_> = verdict.permissions.iter().map(|one| one.granted).collect();
        assert_eq!(granted, expected, "{viewer}");
        assert_eq!(verdict.sees(), verdict.allowed, "{viewer}");
    }
}

#[test]
fn unknown_viewers_and_records_are_answered_with_their_ids() {
    let nobody = verdict("nobody", Action::View, &account("acme"));
    assert_eq!(nobody.headline, "nobody cannot see this account");
    let nothing = verdict("alice", Action::View, &account("__proto__"));
    assert!(!nothing.allowed && !nothing.reasons.is_empty());
    assert_eq!(account("__proto__").name(&demo()), "__proto__");
}

#[test]
fn people_stand_in_the_job_role_of_their_assignment() {
    let demo = demo();
    let people = People::new(&demo, now(), "alice", RecordType::Account, "acme");
    let shown: Vec<_> = people
        .rows
        .iter()
        .map(|person| {
            (
                person.name.as_str(),
                person.job_role.as_deref(),
                person.owner,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("Yara Mansour", Some("AE"), true),
            ("Ben Achterberg", Some("AE"), false),
            ("Kofi Mensah", Some("SDR"), false),
            ("Lena Hoffmann", Some("CSM"), false),
        ]
    );
    assert_eq!(people.hidden, 0);
    let hidden = People::new(&demo, now(), "priya", RecordType::Account, "acme");
    assert!(hidden.rows.is_empty());
}

#[test]
fn an_owner_who_is_gone_is_told_from_no_owner() {
    let demo = demo();
    for (id, is_gone) in [("rookmere", true), ("acme", false)] {
        let people = People::new(&demo, now(), "robin", RecordType::Account, id);
        assert_eq!(people.owner_is_gone, is_gone, "{id}");
    }
    let unowned = demo
        .records(RecordType::Account)
        .find(|record| record.owner.is_none())
        .unwrap();
    let people = People::new(&demo, now(), "robin", RecordType::Account, &unowned.id);
    assert!(!people.owner_is_gone);
}

#[test]
fn a_guest_on_a_record_has_a_term_that_expires_within_seven_days() {
    let demo = demo();
    let ends: Instant = "2027-02-19T05:00:00Z".parse().unwrap();
    for (days, expiring) in [(-8, false), (-7, true), (0, false)] {
        let at = ends.saturating_add_days(days);
        let people = People::new(&demo, at, "robin", RecordType::Opportunity, "acme-ledger");
        let guests = people.rows.iter().filter_map(|person| person.term.as_ref());
        let guests: Vec<_> = guests.collect();
        let expected = Term { ends, expiring };
        assert_eq!(guests, [&expected], "{days}");
    }
}

#[test]
fn everyone_who_sees_a_record_is_in_exactly_one_group() {
    let demo = demo();
    for record in demo.records(RecordType::Account) {
        let subject = account(&record.id);
        let audience = Audience::new(&demo, None, now(), &subject).unwrap();
        let mut users: Vec<_> = audience
            .groups
            .iter()
            .flat_map(|group| group.members.iter().map(|member| member.user.as_str()))
            .collect();
        assert_eq!(users.len(), audience.total);
        users.sort_unstable();
        users.dedup();
        assert_eq!(users.len(), audience.total, "{}", record.id);
        let at = demo.at(now());
        for user in users {
            assert_eq!(
                at.can(user, Action::View, RecordType::Account, Some(&record.id)),
                Ok(true)
            );
        }
        let rules: Vec<_> = audience.groups.iter().map(|group| group.rule).collect();
        assert!(rules.is_sorted(), "{rules:?}");
    }
}

#[test]
fn a_group_tells_through_whom_and_for_which_reasons_besides() {
    let audience = Audience::new(&demo(), None, now(), &account("acme")).unwrap();
    let details = |user: &str| {
        let mut members = audience.groups.iter().flat_map(|group| &group.members);
        members
            .find(|member| member.user == user)
            .unwrap()
            .details
            .join("; ")
    };
    assert_eq!(details("yara"), "");
    assert_eq!(details("alice"), "through Ben Achterberg");
    // Above all four holders, and above Robin, who sees all accounts.
    assert!(
        details("imani").contains("through Yara Mansour"),
        "{}",
        details("imani")
    );
    assert!(
        details("imani").ends_with("also lead of somebody who sees all"),
        "{}",
        details("imani")
    );
}

#[test]
fn who_gains_sight_by_a_remedy_is_marked_and_comes_first() {
    let demo = demo();
    let subject = account("acme");
    let seen = Audience::new(&demo, None, now(), &subject).unwrap();
    assert_eq!(seen.new, None);
    let refused = Verdict::new(&demo, now(), "priya", Action::View, &subject).unwrap();
    for remedy in &refused.remedies {
        let tried = demo.trying(remedy);
        let audience = Audience::new(&tried, Some(&demo), now(), &subject).unwrap();
        let mut count = 0;
        for group in &audience.groups {
            assert!(group.members.is_sorted_by_key(|member| !member.is_new));
            let new = group.members.iter().filter(|member| member.is_new);
            assert_eq!(new.count(), group.new);
            count += group.new;
            for member in &group.members {
                let is_new = !subject.is_seen(&demo, now(), &member.user);
                assert_eq!(member.is_new, is_new, "{}: {}", remedy.text, member.user);
            }
        }
        assert!(count > 0, "{}", remedy.text);
        assert_eq!(audience.new, Some(count));
    }
    // A change that opens nothing has nobody who is new, and taking one back has nobody either.
    let same = Audience::new(&demo, Some(&demo), now(), &subject).unwrap();
    assert_eq!((same.new, &same.groups), (Some(0), &seen.groups));
    let tried = demo.trying(refused.remedies.first().unwrap());
    let back = Audience::new(&demo, Some(&tried), now(), &subject).unwrap();
    assert_eq!((back.new, back.groups), (Some(0), seen.groups));
}

#[test]
fn new_viewers_of_a_deal_are_marked_too() {
    let demo = demo();
    let pairs = demo.deals().flat_map(|deal| {
        let viewers: Vec<_> = demo.users().take(12).map(|user| user.id).collect();
        viewers.into_iter().map(move |user| (deal.id.clone(), user))
    });
    let mut tried_any = false;
    for (id, user) in pairs.take(60) {
        let subject = Subject::Deal { id };
        let refused = Verdict::new(&demo, now(), &user, Action::View, &subject).unwrap();
        for remedy in &refused.remedies {
            let tried = demo.trying(remedy);
            let audience = Audience::new(&tried, Some(&demo), now(), &subject).unwrap();
            let mut members = audience.groups.iter().flat_map(|group| &group.members);
            assert!(members.any(|member| member.user == user && member.is_new));
            tried_any = true;
        }
    }
    assert!(tried_any);
}

#[test]
fn a_verdict_as_text_has_what_is_shown_and_nothing_else() {
    let copied = verdict("alice", Action::View, &account("acme")).as_text("account", "Acme", None);
    assert_eq!(
        copied,
        format!(
            "Alice Moreau can see this account\naccount: Acme\n\nBecause:\n- {}\n  Role path: SMB EAST LEAD › SMB EAST\n",
            verdict("alice", Action::View, &account("acme"))
                .reasons
                .first()
                .unwrap()
                .text
        )
    );

    let refused = verdict("priya", Action::View, &account("acme"));
    let copied = refused.as_text("account", "Acme", None);
    assert!(copied.contains("\n\nWhy not:\n- "), "{copied}");
    assert!(
        copied.contains("\n  - Ben Achterberg, in another branch\n"),
        "{copied}"
    );
    let (shown, administrators) = copied.split_once("For administrators: ").unwrap();
    assert!(
        administrators
            .starts_with("None of this is shown to the viewer.\nWhat would change this:\n- ")
    );
    for remedy in &refused.remedies {
        assert!(administrators.contains(&remedy.text) && !shown.contains(&remedy.text));
    }

    // What is tried is told before anything, and is no longer a remedy.
    let remedy = refused.remedies.first().unwrap();
    let tried = demo().trying(remedy);
    let tried = Verdict::new(&tried, now(), "priya", Action::View, &account("acme")).unwrap();
    let copied = tried.as_text("account", "Acme", Some(remedy));
    assert!(copied.starts_with(&format!(
        "As it would be: {}\nPriya Raman can see",
        remedy.text
    )));
    assert!(!copied.contains("For administrators"), "{copied}");

    // On the viewer's own slice there are no remedies to be told of.
    let slice =
        Organisation::new(Governance::load(&demo().at(now()).slice("priya").unwrap()).unwrap());
    let own = Verdict::new(&slice, now(), "priya", Action::View, &account("acme")).unwrap();
    let copied = own.as_text("account", "acme", None);
    assert!(!copied.contains("For administrators"), "{copied}");
    assert!(!copied.contains("Ben Achterberg"), "{copied}");
}

#[test]
fn a_name_makes_no_line_of_a_copied_verdict_and_turns_none_around() {
    let verdict = verdict("alice", Action::View, &account("acme"));
    let plain = verdict.as_text("account", "A B", None);
    let copied = verdict.as_text("account", "A\nB", None);
    assert_eq!(copied, plain);
    let copied = verdict.as_text("account", "A\u{202e}B", None);
    assert!(copied.contains("A\u{fffd}B"), "{copied}");
}

#[test]
fn the_table_filters_through_the_rules_and_sorts_by_what_is_shown() {
    let demo = demo();
    let choices = Choices::new(&demo, now(), "graham").unwrap();
    let all = Table::new(&demo, now(), "graham", &TableState::default()).unwrap();
    assert_eq!(all.rows.len(), choices.seen);
    assert_eq!(all.totals.all.count, choices.seen);
    assert!(choices.companies.iter().map(|(_, name)| name).is_sorted());

    for (id, name) in &choices.companies {
        let state = TableState {
            company: Some(id.clone()),
            ..TableState::default()
        };
        let table = Table::new(&demo, now(), "graham", &state).unwrap();
        assert!(state.is_filtered() && !state.cleared().is_filtered());
        assert!(!table.rows.is_empty() && table.rows.iter().all(|row| row.company == *name));
        assert_eq!(table.totals.all.count, table.rows.len());
    }

    for column in Column::ALL {
        for descending in [false, true] {
            let state = TableState {
                sorting: Sorting { column, descending },
                ..TableState::default()
            };
            let table = Table::new(&demo, now(), "graham", &state).unwrap();
            let mut ids: Vec<_> = table.rows.iter().map(|row| &row.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), choices.seen, "sorting loses nothing");
        }
    }
    let state = TableState {
        text: "  nothing is called this ".to_owned(),
        ..TableState::default()
    };
    assert!(
        Table::new(&demo, now(), "graham", &state)
            .unwrap()
            .rows
            .is_empty()
    );
}

#[test]
fn who_fails_the_gate_is_told_why() {
    let demo = demo();
    assert!(gate(&demo, now(), "alice").is_empty());
    let codes = |viewer: &str| {
        let reasons = gate(&demo, now(), viewer).into_iter();
        reasons
            .map(|reason| match reason.cause {
                Cause::Obstacle(code) => code.as_str(),
                Cause::Grant(rule) => rule.as_str(),
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(codes("hugo"), ["locked"]);
    assert_eq!(codes("victor"), ["guest-expired"]);
    assert_eq!(codes("nobody"), ["unknown-user"]);
}

#[test]
fn the_viewers_own_tiers_are_told() {
    let told = |viewer: &str| {
        let tiers = tiers::descriptions(&demo(), viewer);
        let own = tiers.iter().filter(|tier| !tier.standings.is_empty());
        own.map(|tier| format!("{}: {}", tier.label, tier.standings.join("; ")))
            .collect::<Vec<_>>()
    };
    assert!(told("alice").is_empty());
    assert_eq!(
        told("joseph"),
        [
            "Manager: Joseph Kimani: Manager at Larkspur Advisory (primary company)",
            "Sales: Joseph Kimani: Sales at Kestrelbrook Systems (association)",
        ]
    );
    // The company names the email in another case.
    assert_eq!(
        told("graham"),
        [
            "Account Owner: Graham Whitlock: Account Owner at Larkspur Advisory (primary company); \
             Graham Whitlock: Account Owner of Kestrelbrook Systems (managed by email)"
        ]
    );
}
