//! What changes would open and close, for whom, without making them.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};

use crate::at::At;
use crate::change::{Change, Removal, Thing};
use crate::error::{AskError, ChangeError, Code, Pointer, UnknownWord};
use crate::governance::Governance;
use crate::profile::{Action, Scope, Toggle};
use crate::reader::{FromJson, Members, Refused, Source, deserialize_as_read};
use crate::record::RecordType;
use crate::table::{DealIx, Ix, RecordIx, UserIx};
use crate::view::read_question;

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

    pub(crate) fn all() -> impl Iterator<Item = Self> {
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

impl<'de> FromJson<'de> for Counted {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        let word = from.text("a record type or `deal`")?;
        Self::all()
            .find(|counted| counted.as_str() == word)
            .ok_or_else(|| {
                let known = Self::all().map(Self::as_str);
                UnknownWord::new(Code::UnknownType, "record type", &word, known).into_de()
            })
    }
}

deserialize_as_read!(Counted, PredictOptions);

impl<'de> FromJson<'de> for PredictOptions {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::closed(0, &["users", "types", "action", "sample"]);
        let mut options = Self::default();
        from.object(&MEMBERS, &mut |member, value| {
            match member {
                "users" => options.users = Some(value.read()?),
                "types" => options.types = Some(value.read()?),
                "action" => options.action = Some(value.read()?),
                _ => options.sample = Some(value.read()?),
            }
            Ok(())
        })?;
        Ok(options)
    }
}

/// What of a prediction is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PredictOptions {
    /// Only for these users; absent: all.
    pub users: Option<Vec<String>>,
    /// Only these types; absent: all, and deals where the action is view.
    pub types: Option<Vec<Counted>>,
    /// The action; absent: view. Deals are counted by whether they are seen.
    pub action: Option<Action>,
    /// At most so many ids of each row; absent: 20.
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
        let action = options.action.unwrap_or(Action::View);
        if action == Action::Create {
            let place = Pointer::root().member("action");
            let message = "`create` is asked about a type";
            return Err(ChangeError::new(Code::InvalidArgument, place, message));
        }
        let after = self.governance.changed_by(changes)?;
        let comparison = Comparison::new(self, &after, changes, action);
        let wanted: Option<Numbers> = options.users.as_ref().map(|users| {
            let known = users.iter().filter_map(|id| after.users.table.ids.get(id));
            known.map(UserIx::at).collect()
        });
        let with_deals = |counted: &Counted| action == Action::View || *counted != Counted::Deal;
        let types: Vec<_> = match &options.types {
            Some(types) => Counted::all()
                .filter(|counted| types.contains(counted))
                .collect(),
            None => Counted::all().filter(with_deals).collect(),
        };
        let sample = options.sample.unwrap_or(20);
        let mut prediction = Prediction::default();
        for user in comparison.users() {
            if wanted
                .as_ref()
                .is_some_and(|wanted| !wanted.contains(user.at()))
            {
                continue;
            }
            let id = after.users.id(user);
            for &kind in &types {
                let Some(Difference { gained, lost }) = comparison.of(user, kind) else {
                    continue;
                };
                let row = PredictionRow {
                    user: id.to_owned(),
                    kind,
                    gained: gained.count_ones(..),
                    lost: lost.count_ones(..),
                    gained_ids: named(&after, kind, &gained, sample),
                    lost_ids: named(&after, kind, &lost, sample),
                };
                prediction.gained += row.gained;
                prediction.lost += row.lost;
                prediction.rows.push(row);
            }
        }
        Ok(prediction)
    }
}

/// The ids of the first few things. What exists only before has its number after as well.
fn named(governance: &Governance, kind: Counted, things: &Numbers, sample: usize) -> Vec<String> {
    let numbers = things
        .ones()
        .filter_map(|number| u32::try_from(number).ok());
    let id = |number| match kind {
        Counted::Record(kind) => governance
            .records
            .of(kind)
            .id(RecordIx::new(number))
            .to_owned(),
        Counted::Deal => governance.deals.id(DealIx::new(number)).to_owned(),
    };
    numbers.take(sample).map(id).collect()
}

