//! The whole accessibility set of an organisation, and every road to an answer held to it (§11).
//!
//! The set is the reference evaluator's: everyone, everything, every action. [`Roads`] are written as
//! JSON too, so that the same is done with the packed npm package in Node and in Chromium
//! (`web/governance/test/roads.mjs`).

use std::collections::{BTreeMap, BTreeSet};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde::Serialize;
use serde_json::json;
use sidelight_governance::org::Org;
use sidelight_governance::{
    Action, At, Change, Decision, Governance, Instant, PipelineQuery, PredictOptions, Query,
    RecordType, Sights,
};

use crate::agreement::ON_RECORDS;
use crate::generate::change::changed_organisation;
use crate::generate::{self, Sample};
use crate::reference::{Reference, change};

/// Who may do what to what, in the organisation's order.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Access {
    /// Per user, type and action the records; what is absent is nothing.
    pub records: BTreeMap<String, BTreeMap<RecordType, BTreeMap<Action, Vec<String>>>>,
    /// Per user the types of which the user may create records.
    pub creates: BTreeMap<String, BTreeSet<RecordType>>,
    /// Per user the deals.
    pub deals: BTreeMap<String, Vec<String>>,
}

/// An organisation, changes to it, and who may do what before and after.
#[derive(Debug, Clone, Serialize)]
pub struct Roads {
    /// The organisation.
    pub org: Org,
    /// The instant of every question.
    pub now: Instant,
    /// The whole of it.
    pub before: Access,
    /// Changes that `apply` accepts.
    pub changes: Vec<Change>,
    /// The whole of it after the changes.
    pub after: Access,
}

impl Access {
    fn of(reference: Reference<'_>) -> Self {
        let mut access = Self::default();
        for user in &reference.org.users {
            let id = &user.id;
            let records = access.records.entry(id.clone()).or_default();
            for record in &reference.org.records {
                for action in reference.actions(id, record.kind, &record.id) {
                    let of_kind = records.entry(record.kind).or_default();
                    of_kind.entry(action).or_default().push(record.id.clone());
                }
            }
            let creates = RecordType::ALL.iter().copied();
            let creates = creates.filter(|&kind| reference.can(id, Action::Create, kind, None));
            access.creates.insert(id.clone(), creates.collect());
            let rows = reference.pipeline(id, &json!({}));
            let deals = rows.into_iter().map(|row| row.deal.id.clone());
            access.deals.insert(id.clone(), deals.collect());
        }
        access
    }

    fn records(&self, user: &str, kind: RecordType, action: Action) -> &[String] {
        let of_kind = self
            .records
            .get(user)
            .and_then(|records| records.get(&kind));
        let of_action = of_kind.and_then(|actions| actions.get(&action));
        of_action.map(Vec::as_slice).unwrap_or_default()
    }

    fn may(&self, user: &str, kind: RecordType, id: &str, action: Action) -> bool {
        let records = self.records(user, kind, action);
        records.iter().any(|known| known == id)
    }

    fn deals(&self, user: &str) -> &[String] {
        self.deals.get(user).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The same so many organisations each time, with changes that are accepted.
///
/// # Panics
/// Where the generator cannot make one.
#[expect(
    clippy::expect_used,
    reason = "a generator that fails is a test that fails"
)]
pub fn some(count: usize) -> Vec<Roads> {
    let mut runner = TestRunner::deterministic();
    let strategy = changed_organisation();
    let samples = std::iter::repeat_with(|| {
        let tree = strategy.new_tree(&mut runner);
        tree.expect("an organisation").current()
    });
    samples
        .filter_map(|(Sample(org), changes)| Roads::of(org, changes))
        .take(count)
        .collect()
}

/// What is wrong, and where.
pub type Fault = String;

