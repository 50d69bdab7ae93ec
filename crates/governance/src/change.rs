//! Changes to a compiled organisation: all or nothing, and strict (§10.2).

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::assigned::Assigned;
use crate::compile::Check;
use crate::error::{ChangeError, Code, Excerpt, Pointer};
use crate::governance::{Governance, Person, ProfileRow, RoleRow, Standing};
use crate::instant::Instant;
use crate::org::{
    Company, CrmRecord, Deal, JobRole, Profile, Role, SavedView, Settings, Status, Tier, User,
};
use crate::profile::{Action, Scope, Toggle, inapplicable};
use crate::reader::{FromJson, Members, Refused, Source, read, read_with};
use crate::record::RecordType;
use crate::table::{Chosen, CompanyIx, DealIx, Ix, JobRoleIx, ProfileIx, RecordIx, RoleIx, UserIx};

/// One change. In JSON an object whose `op` tells which.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Change {
    /// Makes a user an assigned user of a record. One who is assigned already stays so.
    Assign {
        /// The record's type.
        #[serde(rename = "type")]
        kind: RecordType,
        /// The record's id.
        id: String,
        /// Who is assigned.
        user: String,
        /// The assignment's own job role; absent: as it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        job_role: Option<Option<String>>,
    },
    /// Takes a user from a record's assigned users. One who is not assigned stays so.
    Unassign {
        /// The record's type.
        #[serde(rename = "type")]
        kind: RecordType,
        /// The record's id.
        id: String,
        /// Who is no longer assigned.
        user: String,
    },
    /// Gives a record another record owner, or none.
    SetOwner {
        /// The record's type.
        #[serde(rename = "type")]
        kind: RecordType,
        /// The record's id.
        id: String,
        /// The new record owner.
        owner: Option<String>,
    },
    /// Gives a user another role, or none.
    SetRole {
        /// The user.
        user: String,
        /// The new role.
        role: Option<String>,
    },
    /// Gives a user another profile.
    SetProfile {
        /// The user.
        user: String,
        /// The new profile.
        profile: String,
    },
    /// Locks or unlocks a user.
    SetStatus {
        /// The user.
        user: String,
        /// The new status.
        status: Status,
    },
    /// Sets one scope of a profile.
    SetPermission {
        /// The profile.
        profile: String,
        /// The record type.
        #[serde(rename = "type")]
        kind: RecordType,
        /// The action.
        action: Action,
        /// The new scope.
        scope: Scope,
    },
    /// Sets one toggle of a profile.
    SetToggle {
        /// The profile.
        profile: String,
        /// The toggle.
        toggle: Toggle,
        /// Whether it is permitted.
        permitted: bool,
    },
    /// Puts a role, with what is below it, below another one, or makes it a root.
    MoveRole {
        /// The role.
        role: String,
        /// The new parent.
        parent: Option<String>,
    },
    /// Changes a guest's term; what is absent stays.
    SetGuest {
        /// The guest.
        user: String,
        /// The first instant without access.
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<Instant>,
        /// Whether the invitation has been claimed.
        #[serde(skip_serializing_if = "Option::is_none")]
        claimed: Option<bool>,
        /// When access was revoked; none reinstates.
        #[serde(skip_serializing_if = "Option::is_none")]
        revoked_at: Option<Option<Instant>>,
    },
    /// Gives a user a standing at a company, or takes it away.
    SetTier {
        /// The user.
        user: String,
        /// The company.
        company: String,
        /// The new tier; none ends the membership.
        tier: Option<Tier>,
        /// Whether this is the user's primary company; absent: as it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        primary: Option<bool>,
    },
    /// Gives a deal to another deal owner.
    SetDealOwner {
        /// The deal.
        deal: String,
        /// The new deal owner.
        owner: String,
    },
    /// Inserts a thing, or replaces the one with its id as a whole.
    Put(Thing),
    /// Removes a thing. What refers to it then refers to nothing.
    Remove(Removal),
}

/// A thing to be put.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "camelCase")]
pub enum Thing {
    /// A job role.
    JobRole(JobRole),
    /// A role.
    Role(Role),
    /// A profile.
    Profile(Profile),
    /// A user.
    User(Box<User>),
    /// A company.
    Company(Company),
    /// A record.
    Record(Box<CrmRecord>),
    /// A deal.
    Deal(Box<Deal>),
    /// The organisation's settings.
    Settings(Settings),
    /// A view that a user saved.
    View(Box<SavedView>),
}

/// A thing to be removed, by its id.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Removal {
    /// A role.
    Role {
        /// Its id.
        id: String,
    },
    /// A profile, which nobody may have.
    Profile {
        /// Its id.
        id: String,
    },
    /// A user.
    User {
        /// Its id.
        id: String,
    },
    /// A company.
    Company {
        /// Its id.
        id: String,
    },
    /// A record.
    Record {
        /// Its id.
        id: String,
        /// Its type.
        #[serde(rename = "type")]
        kind: RecordType,
    },
    /// A deal.
    Deal {
        /// Its id.
        id: String,
    },
    /// A view that a user saved.
    View {
        /// Its id.
        id: String,
    },
}

impl Change {
    /// Reads the contract's JSON for a list of changes.
    ///
    /// # Errors
    /// A [`ChangeError`] with the code and the place of the fault.
    pub fn list_from_json(json: &str) -> Result<Vec<Self>, ChangeError> {
        let (objects, _) = read::<Vec<Object<'_>>>(json)
            .map_err(|fault| ChangeError::new(fault.code, fault.place, fault.message))?;
        let objects = objects.into_iter().enumerate();
        objects
            .map(|(index, object)| object.into_change(&Pointer::root().item(index)))
            .collect()
    }
}

