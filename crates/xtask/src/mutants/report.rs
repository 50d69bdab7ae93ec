//! What became of the mutants, as a table and as files.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;

use super::judge::Outcome;
use super::list::{Mutant, short};

/// Mutants with what became of each.
pub(crate) struct Report<'m> {
    pub(crate) outcomes: Vec<(&'m Mutant, Outcome)>,
}

#[derive(Default)]
struct Row {
    mutants: usize,
    caught: usize,
    timed_out: usize,
    unviable: usize,
    survived: usize,
}

impl Row {
    fn add(&mut self, outcome: &Outcome) {
        self.mutants += 1;
        match outcome {
            Outcome::Caught(_) => self.caught += 1,
            Outcome::TimedOut(_) => self.timed_out += 1,
            Outcome::Unviable => self.unviable += 1,
            Outcome::Survived { .. } => self.survived += 1,
        }
    }

    fn write(&self, name: &str, table: &mut String) -> std::fmt::Result {
        let Self {
            mutants,
            caught,
            timed_out,
            unviable,
            survived,
        } = self;
        writeln!(
            table,
            "| {name} | {mutants} | {caught} | {timed_out} | {unviable} | {survived} |"
        )
    }
}

impl Report<'_> {
    pub(crate) fn survivors(&self) -> impl Iterator<Item = &Mutant> {
        self.outcomes
            .iter()
            .filter(|(_, outcome)| matches!(outcome, Outcome::Survived { .. }))
            .map(|&(mutant, _)| mutant)
    }

    /// The figures of each file and their sum, as `docs/mutants.md` has them.
    pub(crate) fn table(&self) -> Result<String> {
        let mut rows: BTreeMap<_, Row> = BTreeMap::new();
        let mut sum = Row::default();
        for (mutant, outcome) in &self.outcomes {
            rows.entry(short(&mutant.file)).or_default().add(outcome);
            sum.add(outcome);
        }
        let mut table = String::from(
            "| file of `crates/governance/src` | mutants | caught | did not end | do not compile | survived |\n\
             | --- | --- | --- | --- | --- | --- |\n",
        );
        for (file, row) in rows {
            row.write(&format!("`{file}`"), &mut table)?;
        }
        sum.write("all", &mut table)?;
        Ok(table)
    }

    /// Writes `outcomes.json` with everything, and a list of names for each kind of outcome.
    pub(crate) fn save(&self, folder: &Path) -> Result<()> {
        let mut lists: BTreeMap<_, String> = ["caught", "timeout", "unviable", "survived"]
            .map(|kind| (kind, String::new()))
            .into();
        let mut all = Vec::new();
        for (mutant, outcome) in &self.outcomes {
            let (kind, by) = match outcome {
                Outcome::Caught(by) => ("caught", Some(by.as_str())),
                Outcome::TimedOut(by) => ("timeout", Some(by.as_str())),
                Outcome::Unviable => ("unviable", None),
                Outcome::Survived { is_reached: true } => ("survived", None),
                Outcome::Survived { is_reached: false } => {
                    ("survived", Some("no test comes there"))
                }
            };
            writeln!(lists.entry(kind).or_default(), "{mutant}")?;
            all.push(json!({ "mutant": mutant.name, "outcome": kind, "by": by }));
        }
        for (kind, names) in lists {
            fs::write(folder.join(format!("{kind}.txt")), names)?;
        }
        fs::write(
            folder.join("outcomes.json"),
            serde_json::to_string_pretty(&all)?,
        )
        .with_context(|| format!("cannot write into {}", folder.display()))
    }
}
