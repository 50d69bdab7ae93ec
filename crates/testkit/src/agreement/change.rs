//! The comparison of changes and predictions with the naive change of the organisation (§10.2, §11).

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde_json::{Map, Value};
use sidelight_governance::org::Org;
use sidelight_governance::{Action, Change, Governance, PredictOptions, RecordType};

use crate::agreement;
use crate::generate;
use crate::reference::{Reference, change};

fn reference(org: &Org) -> Reference<'_> {
    Reference {
        org,
        now: generate::now(),
    }
}

fn loaded(org: &Org) -> Result<Governance, TestCaseError> {
    Governance::from_org(org.clone()).map_err(|error| TestCaseError::fail(error.to_string()))
}

/// `apply`: what is refused, at which change and why, and that it changes nothing; and that what is made is the same as a
/// fresh load of the changed organisation.
pub fn applied(governance: &mut Governance, changes: &[Change]) -> TestCaseResult {
    let (before, revision) = (governance.to_org(), governance.revision());
    let expected = change::apply(&before, changes);
    match (governance.apply(changes), expected) {
        (Err(error), Err((position, faults))) => {
            let place = error
                .path()
                .as_str()
                .split('/')
                .nth(1)
                .and_then(|number| number.parse().ok());
            prop_assert_eq!(place, Some(position), "{}", error);
            prop_assert!(
                faults.contains(&error.code()),
                "{}, not one of {:?}",
                error,
                faults
            );
            prop_assert_eq!(governance.to_org(), before);
            prop_assert_eq!(governance.revision(), revision);
        }
        (Ok(()), Ok(changed)) => {
            let after = governance.to_org();
            prop_assert_eq!(
                in_any_order(&after),
                in_any_order(&loaded(&changed)?.to_org())
            );
            prop_assert!(keeps_the_order(&before, &after), "{:?}", after);
            prop_assert_eq!(&loaded(&after)?.to_org(), &after);
            prop_assert!(governance.revision() > revision);
            let (at, reference) = (governance.at(generate::now()), reference(&after));
            agreement::decisions(at, reference)?;
            agreement::lists(at, reference)?;
            agreement::people(at, reference)?;
            agreement::deals(at, reference)?;
            agreement::notices(at, reference)?;
            agreement::diagnostics(at, reference)?;
            agreement::saved_views(at, reference, &Value::Object(Map::new()))?;
        }
        (made, expected) => {
            prop_assert!(
                false,
                "{:?}, and the reference {:?}",
                made,
                expected.map(|_| ())
            );
        }
    }
    Ok(())
}

/// What no reference is written for, or only in part, is the same before and after a fresh load: decisions with their
/// sentences and remedies, and diagnostics.
pub fn loads_alike(governance: &Governance) -> TestCaseResult {
    let org = governance.to_org();
    let fresh = loaded(&org)?;
    let (ours, fresh) = (governance.at(generate::now()), fresh.at(generate::now()));
    for user in agreement::everyone(&org) {
        for (kind, id) in agreement::everything(&org) {
            for action in agreement::ON_RECORDS {
                prop_assert_eq!(
                    ours.explain(user, action, kind, Some(id)),
                    fresh.explain(user, action, kind, Some(id))
                );
            }
        }
        for deal in &org.deals {
            prop_assert_eq!(
                ours.explain_deal(user, &deal.id),
                fresh.explain_deal(user, &deal.id)
            );
        }
    }
    prop_assert_eq!(ours.diagnose(), fresh.diagnose());
    Ok(())
}

/// `predict` of every type: who gains and loses what, by asking everything before and after.
pub fn predicted(governance: &Governance, changes: &[Change], action: Action) -> TestCaseResult {
    let org = &governance.to_org();
    let kinds = RecordType::ALL.iter().map(|kind| kind.as_str());
    let types: Vec<&str> = kinds.chain(["deal"]).collect();
    let options = serde_json::json!({ "types": types, "action": action });
    let options = PredictOptions::from_json(&options.to_string())
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
    let predicted = governance.at(generate::now()).predict(changes, &options);
    match (predicted, change::apply(org, changes)) {
        (Err(error), Err((_, faults))) => prop_assert!(
            faults.contains(&error.code()),
            "{}, not one of {:?}",
            error,
            faults
        ),
        (Ok(predicted), Ok(changed)) => {
            let expected = change::predict(reference(org), reference(&changed), action);
            let set = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
            let rows: BTreeSet<_> = predicted
                .rows
                .iter()
                .map(|row| {
                    (
                        &row.user,
                        row.kind.as_str(),
                        set(&row.gained_ids),
                        set(&row.lost_ids),
                    )
                })
                .collect();
            let expected_rows: BTreeSet<_> = expected
                .iter()
                .map(|row| (&row.user, row.kind, set(&row.gained), set(&row.lost)))
                .collect();
            prop_assert_eq!(rows, expected_rows);
            prop_assert_eq!(predicted.rows.len(), expected.len());
            prop_assert!(predicted.rows.iter().all(
                |row| row.gained == row.gained_ids.len() && row.lost == row.lost_ids.len()
            ));
            prop_assert_eq!(
                predicted.gained,
                expected.iter().map(|row| row.gained.len()).sum::<usize>()
            );
            prop_assert_eq!(
                predicted.lost,
                expected.iter().map(|row| row.lost.len()).sum::<usize>()
            );
        }
        (predicted, expected) => {
            prop_assert!(
                false,
                "{:?}, and the reference {:?}",
                predicted,
                expected.map(|_| ())
            );
        }
    }
    Ok(())
}

/// The same organisation, its things sorted by their ids.
fn in_any_order(org: &Org) -> Org {
    let mut org = org.clone();
    org.roles.sort_by(|a, b| a.id.cmp(&b.id));
    org.profiles.sort_by(|a, b| a.id.cmp(&b.id));
    org.users.sort_by(|a, b| a.id.cmp(&b.id));
    org.companies.sort_by(|a, b| a.id.cmp(&b.id));
    org.records
        .sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    org.deals.sort_by(|a, b| a.id.cmp(&b.id));
    org.views.sort_by(|a, b| a.id.cmp(&b.id));
    org
}

/// Whether what is there before and after is there in the same order.
fn keeps_the_order(before: &Org, after: &Org) -> bool {
    let (before, after) = (ids(before), ids(after));
    let stays = before.iter().filter(|id| after.contains(id));
    stays.eq(after.iter().filter(|id| before.contains(id)))
}

fn ids(org: &Org) -> Vec<(&str, &str)> {
    let roles = org.roles.iter().map(|role| ("role", role.id.as_str()));
    let profiles = org
        .profiles
        .iter()
        .map(|profile| ("profile", profile.id.as_str()));
    let users = org.users.iter().map(|user| ("user", user.id.as_str()));
    let companies = org
        .companies
        .iter()
        .map(|company| ("company", company.id.as_str()));
    let records = RecordType::ALL.iter().flat_map(|&kind| {
        let records = org.records.iter().filter(move |record| record.kind == kind);
        records.map(|record| (record.kind.as_str(), record.id.as_str()))
    });
    let deals = org.deals.iter().map(|deal| ("deal", deal.id.as_str()));
    let views = org.views.iter().map(|view| ("view", view.id.as_str()));
    roles
        .chain(profiles)
        .chain(users)
        .chain(companies)
        .chain(records)
        .chain(deals)
        .chain(views)
        .collect()
}
