//! What a loaded organisation tells about itself (§10.1).
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use sidelight_governance::{Governance, RecordType};

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
