//! Command-line tools that are compiled from their crates, once per person and version.

use std::fs;
use std::path::PathBuf;
use std::process;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{output, run};
use crate::project::Project;

/// A crate whose program is installed at one exact version.
pub(crate) struct Tool {
    name: &'static str,
    program: &'static str,
    version: String,
    /// What makes it tell its version.
    asked: &'static [&'static str],
    /// Whether the crate's own lock file can be used.
    locked: bool,
}

/// The program that turns compiled Rust into a module with its JavaScript. It must be of the version that the
/// `wasm-bindgen` crate has, so that version is read from `Cargo.lock`.
pub(crate) fn wasm_bindgen(project: &Project) -> Result<Tool> {
    Ok(Tool {
        name: "wasm-bindgen-cli",
        program: "wasm-bindgen",
        version: project.locked_version("wasm-bindgen")?,
        asked: &["--version"],
        // Its lock file may name versions that were withdrawn since.
        locked: false,
    })
}

/// What builds and serves the preview.
pub(crate) fn trunk() -> Tool {
    // 0.22 asks for a newer Rust than the workspace does.
    Tool {
        name: "trunk",
        program: "trunk",
        version: "0.21.14".to_owned(),
        asked: &["--version"],
        locked: true,
    }
}

/// What breaks the rules on purpose, to see whether a test notices.
pub(crate) fn mutants() -> Tool {
    Tool {
        name: "cargo-mutants",
        program: "cargo-mutants",
        version: "27.1.0".to_owned(),
        // It is a subcommand of cargo and nothing else.
        asked: &["mutants", "--version"],
        locked: true,
    }
}

/// What builds the fuzzers and runs them.
pub(crate) fn fuzz() -> Tool {
    Tool {
        name: "cargo-fuzz",
        program: "cargo-fuzz",
        version: "0.13.2".to_owned(),
        asked: &["--version"],
        locked: true,
    }
}

/// What tells the largest parts of a module.
pub(crate) fn twiggy() -> Tool {
    Tool {
        name: "twiggy",
        program: "twiggy",
        version: "0.8.0".to_owned(),
        asked: &["--version"],
        locked: true,
    }
}

/// All of them.
pub(crate) fn all(project: &Project) -> Result<[Tool; 5]> {
    Ok([wasm_bindgen(project)?, trunk(), mutants(), fuzz(), twiggy()])
}

impl Tool {
    /// Where this version lives. The folder appears whole or not at all, so that it is its own proof of installation.
    pub(crate) fn folder(&self, project: &Project) -> PathBuf {
        project
            .tools
            .join(format!("{}-{}", self.program, self.version))
    }

    /// What the program itself says that it is, from the installed folder or from the person's own `PATH`.
    pub(crate) fn found_version(&self, project: &Project) -> Option<String> {
        let said = output(project.command(self.program).args(self.asked)).ok()?;
        version_of(&said).map(str::to_owned)
    }

    pub(crate) fn present(&self, project: &Project) -> Option<String> {
        let found = self.found_version(project)?;
        (found == self.version).then_some(found)
    }

    pub(crate) fn install(&self, project: &Project) -> Result<()> {
        let folder = self.folder(project);
        let label = format!("{}-{}", self.program, self.version);
        let partial = project.tools.join(format!(".{label}-{}", process::id()));
        let build = project.tools.join(format!(".{label}-build"));
        // A folder whose program does not answer with its version is broken.
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&project.tools).with_context(|| {
            format!(
                "cannot make the folder of tools {}",
                project.tools.display()
            )
        })?;

        eprintln!(
            "set-up: {} is compiled from its sources, once for all clones; a few minutes on two cores",
            self.program
        );
        run(&mut self.install_command(project, &partial, &build)).with_context(|| {
            format!(
                "crates could not be downloaded or compiled. Run this command again, and it goes on where it stopped; \
                 or install {} {} by any other way and have it on PATH",
                self.program, self.version
            )
        })?;

        if let Err(error) = fs::rename(&partial, &folder) {
            fs::remove_dir_all(&partial).ok();
            // Another clone may have been quicker; what it installed is the same.
            if self.present(project).is_none() {
                return Err(error).with_context(|| {
                    format!("cannot move the installed tool to {}", folder.display())
                });
            }
        }
        fs::remove_dir_all(&build).ok();
        Ok(())
    }

    /// Built to be there soon, not to be fast: a tool runs for a second and is compiled for minutes.
    fn install_command(&self, project: &Project, partial: &PathBuf, build: &PathBuf) -> Command {
        let mut command = project.command("cargo");
        command
            .args(["install", self.name, "--version"])
            .arg(format!("={}", self.version))
            .args([
                "--no-default-features",
                "--bin",
                self.program,
                "--no-track",
                "--root",
            ])
            .arg(partial)
            .env("CARGO_TARGET_DIR", build)
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo")
            // Where the lock file is not used: versions that this machine's Rust can compile.
            .env("CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS", "fallback");
        if self.locked {
            command.arg("--locked");
        }
        command
    }
}

/// `wasm-bindgen 0.2.130 (abc)` and `trunk 0.21.14` alike.
fn version_of(said: &str) -> Option<&str> {
    said.split_whitespace().nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_second_word() {
        assert_eq!(
            version_of("wasm-bindgen 0.2.130 (4f1e2)\n"),
            Some("0.2.130")
        );
        assert_eq!(version_of("trunk 0.21.14\n"), Some("0.21.14"));
        assert_eq!(version_of("trunk"), None);
    }

    #[test]
    fn a_folder_belongs_to_one_version() {
        let project = Project {
            root: PathBuf::from("/clone"),
            tools: PathBuf::from("/tools"),
        };
        assert_eq!(
            trunk().folder(&project),
            PathBuf::from("/tools/trunk-0.21.14")
        );
    }
}