/// A change as JSON has it: which members there are is up to `op`.
#[derive(Default)]
struct Object<'a> {
    op: String,
    record_type: Option<RecordType>,
    id: Option<String>,
    user: Option<String>,
    job_role: Option<Option<String>>,
    owner: Option<Option<String>>,
    role: Option<Option<String>>,
    profile: Option<String>,
    status: Option<Status>,
    action: Option<Action>,
    scope: Option<Scope>,
    toggle: Option<Toggle>,
    permitted: Option<bool>,
    parent: Option<Option<String>>,
    expires_at: Option<Instant>,
    claimed: Option<bool>,
    revoked_at: Option<Option<Instant>>,
    company: Option<String>,
    tier: Option<Option<Tier>>,
    primary: Option<bool>,
    deal: Option<String>,
    kind: Option<String>,
    value: Option<&'a RawValue>,
}

impl<'de> FromJson<'de> for Object<'de> {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::closed(
            1,
            &[
                "op",
                "type",
                "id",
                "user",
                "jobRole",
                "owner",
                "role",
                "profile",
                "status",
                "action",
                "scope",
                "toggle",
                "permitted",
                "parent",
                "expiresAt",
                "claimed",
                "revokedAt",
                "company",
                "tier",
                "primary",
                "deal",
                "kind",
                "value",
            ],
        )
        .nullable(&["jobRole", "owner", "role", "parent", "revokedAt", "tier"]);
        let mut object = Self::default();
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "op" => object.op = value.read()?,
                "type" => object.record_type = Some(value.read()?),
                "id" => object.id = Some(value.read()?),
                "user" => object.user = Some(value.read()?),
                "jobRole" => object.job_role = Some(value.nullable()?),
                "owner" => object.owner = Some(value.nullable()?),
                "role" => object.role = Some(value.nullable()?),
                "profile" => object.profile = Some(value.read()?),
                "status" => object.status = Some(value.read()?),
                "action" => object.action = Some(value.read()?),
                "scope" => object.scope = Some(value.read()?),
                "toggle" => object.toggle = Some(value.read()?),
                "permitted" => object.permitted = Some(value.read()?),
                "parent" => object.parent = Some(value.nullable()?),
                "expiresAt" => object.expires_at = Some(value.read()?),
                "claimed" => object.claimed = Some(value.read()?),
                "revokedAt" => object.revoked_at = Some(value.nullable()?),
                "company" => object.company = Some(value.read()?),
                "tier" => object.tier = Some(value.nullable()?),
                "primary" => object.primary = Some(value.read()?),
                "deal" => object.deal = Some(value.read()?),
                "kind" => object.kind = Some(value.read()?),
                _ => object.value = Some(value.read()?),
            }
            Ok(())
        })?;
        Ok(object)
    }
}

impl Object<'_> {
    /// Whether a member that `op` needs was there is asked of each as it is taken; the texts are moved, not copied.
    fn into_change(mut self, at: &Pointer) -> Result<Change, ChangeError> {
        let op = std::mem::take(&mut self.op);
        let taken = Taken { op: &op, at };
        Ok(match op.as_str() {
            "assign" => Change::Assign {
                kind: taken.here("type", self.record_type)?,
                id: taken.text("id", &mut self.id)?,
                user: taken.text("user", &mut self.user)?,
                job_role: self.job_role.take(),
            },
            "unassign" => Change::Unassign {
                kind: taken.here("type", self.record_type)?,
                id: taken.text("id", &mut self.id)?,
                user: taken.text("user", &mut self.user)?,
            },
            "setOwner" => Change::SetOwner {
                kind: taken.here("type", self.record_type)?,
                id: taken.text("id", &mut self.id)?,
                owner: taken.text_or_null("owner", &mut self.owner)?,
            },
            "setRole" => Change::SetRole {
                user: taken.text("user", &mut self.user)?,
                role: taken.text_or_null("role", &mut self.role)?,
            },
            "setProfile" => Change::SetProfile {
                user: taken.text("user", &mut self.user)?,
                profile: taken.text("profile", &mut self.profile)?,
            },
            "setStatus" => Change::SetStatus {
                user: taken.text("user", &mut self.user)?,
                status: taken.here("status", self.status)?,
            },
            "setPermission" => Change::SetPermission {
                profile: taken.text("profile", &mut self.profile)?,
                kind: taken.here("type", self.record_type)?,
                action: taken.here("action", self.action)?,
                scope: taken.here("scope", self.scope)?,
            },
            "setToggle" => Change::SetToggle {
                profile: taken.text("profile", &mut self.profile)?,
                toggle: taken.here("toggle", self.toggle)?,
                permitted: taken.here("permitted", self.permitted)?,
            },
            "moveRole" => Change::MoveRole {
                role: taken.named("role", &mut self.role)?,
                parent: taken.text_or_null("parent", &mut self.parent)?,
            },
            "setGuest" => Change::SetGuest {
                user: taken.text("user", &mut self.user)?,
                expires_at: self.expires_at,
                claimed: self.claimed,
                revoked_at: self.revoked_at,
            },
            "setTier" => Change::SetTier {
                user: taken.text("user", &mut self.user)?,
                company: taken.text("company", &mut self.company)?,
                tier: taken.here("tier", self.tier)?,
                primary: self.primary,
            },
            "setDealOwner" => Change::SetDealOwner {
                deal: taken.text("deal", &mut self.deal)?,
                owner: taken.named("owner", &mut self.owner)?,
            },
            "put" => {
                let kind = taken.text("kind", &mut self.kind)?;
                Change::Put(thing(&kind, taken.here("value", self.value)?, at)?)
            }
            "remove" => {
                let id = taken.text("id", &mut self.id)?;
                let kind = taken.text("kind", &mut self.kind)?;
                Change::Remove(match kind.as_str() {
                    "role" => Removal::Role { id },
                    "profile" => Removal::Profile { id },
                    "user" => Removal::User { id },
                    "company" => Removal::Company { id },
                    "record" => Removal::Record {
                        id,
                        kind: taken.here("type", self.record_type)?,
                    },
                    "deal" => Removal::Deal { id },
                    "view" => Removal::View { id },
                    kind => return Err(unknown_word("kind", kind, at)),
                })
            }
            op => return Err(unknown_word("op", op, at)),
        })
    }
}

