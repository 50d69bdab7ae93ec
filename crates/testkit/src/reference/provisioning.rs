//! §8: requests for access, from creation to completion, and what colleagues have.

use sidelight_governance::Toggle;
use sidelight_governance::org::{Status, User};
use sidelight_governance::provisioning::{RequestEvent, SuggestedField, System};

use super::Reference;

/// A request for access.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who are to have access.
    pub people: Vec<String>,
    /// Who asked; none for onboarding.
    pub requester: Option<String>,
    /// Its label.
    pub label: &'static str,
    /// Whether it has a reason to wait.
    pub has_hold: bool,
    /// Who works on it.
    pub assignee: Option<String>,
    /// Who approved it.
    pub approver: Option<String>,
    /// Each system, and whether the people have access.
    pub tasks: Vec<(System, bool)>,
    /// Whether its issue is closed.
    pub closed: bool,
}

/// The table of §8.1: which event each state allows, and the state afterwards.
const TABLE: [(&str, [&str; 4]); 7] = [
    //           Action Needed     In Progress     On Hold       Completed
    ("pick-up", ["In Progress", "", "", ""]),
    ("take-over", ["", "In Progress", "On Hold", ""]),
    ("put-on-hold", ["", "On Hold", "", ""]),
    ("resume", ["", "", "In Progress", ""]),
    ("approve", ["Action Needed", "In Progress", "On Hold", ""]),
    ("finish-task", ["", "In Progress", "", ""]),
    ("complete", ["", "Completed", "", ""]),
];

impl Reference<'_> {
    /// The team: whoever passes the gate and has `provision`.
    fn is_on_team(self, user: &str) -> bool {
        self.user(user)
            .is_some_and(|u| self.is_open(u) && self.toggle(u, Toggle::Provision))
    }

    /// The request after an event, or the code of the first rule in the way.
    pub fn request_step(
        self,
        actor: &str,
        request: &Request,
        event: &RequestEvent,
    ) -> Result<Request, &'static str> {
        if !self.is_on_team(actor) {
            return Err("not-permitted");
        }
        let name = match event {
            RequestEvent::PickUp => "pick-up",
            RequestEvent::TakeOver => "take-over",
            RequestEvent::PutOnHold { .. } => "put-on-hold",
            RequestEvent::Resume => "resume",
            RequestEvent::Approve => "approve",
            RequestEvent::FinishTask { .. } => "finish-task",
            RequestEvent::Complete => "complete",
            RequestEvent::CloseIssue => return request.issue(true),
            RequestEvent::ReopenIssue => return request.issue(false),
        };
        let states = ["Action Needed", "In Progress", "On Hold", "Completed"];
        let row = TABLE.iter().find(|(event, _)| *event == name);
        let label = row
            .into_iter()
            .flat_map(|(_, row)| states.iter().zip(row))
            .find(|(state, after)| **state == request.label && !after.is_empty())
            .map(|(_, after)| *after)
            .ok_or("wrong-state")?;

        let mut after = request.clone();
        after.label = label;
        after.has_hold = label == "On Hold";
        match event {
            RequestEvent::PickUp | RequestEvent::TakeOver => {
                after.assignee = Some(actor.to_owned());
            }
            RequestEvent::Approve => {
                let is_requester = request.requester.as_deref() == Some(actor);
                if is_requester || request.people.iter().any(|person| person == actor) {
                    return Err("own-request");
                }
                if request.approver.is_some() {
                    return Err("already-approved");
                }
                after.approver = Some(actor.to_owned());
            }
            RequestEvent::FinishTask { system } => {
                if request.approver.is_none() {
                    return Err("not-approved");
                }
                let task = after.tasks.iter_mut().find(|task| task.0 == *system);
                match task {
                    None => return Err("unknown-task"),
                    Some((_, true)) => return Err("task-done"),
                    Some((_, done)) => *done = true,
                }
            }
            RequestEvent::Complete if request.tasks.iter().any(|(_, done)| !done) => {
                return Err("task-open");
            }
            _ => {}
        }
        Ok(after)
    }

    /// What is suggested for somebody: what, value, how many have it, of how many colleagues.
    pub fn suggestions(
        self,
        person: &str,
        people: &[String],
    ) -> Vec<(SuggestedField, String, usize, usize)> {
        let Some(p) = self.user(person) else {
            return Vec::new();
        };
        let has_job_role = p.job_role.as_ref().is_some_and(|id| self.is_job_role(id));
        if !has_job_role || p.region.is_none() {
            return Vec::new();
        }
        let is_colleague = |u: &&User| {
            u.job_role == p.job_role
                && u.region == p.region
                && u.status == Status::Active
                && u.guest.is_none()
                && !people.contains(&u.id)
        };
        let colleagues: Vec<&User> = self.org.users.iter().filter(is_colleague).collect();
        let mut suggestions = Vec::new();
        for what in [
            SuggestedField::Role,
            SuggestedField::Profile,
            SuggestedField::License,
        ] {
            let value = |u: &&User| match what {
                SuggestedField::Role => self.role(u).map(|role| role.id.clone()),
                SuggestedField::Profile => {
                    let profile = self.profile(u).filter(|profile| !profile.admin);
                    profile.map(|profile| profile.id.clone())
                }
                SuggestedField::License => u.license.clone(),
            };
            let mut values: Vec<String> = colleagues.iter().filter_map(value).collect();
            let all = values.clone();
            let count = |value: &String| all.iter().filter(|other| *other == value).count();
            // The most frequent; among those, the first in the order of bytes.
            values.sort_by(|one, other| count(other).cmp(&count(one)).then(one.cmp(other)));
            if let Some(value) = values.first() {
                suggestions.push((what, value.clone(), count(value), colleagues.len()));
            }
        }
        suggestions
    }

    fn is_job_role(self, id: &str) -> bool {
        match &self.org.job_roles {
            None => ["ae", "bdr", "csm", "sdr"].contains(&id),
            Some(job_roles) => job_roles.iter().any(|job_role| job_role.id == id),
        }
    }
}

impl Request {
    /// Closing and opening the issue is another matter than the state.
    fn issue(&self, closed: bool) -> Result<Self, &'static str> {
        if self.closed == closed {
            return Err("issue-state");
        }
        Ok(Self {
            closed,
            ..self.clone()
        })
    }
}
