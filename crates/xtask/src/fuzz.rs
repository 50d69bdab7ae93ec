//! `cargo xtask fuzz`: the fuzzers of `fuzz/`, seeded with the conformance cases.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{exists, run};
use crate::project::{Project, read};
use crate::setup::{self, Part};

/// What is fuzzed, and for how long.
#[derive(Default)]
pub(crate) struct Options {
    /// The names of targets; none for all of them.
    pub(crate) targets: Vec<String>,
    /// A minute of each instead of half an hour.
    pub(crate) smoke: bool,
}

/// The command: each target in turn. Stops at the first finding.
pub(crate) fn fuzz(project: &Project, options: &Options) -> Result<()> {
    let known = targets(project)?;
    if let Some(unknown) = options
        .targets
        .iter()
        .find(|target| !known.contains(target))
    {
        bail!(
            "there is no fuzzer `{unknown}`; the fuzzers are {}",
            known.join(", ")
        );
    }
    if !exists("c++") {
        bail!(
            "the fuzzers are linked with libFuzzer, which needs a C++ compiler: install g++ or clang"
        );
    }
    setup::ensure(project, &[Part::CargoFuzz])?;
    let seconds = if options.smoke { 60 } else { 30 * 60 };
    let chosen = if options.targets.is_empty() {
        &known
    } else {
        &options.targets
    };
    for target in chosen {
        one(project, target, seconds)?;
    }
    Ok(())
}

fn one(project: &Project, target: &str, seconds: u32) -> Result<()> {
    // What a run finds interesting stays for the next one.
    let corpus = project.path("fuzz/corpus").join(target);
    let seeds = project.native_target().join("fuzz-seeds").join(target);
    for folder in [&corpus, &seeds] {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    write_seeds(project, target, &seeds)?;
    let mut command = project.cargo();
    // The rules have no unsafe code for a sanitizer to look at; without one, any tool chain will do.
    command
        .args(["fuzz", "run", "--sanitizer", "none", "--target-dir"])
        .arg(project.native_target().join("fuzz"))
        .arg(target)
        .args([&corpus, &seeds])
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .args(["-timeout=60", "-rss_limit_mb=4096"])
        // Lengths up to this from the start: a short input says little.
        .args(["-len_control=0", "-max_len=16384"]);
    run(&mut command).with_context(|| {
        format!(
            "the input is in fuzz/artifacts/{target}; once it is understood, it belongs into fuzz/regressions/{target}"
        )
    })
}

/// The names of the files in `fuzz/fuzz_targets`.
fn targets(project: &Project) -> Result<Vec<String>> {
    let folder = project.path("fuzz/fuzz_targets");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .flatten()
        .filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// The documents and the questions of the conformance cases, each as a file.
fn write_seeds(project: &Project, target: &str, folder: &Path) -> Result<()> {
    let mut seeds = Vec::new();
    for path in cases(project)? {
        let file: Value = serde_json::from_str(&read(&path)?)?;
        let cases = file.get("cases").and_then(Value::as_array);
        let cases = cases.into_iter().flatten();
        match target {
            "load" => {
                let organisations = file.get("orgs").and_then(Value::as_object);
                let organisations = organisations.into_iter().flat_map(|map| map.values());
                seeds.extend(organisations.map(Value::to_string));
                let texts = cases.filter_map(|case| case.get("text")?.as_str());
                seeds.extend(texts.map(str::to_owned));
            }
            "filters" => {
                let questions = cases
                    .filter_map(|case| case.get("ask")?.get("args")?.as_array())
                    .flatten();
                seeds.extend(
                    questions
                        .filter(|argument| argument.is_object())
                        .map(Value::to_string),
                );
            }
            // Its bytes are draws, and any will do.
            _ => {}
        }
    }
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(number.to_string()), seed)?;
    }
    Ok(())
}

fn cases(project: &Project) -> Result<Vec<PathBuf>> {
    let mut paths: Vec<_> = fs::read_dir(project.path("conformance"))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    paths.sort();
    Ok(paths)
}
