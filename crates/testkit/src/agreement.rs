//! The comparison of the rules with the reference: one function for each question.
//!
//! Each asks both the same and tells the first difference as a test failure, so that proptest can
//! make the organisation smaller until nothing but the difference is left.

pub mod change;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde_json::Value;
use sidelight_governance::error::Code;
use sidelight_governance::org::Org;
use sidelight_governance::{
    Action, AssignedEdit, At, Diagnostic, EditOutcome, PipelineQuery, Query, RecordType, Sights,
    Viewer,
};

use crate::reference::bulk_edit::Edited;
use crate::reference::diagnosis::Diagnosis;
use crate::reference::{Decision, Grant, Obstacle, Person, Reference, totals};

/// The actions that are asked about a saved record.
pub const ON_RECORDS: [Action; 4] = [Action::View, Action::Edit, Action::Delete, Action::Assign];

/// An id that the generator gives to nothing.
pub const NOBODY: &str = "nobody and nothing";

/// Every user's id, and one that names nobody.
pub fn everyone(org: &Org) -> impl Iterator<Item = &str> {
    org.users
        .iter()
        .map(|user| user.id.as_str())
        .chain([NOBODY])
}

/// Every record's type and id, and one of each type that names nothing.
pub fn everything(org: &Org) -> impl Iterator<Item = (RecordType, &str)> {
    let records = org
        .records
        .iter()
        .map(|record| (record.kind, record.id.as_str()));
    records.chain(RecordType::ALL.iter().map(|&kind| (kind, NOBODY)))
}

/// A reference's grant, from one of the rules'.
fn grant(grant: &sidelight_governance::Grant) -> Grant<'_> {
    Grant {
        rule: grant.rule.as_str(),
        user: grant.user.as_deref(),
        roles: grant
            .roles
            .as_ref()
            .map(|roles| roles.iter().map(String::as_str).collect()),
        account: grant.account.as_deref(),
        company: grant.company.as_deref(),
    }
}

fn obstacle(obstacle: &sidelight_governance::Obstacle) -> Obstacle<'_> {
    let holders = obstacle.holders.as_ref();
    Obstacle {
        code: obstacle.code.as_str(),
        holders: holders.map(|holders| {
            holders
                .iter()
                .map(|holder| (holder.user.as_str(), holder.relation.as_str()))
                .collect()
        }),
    }
}

fn viewers(viewers: &[Viewer]) -> Vec<(&str, Vec<Grant<'_>>)> {
    viewers
        .iter()
        .map(|viewer| {
            (
                viewer.user.as_str(),
                viewer.grants.iter().map(grant).collect(),
            )
        })
        .collect()
}

fn same_decision(
    ours: &sidelight_governance::Decision,
    reference: &Decision<'_>,
    question: &str,
) -> TestCaseResult {
    let grants: Vec<_> = ours.grants.iter().map(grant).collect();
    let obstacles: Vec<_> = ours.obstacles.iter().map(obstacle).collect();
    prop_assert_eq!(ours.allowed, reference.allowed(), "{}", question);
    prop_assert_eq!(&grants, &reference.grants, "{}", question);
    prop_assert_eq!(&obstacles, &reference.obstacles, "{}", question);
    let sentences = ours
        .grants
        .iter()
        .map(|grant| &grant.text)
        .chain(ours.obstacles.iter().map(|obstacle| &obstacle.text));
    prop_assert!(
        sentences.into_iter().all(|text| text.ends_with('.')),
        "every reason is a sentence: {:?}",
        ours
    );
    Ok(())
}

/// `gate`, `can`, `canMany`, `actions` and `explain`: every user, every action, every record.
pub fn decisions(at: At<'_>, reference: Reference<'_>) -> TestCaseResult {
    for user in everyone(reference.org) {
        prop_assert_eq!(at.gate(user), reference.gate(user), "gate {:?}", user);
        for (kind, id) in everything(reference.org) {
            for action in ON_RECORDS {
                decision(at, reference, user, action, kind, Some(id))?;
            }
            prop_assert_eq!(
                at.actions(user, kind, id),
                reference.actions(user, kind, id),
                "actions {:?} {} {:?}",
                user,
                kind,
                id
            );
        }
        for &kind in RecordType::ALL {
            decision(at, reference, user, Action::Create, kind, None)?;
            for action in ON_RECORDS {
                let ids: Vec<&str> = everything(reference.org).map(|(_, id)| id).collect();
                let many: Vec<bool> = ids
                    .iter()
                    .map(|id| reference.can(user, action, kind, Some(id)))
                    .collect();
                prop_assert_eq!(
                    at.can_many(user, action, kind, &ids),
                    Ok(many),
                    "can_many {:?} {} {}",
                    user,
                    action,
                    kind
                );
            }
        }
    }
    Ok(())
}