/// Records of one type, or deals, by number.
pub(crate) type Numbers = fixedbitset::FixedBitSet;

/// The things of one type that a user gains and loses: not both nothing.
pub(crate) struct Difference {
    pub(crate) gained: Numbers,
    pub(crate) lost: Numbers,
}

impl Difference {
    fn between(before: Numbers, after: Numbers) -> Option<Self> {
        let mut gained = after.clone();
        gained.difference_with(&before);
        let mut lost = before;
        lost.difference_with(&after);
        (!gained.is_clear() || !lost.is_clear()).then_some(Self { gained, lost })
    }
}

/// An organisation before and after changes.
pub(crate) struct Comparison<'a> {
    before: At<'a>,
    after: At<'a>,
    touched: Touched,
    action: Action,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(
        before: At<'a>,
        after: &'a Governance,
        changes: &[Change],
        action: Action,
    ) -> Self {
        let touched = Touched::by(changes, before.governance, after);
        Self {
            before,
            after: after.at(before.now()),
            touched,
            action,
        }
    }

    /// Everyone who exists before or after, in load order.
    pub(crate) fn users(&self) -> impl Iterator<Item = UserIx> + '_ {
        let [before, after] = [self.before, self.after].map(|at| &at.governance.users);
        after
            .table
            .ids
            .iter()
            .filter(|&user| before.exists(user) || after.exists(user))
    }

    /// What differs for a user.
    pub(crate) fn of(&self, user: UserIx, counted: Counted) -> Option<Difference> {
        match counted {
            Counted::Record(kind) => self.of_records(user, kind),
            Counted::Deal => self.of_deals(user),
        }
    }

    fn of_records(&self, user: UserIx, kind: RecordType) -> Option<Difference> {
        if self.touched.reach.contains(&kind) && !self.has_same_reach(user, kind) {
            let [before, after] =
                [self.before, self.after].map(|at| at.permitted(user, kind, self.action));
            return Difference::between(before, after);
        }
        let touched = self.touched.records_of(kind);
        let [before, after] = [self.before, self.after].map(|at| {
            let records = at.governance.records.of(kind);
            let may = |record: &RecordIx| {
                records.exists(*record) && at.may(user, kind, *record, self.action)
            };
            touched
                .iter()
                .copied()
                .filter(may)
                .map(RecordIx::at)
                .collect()
        });
        Difference::between(before, after)
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

    fn of_deals(&self, user: UserIx) -> Option<Difference> {
        if !self.touched.deals {
            return None;
        }
        let [before, after] = [self.before, self.after].map(|at| at.visible_deals(user));
        Difference::between(before, after)
    }
}

/// What changes name: only there can an answer differ while nobody's reach does.
#[derive(Default)]
struct Touched {
    /// The types of which somebody's reach may differ.
    reach: Vec<RecordType>,
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
                // Job roles and views are no input to any rule.
                Change::Put(Thing::JobRole(_) | Thing::View(_))
                | Change::Remove(Removal::View { .. }) => None,
                Change::SetPermission { kind, .. } => {
                    touched.reach.push(*kind);
                    if *kind == RecordType::Account {
                        // An account that is seen may show its prospects (§3).
                        touched.reach.push(RecordType::Prospect);
                    }
                    None
                }
                Change::SetToggle { toggle, .. } => {
                    match toggle {
                        Toggle::ProspectsInAccount => touched.reach.push(RecordType::Prospect),
                        Toggle::AllDeals => touched.deals = true,
                        _ => {}
                    }
                    None
                }
                _ => {
                    touched.reach.extend(RecordType::ALL);
                    touched.deals = true;
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