/// Takes members out of the change at a place.
struct Taken<'a> {
    op: &'a str,
    at: &'a Pointer,
}

impl Taken<'_> {
    fn text(&self, member: &str, text: &mut Option<String>) -> Result<String, ChangeError> {
        text.take().ok_or_else(|| self.missing(member))
    }

    fn text_or_null(
        &self,
        member: &str,
        text: &mut Option<Option<String>>,
    ) -> Result<Option<String>, ChangeError> {
        text.take().ok_or_else(|| self.missing(member))
    }

    /// A text that may not be `null` for this `op`, while it may for another.
    fn named(
        &self,
        member: &str,
        text: &mut Option<Option<String>>,
    ) -> Result<String, ChangeError> {
        let text = self.text_or_null(member, text)?;
        text.ok_or_else(|| self.missing(member))
    }

    fn here<T>(&self, member: &str, value: Option<T>) -> Result<T, ChangeError> {
        value.ok_or_else(|| self.missing(member))
    }

    #[cold]
    fn missing(&self, member: &str) -> ChangeError {
        let message = format!("missing field `{member}` of `{}`", self.op);
        ChangeError::new(Code::InvalidField, self.at.clone(), message)
    }
}

/// The value of a `put`, read as the document's own things are.
fn thing(kind: &str, value: &RawValue, at: &Pointer) -> Result<Thing, ChangeError> {
    let mut thing = None;
    let passed_over = read_with(value.get(), &mut |value| {
        thing = Some(match kind {
            "jobRole" => Thing::JobRole(value.read()?),
            "role" => Thing::Role(value.read()?),
            "profile" => Thing::Profile(value.read()?),
            "user" => Thing::User(value.read()?),
            "company" => Thing::Company(value.read()?),
            "record" => Thing::Record(value.read()?),
            "deal" => Thing::Deal(value.read()?),
            "settings" => Thing::Settings(value.read()?),
            "view" => Thing::View(value.read()?),
            _ => return value.pass_over(),
        });
        Ok(())
    });
    let place = |inner: &Pointer| at.member("value").join(inner);
    let passed_over = passed_over
        .map_err(|fault| ChangeError::new(fault.code, place(&fault.place), fault.message))?;
    let thing = thing.ok_or_else(|| unknown_word("kind", kind, at))?;
    // What a document may have beside its format, a write may not: nobody would be told.
    match passed_over.first() {
        None => Ok(thing),
        Some(member) => Err(ChangeError::new(
            Code::InvalidField,
            place(member),
            "unknown field",
        )),
    }
}

fn unknown_word(member: &str, word: &str, at: &Pointer) -> ChangeError {
    let message = format!("unknown {member} `{}` of a change", Excerpt(word));
    ChangeError::new(Code::UnknownChange, at.member(member), message)
}

impl Governance {
    /// Makes changes, in their order, all or none (§10.2).
    ///
    /// # Errors
    /// A [`ChangeError`] whose place begins with the number of the change that is refused. Then nothing is changed.
    ///
    /// # Complexity
    /// In the number of changes and the holdings of the users they name; changes to people, roles and
    /// companies are linear in the number of those. Removing or adding a record copies the ids of its type.
    pub fn apply(&mut self, changes: &[Change]) -> Result<(), ChangeError> {
        *self = self.changed_by(changes)?;
        self.records.settle();
        self.deals.settle();
        Ok(())
    }

    /// The organisation as it would be after the changes.
    pub(crate) fn changed_by(&self, changes: &[Change]) -> Result<Self, ChangeError> {
        let mut edit = Edit::of(self);
        for (index, change) in changes.iter().enumerate() {
            edit.make(change, &Pointer::root().item(index))?;
        }
        Ok(edit.finish())
    }

    /// The organisation as it would be after one change that neither puts nor removes a thing; `None` if it is
    /// refused.
    ///
    /// Remedies are such changes. A program that makes no others carries no code for them.
    pub(crate) fn adjusted_by(&self, change: &Change) -> Option<Self> {
        let mut edit = Edit::of(self);
        edit.adjust(change, &Pointer::root()).ok()?;
        Some(edit.finish())
    }
}

/// A copy in the making, and which of its indexes have to be made anew.
struct Edit {
    to: Governance,
    forest: bool,
    seats: bool,
    /// The users whose own seats have to be found anew.
    reseated: Vec<UserIx>,
    terms: bool,
    managed: bool,
    holders: bool,
}

type Made = Result<(), ChangeError>;

impl Edit {
    /// To find the seats of more users one by one takes longer than to find everyone's.
    const RESEATED_SINGLY: usize = 16;

    fn of(governance: &Governance) -> Self {
        Self {
            to: governance.clone(),
            forest: false,
            seats: false,
            reseated: Vec::new(),
            terms: false,
            managed: false,
            holders: false,
        }
    }

    fn finish(mut self) -> Governance {
        if self.forest {
            let roles = Arc::make_mut(&mut self.to.roles);
            roles.forest = roles.as_forest();
        }
        let before = self.to.users.clone();
        let seats = self.seats || self.reseated.len() > Self::RESEATED_SINGLY;
        if self.forest || seats {
            self.to.users.seat(&self.to.roles);
        } else {
            for &user in &self.reseated {
                self.to.users.reseat(user, &self.to.roles);
            }
        }
        if self.managed {
            self.to.users.find_managed(&self.to.companies);
        }
        if self.terms {
            self.to.users.find_terms();
        }
        let forest = &self.to.roles.forest;
        if self.holders {
            self.to
                .records
                .index(self.to.settings, &self.to.users, forest);
        } else if self.forest {
            self.to.records.forget_totals(&self.to.users, forest);
        } else {
            let users = &self.to.users;
            let moved = match seats {
                true => users.moved_since(&before, users.table.ids.iter()),
                false => users.moved_since(&before, self.reseated.into_iter()),
            };
            self.to
                .records
                .forget_totals_of(&self.to.users, forest, &moved);
        }
        self.to.revision.advance();
        self.to
    }

