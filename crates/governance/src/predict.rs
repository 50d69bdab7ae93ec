//! What changes would open and close, for whom, without making them.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::at::At;
use crate::change::{Change, Removal, Thing};
use crate::error::{AskError, ChangeError, Code, Pointer, UnknownWord, coded};
use crate::governance::Governance;
use crate::profile::{Action, Scope, Toggle};
use crate::record::RecordType;
use crate::table::{DealIx, Ix, RecordIx, UserIx};
use crate::view::read_question;
use crate::visible::{RecordSet, members};

/// What a prediction counts: the records of a type, or the partner deals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// Records of a type.
    Record(RecordType),
    /// Partner deals.
    Deal,
}

impl Counted {
    /// The word in JSON: the record type, or `deal`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record(kind) => kind.as_str(),
            Self::Deal => "deal",
        }
    }

    fn all() -> impl Iterator<Item = Self> {
        RecordType::ALL
            .iter()
            .map(|&kind| Self::Record(kind))
            .chain([Self::Deal])
    }
}

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = String::deserialize(from)?;
        Self::all()
            .find(|counted| counted.as_str() == word)
            .ok_or_else(|| {
                let known = Self::all().map(Self::as_str);
                let unknown = UnknownWord::new(Code::UnknownType, "record type", &word, known);
                coded(unknown.code(), unknown)
            })
    }
}

/// What of a prediction is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PredictOptions {
    /// Only for these users; absent: all.
    #[serde(default)]
    pub users: Option<Vec<String>>,
    /// Only these types; absent: all, and deals where the action is view.
    #[serde(default)]
    pub types: Option<Vec<Counted>>,
    /// The action; absent: view. Deals are counted by whether they are seen.
    #[serde(default)]
    pub action: Option<Action>,
    /// At most so many ids of each row; absent: 20.
    #[serde(default)]
    pub sample: Option<usize>,
}

impl PredictOptions {
    /// Reads the contract's JSON for the options.
    ///
    /// # Errors
    /// An [`AskError`] with the code and the place of the fault.
    pub fn from_json(json: &str) -> Result<Self, AskError> {
        read_question(json)
    }
}

/// What would change for whom.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Prediction {
    /// The users with a difference, in load order, each with a row per type.
    pub rows: Vec<PredictionRow>,
    /// The pairs of user and thing that the changes open.
    pub gained: usize,
    /// The pairs of user and thing that the changes close.
    pub lost: usize,
}

/// What would change for one user, of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PredictionRow {
    /// The user's id.
    pub user: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: Counted,
    /// How many the user gains.
    pub gained: usize,
    /// How many the user loses.
    pub lost: usize,
    /// The first of those gained, in load order.
    pub gained_ids: Vec<String>,
    /// The first of those lost, in load order.
    pub lost_ids: Vec<String>,
}

impl At<'_> {
    /// What the changes would open and close, for whom; nothing is changed.
    ///
    /// # Errors
    /// A [`ChangeError`] where `apply` would refuse the changes; [`Code::InvalidArgument`] for the action `create`.
    ///
    /// # Complexity
    /// For changes to records and deals, in the number of users times the number of those. For changes to
    /// people, roles and profiles, also in the records that users see whose reach differs.
    pub fn predict(
        self,
        changes: &[Change],
        options: &PredictOptions,
    ) -> Result<Prediction, ChangeError> {
        let after = self.governance.changed_by(changes)?;
        self.compare(&after, changes, options)
    }

    /// The same, where the changes have been made to a copy already.
    pub(crate) fn compare(
        self,
        after: &Governance,
        changes: &[Change],
        options: &PredictOptions,
    ) -> Result<Prediction, ChangeError> {
        let action = options.action.unwrap_or(Action::View);
        if action == Action::Create {
            let place = Pointer::root().member("action");
            return Err(ChangeError::new(
                Code::InvalidArgument,
                place,
                "`create` is asked about a type",
            ));
        }
        let comparison = Comparison {
            before: self,
            after: after.at(self.now()),
            touched: Touched::by(changes, self.governance, after),
            action,
        };
        let wanted: BTreeSet<_> = options.users.iter().flatten().map(String::as_str).collect();
        let types: Vec<_> = match &options.types {
            Some(types) => Counted::all()
                .filter(|counted| types.contains(counted))
                .collect(),
            None => Counted::all()
                .filter(|&counted| action == Action::View || counted != Counted::Deal)
                .collect(),
        };
        let sample = options.sample.unwrap_or(20);
        let mut prediction = Prediction::default();
        for user in after.users.table.ids.iter() {
            let exists = self.governance.users.exists(user) || after.users.exists(user);
            let id = after.users.id(user);
            if !exists || (options.users.is_some() && !wanted.contains(id)) {
                continue;
            }
            for &kind in &types {
                let difference = comparison.of(user, kind);
                if difference.gained.is_empty() && difference.lost.is_empty() {
                    continue;
                }
                prediction.gained += difference.gained.len();
                prediction.lost += difference.lost.len();
                prediction.rows.push(PredictionRow {
                    user: id.to_owned(),
                    kind,
                    gained: difference.gained.len(),
                    lost: difference.lost.len(),
                    gained_ids: named(after, kind, &difference.gained, sample),
                    lost_ids: named(after, kind, &difference.lost, sample),
                });
            }
        }
        Ok(prediction)
    }
}

/// The ids of the first few things. What exists only before has its number after as well.
fn named(governance: &Governance, kind: Counted, numbers: &[u32], sample: usize) -> Vec<String> {
    let id = |&number: &u32| match kind {
        Counted::Record(kind) => governance
            .records
            .of(kind)
            .id(RecordIx::new(number))
            .to_owned(),
        Counted::Deal => governance.deals.id(DealIx::new(number)).to_owned(),
    };
    numbers.iter().take(sample).map(id).collect()
}

