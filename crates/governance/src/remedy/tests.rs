//! What else remedies open, with a small bound, held to what `predict` says (§4).
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::draw::Numbers;
use crate::total::Totals;
use crate::{Governance, PredictOptions, Query};

const TYPES: [&str; 4] = ["account", "prospect", "opportunity", "task"];

/// A small organisation with something of everything that opens records and deals.
fn organisation(seed: u64) -> Value {
    let mut draw = Numbers(seed);
    let roles: Vec<_> = (0..6)
        .map(|n: u64| json!({"id": format!("r{n}"), "name": "R", "parent": if n == 0 { None } else { draw.id_or_none('r', n) }}))
        .collect();
    let scopes = ["denied", "owned", "reports", "peers", "all"];
    let profiles: Vec<_> = (0..4)
        .map(|n| {
            let scope = |draw: &mut Numbers, kind: &str| match kind {
                "task" => draw.one_of(&["denied", "owned", "all"]),
                _ => draw.one_of(&scopes),
            };
            let permissions: serde_json::Map<_, _> = TYPES
                .iter()
                .map(|kind| {
                    let scopes =
                        json!({"view": scope(&mut draw, kind), "delete": scope(&mut draw, kind)});
                    ((*kind).to_owned(), scopes)
                })
                .collect();
            json!({
                "id": format!("p{n}"), "name": "P", "permissions": permissions,
                "toggles": {"prospectsInAccount": draw.one_in(2), "allDeals": draw.one_in(4)}
            })
        })
        .collect();
    let users: Vec<_> = (0..9)
        .map(|n| {
            let mut user = json!({
                "id": format!("u{n}"), "name": "U", "profile": draw.id('p', 4), "role": draw.id_or_none('r', 6),
                "status": if draw.one_in(6) { "locked" } else { "active" }
            });
            if draw.one_in(5) {
                user["guest"] = json!({
                    "claimed": !draw.one_in(5), "expiresAt": "2027-01-01T00:00:00Z",
                    "revokedAt": if draw.one_in(2) { None } else { Some("2026-01-01T00:00:00Z") }
                });
            }
            if draw.one_in(2) {
                let tier = draw.one_of(&["sales", "manager", "executive", "owner"]);
                user["memberships"] = json!([{"company": draw.id('c', 2), "tier": tier, "primary": !draw.one_in(4)}]);
            }
            user
        })
        .collect();
    let records: Vec<_> = TYPES
        .iter()
        .flat_map(|kind| (0..5).map(move |n| (*kind, n)))
        .map(|(kind, n)| {
            let mut record =
                json!({"type": kind, "id": format!("{kind}{n}"), "owner": draw.id_or_none('u', 9)});
            if kind != "task" && draw.one_in(2) {
                record["assigned"] = json!([draw.id('u', 9), draw.id('u', 9)]);
            }
            if kind == "prospect" && !draw.one_in(4) {
                record["account"] = json!(format!("account{}", draw.below(5)));
            }
            record
        })
        .collect();
    let deals: Vec<_> = (0..6)
        .map(|n| json!({"id": format!("d{n}"), "company": draw.id('c', 2), "owner": draw.id('u', 9), "registeredBy": draw.id_or_none('u', 9)}))
        .collect();
    json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "settings": {
            "reportsReach": if draw.one_in(3) { "held" } else { "accessible" },
            "multiUserAssignment": !draw.one_in(5)
        },
        "roles": roles, "profiles": profiles, "users": users, "records": records, "deals": deals,
        "companies": [{"id": "c0", "name": "C"}, {"id": "c1", "name": "C"}]
    })
}

/// The organisation; of some what is known of many records is known of these few as well, and of some of those it was
/// changed since.
fn loaded(seed: u64) -> Governance {
    let document = organisation(seed);
    let mut governance = Governance::load(document.to_string().as_bytes()).unwrap();
    if seed.is_multiple_of(3) {
        let (users, roles) = (governance.users.clone(), governance.roles.clone());
        for &kind in RecordType::ALL {
            let records = governance.records.of_mut(kind);
            let count = records.ids.len();
            records.totals = Totals::counted(&records.held, &users, &roles.forest, count);
        }
    }
    if seed.is_multiple_of(6) {
        let changes = json!([
            {"op": "assign", "type": "account", "id": "account1", "user": "u3"},
            {"op": "setRole", "user": "u5", "role": "r2"},
            {"op": "unassign", "type": "opportunity", "id": "opportunity2", "user": "u1"},
        ]);
        for change in Change::list_from_json(&changes.to_string()).unwrap() {
            // Not everybody is assigned in every one.
            let _ = governance.apply(std::slice::from_ref(&change));
        }
    }
    governance
}