    fn make(&mut self, change: &Change, at: &Pointer) -> Made {
        match change {
            Change::Put(thing) => self.put(thing, &at.member("value")),
            Change::Remove(removal) => self.remove(removal, at),
            change => self.adjust(change, at),
        }
    }

    /// Changes something of what there is.
    fn adjust(&mut self, change: &Change, at: &Pointer) -> Made {
        match change {
            Change::Assign {
                kind,
                id,
                user,
                job_role,
            } => self.assign(*kind, id, user, job_role.as_ref(), at),
            Change::Unassign { kind, id, user } => self.unassign(*kind, id, user, at),
            Change::SetOwner { kind, id, owner } => {
                let record = self.record(*kind, id, at)?;
                let owner = owner
                    .as_ref()
                    .map(|owner| self.user(owner, &at.member("owner")))
                    .transpose()?;
                self.set_owner(*kind, record, owner);
                Ok(())
            }
            Change::SetRole { user, role } => {
                let role = role
                    .as_ref()
                    .map(|role| self.role(role, &at.member("role")))
                    .transpose()?;
                self.person_to_reseat(user, at)?.role = role;
                Ok(())
            }
            Change::SetProfile { user, profile } => {
                let profile = self.profile(profile, &at.member("profile"))?;
                self.person_to_reseat(user, at)?.profile = profile;
                Ok(())
            }
            Change::SetStatus { user, status } => {
                self.person(user, at)?.status = *status;
                Ok(())
            }
            Change::SetPermission {
                profile,
                kind,
                action,
                scope,
            } => {
                let row = self.editable_profile(profile, at)?;
                if let Some(message) = inapplicable(*kind, *action, *scope) {
                    return Err(ChangeError::new(
                        Code::ScopeNotApplicable,
                        at.member("scope"),
                        message,
                    ));
                }
                row.profile.permissions.set(*kind, *action, *scope);
                Ok(())
            }
            Change::SetToggle {
                profile,
                toggle,
                permitted,
            } => {
                self.editable_profile(profile, at)?
                    .profile
                    .toggles
                    .set(*toggle, *permitted);
                Ok(())
            }
            Change::MoveRole { role, parent } => {
                let role = self.role(role, &at.member("role"))?;
                let parent = parent
                    .as_ref()
                    .map(|parent| self.role(parent, &at.member("parent")))
                    .transpose()?;
                self.refuse_cycle(role, parent, &at.member("parent"))?;
                if let Some(row) = Arc::make_mut(&mut self.to.roles).table.get_mut(role) {
                    row.parent = parent;
                }
                self.forest = true;
                Ok(())
            }
            Change::SetGuest {
                user,
                expires_at,
                claimed,
                revoked_at,
            } => {
                let Some(term) = &mut self.person(user, at)?.guest else {
                    let message = format!("the user `{}` is no guest", Excerpt(user));
                    return Err(ChangeError::new(
                        Code::NotAGuest,
                        at.member("user"),
                        message,
                    ));
                };
                term.expires_at = expires_at.unwrap_or(term.expires_at);
                term.claimed = claimed.unwrap_or(term.claimed);
                term.revoked_at = revoked_at.unwrap_or(term.revoked_at);
                self.terms = true;
                Ok(())
            }
            Change::SetTier {
                user,
                company,
                tier,
                primary,
            } => {
                let company = self.company(company, &at.member("company"))?;
                let standings = &mut self.person(user, at)?.standings;
                set_standing(standings, company, *tier, *primary, at)?;
                self.managed = true;
                Ok(())
            }
            Change::SetDealOwner { deal, owner } => {
                let deal = self.deal(deal, &at.member("deal"))?;
                let owner = self.user(owner, &at.member("owner"))?;
                if let Some(row) = self.to.deals.get(deal) {
                    let row = crate::governance::DealRow {
                        owner,
                        ..row.clone()
                    };
                    self.set_deal(deal, Some(row));
                }
                Ok(())
            }
            Change::Put(_) | Change::Remove(_) => {
                let message = "a thing is put or removed, not adjusted";
                Err(ChangeError::new(Code::UnknownChange, at.clone(), message))
            }
        }
    }

    fn assign(
        &mut self,
        kind: RecordType,
        id: &str,
        user: &str,
        job_role: Option<&Option<String>>,
        at: &Pointer,
    ) -> Made {
        let record = self.assignable(kind, id, at)?;
        let place = at.member("user");
        let user = self.user(user, &place)?;
        let job_role = match job_role {
            None => None,
            Some(None) => Some(None),
            Some(Some(job_role)) => Some(Some(self.job_role(job_role, &at.member("jobRole"))?)),
        };
        let assigned = self.to.records.of(kind).assigned.of(record);
        let mut assigned: Vec<_> = assigned.collect();
        match assigned.iter_mut().find(|assigned| assigned.user == user) {
            Some(assigned) => assigned.job_role = job_role.unwrap_or(assigned.job_role),
            None => {
                self.refuse_locked(user, &place)?;
                assigned.push(Assigned {
                    user,
                    job_role: job_role.flatten(),
                });
            }
        }
        self.set_assigned(kind, record, assigned);
        Ok(())
    }

