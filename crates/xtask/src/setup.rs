//! `cargo xtask setup`: what a machine needs beyond Rust, installed once and then only looked at.
//!
//! Each part knows how to tell whether it is there and how to get it. The other commands call [`ensure`] with the parts
//! that they use, so that nobody waits for a browser to see the preview.

pub(crate) mod chromium;
mod distribution;
pub(crate) mod npm;
pub(crate) mod tool;
mod valgrind;
mod wasm_target;

use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};

use crate::process;
use crate::project::Project;

/// One thing that can be installed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    WasmTarget,
    WasmBindgen,
    Trunk,
    Npm,
    Chromium,
    Peers,
    CargoMutants,
    CargoFuzz,
    Twiggy,
    Valgrind,
}

impl Part {
    pub(crate) const ALL: [Self; 10] = [
        Self::WasmTarget,
        Self::WasmBindgen,
        Self::Trunk,
        Self::Npm,
        Self::Chromium,
        Self::Peers,
        Self::CargoMutants,
        Self::CargoFuzz,
        Self::Twiggy,
        Self::Valgrind,
    ];

    /// What the preview, the build and the tests use. The others are for who asks for them.
    const EVERYDAY: [Self; 5] = [
        Self::WasmTarget,
        Self::WasmBindgen,
        Self::Trunk,
        Self::Npm,
        Self::Chromium,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::WasmTarget => "wasm-target",
            Self::WasmBindgen => "wasm-bindgen",
            Self::Trunk => "trunk",
            Self::Npm => "npm",
            Self::Chromium => "chromium",
            Self::Peers => "peers",
            Self::CargoMutants => "cargo-mutants",
            Self::CargoFuzz => "cargo-fuzz",
            Self::Twiggy => "twiggy",
            Self::Valgrind => "valgrind",
        }
    }

    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::WasmTarget => {
                "Rust's library for WASM: by rustup, else from the distribution's packages"
            }
            Self::WasmBindgen => "the command line of wasm-bindgen, at the version in Cargo.lock",
            Self::Trunk => "what builds and serves the preview",
            Self::Npm => "the JavaScript tools in web/package.json: wasm-opt, Playwright, bundlers",
            Self::Chromium => "the browser for the tests, with its driver and a font",
            Self::Peers => "what the npm package is measured against, for `cargo xtask bench`",
            Self::CargoMutants => "what changes the rules on purpose, for `cargo xtask mutants`",
            Self::CargoFuzz => "what builds and runs the fuzzers, for `cargo xtask fuzz`",
            Self::Twiggy => "what tells the largest parts of a module, for `cargo xtask size`",
            Self::Valgrind => "what counts instructions, for `cargo xtask counts`",
        }
    }

    fn named(name: &str) -> Result<Self> {
        let known = Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|part| part.name() == name)
            .ok_or_else(|| anyhow!("set-up has no part `{name}`; its parts are {known}"))
    }

    /// What is there, in a few words; nothing if the part has to be installed.
    fn present(self, project: &Project) -> Result<Option<String>> {
        Ok(match self {
            Self::WasmTarget => wasm_target::present(),
            Self::WasmBindgen => tool::wasm_bindgen(project)?.present(project),
            Self::Trunk => tool::trunk().present(project),
            Self::Npm => npm::present(project, npm::TOOLS)?,
            Self::Chromium => chromium::present(),
            Self::Peers => npm::present(project, npm::PEERS)?,
            Self::CargoMutants => tool::mutants().present(project),
            Self::CargoFuzz => tool::fuzz().present(project),
            Self::Twiggy => tool::twiggy().present(project),
            Self::Valgrind => valgrind::present(project),
        })
    }

    fn install(self, project: &Project) -> Result<()> {
        match self {
            Self::WasmTarget => wasm_target::install(project),
            Self::WasmBindgen => tool::wasm_bindgen(project)?.install(project),
            Self::Trunk => tool::trunk().install(project),
            Self::Npm => npm::install(project, npm::TOOLS),
            Self::Chromium => chromium::install(project),
            Self::Peers => npm::install(project, npm::PEERS),
            Self::CargoMutants => tool::mutants().install(project),
            Self::CargoFuzz => tool::fuzz().install(project),
            Self::Twiggy => tool::twiggy().install(project),
            Self::Valgrind => valgrind::install(project),
        }
    }
}

/// The command: installs the named parts, or those of every day, and says what is there.
pub(crate) fn setup(project: &Project, names: &[String]) -> Result<()> {
    let parts = if names.is_empty() {
        Part::EVERYDAY.to_vec()
    } else {
        names
            .iter()
            .map(|name| Part::named(name))
            .collect::<Result<_>>()?
    };
    ensure(project, &parts)?;
    for part in parts {
        let present = part.present(project)?.unwrap_or_default();
        eprintln!("{:<13} {present}", part.name());
    }
    Ok(())
}

/// Installs those of the parts that are missing, and is silent about the others.
pub(crate) fn ensure(project: &Project, parts: &[Part]) -> Result<()> {
    for &part in parts {
        if part.present(project)?.is_some() {
            continue;
        }
        eprintln!("\nset-up: {} is missing ({})", part.name(), part.about());
        let started = Instant::now();
        part.install(project)
            .with_context(|| format!("set-up could not install {}", part.name()))?;
        match part.present(project)? {
            Some(present) => {
                eprintln!(
                    "set-up: {}: {present} ({})\n",
                    part.name(),
                    process::duration(started.elapsed())
                );
            }
            None => bail!(
                "set-up installed {} and still does not find it",
                part.name()
            ),
        }
    }
    Ok(())
}

/// Whether this process may install system packages.
fn is_root() -> bool {
    process::output(std::process::Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Installs Debian packages, or fails with what a person has to type.
fn install_debian_packages(project: &Project, packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    if !process::exists("apt-get") {
        bail!("this machine has no apt-get, so set-up cannot install {list}");
    }
    if !is_root() {
        bail!(
            "only root may install packages; run\n    sudo apt-get update && sudo apt-get install --no-install-recommends {list}\nand then this command again"
        );
    }
    // Without a fresh list, apt asks for versions that the archive no longer has.
    process::run(project.command("apt-get").arg("update"))?;
    // `--no-remove`: a package that conflicts with one which somebody chose is refused, never swapped in.
    process::run(
        project
            .command("apt-get")
            .args(["install", "--yes", "--no-install-recommends", "--no-remove"])
            .args(packages)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}
