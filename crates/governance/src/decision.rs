//! Decisions about one record: may this user, and why (§3, §4).
//!
//! The functions of [`At`] in this file are the formulas of §3, each once. Every other road to an
//! answer (sets, lists, reverse look-ups) is held to them by the tests.

use std::ops::Range;

use fixedbitset::FixedBitSet;
use serde::Serialize;

use crate::assigned::Assigned;
use crate::at::At;
use crate::error::{AskError, Code, Pointer};
use crate::message;
use crate::org::{ReportsReach, Status};
use crate::profile::{Action, Scope, Toggle};
use crate::record::RecordType;
use crate::remedy::{Refused, Remedy};
use crate::role::Position;
use crate::set::members;
use crate::table::{Chosen, Ix, RecordIx, RoleIx, UserIx};
use crate::word::vocabulary;

/// The answer to "may this user, and why?" (§4).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// Whether the user may.
    pub allowed: bool,
    /// Every reason why; empty when refused.
    pub grants: Vec<Grant>,
    /// Every gate that failed; empty when allowed.
    pub obstacles: Vec<Obstacle>,
    /// The single changes that would grant it, each tried on a copy, the one that opens least else first; empty when allowed.
    pub remedies: Vec<Remedy>,
    /// Whether the answer comes from a slice and is about somebody else than its viewer, or from one that was
    /// changed: then it need not be the whole organisation's.
    pub advisory: bool,
}

impl Decision {
    pub(crate) fn allowed(grants: Vec<Grant>) -> Self {
        Self {
            allowed: true,
            grants,
            obstacles: Vec::new(),
            remedies: Vec::new(),
            advisory: false,
        }
    }

    /// The decision, marked where the organisation need not know enough about the user (§11).
    pub(crate) fn given_to(self, at: At<'_>, user: &str) -> Self {
        Self {
            advisory: at.is_advisory(user),
            ..self
        }
    }

    pub(crate) fn refused(obstacles: Vec<Obstacle>) -> Self {
        Self::refused_with(obstacles, Vec::new())
    }

    pub(crate) fn refused_with(obstacles: Vec<Obstacle>, remedies: Vec<Remedy>) -> Self {
        Self {
            allowed: false,
            grants: Vec::new(),
            obstacles,
            remedies,
            advisory: false,
        }
    }
}

/// One reason why a user may (§4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// The rule that grants.
    pub rule: Rule,
    /// The holder through whom the rule grants, or the report whose own scope is `all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The roles from the viewer's down to that user's, both included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// The account through which a prospect is seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The partner company at which the viewer's standing grants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The reason as one English sentence.
    pub text: String,
}

impl Grant {
    pub(crate) fn new(rule: Rule, text: String) -> Self {
        Self {
            rule,
            user: None,
            roles: None,
            account: None,
            company: None,
            text: message::unturned(text),
        }
    }
}

vocabulary! {
    /// The rule that grants (§4).
    Rule, InvalidField, "rule" {
        /// The viewer is the record owner.
        Owner = "owner",
        /// The viewer is an assigned user.
        Assigned = "assigned",
        /// A holder has a role below the viewer's.
        Report = "report",
        /// A holder has the viewer's role.
        Peer = "peer",
        /// The viewer's scope is `all`.
        All = "all",
        /// Someone below the viewer has the scope `all`.
        Lifted = "lifted",
        /// The viewer sees the prospect's account.
        Account = "account",
        /// The viewer may create records of the type.
        Create = "create",
        /// The viewer is the deal owner.
        DealOwner = "deal-owner",
        /// The viewer registered the deal.
        Registrar = "registrar",
        /// The viewer's tier at the deal's company is above the deal owner's.
        Tier = "tier",
        /// The viewer manages the deal's company.
        AccountOwner = "account-owner",
        /// The viewer may see every deal.
        Vendor = "vendor",
    }
}

/// One gate that failed (§4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obstacle {
    /// What failed.
    pub code: ObstacleCode,
    /// With [`ObstacleCode::OutsideReports`]: each holder's relation to the viewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holders: Option<Vec<HolderRelation>>,
    /// The obstacle as one English sentence.
    pub text: String,
}

impl Obstacle {
    pub(crate) fn new(code: ObstacleCode, text: String) -> Self {
        Self {
            code,
            holders: None,
            text: message::unturned(text),
        }
    }
}

