//! Changes, predictions and remedies (§4, §10.2).
#![allow(clippy::unwrap_used, reason = "a test that fails to set up has failed")]

use sidelight_governance::{
    Action, At, Change, Code, Counted, Governance, Limits, PredictOptions, RecordType, Remedy,
};

const ORG: &str = r#"{
    "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
    "roles": [
        {"id": "lead", "name": "Lead"}, {"id": "rep", "name": "Rep", "parent": "lead"},
        {"id": "other", "name": "Other"}
    ],
    "profiles": [
        {"id": "owned", "name": "Owned", "permissions": {"account": {"view": "owned"}, "prospect": {"view": "owned"}}},
        {"id": "reports", "name": "Reports", "permissions": {"account": {"view": "reports", "edit": "reports"}}},
        {"id": "admin", "name": "Admin", "admin": true},
        {"id": "unused", "name": "Unused"}
    ],
    "users": [
        {"id": "lea", "name": "Lea", "profile": "reports", "role": "lead"},
        {"id": "rob", "name": "Rob", "profile": "owned", "role": "rep"},
        {"id": "ria", "name": "Ria", "profile": "owned", "role": "rep"},
        {"id": "oda", "name": "Oda", "profile": "owned", "role": "other"},
        {"id": "gus", "name": "Gus", "profile": "owned", "guest": {"claimed": true, "expiresAt": "2026-12-01T00:00:00Z"}},
        {"id": "lou", "name": "Lou", "profile": "owned", "status": "locked"},
        {"id": "pat", "name": "Pat", "profile": "owned", "memberships": [{"company": "acme", "tier": "sales", "primary": true}]},
        {"id": "pia", "name": "Pia", "profile": "owned", "memberships": [{"company": "acme", "tier": "sales", "primary": true}]}
    ],
    "companies": [{"id": "acme", "name": "Acme"}, {"id": "zeta", "name": "Zeta"}],
    "records": [
        {"type": "account", "id": "a", "name": "A", "owner": "rob"},
        {"type": "account", "id": "b", "owner": "oda", "assigned": ["rob"]},
        {"type": "account", "id": "c"},
        {"type": "prospect", "id": "a", "owner": "oda", "account": "a"},
        {"type": "task", "id": "t", "owner": "rob"}
    ],
    "deals": [{"id": "d", "company": "acme", "owner": "pat"}]
}"#;

fn governance() -> Governance {
    Governance::load(ORG.as_bytes()).unwrap()
}

fn at(governance: &Governance) -> At<'_> {
    governance.at("2026-11-21T12:00:00Z".parse().unwrap())
}

fn changes(json: &str) -> Vec<Change> {
    Change::list_from_json(json).unwrap()
}

/// The changed organisation, which is the same as one loaded anew from its document.
fn changed(json: &str) -> Governance {
    let mut governance = governance();
    governance.apply(&changes(json)).unwrap();
    let anew = Governance::from_org(governance.to_org()).unwrap();
    for user in governance.users() {
        for &kind in RecordType::ALL {
            let seen = |governance: &Governance| {
                at(governance).visible_indices(&user.id, kind, Action::View)
            };
            assert_eq!(seen(&governance), seen(&anew), "{json}: {} {kind}", user.id);
        }
        let pipeline =
            |governance: &Governance| at(governance).pipeline(&user.id, &Default::default());
        assert_eq!(
            pipeline(&governance),
            pipeline(&anew),
            "{json}: {}",
            user.id
        );
    }
    governance
}

fn sees(governance: &Governance, user: &str, account: &str) -> bool {
    at(governance)
        .can(user, Action::View, RecordType::Account, Some(account))
        .unwrap()
}

