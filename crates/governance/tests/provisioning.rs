//! Requests for access: their plan, their suggestions, and what is not read (§8).
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::{Value, json};
use sidelight_governance::provisioning::{
    Baseline, NewRequest, Request, RequestEffect, RequestEvent, RequestStep, System, TaskTemplate,
};
use sidelight_governance::{At, Governance};

/// Ten AEs in EMEA, nine of them with the profile Rep; one person more in each direction.
fn governance() -> Governance {
    let ae = |number: usize| {
        json!({
            "id": format!("ae{number}"), "name": format!("AE {number}"), "jobRole": "ae",
            "email": format!("ae{number}@o.example"), "region": "EMEA",
            "profile": if number == 0 { "lead" } else { "rep" },
            "role": if number < 5 { "east" } else { "west" },
            "license": if number < 2 { Some("Full") } else { None }
        })
    };
    let mut users: Vec<Value> = (0..10).map(ae).collect();
    users.extend([
        json!({"id": "new", "name": "New", "profile": "rep", "jobRole": "ae", "region": "EMEA",
               "email": "new@o.example", "role": "west", "license": "Light"}),
        json!({"id": "newer", "name": "Newer", "profile": "rep", "jobRole": "ae", "region": "EMEA"}),
        json!({"id": "apart", "name": "Apart", "profile": "ops", "jobRole": "ae", "region": "APAC",
               "email": "a@o.example, b@o.example"}),
        json!({"id": "bo", "name": "Bo", "profile": "ops"}),
        json!({"id": "locked", "name": "L", "profile": "ops", "status": "locked",
               "jobRole": "ae", "region": "EMEA"}),
        json!({"id": "admin", "name": "Admin", "profile": "admin", "jobRole": "csm", "region": "EMEA"}),
        json!({"id": "csm", "name": "Csm", "profile": "rep", "jobRole": "csm", "region": "EMEA"}),
    ]);
    let org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "profiles": [
            {"id": "rep", "name": "Rep"}, {"id": "lead", "name": "Lead"},
            {"id": "ops", "name": "Ops", "toggles": {"provision": true}},
            {"id": "admin", "name": "Admin", "admin": true}
        ],
        "roles": [{"id": "east", "name": "SMB East"}, {"id": "west", "name": "SMB West"}],
        "users": users
    });
    Governance::load(org.to_string().as_bytes()).unwrap()
}

fn asked(ask: impl FnOnce(At<'_>)) {
    let governance = governance();
    ask(governance.at("2026-11-21T12:00:00Z".parse().unwrap()));
}

fn request(at: At<'_>, requester: &str, people: &[&str], systems: &[System]) -> Request {
    let new = NewRequest {
        id: "ar-1".to_owned(),
        people: people.iter().map(|&person| person.to_owned()).collect(),
        systems: systems.to_vec(),
    };
    at.request_access(requester, &new, &[]).unwrap().request
}

#[test]
fn a_suggestion_tells_its_evidence() {
    asked(|at| {
        let request = request(at, "bo", &["new", "newer"], &[System::Clari]);
        let plan = at.plan(&request, &TaskTemplate::initial()).unwrap();
        let evidence: Vec<_> = plan
            .suggestions
            .iter()
            .filter(|suggestion| suggestion.person == "newer")
            .map(|suggestion| (suggestion.value.as_str(), suggestion.evidence.as_str()))
            .collect();
        assert_eq!(
            evidence,
            [
                // Five have each: the first in the order of bytes.
                ("east", "5 of 10 AEs in EMEA have role SMB East."),
                ("rep", "9 of 10 AEs in EMEA have profile Rep."),
                ("Full", "2 of 10 AEs in EMEA have license Full."),
            ]
        );
    });
}

#[test]
fn nothing_is_suggested_from_nobody_nor_an_admin_profile() {
    asked(|at| {
        let of = |people: &[&str]| {
            let request = request(at, "bo", people, &[System::Clari]);
            let plan = at.plan(&request, &TaskTemplate::initial()).unwrap();
            let told = plan.suggestions.into_iter();
            told.map(|suggestion| suggestion.evidence)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&["apart"]), Vec::<String>::new());
        assert_eq!(of(&["bo"]), Vec::<String>::new());
        assert_eq!(of(&["csm"]), Vec::<String>::new());
        assert_eq!(of(&["admin"]), ["1 of 1 CSM in EMEA has profile Rep."]);
    });
}