vocabulary! {
    /// The gate that failed (§4).
    ObstacleCode, InvalidField, "obstacle" {
        /// No user has the id.
        UnknownUser = "unknown-user",
        /// The user is locked.
        Locked = "locked",
        /// The guest has not claimed the invitation.
        GuestUnclaimed = "guest-unclaimed",
        /// The guest's term has ended.
        GuestExpired = "guest-expired",
        /// The guest's access was revoked.
        GuestRevoked = "guest-revoked",
        /// A guest has an admin profile, which then answers `denied` (§3.8).
        GuestAdmin = "guest-admin",
        /// No record of the type, or no deal, has the id.
        UnknownRecord = "unknown-record",
        /// The profile denies the action.
        PermissionDenied = "permission-denied",
        /// The scope is `owned`, and the viewer does not hold the record.
        NotAHolder = "not-a-holder",
        /// The scope is `reports` or `peers`, and no holder is within it.
        OutsideReports = "outside-reports",
        /// The action needs the record to be seen, and it is not.
        ViewDenied = "view-denied",
        /// The deal owner has the viewer's own tier.
        Lateral = "lateral",
        /// The deal owner's tier is above the viewer's.
        HigherTier = "higher-tier",
        /// The deal belongs to a company where the viewer has no standing that counts.
        OtherCompany = "other-company",
        /// The viewer, or the deal owner, has no tier.
        NoTier = "no-tier",
    }
}

/// How a holder stands to a viewer who does not reach them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HolderRelation {
    /// The holder's id, which may name nobody.
    pub user: String,
    /// How the holder stands to the viewer.
    pub relation: Relation,
}

vocabulary! {
    /// How a holder stands to a viewer who does not reach them.
    Relation, InvalidField, "relation" {
        /// The holder has the viewer's own role.
        SameRole = "same-role",
        /// The holder's role is above the viewer's.
        Above = "above",
        /// The holder's role is in another branch of the hierarchy.
        OtherBranch = "other-branch",
        /// The holder has no role.
        NoRole = "no-role",
        /// The id names nobody.
        Unknown = "unknown",
    }
}

/// A user who can see a record or deal, with every reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Viewer {
    /// The user's id.
    pub user: String,
    /// Every reason.
    pub grants: Vec<Grant>,
}

/// What a question is about: a type for `create`, a saved record for everything else.
enum Asked {
    Creation,
    Record(Option<RecordIx>),
}

/// The users whose holdings count for a viewer under a scope other than `all`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) own: Option<UserIx>,
    pub(crate) positions: Range<Position>,
}

impl<'g> At<'g> {
    /// Whether the user may (§3): `sees` for view, `may` for edit, delete and assign, `create` for create.
    ///
    /// Unknown users and records are refused like any other.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] for `create` with an id, or another action without one.
    ///
    /// # Complexity
    /// In the number of the record's holders, whatever the size of the organisation; where a report's
    /// scope `all` counts (§3.2), also in the number of profiles with that scope.
    pub fn can(
        self,
        user: &str,
        action: Action,
        kind: RecordType,
        id: Option<&str>,
    ) -> Result<bool, AskError> {
        let asked = self.asked(action, kind, id)?;
        let Some(user) = self.governance.users.find(user) else {
            return Ok(false);
        };
        Ok(match asked {
            Asked::Creation => self.creates(user, kind),
            Asked::Record(record) => {
                record.is_some_and(|record| self.may(user, kind, record, action))
            }
        })
    }

    /// [`can`](Self::can) for a user and a record by their [numbers](crate::Governance::user_number), for a caller that keeps
    /// those: an id need not be looked up again. Numbers of nothing are refused like unknown ids.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] for `create`, which is asked about a type.
    pub fn can_numbered(
        self,
        user: u32,
        action: Action,
        kind: RecordType,
        record: u32,
    ) -> Result<bool, AskError> {
        let record = self.numbered(action, kind, record)?;
        // A user who does not exist passes no gate.
        let user = UserIx::new(user);
        Ok(record.is_some_and(|record| self.may(user, kind, record, action)))
    }

    /// The record that an action is asked about by its number, if there is one.
    #[inline]
    pub(crate) fn numbered(
        self,
        action: Action,
        kind: RecordType,
        record: u32,
    ) -> Result<Option<RecordIx>, AskError> {
        if action == Action::Create {
            return Err(create_has_no_record());
        }
        let record = RecordIx::new(record);
        let exists = self.governance.records.of(kind).exists(record);
        Ok(exists.then_some(record))
    }

