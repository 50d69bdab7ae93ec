//! The seventh example of the semantics page: the baseline request of a new AE.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use sidelight_calendar::{Calendar, parse_day};
use sidelight_governance::org::{Org, Profile, User};
use sidelight_governance::provisioning::{
    Baseline, Hold, HoldReason, ProvisioningError, Request, RequestEffect, RequestEvent,
    RequestState, RequestStep, System,
};
use sidelight_governance::{Governance, Instant, Toggle};

struct Company {
    governance: Governance,
    calendar: Calendar,
    baselines: Vec<Baseline>,
}

impl Company {
    fn new() -> Self {
        let mut org = Org::new("company", "Company", "America/New_York");
        let operations = Profile {
            id: "operations".to_owned(),
            name: "Sales Operations".to_owned(),
            admin: false,
            permissions: Default::default(),
            toggles: [(Toggle::Provision, true)].into_iter().collect(),
        };
        org.profiles.push(operations);
        org.users = vec![
            User {
                job_role: Some("ae".to_owned()),
                ..User::new("alex", "Alex", "default")
            },
            User::new("dana", "Dana", "operations"),
            User::new("devin", "Devin", "operations"),
        ];
        Self {
            calendar: Calendar::of(&org.time_zone).unwrap(),
            governance: Governance::from_org(org).unwrap(),
            baselines: vec![Baseline {
                job_role: "ae".to_owned(),
                systems: vec![System::Salesforce, System::Chorus],
                approved_by: Some("dana".to_owned()),
            }],
        }
    }

    /// What onboarding makes at this instant for Alex, who starts on the 2nd of November.
    fn onboard(&self, now: &str, requests: &[Request]) -> Option<RequestStep> {
        let now: Instant = now.parse().unwrap();
        let day = self
            .calendar
            .day_of_employment(now, parse_day("2026-11-02").unwrap());
        let dris = ["dana".to_owned(), "devin".to_owned()];
        let at = self.governance.at(now);
        at.baseline_request("ar-1", "alex", day, &self.baselines, requests, &dris)
            .unwrap()
    }

    fn step(
        &self,
        actor: &str,
        request: &Request,
        event: RequestEvent,
    ) -> Result<RequestStep, ProvisioningError> {
        let at = self.governance.at("2026-11-03T15:00:00Z".parse().unwrap());
        at.step_request(actor, request, &event)
    }
}

#[test]
fn a_new_aes_baseline_request_from_day_2_to_completed_with_its_issue_still_open() {
    let company = Company::new();
    // It appears on day 2, as days are counted in New York, and once.
    assert_eq!(company.onboard("2026-11-03T04:59:59Z", &[]), None);
    let made = company.onboard("2026-11-03T05:00:00Z", &[]).unwrap();
    let request = made.request;
    let again = std::slice::from_ref(&request);
    assert_eq!(company.onboard("2026-11-04T12:00:00Z", again), None);

    // In Action Needed, unassigned, with the DRIs in copy.
    let fields = request.fields();
    assert_eq!(fields.state, RequestState::ActionNeeded);
    assert_eq!(fields.assignee, None);
    assert_eq!(fields.in_copy, ["dana", "devin"]);
    let dris = vec!["dana".to_owned(), "devin".to_owned()];
    let label = "SalesOpsAR::Action Needed".to_owned();
    assert_eq!(
        made.effects,
        [
            RequestEffect::Relabel { label },
            RequestEffect::Notify { users: dris }
        ]
    );

    let on = |actor: &str, request: &Request, event| {
        company.step(actor, request, event).unwrap().request
    };
    // Picked up.
    let request = on("devin", &request, RequestEvent::PickUp);
    assert_eq!(request.fields().state, RequestState::InProgress);
    assert_eq!(request.fields().assignee.as_deref(), Some("devin"));

    // Put On Hold for a Salesforce license.
    let hold = Hold {
        reason: HoldReason::SalesforceLicense,
        note: None,
    };
    let request = on("devin", &request, RequestEvent::PutOnHold { hold });
    assert_eq!(request.fields().state, RequestState::OnHold);
    let reason = request.fields().hold.as_ref().unwrap().reason;
    assert_eq!(reason.label(), "Waiting on Salesforce License");

    // Resumed.
    let request = on("devin", &request, RequestEvent::Resume);
    assert_eq!(request.fields().state, RequestState::InProgress);
    assert_eq!(request.fields().hold, None);

    // All tasks done.
    let finish = |system| RequestEvent::FinishTask { system };
    let request = on("devin", &request, finish(System::Salesforce));
    let error = company.step("devin", &request, RequestEvent::Complete);
    assert_eq!(error.unwrap_err().code().as_str(), "task-open");
    let request = on("devin", &request, finish(System::Chorus));

    // Completed, its issue still open.
    let request = on("devin", &request, RequestEvent::Complete);
    assert_eq!(request.fields().state, RequestState::Completed);
    assert!(!request.fields().closed);
    let request = on("devin", &request, RequestEvent::CloseIssue);
    assert_eq!(request.fields().state, RequestState::Completed);
    assert!(request.fields().closed);
}
