//! `cargo xtask size`: what browsers download, held to a budget.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::build;
use crate::process::output;
use crate::project::{Project, read};

const BUDGET: &str = "web/size-budget.json";

/// What something weighs, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Weight {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// The command: builds, then weighs.
pub(crate) fn size(project: &Project) -> Result<()> {
    build::build(project)?;
    weigh(project)
}

/// Prints what was built, and fails if something is over its budget.
pub(crate) fn weigh(project: &Project) -> Result<()> {
    let budget: Value = serde_json::from_str(&read(&project.path(BUDGET))?)?;
    let items = budget
        .as_object()
        .with_context(|| format!("{BUDGET} is no object"))?;
    let mut over = Vec::new();
    println!(
        "{:<40} {:>10} {:>10} {:>10} {:>10}",
        "bytes", "raw", "gzip", "brotli", "budget"
    );
    for (name, item) in items {
        let pattern = item
            .get("file")
            .and_then(Value::as_str)
            .with_context(|| format!("{BUDGET}: {name} has no file"))?;
        let allowed = item
            .get("gzip")
            .and_then(Value::as_u64)
            .with_context(|| format!("{BUDGET}: {name} has no gzip"))?;
        let file = only_match(project, pattern)?;
        let weight = weight_of(project, &file)?;
        println!(
            "{name:<40} {:>10} {:>10} {:>10} {allowed:>10}",
            weight.raw, weight.gzip, weight.brotli
        );
        if weight.gzip > allowed {
            over.push(format!(
                "{name} weighs {} bytes gzipped, {} more than its budget",
                weight.gzip,
                weight.gzip - allowed
            ));
        }
    }
    if over.is_empty() {
        return Ok(());
    }
    bail!(
        "{}. Make it smaller, or say in {BUDGET} why it is worth more",
        over.join("; ")
    )
}

/// The one file that the pattern names: a path whose file name may hold one `*`, for the hashes in the names of built
/// files.
fn only_match(project: &Project, pattern: &str) -> Result<PathBuf> {
    let (folder, name) = pattern
        .rsplit_once('/')
        .with_context(|| format!("{BUDGET}: `{pattern}` names no folder"))?;
    let mut files = fs::read_dir(project.path(folder))
        .with_context(|| format!("cannot read {folder}"))?
        .flatten()
        .filter(|entry| matches(name, &entry.file_name().to_string_lossy()))
        .map(|entry| entry.path());
    match (files.next(), files.next()) {
        (Some(file), None) => Ok(file),
        (None, _) => bail!("there is no {pattern}"),
        (Some(_), Some(_)) => bail!("there is more than one {pattern}"),
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
    }
}

/// Node has both compressors at the settings that web servers use for files compressed once.
const WEIGH: &str = "\
import { readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
const bytes = readFileSync(process.argv[1]);
console.log(bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length);";

fn weight_of(project: &Project, file: &PathBuf) -> Result<Weight> {
    let said = output(
        project
            .command("node")
            .args(["--input-type=module", "--eval", WEIGH])
            .arg(file),
    )?;
    weight(&said).with_context(|| format!("node did not weigh {}", file.display()))
}

fn weight(said: &str) -> Option<Weight> {
    let mut numbers = said.split_whitespace().map(|number| number.parse().ok());
    Some(Weight {
        raw: numbers.next()??,
        gzip: numbers.next()??,
        brotli: numbers.next()??,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_the_hash() {
        assert!(matches("preview-*_bg.wasm", "preview-3f2a_bg.wasm"));
        assert!(matches("sidelight_bg.wasm", "sidelight_bg.wasm"));
        assert!(!matches("preview-*_bg.wasm", "preview-3f2a.js"));
        assert!(!matches("a*a", "a"));
    }

    #[test]
    fn three_numbers_are_a_weight() {
        assert_eq!(
            weight("300 200 100\n"),
            Some(Weight {
                raw: 300,
                gzip: 200,
                brotli: 100
            })
        );
        assert_eq!(weight("300 200"), None);
    }
}
