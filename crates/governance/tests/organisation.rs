//! What a loaded organisation tells about itself (§10.1).
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::json;
use sidelight_governance::{Action, Change, Code, Governance, Limits, RecordType, Removal};

#[test]
fn what_was_loaded_is_told_again() {
    let governance = Governance::load(
        br#"{
            "format": "sidelight.org/1", "id": "acme", "name": "Acme Ltd", "timeZone": "Europe/Berlin",
            "settings": {"multiUserAssignment": false},
            "profiles": [{"id": "p", "name": "P"}],
            "users": [{"id": "u", "name": "U", "profile": "p"}],
            "companies": [{"id": "c", "name": "C"}],
            "records": [{"type": "task", "id": "1"}, {"type": "task", "id": "2"}, {"type": "call", "id": "3"}],
            "deals": [
                {"id": "d", "company": "c", "owner": "u", "name": "D"},
                {"id": "e", "company": "c", "owner": "u"}
            ]
        }"#,
    )
    .unwrap();
    assert_eq!(
        (governance.id(), governance.name(), governance.time_zone()),
        ("acme", "Acme Ltd", "Europe/Berlin")
    );
    assert!(!governance.settings().multi_user_assignment);
    let counts = [RecordType::Task, RecordType::Call, RecordType::Account];
    assert_eq!(counts.map(|kind| governance.record_count(kind)), [2, 1, 0]);
    assert_eq!(governance.deal_count(), 2);
    assert_eq!(governance.deal("d").unwrap().name.as_deref(), Some("D"));
    assert_eq!(governance.deal("x"), None);
}

#[test]
fn a_company_is_managed_by_tier_or_by_email_and_named_once() {
    let governance = Governance::load(
        br#"{
            "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
            "profiles": [{"id": "p", "name": "P"}],
            "users": [
                {"id": "lou", "name": "Lou", "email": "Lou@Example.com", "profile": "p",
                 "memberships": [{"company": "both", "tier": "owner", "primary": true}]},
                {"id": "may", "name": "May", "email": "may@example.com", "profile": "p",
                 "memberships": [{"company": "split", "tier": "owner", "primary": true}, {"company": "none", "tier": "sales"}]},
                {"id": "sam", "name": "Sam", "profile": "p"}
            ],
            "companies": [
                {"id": "both", "name": "Both", "accountOwnerEmail": "lou@example.com"},
                {"id": "none", "name": "None"},
                {"id": "split", "name": "Split", "accountOwnerEmail": "lou@example.com"}
            ]
        }"#,
    )
    .unwrap();
    let managed = |user| -> Vec<_> {
        let companies = governance.managed(user);
        companies.map(|company| company.id.as_str()).collect()
    };
    assert_eq!(managed("lou"), ["both", "split"]);
    assert_eq!(managed("may"), ["split"]);
    assert!(managed("sam").is_empty() && managed("nobody").is_empty());
}

#[test]
fn who_is_named_again_among_the_assigned_users_is_assigned_once() {
    for count in [1, 31, 32, 33, 34, 70] {
        let users: Vec<_> = (0..count).map(|number| format!("u{number}")).collect();
        // Each once, then all again from the last to the first; and the same on the next record.
        let named: Vec<_> = users.iter().chain(users.iter().rev()).collect();
        let org = json!({
            "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
            "profiles": [{"id": "p", "name": "P"}],
            "users": users.iter().map(|id| json!({"id": id, "name": "U", "profile": "p"})).collect::<Vec<_>>(),
            "records": [
                {"type": "account", "id": "a", "assigned": named},
                {"type": "account", "id": "b", "assigned": named}
            ]
        });
        let governance = Governance::load(org.to_string().as_bytes()).unwrap();
        for id in ["a", "b"] {
            let record = governance.record(RecordType::Account, id).unwrap();
            let assigned: Vec<_> = record
                .assigned
                .into_iter()
                .map(|assigned| assigned.user)
                .collect();
            assert_eq!(assigned, users, "{count}");
        }
    }
}

#[test]
fn answers_may_depend_on_the_instant_where_somebody_has_a_term() {
    let loaded = |guest: &str| {
        let json = format!(
            r#"{{"format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
            "profiles": [{{"id": "p", "name": "P"}}],
            "users": [{{"id": "u", "name": "U", "profile": "p"{guest}}}]}}"#
        );
        Governance::load(json.as_bytes()).unwrap()
    };
    assert!(!loaded("").has_terms());
    let term = r#", "guest": {"claimed": true, "expiresAt": "2026-03-01T00:00:00Z"}"#;
    assert!(loaded(term).has_terms());
}

