//! The browser that the tests drive.

use std::env;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::install_debian_packages;
use crate::process::output;
use crate::project::Project;

const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// The browser to use: the one named by `SIDELIGHT_CHROMIUM`, else the first that is on `PATH`.
pub(crate) fn program() -> Option<String> {
    if let Ok(chosen) = env::var("SIDELIGHT_CHROMIUM") {
        return Some(chosen);
    }
    let path = env::var_os("PATH")?;
    let folders: Vec<_> = env::split_paths(&path).collect();
    NAMES.iter().find_map(|name| {
        folders
            .iter()
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
            .map(|file| file.to_string_lossy().into_owned())
    })
}

pub(crate) fn present() -> Option<String> {
    let program = program()?;
    let version = output(Command::new(&program).arg("--version")).ok()?;
    // Without any font, pages render as blanks, and their screenshots prove nothing.
    let has_font = !cfg!(target_os = "linux")
        || fs::read_dir("/usr/share/fonts").is_ok_and(|mut fonts| fonts.next().is_some());
    has_font.then(|| version.trim().to_owned())
}

pub(crate) fn install(project: &Project) -> Result<()> {
    if let Ok(chosen) = env::var("SIDELIGHT_CHROMIUM") {
        let found = output(Command::new(&chosen).arg("--version"));
        if found.is_err() {
            bail!(
                "SIDELIGHT_CHROMIUM names `{chosen}`, which cannot be started; correct or unset it"
            );
        }
    }
    install_debian_packages(project, &["chromium", "chromium-driver", "fonts-dejavu-core"])
        .context("install Chromium or Chrome, and set SIDELIGHT_CHROMIUM to its program if it is not on PATH")
}