macro_rules! hold {
    ($road:expr, $expected:expr, $($question:tt)+) => {
        let (road, expected) = (&$road, &$expected);
        if road != expected {
            return Err(format!("{}: {road:?}, not {expected:?}", format_args!($($question)+)));
        }
    };
}

impl Roads {
    fn of(org: Org, changes: Vec<Change>) -> Option<Self> {
        let now = generate::now();
        let after = change::apply(&org, &changes).ok()?;
        let access = |org: &Org| Access::of(Reference { org, now });
        Some(Self {
            before: access(&org),
            after: access(&after),
            org,
            now,
            changes,
        })
    }

    /// Holds every road to the set, and tells how many answers there were.
    ///
    /// # Errors
    /// The first road that differs.
    pub fn hold(&self) -> Result<usize, Fault> {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        let mut governance = Governance::from_org(self.org.clone()).map_err(|e| told(&e))?;
        let mut answers = hold(&governance, self.now, &self.before)?;
        answers += self.hold_slices(&governance)?;
        answers += self.hold_prediction(&governance)?;
        governance.apply(&self.changes).map_err(|e| told(&e))?;
        answers += hold(&governance, self.now, &self.after)?;
        let anew = Governance::from_org(governance.to_org()).map_err(|e| told(&e))?;
        answers += hold(&anew, self.now, &self.after)?;
        Ok(answers)
    }

    fn hold_slices(&self, whole: &Governance) -> Result<usize, Fault> {
        let mut answers = 0;
        for user in &self.org.users {
            let bytes = whole
                .at(self.now)
                .slice(&user.id)
                .map_err(|e| e.to_string())?;
            let slice = Governance::load(&bytes).map_err(|e| e.to_string())?;
            hold!(slice.viewer(), Some(user.id.as_str()), "viewer");
            answers += hold_user(slice.at(self.now), &self.before, &user.id)?;
            for record in &self.org.records {
                let can =
                    slice
                        .at(self.now)
                        .can(&user.id, Action::View, record.kind, Some(&record.id));
                hold!(
                    can,
                    Ok(self
                        .before
                        .may(&user.id, record.kind, &record.id, Action::View)),
                    "slice of {:?} {:?}",
                    user.id,
                    record.id
                );
                answers += 1;
            }
        }
        Ok(answers)
    }

    /// What `predict` tells is the difference between the two sets.
    fn hold_prediction(&self, governance: &Governance) -> Result<usize, Fault> {
        for action in ON_RECORDS {
            let options = PredictOptions {
                action: Some(action),
                sample: Some(usize::MAX),
                ..PredictOptions::default()
            };
            let at = governance.at(self.now);
            let prediction = at
                .predict(&self.changes, &options)
                .map_err(|e| e.to_string())?;
            let mut told = BTreeSet::new();
            for row in &prediction.rows {
                let pairs = |gained: bool, ids: &[String]| -> Vec<_> {
                    let pair =
                        |id: &String| (row.user.clone(), row.kind.as_str(), id.clone(), gained);
                    ids.iter().map(pair).collect()
                };
                told.extend(pairs(true, &row.gained_ids));
                told.extend(pairs(false, &row.lost_ids));
            }
            hold!(told, self.difference(action), "predict {action}");
            hold!(
                prediction.gained + prediction.lost,
                told.len(),
                "predict {action}"
            );
        }
        Ok(ON_RECORDS.len())
    }

    fn difference(&self, action: Action) -> BTreeSet<(String, &'static str, String, bool)> {
        let pairs = |access: &Access| {
            let mut pairs = BTreeSet::new();
            for (user, kinds) in &access.records {
                for (kind, actions) in kinds {
                    let ids = actions.get(&action).into_iter().flatten();
                    pairs.extend(ids.map(|id| (user.clone(), kind.as_str(), id.clone())));
                }
            }
            if action == Action::View {
                for (user, ids) in &access.deals {
                    pairs.extend(ids.iter().map(|id| (user.clone(), "deal", id.clone())));
                }
            }
            pairs
        };
        let (before, after) = (pairs(&self.before), pairs(&self.after));
        let side = |(user, kind, id): &(String, &'static str, String), gained| {
            (user.clone(), *kind, id.clone(), gained)
        };
        let gained = after.difference(&before).map(|pair| side(pair, true));
        let lost = before.difference(&after).map(|pair| side(pair, false));
        gained.chain(lost).collect()
    }
}