    fn unassign(&mut self, kind: RecordType, id: &str, user: &str, at: &Pointer) -> Made {
        let record = self.assignable(kind, id, at)?;
        let assigned = self.to.records.of(kind).assigned.of(record);
        let mut assigned: Vec<_> = assigned.collect();
        // Someone who does not exist any more can be taken from a record all the same.
        let named = self.to.users.table.ids.get(user);
        if !assigned.iter().any(|assigned| Some(assigned.user) == named) {
            return self.user(user, &at.member("user")).map(|_| ());
        }
        assigned.retain(|assigned| Some(assigned.user) != named);
        self.set_assigned(kind, record, assigned);
        Ok(())
    }

    fn assignable(
        &self,
        kind: RecordType,
        id: &str,
        at: &Pointer,
    ) -> Result<RecordIx, ChangeError> {
        if !kind.has_assigned_users() {
            return Err(not_assignable(kind, at.member("type")));
        }
        self.record(kind, id, at)
    }

    fn set_assigned(&mut self, kind: RecordType, record: RecordIx, assigned: Vec<Assigned>) {
        let before = self.holders(kind, record);
        self.to.records.of_mut(kind).assigned.set(record, &assigned);
        self.list_by_holder(kind, record, &before);
    }

    fn set_owner(&mut self, kind: RecordType, record: RecordIx, owner: Option<UserIx>) {
        let before = self.holders(kind, record);
        self.to.records.of_mut(kind).owners.set(record, owner);
        self.list_by_holder(kind, record, &before);
    }

    /// The holders of a record; none of one that does not exist.
    fn holders(&self, kind: RecordType, record: RecordIx) -> Vec<UserIx> {
        let records = self.to.records.of(kind);
        let counted = self.to.settings.counts_assigned(kind);
        let holders = records.holders(record, counted);
        holders.filter(|_| records.exists(record)).collect()
    }

    /// Brings the lists by holder in line with a record whose holders were `before`.
    fn list_by_holder(&mut self, kind: RecordType, record: RecordIx, before: &[UserIx]) {
        let after = self.holders(kind, record);
        let records = self.to.records.of_mut(kind);
        for &user in before.iter().filter(|user| !after.contains(user)) {
            records.held.exclude(user, record);
        }
        for &user in &after {
            records.held.include(user, record);
        }
        records.bundles.list(record, before, &after);
        let (users, forest) = (&self.to.users, &self.to.roles.forest);
        records.totals.list(users, forest, before, &after);
    }

    fn put(&mut self, thing: &Thing, at: &Pointer) -> Made {
        let limits = self.to.header.limits;
        let check = Check { limits: &limits };
        let path = || at.clone();
        match thing {
            Thing::JobRole(job_role) => self.put_job_role(&check, job_role, at),
            Thing::Role(role) => {
                check.id(&path, &role.id)?;
                check.text(&at.member("name"), &role.name)?;
                let parent = role
                    .parent
                    .as_ref()
                    .map(|parent| self.role(parent, &at.member("parent")))
                    .transpose()?;
                let roles = Arc::make_mut(&mut self.to.roles);
                let ix = intern(&mut roles.table.ids, &role.id, at)?;
                let is_new = !roles.table.exists(ix);
                if is_new && roles.table.len() >= limits.roles {
                    return Err(full(Code::TooManyRoles, limits.roles, at));
                }
                self.refuse_cycle(ix, parent, &at.member("parent"))?;
                let row = RoleRow {
                    name: role.name.clone(),
                    parent,
                };
                Arc::make_mut(&mut self.to.roles).table.set(ix, Some(row));
                self.forest = true;
                Ok(())
            }
            Thing::Profile(profile) => {
                check.id(&path, &profile.id)?;
                check.profile(&path, profile)?;
                if let Some(existing) = self.to.profiles.find(&profile.id) {
                    self.refuse_admin(existing, &at.member("id"))?;
                } else if self.to.profiles.len() >= limits.catalogue {
                    return Err(full(Code::TooManyItems, limits.catalogue, at));
                }
                let profiles = Arc::make_mut(&mut self.to.profiles);
                let ix = intern(&mut profiles.ids, &profile.id, at)?;
                profiles.set(
                    ix,
                    Some(ProfileRow {
                        profile: profile.clone(),
                    }),
                );
                Ok(())
            }
            Thing::User(user) => self.put_user(&check, user, at),
            Thing::Company(company) => {
                check.id(&path, &company.id)?;
                check.company(&path, company)?;
                if self.to.companies.find(&company.id).is_none()
                    && self.to.companies.len() >= limits.catalogue
                {
                    return Err(full(Code::TooManyItems, limits.catalogue, at));
                }
                let companies = Arc::make_mut(&mut self.to.companies);
                let ix = intern(&mut companies.ids, &company.id, at)?;
                companies.set(ix, Some(company.clone()));
                self.managed = true;
                Ok(())
            }
            Thing::Record(record) => self.put_record(&check, record, at),
            Thing::Deal(deal) => self.put_deal(&check, deal, at),
            Thing::Settings(settings) => {
                self.holders |=
                    settings.multi_user_assignment != self.to.settings.multi_user_assignment;
                self.to.settings = *settings;
                Ok(())
            }
            Thing::View(view) => {
                check.id(&path, &view.id)?;
                check.view(&path, view)?;
                self.user(&view.user, &at.member("user"))?;
                if self.to.views.find(&view.id).is_none() && self.to.views.len() >= limits.views {
                    return Err(full(Code::TooManyItems, limits.views, at));
                }
                let views = Arc::make_mut(&mut self.to.views);
                let ix = intern(&mut views.ids, &view.id, at)?;
                views.set(ix, Some((**view).clone()));
                Ok(())
            }
        }
    }