#[test]
fn a_plan_has_each_systems_values_filled_in() {
    asked(|at| {
        let systems = [System::Chorus, System::Datafox];
        let request = request(at, "bo", &["ae0", "new", "apart", "ae1"], &systems);
        let plan = at.plan(&request, &TaskTemplate::initial()).unwrap();
        let tasks: Vec<Value> = plan
            .tasks
            .iter()
            .map(|task| {
                let fields = task.fields.iter();
                let fields: Vec<_> = fields
                    .map(|field| json!([field.name, field.value, field.missing]))
                    .collect();
                json!([task.system, fields])
            })
            .collect();
        let emails = "ae0@o.example, new@o.example, ae1@o.example";
        assert_eq!(
            json!(tasks),
            json!([
                [
                    "chorus",
                    [
                        // One email that would be two in a list is none.
                        ["emails", emails, ["apart"]],
                        ["role", "AE", []],
                        ["team", "SMB East, SMB West", ["apart"]],
                        ["license", "Full, Light", ["apart"]]
                    ]
                ],
                [
                    "datafox",
                    [
                        ["emails", emails, ["apart"]],
                        ["status", "Member", []],
                        ["bulk account sync", "yes", []]
                    ]
                ]
            ])
        );
        let error = at.plan(&request, &[]).unwrap_err();
        assert_eq!(
            (error.code().as_str(), error.path().as_str()),
            ("no-template", "/tasks/0")
        );
    });
}

#[test]
fn templates_are_data() {
    let json = serde_json::to_string(&TaskTemplate::initial()).unwrap();
    let read: Vec<TaskTemplate> = serde_json::from_str(&json).unwrap();
    assert_eq!(read, TaskTemplate::initial());
    let systems: Vec<_> = read.iter().map(|template| template.system).collect();
    assert!(System::ALL.iter().all(|system| systems.contains(system)));
}

#[test]
fn the_dris_are_in_copy_and_those_who_may_use_the_organisation_are_told() {
    asked(|at| {
        let dris = ["bo", "locked", "gone", "bo"].map(str::to_owned);
        let new = NewRequest {
            id: "ar-1".to_owned(),
            people: vec!["new".to_owned(), "newer".to_owned(), "new".to_owned()],
            systems: vec![System::Clari, System::Clari],
        };
        let RequestStep { request, effects } = at.request_access("ae0", &new, &dris).unwrap();
        let fields = request.fields();
        assert_eq!(fields.in_copy, ["bo", "locked"]);
        assert_eq!(fields.people, ["new", "newer"]);
        assert_eq!(fields.tasks.len(), 1);
        let users = vec!["bo".to_owned()];
        assert_eq!(effects.last(), Some(&RequestEffect::Notify { users }));
    });
}

#[test]
fn a_request_is_refused_with_a_code_and_a_place() {
    asked(|at| {
        let check = |requester: &str, people: &[&str], systems: &[System], told: (&str, &str)| {
            let new = NewRequest {
                id: "ar-1".to_owned(),
                people: people.iter().map(|&person| person.to_owned()).collect(),
                systems: systems.to_vec(),
            };
            let error = at.request_access(requester, &new, &[]).unwrap_err();
            assert_eq!(
                (error.code().as_str(), error.path().as_str()),
                told,
                "{error}"
            );
        };
        let clari = [System::Clari];
        check("locked", &["new"], &clari, ("not-permitted", "/actor"));
        check("bo", &[], &clari, ("nobody", "/people"));
        check("bo", &["new"], &[], ("no-system", "/tasks"));
        check(
            "bo",
            &["new", "gone"],
            &clari,
            ("unknown-user", "/people/1"),
        );
    });
}

#[test]
fn whoever_approved_a_baseline_did_not_approve_the_own_request() {
    asked(|at| {
        let mut baseline = Baseline {
            job_role: "ae".to_owned(),
            systems: vec![System::Clari],
            approved_by: Some("apart".to_owned()),
        };
        let made = |person: &str, day, baseline: &Baseline| {
            let baselines = std::slice::from_ref(baseline);
            at.baseline_request("ar-1", person, day, baselines, &[], &[])
        };
        let approval = |person: &str, baseline: &Baseline| {
            let step = made(person, 2, baseline).unwrap().unwrap();
            step.request
                .fields()
                .approval
                .clone()
                .map(|approval| approval.by)
        };
        assert_eq!(approval("new", &baseline).as_deref(), Some("apart"));
        assert_eq!(approval("apart", &baseline), None);
        assert_eq!(made("new", 1, &baseline), Ok(None));
        assert!(made("new", 5, &baseline).unwrap().is_some());
        baseline.approved_by = None;
        assert_eq!(approval("new", &baseline), None);
        let code = |person: &str| made(person, 2, &baseline).unwrap_err().code().to_string();
        assert_eq!(code("admin"), "no-template");
        assert_eq!(code("gone"), "unknown-user");
    });
}

#[test]
fn onboarding_makes_one_baseline_request_for_each_person() {
    asked(|at| {
        let baselines = [Baseline {
            job_role: "ae".to_owned(),
            systems: vec![System::Clari],
            approved_by: None,
        }];
        let made = |person: &str, requests: &[Request]| {
            at.baseline_request("ar-2", person, 2, &baselines, requests, &[])
                .unwrap()
        };
        let by_hand = request(at, "bo", &["new"], &[System::Clari]);
        let onboarded = made("new", std::slice::from_ref(&by_hand)).unwrap().request;
        let requests = [by_hand, onboarded];
        assert_eq!(made("new", &requests), None);
        assert!(made("newer", &requests).is_some());
    });
}

