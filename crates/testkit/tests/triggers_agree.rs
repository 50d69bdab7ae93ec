//! Triggers agree with the reference on random organisations (§9).
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::option::weighted as maybe;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use sidelight_governance::trigger::{EventKind, RecordEvent, Trigger};
use sidelight_governance::{Governance, RecordType};
use sidelight_testkit::generate::{self, IDS, Sample, query};
use sidelight_testkit::reference::Reference;
use sidelight_testkit::reference::trigger::Outcome;

const KINDS: [RecordType; 3] = [RecordType::Account, RecordType::Prospect, RecordType::Task];

/// Two kinds of event, so that triggers are set off often.
const EVENTS: [EventKind; 2] = [EventKind::Created, EventKind::Updated];

fn recipients() -> impl Strategy<Value = Option<Value>> {
    let job_role = select(IDS.into_iter().chain(["ae", "sdr"]).collect::<Vec<_>>());
    let recipient = prop_oneof![
        Just(json!("owner")),
        Just(json!("assigned")),
        job_role.prop_map(|job_role| json!({ "assignedAs": job_role })),
    ];
    maybe(0.8, vec(recipient, 0..4).prop_map(Value::from))
}

fn action() -> impl Strategy<Value = Value> {
    let what = prop_oneof![
        2 => Just(json!({"do": "createTask", "title": "Call them"})),
        1 => select(&IDS[..]).prop_map(|id| json!({"do": "addToSequence", "sequence": id})),
    ];
    (what, recipients()).prop_map(|(mut action, recipients)| {
        if let (Some(recipients), Some(action)) = (recipients, action.as_object_mut()) {
            action.insert("recipients".to_owned(), recipients);
        }
        action
    })
}

/// A trigger as JSON: so its reading is part of what is tested.
fn trigger() -> impl Strategy<Value = Trigger> {
    (
        select(&IDS[..]),
        select(&KINDS[..]),
        select(EVENTS.to_vec()),
        maybe(0.3, vec(select(vec!["size", "region"]), 0..2)),
        query::query(),
        vec(action(), 0..3),
    )
        .prop_map(|(id, kind, on, changed, query, actions)| {
            let trigger = json!({
                "id": id, "name": "T", "type": kind, "on": on, "changed": changed,
                "where": query.get("where"), "actions": actions
            });
            serde_json::from_value(trigger).unwrap()
        })
}

proptest! {
    #![proptest_config(generate::cases(2_000))]

    #[test]
    fn what_triggers_come_to_agrees(
        sample in generate::organisation(),
        triggers in vec(trigger(), 1..5),
        on in select(EVENTS.to_vec()),
        changed in vec(select(vec!["size", "region", "hot"]), 0..3),
    ) {
        let Sample(org) = &sample;
        let governance = Governance::from_org(org.clone()).unwrap();
        let now = generate::now();
        let (at, reference) = (governance.at(now), Reference { org, now });
        let written = serde_json::to_string(&triggers).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Vec<Trigger>>(&written).unwrap(), &triggers);

        let ids = org.records.iter().map(|record| (record.kind, record.id.clone()));
        for (kind, id) in ids.chain([(RecordType::Account, "no such record".to_owned())]) {
            let changed = changed.iter().map(|&field| field.to_owned()).collect();
            let event = RecordEvent { on, kind, id, changed };
            let triggered = at.triggered(&triggers, &event).unwrap();
            let outcomes = reference.triggered(&triggers, &event);

            let effects = triggered.effects.iter().map(|effect| {
                (effect.trigger.as_str(), effect.action, Some(effect.user.as_str()), Ok(()))
            });
            let expected: Vec<Outcome<'_>> =
                outcomes.iter().copied().filter(|outcome| outcome.3.is_ok()).collect();
            prop_assert_eq!(effects.collect::<Vec<Outcome<'_>>>(), expected);

            let skipped = triggered.skipped.iter().map(|skipped| {
                let reason = Err(skipped.reason.as_str());
                (skipped.trigger.as_str(), skipped.action, skipped.user.as_deref(), reason)
            });
            let expected: Vec<Outcome<'_>> =
                outcomes.iter().copied().filter(|outcome| outcome.3.is_err()).collect();
            prop_assert_eq!(skipped.collect::<Vec<Outcome<'_>>>(), expected);
        }
    }
}

/// Random triggers are worth something only if they are set off, for all sorts of recipients.
#[test]
fn random_triggers_reach_every_outcome() {
    let mut runner = TestRunner::deterministic();
    let mut reached = HashSet::new();
    for _ in 0..500 {
        let Sample(org) = generate::organisation()
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let triggers = vec(trigger(), 1..5)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let reference = Reference {
            org: &org,
            now: generate::now(),
        };
        for record in &org.records {
            let event = RecordEvent {
                on: EventKind::Updated,
                kind: record.kind,
                id: record.id.clone(),
                changed: vec!["size".to_owned()],
            };
            let outcomes = reference.triggered(&triggers, &event);
            reached.extend(
                outcomes
                    .iter()
                    .map(|outcome| outcome.3.err().unwrap_or("done")),
            );
        }
    }
    for told in [
        "done",
        "unknown-sequence",
        "unknown-user",
        "no-access",
        "view-denied",
    ] {
        assert!(reached.contains(told), "{told}");
    }
}
