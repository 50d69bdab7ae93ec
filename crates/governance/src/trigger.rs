//! Triggers: what happens by itself when a record changes (§9).
//!
//! Evaluating is a pure function from the organisation after an event, the triggers and the event to
//! effects. Effects cause no events: a trigger never sets off another.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::at::At;
use crate::error::{AskError, Code, Excerpt, Pointer, located_error};
use crate::profile::{Action, Toggle};
use crate::record::RecordType;
use crate::table::{RecordIx, UserIx};
use crate::view::Filter;
use crate::word::vocabulary;

/// What happens by itself when records of a type change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trigger {
    /// Unique among triggers.
    pub id: String,
    /// Shown to people.
    pub name: String,
    /// The type of the records.
    #[serde(rename = "type")]
    pub kind: RecordType,
    /// The event.
    pub on: EventKind,
    /// Only where one of these fields changed; absent: whatever changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Vec<String>>,
    /// Only for records that pass, as they are after the event.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// What is done.
    pub actions: Vec<TriggerAction>,
}

vocabulary! {
    /// What happened to a record.
    EventKind, InvalidField, "event" {
        /// It was created.
        Created = "created",
        /// Fields of it were changed.
        Updated = "updated",
        /// It has another record owner.
        OwnerChanged = "owner-changed",
        /// Its assigned users are others.
        AssignedChanged = "assigned-changed",
    }
}

/// One thing that a trigger does, for each recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "do",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum TriggerAction {
    /// A task is created.
    CreateTask {
        /// What is to be done, in words.
        title: String,
        /// For whom; absent: the record owner.
        #[serde(default = "the_owner")]
        recipients: Vec<Recipient>,
    },
    /// The record is added to a sequence, in the recipient's name.
    AddToSequence {
        /// The id of the sequence.
        sequence: String,
        /// For whom; absent: the record owner.
        #[serde(default = "the_owner")]
        recipients: Vec<Recipient>,
    },
}

impl TriggerAction {
    /// For whom it is done.
    pub fn recipients(&self) -> &[Recipient] {
        match self {
            Self::CreateTask { recipients, .. } | Self::AddToSequence { recipients, .. } => {
                recipients
            }
        }
    }
}

/// For whom a trigger does something.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Recipient {
    /// The record owner.
    #[default]
    Owner,
    /// Every assigned user.
    Assigned,
    /// Every assigned user who works on the record in this job role.
    AssignedAs(String),
}

fn the_owner() -> Vec<Recipient> {
    vec![Recipient::Owner]
}

/// Something that happened to a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordEvent {
    /// What happened.
    pub on: EventKind,
    /// The type of the record.
    #[serde(rename = "type")]
    pub kind: RecordType,
    /// The id of the record, which is in the organisation as it is after the event.
    pub id: String,
    /// The names of the fields that changed.
    #[serde(default)]
    pub changed: Vec<String>,
}

/// What triggers come to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Triggered {
    /// What is to be done: by trigger, then by action, then by recipient.
    pub effects: Vec<TriggerEffect>,
    /// What is not done, and why, in the same order.
    pub skipped: Vec<Skipped>,
}

/// Something that is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggerEffect {
    /// The id of the trigger.
    pub trigger: String,
    /// Which of its actions, from 0.
    pub action: usize,
    /// The id of the user for whom it is done.
    pub user: String,
    /// What is done.
    pub what: Deed,
}

/// What is done to the event's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase")]
pub enum Deed {
    /// A task about it is created.
    CreateTask {
        /// What is to be done, in words.
        title: String,
    },
    /// It is added to a sequence.
    AddToSequence {
        /// The id of the sequence.
        sequence: String,
    },
}

/// Something that is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Skipped {
    /// The id of the trigger.
    pub trigger: String,
    /// Which of its actions, from 0.
    pub action: usize,
    /// The id of the recipient; absent where it concerns all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Why.
    pub reason: SkipReason,
}

vocabulary! {
    /// Why something is not done.
    SkipReason, InvalidField, "reason" {
        /// The sequence does not exist.
        UnknownSequence = "unknown-sequence",
        /// The recipient does not exist.
        UnknownUser = "unknown-user",
        /// The recipient fails the gate.
        NoAccess = "no-access",
        /// The recipient does not see the record.
        ViewDenied = "view-denied",
    }
}