#[test]
fn each_change_is_made() {
    let assigned = changed(r#"[{"op": "assign", "type": "account", "id": "a", "user": "oda"}]"#);
    assert!(sees(&assigned, "oda", "a") && !sees(&governance(), "oda", "a"));

    let unassigned =
        changed(r#"[{"op": "unassign", "type": "account", "id": "b", "user": "rob"}]"#);
    assert!(!sees(&unassigned, "rob", "b") && !sees(&unassigned, "lea", "b"));

    let owned = changed(r#"[{"op": "setOwner", "type": "account", "id": "a", "owner": null}]"#);
    assert!(!sees(&owned, "rob", "a"));

    let moved = changed(r#"[{"op": "setRole", "user": "rob", "role": "other"}]"#);
    assert!(!sees(&moved, "lea", "a"));

    let profile = changed(r#"[{"op": "setProfile", "user": "oda", "profile": "admin"}]"#);
    assert!(sees(&profile, "oda", "c"));

    let locked = changed(r#"[{"op": "setStatus", "user": "rob", "status": "locked"}]"#);
    assert!(!sees(&locked, "rob", "a") && sees(&locked, "lea", "a"));

    let permitted = changed(
        r#"[{"op": "setPermission", "profile": "owned", "type": "account", "action": "view", "scope": "peers"}]"#,
    );
    assert!(sees(&permitted, "ria", "a"));

    let toggled = changed(
        r#"[{"op": "setToggle", "profile": "owned", "toggle": "prospectsInAccount", "permitted": true}]"#,
    );
    assert_eq!(
        at(&toggled).can("rob", Action::View, RecordType::Prospect, Some("a")),
        Ok(true)
    );

    let branch = changed(r#"[{"op": "moveRole", "role": "other", "parent": "lead"}]"#);
    assert!(sees(&branch, "lea", "b"));
    let root = changed(r#"[{"op": "moveRole", "role": "rep", "parent": null}]"#);
    assert!(!sees(&root, "lea", "a"));

    let revoked =
        changed(r#"[{"op": "setGuest", "user": "gus", "revokedAt": "2026-11-20T00:00:00Z"}]"#);
    assert!(at(&governance()).gate("gus") && !at(&revoked).gate("gus"));

    let promoted =
        changed(r#"[{"op": "setTier", "user": "pia", "company": "acme", "tier": "manager"}]"#);
    assert_eq!(at(&promoted).deal_viewers("d").len(), 2);
    let given = changed(r#"[{"op": "setDealOwner", "deal": "d", "owner": "pia"}]"#);
    assert!(
        at(&given).explain_deal("pia", "d").allowed && !at(&given).explain_deal("pat", "d").allowed
    );

    let put = changed(
        r#"[{"op": "put", "kind": "record", "value": {"type": "account", "id": "n", "assigned": ["ria", "oda"]}}]"#,
    );
    assert_eq!(
        put.record(RecordType::Account, "n")
            .unwrap()
            .owner
            .as_deref(),
        Some("ria")
    );
    let settings =
        changed(r#"[{"op": "put", "kind": "settings", "value": {"multiUserAssignment": false}}]"#);
    assert!(!sees(&settings, "rob", "b"));

    let gone = changed(r#"[{"op": "remove", "kind": "record", "type": "account", "id": "a"}]"#);
    assert!(!sees(&gone, "rob", "a"));
    let back = changed(
        r#"[{"op": "remove", "kind": "record", "type": "account", "id": "a"},
        {"op": "put", "kind": "record", "value": {"type": "account", "id": "a", "owner": "rob"}}]"#,
    );
    assert!(sees(&back, "rob", "a"));
    changed(
        r#"[{"op": "remove", "kind": "user", "id": "rob"}, {"op": "remove", "kind": "role", "id": "lead"},
        {"op": "remove", "kind": "company", "id": "acme"}, {"op": "remove", "kind": "deal", "id": "d"},
        {"op": "remove", "kind": "profile", "id": "unused"}]"#,
    );
}

#[test]
fn what_was_removed_and_added_stays_so_when_all_are_listed_by_holder_anew() {
    let anew = r#"{"op": "put", "kind": "settings", "value": {"multiUserAssignment": false}},
        {"op": "put", "kind": "settings", "value": {"reportsReach": "held"}}"#;
    let gone = r#"{"op": "remove", "kind": "record", "type": "account", "id": "b"}"#;
    assert!(!sees(&changed(&format!("[{gone}, {anew}]")), "rob", "b"));
    let added = r#"{"op": "put", "kind": "record", "value": {"type": "account", "id": "n", "assigned": ["ria"]}}"#;
    for both in [
        format!("[{gone}, {added}, {anew}]"),
        format!("[{added}, {anew}, {gone}]"),
    ] {
        let both = changed(&both);
        assert!(!sees(&both, "rob", "b") && sees(&both, "ria", "n"));
    }
}

#[test]
fn what_is_refused_changes_nothing_and_tells_its_place() {
    for (refused, code, place) in [
        (
            r#"{"op": "assign", "type": "account", "id": "x", "user": "rob"}"#,
            Code::UnknownRecord,
            "/1/id",
        ),
        (
            r#"{"op": "assign", "type": "account", "id": "a", "user": "x"}"#,
            Code::UnknownUser,
            "/1/user",
        ),
        (
            r#"{"op": "assign", "type": "account", "id": "a", "user": "lou"}"#,
            Code::LockedUser,
            "/1/user",
        ),
        (
            r#"{"op": "assign", "type": "account", "id": "a", "user": "ria", "jobRole": "x"}"#,
            Code::UnknownJobRole,
            "/1/jobRole",
        ),
        (
            r#"{"op": "assign", "type": "task", "id": "t", "user": "rob"}"#,
            Code::NotAssignable,
            "/1/type",
        ),
        (
            r#"{"op": "setRole", "user": "rob", "role": "x"}"#,
            Code::UnknownRole,
            "/1/role",
        ),
        (
            r#"{"op": "moveRole", "role": "lead", "parent": "rep"}"#,
            Code::RoleCycle,
            "/1/parent",
        ),
        (
            r#"{"op": "moveRole", "role": "lead", "parent": "lead"}"#,
            Code::RoleCycle,
            "/1/parent",
        ),
        (
            r#"{"op": "setPermission", "profile": "admin", "type": "account", "action": "view", "scope": "owned"}"#,
            Code::AdminProfile,
            "/1/profile",
        ),
        (
            r#"{"op": "setPermission", "profile": "owned", "type": "task", "action": "view", "scope": "peers"}"#,
            Code::ScopeNotApplicable,
            "/1/scope",
        ),
        (
            r#"{"op": "setGuest", "user": "rob", "claimed": true}"#,
            Code::NotAGuest,
            "/1/user",
        ),
        (
            r#"{"op": "setTier", "user": "pat", "company": "zeta", "tier": "sales", "primary": true}"#,
            Code::DuplicatePrimary,
            "/1/primary",
        ),
        (
            r#"{"op": "put", "kind": "user", "value": {"id": "gus", "name": "Gus", "profile": "owned"}}"#,
            Code::GuestConversion,
            "/1/value/guest",
        ),
        (
            r#"{"op": "put", "kind": "role", "value": {"id": "lead", "name": "L", "parent": "rep"}}"#,
            Code::RoleCycle,
            "/1/value/parent",
        ),
        (
            r#"{"op": "put", "kind": "jobRole", "value": {"id": "n", "name": "sdr"}}"#,
            Code::DuplicateName,
            "/1/value/name",
        ),
        (
            r#"{"op": "put", "kind": "deal", "value": {"id": "d", "company": "zeta", "owner": "pat"}}"#,
            Code::CompanyFixed,
            "/1/value/company",
        ),
        (
            r#"{"op": "put", "kind": "record", "value": {"type": "account", "id": "n", "owner": "x"}}"#,
            Code::UnknownUser,
            "/1/value/owner",
        ),
        (
            r#"{"op": "put", "kind": "record", "value": {"type": "task", "id": "n", "assigned": ["rob"]}}"#,
            Code::NotAssignable,
            "/1/value/assigned",
        ),
        (
            r#"{"op": "remove", "kind": "profile", "id": "owned"}"#,
            Code::ProfileInUse,
            "/1/id",
        ),
        (
            r#"{"op": "remove", "kind": "deal", "id": "x"}"#,
            Code::UnknownDeal,
            "/1/id",
        ),
    ] {
        let mut governance = governance();
        let before = governance.to_org();
        let list = changes(&format!(
            r#"[{{"op": "setOwner", "type": "account", "id": "c", "owner": "ria"}}, {refused}]"#
        ));
        let error = governance.apply(&list).unwrap_err();
        assert_eq!(
            (error.code(), error.path().as_str()),
            (code, place),
            "{refused}"
        );
        assert_eq!(
            (governance.to_org(), governance.revision()),
            (before, 0),
            "{refused}"
        );
        assert_eq!(
            at(&governance)
                .predict(&list, &PredictOptions::default())
                .unwrap_err()
                .code(),
            code,
            "{refused}"
        );
    }
}

#[test]
fn what_is_full_takes_nothing_new_and_still_replaces_what_there_is() {
    type Set = fn(&mut Limits);
    let cases: [(Set, Code, &str, &str, &str); 8] = [
        (
            |limits| limits.roles = 3,
            Code::TooManyRoles,
            "role",
            r#"{"id": "new", "name": "New"}"#,
            r#"{"id": "rep", "name": "Rep"}"#,
        ),
        (
            |limits| limits.users = 8,
            Code::TooManyUsers,
            "user",
            r#"{"id": "new", "name": "New", "profile": "owned"}"#,
            r#"{"id": "rob", "name": "Rob", "profile": "owned"}"#,
        ),
        (
            |limits| limits.records = 5,
            Code::TooManyItems,
            "record",
            r#"{"type": "task", "id": "new"}"#,
            r#"{"type": "task", "id": "t"}"#,
        ),
        (
            |limits| limits.deals = 1,
            Code::TooManyItems,
            "deal",
            r#"{"id": "new", "company": "acme", "owner": "pat"}"#,
            r#"{"id": "d", "company": "acme", "owner": "pia"}"#,
        ),
        (
            |limits| limits.catalogue = 4,
            Code::TooManyItems,
            "profile",
            r#"{"id": "new", "name": "New"}"#,
            r#"{"id": "unused", "name": "Unused"}"#,
        ),
        // With the four that exist from the start.
        (
            |limits| limits.catalogue = 4,
            Code::TooManyItems,
            "jobRole",
            r#"{"id": "new", "name": "New"}"#,
            r#"{"id": "sdr", "name": "Sales Development"}"#,
        ),
        (
            |limits| limits.catalogue = 4,
            Code::TooManyItems,
            "company",
            r#"{"id": "new", "name": "New"}"#,
            r#"{"id": "zeta", "name": "Zeta"}"#,
        ),
        (
            |limits| limits.views = 1,
            Code::TooManyItems,
            "view",
            r#"{"id": "new", "user": "rob", "name": "New", "type": "account"}"#,
            r#"{"id": "v", "user": "rob", "name": "V", "type": "account"}"#,
        ),
    ];
    for (set, code, kind, new, existing) in cases {
        let mut limits = Limits::default();
        set(&mut limits);
        let mut governance = Governance::load_within(ORG.as_bytes(), &limits).unwrap();
        let put = |value: &str| {
            changes(&format!(
                r#"[{{"op": "put", "kind": "{kind}", "value": {value}}}]"#
            ))
        };
        // The first ones of their kind take what is left.
        for other in match kind {
            "company" => vec![
                r#"{"id": "c3", "name": "C"}"#,
                r#"{"id": "c4", "name": "D"}"#,
            ],
            "view" => vec![existing],
            _ => vec![],
        } {
            governance.apply(&put(other)).unwrap();
        }
        let error = governance.apply(&put(new)).unwrap_err();
        assert_eq!(
            (error.code(), error.path().as_str()),
            (code, "/0/value"),
            "{kind}"
        );
        assert_eq!(governance.apply(&put(existing)), Ok(()), "{kind}");
        // What is gone makes room for one.
        let id = existing
            .split('"')
            .nth(if kind == "record" { 7 } else { 3 })
            .unwrap();
        let remove = match kind {
            "jobRole" => continue,
            "profile" => r#"[{"op": "remove", "kind": "profile", "id": "unused"}]"#.to_owned(),
            "record" => {
                r#"[{"op": "remove", "kind": "record", "type": "task", "id": "t"}]"#.to_owned()
            }
            _ => format!(r#"[{{"op": "remove", "kind": "{kind}", "id": "{id}"}}]"#),
        };
        assert_eq!(governance.apply(&changes(&remove)), Ok(()), "{kind}");
        assert_eq!(governance.apply(&put(new)), Ok(()), "{kind}");
        assert_eq!(
            governance.apply(&put(existing)).unwrap_err().code(),
            code,
            "{kind}"
        );
    }
}

#[test]
fn faults_in_a_list_of_changes_have_a_code_and_a_place() {
    for (list, code, place) in [
        (r#"[{"op": "lock"}]"#, Code::UnknownChange, "/0/op"),
        (
            r#"[{"op": "remove", "kind": "team", "id": "x"}]"#,
            Code::UnknownChange,
            "/0/kind",
        ),
        (
            r#"[{"op": "setRole", "user": "rob"}]"#,
            Code::InvalidField,
            "/0",
        ),
        (
            r#"[{"op": "setRole", "user": 1, "role": null}]"#,
            Code::InvalidField,
            "/0/user",
        ),
        (
            r#"[{"op": "setRole", "user": "rob", "rol": null}]"#,
            Code::InvalidField,
            "/0/rol",
        ),
        (
            r#"[{"op": "assign", "type": "deal", "id": "d", "user": "rob"}]"#,
            Code::UnknownType,
            "/0/type",
        ),
        (
            r#"[{"op": "put", "kind": "user", "value": {"id": "n", "name": "N", "profile": "owned", "status": "gone"}}]"#,
            Code::UnknownStatus,
            "/0/value/status",
        ),
        (
            r#"[{"op": "put", "kind": "user", "value": {"id": "n", "name": "N", "profile": "owned", "rol": 1}}]"#,
            Code::InvalidField,
            "/0/value/rol",
        ),
        (r#"{"op": "setRole"}"#, Code::InvalidField, ""),
        ("[", Code::MalformedJson, ""),
    ] {
        let error = Change::list_from_json(list).unwrap_err();
        assert_eq!(
            (error.code(), error.path().as_str()),
            (code, place),
            "{list}"
        );
    }
}

/// So many changes that what stands beside the loaded columns is packed with them anew.
#[test]
fn after_many_changes_everything_is_as_if_loaded() {
    const COUNT: usize = 2_000;
    let value = |index: usize, owner: &str, stage: &str| {
        let user = if index.is_multiple_of(3) {
            "ria"
        } else {
            "oda"
        };
        format!(
            r#"{{"type": "prospect", "id": "p{index}", "name": "P {index} {stage}", "owner": "{owner}",
            "assigned": ["{user}"], "account": "a", "fields": {{"stage": "{stage}", "place": {index}}}}}"#
        )
    };
    let records: Vec<_> = (0..COUNT)
        .map(|index| value(index, "rob", "open"))
        .collect();
    let org = ORG.replace(
        r#"{"type": "task", "id": "t", "owner": "rob"}"#,
        &format!(
            r#"{{"type": "task", "id": "t", "owner": "rob"}}, {}"#,
            records.join(", ")
        ),
    );
    let mut governance = Governance::load(org.as_bytes()).unwrap();
    let clone = governance.clone();
    let before = governance.to_org();
    // More than half of them, the first ones; the last ones stay as they were loaded.
    let puts: Vec<_> = (0..1_500)
        .map(|index| {
            let value = value(index, "ria", "won");
            format!(r#"{{"op": "put", "kind": "record", "value": {value}}}"#)
        })
        .collect();
    governance
        .apply(&changes(&format!("[{}]", puts.join(", "))))
        .unwrap();

    let anew = Governance::from_org(governance.to_org()).unwrap();
    let records =
        |governance: &Governance| governance.records(RecordType::Prospect).collect::<Vec<_>>();
    assert_eq!(records(&governance), records(&anew));
    let last = governance.record(RecordType::Prospect, "p1999").unwrap();
    assert_eq!(last.name.as_deref(), Some("P 1999 open"));
    assert_eq!(last.fields.len(), 2);
    let changed = governance.record(RecordType::Prospect, "p1499").unwrap();
    assert_eq!(changed.name.as_deref(), Some("P 1499 won"));
    for user in ["rob", "ria", "oda"] {
        for query in [
            "{}",
            r#"{"where": {"field": "stage", "is": "won"}}"#,
            r#"{"where": {"field": "place", "min": 1400}, "sort": [{"by": "name"}]}"#,
        ] {
            let query = sidelight_governance::Query::from_json(query).unwrap();
            let page = |governance: &Governance| {
                at(governance)
                    .visible(user, RecordType::Prospect, &query)
                    .unwrap()
            };
            let page_changed = page(&governance);
            assert_eq!(page_changed, page(&anew), "{user}");
            assert!(user == "rob" || page_changed.total > 0, "{user}");
        }
    }
    // A clone that shared the columns still answers as before.
    assert_eq!(clone.to_org(), before);
}

#[test]
fn a_prediction_is_the_difference_and_changes_nothing() {
    let governance = governance();
    let list = changes(
        r#"[{"op": "moveRole", "role": "other", "parent": "lead"}, {"op": "setOwner", "type": "account", "id": "a", "owner": null}]"#,
    );
    let prediction = at(&governance)
        .predict(&list, &PredictOptions::default())
        .unwrap();
    let rows: Vec<_> = prediction
        .rows
        .iter()
        .map(|row| {
            (
                row.user.as_str(),
                row.kind,
                row.gained_ids.join(" "),
                row.lost_ids.join(" "),
            )
        })
        .collect();
    let account = Counted::Record(RecordType::Account);
    // Lea sees `b` through Rob already, and gains nothing by Oda; `a` is nobody's any more.
    assert_eq!(
        rows,
        [
            ("lea", account, String::new(), "a".to_owned()),
            ("rob", account, String::new(), "a".to_owned())
        ]
    );
    assert_eq!((prediction.gained, prediction.lost), (0, 2));
    assert_eq!(governance.revision(), 0);
    assert!(sees(&governance, "rob", "a"));
}

#[test]
fn remedies_grant_what_was_refused_and_the_narrowest_comes_first() {
    let governance = governance();
    let decision = at(&governance)
        .explain("ria", Action::View, RecordType::Account, Some("a"))
        .unwrap();
    let texts: Vec<_> = decision
        .remedies
        .iter()
        .map(|remedy| remedy.text.as_str())
        .collect();
    assert_eq!(
        texts,
        [
            "Assign Ria to this account; opens nothing else.",
            "Let the profile Owned view accounts (Owned and Peers’ Records); also opens 1 record to 1 person.",
        ]
    );
    for user in governance.users() {
        for &kind in RecordType::ALL {
            for record in governance.records(kind) {
                for &action in Action::ALL
                    .iter()
                    .filter(|&&action| action != Action::Create)
                {
                    let decision = at(&governance)
                        .explain(&user.id, action, kind, Some(&record.id))
                        .unwrap();
                    for remedy in decision.remedies {
                        let mut remedied = governance.clone();
                        remedied.apply(&remedy.changes).unwrap();
                        assert_eq!(
                            at(&remedied).can(&user.id, action, kind, Some(&record.id)),
                            Ok(true),
                            "{}",
                            remedy.text
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn what_a_remedy_opens_is_counted_whatever_its_type_or_action() {
    let governance = Governance::load(br#"{
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "profiles": [{"id": "p", "name": "P", "permissions": {"prospect": {"delete": "all"}}, "toggles": {"prospectsInAccount": true}}],
        "users": [{"id": "u", "name": "U", "profile": "p"}],
        "records": [
            {"type": "account", "id": "a"}, {"type": "account", "id": "b"},
            {"type": "prospect", "id": "a"}, {"type": "prospect", "id": "b", "account": "a"}
        ]
    }"#).unwrap();
    let decision = at(&governance)
        .explain("u", Action::View, RecordType::Prospect, Some("b"))
        .unwrap();
    let texts: Vec<_> = decision
        .remedies
        .iter()
        .map(|remedy| remedy.text.as_str())
        .collect();
    assert_eq!(
        texts,
        [
            "Let the profile P view prospects (All Records); also opens 1 record to 1 person.",
            "Let the profile P view accounts (All Records); also opens 2 records to 1 person.",
        ]
    );
    let decision = at(&governance)
        .explain("u", Action::Delete, RecordType::Prospect, Some("b"))
        .unwrap();
    // The view that is missing opens with one of them, and with it what it opens to be deleted.
    assert_eq!(decision.remedies.len(), 2);
}

/// The remedies for Ann, who has the profile and may be locked, in an organisation of accounts that nobody holds and deals of Cy.
fn texts_for_ann(
    locked: bool,
    profile: &str,
    accounts: usize,
    deals: usize,
    asked: Asked,
) -> Vec<String> {
    let accounts: Vec<_> = (0..accounts)
        .map(|n| format!(r#"{{"type": "account", "id": "a{n}"}}"#))
        .collect();
    let deals: Vec<_> = (0..deals)
        .map(|n| format!(r#"{{"id": "d{n}", "company": "acme", "owner": "cy"}}"#))
        .collect();
    let status = if locked { "locked" } else { "active" };
    let document = format!(
        r#"{{
            "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
            "profiles": [{{"id": "p", "name": "P", {profile}}}, {{"id": "q", "name": "Q"}}],
            "users": [{{"id": "ann", "name": "Ann", "profile": "p", "status": "{status}"}},
                      {{"id": "cy", "name": "Cy", "profile": "q"}}],
            "companies": [{{"id": "acme", "name": "Acme"}}],
            "records": [{}], "deals": [{}]
        }}"#,
        accounts.join(","),
        deals.join(",")
    );
    let governance = Governance::load(document.as_bytes()).unwrap();
    let decision = match asked {
        Asked::Account => at(&governance)
            .explain("ann", Action::View, RecordType::Account, Some("a0"))
            .unwrap(),
        Asked::Deal => at(&governance).explain_deal("ann", "d0"),
    };
    let remedies = decision.remedies.into_iter();
    remedies.map(|remedy| remedy.text).collect()
}

enum Asked {
    Account,
    Deal,
}

#[test]
fn what_a_remedy_opens_is_counted_up_to_a_bound() {
    let widened = |accounts| {
        let texts = texts_for_ann(false, r#""permissions": {}"#, accounts, 0, Asked::Account);
        assert_eq!(texts.len(), 1);
        texts.last().unwrap().clone()
    };
    assert_eq!(Remedy::PAIRS_COUNTED, 2_500);
    let remedy = "Let the profile P view accounts (All Records)";
    assert_eq!(
        widened(2_501),
        format!("{remedy}; also opens 2,500 records to 1 person.")
    );
    assert_eq!(
        widened(2_502),
        format!(
            "{remedy}; also opens more than 2,500 records, each counted for everybody who gains it."
        )
    );
}

#[test]
fn where_there_are_many_records_fewer_pairs_are_counted() {
    assert_eq!(
        (Remedy::PAIRS_COUNTED_OF_MANY, Remedy::MANY),
        (1_000, 50_000)
    );
    let permitted = |accounts, deals| {
        let texts = texts_for_ann(false, r#""toggles": {}"#, accounts, deals, Asked::Deal);
        texts.last().unwrap().clone()
    };
    let remedy = "Let the profile P show all partner deals (allDeals); also opens";
    let counted = |count| format!("{remedy} {count} deals to 1 person.");
    let beyond = |bound| {
        format!("{remedy} more than {bound} deals, each counted for everybody who gains it.")
    };
    let deals = 1_002;
    assert_eq!(permitted(Remedy::MANY - deals - 1, deals), counted("1,001"));
    assert_eq!(permitted(Remedy::MANY - deals, deals), beyond("1,000"));
    let deals = 1_001;
    assert_eq!(permitted(Remedy::MANY - deals, deals), counted("1,000"));
}

#[test]
fn a_remedy_says_whether_it_opens_records_or_deals() {
    let sees_all = r#""permissions": {"account": {"view": "all"}}, "toggles": {"allDeals": true}"#;
    let unlocked = |accounts, deals, asked| texts_for_ann(true, sees_all, accounts, deals, asked);
    assert_eq!(
        unlocked(1, 1, Asked::Account),
        ["Unlock Ann; also opens 1 deal to 1 person."]
    );
    assert_eq!(
        unlocked(1, 1, Asked::Deal),
        ["Unlock Ann; also opens 1 record to 1 person."]
    );
    assert_eq!(
        unlocked(2, 3, Asked::Deal),
        ["Unlock Ann; also opens 2 records and 2 deals to 1 person."]
    );
    let beyond = "Unlock Ann; also opens more than 2,500 records and deals, each counted for everybody who gains it.";
    assert_eq!(unlocked(2, 2_502, Asked::Deal), [beyond]);
    assert_eq!(unlocked(2_502, 2, Asked::Deal), [beyond]);
    assert_eq!(unlocked(1_251, 1_251, Asked::Deal), [beyond]);
    assert_eq!(
        unlocked(0, 2_502, Asked::Deal),
        ["Unlock Ann; also opens more than 2,500 deals, each counted for everybody who gains it."]
    );
    let permitted = texts_for_ann(false, r#""toggles": {}"#, 0, 2_502, Asked::Deal);
    assert_eq!(
        permitted.last().unwrap(),
        "Let the profile P show all partner deals (allDeals); also opens more than 2,500 deals, each counted for everybody who gains it."
    );
}

#[test]
fn an_organisation_with_a_remedy_is_the_one_that_it_is_applied_to() {
    let governance = governance();
    let (mut tried, mut refused) = (0, 0);
    for user in governance.users() {
        for record in governance.records(RecordType::Account) {
            let ask = |governance: &Governance| {
                at(governance)
                    .explain(
                        &user.id,
                        Action::Edit,
                        RecordType::Account,
                        Some(&record.id),
                    )
                    .unwrap()
            };
            for remedy in ask(&governance).remedies {
                let with = governance.with_remedy(&remedy).unwrap();
                assert!(ask(&with).allowed);
                let mut applied = governance.clone();
                applied.apply(&remedy.changes).unwrap();
                assert_eq!(with.to_org(), applied.to_org());
                tried += 1;
            }
            refused += usize::from(!ask(&governance).allowed);
        }
    }
    assert!(tried > 0 && refused > 0, "{tried} remedies of {refused}");
    let with = |changes: &str| {
        let remedy = Remedy {
            changes: Change::list_from_json(changes).unwrap(),
            text: String::new(),
        };
        governance.with_remedy(&remedy).is_some()
    };
    let lock = r#"{"op": "setStatus", "user": "lea", "status": "locked"}"#;
    let unknown = r#"{"op": "setStatus", "user": "nobody", "status": "locked"}"#;
    let remove = r#"{"op": "remove", "kind": "user", "id": "lea"}"#;
    assert!(with(&format!("[{lock}]")));
    for none in ["", unknown, remove, &format!("{lock}, {lock}")] {
        assert!(!with(&format!("[{none}]")), "{none}");
    }
}

#[test]
fn the_next_change_is_the_end_of_a_term() {
    let governance = governance();
    let next = at(&governance).next_change();
    assert_eq!(
        next.map(|next| next.to_string()).as_deref(),
        Some("2026-12-01T00:00:00Z")
    );
    assert_eq!(next.and_then(|end| governance.at(end).next_change()), None);
}

#[test]
fn a_deal_is_told_to_its_owner_and_the_managers_of_its_company() {
    let governance =
        changed(r#"[{"op": "setTier", "user": "pia", "company": "acme", "tier": "manager"}]"#);
    assert_eq!(
        at(&governance).deal_notifications("d", "oda"),
        ["pat", "pia"]
    );
    assert_eq!(at(&governance).deal_notifications("d", "pat"), ["pia"]);
}