type Gained = BTreeSet<(String, Counted, String)>;

/// What a change opens to view or to the action, as `predict` tells it, beside what was asked about.
fn predicted(at: At<'_>, viewer: UserIx, refused: Refused<'_>, change: &Change) -> Gained {
    let mut gained = Gained::new();
    for action in [Action::View, refused.action()] {
        let options = PredictOptions {
            action: Some(action),
            sample: Some(usize::MAX),
            ..PredictOptions::default()
        };
        let prediction = at.predict(std::slice::from_ref(change), &options).unwrap();
        for row in prediction.rows {
            let ids = row.gained_ids.into_iter();
            gained.extend(ids.map(|id| (row.user.clone(), row.kind, id)));
        }
    }
    let asked = match refused {
        Refused::Creation(_) => None,
        Refused::Record(kind, record, _) => Some((
            Counted::Record(kind),
            at.governance.records.of(kind).id(record),
        )),
        Refused::Deal(id) => Some((Counted::Deal, id)),
    };
    if let Some((counted, id)) = asked {
        gained.remove(&(at.user_id(viewer), counted, id.to_owned()));
    }
    gained
}

/// Everything that somebody is refused.
fn refusals(at: At<'_>) -> Vec<(UserIx, Refused<'_>)> {
    let governance = at.governance;
    let mut refusals = Vec::new();
    for viewer in governance.users.iter() {
        for &kind in RecordType::ALL {
            for record in governance.records.of(kind).iter() {
                let actions = [Action::View, Action::Delete].into_iter();
                let refused = actions.filter(|&action| !at.may(viewer, kind, record, action));
                refusals
                    .extend(refused.map(|action| (viewer, Refused::Record(kind, record, action))));
            }
        }
        let deals = governance.deals.iter();
        let unseen = deals.filter(|&(deal, _)| !at.sees_deal(viewer, deal));
        refusals.extend(unseen.map(|(deal, _)| (viewer, Refused::Deal(governance.deals.id(deal)))));
    }
    refusals
}

/// What is counted is what `predict` says, up to the bound, and beyond it that there is more.
fn hold_count(at: At<'_>, viewer: UserIx, refused: Refused<'_>, change: &Change, bound: usize) {
    let Some(verified) = at.verified(viewer, refused, change.clone(), bound) else {
        return;
    };
    let gained = predicted(at, viewer, refused, change);
    let of = |deals: bool| {
        let things = gained
            .iter()
            .filter(|(_, counted, _)| (*counted == Counted::Deal) == deals);
        things
            .map(|(_, counted, id)| (counted, id))
            .collect::<BTreeSet<_>>()
            .len()
    };
    let opened = verified.opened;
    assert_eq!(
        opened.pairs,
        gained.len().min(bound + 1),
        "{change:?} opens {gained:?}"
    );
    if opened.is_beyond() {
        let there_are = [opened.records > 0, opened.deals > 0];
        assert_eq!(
            there_are,
            [of(false) > 0, of(true) > 0],
            "{change:?} opens {gained:?}"
        );
    } else {
        let people: BTreeSet<_> = gained.iter().map(|(user, ..)| user).collect();
        assert_eq!(
            (opened.records, opened.deals, opened.people),
            (of(false), of(true), people.len()),
            "{change:?} opens {gained:?}"
        );
    }
}

/// What is certain of a role without giving it, is so. Tells how much that is.
fn hold_least(at: At<'_>, viewer: UserIx, refused: Refused<'_>, change: &Change) -> usize {
    let (Refused::Record(kind, ..), Change::SetRole { role, .. }) = (refused, change) else {
        return 0;
    };
    let role = at.governance.roles.table.find(role.as_deref().unwrap());
    let least = at.opens_with_role_at_least(role.unwrap(), viewer, kind);
    if let Some(verified) = at.verified(viewer, refused, change.clone(), 1_000) {
        let records = verified.opened.records;
        assert!(
            least <= records,
            "{change:?} opens {records}, not {least} at least"
        );
    }
    least
}

