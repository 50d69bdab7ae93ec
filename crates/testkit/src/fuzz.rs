//! What the fuzzers in `fuzz/` do with their bytes, and what the inputs that they kept are tested with again.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};
use serde_json::Value;
use sidelight_governance::org::Org;
use sidelight_governance::{
    Action, At, Code, Filter, Governance, Instant, PipelineQuery, Query, RecordType,
};
use twox_hash::XxHash64;

use crate::agreement::{self, ON_RECORDS, everyone};
use crate::generate;
use crate::generate::change;
use crate::reference::Reference;

/// Larger organisations are only loaded: the reference takes its time, and a fuzzer needs little of it.
const ASKED_UP_TO: usize = 12;

/// The bytes of a document: loading refuses it or loads it, and what is loaded answers as the reference and is the same
/// after being written and read.
///
/// # Errors
/// The first disagreement.
pub fn load(document: &[u8]) -> TestCaseResult {
    let Ok(governance) = Governance::load(document) else {
        return Ok(());
    };
    let org = governance.to_org();
    let written = serde_json::to_vec(&org).map_err(failure)?;
    let streamed = serde_json::to_vec(&governance.to_written_org()).map_err(failure)?;
    prop_assert_eq!(&streamed, &written);
    let again = Governance::load(&written).map_err(failure)?;
    prop_assert_eq!(&again.to_org(), &org);

    let sizes = [
        org.users.len(),
        org.roles.len(),
        org.records.len(),
        org.deals.len(),
        org.companies.len(),
    ];
    if sizes.into_iter().all(|size| size <= ASKED_UP_TO) {
        let now = generate::now();
        let (at, reference) = (again.at(now), Reference { org: &org, now });
        agreement::decisions(at, reference)?;
        agreement::lists(at, reference)?;
        agreement::people(at, reference)?;
        agreement::deals(at, reference)?;
        agreement::notices(at, reference)?;
        at.diagnose();
    }
    Ok(())
}

/// The first two bytes choose a random organisation, the third how many changes are made at once, and the others are
/// changes: each batch is predicted, made or refused as the reference says, and the organisation then answers as one that
/// was loaded changed.
///
/// # Errors
/// The first disagreement.
pub fn changes(bytes: &[u8]) -> TestCaseResult {
    let [first, second, batch, draws @ ..] = bytes else {
        return Ok(());
    };
    let mut governance = Governance::from_org(organisation(u16::from_le_bytes([*first, *second]))?)
        .map_err(failure)?;
    let at_once = 1 + usize::from(batch % 4);
    for (draws, action) in draws
        .chunks(at_once * change::BYTES)
        .zip(ON_RECORDS.into_iter().cycle())
        .take(4)
    {
        let org = governance.to_org();
        let changes: Vec<_> = draws
            .chunks(change::BYTES)
            .map(|bytes| change::change(&org, bytes))
            .collect();
        agreement::change::predicted(&governance, &changes, action)?;
        agreement::change::applied(&mut governance, &changes)?;
    }
    // Remedies are tried one by one: that takes as long as everything else together, many times over.
    if *batch < 32 {
        agreement::change::loads_alike(&governance)?;
    }
    Ok(())
}

/// The bytes of a question: it is refused or understood, and then its pages hold what the reference finds in a list.
///
/// The organisations are those of the conformance cases on lists and on the pipeline.
///
/// # Errors
/// The first disagreement.
pub fn filters(question: &[u8]) -> TestCaseResult {
    let Ok(json) = std::str::from_utf8(question) else {
        return Ok(());
    };
    if let Ok(query) = Query::from_json(json) {
        let plain = plain(json)?;
        let query = Query {
            cursor: None,
            limit: None,
            ..query
        };
        let expected = refusal(&query);
        asked(LISTS, |at, reference| {
            for user in everyone(reference.org) {
                for &kind in RecordType::ALL {
                    let code = at.visible(user, kind, &query).map_err(|error| error.code());
                    prop_assert_eq!(code.err(), expected);
                    if expected.is_none() {
                        agreement::visible(at, reference, user, kind, &plain)?;
                    }
                }
            }
            Ok(())
        })?;
    }
    if PipelineQuery::from_json(json).is_ok() {
        let plain = plain(json)?;
        asked(PIPELINES, |at, reference| {
            everyone(reference.org)
                .try_for_each(|user| agreement::pipeline(at, reference, user, &plain))
        })?;
    }
    Ok(())
}

