//! Remedies: the single changes that would turn a refusal into a grant (§4).
//!
//! A candidate is offered only after it was made on a copy and the same question was asked there.

use serde::Serialize;

use crate::at::At;
use crate::change::Change;
use crate::governance::{DealRow, Governance, Term};
use crate::message;
use crate::opened::Opened;
use crate::org::{Status, Tier};
use crate::predict::{Comparison, Counted};
use crate::profile::{Action, Scope, Toggle, applicable};
use crate::record::RecordType;
use crate::table::{Ix, ProfileIx, RecordIx, RoleIx, UserIx};

/// How many roles are tried for one refusal, the nearest first.
const ROLES_TRIED: usize = 8;

/// Changes that would grant what was refused, and what else they would open.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Remedy {
    /// What `apply` and `predict` accept.
    pub changes: Vec<Change>,
    /// The remedy as one English sentence, with what else it opens.
    pub text: String,
}

impl Remedy {
    /// So many pairs of a user and a record or deal are counted: of a remedy that opens more than that, beside what was
    /// asked for, it is only told that they are more (§4).
    pub const PAIRS_COUNTED: usize = 2_500;

    /// So many where there are [`MANY`](Self::MANY) records and deals or more: each takes longer to look at, since it is far
    /// from the others in memory, and it is less that hangs on how many they are.
    pub const PAIRS_COUNTED_OF_MANY: usize = 1_000;

    /// As many records of all types, and deals, are many.
    pub const MANY: usize = 50_000;
}

impl Governance {
    /// The organisation as it would be with a remedy: for looking at what that would change before it is made by
    /// [`apply`](Self::apply), here or where the organisation is kept. `None` if the remedy can no longer be made, or
    /// puts or removes a thing, which no remedy of [`explain`](crate::At::explain) does.
    ///
    /// # Complexity
    /// As [`apply`](Self::apply).
    pub fn with_remedy(&self, remedy: &Remedy) -> Option<Self> {
        match remedy.changes.as_slice() {
            [change] => self.adjusted_by(change),
            _ => None,
        }
    }
}

/// What was refused.
#[derive(Clone, Copy)]
pub(crate) enum Refused<'a> {
    Creation(RecordType),
    Record(RecordType, RecordIx, Action),
    Deal(&'a str),
}

impl Refused<'_> {
    /// The action of which it is counted what else opens to it.
    fn action(self) -> Action {
        match self {
            Self::Record(_, _, action) => action,
            Self::Creation(_) | Self::Deal(_) => Action::View,
        }
    }

    /// What was asked about, by number.
    fn thing(self, at: At<'_>) -> Option<(Counted, u32)> {
        match self {
            Self::Creation(_) => None,
            Self::Record(kind, record, _) => Some((Counted::Record(kind), record.number())),
            Self::Deal(id) => Some((Counted::Deal, at.governance.deals.find(id)?.number())),
        }
    }
}

/// A change that grants what was refused, as it turned out on a copy.
struct Verified {
    change: Change,
    opened: Opened,
    /// How many others may create as well, where that was refused.
    creators: usize,
}

impl Verified {
    /// One that opens records, and more of them than are counted.
    fn beyond(bound: usize, change: Change) -> Self {
        Self {
            change,
            opened: Opened::beyond(bound),
            creators: 0,
        }
    }

    fn opens(&self) -> usize {
        self.opened.pairs + self.creators
    }
}