/// The remedies are those that work, the least first by what is counted, others as they are tried.
fn hold_order(at: At<'_>, viewer: UserIx, refused: Refused<'_>, bound: usize) {
    let counted = |change: Change| {
        let verified = at.verified(viewer, refused, change, 1_000_000)?;
        Some((verified.opened.pairs.min(bound + 1), verified.change))
    };
    let steps = at.candidates(viewer, refused).into_iter();
    let mut expected: Vec<_> = steps
        .filter_map(|steps| steps.into_iter().find_map(counted))
        .collect();
    if let Refused::Record(kind, record, action) = refused {
        let roles = at.roles_to_try(viewer, kind, record, action).into_iter();
        let roles = roles.filter_map(|role| {
            counted(Change::SetRole {
                user: at.user_id(viewer),
                role: Some(at.governance.roles.id(role).to_owned()),
            })
        });
        expected.extend(roles.min_by_key(|(pairs, _)| *pairs));
    }
    expected.sort_by_key(|(pairs, _)| *pairs);
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(_, change)| vec![change])
        .collect();
    let told = at.remedies_counting(bound, viewer, refused);
    let told: Vec<_> = told.into_iter().map(|remedy| remedy.changes).collect();
    assert_eq!(told, expected);
}

#[test]
fn a_count_up_to_the_bound_is_exact_and_beyond_it_comes_last() {
    let (mut beyond, mut certain) = (0, 0);
    for seed in 0..60 {
        let governance = loaded(seed);
        let at = governance.at("2026-11-21T09:00:00Z".parse().unwrap());
        // Whoever was asked about before leaves behind how many records there are below them.
        for user in governance.users.iter().filter(|_| seed % 2 == 0) {
            for &kind in RecordType::ALL {
                let told = at.visible(governance.users.id(user), kind, &Query::default());
                assert!(told.is_ok());
            }
        }
        for (number, (viewer, refused)) in refusals(at).into_iter().enumerate() {
            let bound = [0, 1, 3, 8, 1_000][number % 5];
            let changes = at.candidates(viewer, refused).into_iter().flatten();
            let roles = governance
                .roles
                .table
                .iter()
                .map(|(role, _)| Change::SetRole {
                    user: at.user_id(viewer),
                    role: Some(governance.roles.id(role).to_owned()),
                });
            // Not only the roles that are tried: they all are counted alike.
            for change in changes.chain(roles.skip(number % 3).step_by(3)) {
                hold_count(at, viewer, refused, &change, bound);
                certain += hold_least(at, viewer, refused, &change);
            }
            hold_order(at, viewer, refused, bound);
            let told = at.remedies_counting(bound, viewer, refused);
            beyond += told
                .iter()
                .filter(|remedy| remedy.text.contains("more than"))
                .count();
        }
    }
    assert!(
        beyond > 1_000,
        "only {beyond} remedies were beyond the bound"
    );
    assert!(
        certain > 1_000,
        "only {certain} records were certain to open"
    );
}

#[test]
fn a_role_that_lifts_the_view_is_told_for_what_needs_the_view() {
    let organisation = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "roles": [{"id": "lead", "name": "Lead"}, {"id": "rep", "name": "Rep", "parent": "lead"}],
        "profiles": [
            {"id": "all", "name": "All", "permissions": {"account": {"view": "all"}}},
            {"id": "p", "name": "P", "permissions": {"account": {"view": "reports", "edit": "all"}}, "toggles": {"prospectsInAccount": true}}
        ],
        "users": [{"id": "v", "name": "V", "profile": "all", "role": "rep"}, {"id": "u", "name": "U", "profile": "p"}],
        "records": [{"type": "account", "id": "1"}, {"type": "prospect", "id": "2", "account": "1"}]
    });
    let governance = Governance::load(organisation.to_string().as_bytes()).unwrap();
    let at = governance.at("2026-11-21T12:00:00Z".parse().unwrap());
    for (action, kind, id) in [
        (Action::View, RecordType::Account, "1"),
        (Action::Edit, RecordType::Account, "1"),
        (Action::View, RecordType::Prospect, "2"),
    ] {
        let decision = at.explain("u", action, kind, Some(id)).unwrap();
        assert!(!decision.allowed);
        let lead = Change::SetRole {
            user: "u".to_owned(),
            role: Some("lead".to_owned()),
        };
        let told = decision.remedies.iter().map(|remedy| &remedy.changes);
        assert!(
            told.into_iter().any(|changes| *changes == [lead.clone()]),
            "{action} {kind}"
        );
    }
}