/// The things that a user gains and loses, by number.
#[derive(Default)]
struct Difference {
    gained: Vec<u32>,
    lost: Vec<u32>,
}

impl Difference {
    fn between(before: &[u32], after: &[u32]) -> Self {
        let missing = |from: &[u32], of: &[u32]| {
            of.iter()
                .copied()
                .filter(|number| from.binary_search(number).is_err())
                .collect()
        };
        Self {
            gained: missing(before, after),
            lost: missing(after, before),
        }
    }
}

struct Comparison<'a> {
    before: At<'a>,
    after: At<'a>,
    touched: Touched,
    action: Action,
}

impl Comparison<'_> {
    fn of(&self, user: UserIx, counted: Counted) -> Difference {
        match counted {
            Counted::Record(kind) => self.of_records(user, kind),
            Counted::Deal => self.of_deals(user),
        }
    }

    fn of_records(&self, user: UserIx, kind: RecordType) -> Difference {
        if self.touched.graph && !self.has_same_reach(user, kind) {
            let before = self.before.permitted(user, kind, self.action);
            let after = self.after.permitted(user, kind, self.action);
            let numbers = |set: &RecordSet, other: &RecordSet| {
                let missing = members(set).filter(|record| !other.contains(record.at()));
                missing.map(Ix::number).collect()
            };
            return Difference {
                gained: numbers(&after, &before),
                lost: numbers(&before, &after),
            };
        }
        let mut difference = Difference::default();
        for &record in self.touched.records_of(kind) {
            let may = |at: At<'_>| {
                at.governance.records.of(kind).exists(record)
                    && at.may(user, kind, record, self.action)
            };
            match (may(self.before), may(self.after)) {
                (false, true) => difference.gained.push(record.number()),
                (true, false) => difference.lost.push(record.number()),
                _ => {}
            }
        }
        difference
    }

    /// Whether everything but the records themselves is the same for the user before and after.
    fn has_same_reach(&self, user: UserIx, kind: RecordType) -> bool {
        let sides = [self.before, self.after];
        let same = |of: &dyn Fn(At<'_>) -> bool| {
            let [before, after] = sides.map(of);
            before == after
        };
        let reaches_same = |kind: RecordType, action: Action| {
            let [before, after] = sides.map(|at| (at.scope(user, kind, action), at));
            let others = |(scope, at): (Scope, At<'_>)| at.reach(user, scope).positions;
            before.0 == after.0
                && same(&|at| at.lifted(user, kind, action))
                && self.before.governance.users.at_positions(&others(before))
                    == self.after.governance.users.at_positions(&others(after))
        };
        let by_account = |at: At<'_>| at.toggle(user, Toggle::ProspectsInAccount);
        same(&|at| at.passes_gate(user))
            && self.before.governance.settings.multi_user_assignment
                == self.after.governance.settings.multi_user_assignment
            && reaches_same(kind, Action::View)
            && (self.action == Action::View || reaches_same(kind, self.action))
            && (kind != RecordType::Prospect
                || (same(&by_account)
                    && (!by_account(self.before)
                        || reaches_same(RecordType::Account, Action::View))))
    }

    fn of_deals(&self, user: UserIx) -> Difference {
        if !self.touched.graph && !self.touched.deals {
            return Difference::default();
        }
        let numbers = |at: At<'_>| -> Vec<u32> {
            at.visible_deals(user).into_iter().map(Ix::number).collect()
        };
        Difference::between(&numbers(self.before), &numbers(self.after))
    }
}

/// What changes name: only there can an answer differ while nobody's reach does.
#[derive(Default)]
struct Touched {
    graph: bool,
    deals: bool,
    records: Vec<(RecordType, Vec<RecordIx>)>,
}

impl Touched {
    fn by(changes: &[Change], before: &Governance, after: &Governance) -> Self {
        let mut touched = Self::default();
        let mut records: BTreeSet<(RecordType, RecordIx)> = BTreeSet::new();
        for change in changes {
            let record = match change {
                Change::Assign { kind, id, .. }
                | Change::Unassign { kind, id, .. }
                | Change::SetOwner { kind, id, .. } => Some((*kind, id)),
                Change::Put(Thing::Record(record)) => Some((record.kind, &record.id)),
                Change::Remove(Removal::Record { id, kind }) => Some((*kind, id)),
                Change::SetDealOwner { .. }
                | Change::Put(Thing::Deal(_))
                | Change::Remove(Removal::Deal { .. }) => {
                    touched.deals = true;
                    None
                }
                Change::Put(Thing::JobRole(_)) => None,
                _ => {
                    touched.graph = true;
                    None
                }
            };
            let Some((kind, record)) =
                record.and_then(|(kind, id)| Some((kind, after.records.of(kind).ids.get(id)?)))
            else {
                continue;
            };
            records.insert((kind, record));
            if kind == RecordType::Account {
                for side in [before, after] {
                    let prospects = side.records.of(RecordType::Prospect).of_account.get(record);
                    records.extend(
                        prospects
                            .iter()
                            .map(|&prospect| (RecordType::Prospect, prospect)),
                    );
                }
            }
        }
        touched.records = RecordType::ALL
            .iter()
            .map(|&kind| {
                (
                    kind,
                    records
                        .iter()
                        .filter(|(of, _)| *of == kind)
                        .map(|&(_, record)| record)
                        .collect(),
                )
            })
            .collect();
        touched
    }

    fn records_of(&self, kind: RecordType) -> &[RecordIx] {
        let of = self.records.iter().find(|(of, _)| *of == kind);
        of.map(|(_, records)| records.as_slice())
            .unwrap_or_default()
    }
}
