//! `cargo xtask bench`: the packed npm package beside its peers, in Node and in Chromium, and the crate beside others.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::build;
use crate::process::{output, run};
use crate::project::Project;
use crate::setup::{self, Part, chromium};

/// Where it is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runtime {
    Node,
    Chromium,
    Native,
}

impl Runtime {
    const ALL: [Self; 3] = [Self::Node, Self::Chromium, Self::Native];

    fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Chromium => "chromium",
            Self::Native => "native",
        }
    }
}

/// What is measured.
pub(crate) struct Options {
    /// The names of runtimes; none for all of them.
    pub(crate) runtimes: Vec<String>,
    /// The name of the organisation's size. Only what was measured on the default is published.
    pub(crate) size: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            runtimes: Vec::new(),
            size: PUBLISHED.to_owned(),
        }
    }
}

/// The size that the goals are meant for.
const PUBLISHED: &str = "l";
/// On this one all are asked about everything, and a prediction is compared with one on the measured size.
const SMALL: &str = "s";

/// The command: asserts that all answer alike, measures, and writes the figures into the page. Runtimes that are not
/// named keep the figures that were measured last.
pub(crate) fn bench(project: &Project, options: &Options) -> Result<()> {
    let runtimes = chosen(&options.runtimes)?;
    let folder = project.native_target().join("bench").join(&options.size);
    std::fs::create_dir_all(&folder)?;
    setup::ensure(project, &[Part::Npm, Part::Peers])?;
    if runtimes.iter().any(|&runtime| runtime != Runtime::Native) {
        in_javascript(project, &runtimes, &options.size, &folder)?;
    }
    if runtimes.contains(&Runtime::Native) {
        natively(project, &options.size, &folder)?;
    }
    let mut report = project.command("node");
    report.arg("web/bench/report.mjs").arg(&folder);
    if options.size == PUBLISHED {
        report.arg("--publish");
    }
    run(&mut report)
}

fn in_javascript(project: &Project, runtimes: &[Runtime], size: &str, folder: &Path) -> Result<()> {
    let tarball = build::package(project)?;
    let [small, measured] = organisations(project, [SMALL, size])?;
    let limit = folder.join("limit.wasm");
    run(project
        .command("wasm-opt")
        .args(["-O3", "web/bench/limit.wat", "--output"])
        .arg(&limit))?;
    let measure = |script: &str, figures: &str| {
        let mut command = project.command("node");
        command
            // What one contestant leaves behind is collected before the next one is timed, and what has been compiled stays.
            .args(["--expose-gc", "--no-flush-bytecode"])
            // A million records as objects, for each of the peers with what it adds.
            .arg("--max-old-space-size=8192")
            .arg(script)
            .args([&small, &measured, &limit, &folder.join(figures)])
            .env("SIDELIGHT_TARBALL", &tarball);
        command
    };
    if runtimes.contains(&Runtime::Node) {
        run(&mut measure("web/bench/node.mjs", "node.json"))?;
    }
    if runtimes.contains(&Runtime::Chromium) {
        setup::ensure(project, &[Part::Chromium])?;
        run(measure("web/bench/chromium.mjs", "chromium.json").env(
            "SIDELIGHT_CHROMIUM",
            chromium::program().context("there is no browser")?,
        ))?;
    }
    Ok(())
}

/// The crate beside others, and what a record costs in memory. Each by a program of its own: what counts memory is not
/// in the way of what is timed.
fn natively(project: &Project, size: &str, folder: &Path) -> Result<()> {
    let cargo = || {
        let mut command = project.cargo();
        command.args(["run", "--release", "--locked", "--package", NATIVE]);
        command.args(["--features", "peers", "--bin"]);
        command
    };
    let memory = folder.join("memory.json");
    run(cargo().args(["memory", "--", size]).arg(&memory))?;
    run(cargo()
        .args(["native", "--", size])
        .args([memory, folder.join("native.json")]))
}

/// Built by itself: with its peers, its dependencies change features of the other crates'.
pub(crate) const NATIVE: &str = "sidelight-bench";

/// The documents of some sizes, written where they are not there yet.
pub(crate) fn organisations<const N: usize>(
    project: &Project,
    sizes: [&str; N],
) -> Result<[PathBuf; N]> {
    let example = |command: &str| {
        let mut cargo = project.cargo();
        cargo.args([command, "--locked", "--package", "sidelight-testkit"]);
        cargo.args(["--example", "organisation"]);
        cargo
    };
    run(&mut example("build"))?;
    eprintln!("organisations: {}", sizes.join(", "));
    let written = output(
        example("run")
            .args(["--quiet", "--"])
            .arg(project.native_target().join("organisations"))
            .args(sizes),
    )?;
    let files: Vec<_> = written.lines().map(PathBuf::from).collect();
    files
        .try_into()
        .ok()
        .context("the organisations were not written")
}

fn chosen(names: &[String]) -> Result<Vec<Runtime>> {
    if names.is_empty() {
        return Ok(Runtime::ALL.to_vec());
    }
    let known = Runtime::ALL.map(Runtime::name).join(", ");
    names
        .iter()
        .map(|name| {
            let mut all = Runtime::ALL.into_iter();
            match all.find(|runtime| runtime.name() == name) {
                Some(runtime) => Ok(runtime),
                None => bail!("nothing is measured in `{name}`; it can be one of {known}"),
            }
        })
        .collect()
}