    fn put_job_role(&mut self, check: &Check<'_>, job_role: &JobRole, at: &Pointer) -> Made {
        check.id(&|| at.clone(), &job_role.id)?;
        check.text(&at.member("name"), &job_role.name)?;
        let table = &self.to.job_roles.table;
        let name = job_role.name.to_lowercase();
        let taken = table
            .iter()
            .any(|(other, taken)| table.id(other) != job_role.id && taken.to_lowercase() == name);
        if taken {
            let message = format!("another job role is called `{}`", Excerpt(&job_role.name));
            return Err(ChangeError::new(
                Code::DuplicateName,
                at.member("name"),
                message,
            ));
        }
        if table.find(&job_role.id).is_none() && table.len() >= check.limits.catalogue {
            return Err(full(Code::TooManyItems, check.limits.catalogue, at));
        }
        let job_roles = Arc::make_mut(&mut self.to.job_roles);
        let ix = intern(&mut job_roles.table.ids, &job_role.id, at)?;
        job_roles.table.set(ix, Some(job_role.name.clone()));
        job_roles.listed = true;
        Ok(())
    }

    fn put_user(&mut self, check: &Check<'_>, user: &User, at: &Pointer) -> Made {
        check.id(&|| at.clone(), &user.id)?;
        if let Some(role) = &user.role {
            self.role(role, &at.member("role"))?;
        }
        if let Some(job_role) = &user.job_role {
            self.job_role(job_role, &at.member("jobRole"))?;
        }
        if let Some(sponsor) = user.guest.as_ref().and_then(|guest| guest.sponsor.as_ref()) {
            self.user(sponsor, &at.member("guest").member("sponsor"))?;
        }
        for (index, membership) in user.memberships.iter().enumerate() {
            self.company(
                &membership.company,
                &at.member("memberships").item(index).member("company"),
            )?;
        }
        let existing = self
            .to
            .users
            .find(&user.id)
            .and_then(|user| self.to.users.get(user));
        if existing.is_some_and(|person| person.guest.is_some() != user.guest.is_some()) {
            let message = "a guest never becomes a standard user, nor the other way round";
            return Err(ChangeError::new(
                Code::GuestConversion,
                at.member("guest"),
                message,
            ));
        }
        if existing.is_none() && self.to.users.table.len() >= check.limits.users {
            return Err(full(Code::TooManyUsers, check.limits.users, at));
        }
        let to = &mut self.to;
        let users = to.users.table_mut();
        let ix = intern(&mut users.ids, &user.id, at)?;
        let person = check.person(
            &|| at.clone(),
            user.clone(),
            &mut users.ids,
            Arc::make_mut(&mut to.roles),
            Arc::make_mut(&mut to.job_roles),
            &to.profiles,
            Arc::make_mut(&mut to.companies),
        )?;
        users.set(ix, Some(person));
        self.terms = true;
        self.seats = true;
        self.managed = true;
        Ok(())
    }

    fn put_record(&mut self, check: &Check<'_>, record: &CrmRecord, at: &Pointer) -> Made {
        let kind = record.kind;
        check.id(&|| at.clone(), &record.id)?;
        if let Some(owner) = &record.owner {
            self.user(owner, &at.member("owner"))?;
        }
        if !record.assigned.is_empty() && !kind.has_assigned_users() {
            return Err(not_assignable(kind, at.member("assigned")));
        }
        let existing = self.to.records.of(kind).find(&record.id);
        for (index, assignment) in record.assigned.iter().enumerate() {
            let place = at.member("assigned").item(index);
            let user = self.user(&assignment.user, &place)?;
            let before = existing
                .into_iter()
                .flat_map(|record| self.to.records.of(kind).assigned.of(record));
            if before.map(|assigned| assigned.user).all(|one| one != user) {
                self.refuse_locked(user, &place)?;
            }
            if let Some(job_role) = &assignment.job_role {
                self.job_role(job_role, &place.member("jobRole"))?;
            }
        }
        if let Some(account) = &record.account
            && !(kind == RecordType::Account && *account == record.id)
        {
            self.record_at(RecordType::Account, account, &at.member("account"))?;
        }
        if existing.is_none() && self.to.records.len() >= check.limits.records {
            return Err(full(Code::TooManyItems, check.limits.records, at));
        }

        let ix = match existing {
            Some(ix) => ix,
            None => intern(&mut self.to.records.of_mut(kind).ids, &record.id, at)?,
        };
        let before = self.holders(kind, ix);
        let account_before = self.account_of(kind, ix);
        let to = &mut self.to;
        let account_ids = to.records.of(RecordType::Account).ids.clone();
        let user = |id: &str| to.users.find(id);
        let mut assigned: Vec<Assigned> = Vec::with_capacity(record.assigned.len());
        for assignment in &record.assigned {
            let job_role = assignment
                .job_role
                .as_ref()
                .and_then(|job_role| to.job_roles.table.find(job_role));
            if let Some(user) = user(&assignment.user)
                && !assigned.iter().any(|assigned| assigned.user == user)
            {
                assigned.push(Assigned { user, job_role });
            }
        }
        let named = record.owner.as_ref().and_then(|owner| user(owner));
        // A new record with assigned users and no owner takes the first of them (§5.2).
        let first = assigned
            .first()
            .filter(|_| existing.is_none() && kind.has_assigned_users());
        let owner = named.or(first.map(|assigned| assigned.user));
        let account = record
            .account
            .as_ref()
            .and_then(|account| account_ids.get(account));
        let records = to.records.of_mut(kind);
        records.presence.set(ix, true);
        records.owners.set(ix, owner);
        records.assigned.set(ix, &assigned);
        records.accounts.set(ix, account);
        records.names.set(ix, record.name.clone());
        records.fields.set(ix, record.fields.clone());
        check.text(
            &at.member("name"),
            record.name.as_deref().unwrap_or_default(),
        )?;
        self.list_by_holder(kind, ix, &before);
        self.list_by_account(kind, ix, account_before);
        Ok(())
    }

