//! What counts instructions.

use anyhow::Result;

use super::install_debian_packages;
use crate::process::output;
use crate::project::Project;

pub(crate) fn present(project: &Project) -> Option<String> {
    let version = output(project.command("valgrind").arg("--version")).ok()?;
    Some(version.trim().to_owned())
}

pub(crate) fn install(project: &Project) -> Result<()> {
    install_debian_packages(project, &["valgrind"])
}