fn decision(
    at: At<'_>,
    reference: Reference<'_>,
    user: &str,
    action: Action,
    kind: RecordType,
    id: Option<&str>,
) -> TestCaseResult {
    let question = format!("may {user:?} {action} {kind} {id:?}");
    let can = reference.can(user, action, kind, id);
    let explained = reference.explain(user, action, kind, id);
    prop_assert_eq!(
        explained.allowed(),
        can,
        "the reference agrees with itself: {}",
        question
    );
    prop_assert_eq!(at.can(user, action, kind, id), Ok(can), "{}", question);
    let ours = at
        .explain(user, action, kind, id)
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
    same_decision(&ours, &explained, &question)
}

/// Decisions by what is kept of users, as they are without: every user, every action, every record, by their numbers, and
/// numbers of nothing. Each is asked of one organisation and instant after the other, and of one type after the other, so
/// that what is kept is of another question every time.
pub fn sights(ats: &[At<'_>], sights: &mut Sights) -> TestCaseResult {
    let numbers = |count: usize| (0..count as u32).chain([u32::MAX]);
    let users = ats.iter().map(|at| at.governance().users().count()).max();
    let records = ats.iter().flat_map(|at| {
        let counts = RecordType::ALL
            .iter()
            .map(|&kind| at.governance().record_count(kind));
        counts.max()
    });
    // Some numbers are of what was removed, or only mentioned.
    for user in numbers(users.unwrap_or_default() + 2) {
        for record in numbers(records.clone().max().unwrap_or_default() + 2) {
            for &action in Action::ALL {
                for &kind in RecordType::ALL {
                    for &at in ats {
                        prop_assert_eq!(
                            sights.can(at, user, action, kind, record),
                            at.can_numbered(user, action, kind, record),
                            "may user {} {} {} {}",
                            user,
                            action,
                            kind,
                            record
                        );
                    }
                }
            }
        }
    }
    // And in an order that finds much of it kept.
    for (&at, &kind) in ats
        .iter()
        .flat_map(|at| RecordType::ALL.iter().map(move |kind| (at, kind)))
    {
        for action in ON_RECORDS {
            for record in numbers(at.governance().record_count(kind)) {
                for user in numbers(users.unwrap_or_default() + 2) {
                    prop_assert_eq!(
                        sights.can(at, user, action, kind, record),
                        at.can_numbered(user, action, kind, record)
                    );
                }
            }
        }
    }
    Ok(())
}

/// `visible`, `visibleIndices` and `viewers`.
pub fn lists(at: At<'_>, reference: Reference<'_>) -> TestCaseResult {
    for user in everyone(reference.org) {
        for &kind in RecordType::ALL {
            visible(
                at,
                reference,
                user,
                kind,
                &Value::Object(serde_json::Map::new()),
            )?;
            for action in ON_RECORDS {
                let indices = reference.visible_indices(user, kind, action);
                prop_assert_eq!(
                    at.visible_indices(user, kind, action),
                    Ok(indices),
                    "visible_indices {:?} {} {}",
                    user,
                    kind,
                    action
                );
            }
        }
    }
    for (kind, id) in everything(reference.org) {
        for action in ON_RECORDS {
            let ours = at
                .viewers(kind, id, action)
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(
                viewers(&ours),
                reference.viewers(kind, id, action),
                "viewers {} {:?} {}",
                kind,
                id,
                action
            );
        }
    }
    Ok(())
}

/// `visible` with a query, whole and by pages of two.
pub fn visible(
    at: At<'_>,
    reference: Reference<'_>,
    user: &str,
    kind: RecordType,
    query: &Value,
) -> TestCaseResult {
    let question = || format!("visible {user:?} {kind} {query}");
    let mut asked = Query::from_json(&query.to_string())
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
    let Some(expected) = reference.visible(user, kind, query) else {
        let refused = at.visible(user, kind, &asked).err();
        let refused = refused.map(|error| (error.code(), error.path().to_string()));
        let expected = Some((Code::UnknownView, "/view".to_owned()));
        prop_assert_eq!(refused, expected, "{}", question());
        return Ok(());
    };
    for limit in [None, Some(2)] {
        asked.limit = limit;
        let mut ids = Vec::new();
        loop {
            let page = at
                .visible(user, kind, &asked)
                .map_err(|error| TestCaseError::fail(format!("{}: {error}", question())))?;
            prop_assert_eq!(page.total, expected.len(), "{}", question());
            prop_assert!(
                limit.is_none_or(|limit| page.ids.len() <= limit),
                "{}",
                question()
            );
            ids.extend(page.ids);
            prop_assert!(ids.len() <= expected.len(), "{}", question());
            asked.cursor = page.cursor;
            if asked.cursor.is_none() {
                break;
            }
        }
        prop_assert_eq!(&ids, &expected, "{} by {:?}", question(), limit);
    }
    Ok(())
}

/// `visible` with every saved view, by everyone: for its own type and another, with the rest of a query.
pub fn saved_views(at: At<'_>, reference: Reference<'_>, query: &Value) -> TestCaseResult {
    let views = reference.org.views.iter();
    for (id, kind) in views
        .map(|view| (view.id.as_str(), view.kind))
        .chain([(NOBODY, RecordType::Account)])
    {
        let mut query = query.clone();
        if let Value::Object(members) = &mut query {
            members.insert("view".to_owned(), Value::from(id));
        }
        for user in everyone(reference.org) {
            for kind in [kind, RecordType::Opportunity] {
                visible(at, reference, user, kind, &query)?;
            }
        }
    }
    Ok(())
}

/// `assignees` and `status_of`: every user, every record.
pub fn people(at: At<'_>, reference: Reference<'_>) -> TestCaseResult {
    // A fuzzer comes upon any id.
    let is_somebody = reference.org.users.iter().any(|user| user.id == NOBODY);
    prop_assert_eq!(at.status_of(NOBODY).is_some(), is_somebody);
    for user in everyone(reference.org) {
        for (kind, id) in everything(reference.org) {
            let (ours, expected) = (
                at.assignees(user, kind, id),
                reference.assignees(user, kind, id),
            );
            let rows: Vec<Person<'_>> = ours
                .rows
                .iter()
                .map(|row| Person {
                    user: &row.user,
                    name: &row.name,
                    is_owner: row.is_owner,
                    is_assigned: row.is_assigned,
                    job_role: row.job_role.clone().zip(row.job_role_name.clone()),
                    status: row.status.as_str(),
                })
                .collect();
            for row in &ours.rows {
                prop_assert_eq!(at.status_of(&row.user), Some(row.status));
            }
            prop_assert_eq!(
                rows,
                expected.rows,
                "assignees {:?} {} {:?}",
                user,
                kind,
                id
            );
            prop_assert_eq!(
                ours.hidden,
                expected.hidden,
                "assignees {:?} {} {:?}",
                user,
                kind,
                id
            );
            prop_assert_eq!(
                ours.may_assign,
                expected.may_assign,
                "assignees {:?} {} {:?}",
                user,
                kind,
                id
            );
        }
    }
    Ok(())
}

/// `explainDeal`, `dealViewers`, and `pipeline` without a query.
pub fn deals(at: At<'_>, reference: Reference<'_>) -> TestCaseResult {
    let ids = || {
        reference
            .org
            .deals
            .iter()
            .map(|deal| deal.id.as_str())
            .chain([NOBODY])
    };
    for user in everyone(reference.org) {
        for id in ids() {
            let question = format!("explain_deal {user:?} {id:?}");
            same_decision(
                &at.explain_deal(user, id),
                &reference.explain_deal(user, id),
                &question,
            )?;
        }
        pipeline(at, reference, user, &Value::Object(serde_json::Map::new()))?;
    }
    for id in ids() {
        let ours = at.deal_viewers(id);
        prop_assert_eq!(
            viewers(&ours),
            reference.deal_viewers(id),
            "deal_viewers {:?}",
            id
        );
    }
    Ok(())
}

/// `diagnose`: codes, subjects and counts; and that they come in the order of their codes.
pub fn diagnostics(at: At<'_>, reference: Reference<'_>) -> TestCaseResult {
    let ours = at.diagnose();
    let rank = |code: &str| Diagnostic::CODES.iter().position(|&known| known == code);
    prop_assert!(ours.iter().all(|told| rank(told.code).is_some()));
    prop_assert!(ours.is_sorted_by_key(|told| rank(told.code)));
    prop_assert!(ours.is_sorted_by_key(|told| told.severity));
    prop_assert!(ours.iter().all(|told| told.text.ends_with('.')));
    let mut told: Vec<Diagnosis<'_>> = ours
        .iter()
        .map(|told| Diagnosis {
            code: told.code,
            subjects: told
                .subjects
                .iter()
                .map(|subject| (subject.kind, subject.id.as_str()))
                .collect(),
            count: told.count,
        })
        .collect();
    let mut expected = reference.diagnose();
    told.sort();
    expected.sort();
    prop_assert_eq!(told, expected);
    Ok(())
}

/// `predictAssigned`: what becomes of each record, or why the edit is refused as a whole.
pub fn bulk_edit(
    at: At<'_>,
    reference: Reference<'_>,
    actor: &str,
    edit: &AssignedEdit,
) -> TestCaseResult {
    let ours = at.predict_assigned(actor, edit);
    let expected = reference.edit_assigned(actor, edit);
    match (ours, expected) {
        (Ok(ours), Ok((expected, _))) => {
            let ids: Vec<&String> = ours.results.iter().map(|result| &result.id).collect();
            prop_assert_eq!(ids, edit.ids.iter().collect::<Vec<_>>());
            let results: Vec<Edited> = ours
                .results
                .iter()
                .map(|result| match (result.outcome, &result.refusal) {
                    (EditOutcome::Changed, _) => Edited::Changed,
                    (EditOutcome::Unchanged, _) => Edited::Unchanged,
                    (EditOutcome::Refused, refusal) => Edited::Refused(
                        refusal
                            .as_ref()
                            .map_or(Code::MalformedJson, |refusal| refusal.code),
                    ),
                })
                .collect();
            prop_assert_eq!(results, expected, "{:?} by {:?}", edit, actor);
        }
        (Err(error), Err(code)) => prop_assert_eq!(error.code(), code, "{:?}", edit),
        (ours, expected) => prop_assert!(
            false,
            "{:?}, and the reference {:?}",
            ours,
            expected.map(|(results, _)| results)
        ),
    }
    Ok(())
}

/// `dealNotifications` of every deal by everyone, and `nextChange`.
pub fn notices(at: At<'_>, reference: Reference<'_>) -> TestCaseResult {
    for actor in everyone(reference.org) {
        for id in reference
            .org
            .deals
            .iter()
            .map(|deal| deal.id.as_str())
            .chain([NOBODY])
        {
            prop_assert_eq!(
                at.deal_notifications(id, actor),
                reference.deal_notifications(id, actor),
                "deal_notifications {:?} {:?}",
                id,
                actor
            );
        }
    }
    prop_assert_eq!(at.next_change(), reference.next_change());
    Ok(())
}

/// `pipeline` with a query, whole and by pages of two: rows, grants, interactions and totals.
pub fn pipeline(at: At<'_>, reference: Reference<'_>, user: &str, query: &Value) -> TestCaseResult {
    let expected = reference.pipeline(user, query);
    let question = || format!("pipeline {user:?} {query}");
    let mut asked = PipelineQuery::from_json(&query.to_string())
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
    for limit in [None, Some(2)] {
        asked.limit = limit;
        let mut rows = Vec::new();
        loop {
            let page = at
                .pipeline(user, &asked)
                .map_err(|error| TestCaseError::fail(format!("{}: {error}", question())))?;
            prop_assert_eq!(page.total, expected.len(), "{}", question());
            let sums: Vec<_> = page
                .totals
                .iter()
                .map(|total| {
                    (
                        &total.stage,
                        &total.currency,
                        total.count,
                        total.amount.to_string(),
                    )
                })
                .collect();
            let expected_sums = totals(&expected);
            let expected_sums: Vec<_> = expected_sums
                .iter()
                .map(|total| {
                    (
                        &total.stage,
                        &total.currency,
                        total.count,
                        total.amount.clone(),
                    )
                })
                .collect();
            prop_assert_eq!(sums, expected_sums, "{}", question());
            rows.extend(page.rows);
            prop_assert!(rows.len() <= expected.len(), "{}", question());
            asked.cursor = page.cursor;
            if asked.cursor.is_none() {
                break;
            }
        }
        prop_assert_eq!(rows.len(), expected.len(), "{}", question());
        for (row, expected) in rows.iter().zip(&expected) {
            let deal = expected.deal;
            prop_assert_eq!(&row.id, &deal.id, "{}", question());
            prop_assert_eq!(&row.name, deal.name.as_deref().unwrap_or_default());
            prop_assert_eq!(&row.company, &deal.company);
            prop_assert_eq!(&row.owner, &deal.owner);
            prop_assert_eq!(&row.registered_by, expected.registrar);
            prop_assert_eq!(&row.stage, deal.stage.as_deref().unwrap_or_default());
            prop_assert_eq!(
                row.amount.map(|amount| amount.to_string()),
                deal.amount.map(|amount| amount.to_string())
            );
            prop_assert_eq!(&row.currency, &deal.currency);
            prop_assert_eq!(&row.expected_close, &deal.expected_close);
            let words: Vec<&str> = row.grants.iter().map(|rule| rule.as_str()).collect();
            prop_assert_eq!(&words, &expected.grants, "{} {:?}", question(), row.id);
            let words: Vec<&str> = row
                .interactions
                .iter()
                .map(|interaction| interaction.as_str())
                .collect();
            prop_assert_eq!(
                &words,
                &expected.interactions,
                "{} {:?}",
                question(),
                row.id
            );
        }
    }
    Ok(())
}
