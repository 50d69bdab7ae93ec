//! `cargo xtask check`: what holds for the whole project without running it.

mod licence;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::run;
use crate::project::{Project, read};
use crate::setup::{self, Part, npm, tool};
use crate::tally::{Report, Tally};
use crate::toolchain::{Toolchain, WASM};

/// The command: all steps, and whether all hold.
pub(crate) fn check(project: &Project) -> bool {
    let mut report = Report::default();
    steps(project, &mut report);
    eprintln!("\n{report}");
    println!("{}", report.total());
    report.total().failed == 0
}

/// Each step counts as one test.
pub(crate) fn steps(project: &Project, report: &mut Report) {
    let mut step = |name: &str, work: &dyn Fn() -> Result<()>| {
        report.step(name, |tally| {
            work()?;
            tally.add(Tally::PASSED);
            Ok(())
        });
    };
    step("format", &|| {
        run(project
            .cargo()
            .args(["fmt", "--all", "--", "--check", "-l"]))?;
        // The fuzzers are a workspace of their own.
        run(project.cargo().args([
            "fmt",
            "--manifest-path",
            "fuzz/Cargo.toml",
            "--",
            "--check",
            "-l",
        ]))
    });
    step("lints", &|| {
        run(project.cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]))
    });
    step("lints for WASM", &|| lint_wasm(project));
    step("documentation", &|| {
        run(project
            .cargo()
            .args(["doc", "--workspace", "--no-deps", "--locked", "--quiet"])
            .env("RUSTDOCFLAGS", "-D warnings"))
    });
    step("licences", &|| licence::check(project));
    step("versions", &|| versions(project));
    step("sources", &|| sources(project));
}

fn lint_wasm(project: &Project) -> Result<()> {
    setup::ensure(project, &[Part::WasmTarget])?;
    let toolchain = Toolchain::require()?;
    let lints = toolchain.has_clippy();
    if !lints {
        eprintln!("this tool chain has no clippy, so that the code is only compiled");
    }
    let mut command = project.wasm_command("cargo", toolchain);
    command.args([
        if lints { "clippy" } else { "check" },
        "--locked",
        "--target",
        WASM,
    ]);
    for package in [
        "sidelight-governance",
        "sidelight-wasm",
        "sidelight-sidebar",
    ] {
        command.args(["--package", package]);
    }
    if lints {
        command.args(["--", "-D", "warnings"]);
    }
    run(&mut command)
}

/// One version of wasm-bindgen everywhere, and one version of this project everywhere.
fn versions(project: &Project) -> Result<()> {
    setup::ensure(project, &[Part::WasmBindgen])?;
    let locked = project.locked_version("wasm-bindgen")?;
    let pinned = project.manifest_value("wasm-bindgen")?;
    if pinned != format!("={locked}") {
        bail!("Cargo.toml asks for wasm-bindgen `{pinned}`, and Cargo.lock has {locked}");
    }
    let installed = tool::wasm_bindgen(project)?.found_version(project);
    if installed.as_deref() != Some(locked.as_str()) {
        bail!("the program wasm-bindgen is {installed:?}, and Cargo.lock has {locked}");
    }

    let version = project.manifest_value("version")?;
    for manifest in npm_manifests(project)? {
        let found: Value = serde_json::from_str(&read(&manifest)?)?;
        if let Some(found) = found.get("version").and_then(Value::as_str)
            && found != version
        {
            bail!(
                "{} is at {found}, and the workspace at {version}",
                manifest.display()
            );
        }
    }
    Ok(())
}

fn npm_manifests(project: &Project) -> Result<Vec<PathBuf>> {
    let folders = fs::read_dir(project.path("web"))?
        .flatten()
        .map(|entry| entry.path().join("package.json"));
    Ok(folders.filter(|manifest| manifest.is_file()).collect())
}

/// Nothing in the repository belongs to one machine: no path of a person's folder, no download address in a lock file.
fn sources(project: &Project) -> Result<()> {
    let found = project
        .command("git")
        .args([
            "grep",
            "--line-number",
            "-I",
            "-E",
            "(^|[^a-zA-Z0-9_.}])/(home|root|Users|work)/[A-Za-z]",
        ])
        .args(["--", ":!crates/xtask/src/check.rs"])
        .output()?;
    match found.status.code() {
        Some(0) => bail!(
            "a path of one machine is named:\n{}",
            String::from_utf8_lossy(&found.stdout)
        ),
        // git's way to say that it found nothing.
        Some(1) => {}
        _ => bail!(
            "git grep failed: {}",
            String::from_utf8_lossy(&found.stderr)
        ),
    }
    for folder in npm::FOLDERS {
        let lock = npm::lock(folder);
        let locked: Value = serde_json::from_str(&read(&project.path(&lock))?)?;
        let packages = locked
            .get("packages")
            .and_then(Value::as_object)
            .with_context(|| format!("{lock} has no packages"))?;
        for (path, package) in packages {
            if package.get("resolved").is_some() {
                bail!(
                    "{lock} names where {path} was downloaded; make it anew with {folder}/.npmrc in force"
                );
            }
        }
    }
    Ok(())
}
