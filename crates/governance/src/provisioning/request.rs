//! A request from its creation to its completion (§8.1 to §8.3).

use std::collections::HashSet;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use super::{Hold, ProvisioningCode, ProvisioningError, RequestState, System};
use crate::at::At;
use crate::error::{Excerpt, Pointer};
use crate::profile::Toggle;

/// The day of somebody's employment from which the baseline request is made (§8.2).
const BASELINE_DAY: i64 = 2;

/// A request for access, one that events lead to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RequestFields", into = "RequestFields")]
pub struct Request(RequestFields);

/// What a request consists of.
// INVARIANT of those inside a `Request`: everything that `inconsistency` asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestFields {
    /// The request's id.
    pub id: String,
    /// The ids of the people who are to have access, each once.
    pub people: Vec<String>,
    /// How it came about.
    pub origin: Origin,
    /// Where it stands.
    pub state: RequestState,
    /// Why it waits, while it is on hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// The id of the user who works on it; nobody while action is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// The ids of the directly responsible individuals, in copy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_copy: Vec<String>,
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// One task for each system.
    pub tasks: Vec<Task>,
    /// Whether its issue is closed, which is another matter than its state.
    #[serde(default)]
    pub closed: bool,
}

/// How a request came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Origin {
    /// Onboarding made it from the baseline of the job.
    Onboarding,
    /// Somebody asked for it.
    Hand {
        /// Who asked.
        requester: String,
    },
}

/// Who approved a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approval {
    /// The id of the user who approved it, or the baseline that it follows.
    pub by: String,
}

/// The access to one system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Task {
    /// The system.
    pub system: System,
    /// Whether the people have access.
    pub done: bool,
}

/// What a job needs from the start, as data (§8.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Baseline {
    /// The id of the job role.
    pub job_role: String,
    /// The systems.
    pub systems: Vec<System>,
    /// The id of the user who approved the baseline, and with it each request that follows it; absent:
    /// each needs an approval of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
}

/// What somebody asks for by hand, for one person or for many (§8.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewRequest {
    /// The id that the request will have.
    pub id: String,
    /// The ids of the people who are to have access.
    pub people: Vec<String>,
    /// The systems, the same for all of them.
    pub systems: Vec<System>,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "event",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum RequestEvent {
    /// The actor takes on a request that nobody works on.
    PickUp,
    /// The actor takes on a request that somebody works on.
    TakeOver,
    /// It has to wait.
    PutOnHold {
        /// Why.
        hold: Hold,
    },
    /// It waits no more.
    Resume,
    /// The actor approves it.
    Approve,
    /// The people have access to a system.
    FinishTask {
        /// The system.
        system: System,
    },
    /// Everything is done.
    Complete,
    /// The issue is closed.
    CloseIssue,
    /// The issue is opened again.
    ReopenIssue,
}

/// What an event comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestStep {
    /// The request afterwards.
    pub request: Request,
    /// What is to be done besides, in this order.
    pub effects: Vec<RequestEffect>,
}

/// What is to be done besides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "effect",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum RequestEffect {
    /// These users are told of a new request.
    Notify {
        /// Their ids.
        users: Vec<String>,
    },
    /// The issue has this label, and none of the other states'.
    Relabel {
        /// The label.
        label: String,
    },
}

type Stepped = Result<RequestStep, ProvisioningError>;

fn refused(code: ProvisioningCode, place: &str, message: impl Into<String>) -> ProvisioningError {
    ProvisioningError::new(code, Pointer::root().member(place), message)
}

impl Request {
    /// What it consists of.
    pub fn fields(&self) -> &RequestFields {
        &self.0
    }

    /// Whether the user asked for the access, or is to have it: nobody approves the own request (§8.3).
    pub fn is_own(&self, user: &str) -> bool {
        let is_requester =
            matches!(&self.0.origin, Origin::Hand { requester } if requester == user);
        is_requester || self.0.people.iter().any(|person| person == user)
    }

