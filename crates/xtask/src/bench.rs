//! `cargo xtask bench`: the packed npm package beside its peers, in one process of Node.

use anyhow::Result;

use crate::build;
use crate::process::run;
use crate::project::Project;
use crate::setup::{self, Part};

/// The command: builds the package, asserts that all answer alike, measures, and writes the figures into the page.
pub(crate) fn bench(project: &Project) -> Result<()> {
    setup::ensure(project, &[Part::Peers])?;
    let tarball = build::package(project)?;
    // What one contestant leaves behind is collected before the next one is timed, and what has been compiled stays.
    run(project
        .command("node")
        .args(["--expose-gc", "--no-flush-bytecode", "web/bench/bench.mjs"])
        .env("SIDELIGHT_TARBALL", tarball))
}
