//! Triggers: for whom something is done, and which ones are kept (§9).
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::{Value, json};
use sidelight_governance::trigger::{RecordEvent, Trigger, TriggerCode};
use sidelight_governance::{At, Code, Governance};

fn asked(ask: impl FnOnce(At<'_>)) {
    let org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "profiles": [
            {"id": "seller", "name": "Seller", "permissions": {"account": {"view": "owned"}}},
            {"id": "blind", "name": "Blind"},
            {"id": "ops", "name": "Ops", "toggles": {"manageTriggers": true}}
        ],
        "users": [
            {"id": "ada", "name": "Ada", "profile": "seller"},
            {"id": "sam", "name": "Sam", "profile": "seller", "jobRole": "sdr"},
            {"id": "csm", "name": "Csm", "profile": "seller", "jobRole": "sdr"},
            {"id": "blind", "name": "Blind", "profile": "blind", "jobRole": "sdr"},
            {"id": "locked", "name": "Locked", "profile": "seller", "status": "locked"},
            {"id": "ops", "name": "Ops", "profile": "ops"}
        ],
        "records": [
            {"type": "account", "id": "acme", "owner": "ada", "fields": {"stage": "Won"}, "assigned": [
                "ada", "sam", {"user": "csm", "jobRole": "csm"}, "blind", "locked", "gone"
            ]},
            {"type": "sequence", "id": "welcome"}
        ]
    });
    let governance = Governance::load(org.to_string().as_bytes()).unwrap();
    ask(governance.at("2026-11-21T12:00:00Z".parse().unwrap()));
}

fn trigger(changes: Value) -> Trigger {
    let mut trigger = json!({
        "id": "t", "name": "T", "type": "account", "on": "updated",
        "actions": [{"do": "createTask", "title": "Call"}]
    });
    for (member, value) in changes.as_object().unwrap() {
        trigger
            .as_object_mut()
            .unwrap()
            .insert(member.clone(), value.clone());
    }
    serde_json::from_value(trigger).unwrap()
}

fn to(recipients: Value) -> Value {
    json!({"actions": [{"do": "createTask", "title": "Call", "recipients": recipients}]})
}

/// Who gets a task when the stage of Acme changes.
#[track_caller]
fn check(at: At<'_>, changes: Value, expected: &[&str]) {
    let event: RecordEvent = serde_json::from_value(json!({
        "on": "updated", "type": "account", "id": "acme", "changed": ["stage"]
    }))
    .unwrap();
    let triggered = at.triggered(&[trigger(changes)], &event).unwrap();
    let users: Vec<_> = triggered
        .effects
        .iter()
        .map(|effect| effect.user.as_str())
        .collect();
    assert_eq!(users, expected);
}

#[test]
fn the_owner_is_the_recipient_unless_others_are_named() {
    asked(|at| {
        check(at, json!({}), &["ada"]);
        check(at, to(json!(["owner"])), &["ada"]);
        check(at, to(json!(["assigned"])), &["ada", "sam", "csm"]);
        // An assignment's own job role comes before the user's.
        check(at, to(json!([{"assignedAs": "sdr"}])), &["sam"]);
        check(at, to(json!([{"assignedAs": "csm"}])), &["csm"]);
        check(at, to(json!([{"assignedAs": "gone"}])), &[]);
        // Named in two ways, and told once.
        check(
            at,
            to(json!([{"assignedAs": "sdr"}, "owner", "assigned"])),
            &["sam", "ada", "csm"],
        );
    });
}

#[test]
fn conditions_are_asked_of_the_record_and_of_what_changed() {
    asked(|at| {
        check(
            at,
            json!({"where": {"field": "stage", "is": "Won"}}),
            &["ada"],
        );
        check(at, json!({"where": {"field": "stage", "is": "Lost"}}), &[]);
        check(at, json!({"changed": ["stage", "amount"]}), &["ada"]);
        check(at, json!({"changed": ["amount"]}), &[]);
        check(at, json!({"on": "created"}), &[]);
        check(at, json!({"type": "prospect"}), &[]);
    });
}