/// Every road of a whole organisation.
fn hold(governance: &Governance, now: Instant, access: &Access) -> Result<usize, Fault> {
    let at = governance.at(now);
    let mut answers = 0;
    for user in access.records.keys() {
        answers += hold_user(at, access, user)?;
    }
    for &kind in RecordType::ALL {
        for record in governance.records(kind) {
            for action in ON_RECORDS {
                let viewers = at
                    .viewers(kind, &record.id, action)
                    .map_err(|e| e.to_string())?;
                let viewers: BTreeSet<_> = viewers.into_iter().map(|viewer| viewer.user).collect();
                let users = access.records.keys().cloned();
                let expected = users.filter(|user| access.may(user, kind, &record.id, action));
                hold!(
                    viewers,
                    expected.collect::<BTreeSet<_>>(),
                    "viewers {kind} {:?} {action}",
                    record.id
                );
                answers += 1;
            }
        }
    }
    for deal in governance.deals() {
        let viewers = at
            .deal_viewers(&deal.id)
            .into_iter()
            .map(|viewer| viewer.user);
        let users = access.deals.keys().cloned();
        let expected = users.filter(|user| access.deals(user).contains(&deal.id));
        hold!(
            viewers.collect::<BTreeSet<_>>(),
            expected.collect::<BTreeSet<_>>(),
            "deal viewers {:?}",
            deal.id
        );
        answers += 1;
    }
    Ok(answers)
}

