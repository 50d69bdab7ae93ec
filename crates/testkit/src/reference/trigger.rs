//! §9: what triggers come to after an event.

use sidelight_governance::org::CrmRecord;
use sidelight_governance::trigger::{Recipient, RecordEvent, Trigger, TriggerAction};
use sidelight_governance::{Action, RecordType};

use super::{Reference, each_once};

/// The trigger, the action, and the recipient: an effect, or what was skipped with its reason.
pub type Outcome<'a> = (&'a str, usize, Option<&'a str>, Result<(), &'static str>);

impl<'a> Reference<'a> {
    /// What the triggers come to, in their order.
    pub fn triggered(self, triggers: &'a [Trigger], event: &RecordEvent) -> Vec<Outcome<'a>> {
        let mut outcomes = Vec::new();
        let Some(r) = self.record(event.kind, &event.id) else {
            return outcomes;
        };
        for trigger in triggers {
            if !self.is_set_off(trigger, r, event) {
                continue;
            }
            for (index, action) in trigger.actions.iter().enumerate() {
                let id = trigger.id.as_str();
                if let TriggerAction::AddToSequence { sequence, .. } = action
                    && self.record(RecordType::Sequence, sequence).is_none()
                {
                    outcomes.push((id, index, None, Err("unknown-sequence")));
                    continue;
                }
                let recipients = action.recipients().iter();
                let named = recipients.flat_map(|recipient| self.recipients(r, recipient));
                for user in each_once(named) {
                    outcomes.push((id, index, Some(user), self.receives(user, r)));
                }
            }
        }
        outcomes
    }

    fn is_set_off(self, trigger: &Trigger, r: &'a CrmRecord, event: &RecordEvent) -> bool {
        let has_changed = |field: &String| event.changed.contains(field);
        let is_matched = match &trigger.filter {
            None => true,
            Some(filter) => {
                serde_json::to_value(filter).is_ok_and(|filter| self.matches(r, &filter))
            }
        };
        trigger.kind == event.kind
            && trigger.on == event.on
            && (trigger.changed.as_ref()).is_none_or(|fields| fields.iter().any(has_changed))
            && is_matched
    }

    fn recipients(self, r: &'a CrmRecord, recipient: &Recipient) -> Vec<&'a str> {
        match recipient {
            Recipient::Owner => r.owner.as_deref().into_iter().collect(),
            Recipient::Assigned => self.assigned(r),
            Recipient::AssignedAs(job_role) => {
                let works_as = |user: &&str| {
                    let works_in = self.user(user).and_then(|u| self.job_role_on(r, u));
                    works_in.is_some_and(|(id, _)| id == *job_role)
                };
                self.assigned(r).into_iter().filter(works_as).collect()
            }
        }
    }

    fn receives(self, user: &str, r: &'a CrmRecord) -> Result<(), &'static str> {
        if self.user(user).is_none() {
            Err("unknown-user")
        } else if !self.gate(user) {
            Err("no-access")
        } else if !self.can(user, Action::View, r.kind, Some(&r.id)) {
            Err("view-denied")
        } else {
            Ok(())
        }
    }
}
