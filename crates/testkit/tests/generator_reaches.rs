//! The generator is only worth something if its organisations reach every rule: this measures it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sidelight_governance::{Action, RecordType};
use sidelight_testkit::generate::{self, Sample};
use sidelight_testkit::reference::{Decision, Reference};

const CASES: usize = 2_000;

const GRANTS: [&str; 13] = [
    "owner",
    "assigned",
    "report",
    "peer",
    "all",
    "lifted",
    "account",
    "create",
    "deal-owner",
    "registrar",
    "tier",
    "account-owner",
    "vendor",
];

const OBSTACLES: [&str; 15] = [
    "unknown-user",
    "locked",
    "guest-unclaimed",
    "guest-expired",
    "guest-revoked",
    "guest-admin",
    "unknown-record",
    "permission-denied",
    "not-a-holder",
    "outside-reports",
    "view-denied",
    "lateral",
    "higher-tier",
    "other-company",
    "no-tier",
];

const RELATIONS: [&str; 5] = ["same-role", "above", "other-branch", "no-role", "unknown"];

#[derive(Default)]
struct Tally {
    decisions: usize,
    allowed: usize,
    words: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn count(&mut self, decision: &Decision<'_>) {
        self.decisions += 1;
        self.allowed += usize::from(decision.allowed());
        let relations = decision
            .obstacles
            .iter()
            .flat_map(|obstacle| obstacle.holders.iter().flatten())
            .map(|(_, relation)| *relation);
        let words = decision
            .grants
            .iter()
            .map(|grant| grant.rule)
            .chain(decision.obstacles.iter().map(|obstacle| obstacle.code));
        for word in words.chain(relations) {
            *self.words.entry(word).or_default() += 1;
        }
    }

    fn print(&self, title: &str) {
        println!(
            "{title}: {} decisions, {:.1} % allowed",
            self.decisions,
            self.share() * 100.0
        );
        for (word, count) in &self.words {
            println!("  {word:20} {count}");
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a share, of counts far below 2^52"
    )]
    fn share(&self) -> f64 {
        self.allowed as f64 / self.decisions as f64
    }
}

#[test]
fn every_reason_and_every_obstacle_occurs_and_neither_drowns_the_other() {
    let mut runner = TestRunner::deterministic();
    let strategy = generate::organisation();
    let (mut records, mut deals) = (Tally::default(), Tally::default());
    for _ in 0..CASES {
        let tree = strategy.new_tree(&mut runner).unwrap();
        let Sample(org) = tree.current();
        let reference = Reference {
            org: &org,
            now: generate::now(),
        };
        for user in org
            .users
            .iter()
            .map(|user| user.id.as_str())
            .chain(["nobody"])
        {
            for record in &org.records {
                for action in [Action::View, Action::Edit, Action::Delete, Action::Assign] {
                    records.count(&reference.explain(user, action, record.kind, Some(&record.id)));
                }
            }
            for &kind in RecordType::ALL {
                records.count(&reference.explain(user, Action::Create, kind, None));
            }
            records.count(&reference.explain(
                user,
                Action::View,
                RecordType::Account,
                Some("nothing"),
            ));
            for deal in &org.deals {
                deals.count(&reference.explain_deal(user, &deal.id));
            }
        }
    }
    records.print("records");
    deals.print("deals");
    for word in GRANTS.into_iter().chain(OBSTACLES).chain(RELATIONS) {
        let count = records.words.get(word).unwrap_or(&0) + deals.words.get(word).unwrap_or(&0);
        assert!(
            count >= 100,
            "`{word}` occurs {count} times in {CASES} organisations"
        );
    }
    for tally in [&records, &deals] {
        assert!(
            (0.15..0.85).contains(&tally.share()),
            "{:.3} of the decisions are allowed",
            tally.share()
        );
    }
}