#[test]
fn each_step_of_a_request_is_taken_once_and_in_its_order() {
    asked(|at| {
        let systems = [System::Clari, System::Chorus];
        let asked_for = request(at, "bo", &["new"], &systems);
        let step = |request: &Request, actor: &str, event: Value| {
            let event: RequestEvent = serde_json::from_value(event).unwrap();
            at.step_request(actor, request, &event)
                .map(|step| step.request)
        };
        let refused = |request: &Request, actor: &str, event: Value, code: &str, place: &str| {
            let error = step(request, actor, event).unwrap_err();
            assert_eq!(
                (error.code().as_str(), error.path().as_str()),
                (code, place)
            );
        };
        let finish = |system: &str| json!({"event": "finish-task", "system": system});
        let event = |event: &str| json!({"event": event});

        refused(&asked_for, "bo", event("approve"), "own-request", "/actor");
        let approved = step(&asked_for, "apart", event("approve")).unwrap();
        let approval = approved.fields().approval.as_ref().unwrap();
        assert_eq!(approval.by, "apart");
        assert_eq!(approved.fields().state, asked_for.fields().state);
        refused(
            &approved,
            "apart",
            event("approve"),
            "already-approved",
            "/event",
        );

        let unapproved = step(&asked_for, "bo", event("pick-up")).unwrap();
        refused(&unapproved, "bo", finish("clari"), "not-approved", "/event");
        let picked = step(&approved, "bo", event("pick-up")).unwrap();
        refused(&picked, "bo", event("complete"), "task-open", "/event");
        let one_done = step(&picked, "bo", finish("clari")).unwrap();
        refused(&one_done, "bo", finish("clari"), "task-done", "/system");
        refused(
            &one_done,
            "bo",
            finish("datafox"),
            "unknown-task",
            "/system",
        );
        refused(&one_done, "bo", event("complete"), "task-open", "/event");
        let all_done = step(&one_done, "bo", finish("chorus")).unwrap();
        let completed = step(&all_done, "bo", event("complete")).unwrap();

        refused(
            &completed,
            "bo",
            event("reopen-issue"),
            "issue-state",
            "/event",
        );
        let closed = step(&completed, "bo", event("close-issue")).unwrap();
        refused(&closed, "bo", event("close-issue"), "issue-state", "/event");
        assert!(closed.fields().closed);
        assert!(
            !step(&closed, "bo", event("reopen-issue"))
                .unwrap()
                .fields()
                .closed
        );
    });
}

#[test]
fn anyone_on_the_team_takes_over_and_nobody_else() {
    asked(|at| {
        let request = request(at, "ae0", &["new"], &[System::Clari]);
        let picked = at
            .step_request("bo", &request, &RequestEvent::PickUp)
            .unwrap()
            .request;
        let taken = at
            .step_request("apart", &picked, &RequestEvent::TakeOver)
            .unwrap()
            .request;
        assert_eq!(taken.fields().assignee.as_deref(), Some("apart"));
        for nobody in ["ae0", "locked", "gone"] {
            let error = at
                .step_request(nobody, &picked, &RequestEvent::TakeOver)
                .unwrap_err();
            assert_eq!(error.code().as_str(), "not-permitted");
        }
    });
}

#[test]
fn a_request_that_no_events_lead_to_is_not_read() {
    let good = json!({
        "id": "1", "people": ["new"], "origin": {"by": "hand", "requester": "ae0"},
        "state": "in-progress", "assignee": "bo", "approval": {"by": "bo"},
        "tasks": [{"system": "clari", "done": true}, {"system": "chorus", "done": false}]
    });
    let read = |changes: Value| {
        let mut request = good.clone();
        for (member, value) in changes.as_object().unwrap() {
            request
                .as_object_mut()
                .unwrap()
                .insert(member.clone(), value.clone());
        }
        serde_json::from_value::<Request>(request).map_err(|error| error.to_string())
    };
    assert!(read(json!({})).is_ok());
    for (changes, message) in [
        (
            json!({"approval": null}),
            "nothing is provisioned before approval at `/tasks`",
        ),
        (
            json!({"approval": {"by": "new"}}),
            "nobody approves the own request at `/approval`",
        ),
        (
            json!({"approval": {"by": "ae0"}}),
            "nobody approves the own request at `/approval`",
        ),
        (
            json!({"state": "completed"}),
            "a completed request has no open task at `/tasks`",
        ),
        (
            json!({"assignee": null}),
            "somebody works on a request unless action is needed at `/assignee`",
        ),
        (
            json!({"state": "on-hold"}),
            "a hold belongs to a request that is on hold, and to no other at `/hold`",
        ),
        (
            json!({"people": ["a", "a"]}),
            "a person is there twice at `/people`",
        ),
        (
            json!({"people": []}),
            "the request is for nobody at `/people`",
        ),
        (
            json!({"tasks": [{"system": "clari", "done": true}, {"system": "clari", "done": true}]}),
            "a system is there twice at `/tasks`",
        ),
        (
            json!({"state": "action-needed", "assignee": null}),
            "nothing is provisioned before somebody works on the request at `/tasks`",
        ),
    ] {
        assert_eq!(read(changes).unwrap_err(), message);
    }
}