    /// [`can`](Self::can) for many records at once, in the order of `ids`.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] for `create`, which is asked about a type.
    pub fn can_many<I: AsRef<str>>(
        self,
        user: &str,
        action: Action,
        kind: RecordType,
        ids: &[I],
    ) -> Result<Vec<bool>, AskError> {
        if action == Action::Create {
            return Err(create_has_no_record());
        }
        let records = self.governance.records.of(kind);
        let user = self.governance.users.find(user);
        let sight = user.map(|user| self.sight(user, kind, action));
        let may = |id: &I| {
            let record = records.find(id.as_ref());
            let asked = sight.as_ref().zip(record);
            asked.is_some_and(|(sight, record)| sight.may(self, record))
        };
        Ok(ids.iter().map(may).collect())
    }

    /// The actions other than `create` that the user may do to the record, in the order of §1.5.
    pub fn actions(self, user: &str, kind: RecordType, id: &str) -> Vec<Action> {
        let (Some(user), Some(record)) = (
            self.governance.users.find(user),
            self.governance.records.of(kind).find(id),
        ) else {
            return Vec::new();
        };
        Action::ON_RECORDS
            .into_iter()
            .filter(|&action| self.may(user, kind, record, action))
            .collect()
    }

    /// The decision with every reason for it, or every gate that failed (§4).
    ///
    /// # Errors
    /// As [`can`](Self::can).
    ///
    /// # Complexity
    /// In the number of grants told. For a refusal, in [`Remedy::PAIRS_COUNTED`], or [`Remedy::PAIRS_COUNTED_OF_MANY`], for
    /// each remedy, and in the number of users for whom it may make a difference and of those whom they reach, whatever the
    /// number of records; only where such a user saw nearly everything before is it in that number as well.
    pub fn explain(
        self,
        user: &str,
        action: Action,
        kind: RecordType,
        id: Option<&str>,
    ) -> Result<Decision, AskError> {
        let asked = self.asked(action, kind, id)?;
        let decision = self.decide(user, action, kind, id, &asked);
        Ok(decision.given_to(self, user))
    }

    fn decide(
        self,
        user: &str,
        action: Action,
        kind: RecordType,
        id: Option<&str>,
        asked: &Asked,
    ) -> Decision {
        let Some(viewer) = self.governance.users.find(user) else {
            return Decision::refused(vec![Obstacle::new(
                ObstacleCode::UnknownUser,
                message::unknown_user(user),
            )]);
        };
        let mut obstacles = self.gate_obstacles(viewer);
        match *asked {
            Asked::Creation => {
                if self.creates(viewer, kind) {
                    return Decision::allowed(vec![Grant::new(
                        Rule::Create,
                        message::create(self, viewer, kind),
                    )]);
                }
                obstacles.extend(self.denial(viewer, kind, action));
                Decision::refused_with(obstacles, self.remedies(viewer, Refused::Creation(kind)))
            }
            Asked::Record(None) => {
                let text = message::unknown_record(kind, id.unwrap_or_default());
                obstacles.push(Obstacle::new(ObstacleCode::UnknownRecord, text));
                Decision::refused(obstacles)
            }
            Asked::Record(Some(record)) if self.may(viewer, kind, record, action) => {
                Decision::allowed(self.grants(viewer, kind, record, action))
            }
            Asked::Record(Some(record)) => {
                if action != Action::View && !self.is_within_view(viewer, kind, record) {
                    let text = message::view_denied(self, viewer, kind, action);
                    obstacles.push(Obstacle::new(ObstacleCode::ViewDenied, text));
                }
                obstacles.extend(self.scope_obstacle(viewer, kind, record, action));
                let refused = Refused::Record(kind, record, action);
                Decision::refused_with(obstacles, self.remedies(viewer, refused))
            }
        }
    }