    fn account_of(&self, kind: RecordType, record: RecordIx) -> Option<RecordIx> {
        let records = self.to.records.of(kind);
        records.account(record).filter(|_| records.exists(record))
    }

    fn list_by_account(&mut self, kind: RecordType, record: RecordIx, before: Option<RecordIx>) {
        let after = self.account_of(kind, record);
        let of_account = &mut self.to.records.of_mut(kind).of_account;
        if before != after {
            if let Some(account) = before {
                of_account.exclude(account, record);
            }
            if let Some(account) = after {
                of_account.include(account, record);
            }
        }
    }

    fn put_deal(&mut self, check: &Check<'_>, deal: &Deal, at: &Pointer) -> Made {
        check.id(&|| at.clone(), &deal.id)?;
        let company = self.company(&deal.company, &at.member("company"))?;
        self.user(&deal.owner, &at.member("owner"))?;
        if let Some(registrar) = &deal.registered_by {
            self.user(registrar, &at.member("registeredBy"))?;
        }
        let existing = self.to.deals.find(&deal.id);
        match existing.and_then(|deal| self.to.deals.get(deal)) {
            Some(row) if row.company != company => {
                let message = "the company of a deal is fixed when it is registered";
                return Err(ChangeError::new(
                    Code::CompanyFixed,
                    at.member("company"),
                    message,
                ));
            }
            None if self.to.deals.len() >= check.limits.deals => {
                return Err(full(Code::TooManyItems, check.limits.deals, at));
            }
            _ => {}
        }
        let ix = match existing {
            Some(ix) => ix,
            None => intern(&mut self.to.deals.ids, &deal.id, at)?,
        };
        let to = &mut self.to;
        let users = to.users.table_mut();
        let companies = Arc::make_mut(&mut to.companies);
        let row = check.deal(
            &|| at.clone(),
            deal.clone(),
            &mut users.ids,
            &mut companies.ids,
        )?;
        self.set_deal(ix, Some(row));
        Ok(())
    }

    /// Makes a deal exist with this row, or not exist, and brings the lists of deals in line.
    fn set_deal(&mut self, deal: DealIx, row: Option<crate::governance::DealRow>) {
        let deals = &mut self.to.deals;
        if let Some(before) = deals.get(deal).cloned() {
            deals.of_owner.exclude(before.owner, deal);
            deals.of_company.exclude(before.company, deal);
            if let Some(registrar) = before.registered_by {
                deals.of_registrar.exclude(registrar, deal);
            }
        }
        if let Some(after) = &row {
            deals.of_owner.include(after.owner, deal);
            deals.of_company.include(after.company, deal);
            if let Some(registrar) = after.registered_by {
                deals.of_registrar.include(registrar, deal);
            }
        }
        deals.presence.set(deal, row.is_some());
        deals.rows.set(deal, row);
    }

    fn remove(&mut self, removal: &Removal, at: &Pointer) -> Made {
        let place = at.member("id");
        match removal {
            Removal::Role { id } => {
                let role = self.role(id, &place)?;
                Arc::make_mut(&mut self.to.roles).table.set(role, None);
                self.forest = true;
            }
            Removal::Profile { id } => {
                let profile = self.profile(id, &place)?;
                self.refuse_admin(profile, &place)?;
                let mut people = self.to.users.table.iter();
                if let Some((user, _)) = people.find(|(_, person)| person.profile == profile) {
                    let message = format!(
                        "the user `{}` has the profile `{}`",
                        self.to.users.id(user),
                        Excerpt(id)
                    );
                    return Err(ChangeError::new(Code::ProfileInUse, place, message));
                }
                Arc::make_mut(&mut self.to.profiles).set(profile, None);
            }
            Removal::User { id } => {
                let user = self.user(id, &place)?;
                self.to.users.table_mut().set(user, None);
                self.terms = true;
                self.seats = true;
                self.managed = true;
            }
            Removal::Company { id } => {
                let company = self.company(id, &place)?;
                Arc::make_mut(&mut self.to.companies).set(company, None);
                self.managed = true;
            }
            Removal::Record { id, kind } => {
                let record = self.record(*kind, id, at)?;
                let holders = self.holders(*kind, record);
                let account = self.account_of(*kind, record);
                self.to.records.of_mut(*kind).presence.set(record, false);
                self.list_by_holder(*kind, record, &holders);
                self.list_by_account(*kind, record, account);
            }
            Removal::Deal { id } => {
                let deal = self.deal(id, &place)?;
                self.set_deal(deal, None);
            }
            Removal::View { id } => {
                let view = self.to.views.find(id);
                let view = view.ok_or_else(|| unknown(Code::UnknownView, "view", id, &place))?;
                Arc::make_mut(&mut self.to.views).set(view, None);
            }
        }
        Ok(())
    }

    fn user(&self, id: &str, at: &Pointer) -> Result<UserIx, ChangeError> {
        self.to
            .users
            .find(id)
            .ok_or_else(|| unknown(Code::UnknownUser, "user", id, at))
    }

    fn person(&mut self, id: &str, at: &Pointer) -> Result<&mut Person, ChangeError> {
        let user = self.user(id, &at.member("user"))?;
        let person = self.to.users.table_mut().get_mut(user);
        person.ok_or_else(|| unknown(Code::UnknownUser, "user", id, &at.member("user")))
    }

    /// A person whose role or profile changes.
    fn person_to_reseat(&mut self, id: &str, at: &Pointer) -> Result<&mut Person, ChangeError> {
        let user = self.user(id, &at.member("user"))?;
        self.reseated.push(user);
        self.person(id, at)
    }

    fn role(&self, id: &str, at: &Pointer) -> Result<RoleIx, ChangeError> {
        self.to
            .roles
            .table
            .find(id)
            .ok_or_else(|| unknown(Code::UnknownRole, "role", id, at))
    }

