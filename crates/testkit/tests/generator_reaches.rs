//! The generator is only worth something if its organisations reach every rule: this measures it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use sidelight_governance::error::Code;
use sidelight_governance::{Action, Diagnostic, RecordType};
use sidelight_testkit::generate::change::{changed_organisation, edited_organisation};
use sidelight_testkit::generate::{self, Sample};
use sidelight_testkit::reference::bulk_edit::Edited;
use sidelight_testkit::reference::{Decision, Reference, change};

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

/// Why a change is refused (§10.2), as far as a list of changes can be wrong.
const REFUSALS: [Code; 20] = [
    Code::UnknownView,
    Code::UnknownUser,
    Code::UnknownRole,
    Code::UnknownJobRole,
    Code::UnknownCompany,
    Code::UnknownRecord,
    Code::UnknownDeal,
    Code::UnknownProfile,
    Code::NotAssignable,
    Code::LockedUser,
    Code::RoleCycle,
    Code::AdminProfile,
    Code::ProfileInUse,
    Code::NotAGuest,
    Code::GuestConversion,
    Code::CompanyFixed,
    Code::DuplicateName,
    Code::DuplicateMembership,
    Code::DuplicatePrimary,
    Code::ScopeNotApplicable,
];

#[test]
fn every_operation_is_made_and_every_refusal_occurs() {
    let mut runner = TestRunner::deterministic();
    let strategy = changed_organisation();
    let mut words: BTreeMap<String, usize> = BTreeMap::new();
    let mut made = 0;
    for _ in 0..CASES {
        let (Sample(org), changes) = strategy.new_tree(&mut runner).unwrap().current();
        match change::apply(&org, &changes) {
            Ok(_) => {
                made += 1;
                for change in &changes {
                    let change = serde_json::to_value(change).unwrap();
                    let op = |name| change.get(name).and_then(Value::as_str).unwrap_or_default();
                    *words
                        .entry(format!("{} {}", op("op"), op("kind")).trim().to_owned())
                        .or_default() += 1;
                }
            }
            Err((_, faults)) => {
                for fault in faults {
                    *words.entry(fault.to_string()).or_default() += 1;
                }
            }
        }
    }
    println!("changes: {made} of {CASES} lists are made");
    for (word, count) in &words {
        println!("  {word:20} {count}");
    }
    let ops = [
        "assign",
        "unassign",
        "setOwner",
        "setRole",
        "setProfile",
        "setStatus",
        "setPermission",
        "setToggle",
        "moveRole",
        "setGuest",
        "setTier",
        "setDealOwner",
    ];
    let puts = [
        "jobRole", "role", "profile", "user", "company", "record", "deal", "settings", "view",
    ]
    .map(|kind| format!("put {kind}"));
    let removals = [
        "role", "profile", "user", "company", "record", "deal", "view",
    ]
    .map(|kind| format!("remove {kind}"));
    let operations = ops
        .map(str::to_owned)
        .into_iter()
        .chain(puts)
        .chain(removals);
    for word in operations.chain(REFUSALS.map(|code| code.to_string())) {
        assert!(
            words.contains_key(&word),
            "`{word}` never occurs in {CASES} lists of changes"
        );
    }
    assert!(
        (CASES / 4..CASES * 3 / 4).contains(&made),
        "{made} of {CASES} lists are made"
    );
}

#[test]
fn every_diagnostic_and_every_kind_of_answer_to_a_saved_view_occurs() {
    let mut runner = TestRunner::deterministic();
    let strategy = generate::organisation();
    let mut words: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..CASES {
        let Sample(org) = strategy.new_tree(&mut runner).unwrap().current();
        let now = generate::now();
        let reference = Reference { org: &org, now };
        for told in reference.diagnose() {
            *words.entry(told.code).or_default() += 1;
        }
        for view in &org.views {
            let query = json!({ "view": view.id });
            for user in &org.users {
                let listed = reference.visible(&user.id, view.kind, &query);
                let seen = reference.visible(&user.id, view.kind, &json!({}));
                let word = match (listed, seen) {
                    (None, _) => "unknown-view",
                    (Some(listed), _) if listed.is_empty() => "lists nothing",
                    (Some(listed), Some(seen)) if listed.len() < seen.len() => "leaves some out",
                    (Some(listed), seen) if seen.as_ref() != Some(&listed) => "another order",
                    _ => "lists all",
                };
                *words.entry(word).or_default() += 1;
            }
        }
    }
    for (word, count) in &words {
        println!("  {word:20} {count}");
    }
    let answers = [
        "unknown-view",
        "lists nothing",
        "leaves some out",
        "another order",
        "lists all",
    ];
    // What a document has beside its format is no part of an organisation as data.
    let codes = Diagnostic::CODES
        .into_iter()
        .filter(|code| *code != "unknown-member");
    for word in codes.chain(answers) {
        let count = words.get(word).unwrap_or(&0);
        assert!(
            *count >= 5,
            "`{word}` occurs {count} times in {CASES} organisations"
        );
    }
}

#[test]
fn every_outcome_of_a_bulk_edit_occurs() {
    let mut runner = TestRunner::deterministic();
    let strategy = edited_organisation();
    let mut words: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..CASES {
        let (Sample(org), edits) = strategy.new_tree(&mut runner).unwrap().current();
        let now = generate::now();
        for (actor, edit) in &edits {
            let reference = Reference { org: &org, now };
            let told = match reference.edit_assigned(actor, edit) {
                Err(code) => vec![code.to_string()],
                Ok((results, _)) => results.iter().map(|it| format!("{it:?}")).collect(),
            };
            for word in told {
                *words.entry(word).or_default() += 1;
            }
        }
    }
    for (word, count) in &words {
        println!("  {word:32} {count}");
    }
    let refusals = [
        Code::UnknownRecord,
        Code::NotPermitted,
        Code::UnknownUser,
        Code::LockedUser,
        Code::UnknownJobRole,
    ]
    .map(|code| format!("{:?}", Edited::Refused(code)));
    let whole = [Code::NotAssignable, Code::ContradictoryEdit].map(|code| code.to_string());
    let outcomes = [Edited::Changed, Edited::Unchanged].map(|outcome| format!("{outcome:?}"));
    for word in refusals.into_iter().chain(whole).chain(outcomes) {
        let count = words.get(&word).unwrap_or(&0);
        assert!(
            *count >= 5,
            "`{word}` occurs {count} times in {CASES} organisations"
        );
    }
}
