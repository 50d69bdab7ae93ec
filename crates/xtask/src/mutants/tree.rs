//! A copy of the workspace that is built instead of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::output;
use crate::project::Project;

/// A folder with the workspace's files, some of them written anew.
pub(crate) struct Tree {
    folder: PathBuf,
    target: PathBuf,
}

/// The files of a clone that git knows or would ask about, as paths from the root.
pub(crate) fn files(project: &Project) -> Result<Vec<String>> {
    let listed = output(project.command("git").args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--deduplicate",
    ]))
    .context("which files to copy is asked of git")?;
    let files = listed.split_terminator('\0').map(str::to_owned);
    Ok(files
        .filter(|file| project.root.join(file).is_file())
        .collect())
}

impl Tree {
    /// A copy in this folder, built into the other.
    pub(crate) fn new(folder: PathBuf, target: PathBuf) -> Self {
        Self { folder, target }
    }

    /// Makes the folder hold these files of the workspace, and the rewritten ones in their place or beside them. What
    /// is the same already is left alone, so that cargo need not build it again.
    pub(crate) fn fill(
        &self,
        root: &Path,
        files: &[String],
        rewritten: &BTreeMap<String, String>,
    ) -> Result<()> {
        let mut wanted = BTreeSet::new();
        for file in files.iter().filter(|file| !rewritten.contains_key(*file)) {
            let path = root.join(file);
            let content =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            self.put(file, &content, &mut wanted)?;
        }
        for (file, text) in rewritten {
            self.put(file, text.as_bytes(), &mut wanted)?;
        }
        self.remove_others(&wanted)
    }

    fn put(&self, file: &str, content: &[u8], wanted: &mut BTreeSet<PathBuf>) -> Result<()> {
        let path = self.folder.join(file);
        if fs::read(&path).ok().as_deref() != Some(content) {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&path, content)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        wanted.insert(path);
        Ok(())
    }

    fn remove_others(&self, wanted: &BTreeSet<PathBuf>) -> Result<()> {
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if !wanted.contains(&path) {
                    fs::remove_file(path)?;
                }
            }
        }
        Ok(())
    }

    /// Cargo in the copy. A mutant leaves things unused, which is no error.
    pub(crate) fn cargo(&self, project: &Project) -> Command {
        let mut command = project.cargo();
        command
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_ENCODED_RUSTFLAGS", "--cap-lints=allow");
        command
    }

    /// The path of a file from the root, if the compiler's name for it is in this folder.
    pub(crate) fn relative<'n>(&self, name: &'n str) -> &'n str {
        Path::new(name)
            .strip_prefix(&self.folder)
            .ok()
            .and_then(Path::to_str)
            .unwrap_or(name)
    }
}