    fn job_role(&self, id: &str, at: &Pointer) -> Result<JobRoleIx, ChangeError> {
        self.to
            .job_roles
            .table
            .find(id)
            .ok_or_else(|| unknown(Code::UnknownJobRole, "job role", id, at))
    }

    fn profile(&self, id: &str, at: &Pointer) -> Result<ProfileIx, ChangeError> {
        self.to
            .profiles
            .find(id)
            .ok_or_else(|| unknown(Code::UnknownProfile, "profile", id, at))
    }

    fn company(&self, id: &str, at: &Pointer) -> Result<CompanyIx, ChangeError> {
        self.to
            .companies
            .find(id)
            .ok_or_else(|| unknown(Code::UnknownCompany, "company", id, at))
    }

    fn deal(&self, id: &str, at: &Pointer) -> Result<DealIx, ChangeError> {
        let deal = self.to.deals.find(id);
        deal.ok_or_else(|| unknown(Code::UnknownDeal, "deal", id, at))
    }

    fn record(&self, kind: RecordType, id: &str, at: &Pointer) -> Result<RecordIx, ChangeError> {
        self.record_at(kind, id, &at.member("id"))
    }

    fn record_at(&self, kind: RecordType, id: &str, at: &Pointer) -> Result<RecordIx, ChangeError> {
        self.to
            .records
            .of(kind)
            .find(id)
            .ok_or_else(|| unknown(Code::UnknownRecord, kind.noun(), id, at))
    }

    fn editable_profile(&mut self, id: &str, at: &Pointer) -> Result<&mut ProfileRow, ChangeError> {
        let place = at.member("profile");
        let profile = self.profile(id, &place)?;
        self.refuse_admin(profile, &place)?;
        let row = Arc::make_mut(&mut self.to.profiles).get_mut(profile);
        row.ok_or_else(|| unknown(Code::UnknownProfile, "profile", id, &place))
    }

    fn refuse_admin(&self, profile: ProfileIx, at: &Pointer) -> Made {
        if self
            .to
            .profiles
            .get(profile)
            .is_some_and(|row| row.profile.admin)
        {
            return Err(ChangeError::new(
                Code::AdminProfile,
                at.clone(),
                "an admin profile is not edited",
            ));
        }
        Ok(())
    }

    fn refuse_locked(&self, user: UserIx, at: &Pointer) -> Made {
        if self
            .to
            .users
            .get(user)
            .is_some_and(|person| person.status == Status::Locked)
        {
            return Err(locked(self.to.users.id(user), at.clone()));
        }
        Ok(())
    }

    /// Refuses a parent from which the way up comes back to the role, or comes back to itself.
    fn refuse_cycle(&self, role: RoleIx, parent: Option<RoleIx>, at: &Pointer) -> Made {
        let roles = &self.to.roles;
        let mut path = vec![role];
        let mut passed: Chosen<RoleIx> = path.iter().copied().collect();
        let mut next = parent;
        while let Some(above) = next {
            path.push(above);
            if !passed.insert(above) {
                const SHOWN: usize = 10;
                let names: Vec<_> = path
                    .iter()
                    .take(SHOWN)
                    .map(|&role| format!("`{}`", roles.id(role)))
                    .collect();
                let message = format!(
                    "the roles above would come back to themselves: {}",
                    names.join(" › ")
                );
                return Err(ChangeError::new(Code::RoleCycle, at.clone(), message));
            }
            next = roles
                .get(above)
                .and_then(|row| row.parent)
                // The role itself need not exist yet, though others name it.
                .filter(|&parent| parent == role || roles.table.exists(parent));
        }
        Ok(())
    }
}

fn set_standing(
    standings: &mut Vec<Standing>,
    company: CompanyIx,
    tier: Option<Tier>,
    primary: Option<bool>,
    at: &Pointer,
) -> Made {
    let place = standings
        .iter()
        .position(|standing| standing.company == company);
    let Some(tier) = tier else {
        standings.retain(|standing| standing.company != company);
        return Ok(());
    };
    if primary == Some(true)
        && standings
            .iter()
            .any(|standing| standing.primary && standing.company != company)
    {
        return Err(ChangeError::new(
            Code::DuplicatePrimary,
            at.member("primary"),
            "two primary companies of one user",
        ));
    }
    match place.and_then(|place| standings.get_mut(place)) {
        Some(standing) => {
            standing.tier = tier;
            standing.primary = primary.unwrap_or(standing.primary);
        }
        None => standings.push(Standing {
            company,
            tier,
            primary: primary.unwrap_or_default(),
        }),
    }
    Ok(())
}

fn intern<I: Ix>(ids: &mut crate::table::Ids<I>, id: &str, at: &Pointer) -> Result<I, ChangeError> {
    ids.intern(id)
        .map_err(|full| crate::compile::out_of_room(full, at.member("id")).into())
}

pub(crate) fn not_assignable(kind: RecordType, at: Pointer) -> ChangeError {
    let message = format!("a `{kind}` has no assigned users");
    ChangeError::new(Code::NotAssignable, at, message)
}

pub(crate) fn locked(user: &str, at: Pointer) -> ChangeError {
    let message = format!("the user `{}` is locked", Excerpt(user));
    ChangeError::new(Code::LockedUser, at, message)
}

pub(crate) fn unknown(code: Code, noun: &str, id: &str, at: &Pointer) -> ChangeError {
    ChangeError::new(
        code,
        at.clone(),
        format!("no {noun} has the id `{}`", Excerpt(id)),
    )
}

fn full(code: Code, limit: usize, at: &Pointer) -> ChangeError {
    ChangeError::new(
        code,
        at.clone(),
        format!("there are {limit} already, and no more are kept"),
    )
}
