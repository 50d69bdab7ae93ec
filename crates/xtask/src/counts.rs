//! `cargo xtask counts`: how many instructions the main operations take, by callgrind, held to a committed file. Unlike a
//! time, it is the same in every mood of the machine.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::bench::{NATIVE, organisations};
use crate::process::{announce, output, require, run};
use crate::project::{Project, read};
use crate::setup::{self, Part};

/// The committed counts, and what they were counted with: another compiler writes other instructions, and another C
/// library copies in other ways.
const COMMITTED: &str = "crates/bench/counts.json";

/// How far a count may be from the committed one, in parts of a hundred, in either direction: what became cheaper is
/// committed as well, or it could become dear again unnoticed.
const TOLERANCE: f64 = 3.0;

/// The operation that asks the engine nothing, and how far its count may be off, in parts of a hundred, before all of
/// them are those of another machine.
const YARDSTICK: (&str, f64) = ("yardstick", 0.5);

/// Where the counted operations are, as callgrind has their names.
const OPERATIONS: &str = "counts::operation::";

/// What keeps glibc from copying and comparing in the way of the processor that it finds: the functions that every
/// x86-64 has, and limits that do not follow from the sizes of caches. `rep movsb` alone, which callgrind counts once for
/// each byte, is a tenth of some operations, and not on every processor.
const SAME_ON_EVERY_PROCESSOR: &str = "\
glibc.cpu.hwcaps=-AVX,-AVX2,-AVX_Fast_Unaligned_Load,-BMI1,-BMI2,-ERMS,-FSRM,-Fast_Unaligned_Copy,-Prefer_ERMS,\
-SSE4_1,-SSE4_2,-SSSE3:\
glibc.cpu.x86_data_cache_size=0x8000:\
glibc.cpu.x86_shared_cache_size=0x100000:\
glibc.cpu.x86_non_temporal_threshold=0xc0000";

/// Instructions for each unit, by operation.
type Counts = BTreeMap<String, u64>;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Every count is what was committed, or was committed now.
    Held,
    /// It could not be told; the reason was.
    Skipped,
}

/// The command: counts, and compares with the committed counts, or writes them.
pub(crate) fn counts(project: &Project, update: bool) -> Result<Outcome> {
    if let Err(error) = setup::ensure(project, &[Part::Valgrind]) {
        eprintln!("instructions were not counted: {error:#}");
        return Ok(Outcome::Skipped);
    }
    let tools = tools(project)?;
    let counted = counted(project)?;
    let file = project.path(COMMITTED);
    if update {
        let committed = json!({ "tools": tools, "instructions": counted });
        fs::write(&file, format!("{committed:#}\n"))?;
        eprintln!("written: {}", file.display());
        return Ok(Outcome::Held);
    }
    let committed: Value = serde_json::from_str(&read(&file)?)?;
    let with = committed.get("tools").and_then(Value::as_str);
    let instructions = committed.get("instructions").cloned();
    let committed: Counts = serde_json::from_value(instructions.unwrap_or_default())?;
    let faults = faults(&counted, &committed);
    print(&counted, &committed);
    if with != Some(tools.as_str()) {
        eprintln!(
            "instructions were counted and not judged: the committed ones are of {}, and these are of {tools}",
            with.unwrap_or("other tools")
        );
        return Ok(Outcome::Skipped);
    }
    if let (Some(&now), Some(&before)) = (counted.get(YARDSTICK.0), committed.get(YARDSTICK.0))
        && percent(now, before).abs() > YARDSTICK.1
    {
        eprintln!(
            "instructions were counted and not judged: what has no rules in it takes {:+.1} % on this machine",
            percent(now, before)
        );
        return Ok(Outcome::Skipped);
    }
    if !faults.is_empty() {
        bail!(
            "{}\nwhere that is meant, `cargo xtask counts --update` writes {COMMITTED} anew",
            faults.join("\n")
        );
    }
    Ok(Outcome::Held)
}

/// Everything whose version is in the counts.
fn tools(project: &Project) -> Result<String> {
    let compiler = output(project.command("rustc").arg("-vV"))?;
    let host = compiler
        .lines()
        .find_map(|line| line.strip_prefix("host: "));
    let valgrind = output(project.command("valgrind").arg("--version"))?;
    let library = output(project.command("getconf").arg("GNU_LIBC_VERSION"))
        .unwrap_or_else(|_| "another C library".to_owned());
    Ok(format!(
        "{} for {}, {}, {}",
        first_line(&compiler),
        host.unwrap_or("this machine"),
        first_line(&library),
        first_line(&valgrind)
    ))
}

