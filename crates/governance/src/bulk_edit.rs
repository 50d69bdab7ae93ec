//! Bulk edit: the assigned users of many records at once, with one result for each record (§5.3).

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::at::At;
use crate::change::{Change, locked, not_assignable, unknown};
use crate::error::{ChangeError, Code, Excerpt, Pointer};
use crate::governance::Governance;
use crate::instant::Instant;
use crate::org::{Assignment, Status};
use crate::profile::Action;
use crate::reader::{FromJson, Members, Refused, Source, deserialize_as_read, read};
use crate::record::RecordType;
use crate::table::{Chosen, RecordIx, UserIx};
use crate::word::vocabulary;

/// An edit of the assigned users of many records: some are added and removed, or all are replaced.
///
/// An edit that names nobody leaves every record as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignedEdit {
    /// The type of the records.
    pub kind: RecordType,
    /// The ids of the records.
    pub ids: Vec<String>,
    /// Who is assigned besides, each perhaps with a job role for the assignment. One who is assigned already stays so,
    /// and keeps the assignment's job role unless another is given.
    pub add: Option<Vec<Assignment>>,
    /// Who is no longer assigned. One who is not assigned stays so.
    pub remove: Option<Vec<String>>,
    /// Who alone is assigned afterwards; those who were assigned already are treated as in [`add`](Self::add).
    pub replace: Option<Vec<Assignment>>,
}

deserialize_as_read!(AssignedEdit);

impl<'de> FromJson<'de> for AssignedEdit {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::open(2, &["type", "ids", "add", "remove", "replace"]);
        let mut edit = Self {
            kind: RecordType::Account,
            ids: Vec::new(),
            add: None,
            remove: None,
            replace: None,
        };
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "type" => edit.kind = value.read()?,
                "ids" => edit.ids = value.read()?,
                "add" => edit.add = Some(value.read()?),
                "remove" => edit.remove = Some(value.read()?),
                _ => edit.replace = Some(value.read()?),
            }
            Ok(())
        })?;
        Ok(edit)
    }
}

impl AssignedEdit {
    /// Reads the contract's JSON for an edit.
    ///
    /// # Errors
    /// A [`ChangeError`] with the code and the place of the fault.
    pub fn from_json(json: &str) -> Result<Self, ChangeError> {
        let (edit, passed_over) = read::<Self>(json)
            .map_err(|fault| ChangeError::new(fault.code, fault.place, fault.message))?;
        match passed_over.into_iter().next() {
            None => Ok(edit),
            Some(member) => Err(ChangeError::new(
                Code::InvalidField,
                member,
                "unknown field",
            )),
        }
    }

    /// Those to be assigned, and the member that names them.
    fn wanted(&self) -> (&'static str, &[Assignment]) {
        match (&self.replace, &self.add) {
            (Some(replace), _) => ("replace", replace),
            (None, add) => ("add", add.as_deref().unwrap_or_default()),
        }
    }

    /// Refuses an edit that contradicts itself, or is of a type that has no assigned users.
    fn refuse_contradiction(&self) -> Result<(), ChangeError> {
        let root = Pointer::root();
        if !self.kind.has_assigned_users() {
            return Err(not_assignable(self.kind, root.member("type")));
        }
        let contradiction =
            |place, message: String| ChangeError::new(Code::ContradictoryEdit, place, message);
        let removed = self.remove.as_deref().unwrap_or_default();
        if self.replace.is_some() && (self.add.is_some() || self.remove.is_some()) {
            let message = "an edit that replaces the assigned users neither adds nor removes any";
            return Err(contradiction(root.member("replace"), message.to_owned()));
        }
        let (member, wanted) = self.wanted();
        let mut job_roles = HashMap::new();
        for (index, assignment) in wanted.iter().enumerate() {
            let job_role = &assignment.job_role;
            if job_roles
                .insert(assignment.user.as_str(), job_role)
                .is_some_and(|before| before != job_role)
            {
                let message = format!(
                    "the user `{}` is assigned twice, in different job roles",
                    Excerpt(&assignment.user)
                );
                return Err(contradiction(root.member(member).item(index), message));
            }
        }
        for (index, user) in removed.iter().enumerate() {
            if job_roles.contains_key(user.as_str()) {
                let message = format!("the user `{}` is both added and removed", Excerpt(user));
                return Err(contradiction(root.member("remove").item(index), message));
            }
        }
        Ok(())
    }
}

