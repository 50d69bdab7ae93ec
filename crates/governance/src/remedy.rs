//! Remedies: the single changes that would turn a refusal into a grant (§4).
//!
//! A candidate is offered only after it was made on a copy and the same question was asked there.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::at::At;
use crate::change::Change;
use crate::governance::{DealRow, Term};
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
    pub const PAIRS_COUNTED: usize = 10_000;
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
    fn opens(&self) -> usize {
        self.opened.pairs + self.creators
    }
}

impl At<'_> {
    /// The remedies for a refusal, the one that opens least else first.
    pub(crate) fn remedies(self, viewer: UserIx, refused: Refused<'_>) -> Vec<Remedy> {
        self.remedies_counting(Remedy::PAIRS_COUNTED, viewer, refused)
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
            text: message::remedy(self, viewer, &change, &opened, creators),
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
        for role in self.roles_to_try(viewer, kind, record, action) {
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
            let found = self.verified(viewer, refused, change, bound);
            best = found
                .filter(|found| best.is_none() || !found.opened.is_beyond())
                .or(best);
        }
        best
    }

    /// The candidate, if it grants what was refused, with how much else it opens.
    fn verified(
        self,
        viewer: UserIx,
        refused: Refused<'_>,
        change: Change,
        bound: usize,
    ) -> Option<Verified> {
        let after = self.governance.adjusted_by(&change)?;
        let there = after.at(self.now());
        let granted = match refused {
            Refused::Creation(kind) => there.creates(viewer, kind),
            Refused::Record(kind, record, action) => there.may(viewer, kind, record, action),
            Refused::Deal(id) => there.sees_deal(viewer, after.deals.find(id)?),
        };
        if !granted {
            return None;
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
            let is_revoked = |term: &Box<Term>| term.revoked_at.is_some();
            if person.guest.as_ref().is_some_and(is_revoked) {
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
        let mut tried = BTreeSet::new();
        let mut roles = Vec::new();
        if !self.depends_on_role(viewer, kind, record, action) {
            return roles;
        }
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

    /// Whether what is missing is missing for the viewer's place in the hierarchy, and not for the profile alone.
    fn depends_on_role(
        self,
        viewer: UserIx,
        kind: RecordType,
        record: RecordIx,
        action: Action,
    ) -> bool {
        let is_by_role = |kind, action| {
            let scope = self.stored_scope(viewer, kind, action);
            matches!(scope, Scope::Reports | Scope::Peers)
        };
        let is_by_role_of_account = || {
            kind == RecordType::Prospect
                && self.toggle(viewer, Toggle::ProspectsInAccount)
                && is_by_role(RecordType::Account, Action::View)
        };
        self.passes_gate(viewer)
            && (self.may(viewer, kind, record, Action::View)
                || is_by_role(kind, Action::View)
                || is_by_role_of_account())
            && (action == Action::View
                || self.reaches(viewer, kind, record, action)
                || is_by_role(kind, action))
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
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::{Governance, PredictOptions};

    /// Numbers that look random, the same for the same seed.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, count: u64) -> u64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % count
        }

        fn one_in(&mut self, count: u64) -> bool {
            self.below(count) == 0
        }

        fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
            let place = usize::try_from(self.below(words.len() as u64));
            words
                .get(place.unwrap_or_default())
                .copied()
                .unwrap_or_default()
        }

        fn id(&mut self, letter: char, count: u64) -> String {
            format!("{letter}{}", self.below(count))
        }

        fn id_or_none(&mut self, letter: char, count: u64) -> Option<String> {
            (!self.one_in(5)).then(|| self.id(letter, count))
        }
    }

    const TYPES: [&str; 4] = ["account", "prospect", "opportunity", "task"];

    /// A small organisation with something of everything that opens records and deals.
    fn organisation(seed: u64) -> Value {
        let mut draw = Numbers(seed);
        let roles: Vec<_> = (0..6)
            .map(|n: u64| json!({"id": format!("r{n}"), "name": "R", "parent": if n == 0 { None } else { draw.id_or_none('r', n) }}))
            .collect();
        let scopes = ["denied", "owned", "reports", "peers", "all"];
        let profiles: Vec<_> = (0..4)
            .map(|n| {
                let scope = |draw: &mut Numbers, kind: &str| match kind {
                    "task" => draw.one_of(&["denied", "owned", "all"]),
                    _ => draw.one_of(&scopes),
                };
                let permissions: serde_json::Map<_, _> = TYPES
                    .iter()
                    .map(|kind| {
                        let scopes = json!({"view": scope(&mut draw, kind), "delete": scope(&mut draw, kind)});
                        ((*kind).to_owned(), scopes)
                    })
                    .collect();
                json!({
                    "id": format!("p{n}"), "name": "P", "permissions": permissions,
                    "toggles": {"prospectsInAccount": draw.one_in(2), "allDeals": draw.one_in(4)}
                })
            })
            .collect();
        let users: Vec<_> = (0..9)
            .map(|n| {
                let mut user = json!({
                    "id": format!("u{n}"), "name": "U", "profile": draw.id('p', 4), "role": draw.id_or_none('r', 6),
                    "status": if draw.one_in(6) { "locked" } else { "active" }
                });
                if draw.one_in(5) {
                    user["guest"] = json!({
                        "claimed": !draw.one_in(5), "expiresAt": "2027-01-01T00:00:00Z",
                        "revokedAt": if draw.one_in(2) { None } else { Some("2026-01-01T00:00:00Z") }
                    });
                }
                if draw.one_in(2) {
                    let tier = draw.one_of(&["sales", "manager", "executive", "owner"]);
                    user["memberships"] = json!([{"company": draw.id('c', 2), "tier": tier, "primary": !draw.one_in(4)}]);
                }
                user
            })
            .collect();
        let records: Vec<_> = TYPES
            .iter()
            .flat_map(|kind| (0..5).map(move |n| (*kind, n)))
            .map(|(kind, n)| {
                let mut record = json!({"type": kind, "id": format!("{kind}{n}"), "owner": draw.id_or_none('u', 9)});
                if kind != "task" && draw.one_in(2) {
                    record["assigned"] = json!([draw.id('u', 9), draw.id('u', 9)]);
                }
                if kind == "prospect" && !draw.one_in(4) {
                    record["account"] = json!(format!("account{}", draw.below(5)));
                }
                record
            })
            .collect();
        let deals: Vec<_> = (0..6)
            .map(|n| json!({"id": format!("d{n}"), "company": draw.id('c', 2), "owner": draw.id('u', 9), "registeredBy": draw.id_or_none('u', 9)}))
            .collect();
        json!({
            "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
            "settings": {
                "reportsReach": if draw.one_in(3) { "held" } else { "accessible" },
                "multiUserAssignment": !draw.one_in(5)
            },
            "roles": roles, "profiles": profiles, "users": users, "records": records, "deals": deals,
            "companies": [{"id": "c0", "name": "C"}, {"id": "c1", "name": "C"}]
        })
    }

    type Gained = BTreeSet<(String, Counted, String)>;

    /// What a change opens to view or to the action, as `predict` tells it, beside what was asked about.
    fn predicted(at: At<'_>, viewer: UserIx, refused: Refused<'_>, change: &Change) -> Gained {
        let mut gained = Gained::new();
        for action in [Action::View, refused.action()] {
            let options = PredictOptions {
                action: Some(action),
                sample: Some(usize::MAX),
                ..PredictOptions::default()
            };
            let prediction = at.predict(std::slice::from_ref(change), &options).unwrap();
            for row in prediction.rows {
                let ids = row.gained_ids.into_iter();
                gained.extend(ids.map(|id| (row.user.clone(), row.kind, id)));
            }
        }
        let asked = match refused {
            Refused::Creation(_) => None,
            Refused::Record(kind, record, _) => Some((
                Counted::Record(kind),
                at.governance.records.of(kind).id(record),
            )),
            Refused::Deal(id) => Some((Counted::Deal, id)),
        };
        if let Some((counted, id)) = asked {
            gained.remove(&(at.user_id(viewer), counted, id.to_owned()));
        }
        gained
    }

    /// Everything that somebody is refused.
    fn refusals(at: At<'_>) -> Vec<(UserIx, Refused<'_>)> {
        let governance = at.governance;
        let mut refusals = Vec::new();
        for viewer in governance.users.iter() {
            for &kind in RecordType::ALL {
                for record in governance.records.of(kind).iter() {
                    let actions = [Action::View, Action::Delete].into_iter();
                    let refused = actions.filter(|&action| !at.may(viewer, kind, record, action));
                    refusals.extend(
                        refused.map(|action| (viewer, Refused::Record(kind, record, action))),
                    );
                }
            }
            let deals = governance.deals.iter();
            let unseen = deals.filter(|&(deal, _)| !at.sees_deal(viewer, deal));
            refusals
                .extend(unseen.map(|(deal, _)| (viewer, Refused::Deal(governance.deals.id(deal)))));
        }
        refusals
    }

    /// What is counted is what `predict` says, up to the bound, and beyond it that there is more.
    fn hold_count(at: At<'_>, viewer: UserIx, refused: Refused<'_>, change: &Change, bound: usize) {
        let Some(verified) = at.verified(viewer, refused, change.clone(), bound) else {
            return;
        };
        let gained = predicted(at, viewer, refused, change);
        let of = |deals: bool| {
            let things = gained
                .iter()
                .filter(|(_, counted, _)| (*counted == Counted::Deal) == deals);
            things
                .map(|(_, counted, id)| (counted, id))
                .collect::<BTreeSet<_>>()
                .len()
        };
        let opened = verified.opened;
        assert_eq!(
            opened.pairs,
            gained.len().min(bound + 1),
            "{change:?} opens {gained:?}"
        );
        if opened.is_beyond() {
            let there_are = [opened.records > 0, opened.deals > 0];
            assert_eq!(
                there_are,
                [of(false) > 0, of(true) > 0],
                "{change:?} opens {gained:?}"
            );
        } else {
            let people: BTreeSet<_> = gained.iter().map(|(user, ..)| user).collect();
            assert_eq!(
                (opened.records, opened.deals, opened.people),
                (of(false), of(true), people.len()),
                "{change:?} opens {gained:?}"
            );
        }
    }

    /// The remedies are those that work, the least first by what is counted, others as they are tried.
    fn hold_order(at: At<'_>, viewer: UserIx, refused: Refused<'_>, bound: usize) {
        let counted = |change: Change| {
            let verified = at.verified(viewer, refused, change, 1_000_000)?;
            Some((verified.opened.pairs.min(bound + 1), verified.change))
        };
        let steps = at.candidates(viewer, refused).into_iter();
        let mut expected: Vec<_> = steps
            .filter_map(|steps| steps.into_iter().find_map(counted))
            .collect();
        if let Refused::Record(kind, record, action) = refused {
            let roles = at.roles_to_try(viewer, kind, record, action).into_iter();
            let roles = roles.filter_map(|role| {
                counted(Change::SetRole {
                    user: at.user_id(viewer),
                    role: Some(at.governance.roles.id(role).to_owned()),
                })
            });
            expected.extend(roles.min_by_key(|(pairs, _)| *pairs));
        }
        expected.sort_by_key(|(pairs, _)| *pairs);
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(_, change)| vec![change])
            .collect();
        let told = at.remedies_counting(bound, viewer, refused);
        let told: Vec<_> = told.into_iter().map(|remedy| remedy.changes).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn a_count_up_to_the_bound_is_exact_and_beyond_it_comes_last() {
        let mut beyond = 0;
        for seed in 0..60 {
            let document = organisation(seed);
            let governance = Governance::load(document.to_string().as_bytes()).unwrap();
            let at = governance.at("2026-11-21T09:00:00Z".parse().unwrap());
            for (number, (viewer, refused)) in refusals(at).into_iter().enumerate() {
                let bound = [0, 1, 3, 8, 1_000][number % 5];
                let changes = at.candidates(viewer, refused).into_iter().flatten();
                let roles = governance
                    .roles
                    .table
                    .iter()
                    .map(|(role, _)| Change::SetRole {
                        user: at.user_id(viewer),
                        role: Some(governance.roles.id(role).to_owned()),
                    });
                // Not only the roles that are tried: they all are counted alike.
                for change in changes.chain(roles.skip(number % 3).step_by(3)) {
                    hold_count(at, viewer, refused, &change, bound);
                }
                hold_order(at, viewer, refused, bound);
                let told = at.remedies_counting(bound, viewer, refused);
                beyond += told
                    .iter()
                    .filter(|remedy| remedy.text.contains("more than"))
                    .count();
            }
        }
        assert!(
            beyond > 1_000,
            "only {beyond} remedies were beyond the bound"
        );
    }
}