fn first_line(said: &str) -> &str {
    said.lines().next().unwrap_or_default()
}

fn counted(project: &Project) -> Result<Counts> {
    run(project.cargo().args([
        "build",
        "--release",
        "--locked",
        "--package",
        NATIVE,
        "--bin",
        "counts",
    ]))?;
    let [document] = organisations(project, ["m"])?;
    let written = project.native_target().join("callgrind.out");
    let mut valgrind = project.command("valgrind");
    valgrind
        .env("GLIBC_TUNABLES", SAME_ON_EVERY_PROCESSOR)
        .args(["--quiet", "--tool=callgrind"])
        .arg(format!("--toggle-collect={OPERATIONS}*"))
        .arg(format!("--callgrind-out-file={}", written.display()))
        .arg(project.native_target().join("release/counts"))
        .arg(document);
    announce(&valgrind);
    let ended = valgrind.output()?;
    if !ended.status.success() {
        eprint!("{}", String::from_utf8_lossy(&ended.stderr));
        require(&valgrind, ended.status)?;
    }
    let units: Counts =
        serde_json::from_slice(&ended.stdout).context("the counted program did not tell units")?;
    let annotated = output(
        project
            .command("callgrind_annotate")
            .args(["--inclusive=yes", "--threshold=100", "--show-percs=no"])
            .arg(&written),
    )?;
    units
        .into_iter()
        .map(|(operation, units)| {
            let total = annotated
                .lines()
                .find_map(|line| instructions(line, &operation))
                .with_context(|| format!("callgrind did not see `{operation}`"))?;
            Ok((operation, total / units.max(1)))
        })
        .collect()
}

/// `12,345  ???:counts::operation::can [target/release/counts]`, of that operation.
fn instructions(line: &str, operation: &str) -> Option<u64> {
    let (count, place) = line.trim().split_once(' ')?;
    let (_, name) = place.split_once(OPERATIONS)?;
    let name = name.split(' ').next()?;
    if name != operation {
        return None;
    }
    count.replace(',', "").parse().ok()
}

/// What is further from the committed count than is tolerated, and what only one side has.
fn faults(counted: &Counts, committed: &Counts) -> Vec<String> {
    let mut faults: Vec<String> = committed
        .keys()
        .filter(|operation| !counted.contains_key(*operation))
        .map(|operation| format!("`{operation}` is committed and was not counted"))
        .collect();
    for (operation, &now) in counted {
        match committed.get(operation) {
            None => faults.push(format!("`{operation}` was counted and is not committed")),
            Some(&before) => {
                let percent = percent(now, before);
                if percent.abs() > TOLERANCE {
                    faults.push(format!(
                        "`{operation}` takes {now} instructions, {percent:+.1} % of the {before} before"
                    ));
                }
            }
        }
    }
    faults
}

/// By how many parts of a hundred there are more now.
fn percent(now: u64, before: u64) -> f64 {
    100.0 * (now as f64 / before as f64 - 1.0)
}

fn print(counted: &Counts, committed: &Counts) {
    for (operation, &now) in counted {
        let change = committed
            .get(operation)
            .map_or_else(String::new, |&before| {
                format!("  ({:+.2} %)", percent(now, before))
            });
        eprintln!("{operation:<20} {now:>14}{change}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(counts: &[(&str, u64)]) -> Counts {
        counts
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect()
    }

    #[test]
    fn the_count_of_an_operation_is_read_from_its_own_line() {
        let line = "  339,478  ???:counts::operation::can [target/release/counts]";
        assert_eq!(instructions(line, "can"), Some(339_478));
        assert_eq!(instructions(line, "can_many"), None);
        assert_eq!(instructions("6,295,463,713  PROGRAM TOTALS", "can"), None);
    }

    #[test]
    fn what_became_dearer_cheaper_new_or_lost_is_a_fault() {
        let before = counts(&[
            ("same", 1_000),
            ("dear", 1_000),
            ("cheap", 1_000),
            ("lost", 1),
        ]);
        let now = counts(&[("same", 1_029), ("dear", 1_031), ("cheap", 969), ("new", 1)]);
        let faults = faults(&now, &before);
        assert_eq!(faults.len(), 4, "{faults:?}");
        assert!(faults.iter().all(|fault| !fault.contains("`same`")));
    }
}