/// What became of each record, and the changes that made it so.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EditedAssigned {
    /// One for each id of the edit, in its order.
    pub results: Vec<EditResult>,
    /// The changes, in an order in which they can be made; none for a record that was refused.
    pub changes: Vec<Change>,
}

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EditResult {
    /// The record's id, as the edit gave it.
    pub id: String,
    /// What became of it.
    pub outcome: EditOutcome,
    /// Why it was refused; only where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

vocabulary! {
    /// What became of one record of a bulk edit (§5.3).
    EditOutcome, InvalidField, "outcome" {
        /// Its assigned users, or the job role of an assignment, are others than before.
        Changed = "changed",
        /// Everything was so already.
        Unchanged = "unchanged",
        /// Nothing of it was changed.
        Refused = "refused",
    }
}

/// Why one record of a bulk edit was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// The place in the edit, as a JSON pointer.
    pub path: String,
    /// What is wrong, without the place.
    pub message: String,
}

impl From<ChangeError> for Refusal {
    fn from(error: ChangeError) -> Self {
        Self {
            code: error.code(),
            path: error.path().as_str().to_owned(),
            message: error.message().to_owned(),
        }
    }
}

impl At<'_> {
    /// What [`Governance::edit_assigned`] would do, without doing it.
    ///
    /// A record that the actor does not see is refused exactly as one that does not exist (§5.1).
    ///
    /// # Errors
    /// A [`ChangeError`] for an edit that is refused as a whole: of a type without assigned users
    /// ([`Code::NotAssignable`]), or one that contradicts itself ([`Code::ContradictoryEdit`]).
    ///
    /// # Complexity
    /// In the number of records, times the users that the edit names and those assigned.
    pub fn predict_assigned(
        self,
        actor: &str,
        edit: &AssignedEdit,
    ) -> Result<EditedAssigned, ChangeError> {
        edit.refuse_contradiction()?;
        let records = self.governance.records.of(edit.kind);
        let actor = self.governance.users.find(actor);
        let mut changes = Vec::new();
        // Every record is judged as it was before the edit; one that is named again has nothing left to change.
        let mut done = Chosen::default();
        let results = edit.ids.iter().enumerate().map(|(index, id)| {
            let place = Pointer::root().member("ids").item(index);
            let record = records.find(id).filter(|&record| {
                actor.is_some_and(|actor| self.may(actor, edit.kind, record, Action::View))
            });
            let made = match (actor, record) {
                (Some(actor), Some(record)) => {
                    if self.may(actor, edit.kind, record, Action::Assign) {
                        self.edits_of(record, id, edit)
                    } else {
                        let message = format!(
                            "the user `{}` may not assign users to this {}",
                            self.governance.users.id(actor),
                            edit.kind.noun()
                        );
                        Err(ChangeError::new(Code::NotPermitted, place, message))
                    }
                }
                _ => Err(unknown(Code::UnknownRecord, edit.kind.noun(), id, &place)),
            };
            let (outcome, refusal) = match made {
                Ok(made)
                    if made.is_empty() || record.is_some_and(|record| !done.insert(record)) =>
                {
                    (EditOutcome::Unchanged, None)
                }
                Ok(mut made) => {
                    changes.append(&mut made);
                    (EditOutcome::Changed, None)
                }
                Err(error) => (EditOutcome::Refused, Some(error.into())),
            };
            EditResult {
                id: id.clone(),
                outcome,
                refusal,
            }
        });
        Ok(EditedAssigned {
            results: results.collect(),
            changes,
        })
    }

    /// The changes to one record, removals first; or why there can be none (§5.2).
    fn edits_of(
        self,
        record: RecordIx,
        id: &str,
        edit: &AssignedEdit,
    ) -> Result<Vec<Change>, ChangeError> {
        let governance = self.governance;
        let kind = edit.kind;
        let user_ids = &governance.users.table.ids;
        let assigned = governance.records.of(kind).assigned.of(record);
        let job_roles: HashMap<UserIx, _> = assigned
            .clone()
            .map(|assigned| (assigned.user, assigned.job_role))
            .collect();
        let (member, wanted) = edit.wanted();

        let named = wanted.iter().map(|assignment| assignment.user.as_str());
        let removed: Chosen<UserIx> = match (&edit.replace, &edit.remove) {
            (Some(_), _) => {
                let staying: Chosen<UserIx> = named.filter_map(|user| user_ids.get(user)).collect();
                let assigned = job_roles.keys().copied();
                assigned.filter(|&user| !staying.contains(user)).collect()
            }
            (None, removed) => {
                let removed = removed.iter().flatten();
                removed.filter_map(|user| user_ids.get(user)).collect()
            }
        };
        let mut changes: Vec<_> = assigned
            .filter(|assigned| removed.contains(assigned.user))
            .map(|assigned| Change::Unassign {
                kind,
                id: id.to_owned(),
                user: self.user_id(assigned.user),
            })
            .collect();

        let mut named = HashSet::new();
        for (index, assignment) in wanted.iter().enumerate() {
            let Assignment { user, job_role } = assignment;
            let place = Pointer::root().member(member).item(index);
            let before = user_ids.get(user).and_then(|user| job_roles.get(&user));
            let had = before.and_then(|job_role| *job_role);
            let keeps = job_role.as_deref().is_none_or(|job_role| {
                had.is_some_and(|had| governance.job_roles.id(had) == job_role)
            });
            // Nothing is written of one who is assigned so already, so it need not be right.
            if !named.insert(user) || (before.is_some() && keeps) {
                continue;
            }
            let Some(person) = governance
                .users
                .find(user)
                .and_then(|user| governance.users.get(user))
            else {
                return Err(unknown(Code::UnknownUser, "user", user, &place));
            };
            if person.status == Status::Locked && before.is_none() {
                return Err(locked(user, place));
            }
            if let Some(job_role) = job_role
                && governance.job_roles.table.find(job_role).is_none()
            {
                let place = place.member("jobRole");
                return Err(unknown(Code::UnknownJobRole, "job role", job_role, &place));
            }
            changes.push(Change::Assign {
                kind,
                id: id.to_owned(),
                user: user.clone(),
                job_role: job_role.clone().map(Some),
            });
        }
        Ok(changes)
    }
}

