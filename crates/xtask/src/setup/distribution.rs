//! The WASM target from Debian's packages, for machines where rustup cannot reach its servers.
//!
//! Debian ships a current Rust for its browsers (`rustc-web`), with the library's source. That compiler builds the
//! library for WASM, and rustup gets to know the result as the tool chain `distro`. The machine's own Rust stays in
//! charge of everything else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::install_debian_packages;
use crate::process::{exists, output, run};
use crate::project::Project;
use crate::toolchain::{DISTRIBUTION, WASM, has_standard_library};

/// The compiler, cargo, the library's source, the `llvm` tools and the linter.
const PACKAGES: [&str; 5] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-llvm",
    "rust-web-clippy",
];
const SYSROOT: &str = "/usr";

pub(crate) fn install(project: &Project) -> Result<()> {
    if !exists("rustup") {
        bail!(
            "without rustup, a second tool chain cannot stand beside this machine's; install rustup first"
        );
    }
    install_debian_packages(project, &PACKAGES)?;
    let compiler = Compiler::installed(project)?;
    let linker = format!("lld-{}", compiler.llvm);
    install_debian_packages(project, &[&linker])?;
    build_standard_library(project, &compiler)?;
    run(project
        .command("rustup")
        .args(["toolchain", "link", DISTRIBUTION, SYSROOT]))
}

/// What `/usr/bin/rustc -vV` says of itself.
#[derive(Debug, PartialEq, Eq)]
struct Compiler {
    version: String,
    llvm: u32,
}

impl Compiler {
    fn installed(project: &Project) -> Result<Self> {
        let said = output(Command::new("/usr/bin/rustc").arg("-vV"))?;
        let found = Self::read(&said).context("`rustc -vV` names no release or no LLVM version")?;
        let oldest = project.manifest_value("rust-version")?;
        if numbers(&found.version) < numbers(&oldest) {
            bail!(
                "the distribution's Rust is {}, and {oldest} is needed",
                found.version
            );
        }
        Ok(found)
    }

    fn read(said: &str) -> Option<Self> {
        let value = |key: &str| said.lines().find_map(|line| line.strip_prefix(key));
        Some(Self {
            version: value("release: ")?.to_owned(),
            llvm: value("LLVM version: ")?.split('.').next()?.parse().ok()?,
        })
    }
}

/// Compiles the library for WASM into the distribution's compiler.
fn build_standard_library(project: &Project, compiler: &Compiler) -> Result<()> {
    let installed = PathBuf::from(SYSROOT)
        .join("lib/rustlib")
        .join(WASM)
        .join("lib");
    if has_standard_library(&installed) {
        return Ok(());
    }
    let source = PathBuf::from(format!("/usr/src/rustc-{}/library", compiler.version));
    if !source.is_dir() {
        bail!("the package rust-web-src has no {}", source.display());
    }
    let work = project.tools.join(format!(".library-{}", compiler.version));
    fs::create_dir_all(&work)?;
    // Cargo writes a lock file beside what it builds, and the packaged source is not ours to change.
    run(project
        .command("cp")
        .arg("--recursive")
        .arg("--no-target-directory")
        .arg(&source)
        .arg(work.join("library")))?;

    // The library is built as its own sysroot is: its unstable features are allowed, and marked as the library's.
    run(project
        .command("/usr/bin/cargo")
        .current_dir(work.join("library"))
        .args([
            "build",
            "--manifest-path",
            "sysroot/Cargo.toml",
            "--release",
            "--target",
            WASM,
        ])
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env(
            "RUSTFLAGS",
            "-Zforce-unstable-if-unmarked -Cembed-bitcode=yes",
        )
        .env("CARGO_TARGET_DIR", work.join("target"))
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("LD_LIBRARY_PATH"))?;

    move_in(
        &work.join("target").join(WASM).join("release/deps"),
        &installed,
    )?;
    fs::remove_dir_all(&work).ok();
    Ok(())
}

/// Puts the compiled crates in place, all at once.
fn move_in(compiled: &Path, installed: &Path) -> Result<()> {
    let partial = installed.with_extension("partial");
    fs::remove_dir_all(&partial).ok();
    fs::create_dir_all(&partial)
        .with_context(|| format!("cannot write to {}", partial.display()))?;
    for entry in fs::read_dir(compiled)? {
        let file = entry?.path();
        if file
            .extension()
            .is_some_and(|extension| extension == "rlib")
            && let Some(name) = file.file_name()
        {
            fs::copy(&file, partial.join(name))?;
        }
    }
    fs::remove_dir_all(installed).ok();
    fs::rename(&partial, installed)
        .with_context(|| format!("cannot move the library to {}", installed.display()))
}

fn numbers(version: &str) -> Vec<u32> {
    version
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_says_its_release_and_its_llvm() {
        let said = "rustc 1.96.0 (abc 2026-05-01) (built from a source tarball)\nbinary: rustc\nrelease: 1.96.0\nLLVM version: 22.1.8\n";
        assert_eq!(
            Compiler::read(said),
            Some(Compiler {
                version: "1.96.0".to_owned(),
                llvm: 22
            })
        );
        assert_eq!(Compiler::read("release: 1.96.0\n"), None);
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(numbers("1.100.0") > numbers("1.95"));
        assert!(numbers("1.95.0") >= numbers("1.95"));
        assert!(numbers("1.85.0") < numbers("1.95"));
    }
}