    /// Where an event leads from the request's state: the table of §8.1.
    fn next_state(&self, event: &RequestEvent) -> Option<RequestState> {
        use RequestEvent as E;
        use RequestState::{ActionNeeded, Completed, InProgress, OnHold};
        match (event, self.0.state) {
            (E::PickUp, ActionNeeded) => Some(InProgress),
            (E::PutOnHold { .. }, InProgress) => Some(OnHold),
            (E::Resume, OnHold) => Some(InProgress),
            (E::Complete, InProgress) => Some(Completed),
            (E::TakeOver, state @ (InProgress | OnHold)) => Some(state),
            (E::FinishTask { .. }, InProgress) => Some(InProgress),
            (E::Approve, state @ (ActionNeeded | InProgress | OnHold)) => Some(state),
            (E::CloseIssue | E::ReopenIssue, state) => Some(state),
            _ => None,
        }
    }
}

impl At<'_> {
    /// Asks for access by hand (§8.2): a request in Action Needed that nobody works on.
    ///
    /// # Errors
    /// `not-permitted` where the requester fails the gate, `nobody`, `no-system`, `unknown-user`.
    pub fn request_access(self, requester: &str, new: &NewRequest, dris: &[String]) -> Stepped {
        if !self.gate(requester) {
            return Err(not_permitted(requester));
        }
        let origin = Origin::Hand {
            requester: requester.to_owned(),
        };
        self.new_request(new, origin, None, dris)
    }

    /// The request that onboarding makes for somebody from the baseline of the job (§8.2), from the
    /// second day of employment on; `None` before, and where there is one already.
    ///
    /// The day is counted by the caller, in the organisation's zone; the first is 1. The requests are
    /// those that exist.
    ///
    /// # Errors
    /// `unknown-user`, and `no-template` where there is no baseline for the person's job role.
    pub fn baseline_request(
        self,
        id: &str,
        person: &str,
        day: i64,
        baselines: &[Baseline],
        requests: &[Request],
        dris: &[String],
    ) -> Result<Option<RequestStep>, ProvisioningError> {
        let user = self.governance.user(person);
        let user = user.ok_or_else(|| unknown_user(person, Pointer::root().member("person")))?;
        let is_made = |request: &Request| {
            let fields = request.fields();
            fields.origin == Origin::Onboarding && fields.people.iter().any(|one| one == person)
        };
        if day < BASELINE_DAY || requests.iter().any(is_made) {
            return Ok(None);
        }
        let job_role = user.job_role.as_ref();
        let baseline = baselines
            .iter()
            .find(|baseline| Some(&baseline.job_role) == job_role)
            .ok_or_else(|| {
                let message = format!("no baseline is for the job role of `{}`", Excerpt(person));
                refused(ProvisioningCode::NoTemplate, "baselines", message)
            })?;
        let new = NewRequest {
            id: id.to_owned(),
            people: vec![person.to_owned()],
            systems: baseline.systems.clone(),
        };
        // Who approved the baseline did not approve what is for themselves.
        let approver = baseline.approved_by.clone().filter(|by| by != person);
        let approval = approver.map(|by| Approval { by });
        let step = self.new_request(&new, Origin::Onboarding, approval, dris)?;
        Ok(Some(step))
    }

    fn new_request(
        self,
        new: &NewRequest,
        origin: Origin,
        approval: Option<Approval>,
        dris: &[String],
    ) -> Stepped {
        for (index, person) in new.people.iter().enumerate() {
            if self.governance.users.find(person).is_none() {
                let place = Pointer::root().member("people").item(index);
                return Err(unknown_user(person, place));
            }
        }
        let exists = |user: &&String| self.governance.users.find(user).is_some();
        let in_copy = each_once(dris.iter().filter(exists));
        let notified: Vec<_> = in_copy
            .iter()
            .filter(|dri| self.gate(dri))
            .cloned()
            .collect();
        let task = |system| Task {
            system,
            done: false,
        };
        let state = RequestState::ActionNeeded;
        let request = Request::try_from(RequestFields {
            id: new.id.clone(),
            people: each_once(&new.people),
            origin,
            state,
            hold: None,
            assignee: None,
            in_copy,
            approval,
            tasks: each_once(&new.systems).into_iter().map(task).collect(),
            closed: false,
        })?;
        let mut effects = vec![relabelled(state)];
        if !notified.is_empty() {
            effects.push(RequestEffect::Notify { users: notified });
        }
        Ok(RequestStep { request, effects })
    }

    /// The request after an event (§8.1 to §8.3).
    ///
    /// Those who pass the gate and have the toggle `provision` are the team: any of them may do any
    /// of this, save approving what they asked for or would receive.
    ///
    /// # Errors
    /// `not-permitted`, `wrong-state`, `own-request`, `already-approved`, `not-approved`,
    /// `unknown-task`, `task-done`, `task-open`, `issue-state`.
    pub fn step_request(self, actor: &str, request: &Request, event: &RequestEvent) -> Stepped {
        let is_on_team =
            self.governance.users.find(actor).is_some_and(|actor| {
                self.passes_gate(actor) && self.toggle(actor, Toggle::Provision)
            });
        if !is_on_team {
            return Err(not_permitted(actor));
        }
        let before = request.fields();
        let Some(state) = request.next_state(event) else {
            let message = format!("the request is `{}`", before.state);
            return Err(refused(ProvisioningCode::WrongState, "event", message));
        };
        let mut after = RequestFields {
            state,
            hold: before
                .hold
                .clone()
                .filter(|_| state == RequestState::OnHold),
            ..before.clone()
        };
        match event {
            RequestEvent::PickUp | RequestEvent::TakeOver => {
                after.assignee = Some(actor.to_owned());
            }
            RequestEvent::PutOnHold { hold } => after.hold = Some(hold.clone()),
            RequestEvent::Resume => {}
            RequestEvent::Approve => {
                refuse_if(
                    request.is_own(actor),
                    ProvisioningCode::OwnRequest,
                    "actor",
                    || format!("`{}` does not approve the own request", Excerpt(actor)),
                )?;
                let is_approved = before.approval.is_some();
                refuse_if(
                    is_approved,
                    ProvisioningCode::AlreadyApproved,
                    "event",
                    || "the request was approved already".to_owned(),
                )?;
                after.approval = Some(Approval {
                    by: actor.to_owned(),
                });
            }
            RequestEvent::FinishTask { system } => {
                let is_approved = before.approval.is_some();
                refuse_if(!is_approved, ProvisioningCode::NotApproved, "event", || {
                    "nothing is provisioned before the request is approved".to_owned()
                })?;
                let mut tasks = after.tasks.iter_mut();
                let Some(task) = tasks.find(|task| task.system == *system) else {
                    let message = format!("the request has no task for `{system}`");
                    return Err(refused(ProvisioningCode::UnknownTask, "system", message));
                };
                refuse_if(task.done, ProvisioningCode::TaskDone, "system", || {
                    format!("the task for `{system}` is done already")
                })?;
                task.done = true;
            }
            RequestEvent::Complete => {
                if let Some(open) = before.tasks.iter().find(|task| !task.done) {
                    let message = format!("the task for `{}` is not done", open.system);
                    return Err(refused(ProvisioningCode::TaskOpen, "event", message));
                }
            }
            RequestEvent::CloseIssue | RequestEvent::ReopenIssue => {
                let closed = *event == RequestEvent::CloseIssue;
                refuse_if(
                    before.closed == closed,
                    ProvisioningCode::IssueState,
                    "event",
                    || {
                        let is = if closed { "closed" } else { "open" };
                        format!("the issue is {is} already")
                    },
                )?;
                after.closed = closed;
            }
        }
        let effects = match state == before.state {
            true => Vec::new(),
            false => vec![relabelled(state)],
        };
        let request = Request::try_from(after)?;
        Ok(RequestStep { request, effects })
    }
}

