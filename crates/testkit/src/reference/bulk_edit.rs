//! §5.3: the assigned users of many records at once, record by record.

use sidelight_governance::error::Code;
use sidelight_governance::org::{Assignment, CrmRecord, JobRole, Org, Status};
use sidelight_governance::{Action, AssignedEdit};

use super::Reference;

/// What becomes of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// It has other assigned users, or one in another job role.
    Changed,
    /// It was so already.
    Unchanged,
    /// It is left as it was.
    Refused(Code),
}

impl Reference<'_> {
    /// One result for each record, and the organisation afterwards.
    ///
    /// # Errors
    /// The code of an edit that is refused as a whole.
    pub fn edit_assigned(
        self,
        actor: &str,
        edit: &AssignedEdit,
    ) -> Result<(Vec<Edited>, Org), Code> {
        if !edit.kind.has_assigned_users() {
            return Err(Code::NotAssignable);
        }
        if contradicts_itself(edit) {
            return Err(Code::ContradictoryEdit);
        }
        let mut org = self.org.clone();
        let mut results = Vec::new();
        for (position, id) in edit.ids.iter().enumerate() {
            let is_again = edit.ids.iter().take(position).any(|before| before == id);
            results.push(match self.edited(actor, id, edit) {
                Err(code) => Edited::Refused(code),
                Ok((before, after)) if before == after || is_again => Edited::Unchanged,
                Ok((_, after)) => {
                    let mut records = org.records.iter_mut();
                    let record = records.find(|r| r.kind == edit.kind && r.id == *id);
                    record
                        .into_iter()
                        .for_each(|r| r.assigned.clone_from(&after));
                    Edited::Changed
                }
            });
        }
        Ok((results, org))
    }

    /// The assignments of a record before and after.
    fn edited(
        self,
        actor: &str,
        id: &str,
        edit: &AssignedEdit,
    ) -> Result<(Vec<Assignment>, Vec<Assignment>), Code> {
        let r = self.record(edit.kind, id).ok_or(Code::UnknownRecord)?;
        if !self.can(actor, Action::View, edit.kind, Some(id)) {
            return Err(Code::UnknownRecord);
        }
        if !self.can(actor, Action::Assign, edit.kind, Some(id)) {
            return Err(Code::NotPermitted);
        }
        let before: Vec<Assignment> = assignments(r).into_iter().cloned().collect();
        let mut after = before.clone();
        if let Some(only) = &edit.replace {
            after.retain(|theirs| only.iter().any(|wanted| wanted.user == theirs.user));
        }
        if let Some(removed) = &edit.remove {
            after.retain(|theirs| !removed.contains(&theirs.user));
        }
        for wanted in edit.replace.iter().chain(&edit.add).flatten() {
            let theirs = after.iter_mut().find(|theirs| theirs.user == wanted.user);
            match theirs {
                Some(theirs) if wanted.job_role.is_none() || *wanted == *theirs => {}
                Some(theirs) => {
                    self.check(wanted, true)?;
                    *theirs = wanted.clone();
                }
                None => {
                    self.check(wanted, false)?;
                    after.push(wanted.clone());
                }
            }
        }
        Ok((before, after))
    }

    /// §5.2: an assignee exists, and is not locked unless assigned already; so does the job role.
    fn check(self, wanted: &Assignment, is_assigned: bool) -> Result<(), Code> {
        let user = self.user(&wanted.user).ok_or(Code::UnknownUser)?;
        if user.status == Status::Locked && !is_assigned {
            return Err(Code::LockedUser);
        }
        let catalogue = self.org.job_roles.clone().unwrap_or_else(JobRole::initial);
        match &wanted.job_role {
            Some(id) if !catalogue.iter().any(|job_role| job_role.id == *id) => {
                Err(Code::UnknownJobRole)
            }
            _ => Ok(()),
        }
    }
}

/// Each assigned user once, by the first assignment.
pub(super) fn assignments(r: &CrmRecord) -> Vec<&Assignment> {
    let mut each: Vec<&Assignment> = Vec::new();
    for assignment in &r.assigned {
        if !each.iter().any(|known| known.user == assignment.user) {
            each.push(assignment);
        }
    }
    each
}

fn contradicts_itself(edit: &AssignedEdit) -> bool {
    let wanted = || edit.replace.iter().chain(&edit.add).flatten();
    let mut removed = edit.remove.iter().flatten();
    let in_two_job_roles = wanted()
        .any(|one| wanted().any(|two| one.user == two.user && one.job_role != two.job_role));
    (edit.replace.is_some() && (edit.add.is_some() || edit.remove.is_some()))
        || in_two_job_roles
        || removed.any(|user| wanted().any(|wanted| wanted.user == *user))
}