#[test]
fn who_is_left_out_is_told_with_the_reason() {
    asked(|at| {
        let event =
            serde_json::from_value(json!({"on": "updated", "type": "account", "id": "acme"}));
        let event: RecordEvent = event.unwrap();
        let actions = json!([
            {"do": "createTask", "title": "Call", "recipients": ["assigned"]},
            {"do": "addToSequence", "sequence": "gone"},
            {"do": "addToSequence", "sequence": "welcome"}
        ]);
        let triggered = at
            .triggered(&[trigger(json!({"actions": actions}))], &event)
            .unwrap();
        assert_eq!(
            serde_json::to_value(&triggered.skipped).unwrap(),
            json!([
                {"trigger": "t", "action": 0, "user": "blind", "reason": "view-denied"},
                {"trigger": "t", "action": 0, "user": "locked", "reason": "no-access"},
                {"trigger": "t", "action": 0, "user": "gone", "reason": "unknown-user"},
                {"trigger": "t", "action": 1, "reason": "unknown-sequence"}
            ])
        );
        assert_eq!(
            serde_json::to_value(triggered.effects.last()).unwrap(),
            json!({"trigger": "t", "action": 2, "user": "ada",
                   "what": {"do": "addToSequence", "sequence": "welcome"}})
        );
    });
}

#[test]
fn a_trigger_is_kept_if_it_can_do_what_it_says() {
    asked(|at| {
        assert_eq!(at.check_trigger("ops", &trigger(json!({}))), Ok(()));
        let check = |actor: &str, changes: Value, code: TriggerCode, place: &str| {
            let error = at.check_trigger(actor, &trigger(changes)).unwrap_err();
            assert_eq!(
                (error.code(), error.path().as_str()),
                (code, place),
                "{error}"
            );
        };
        check("ada", json!({}), TriggerCode::NotPermitted, "/actor");
        check("nobody", json!({}), TriggerCode::NotPermitted, "/actor");
        check(
            "ops",
            json!({"name": " "}),
            TriggerCode::EmptyField,
            "/name",
        );
        check(
            "ops",
            json!({"actions": []}),
            TriggerCode::NothingToDo,
            "/actions",
        );
        let place = "/actions/0/recipients";
        check("ops", to(json!([])), TriggerCode::NothingToDo, place);
        let place = "/actions/0/recipients/1";
        let gone = to(json!(["owner", {"assignedAs": "gone"}]));
        check("ops", gone, TriggerCode::UnknownJobRole, place);
        let mut of_tasks = to(json!(["owner", "assigned"]));
        of_tasks
            .as_object_mut()
            .unwrap()
            .insert("type".to_owned(), json!("task"));
        check("ops", of_tasks, TriggerCode::NotAssignable, place);
        let untitled = json!({"actions": [{"do": "createTask", "title": ""}]});
        check("ops", untitled, TriggerCode::EmptyField, "/actions/0/title");
        let gone = json!({"actions": [{"do": "addToSequence", "sequence": "gone"}]});
        check(
            "ops",
            gone,
            TriggerCode::UnknownSequence,
            "/actions/0/sequence",
        );
    });
}

#[test]
fn conditions_that_are_too_deep_are_an_error_in_both_places() {
    asked(|at| {
        let mut filter = json!({"text": "a"});
        for _ in 0..32 {
            filter = json!({"not": filter});
        }
        let deep = trigger(json!({"where": filter}));
        let error = at.check_trigger("ops", &deep).unwrap_err();
        assert_eq!(error.code(), TriggerCode::TooDeep);
        assert_eq!(
            error.to_string(),
            "a filter is nested more than 32 deep at `/where`"
        );
        let event =
            serde_json::from_value(json!({"on": "updated", "type": "account", "id": "acme"}));
        let error = at.triggered(&[deep], &event.unwrap()).unwrap_err();
        assert_eq!(
            (error.code(), error.path().as_str()),
            (Code::TooDeep, "/0/where")
        );
    });
}

#[test]
fn what_a_trigger_does_not_know_is_not_read() {
    let read = |trigger: Value| serde_json::from_value::<Trigger>(trigger).is_ok();
    let mut good =
        json!({"id": "t", "name": "T", "type": "account", "on": "updated", "actions": []});
    assert!(read(good.clone()));
    good.as_object_mut()
        .unwrap()
        .insert("runAs".to_owned(), json!("admin"));
    assert!(!read(good));
    assert!(!read(
        json!({"id": "t", "name": "T", "type": "account", "on": "deleted", "actions": []})
    ));
}