impl Governance {
    /// Edits the assigned users of many records in the name of an actor (§5.3).
    ///
    /// There is one result for each record: it is changed as a whole, was so already, or is refused
    /// without a change, and a refusal does not stop the others.
    ///
    /// ```
    /// use sidelight_governance::{AssignedEdit, EditOutcome, Governance, RecordType};
    ///
    /// let mut governance = Governance::load(br#"{
    ///     "format": "sidelight.org/1", "id": "acme", "name": "Acme", "timeZone": "Europe/Berlin",
    ///     "profiles": [{"id": "sales", "name": "Sales",
    ///         "permissions": {"account": {"view": "owned", "assign": "owned"}}}],
    ///     "users": [{"id": "ada", "name": "Ada", "profile": "sales"}, {"id": "bo", "name": "Bo", "profile": "sales"}],
    ///     "records": [{"type": "account", "id": "globex", "owner": "ada"}, {"type": "account", "id": "hooli", "owner": "bo"}]
    /// }"#)?;
    /// let now = "2026-11-21T09:00:00Z".parse()?;
    /// let edit = AssignedEdit::from_json(r#"{"type": "account", "ids": ["globex", "hooli"], "add": ["bo"]}"#)?;
    /// let outcomes: Vec<_> = governance.edit_assigned(now, "ada", &edit)?.results.iter().map(|result| result.outcome).collect();
    /// assert_eq!(outcomes, [EditOutcome::Changed, EditOutcome::Refused]);
    /// assert_eq!(governance.record(RecordType::Account, "globex").unwrap().assigned, ["bo".into()]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`At::predict_assigned`]; then nothing is changed.
    ///
    /// # Complexity
    /// As [`At::predict_assigned`] and [`apply`](Self::apply).
    pub fn edit_assigned(
        &mut self,
        now: Instant,
        actor: &str,
        edit: &AssignedEdit,
    ) -> Result<EditedAssigned, ChangeError> {
        let edited = self.at(now).predict_assigned(actor, edit)?;
        if !edited.changes.is_empty() {
            self.apply(&edited.changes)?;
        }
        Ok(edited)
    }
}