    /// Everyone who may do `action` to the record, in the users' load order, with every reason.
    /// Nobody for a record that does not exist.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] for `create`, which is asked about a type; [`Code::AnswerTooLarge`] where there are more
    /// reasons, and roles in them, than [`NAMED_AT_MOST`](Self::NAMED_AT_MOST).
    ///
    /// # Complexity
    /// In the number of users who have a holder's role or one above it, and of those whose scope for the action is `all`.
    pub fn viewers(
        self,
        kind: RecordType,
        id: &str,
        action: Action,
    ) -> Result<Vec<Viewer>, AskError> {
        if action == Action::Create {
            return Err(create_has_no_record());
        }
        let Some(record) = self.governance.records.of(kind).find(id) else {
            return Ok(Vec::new());
        };
        let candidates = self.watchers(kind, record, action);
        let users = candidates
            .iter()
            .filter(|&user| self.may(user, kind, record, action));
        let mut viewers = Vec::new();
        let mut named = 0;
        for user in users {
            let grants = self.grants(user, kind, record, action);
            let roles = grants.iter().filter_map(|grant| grant.roles.as_ref());
            named += grants.len() + roles.map(Vec::len).sum::<usize>();
            if named > Self::NAMED_AT_MOST {
                let message = format!("there are more than {} reasons", Self::NAMED_AT_MOST);
                return Err(AskError::new(
                    Code::AnswerTooLarge,
                    Pointer::root(),
                    message,
                ));
            }
            viewers.push(Viewer {
                user: self.user_id(user),
                grants,
            });
        }
        Ok(viewers)
    }

    /// All who may do `action` to the record, and perhaps others: those who could reach a holder of it or of its account,
    /// and those whose scope is `all` with those who could reach them.
    fn watchers(self, kind: RecordType, record: RecordIx, action: Action) -> Chosen<UserIx> {
        let mut holders: Vec<_> = self.holders(kind, record).collect();
        let account = self.governance.records.of(kind).account(record);
        let account = account.filter(|_| kind == RecordType::Prospect);
        if let Some(account) = account {
            holders.extend(self.holders(RecordType::Account, account));
        }
        let seen_through = [(kind, Action::View), (kind, action)]
            .into_iter()
            .chain(account.map(|_| (RecordType::Account, Action::View)));
        for (kind, action) in seen_through {
            for (profile, row) in self.governance.profiles.iter() {
                if row.scope(kind, action) == Scope::All {
                    holders.extend(self.governance.users.with_profile(profile));
                }
            }
        }
        let mut watchers = Chosen::default();
        self.governance.add_watchers(&holders, &mut watchers);
        watchers
    }

    fn asked(self, action: Action, kind: RecordType, id: Option<&str>) -> Result<Asked, AskError> {
        match (action, id) {
            (Action::Create, None) => Ok(Asked::Creation),
            (Action::Create, Some(_)) => Err(create_has_no_record()),
            (_, Some(id)) => Ok(Asked::Record(self.governance.records.of(kind).find(id))),
            (_, None) => {
                let message = format!("`{action}` is asked about a record, so it needs an id");
                Err(AskError::new(
                    Code::InvalidArgument,
                    Pointer::root().member("id"),
                    message,
                ))
            }
        }
    }

    /// The scope that the user's profile answers, as it applies to this user (§1.3, §3.4, §3.8).
    pub(crate) fn scope(self, user: UserIx, kind: RecordType, action: Action) -> Scope {
        match self.stored_scope(user, kind, action) {
            Scope::Reports | Scope::Peers if self.role(user).is_none() => Scope::Owned,
            scope => scope,
        }
    }

    /// The scope that the user's profile answers, before it is asked whether the user has a role.
    pub(crate) fn stored_scope(self, user: UserIx, kind: RecordType, action: Action) -> Scope {
        let Some(person) = self.governance.users.get(user) else {
            return Scope::Denied;
        };
        let Some(profile) = self.governance.profiles.get(person.profile) else {
            return Scope::Denied;
        };
        if profile.profile.admin && person.guest.is_some() {
            Scope::Denied
        } else {
            profile.scope(kind, action)
        }
    }

    /// Whether the user's profile permits the toggle, as it applies to this user (§1.3, §3.8).
    pub(crate) fn toggle(self, user: UserIx, toggle: Toggle) -> bool {
        let Some(person) = self.governance.users.get(user) else {
            return false;
        };
        let Some(profile) = self.governance.profiles.get(person.profile) else {
            return false;
        };
        profile.permits(toggle) && !(profile.profile.admin && person.guest.is_some())
    }

