//! The packages in the `node_modules` of a folder, exactly as its `package-lock.json` has them.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::process::{output, run};
use crate::project::{Project, read};

/// The tools of the build and the tests.
pub(crate) const TOOLS: &str = "web";
/// What the npm package is measured against.
pub(crate) const PEERS: &str = "web/bench";
/// Every folder that has a lock file.
pub(crate) const FOLDERS: [&str; 2] = [TOOLS, PEERS];

/// A copy of the lock file that was installed from. `npm ci` begins by deleting the folder it is in, so an interrupted
/// installation never passes for a whole one.
const INSTALLED: &str = "node_modules/.sidelight-installed.json";
const OLDEST_NODE: u32 = 20;

/// The lock file of a folder.
pub(crate) fn lock(folder: &str) -> String {
    format!("{folder}/package-lock.json")
}

pub(crate) fn present(project: &Project, folder: &str) -> Result<Option<String>> {
    let name = lock(folder);
    let lock = read(&project.path(&name))?;
    let Ok(installed) = fs::read_to_string(project.path(folder).join(INSTALLED)) else {
        return Ok(None);
    };
    Ok((installed == lock).then(|| format!("{folder}/node_modules as in {name}")))
}

pub(crate) fn install(project: &Project, folder: &str) -> Result<()> {
    require_node(project)?;
    let name = lock(folder);
    let lock = read(&project.path(&name))?;
    // No package here needs its install script: esbuild's only makes its start a little quicker.
    run(project.command("npm").args(["ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund"]))
        .with_context(|| format!("packages could not be installed from {name}; run this command again when npm can reach its registry"))?;
    fs::write(project.path(folder).join(INSTALLED), lock)?;
    Ok(())
}

fn require_node(project: &Project) -> Result<()> {
    let Ok(said) = output(project.command("node").arg("--version")) else {
        bail!("Node.js is not installed; install version {OLDEST_NODE} or newer, with npm");
    };
    match major(&said) {
        Some(found) if found >= OLDEST_NODE => Ok(()),
        _ => bail!(
            "Node.js {} is too old; install version {OLDEST_NODE} or newer",
            said.trim()
        ),
    }
}

fn major(version: &str) -> Option<u32> {
    version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("20"), None);
    }
}
