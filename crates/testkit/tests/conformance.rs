//! The conformance cases, asked of the Rust API.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use sidelight_governance::{Diagnostic, ObstacleCode, Relation, Rule};
use sidelight_testkit::conformance::{self, File};

fn files() -> Vec<File> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance");
    conformance::read(&directory).unwrap_or_else(|unusable| panic!("{unusable}"))
}

#[test]
fn every_case_is_so() {
    let files = files();
    assert!(!files.is_empty(), "there are no files of cases");
    let mut failures = Vec::new();
    let mut asked = 0;
    for file in &files {
        for case in &file.cases {
            asked += 1;
            if let Err(difference) = case.check(file, conformance::native) {
                failures.push(format!(
                    "{} · {}\n    {difference}",
                    file.path.file_name().unwrap().display(),
                    case.name
                ));
            }
        }
    }
    println!("{asked} cases in {} files", files.len());
    assert!(
        failures.is_empty(),
        "{} of {asked} cases fail:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// The cases are the documentation of §4 by example, so no reason may be without one.
#[test]
fn every_rule_obstacle_and_relation_has_a_case() {
    let mut words = BTreeSet::new();
    for path in files().iter().map(|file| &file.path) {
        let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for case in file["cases"].as_array().unwrap() {
            texts(&case["expect"], &mut words);
        }
    }
    let rules = Rule::ALL.iter().map(|rule| rule.as_str());
    let obstacles = ObstacleCode::ALL.iter().map(|code| code.as_str());
    let relations = Relation::ALL.iter().map(|relation| relation.as_str());
    let missing: Vec<_> = rules
        .chain(obstacles)
        .chain(relations)
        .filter(|word| !words.contains(*word))
        .collect();
    assert_eq!(missing, [""; 0]);
}

/// The same of §10.5, and of the page's list of codes.
#[test]
fn every_diagnostic_has_a_case_and_a_line_in_the_semantics() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut words = BTreeSet::new();
    for path in files().iter().map(|file| &file.path) {
        let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for case in file["cases"].as_array().unwrap() {
            if case["ask"]["call"] == "diagnose" {
                texts(&case["includes"], &mut words);
                texts(&case["expect"], &mut words);
            }
        }
    }
    let missing: Vec<_> = Diagnostic::CODES
        .into_iter()
        .filter(|code| !words.contains(*code))
        .collect();
    assert_eq!(missing, [""; 0]);

    let page = std::fs::read_to_string(root.join("docs/semantics.md")).unwrap();
    let told = page.lines().filter_map(|line| {
        let mut cells = line.trim().strip_prefix("| ")?.split(" | ");
        let severity = cells.next()?;
        let severities = ["error", "warning", "info"];
        severities.contains(&severity).then(|| cells.next())?
    });
    let told: Vec<_> = told.map(|code| code.trim_matches('`')).collect();
    assert_eq!(told, Diagnostic::CODES);
}

/// Every text under a member named `rule`, `code` or `relation`.
fn texts(answer: &Value, into: &mut BTreeSet<String>) {
    match answer {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(word)
                        if matches!(name.as_str(), "rule" | "code" | "relation") =>
                    {
                        into.insert(word.clone());
                    }
                    value => texts(value, into),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        _ => {}
    }
}