impl At<'_> {
    /// The remedies for a refusal, the one that opens least else first.
    pub(crate) fn remedies(self, viewer: UserIx, refused: Refused<'_>) -> Vec<Remedy> {
        let things = self.governance.records.len() + self.governance.deals.len();
        let bound = match things < Remedy::MANY {
            true => Remedy::PAIRS_COUNTED,
            false => Remedy::PAIRS_COUNTED_OF_MANY,
        };
        self.remedies_counting(bound, viewer, refused)
    }

    /// The remedies, with what else they open counted up to a bound. Those beyond it come last, in the order in which they
    /// are tried.
    fn remedies_counting(self, bound: usize, viewer: UserIx, refused: Refused<'_>) -> Vec<Remedy> {
        let mut offered = Offered::default();
        if self.governance.viewer().is_some() {
            // What else a change opens is more than a slice knows, and more than its viewer may.
            return Vec::new();
        }
        for steps in self.candidates(viewer, refused) {
            // The steps of one setting go from narrow to wide, and the narrowest that works is enough.
            let mut steps = steps.into_iter();
            offered.add(steps.find_map(|step| self.verified(viewer, refused, step, bound)));
        }
        offered.add(self.role_to_give(viewer, refused, bound));
        let told = |Verified {
                        change,
                        opened,
                        creators,
                    }| Remedy {
            text: message::unturned(message::remedy(self, viewer, &change, &opened, creators)),
            changes: vec![change],
        };
        offered.0.into_iter().map(told).collect()
    }

    /// Of the roles that would do, the one that opens least; of equal ones, and of those beyond the bound, the nearest.
    fn role_to_give(self, viewer: UserIx, refused: Refused<'_>, bound: usize) -> Option<Verified> {
        let Refused::Record(kind, record, action) = refused else {
            return None;
        };
        let mut best: Option<Verified> = None;
        let roles = self.roles_to_try(viewer, kind, record, action).into_iter();
        for role in roles.filter(|&role| self.might_with(role, viewer, kind, record, action)) {
            // One that comes later has to open less, and need not be counted further than that.
            let bound = match &best {
                None => bound,
                Some(best) => match best.opens().checked_sub(1) {
                    Some(less) => less,
                    None => break,
                },
            };
            let change = Change::SetRole {
                user: self.user_id(viewer),
                role: Some(self.governance.roles.id(role).to_owned()),
            };
            let found = if self.opens_with_role_at_least(role, viewer, kind) <= bound {
                self.verified(viewer, refused, change, bound)
            } else if best.is_none() && self.granted_by(&change, viewer, refused).is_some() {
                Some(Verified::beyond(bound, change))
            } else {
                None
            };
            best = found
                .filter(|found| best.is_none() || !found.opened.is_beyond())
                .or(best);
        }
        best
    }

    /// A copy with the change made, if it grants there what was refused.
    fn granted_by(
        self,
        change: &Change,
        viewer: UserIx,
        refused: Refused<'_>,
    ) -> Option<Governance> {
        let after = self.governance.adjusted_by(change)?;
        let there = after.at(self.now());
        let granted = match refused {
            Refused::Creation(kind) => there.creates(viewer, kind),
            Refused::Record(kind, record, action) => there.may(viewer, kind, record, action),
            Refused::Deal(id) => there.sees_deal(viewer, after.deals.find(id)?),
        };
        granted.then_some(after)
    }

    /// The candidate, if it grants what was refused, with how much else it opens.
    fn verified(
        self,
        viewer: UserIx,
        refused: Refused<'_>,
        change: Change,
        bound: usize,
    ) -> Option<Verified> {
        let after = self.granted_by(&change, viewer, refused)?;
        let there = after.at(self.now());
        if let Refused::Record(_, _, action) = refused
            && Opened::is_surely_beyond(bound, [self, there], &change, action)
        {
            return Some(Verified::beyond(bound, change));
        }
        // What is opened to view counts whatever was asked: "opens nothing else" has to be true.
        let changes = std::slice::from_ref(&change);
        let comparison = Comparison::new(self, &after, changes, refused.action());
        let asked = refused
            .thing(self)
            .map(|(counted, number)| (viewer, counted, number));
        let opened = Opened::by(&comparison, asked, bound);
        let creators = match refused {
            Refused::Creation(kind) => comparison
                .existing(&[&comparison.touched.people])
                .into_iter()
                .filter(|&user| {
                    user != viewer && there.creates(user, kind) && !self.creates(user, kind)
                })
                .count(),
            _ => 0,
        };
        Some(Verified {
            change,
            opened,
            creators,
        })
    }

    /// What may be worth trying: for each setting the steps from narrow to wide.
    fn candidates(self, viewer: UserIx, refused: Refused<'_>) -> Vec<Vec<Change>> {
        let mut candidates = Vec::new();
        let user = || self.user_id(viewer);
        let Some(person) = self.governance.users.get(viewer) else {
            return candidates;
        };
        if !self.passes_gate(viewer) {
            // Only what opens the gate can grant anything. A term that has ended is no single change from being right.
            if person.status == Status::Locked {
                candidates.push(vec![Change::SetStatus {
                    user: user(),
                    status: Status::Active,
                }]);
            }
            let is_revoked = |term: &Term| term.revoked_at.is_some();
            if person.guest.as_deref().is_some_and(is_revoked) {
                candidates.push(vec![Change::SetGuest {
                    user: user(),
                    expires_at: None,
                    claimed: None,
                    revoked_at: Some(None),
                }]);
            }
            return candidates;
        }
        match refused {
            Refused::Creation(kind) => {
                candidates.push(self.widenings(person.profile, kind, Action::Create))
            }
            Refused::Record(kind, record, action) => {
                let records = self.governance.records.of(kind);
                if kind.has_assigned_users() {
                    candidates.push(vec![Change::Assign {
                        kind,
                        id: records.id(record).to_owned(),
                        user: user(),
                        job_role: None,
                    }]);
                }
                candidates.push(self.widenings(person.profile, kind, action));
                if action != Action::View {
                    candidates.push(self.widenings(person.profile, kind, Action::View));
                }
                if kind == RecordType::Prospect && records.account(record).is_some() {
                    candidates.push(if self.toggle(viewer, Toggle::ProspectsInAccount) {
                        self.widenings(person.profile, RecordType::Account, Action::View)
                    } else {
                        vec![self.permitting(person.profile, Toggle::ProspectsInAccount)]
                    });
                }
            }
            Refused::Deal(id) => {
                let deal = self
                    .governance
                    .deals
                    .find(id)
                    .and_then(|deal| self.governance.deals.get(deal));
                candidates.extend(deal.map(|deal| self.promotions(viewer, deal)));
                candidates.push(vec![self.permitting(person.profile, Toggle::AllDeals)]);
            }
        }
        candidates
    }

    /// The wider scopes of one setting.
    fn widenings(self, profile: ProfileIx, kind: RecordType, action: Action) -> Vec<Change> {
        let Some(row) = self.governance.profiles.get(profile) else {
            return Vec::new();
        };
        let stored = row.scope(kind, action);
        let wider = applicable(kind, action)
            .iter()
            .copied()
            .filter(|&scope| scope > stored);
        let profile = self.governance.profiles.id(profile);
        wider
            .map(|scope| Change::SetPermission {
                profile: profile.to_owned(),
                kind,
                action,
                scope,
            })
            .collect()
    }

    fn permitting(self, profile: ProfileIx, toggle: Toggle) -> Change {
        Change::SetToggle {
            profile: self.governance.profiles.id(profile).to_owned(),
            toggle,
            permitted: true,
        }
    }

    /// The nearest roles from which the record would be reached, without repetitions.
    fn roles_to_try(
        self,
        viewer: UserIx,
        kind: RecordType,
        record: RecordIx,
        action: Action,
    ) -> Vec<RoleIx> {
        let forest = &self.governance.roles.forest;
        let mut roles: Vec<RoleIx> = Vec::new();
        let mut offer = |role: Option<RoleIx>| {
            if let Some(role) = role
                && roles.len() < ROLES_TRIED
                && Some(role) != self.role(viewer)
                && !roles.contains(&role)
            {
                roles.push(role);
            }
        };
        let accounts = self.governance.records.of(RecordType::Account);
        let account = self.governance.records.of(kind).account(record);
        let of_account =
            account.filter(|&account| kind == RecordType::Prospect && accounts.exists(account));
        let holders = self.holders(kind, record);
        let holders = holders.chain(
            of_account
                .into_iter()
                .flat_map(|account| self.holders(RecordType::Account, account)),
        );
        for holder in holders {
            let role = self.role(holder);
            offer(role);
            offer(role.and_then(|role| forest.parent(role)));
        }
        // Nobody whose role would do holds the record: someone who sees all of the type may lift, or of what is asked for
        // besides: an action needs the view, and a prospect may be seen through its account.
        let asked = [
            Some((kind, action)),
            (action != Action::View).then_some((kind, Action::View)),
            of_account.map(|_| (RecordType::Account, Action::View)),
        ];
        for (kind, action) in asked.into_iter().flatten() {
            let profiles = self.governance.profiles.iter();
            let seeing_all = profiles.filter(|(_, row)| row.scope(kind, action) == Scope::All);
            let users =
                seeing_all.flat_map(|(profile, _)| self.governance.users.with_profile(profile));
            let lifts = |&user: &UserIx| {
                self.passes_gate(user)
                    && self.scope(user, kind, action) == Scope::All
                    && self.role(user).is_some()
            };
            let mut lifters: Vec<UserIx> = users.filter(lifts).collect();
            lifters.sort_unstable();
            for lifter in lifters {
                offer(self.role(lifter).and_then(|role| forest.parent(role)));
            }
        }
        roles
    }

    /// Whether the viewer might do the action to the record with this role: where not, no copy need be made to be sure.
    fn might_with(
        self,
        role: RoleIx,
        viewer: UserIx,
        kind: RecordType,
        record: RecordIx,
        action: Action,
    ) -> bool {
        let forest = &self.governance.roles.forest;
        let reached = |kind, record, action| {
            let positions = match self.stored_scope(viewer, kind, action) {
                Scope::Reports => forest.below(role),
                Scope::Peers => forest.subtree(role),
                _ => return self.reaches(viewer, kind, record, action),
            };
            let is_within = |user| positions.contains(&self.governance.users.position(user));
            let mut profiles = self.governance.profiles.iter();
            self.holders(kind, record)
                .any(|holder| holder == viewer || is_within(holder))
                || profiles.any(|(profile, row)| {
                    let lifters = || self.governance.users.with_profile_at(profile, &positions);
                    row.scope(kind, action) == Scope::All && !lifters().is_empty()
                })
        };
        let by_account = || {
            let account = self.governance.records.of(kind).account(record);
            kind == RecordType::Prospect
                && self.toggle(viewer, Toggle::ProspectsInAccount)
                && account
                    .is_some_and(|account| reached(RecordType::Account, account, Action::View))
        };
        self.passes_gate(viewer)
            && (reached(kind, record, Action::View) || by_account())
            && (action == Action::View || reached(kind, record, action))
    }

    /// The tiers at the deal's company above the viewer's, and the viewer's own where that company is to become primary.
    fn promotions(self, viewer: UserIx, deal: &DealRow) -> Vec<Change> {
        let current = self.tier_at(viewer, deal.company);
        let person = self.governance.users.get(viewer);
        // One at a company that does not exist leaves no room for another one, either.
        let has_primary =
            person.is_some_and(|person| person.standings.iter().any(|standing| standing.primary));
        let wider = Tier::ALL.iter().copied().filter(|&tier| {
            current.is_none_or(|current| tier > current || (tier == current && !has_primary))
        });
        wider
            .map(|tier| Change::SetTier {
                user: self.user_id(viewer),
                company: self.governance.companies.id(deal.company).to_owned(),
                tier: Some(tier),
                primary: (!has_primary).then_some(true),
            })
            .collect()
    }
}

/// Remedies, the one that opens least first and equal ones as they came.
#[derive(Default)]
struct Offered(Vec<Verified>);

impl Offered {
    fn add(&mut self, remedy: Option<Verified>) {
        if let Some(remedy) = remedy {
            let place = self
                .0
                .partition_point(|other| other.opens() <= remedy.opens());
            self.0.insert(place, remedy);
        }
    }
}

#[cfg(test)]
mod tests;
