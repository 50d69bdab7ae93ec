//! `cargo xtask build`: everything that ships, in release form, from Rust to packed tarballs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::process::run;
use crate::project::Project;
use crate::setup::{self, Part};
use crate::toolchain::{Toolchain, WASM};

/// The cargo profile of the policy module.
const MODULE_PROFILE: &str = "wasm-release";
/// The cargo profile of the sidebar.
const SIDEBAR_PROFILE: &str = "wasm-sidebar";
/// The compiler puts less into its only caller: the sidebar is 2 % smaller, and is asked once per click
/// (`docs/decisions/0007-size.md`).
const SIDEBAR_FLAGS: [&str; 3] = [
    "-Cllvm-args=-inline-instr-cost=500",
    "-Cllvm-args=-inline-threshold=500",
    "-Cllvm-args=-inline-call-penalty=2500",
];
/// Where the policy module is left for `web/governance/build.mjs` to assemble.
const MODULE: &str = "target/wasm/governance";
/// Where packed npm packages are left.
const PACKED: &str = "target/npm";
/// Where the preview in release form is left, as a folder of static files.
const PREVIEW: &str = "target/preview";

/// The command: both of what follows.
pub(crate) fn build(project: &Project) -> Result<()> {
    let tarball = package(project)?;
    let preview = preview(project)?;
    eprintln!(
        "\nbuilt: {}\nbuilt: {}",
        tarball.display(),
        preview.display()
    );
    Ok(())
}

/// The policy module in its npm package `@sidelight/governance`. Gives the packed tarball.
pub(crate) fn package(project: &Project) -> Result<PathBuf> {
    setup::ensure(project, &[Part::WasmTarget, Part::WasmBindgen, Part::Npm])?;
    module(project, Toolchain::require()?)?;
    let packed = project.path(PACKED);
    fs::remove_dir_all(&packed).ok();
    fs::create_dir_all(&packed)?;
    run(project.command("node").arg("web/governance/build.mjs"))?;
    run(project
        .command("npm")
        .current_dir(project.path("web/governance"))
        .args(["pack", "--silent", "--ignore-scripts", "--pack-destination"])
        .arg(&packed))?;
    only_tarball(&packed)
}

/// The preview as it would be put on a web server. Gives the folder of its files.
pub(crate) fn preview(project: &Project) -> Result<PathBuf> {
    setup::ensure(
        project,
        &[Part::WasmTarget, Part::WasmBindgen, Part::Trunk, Part::Npm],
    )?;
    let folder = project.path(PREVIEW);
    let mut trunk = project.wasm_command("trunk", Toolchain::require()?);
    trunk.env(
        "CARGO_ENCODED_RUSTFLAGS",
        project.shipped_flags(&SIDEBAR_FLAGS),
    );
    run(quiet_trunk(&mut trunk)
        .args([
            "build",
            "--release",
            "--locked",
            "--cargo-profile",
            SIDEBAR_PROFILE,
            "--dist",
        ])
        .arg(&folder))?;
    Ok(folder)
}

/// `crates/wasm` as an optimised module with its JavaScript and types.
fn module(project: &Project, toolchain: Toolchain) -> Result<()> {
    run(project.wasm_command("cargo", toolchain).args([
        "build",
        "--package",
        "sidelight-wasm",
        "--profile",
        MODULE_PROFILE,
        "--target",
        WASM,
        "--locked",
    ]))?;

    let compiled = compiled_module(project);
    let folder = project.path(MODULE);
    fs::remove_dir_all(&folder).ok();
    run(project
        .command("wasm-bindgen")
        .args(["--target", "web", "--out-name", "sidelight", "--out-dir"])
        .arg(&folder)
        .arg(&compiled))?;

    let module = folder.join("sidelight_bg.wasm");
    run(project
        .command("wasm-opt")
        .args(OPTIMISE)
        .arg(&module)
        .arg("--output")
        .arg(&module))
}

/// The policy module as it was linked, with the names of its functions.
pub(crate) fn compiled_module(project: &Project) -> PathBuf {
    compiled(project, MODULE_PROFILE, "sidelight_wasm.wasm")
}

/// The sidebar's, in the same form.
pub(crate) fn compiled_sidebar(project: &Project) -> PathBuf {
    compiled(project, SIDEBAR_PROFILE, "preview.wasm")
}

fn compiled(project: &Project, profile: &str, file: &str) -> PathBuf {
    project.wasm_target().join(WASM).join(profile).join(file)
}

/// What today's rustc emits for WASM, all of it in every browser for years.
const OPTIMISE: [&str; 12] = [
    "-O3",
    // The compiler has put into its only caller what is quicker there; more makes functions of so many locals that they
    // hardly compress.
    "--one-caller-inline-max-function-size=30",
    // Nothing that is read or written lies in the first kilobyte: the stack ends there, far below where it is used.
    "--low-memory-unused",
    // Functions of one kind beside one another compress better.
    "--reorder-functions-by-name",
    "--enable-bulk-memory",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-sign-ext",
    "--strip-producers",
    "--strip-target-features",
];

fn only_tarball(packed: &Path) -> Result<PathBuf> {
    let mut tarballs = fs::read_dir(packed)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "tgz"));
    match (tarballs.next(), tarballs.next()) {
        (Some(tarball), None) => Ok(tarball),
        _ => bail!("expected exactly one tarball in {}", packed.display()),
    }
}

/// Trunk reads `NO_COLOR=1` as a bad value of its own option and refuses to start; and a missing file is told with a
/// stack of its own functions where `RUST_BACKTRACE` is set.
pub(crate) fn quiet_trunk(trunk: &mut Command) -> &mut Command {
    trunk
        .env_remove("NO_COLOR")
        .env_remove("RUST_BACKTRACE")
        .arg("--skip-version-check")
}
