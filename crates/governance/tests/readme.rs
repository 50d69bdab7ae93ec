//! The Rust example in the README is the example in this crate, and runs as printed.
#![allow(clippy::unwrap_used, reason = "a test that fails to set up has failed")]

use std::path::Path;
use std::process::Command;

#[test]
fn the_example_in_the_readme_runs_as_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let printed = readme
        .split("```rust\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let example =
        std::fs::read_to_string(root.join("crates/governance/examples/viewers.rs")).unwrap();
    assert_eq!(printed, Some(example.as_str()));

    let run = Command::new(env!("CARGO"))
        .args([
            "run",
            "--quiet",
            "--package",
            "sidelight-governance",
            "--example",
            "viewers",
        ])
        .current_dir(&root)
        .output()
        .unwrap();
    let told = String::from_utf8(run.stdout).unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    assert!(told.contains("yara: Yara"), "{told}");
    assert!(
        told.contains("is the record owner of this account."),
        "{told}"
    );
}