fn refuse_if(
    condition: bool,
    code: ProvisioningCode,
    place: &str,
    message: impl FnOnce() -> String,
) -> Result<(), ProvisioningError> {
    match condition {
        true => Err(refused(code, place, message())),
        false => Ok(()),
    }
}

fn not_permitted(actor: &str) -> ProvisioningError {
    let message = format!("`{}` may not do this", Excerpt(actor));
    refused(ProvisioningCode::NotPermitted, "actor", message)
}

fn unknown_user(user: &str, place: Pointer) -> ProvisioningError {
    let message = format!("no user has the id `{}`", Excerpt(user));
    ProvisioningError::new(ProvisioningCode::UnknownUser, place, message)
}

fn relabelled(state: RequestState) -> RequestEffect {
    RequestEffect::Relabel {
        label: state.label().to_owned(),
    }
}

fn each_once<'a, T: Clone + Eq + Hash + 'a>(things: impl IntoIterator<Item = &'a T>) -> Vec<T> {
    let mut seen = HashSet::new();
    let once = things.into_iter().filter(|thing| seen.insert(*thing));
    once.cloned().collect()
}

fn repeats<T: Eq + Hash>(mut things: impl Iterator<Item = T>) -> bool {
    let mut seen = HashSet::new();
    things.any(|thing| !seen.insert(thing))
}

