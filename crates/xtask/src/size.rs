//! `cargo xtask size`: what browsers download, held to a budget.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::build;
use crate::process::output;
use crate::project::{Project, read};
use crate::setup::{self, Part};

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
    setup::ensure(project, &[Part::Twiggy])?;
    for (name, file) in [
        ("policy module", build::compiled_module(project)),
        ("sidebar module", build::compiled_sidebar(project)),
    ] {
        tell_largest(name, &parts(project, &file)?);
    }
    weigh(project)
}

/// A function or a piece of data of a module, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    name: String,
    bytes: u64,
}

/// What a linked module is made of, largest first. `wasm-opt` makes less of it, and takes the names away.
fn parts(project: &Project, module: &Path) -> Result<Vec<Item>> {
    let said = output(
        project
            .command("twiggy")
            .args(["top", "--format", "json"])
            .arg(module),
    )?;
    items(&said).with_context(|| format!("twiggy did not tell the parts of {}", module.display()))
}

fn items(said: &str) -> Option<Vec<Item>> {
    let told: Value = serde_json::from_str(said).ok()?;
    let items = told.as_array()?.iter().map(|item| {
        Some(Item {
            name: item.get("name")?.as_str()?.to_owned(),
            bytes: item.get("shallow_size")?.as_u64()?,
        })
    });
    // The names, and what wasm-bindgen reads, are in the linked file alone.
    let is_shipped =
        |item: &Item| !item.name.contains("subsection") && !item.name.contains("custom section");
    items
        .filter(|item| item.as_ref().is_none_or(is_shipped))
        .collect()
}

fn tell_largest(module: &str, parts: &[Item]) {
    const ORIGINS: usize = 10;
    const PARTS: usize = 15;
    let mut origins: Vec<Item> = Vec::new();
    for part in parts {
        let name = origin(&part.name);
        match origins.iter_mut().find(|origin| origin.name == name) {
            Some(origin) => origin.bytes += part.bytes,
            None => origins.push(Item {
                name: name.to_owned(),
                bytes: part.bytes,
            }),
        }
    }
    origins.sort_by_key(|origin| Reverse(origin.bytes));
    println!("{module}, before wasm-opt, bytes by origin and the largest parts:");
    for origin in origins.iter().take(ORIGINS) {
        println!("{:>10}  {}", origin.bytes, origin.name);
    }
    println!();
    for part in parts.iter().take(PARTS) {
        println!("{:>10}  {}", part.bytes, part.name);
    }
    println!();
}

/// The crate that a function's name begins with, through what stands around it: `<&mut serde_json::…>` is serde_json's.
fn origin(name: &str) -> &str {
    if name.starts_with("data segment") {
        return "data";
    }
    let name = name.trim_start_matches(['<', '&', '(', '[', '*', '_']);
    let name = name.strip_prefix("mut ").unwrap_or(name);
    match name.find(|character: char| !character.is_alphanumeric() && character != '_') {
        Some(end) if end > 0 => match name.split_at(end) {
            (name, rest) if rest.starts_with(['[', ':']) => name,
            _ => "other",
        },
        _ => "other",
    }
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
    fn a_function_is_of_the_crate_that_its_name_begins_with() {
        assert_eq!(
            origin("sidelight_governance::reader::read"),
            "sidelight_governance"
        );
        assert_eq!(
            origin("<&mut serde_json::de::Deserializer<R> as D>::f"),
            "serde_json"
        );
        assert_eq!(
            origin("<f64 as core[c5930c85]::fmt::Display>::fmt"),
            "other"
        );
        assert_eq!(origin("data segment \".rodata\""), "data");
        assert_eq!(origin("organisation_can"), "other");
    }

    #[test]
    fn the_parts_are_read_from_what_twiggy_says() {
        let said = r#"[{"name": "a::b", "shallow_size": 7, "shallow_size_percent": 70.0},
            {"name": "\"function names\" subsection", "shallow_size": 3, "shallow_size_percent": 30.0}]"#;
        let expected = Item {
            name: "a::b".to_owned(),
            bytes: 7,
        };
        assert_eq!(items(said), Some(vec![expected]));
        assert_eq!(items("[{}]"), None);
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