/// Every road to what one user may do.
fn hold_user(at: At<'_>, access: &Access, user: &str) -> Result<usize, Fault> {
    let mut answers = 0;
    let mut sights = Sights::default();
    for &kind in RecordType::ALL {
        let ids: Vec<String> = at
            .governance()
            .records(kind)
            .map(|record| record.id)
            .collect();
        for action in ON_RECORDS {
            let expected = access.records(user, kind, action);
            let question = format!("{user:?} {action} {kind}");
            for id in &ids {
                let may = access.may(user, kind, id, action);
                hold!(
                    at.can(user, action, kind, Some(id)),
                    Ok(may),
                    "can {question} {id:?}"
                );
                let numbers = (
                    at.governance().user_number(user),
                    at.governance().record_number(kind, id),
                );
                let by_numbers = match numbers {
                    (Some(user), Some(record)) => at.can_numbered(user, action, kind, record),
                    _ => Ok(false),
                };
                hold!(by_numbers, Ok(may), "can_numbered {question} {id:?}");
                let by_sights = match numbers {
                    (Some(user), Some(record)) => sights.can(at, user, action, kind, record),
                    _ => Ok(false),
                };
                hold!(by_sights, Ok(may), "sights {question} {id:?}");
                let explained = at
                    .explain(user, action, kind, Some(id))
                    .map_err(|e| e.to_string())?;
                hold!(explained.allowed, may, "explain {question} {id:?}");
                hold_remedies(at, &explained, user, action, kind, Some(id))?;
                answers += 4;
            }
            let many = at
                .can_many(user, action, kind, &ids)
                .map_err(|e| e.to_string())?;
            let many = ids
                .iter()
                .zip(many)
                .filter(|(_, may)| *may)
                .map(|(id, _)| id.clone());
            hold!(many.collect::<Vec<_>>(), expected, "can_many {question}");
            let indices = at
                .visible_indices(user, kind, action)
                .map_err(|e| e.to_string())?;
            let indices = indices
                .iter()
                .filter_map(|&index| ids.get(index as usize).cloned());
            hold!(
                indices.collect::<Vec<_>>(),
                expected,
                "visible_indices {question}"
            );
            hold!(
                listed(at, user, kind, action, json!({}))?,
                expected,
                "visible {question}"
            );
            let sorted = json!({ "sort": [{ "by": "id", "descending": true }] });
            let mut by_id = expected.to_vec();
            by_id.sort_by(|one, other| other.cmp(one));
            hold!(
                listed(at, user, kind, action, sorted)?,
                by_id,
                "sorted {question}"
            );
            // A filter and its opposite share the set between them.
            let some = json!({ "any": [{ "text": "a" }, { "jobRole": ["ae"] }, { "field": "size", "min": 2 }] });
            let mut parts = listed(at, user, kind, action, json!({ "where": some }))?;
            parts.extend(listed(
                at,
                user,
                kind,
                action,
                json!({ "where": { "not": some } }),
            )?);
            let parts: BTreeSet<_> = parts.into_iter().collect();
            hold!(
                parts,
                expected.iter().cloned().collect::<BTreeSet<_>>(),
                "filtered {question}"
            );
            answers += 5;
        }
        for id in &ids {
            let expected = ON_RECORDS
                .into_iter()
                .filter(|&action| access.may(user, kind, id, action));
            hold!(
                at.actions(user, kind, id),
                expected.collect::<Vec<_>>(),
                "actions {user:?} {kind} {id:?}"
            );
        }
        let creates = access
            .creates
            .get(user)
            .is_some_and(|kinds| kinds.contains(&kind));
        hold!(
            at.can(user, Action::Create, kind, None),
            Ok(creates),
            "create {user:?} {kind}"
        );
        let explained = at
            .explain(user, Action::Create, kind, None)
            .map_err(|e| e.to_string())?;
        hold!(explained.allowed, creates, "explain create {user:?} {kind}");
        answers += ids.len() + 2;
    }
    let pipeline = at
        .pipeline(user, &PipelineQuery::default())
        .map_err(|e| e.to_string())?;
    let rows: Vec<_> = pipeline.rows.into_iter().map(|row| row.id).collect();
    hold!(rows, access.deals(user), "pipeline {user:?}");
    for deal in at.governance().deals() {
        let seen = access.deals(user).contains(&deal.id);
        hold!(
            at.explain_deal(user, &deal.id).allowed,
            seen,
            "explain_deal {user:?} {:?}",
            deal.id
        );
        answers += 1;
    }
    Ok(answers + 1)
}

/// The pages of two that a query gives, put together.
fn listed(
    at: At<'_>,
    user: &str,
    kind: RecordType,
    action: Action,
    query: serde_json::Value,
) -> Result<Vec<String>, Fault> {
    let mut query = Query::from_json(&query.to_string()).map_err(|error| error.to_string())?;
    query.action = Some(action);
    query.limit = Some(2);
    let mut ids = Vec::new();
    loop {
        let page = at
            .visible(user, kind, &query)
            .map_err(|error| error.to_string())?;
        ids.extend(page.ids);
        query.cursor = page.cursor;
        if query.cursor.is_none() {
            hold!(page.total, ids.len(), "the total of {query:?}");
            return Ok(ids);
        }
    }
}

/// Every remedy grants what was refused.
fn hold_remedies(
    at: At<'_>,
    decision: &Decision,
    user: &str,
    action: Action,
    kind: RecordType,
    id: Option<&str>,
) -> Result<(), Fault> {
    for remedy in &decision.remedies {
        let mut changed = at.governance().clone();
        changed
            .apply(&remedy.changes)
            .map_err(|error| error.to_string())?;
        let can = changed.at(at.now()).can(user, action, kind, id);
        hold!(
            can,
            Ok(true),
            "{} does not let {user:?} {action} {kind} {id:?}",
            remedy.text
        );
    }
    Ok(())
}