impl From<Request> for RequestFields {
    fn from(request: Request) -> Self {
        request.0
    }
}

impl TryFrom<RequestFields> for Request {
    type Error = ProvisioningError;

    fn try_from(fields: RequestFields) -> Result<Self, ProvisioningError> {
        let request = Self(fields);
        match request.inconsistency() {
            None => Ok(request),
            Some((code, place, message)) => Err(refused(code, place, message)),
        }
    }
}

impl Request {
    /// What no events lead to, if anything.
    fn inconsistency(&self) -> Option<(ProvisioningCode, &'static str, &'static str)> {
        use ProvisioningCode as Code;
        let fields = &self.0;
        let systems = fields.tasks.iter().map(|task| task.system);
        let is_on_hold = fields.state == RequestState::OnHold;
        let is_taken = fields.state != RequestState::ActionNeeded;
        let is_done = fields.tasks.iter().all(|task| task.done);
        let is_begun = fields.tasks.iter().any(|task| task.done);
        let rules = [
            (
                fields.people.is_empty(),
                Code::Nobody,
                "people",
                "the request is for nobody",
            ),
            (
                fields.tasks.is_empty(),
                Code::NoSystem,
                "tasks",
                "the request is for no system",
            ),
            (
                repeats(fields.people.iter()),
                Code::Inconsistent,
                "people",
                "a person is there twice",
            ),
            (
                repeats(systems),
                Code::Inconsistent,
                "tasks",
                "a system is there twice",
            ),
            (
                fields.hold.is_some() != is_on_hold,
                Code::Inconsistent,
                "hold",
                "a hold belongs to a request that is on hold, and to no other",
            ),
            (
                fields.assignee.is_some() != is_taken,
                Code::Inconsistent,
                "assignee",
                "somebody works on a request unless action is needed",
            ),
            (
                fields
                    .approval
                    .as_ref()
                    .is_some_and(|approval| self.is_own(&approval.by)),
                Code::OwnRequest,
                "approval",
                "nobody approves the own request",
            ),
            (
                is_begun && fields.approval.is_none(),
                Code::NotApproved,
                "tasks",
                "nothing is provisioned before approval",
            ),
            (
                is_begun && !is_taken,
                Code::Inconsistent,
                "tasks",
                "nothing is provisioned before somebody works on the request",
            ),
            (
                fields.state == RequestState::Completed && !is_done,
                Code::TaskOpen,
                "tasks",
                "a completed request has no open task",
            ),
        ];
        let broken = rules.into_iter().find(|(is_broken, ..)| *is_broken);
        broken.map(|(_, code, place, message)| (code, place, message))
    }
}
