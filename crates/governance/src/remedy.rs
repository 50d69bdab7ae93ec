//! Remedies: the single changes that would turn a refusal into a grant (§4).
//!
//! A candidate is offered only after it was made on a copy and the same question was asked there.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;
use serde::Serialize;

use crate::at::At;
use crate::change::Change;
use crate::governance::DealRow;
use crate::message;
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

/// What was refused.
#[derive(Clone, Copy)]
pub(crate) enum Refused<'a> {
    Creation(RecordType),
    Record(RecordType, RecordIx, Action),
    Deal(&'a str),
}

impl At<'_> {
    /// The remedies for a refusal, the one that opens least else first.
    pub(crate) fn remedies(self, viewer: UserIx, refused: Refused<'_>) -> Vec<Remedy> {
        let mut offered = Offered::default();
        if self.governance.viewer().is_some() {
            // What else a change opens is more than a slice knows, and more than its viewer may.
            return Vec::new();
        }
        for steps in self.candidates(viewer, refused) {
            // The steps of one setting go from narrow to wide, and the narrowest that works is enough.
            let mut steps = steps.into_iter();
            offered.add(steps.find_map(|step| self.verified(viewer, refused, step)));
        }
        if let Refused::Record(kind, record, action) = refused {
            // Of the roles that would do, the one that opens least.
            let roles = self.roles_to_try(viewer, kind, record, action).into_iter();
            let roles = roles.filter_map(|role| {
                let role = Some(self.governance.roles.id(role).to_owned());
                self.verified(
                    viewer,
                    refused,
                    Change::SetRole {
                        user: self.user_id(viewer),
                        role,
                    },
                )
            });
            offered.add(roles.min_by_key(|(opened, _)| *opened));
        }
        offered.0.into_iter().map(|(_, remedy)| remedy).collect()
    }

    /// The remedy that a candidate is, if it grants what was refused, and how much else it opens.
    fn verified(
        self,
        viewer: UserIx,
        refused: Refused<'_>,
        candidate: Change,
    ) -> Option<(usize, Remedy)> {
        let after = self.governance.adjusted_by(&candidate)?;
        let changes = vec![candidate];
        let there = after.at(self.now());
        let (granted, action) = match refused {
            Refused::Creation(kind) => (there.creates(viewer, kind), Action::View),
            Refused::Record(kind, record, action) => {
                (there.may(viewer, kind, record, action), action)
            }
            Refused::Deal(id) => (there.sees_deal(viewer, after.deals.find(id)?), Action::View),
        };
        if !granted {
            return None;
        }
        let own = match refused {
            Refused::Creation(_) => None,
            Refused::Record(kind, record, _) => Some((Counted::Record(kind), record.at())),
            Refused::Deal(id) => Some((Counted::Deal, self.governance.deals.find(id)?.at())),
        };
        // What is opened to view counts whatever was asked: "opens nothing else" has to be true.
        let actions = [Action::View]
            .into_iter()
            .chain((action != Action::View).then_some(action));
        let comparisons: Vec<_> = actions
            .map(|action| Comparison::new(self, &after, &changes, action))
            .collect();
        let opened = Opened::beside(&comparisons, viewer, own);
        let creators = match refused {
            Refused::Creation(kind) => self
                .governance
                .users
                .iter()
                .filter(|&user| {
                    user != viewer && there.creates(user, kind) && !self.creates(user, kind)
                })
                .count(),
            _ => 0,
        };
        let text = message::remedy(self, viewer, changes.first()?, &opened, creators);
        Some((opened.pairs + creators, Remedy { changes, text }))
    }

    /// What may be worth trying: for each setting the steps from narrow to wide.
    fn candidates(self, viewer: UserIx, refused: Refused<'_>) -> Vec<Vec<Change>> {
        let mut candidates = Vec::new();
        let user = || self.user_id(viewer);
        let Some(person) = self.governance.users.get(viewer) else {
            return candidates;
        };
        if person.status == Status::Locked {
            candidates.push(vec![Change::SetStatus {
                user: user(),
                status: Status::Active,
            }]);
        }
        if person
            .guest
            .as_ref()
            .is_some_and(|term| term.revoked_at.is_some())
        {
            candidates.push(vec![Change::SetGuest {
                user: user(),
                expires_at: None,
                claimed: None,
                revoked_at: Some(None),
            }]);
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
        let mut tried = BTreeSet::new();
        let mut roles = Vec::new();
        let mut offer = |role: Option<RoleIx>| {
            if let Some(role) = role
                && roles.len() < ROLES_TRIED
                && Some(role) != self.role(viewer)
                && tried.insert(role)
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
        // Nobody whose role would do holds the record: someone who sees all of the type may lift.
        let lifts =
            |&user: &UserIx| self.passes_gate(user) && self.scope(user, kind, action) == Scope::All;
        if let Some(lifter) = self
            .governance
            .users
            .iter()
            .find(|user| lifts(user) && self.role(*user).is_some())
        {
            offer(self.role(lifter).and_then(|role| forest.parent(role)));
        }
        roles
    }

    /// The tiers at the deal's company above the viewer's.
    fn promotions(self, viewer: UserIx, deal: &DealRow) -> Vec<Change> {
        let current = self.tier_at(viewer, deal.company);
        let has_primary = self.primary(viewer).is_some();
        let higher = Tier::ALL
            .iter()
            .copied()
            .filter(|&tier| current.is_none_or(|current| tier > current));
        higher
            .map(|tier| Change::SetTier {
                user: self.user_id(viewer),
                company: self.governance.companies.id(deal.company).to_owned(),
                tier: Some(tier),
                primary: (!has_primary).then_some(true),
            })
            .collect()
    }
}

/// Remedies with what else they open, the least first and equal ones as they came.
#[derive(Default)]
struct Offered(Vec<(usize, Remedy)>);

impl Offered {
    fn add(&mut self, remedy: Option<(usize, Remedy)>) {
        if let Some((opened, remedy)) = remedy {
            let place = self.0.partition_point(|(other, _)| *other <= opened);
            self.0.insert(place, (opened, remedy));
        }
    }
}

/// What a remedy opens beside what was asked for.
pub(crate) struct Opened {
    pub(crate) pairs: usize,
    pub(crate) records: usize,
    pub(crate) people: usize,
}

impl Opened {
    /// What the comparisons, one per action, show as gained, each pair of user and thing once.
    fn beside(
        comparisons: &[Comparison<'_>],
        viewer: UserIx,
        own: Option<(Counted, usize)>,
    ) -> Self {
        let mut opened = Self {
            pairs: 0,
            records: 0,
            people: 0,
        };
        let mut people = BTreeSet::new();
        // The comparisons are of the same two organisations, so the same users are in all of them.
        let users = comparisons
            .first()
            .map(Comparison::users)
            .unwrap_or_default();
        for kind in Counted::all() {
            let mut of_kind = FixedBitSet::new();
            for &user in &users {
                let mut gained = FixedBitSet::new();
                for comparison in comparisons {
                    if let Some(difference) = comparison.of(user, kind) {
                        difference.gained.add_to(&mut gained);
                    }
                }
                let asked = own
                    .filter(|&(of, asked)| user == viewer && of == kind && gained.contains(asked));
                if let Some((_, asked)) = asked {
                    gained.remove(asked);
                }
                if !gained.is_clear() {
                    opened.pairs += gained.count_ones(..);
                    of_kind.union_with(&gained);
                    people.insert(user);
                }
            }
            opened.records += of_kind.count_ones(..);
        }
        opened.people = people.len();
        opened
    }
}