#[test]
fn a_number_stays_that_of_its_id_and_means_nothing_elsewhere() {
    let mut governance = Governance::load(
        br#"{
            "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
            "profiles": [{"id": "p", "name": "P", "permissions": {"account": {"view": "owned"}}}],
            "users": [{"id": "u", "name": "U", "profile": "p"}, {"id": "v", "name": "V", "profile": "p"}],
            "records": [{"type": "account", "id": "a", "owner": "u"}, {"type": "account", "id": "b", "owner": "nobody"}]
        }"#,
    )
    .unwrap();
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let (user, other) = (
        governance.user_number("u").unwrap(),
        governance.user_number("v").unwrap(),
    );
    let record = governance.record_number(RecordType::Account, "a").unwrap();
    assert_eq!(governance.user_number("nobody"), None);
    assert_eq!(governance.record_number(RecordType::Prospect, "a"), None);
    let ask = |governance: &Governance, user, kind, record| {
        governance
            .at(now)
            .can_numbered(user, Action::View, kind, record)
            .unwrap()
    };
    assert!(ask(&governance, user, RecordType::Account, record));
    assert!(!ask(&governance, other, RecordType::Account, record));
    for nothing in [2, 1_000_000, u32::MAX] {
        assert!(!ask(&governance, user, RecordType::Account, nothing));
        assert!(!ask(&governance, nothing, RecordType::Account, record));
        assert!(!ask(&governance, user, RecordType::Prospect, record));
    }
    let created =
        governance
            .at(now)
            .can_numbered(user, Action::Create, RecordType::Account, record);
    assert_eq!(created.unwrap_err().code(), Code::InvalidArgument);

    let removed = Change::Remove(Removal::Record {
        kind: RecordType::Account,
        id: "a".to_owned(),
    });
    governance.apply(&[removed]).unwrap();
    assert!(!ask(&governance, user, RecordType::Account, record));
    assert_eq!(governance.record_number(RecordType::Account, "a"), None);
    let put = r#"[{"op": "put", "kind": "record", "value": {"type": "account", "id": "c", "owner": "v"}},
        {"op": "put", "kind": "record", "value": {"type": "account", "id": "a", "owner": "v"}}]"#;
    governance
        .apply(&Change::list_from_json(put).unwrap())
        .unwrap();
    assert_eq!(
        governance.record_number(RecordType::Account, "a"),
        Some(record)
    );
    assert!(ask(&governance, other, RecordType::Account, record));
    assert!(!ask(&governance, user, RecordType::Account, record));
}

#[test]
fn a_byte_order_mark_before_the_document_is_passed_over() {
    let json = r#"{"format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC", "profiles": [], "users": []}"#;
    let load = |text: &str| Governance::load(text.as_bytes());
    assert_eq!(
        load(&format!("\u{feff}{json}")).unwrap().to_org(),
        load(json).unwrap().to_org()
    );
    for not_before in [format!("\u{feff}\u{feff}{json}"), format!("{json}\u{feff}")] {
        assert_eq!(load(&not_before).unwrap_err().code(), Code::MalformedJson);
    }
}

#[test]
fn roles_job_roles_and_companies_are_found_by_id() {
    let org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "roles": [{"id": "lead", "name": "Lead", "parent": "chief"}, {"id": "rep", "name": "Rep", "parent": "lead"}],
        "profiles": [{"id": "p", "name": "P"}],
        "users": [{"id": "u", "name": "U", "profile": "p", "role": "rep", "jobRole": "nobody's"}],
        "companies": [{"id": "c", "name": "C"}, {"id": "d", "name": "D"}]
    });
    let governance = Governance::load(org.to_string().as_bytes()).unwrap();
    for role in governance.roles() {
        assert_eq!(governance.role(&role.id), Some(role));
    }
    assert_eq!(governance.roles().count(), 2);
    // What is only referred to does not exist.
    assert_eq!(governance.role("chief"), None);
    for job_role in governance.job_roles() {
        assert_eq!(governance.job_role(&job_role.id), Some(job_role));
    }
    assert_eq!(governance.job_roles().count(), 4);
    assert_eq!(governance.job_role("nobody's"), None);
    for company in governance.companies() {
        assert_eq!(governance.company(&company.id), Some(company));
    }
    assert_eq!(governance.companies().count(), 2);
    assert_eq!(governance.company("lead"), None);
}

#[test]
fn a_browser_loads_documents_of_128_mib() {
    let limits = Limits::in_browser();
    assert_eq!(limits.document, 134_217_728);
    assert_eq!(limits.users, Limits::default().users);
    let refused = |bytes: usize| {
        let document = vec![b' '; bytes];
        Governance::load_within(&document, &limits)
            .unwrap_err()
            .code()
    };
    assert_eq!(refused(limits.document), Code::MalformedJson);
    assert_eq!(refused(limits.document + 1), Code::DocumentTooLarge);
}
