//! Requests for access agree with the reference, and keep the laws of §8 in whatever order events come.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sidelight_governance::provisioning::{
    Hold, HoldReason, NewRequest, Request, RequestEffect, RequestEvent, RequestState, System,
    TaskTemplate,
};
use sidelight_governance::{Governance, Toggle};
use sidelight_testkit::generate::{self, IDS, Sample};
use sidelight_testkit::reference::{self, Reference};

fn event() -> impl Strategy<Value = RequestEvent> {
    let system = || select(System::ALL);
    prop_oneof![
        3 => Just(RequestEvent::PickUp),
        1 => Just(RequestEvent::TakeOver),
        2 => select(HoldReason::ALL).prop_map(|reason| RequestEvent::PutOnHold {
            hold: Hold { reason, note: None },
        }),
        2 => Just(RequestEvent::Resume),
        4 => Just(RequestEvent::Approve),
        8 => system().prop_map(|system| RequestEvent::FinishTask { system }),
        4 => Just(RequestEvent::Complete),
        1 => Just(RequestEvent::CloseIssue),
        1 => Just(RequestEvent::ReopenIssue),
    ]
}

fn people() -> impl Strategy<Value = Vec<String>> {
    vec(select(&IDS[..8]).prop_map(str::to_owned), 1..4)
}

/// The organisation with a team: every other profile has `provision`.
fn with_a_team(sample: &Sample) -> sidelight_governance::org::Org {
    let mut org = sample.0.clone();
    for profile in org.profiles.iter_mut().step_by(2) {
        profile.toggles.set(Toggle::Provision, true);
    }
    org
}

proptest! {
    #![proptest_config(generate::cases(2_000))]

    #[test]
    fn a_requests_life_is_that_of_the_reference(
        sample in generate::organisation(),
        requester in select(&IDS[..8]),
        people in people(),
        systems in subsequence(System::ALL, 1..3),
        events in vec((select(&IDS[..8]), event()), 1..40),
    ) {
        let org = with_a_team(&sample);
        let governance = Governance::from_org(org.clone()).unwrap();
        let now = generate::now();
        let (at, reference) = (governance.at(now), Reference { org: &org, now });
        let exists = |user: &String| org.users.iter().any(|known| known.id == *user);
        let new = NewRequest { id: "1".to_owned(), people: people.clone(), systems: systems.clone() };
        let asked = at.request_access(requester, &new, &[]);
        prop_assert_eq!(asked.is_ok(), reference.gate(requester) && people.iter().all(exists));
        let Ok(asked) = asked else {
            return Ok(());
        };

        let mut request = asked.request;
        let mut expected = reference::provisioning::Request {
            people,
            requester: Some(requester.to_owned()),
            label: "Action Needed",
            has_hold: false,
            assignee: None,
            approver: None,
            tasks: systems.into_iter().map(|system| (system, false)).collect(),
            closed: false,
        };
        for (actor, event) in events {
            let step = at.step_request(actor, &request, &event);
            let refused = step.as_ref().err().map(|error| error.code().as_str());
            let stepped = reference.request_step(actor, &expected, &event);
            prop_assert_eq!(refused, stepped.as_ref().err().copied(), "{:?}", event);
            let before = request.fields().state;
            let is_own = request.is_own(actor);
            if let (Ok(step), Ok(stepped)) = (step, stepped) {
                (request, expected) = (step.request, stepped);
                // The label is written when the state changes, as it is spelt.
                let label = format!("SalesOpsAR::{}", expected.label);
                let is_relabelled = request.fields().state != before;
                let effects = is_relabelled.then_some(RequestEffect::Relabel { label });
                prop_assert_eq!(step.effects, Vec::from_iter(effects));
                // Nobody approves the own request.
                prop_assert!(event != RequestEvent::Approve || !is_own);
            }
            let fields = request.fields();
            prop_assert_eq!(fields.state.label(), format!("SalesOpsAR::{}", expected.label));
            prop_assert_eq!(fields.hold.is_some(), expected.has_hold);
            prop_assert_eq!(&fields.assignee, &expected.assignee);
            prop_assert_eq!(fields.approval.as_ref().map(|approval| &approval.by), expected.approver.as_ref());
            let tasks: Vec<_> = fields.tasks.iter().map(|task| (task.system, task.done)).collect();
            prop_assert_eq!(&tasks, &expected.tasks);
            prop_assert_eq!(fields.closed, expected.closed);

            // Nothing is provisioned before approval, and Completed has no open task.
            let is_done = |(_, done): &(System, bool)| *done;
            prop_assert!(fields.approval.is_some() || !tasks.iter().any(is_done));
            prop_assert!(fields.state != RequestState::Completed || tasks.iter().all(is_done));
            // What is written is read again.
            let json = serde_json::to_string(&request).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Request>(&json).unwrap(), &request);
        }
    }

    #[test]
    fn suggestions_agree(sample in generate::organisation(), people in people()) {
        let Sample(org) = &sample;
        let governance = Governance::from_org(org.clone()).unwrap();
        let now = generate::now();
        let reference = Reference { org, now };
        let Some(requester) = org.users.iter().find(|user| reference.gate(&user.id)) else {
            return Ok(());
        };
        let new = NewRequest { id: "1".to_owned(), people, systems: System::ALL.to_vec() };
        let at = governance.at(now);
        let Ok(step) = at.request_access(&requester.id, &new, &[]) else {
            return Ok(());
        };
        let people = &step.request.fields().people;
        let plan = at.plan(&step.request, &TaskTemplate::initial()).unwrap();
        let told: Vec<_> = plan.suggestions.iter().map(|suggestion| {
            let person = suggestion.person.clone();
            (person, suggestion.what, suggestion.value.clone(), suggestion.having, suggestion.of)
        }).collect();
        let expected: Vec<_> = people.iter().flat_map(|person| {
            let suggestions = reference.suggestions(person, people).into_iter();
            suggestions.map(move |(what, value, having, of)| (person.clone(), what, value, having, of))
        }).collect();
        prop_assert_eq!(told, expected);
        // Nothing is suggested from nobody.
        prop_assert!(plan.suggestions.iter().all(|one| 0 < one.having && one.having <= one.of));
    }
}

/// What random events do is worth something only if they lead everywhere.
#[test]
fn random_events_reach_every_state_and_every_refusal() {
    let mut runner = TestRunner::deterministic();
    let mut reached = HashSet::new();
    let events = vec((select(&IDS[..8]), event()), 1..40);
    for _ in 0..500 {
        let sample = generate::organisation()
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let org = with_a_team(&sample);
        let reference = Reference {
            org: &org,
            now: generate::now(),
        };
        let mut request = reference::provisioning::Request {
            people: people().new_tree(&mut runner).unwrap().current(),
            requester: Some("a".to_owned()),
            label: "Action Needed",
            has_hold: false,
            assignee: None,
            approver: None,
            tasks: vec![(System::Chorus, false)],
            closed: false,
        };
        for (actor, event) in events.new_tree(&mut runner).unwrap().current() {
            match reference.request_step(actor, &request, &event) {
                Ok(after) => request = after,
                Err(code) => {
                    reached.insert(code);
                }
            }
            reached.insert(request.label);
        }
    }
    for told in [
        "Action Needed",
        "In Progress",
        "On Hold",
        "Completed",
        "not-permitted",
        "wrong-state",
        "own-request",
        "already-approved",
        "not-approved",
        "unknown-task",
        "task-done",
        "task-open",
        "issue-state",
    ] {
        assert!(reached.contains(told), "{told}");
    }
}