vocabulary! {
    /// Why a trigger is not kept; stable.
    TriggerCode, InvalidField, "trigger code" {
        /// The actor fails the gate, or has no `manageTriggers`.
        NotPermitted = "not-permitted",
        /// The id, the name or the title of a task is empty.
        EmptyField = "empty-field",
        /// The trigger does nothing, or does something for nobody.
        NothingToDo = "nothing-to-do",
        /// The conditions are nested too deep.
        TooDeep = "too-deep",
        /// The type of the records has no assigned users.
        NotAssignable = "not-assignable",
        /// The job role does not exist.
        UnknownJobRole = "unknown-job-role",
        /// The sequence does not exist.
        UnknownSequence = "unknown-sequence",
    }
}

located_error! {
    /// Why a trigger is not kept.
    TriggerError: TriggerCode
}

impl At<'_> {
    /// What the triggers come to after an event, on the organisation as it is then.
    ///
    /// A recipient gets one effect of an action, however often named. A record that does not exist
    /// triggers nothing.
    ///
    /// # Errors
    /// An [`AskError`] for conditions that are nested too deep.
    ///
    /// # Complexity
    /// In the number of triggers, and the people of the record for each that applies.
    pub fn triggered(
        self,
        triggers: &[Trigger],
        event: &RecordEvent,
    ) -> Result<Triggered, AskError> {
        let mut triggered = Triggered::default();
        let Some(record) = self.governance.records.of(event.kind).find(&event.id) else {
            return Ok(triggered);
        };
        for (index, trigger) in triggers.iter().enumerate() {
            let filter = trigger.filter.as_ref();
            if filter.is_some_and(Filter::is_too_deep) {
                let place = Pointer::root().item(index).member("where");
                return Err(AskError::new(Code::TooDeep, place, too_deep()));
            }
            if trigger.applies_to(event)
                && filter.is_none_or(|filter| self.passes_filter(filter, event.kind, record))
            {
                self.act(trigger, record, &mut triggered);
            }
        }
        Ok(triggered)
    }

    fn act(self, trigger: &Trigger, record: RecordIx, triggered: &mut Triggered) {
        let sequences = self.governance.records.of(RecordType::Sequence);
        for (index, action) in trigger.actions.iter().enumerate() {
            let mut skip = |user: Option<UserIx>, reason| {
                triggered.skipped.push(Skipped {
                    trigger: trigger.id.clone(),
                    action: index,
                    user: user.map(|user| self.user_id(user)),
                    reason,
                });
            };
            let what = match action {
                TriggerAction::CreateTask { title, .. } => Deed::CreateTask {
                    title: title.clone(),
                },
                TriggerAction::AddToSequence { sequence, .. } => {
                    if sequences.find(sequence).is_none() {
                        skip(None, SkipReason::UnknownSequence);
                        continue;
                    }
                    Deed::AddToSequence {
                        sequence: sequence.clone(),
                    }
                }
            };
            for user in self.recipients(trigger.kind, record, action.recipients()) {
                match self.why_not(trigger.kind, record, user) {
                    Some(reason) => skip(Some(user), reason),
                    None => triggered.effects.push(TriggerEffect {
                        trigger: trigger.id.clone(),
                        action: index,
                        user: self.user_id(user),
                        what: what.clone(),
                    }),
                }
            }
        }
    }

    /// The users whom the recipients name, each once, in their order. Assigned users count where they
    /// count as holders (§3.6).
    fn recipients(
        self,
        kind: RecordType,
        record: RecordIx,
        recipients: &[Recipient],
    ) -> Vec<UserIx> {
        let records = self.governance.records.of(kind);
        let counts_assigned = self.governance.settings.counts_assigned(kind);
        let assigned = || records.counted(record, counts_assigned);
        let named = recipients.iter().flat_map(|recipient| match recipient {
            Recipient::Owner => records.owner(record).into_iter().collect::<Vec<_>>(),
            Recipient::Assigned => assigned().collect(),
            Recipient::AssignedAs(job_role) => {
                let wanted = self.governance.job_roles.table.find(job_role);
                let works_as = |&user: &UserIx| {
                    wanted.is_some() && self.job_role_on(kind, record, user) == wanted
                };
                assigned().filter(works_as).collect()
            }
        });
        let mut seen = HashSet::new();
        named.filter(|&user| seen.insert(user)).collect()
    }

    fn why_not(self, kind: RecordType, record: RecordIx, user: UserIx) -> Option<SkipReason> {
        if !self.governance.users.exists(user) {
            Some(SkipReason::UnknownUser)
        } else if !self.passes_gate(user) {
            Some(SkipReason::NoAccess)
        } else if !self.may(user, kind, record, Action::View) {
            Some(SkipReason::ViewDenied)
        } else {
            None
        }
    }

    /// Whether somebody may keep a trigger, and the trigger is one that can do what it says.
    ///
    /// # Errors
    /// A [`TriggerError`] with the code and the place of the first fault.
    pub fn check_trigger(self, actor: &str, trigger: &Trigger) -> Result<(), TriggerError> {
        let root = Pointer::root();
        let is_permitted = self.governance.users.find(actor).is_some_and(|actor| {
            self.passes_gate(actor) && self.toggle(actor, Toggle::ManageTriggers)
        });
        if !is_permitted {
            let message = format!("`{}` may not edit triggers", Excerpt(actor));
            let place = root.member("actor");
            return Err(TriggerError::new(TriggerCode::NotPermitted, place, message));
        }
        refuse_empty("id", &trigger.id, &root)?;
        refuse_empty("name", &trigger.name, &root)?;
        if trigger.filter.as_ref().is_some_and(Filter::is_too_deep) {
            let place = root.member("where");
            return Err(TriggerError::new(TriggerCode::TooDeep, place, too_deep()));
        }
        if trigger.actions.is_empty() {
            let message = "the trigger does nothing";
            let place = root.member("actions");
            return Err(TriggerError::new(TriggerCode::NothingToDo, place, message));
        }
        for (index, action) in trigger.actions.iter().enumerate() {
            let place = root.member("actions").item(index);
            self.check_trigger_action(trigger.kind, action, &place)?;
        }
        Ok(())
    }

    fn check_trigger_action(
        self,
        kind: RecordType,
        action: &TriggerAction,
        at: &Pointer,
    ) -> Result<(), TriggerError> {
        match action {
            TriggerAction::CreateTask { title, .. } => refuse_empty("title", title, at)?,
            TriggerAction::AddToSequence { sequence, .. } => {
                let sequences = self.governance.records.of(RecordType::Sequence);
                if sequences.find(sequence).is_none() {
                    let message = format!("no sequence has the id `{}`", Excerpt(sequence));
                    let place = at.member("sequence");
                    return Err(TriggerError::new(
                        TriggerCode::UnknownSequence,
                        place,
                        message,
                    ));
                }
            }
        }
        let recipients = at.member("recipients");
        if action.recipients().is_empty() {
            let message = "it is done for nobody";
            return Err(TriggerError::new(
                TriggerCode::NothingToDo,
                recipients,
                message,
            ));
        }
        for (index, recipient) in action.recipients().iter().enumerate() {
            let place = recipients.item(index);
            if *recipient != Recipient::Owner && !kind.has_assigned_users() {
                let message = format!("a `{kind}` has no assigned users");
                return Err(TriggerError::new(
                    TriggerCode::NotAssignable,
                    place,
                    message,
                ));
            }
            if let Recipient::AssignedAs(job_role) = recipient
                && self.governance.job_roles.table.find(job_role).is_none()
            {
                let message = format!("no job role has the id `{}`", Excerpt(job_role));
                return Err(TriggerError::new(
                    TriggerCode::UnknownJobRole,
                    place,
                    message,
                ));
            }
        }
        Ok(())
    }
}

impl Trigger {
    /// Whether the event is the trigger's, the record's own conditions apart.
    fn applies_to(&self, event: &RecordEvent) -> bool {
        let is_wanted = |fields: &Vec<String>| {
            let mut changed = event.changed.iter();
            changed.any(|field| fields.contains(field))
        };
        self.kind == event.kind
            && self.on == event.on
            && self.changed.as_ref().is_none_or(is_wanted)
    }
}

fn refuse_empty(field: &str, text: &str, at: &Pointer) -> Result<(), TriggerError> {
    if text.trim().is_empty() {
        let message = format!("`{field}` is empty");
        let place = at.member(field);
        return Err(TriggerError::new(TriggerCode::EmptyField, place, message));
    }
    Ok(())
}

fn too_deep() -> String {
    format!("a filter is nested more than {} deep", Filter::MAX_DEPTH)
}
