//! Where things are in this clone and on this machine, and the commands that find them there.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};

use crate::setup::tool;
use crate::toolchain::Toolchain;

/// This clone, and the folder of tools that all clones of one person share.
pub(crate) struct Project {
    /// The workspace's root.
    pub(crate) root: PathBuf,
    /// `SIDELIGHT_TOOLS`, or `sidelight/tools` in the person's cache folder.
    pub(crate) tools: PathBuf,
}

impl Project {
    /// Finds the clone from the folder of this crate.
    pub(crate) fn find() -> Result<Self> {
        let manifest =
            env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest)
            .ancestors()
            .nth(2)
            .context("crates/xtask is not inside a workspace")?
            .to_path_buf();
        Ok(Self {
            root,
            tools: tools_folder()?,
        })
    }

    /// A path inside the clone.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Where this machine's own programs are built.
    pub(crate) fn native_target(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.path("target"), |chosen| self.root.join(chosen))
    }

    /// Where WASM is built. Its own folder, so that two tool chains never wait for one another's lock, nor rebuild each
    /// other's work.
    pub(crate) fn wasm_target(&self) -> PathBuf {
        self.path("target/wasm32")
    }

    /// A command that runs at the root and finds the tools which set-up installed.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env("PATH", self.search_path());
        command
    }

    /// Cargo for this machine.
    pub(crate) fn cargo(&self) -> Command {
        self.command("cargo")
    }

    /// A command whose cargo builds for WASM.
    pub(crate) fn wasm_command(&self, program: &str, toolchain: Toolchain) -> Command {
        let mut command = self.command(program);
        toolchain.select(&mut command);
        command.env("CARGO_TARGET_DIR", self.wasm_target());
        command.env("CARGO_ENCODED_RUSTFLAGS", self.shipped_flags(&[]));
        command
    }

    /// Compiler flags of what is shipped: those given, and the ones by which it names sources without telling where this
    /// machine has them.
    pub(crate) fn shipped_flags(&self, given: &[&str]) -> OsString {
        let cargo_home = env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(env::home_dir()?.join(".cargo")));
        let cargo_home = cargo_home.map(|home| (home, "/cargo"));
        let mut flags = OsString::new();
        for (folder, name) in cargo_home
            .into_iter()
            .chain([(self.root.clone(), "/sidelight")])
        {
            if !flags.is_empty() {
                flags.push("\u{1f}");
            }
            flags.push("--remap-path-prefix=");
            flags.push(folder);
            flags.push("=");
            flags.push(name);
        }
        for flag in given {
            flags.push("\u{1f}");
            flags.push(flag);
        }
        flags
    }

    /// `PATH` with the installed tools first.
    pub(crate) fn search_path(&self) -> OsString {
        let mut folders = tool::all(self).map_or_else(
            |_| Vec::new(),
            |tools| {
                tools
                    .iter()
                    .map(|tool| tool.folder(self).join("bin"))
                    .collect::<Vec<_>>()
            },
        );
        folders.push(self.path("web/node_modules/.bin"));
        folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        // A folder whose name holds a colon cannot be on PATH at all; the person's own PATH still works.
        env::join_paths(folders).unwrap_or_else(|_| env::var_os("PATH").unwrap_or_default())
    }

    /// The version of a crate in `Cargo.lock`.
    pub(crate) fn locked_version(&self, name: &str) -> Result<String> {
        let lock = read(&self.path("Cargo.lock"))?;
        locked_version(&lock, name).ok_or_else(|| anyhow!("Cargo.lock names no crate `{name}`"))
    }

    /// A `key = "value"` line of the root `Cargo.toml`.
    pub(crate) fn manifest_value(&self, key: &str) -> Result<String> {
        let manifest = read(&self.path("Cargo.toml"))?;
        manifest_value(&manifest, key)
            .ok_or_else(|| anyhow!("Cargo.toml has no line `{key} = \"…\"`"))
    }
}

/// Reads a text file, naming it if that fails.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn tools_folder() -> Result<PathBuf> {
    if let Some(chosen) = env::var_os("SIDELIGHT_TOOLS") {
        return Ok(std::path::absolute(chosen)?);
    }
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| env::home_dir().map(|home| home.join(".cache")))
        .context("no home folder: set SIDELIGHT_TOOLS to a folder for the build tools")?;
    Ok(cache.join("sidelight").join("tools"))
}

/// Cargo writes a package's `name` line directly before its `version` line.
fn locked_version(lock: &str, name: &str) -> Option<String> {
    let wanted = format!("name = \"{name}\"");
    let mut lines = lock.lines().skip_while(|line| *line != wanted);
    lines.next()?;
    quoted(lines.next()?.strip_prefix("version = ")?)
}

fn manifest_value(manifest: &str, key: &str) -> Option<String> {
    manifest.lines().find_map(|line| {
        let value = line.strip_prefix(key)?.trim_start().strip_prefix('=')?;
        quoted(value.trim())
    })
}

fn quoted(value: &str) -> Option<String> {
    Some(value.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_exact_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"registry\"\n";
        assert_eq!(
            locked_version(lock, "wasm-bindgen").as_deref(),
            Some("0.2.130")
        );
        assert_eq!(locked_version(lock, "yew"), None);
    }

    #[test]
    fn a_manifest_value_is_read_with_or_without_spaces() {
        let manifest = "version = \"0.1.0\"\nwasm-bindgen=\"=0.2.130\"\nrust-version = \"1.95\"\n";
        assert_eq!(
            manifest_value(manifest, "version").as_deref(),
            Some("0.1.0")
        );
        assert_eq!(
            manifest_value(manifest, "wasm-bindgen").as_deref(),
            Some("=0.2.130")
        );
        assert_eq!(manifest_value(manifest, "wasm"), None);
    }
}
