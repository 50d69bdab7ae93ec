//! The rules agree with the reference evaluator on random organisations (§11).
//!
//! A failure prints the smallest organisation that proptest found, as JSON: it becomes a case in
//! `conformance/`.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde_json::Value;
use sidelight_governance::{At, Governance, RecordType};
use sidelight_testkit::agreement::{self, everyone};
use sidelight_testkit::generate::{self, Sample, query};
use sidelight_testkit::reference::Reference;

fn on_both(
    Sample(org): &Sample,
    compare: impl Fn(At<'_>, Reference<'_>) -> TestCaseResult,
) -> TestCaseResult {
    let governance = Governance::from_org(org.clone())
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
    let now = generate::now();
    compare(governance.at(now), Reference { org, now })
}

proptest! {
    #![proptest_config(generate::cases(2_000))]

    #[test]
    fn decisions_and_their_reasons_agree(sample in generate::organisation()) {
        on_both(&sample, agreement::decisions)?;
    }

    #[test]
    fn lists_and_viewers_agree(sample in generate::organisation()) {
        on_both(&sample, agreement::lists)?;
    }

    #[test]
    fn queries_agree(
        sample in generate::organisation(),
        queries in prop::collection::vec(query::query(), 4),
    ) {
        on_both(&sample, |at, reference| {
            for user in everyone(reference.org) {
                for (query, &kind) in queries.iter().cycle().zip(RecordType::ALL) {
                    agreement::visible(at, reference, user, kind, query)?;
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn saved_views_agree(
        sample in generate::organisation(),
        queries in prop::collection::vec(query::query(), 3),
    ) {
        on_both(&sample, |at, reference| {
            queries
                .iter()
                .try_for_each(|query| agreement::saved_views(at, reference, query))
        })?;
    }

    #[test]
    fn diagnostics_agree(sample in generate::organisation()) {
        on_both(&sample, agreement::diagnostics)?;
    }

    #[test]
    fn the_people_of_records_agree(sample in generate::organisation()) {
        on_both(&sample, agreement::people)?;
    }

    #[test]
    fn deals_and_their_totals_agree(sample in generate::organisation()) {
        on_both(&sample, agreement::deals)?;
    }

    #[test]
    fn notifications_and_the_next_change_agree(sample in generate::organisation()) {
        on_both(&sample, agreement::notices)?;
    }

    #[test]
    fn pipeline_queries_agree(
        sample in generate::organisation(),
        queries in prop::collection::vec(query::pipeline_query(), 3),
    ) {
        on_both(&sample, |at, reference| {
            everyone(reference.org).try_for_each(|user| {
                queries
                    .iter()
                    .try_for_each(|query: &Value| agreement::pipeline(at, reference, user, query))
            })
        })?;
    }
}