/// The first two bytes choose a random organisation, the third a user, and the others alter that user's slice: three
/// bytes are a place and what is written there. The checksum is made right again, so that what is behind it is reached.
/// The slice is refused or loads, and what loads answers on every road the same.
///
/// # Errors
/// The first disagreement.
pub fn slices(bytes: &[u8]) -> TestCaseResult {
    let [first, second, user, alterations @ ..] = bytes else {
        return Ok(());
    };
    let org = organisation(u16::from_le_bytes([*first, *second]))?;
    let user = org.users.get(usize::from(*user) % org.users.len().max(1));
    let user = user.map_or(agreement::NOBODY, |user| user.id.as_str());
    let now = generate::now();
    let whole = Governance::from_org(org.clone()).map_err(failure)?;
    let mut slice = whole.at(now).slice(user).map_err(failure)?;
    for alteration in alterations.chunks_exact(3) {
        if let [low, high, byte] = alteration {
            let place = SLICE_HEADER + usize::from(u16::from_le_bytes([*low, *high]));
            if let Some(altered) = slice.get_mut(place) {
                *altered = *byte;
            }
        }
    }
    if let Some((header, body)) = slice.split_at_mut_checked(SLICE_HEADER) {
        let checksum = XxHash64::oneshot(0, body).to_le_bytes();
        if let Some(old) = header.last_chunk_mut() {
            *old = checksum;
        }
    }
    let Ok(slice) = Governance::load(&slice) else {
        prop_assert!(!alterations.is_empty(), "a slice that nobody altered loads");
        return Ok(());
    };
    let at = slice.at(now);
    at.diagnose();
    let org = slice.to_org();
    serde_json::to_vec(&org).map_err(failure)?;
    for user in everyone(&org) {
        for &kind in RecordType::ALL {
            let page = at.visible(user, kind, &Query::default()).map_err(failure)?;
            for record in slice.records(kind) {
                let can = at
                    .can(user, Action::View, kind, Some(&record.id))
                    .map_err(failure)?;
                let explained = at.explain(user, Action::View, kind, Some(&record.id));
                prop_assert_eq!(page.ids.contains(&record.id), can);
                prop_assert_eq!(explained.map_err(failure)?.allowed, can);
                at.assignees(user, kind, &record.id);
            }
        }
        at.pipeline(user, &PipelineQuery::default())
            .map_err(failure)?;
    }
    if let Some(viewer) = slice.viewer() {
        Governance::load(&at.slice(viewer).map_err(failure)?).map_err(failure)?;
    }
    Ok(())
}

/// What a slice begins with: its mark, its version, and the checksum of the rest.
const SLICE_HEADER: usize = 6 + 1 + 8;

/// What a query that is well formed is refused for all the same.
fn refusal(query: &Query) -> Option<Code> {
    let mut level: Vec<&Filter> = query.filter.iter().collect();
    for _ in 0..Filter::MAX_DEPTH {
        let parts = level.into_iter().flat_map(|filter| match filter {
            Filter::All(parts) | Filter::Any(parts) => parts.iter().collect(),
            Filter::Not(part) => vec![&**part],
            _ => Vec::new(),
        });
        level = parts.collect();
    }
    if !level.is_empty() {
        Some(Code::TooDeep)
    } else if query
        .view
        .as_ref()
        .is_some_and(|view| view != "assigned-to-me")
    {
        Some(Code::UnknownView)
    } else if query.action == Some(Action::Create) {
        Some(Code::InvalidArgument)
    } else {
        None
    }
}

const LISTS: &str = include_str!("../../../conformance/assignment-and-views.json");
const PIPELINES: &str = include_str!("../../../conformance/pipeline.json");

fn asked(cases: &str, agree: impl Fn(At<'_>, Reference<'_>) -> TestCaseResult) -> TestCaseResult {
    #[derive(serde::Deserialize)]
    struct File {
        now: Instant,
        orgs: std::collections::BTreeMap<String, Org>,
    }
    let File { now, orgs } = serde_json::from_str(cases).map_err(failure)?;
    for org in orgs.values() {
        let governance = Governance::from_org(org.clone()).map_err(failure)?;
        agree(governance.at(now), Reference { org, now })?;
    }
    Ok(())
}

/// The question as the reference reads it: a member that is `null` is one that is absent, save the value of a field, and
/// pages are the comparison's own affair.
fn plain(json: &str) -> Result<Value, TestCaseError> {
    let mut question: Value = serde_json::from_str(json).map_err(failure)?;
    if let Some(members) = question.as_object_mut() {
        members.remove("cursor");
        members.remove("limit");
    }
    let mut parts = vec![&mut question];
    while let Some(part) = parts.pop() {
        match part {
            Value::Object(members) => {
                members.retain(|name, value| {
                    !value.is_null() || matches!(name.as_str(), "is" | "min" | "max")
                });
                parts.extend(members.values_mut());
            }
            Value::Array(items) => parts.extend(items),
            _ => {}
        }
    }
    Ok(question)
}

/// One of 65,536 random organisations.
fn organisation(number: u16) -> Result<Org, TestCaseError> {
    let mut seed = [0; 32];
    let [first, second] = number.to_le_bytes();
    seed[..2].copy_from_slice(&[first, second]);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let drawn = generate::organisation()
        .new_tree(&mut runner)
        .map_err(TestCaseError::fail)?;
    Ok(drawn.current().0)
}

fn failure(error: impl std::fmt::Display) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}
