//! What the fuzzers once found, and stays found: each file under `fuzz/regressions/<target>/`.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;

use proptest::test_runner::TestCaseResult;
use sidelight_testkit::fuzz;

fn replay(target: &str, fuzzer: impl Fn(&[u8]) -> TestCaseResult) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/regressions")
        .join(target);
    let mut inputs = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if let Err(difference) = fuzzer(&fs::read(&path).unwrap()) {
            panic!("{}: {difference}", path.display());
        }
        inputs += 1;
    }
    assert!(inputs > 0, "{} is empty", folder.display());
}

#[test]
fn documents_answer_as_before() {
    replay("load", fuzz::load);
}

#[test]
fn changes_answer_as_before() {
    replay("changes", fuzz::changes);
}

#[test]
fn questions_answer_as_before() {
    replay("filters", fuzz::filters);
}

#[test]
fn altered_slices_answer_as_before() {
    replay("slices", fuzz::slices);
}
