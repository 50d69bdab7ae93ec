//! The rules agree with Cedar on random organisations (§2, §3, §6).
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};
use sidelight_governance::org::Org;
use sidelight_governance::{Action, Governance, RecordType};
use sidelight_oracle::Oracle;
use sidelight_testkit::agreement::{NOBODY, ON_RECORDS, everyone};
use sidelight_testkit::generate::{self, Sample};

/// At least so many decisions, whatever number of organisations they take.
const DECISIONS: u64 = 20_000;

/// How many decisions were to refuse and to allow, by what was asked.
type Tally = BTreeMap<&'static str, [u64; 2]>;

#[test]
fn cedar_decides_the_same() {
    let tally = RefCell::new(Tally::new());
    let asked = || tally.borrow().values().flatten().sum::<u64>();
    let mut runner = TestRunner::new(Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    });
    while asked() < DECISIONS {
        let agreed = runner.run(&generate::organisation(), |Sample(org)| {
            agrees(&org, &tally)
        });
        if let Err(difference) = agreed {
            panic!("{difference}");
        }
    }
    for (question, [refused, allowed]) in &*tally.borrow() {
        println!("{question:<8} {refused:>7} refused, {allowed:>7} allowed");
        assert!(*refused > 500 && *allowed > 500, "{question}");
    }
    println!("{} decisions, no disagreement", asked());
}

fn agrees(org: &Org, tally: &RefCell<Tally>) -> TestCaseResult {
    let governance = Governance::from_org(org.clone()).unwrap();
    let at = governance.at(generate::now());
    let cedar = Oracle::new(org, generate::now()).unwrap();
    let count = |question: &'static str, allowed: bool| {
        tally.borrow_mut().entry(question).or_default()[usize::from(allowed)] += 1;
    };
    let records = || {
        let records = org.records.iter();
        let records = records.map(|record| (record.kind, record.id.as_str()));
        records.chain([(RecordType::Account, NOBODY)])
    };
    for user in everyone(org) {
        for (kind, id) in records() {
            for action in ON_RECORDS {
                let allowed = cedar.may(user, action, kind, id).unwrap();
                let ours = at.can(user, action, kind, Some(id)).unwrap();
                prop_assert_eq!(ours, allowed, "may {:?} {} {} {:?}", user, action, kind, id);
                count(action.as_str(), allowed);
            }
        }
        for &kind in RecordType::ALL {
            let allowed = cedar.creates(user, kind).unwrap();
            let ours = at.can(user, Action::Create, kind, None).unwrap();
            prop_assert_eq!(ours, allowed, "may {:?} create {}", user, kind);
            count("create", allowed);
        }
        for deal in &org.deals {
            let allowed = cedar.sees_deal(user, &deal.id).unwrap();
            let ours = at.explain_deal(user, &deal.id).allowed;
            prop_assert_eq!(ours, allowed, "sees {:?} deal {:?}", user, deal.id);
            count("deal", allowed);
        }
    }
    Ok(())
}
