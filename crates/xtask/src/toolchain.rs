//! Which Rust tool chain builds for WASM on this machine.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// The one target that is built beside the machine's own.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The name under which the distribution's tool chain is linked into rustup.
pub(crate) const DISTRIBUTION: &str = "distro";

/// A tool chain that has the WASM target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The one that is active anyway.
    Active,
    /// The distribution's, linked into rustup as `distro`.
    Distribution,
}

impl Toolchain {
    /// The tool chain that can build for WASM now, if there is one. The active one comes first.
    pub(crate) fn find() -> Option<Self> {
        [Self::Active, Self::Distribution]
            .into_iter()
            .find(|toolchain| toolchain.has_target())
    }

    /// The same, after set-up.
    pub(crate) fn require() -> Result<Self> {
        Self::find().context("the WASM target has gone; run `cargo xtask setup wasm-target`")
    }

    /// Makes the command, and what it starts, use this tool chain.
    pub(crate) fn select(self, command: &mut Command) {
        if self == Self::Distribution {
            command.env("RUSTUP_TOOLCHAIN", DISTRIBUTION);
            // Cargo gives `cargo run` the active tool chain's libraries to load; they are not this tool chain's.
            command.env_remove("LD_LIBRARY_PATH");
        }
    }

    /// `rustc --version` of it.
    pub(crate) fn version(self) -> Result<String> {
        let mut rustc = Command::new("rustc");
        self.select(&mut rustc);
        Ok(process::output(rustc.arg("--version"))?.trim().to_owned())
    }

    /// Whether it can lint as well as build. The distribution's clippy is a package of its own.
    pub(crate) fn has_clippy(self) -> bool {
        let mut cargo = Command::new("cargo");
        self.select(&mut cargo);
        process::output(cargo.args(["clippy", "--version"])).is_ok()
    }

    fn has_target(self) -> bool {
        let mut rustc = Command::new("rustc");
        self.select(&mut rustc);
        process::output(rustc.args(["--print", "target-libdir", "--target", WASM]))
            .is_ok_and(|folder| has_standard_library(Path::new(folder.trim())))
    }
}

/// Whether the folder holds a compiled standard library; rustc names the folder whether or not anything is in it.
pub(crate) fn has_standard_library(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| is_standard_library(&entry.file_name().to_string_lossy()))
    })
}

/// `libstd-HASH.rlib` as rustup has it, `libstd.rlib` as cargo names a crate that could be a dynamic library as well.
fn is_standard_library(file: &str) -> bool {
    file.strip_prefix("libstd")
        .and_then(|rest| rest.strip_suffix(".rlib"))
        .is_some_and(|hash| hash.is_empty() || hash.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_library_is_known_with_and_without_a_hash() {
        assert!(is_standard_library("libstd-3f2a.rlib"));
        assert!(is_standard_library("libstd.rlib"));
        assert!(!is_standard_library("libstd_detect-3f2a.rlib"));
        assert!(!is_standard_library("libstd-3f2a.rmeta"));
    }
}
