//! Counting tests from the closing lines of their runners, and the summary of a whole run.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::process;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    pub(crate) const PASSED: Self = Self {
        passed: 1,
        failed: 0,
    };

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Adds what a line of output says, if it is the closing line of a runner.
    pub(crate) fn read(&mut self, line: &str) {
        let line = without_colours(line);
        if let Some(tally) = cargo_line(&line).or_else(|| node_line(&line)) {
            self.add(tally);
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// `test result: ok. 12 passed; 0 failed; 1 ignored; …`
fn cargo_line(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let count = |word: &str| {
        counts
            .split("; ")
            .find_map(|part| part.strip_suffix(word)?.trim_end().parse().ok())
    };
    Some(Tally {
        passed: count("passed")?,
        failed: count("failed")?,
    })
}

/// `ℹ pass 12`, or `# pass 12` where the reporter writes TAP. What was cancelled did not pass.
fn node_line(line: &str) -> Option<Tally> {
    let (word, number) = line
        .strip_prefix("ℹ ")
        .or_else(|| line.strip_prefix("# "))?
        .split_once(' ')?;
    let number = number.parse().ok()?;
    match word {
        "pass" => Some(Tally {
            passed: number,
            failed: 0,
        }),
        "fail" | "cancelled" => Some(Tally {
            passed: 0,
            failed: number,
        }),
        _ => None,
    }
}

/// The line without the escape sequences that colour it.
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, escape)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = escape
            .split_once(|c: char| c.is_ascii_alphabetic())
            .map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

/// What happened, step by step.
#[derive(Default)]
pub(crate) struct Report {
    steps: Vec<Step>,
}

struct Step {
    name: String,
    tally: Tally,
    elapsed: Duration,
    /// Why it failed, where its own work said so.
    error: Option<String>,
}

impl Report {
    /// Does one step and records it. An error is told at once and again in the summary, and counts as one failure if the
    /// step counted none.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce(&mut Tally) -> Result<()>) -> bool {
        eprintln!("\n── {name} ──");
        let started = Instant::now();
        let mut tally = Tally::default();
        let error = work(&mut tally).err().map(|error| format!("{error:#}"));
        if let Some(error) = &error {
            eprintln!("{name}: {error}");
            tally.failed = tally.failed.max(1);
        }
        self.steps.push(Step {
            name: name.to_owned(),
            tally,
            elapsed: started.elapsed(),
            error,
        });
        tally.failed == 0
    }

    pub(crate) fn total(&self) -> Tally {
        let mut total = Tally::default();
        for step in &self.steps {
            total.add(step.tally);
        }
        total
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .steps
            .iter()
            .map(|step| step.name.chars().count())
            .max()
            .unwrap_or_default();
        for step in &self.steps {
            let result = if step.tally.failed == 0 {
                "ok"
            } else {
                "FAILED"
            };
            let elapsed = process::duration(step.elapsed);
            writeln!(
                f,
                "{result:<6}  {:<width$}  {elapsed:>12}  {}",
                step.name, step.tally
            )?;
            for line in step.error.iter().flat_map(|error| error.lines()) {
                writeln!(f, "        {line}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[track_caller]
    fn check(output: &str, passed: u64, failed: u64) {
        let mut tally = Tally::default();
        for line in output.lines() {
            tally.read(line);
        }
        assert_eq!(tally, Tally { passed, failed }, "{output}");
    }

    #[test]
    fn every_binary_of_cargo_test_counts() {
        check(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
             test a ... ok\n\
             test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s",
            15,
            2,
        );
    }

    #[test]
    fn both_reporters_of_node_count() {
        check(
            "ℹ tests 5\nℹ suites 1\nℹ pass 4\nℹ fail 1\nℹ cancelled 0\nℹ skipped 0",
            4,
            1,
        );
        check(
            "# tests 3\n# pass 2\n# fail 0\n# cancelled 1\n# duration_ms 12.5",
            2,
            1,
        );
    }

    #[test]
    fn colours_do_not_hide_a_closing_line() {
        check(
            "\u{1b}[34mℹ pass 7\u{1b}[39m\ntest result: \u{1b}[32mok\u{1b}[0m. 1 passed; 0 failed; 0 ignored",
            8,
            0,
        );
    }

    #[test]
    fn other_lines_count_nothing() {
        check(
            "pass 4\nℹ pass many\ntest result: unknown\n# passed 3\n",
            0,
            0,
        );
    }

    #[test]
    fn a_step_that_errs_is_a_failure_and_does_not_stop_the_next() {
        let mut report = Report::default();
        assert!(!report.step("broken", |_| bail!("no compiler")));
        assert!(report.step("whole", |tally| {
            tally.add(Tally {
                passed: 3,
                failed: 0,
            });
            Ok(())
        }));
        assert_eq!(
            report.total(),
            Tally {
                passed: 3,
                failed: 1
            }
        );
        let told = report.to_string();
        assert!(told.contains("\n        no compiler\n"), "{told}");
    }

    #[test]
    fn failures_that_a_runner_counted_are_not_counted_again() {
        let mut report = Report::default();
        report.step("tests", |tally| {
            tally.read("test result: FAILED. 3 passed; 2 failed; 0 ignored");
            bail!("cargo test ended with 101")
        });
        assert_eq!(
            report.total(),
            Tally {
                passed: 3,
                failed: 2
            }
        );
    }
}
