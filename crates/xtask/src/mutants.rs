//! `cargo xtask mutants`: the rules with one thing changed at a time, each of which a test must notice.

use anyhow::{Context, Result};

use crate::process::run;
use crate::project::Project;
use crate::setup::{self, Part};

/// The command: every mutant of the rules, or those of the files named, such as `decision.rs`. Which tests judge is in
/// `.cargo/mutants.toml`, and which mutants change nothing in `docs/mutants.md`.
pub(crate) fn mutants(project: &Project, files: &[String]) -> Result<()> {
    setup::ensure(project, &[Part::CargoMutants])?;
    let mut command = project.cargo();
    command
        .args(["mutants", "--package", "sidelight-governance", "--output"])
        .arg(project.native_target())
        // Most mutants fail in the first organisations. A mutant that survives these cases is to be tried with more.
        .env("PROPTEST_CASES", "120")
        // What a failure looks like at its smallest is of no interest here.
        .env("PROPTEST_MAX_SHRINK_ITERS", "0");
    for file in files {
        command.args(["--file", file]);
    }
    run(&mut command).with_context(|| {
        format!(
            "what survived is in {}",
            project
                .native_target()
                .join("mutants.out/missed.txt")
                .display()
        )
    })
}