    /// The user's role, if it exists.
    pub(crate) fn role(self, user: UserIx) -> Option<RoleIx> {
        let role = self.governance.users.get(user)?.role?;
        self.governance.roles.get(role).map(|_| role)
    }

    /// The positions of the roles strictly below the user's.
    pub(crate) fn below(self, user: UserIx) -> Range<Position> {
        self.role(user)
            .map_or(0..0, |role| self.governance.roles.forest.below(role))
    }

    /// `holders(r)`: the record owner, and the assigned users where they count.
    pub(crate) fn holders(
        self,
        kind: RecordType,
        record: RecordIx,
    ) -> impl Iterator<Item = UserIx> + use<'g> {
        let counted = self.governance.settings.counts_assigned(kind);
        self.governance.records.of(kind).holders(record, counted)
    }

    /// The assigned users, whether they count as holders or not; none on a type that has none (§1.5).
    pub(crate) fn assigned(
        self,
        kind: RecordType,
        record: RecordIx,
    ) -> impl Iterator<Item = Assigned> + Clone + use<'g> {
        let assigned = self.governance.records.of(kind).assigned.of(record);
        assigned.filter(move |_| kind.has_assigned_users())
    }

    /// The assigned users, where they count as holders (§3.6).
    fn counted_assigned(
        self,
        kind: RecordType,
        record: RecordIx,
    ) -> impl Iterator<Item = UserIx> + use<'g> {
        let counted = self.governance.settings.counts_assigned(kind);
        self.governance.records.of(kind).counted(record, counted)
    }

    /// `reach(u, scope)`, for the scopes other than `all`.
    pub(crate) fn reach(self, user: UserIx, scope: Scope) -> Reach {
        let positions = match scope {
            Scope::Denied | Scope::Owned | Scope::All => 0..0,
            Scope::Reports => self.below(user),
            Scope::Peers => self
                .role(user)
                .map_or(0..0, |role| self.governance.roles.forest.subtree(role)),
        };
        Reach {
            own: (scope != Scope::Denied).then_some(user),
            positions,
        }
    }

    pub(crate) fn is_reached(self, reach: &Reach, holder: UserIx) -> bool {
        reach.own == Some(holder)
            || reach
                .positions
                .contains(&self.governance.users.position(holder))
    }

    /// Those whom [`is_reached`](Self::is_reached) accepts, each once.
    pub(crate) fn reached_users(self, reach: &Reach) -> impl Iterator<Item = UserIx> {
        let users = &self.governance.users;
        let own = reach
            .own
            .filter(|&own| !reach.positions.contains(&users.position(own)));
        let others = users.at_positions(&reach.positions);
        others.iter().copied().chain(own)
    }

    /// `direct(u, r, a)`
    fn direct(self, user: UserIx, kind: RecordType, record: RecordIx, action: Action) -> bool {
        let scope = self.scope(user, kind, action);
        let reach = self.reach(user, scope);
        scope == Scope::All
            || self
                .holders(kind, record)
                .any(|holder| self.is_reached(&reach, holder))
    }

    /// `lifted(u, r, a)`, which is the same for every record of the type.
    pub(crate) fn lifted(self, user: UserIx, kind: RecordType, action: Action) -> bool {
        self.lifters(user, kind, action).next().is_some()
    }

    /// The users below `user` who lift: within the gate, and with the scope `all` of their own.
    pub(crate) fn lifters(
        self,
        user: UserIx,
        kind: RecordType,
        action: Action,
    ) -> impl Iterator<Item = UserIx> + use<'g> {
        let counted = self.governance.settings.reports_reach == ReportsReach::Accessible
            && matches!(
                self.scope(user, kind, action),
                Scope::Reports | Scope::Peers
            );
        let below = if counted { self.below(user) } else { 0..0 };
        let profiles = (!below.is_empty()).then(|| self.governance.profiles.iter());
        profiles
            .into_iter()
            .flatten()
            .filter(move |(_, profile)| profile.scope(kind, action) == Scope::All)
            .flat_map(move |(profile, _)| self.governance.users.with_profile_at(profile, &below))
            .map(|&(_, user)| user)
            .filter(move |&report| {
                self.passes_gate(report) && self.scope(report, kind, action) == Scope::All
            })
    }

    /// `direct ∨ lifted`
    pub(crate) fn reaches(
        self,
        user: UserIx,
        kind: RecordType,
        record: RecordIx,
        action: Action,
    ) -> bool {
        self.direct(user, kind, record, action) || self.lifted(user, kind, action)
    }

    /// `account(u, r)`: the account through which the user sees the prospect.
    fn account(self, user: UserIx, kind: RecordType, record: RecordIx) -> Option<RecordIx> {
        if kind != RecordType::Prospect || !self.toggle(user, Toggle::ProspectsInAccount) {
            return None;
        }
        let account = self.governance.records.of(kind).account(record)?;
        let exists = self
            .governance
            .records
            .of(RecordType::Account)
            .exists(account);
        (exists && self.reaches(user, RecordType::Account, account, Action::View))
            .then_some(account)
    }

    /// What `sees` asks beyond the gate.
    fn is_within_view(self, user: UserIx, kind: RecordType, record: RecordIx) -> bool {
        self.reaches(user, kind, record, Action::View) || self.account(user, kind, record).is_some()
    }

    /// `sees(u, r)`
    fn sees(self, user: UserIx, kind: RecordType, record: RecordIx) -> bool {
        self.passes_gate(user) && self.is_within_view(user, kind, record)
    }

    /// `may(u, r, a)`, and `sees(u, r)` where the action is view.
    pub(crate) fn may(
        self,
        user: UserIx,
        kind: RecordType,
        record: RecordIx,
        action: Action,
    ) -> bool {
        self.sees(user, kind, record)
            && (action == Action::View || self.reaches(user, kind, record, action))
    }

    /// `create(u, type)`
    pub(crate) fn creates(self, user: UserIx, kind: RecordType) -> bool {
        self.passes_gate(user) && self.scope(user, kind, Action::Create) == Scope::All
    }

    /// Every grant of `action` on the record, gate aside.
    fn grants(
        self,
        viewer: UserIx,
        kind: RecordType,
        record: RecordIx,
        action: Action,
    ) -> Vec<Grant> {
        let scope = self.scope(viewer, kind, action);
        let mut grants = Vec::new();
        if scope >= Scope::Owned {
            if self.governance.records.of(kind).owner(record) == Some(viewer) {
                grants.push(Grant::new(Rule::Owner, message::owner(self, viewer, kind)));
            }
            if self
                .counted_assigned(kind, record)
                .any(|user| user == viewer)
            {
                grants.push(Grant::new(
                    Rule::Assigned,
                    message::assigned(self, viewer, kind),
                ));
            }
        }
        if matches!(scope, Scope::Reports | Scope::Peers) {
            let below = self.below(viewer);
            for holder in self
                .holders(kind, record)
                .filter(|&holder| below.contains(&self.governance.users.position(holder)))
            {
                grants.push(self.through(
                    Rule::Report,
                    viewer,
                    holder,
                    message::report(self, viewer, holder, kind),
                ));
            }
        }
        if scope == Scope::Peers {
            for holder in self
                .holders(kind, record)
                .filter(|&holder| self.are_peers(viewer, holder))
            {
                let text = message::peer(self, viewer, holder, kind);
                grants.push(Grant {
                    user: Some(self.user_id(holder)),
                    ..Grant::new(Rule::Peer, text)
                });
            }
        }
        if scope == Scope::All {
            grants.push(Grant::new(
                Rule::All,
                message::all(self, viewer, kind, action),
            ));
        }
        let lifters = self.lifters(viewer, kind, action);
        let lifters: FixedBitSet = lifters.map(UserIx::at).collect();
        for report in members(&lifters) {
            grants.push(self.through(
                Rule::Lifted,
                viewer,
                report,
                message::lifted(self, viewer, report, kind, action),
            ));
        }
        if action == Action::View
            && let Some(account) = self.account(viewer, kind, record)
        {
            let id = self
                .governance
                .records
                .of(RecordType::Account)
                .id(account)
                .to_owned();
            grants.push(Grant {
                account: Some(id),
                ..Grant::new(Rule::Account, message::account(self, viewer, account))
            });
        }
        grants
    }

    /// A grant through a user below the viewer, with the roles in between.
    fn through(self, rule: Rule, viewer: UserIx, report: UserIx, text: String) -> Grant {
        let path = self
            .role(viewer)
            .zip(self.role(report))
            .and_then(|(top, bottom)| self.governance.roles.forest.path(top, bottom));
        let roles = path.map(|path| {
            path.into_iter()
                .map(|role| self.governance.roles.id(role).to_owned())
                .collect()
        });
        Grant {
            user: Some(self.user_id(report)),
            roles,
            ..Grant::new(rule, text)
        }
    }

    /// `peers(u)`: other users with the same role.
    pub(crate) fn are_peers(self, viewer: UserIx, other: UserIx) -> bool {
        viewer != other && self.role(viewer).is_some() && self.role(viewer) == self.role(other)
    }

    pub(crate) fn user_id(self, user: UserIx) -> String {
        self.governance.users.id(user).to_owned()
    }

    /// The parts of the gate that fail for a user who exists (§2).
    pub(crate) fn gate_obstacles(self, user: UserIx) -> Vec<Obstacle> {
        let mut obstacles = Vec::new();
        let Some(person) = self.governance.users.get(user) else {
            return obstacles;
        };
        if person.status == Status::Locked {
            obstacles.push(Obstacle::new(
                ObstacleCode::Locked,
                message::locked(self, user),
            ));
        }
        if let Some(term) = &person.guest {
            if !term.claimed {
                obstacles.push(Obstacle::new(
                    ObstacleCode::GuestUnclaimed,
                    message::guest_unclaimed(self, user),
                ));
            }
            if let Some(revoked_at) = term.revoked_at {
                obstacles.push(Obstacle::new(
                    ObstacleCode::GuestRevoked,
                    message::guest_revoked(self, user, revoked_at),
                ));
            }
            if self.is_over(term) {
                obstacles.push(Obstacle::new(
                    ObstacleCode::GuestExpired,
                    message::guest_expired(self, user, term.expires_at),
                ));
            }
        }
        obstacles
    }

    /// The obstacle that the user's scope for the action is, if it is the scope that fails.
    fn scope_obstacle(
        self,
        viewer: UserIx,
        kind: RecordType,
        record: RecordIx,
        action: Action,
    ) -> Option<Obstacle> {
        if self.reaches(viewer, kind, record, action)
            || (action == Action::View && self.account(viewer, kind, record).is_some())
        {
            return None;
        }
        match self.scope(viewer, kind, action) {
            Scope::Denied => self.denial(viewer, kind, action),
            Scope::Owned => Some(Obstacle::new(
                ObstacleCode::NotAHolder,
                message::not_a_holder(self, viewer, kind, action),
            )),
            scope => {
                let holders: Vec<_> = self.holders(kind, record).collect();
                let text = message::outside_reports(self, viewer, &holders, kind, record, scope);
                let relations = holders.iter().map(|&holder| HolderRelation {
                    user: self.user_id(holder),
                    relation: self.relation(viewer, holder),
                });
                Some(Obstacle {
                    holders: Some(relations.collect()),
                    ..Obstacle::new(ObstacleCode::OutsideReports, text)
                })
            }
        }
    }

    /// The obstacle that a scope `denied` is.
    fn denial(self, viewer: UserIx, kind: RecordType, action: Action) -> Option<Obstacle> {
        if self.scope(viewer, kind, action) != Scope::Denied {
            return None;
        }
        let person = self.governance.users.get(viewer)?;
        let profile = self.governance.profiles.get(person.profile)?;
        Some(if profile.profile.admin {
            Obstacle::new(ObstacleCode::GuestAdmin, message::guest_admin(self, viewer))
        } else {
            Obstacle::new(
                ObstacleCode::PermissionDenied,
                message::permission_denied(self, viewer, kind, action),
            )
        })
    }

    fn relation(self, viewer: UserIx, holder: UserIx) -> Relation {
        if !self.governance.users.exists(holder) {
            return Relation::Unknown;
        }
        let Some(theirs) = self.role(holder) else {
            return Relation::NoRole;
        };
        let Some(own) = self.role(viewer) else {
            return Relation::OtherBranch;
        };
        let forest = &self.governance.roles.forest;
        if own == theirs {
            Relation::SameRole
        } else if forest.below(theirs).contains(&forest.position(own)) {
            Relation::Above
        } else {
            Relation::OtherBranch
        }
    }
}

fn create_has_no_record() -> AskError {
    AskError::new(
        Code::InvalidArgument,
        Pointer::root().member("id"),
        "`create` is asked about a type, never about a saved record",
    )
}
