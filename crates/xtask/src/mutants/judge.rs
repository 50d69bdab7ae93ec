//! Whether a test notices a mutant.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::switch::Number;

/// A program of tests.
pub(crate) struct Judge {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    /// Where it expects to be started: its package.
    pub(crate) folder: PathBuf,
}

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A test failed: its name, after that of its program.
    Caught(String),
    /// The tests did not end.
    TimedOut(String),
    /// It does not compile.
    Unviable,
    /// No test failed; whether any came to the function at all.
    Survived { is_reached: bool },
}

impl Outcome {
    /// What is known after another round of tests.
    pub(crate) fn then(&self, later: &Self) -> Self {
        match (self, later) {
            (Self::Survived { is_reached: true }, Self::Survived { .. }) => self.clone(),
            _ => later.clone(),
        }
    }
}

/// How the tests behave without a mutant, for so many random cases of each property.
pub(crate) struct Trial<'j> {
    cases: u32,
    /// The quickest first.
    judges: Vec<Timed<'j>>,
}

struct Timed<'j> {
    judge: &'j Judge,
    took: Duration,
    /// The tests that reach a function, under the number of its first mutant.
    reach: BTreeMap<Number, BTreeSet<String>>,
}

/// How one run ended.
enum Ending {
    Passed,
    Failed(String),
    OutOfTime,
}

impl<'j> Trial<'j> {
    /// Runs every test without a mutant, and writes down which functions each reaches.
    pub(crate) fn new(judges: &[&'j Judge], cases: u32, folder: &Path) -> Result<Self> {
        let mut timed = Vec::new();
        for &judge in judges {
            let file = folder.join("reached.txt");
            if file.exists() {
                fs::remove_file(&file)?;
            }
            let mut command = judge.command(cases, 0, Duration::from_secs(3_600));
            // With more than one thread, each test has one with its name.
            command
                .env("RUST_TEST_THREADS", "2")
                .env("MUTANTS_REACHED", &file);
            let started = Instant::now();
            let ending = run(&mut command, Duration::from_secs(3_600))?;
            let took = started.elapsed();
            if !matches!(ending, Ending::Passed) {
                bail!("the tests of `{}` fail without a mutant", judge.name);
            }
            let reach = if file.exists() {
                reach(&fs::read_to_string(&file)?)
            } else {
                BTreeMap::new()
            };
            timed.push(Timed { judge, took, reach });
        }
        timed.sort_by_key(|timed| timed.took);
        Ok(Self {
            cases,
            judges: timed,
        })
    }

    /// Tries each mutant, given with the number of its function, on as many processors as there are.
    pub(crate) fn try_all(
        &self,
        mutants: &[(Number, Number)],
        on_outcome: impl Fn(Number, &Outcome) + Sync,
    ) -> Result<BTreeMap<Number, Outcome>> {
        let next = AtomicUsize::new(0);
        let outcomes = Mutex::new(BTreeMap::new());
        let work = || -> Result<()> {
            while let Some(&(number, function)) = mutants.get(next.fetch_add(1, Ordering::Relaxed))
            {
                let outcome = self.try_one(number, function)?;
                on_outcome(number, &outcome);
                if let Ok(mut outcomes) = outcomes.lock() {
                    outcomes.insert(number, outcome);
                }
            }
            Ok(())
        };
        thread::scope(|scope| {
            let processors = thread::available_parallelism().map_or(1, usize::from);
            let workers: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
            for worker in workers {
                worker
                    .join()
                    .ok()
                    .context("a thread that tries mutants panicked")??;
            }
            anyhow::Ok(())
        })?;
        outcomes
            .into_inner()
            .ok()
            .context("a thread that tries mutants panicked")
    }

    fn try_one(&self, number: Number, function: Number) -> Result<Outcome> {
        let mut is_reached = false;
        for Timed { judge, took, reach } in &self.judges {
            let Some(tests) = reach.get(&function) else {
                continue;
            };
            is_reached = true;
            let limit = Duration::from_secs(10) + 5 * *took;
            let mut command = judge.command(self.cases, number, limit);
            command.env("RUST_TEST_THREADS", "1");
            // A thread without a name may belong to any test.
            if !tests.contains("") {
                command.arg("--exact").args(tests);
            }
            match run(&mut command, limit)? {
                Ending::Passed => {}
                Ending::Failed(test) => {
                    return Ok(Outcome::Caught(format!("{} {test}", judge.name)));
                }
                Ending::OutOfTime => return Ok(Outcome::TimedOut(judge.name.clone())),
            }
        }
        Ok(Outcome::Survived { is_reached })
    }
}

impl Judge {
    /// What all tests of the program say to the mutant that is built into it.
    pub(crate) fn try_alone(&self, cases: u32) -> Result<Outcome> {
        let limit = Duration::from_secs(60);
        let mut command = self.command(cases, 0, limit);
        Ok(match run(&mut command, limit)? {
            Ending::Passed => Outcome::Survived { is_reached: true },
            Ending::Failed(test) => Outcome::Caught(format!("{} {test}", self.name)),
            Ending::OutOfTime => Outcome::TimedOut(self.name.clone()),
        })
    }

    fn command(&self, cases: u32, number: Number, limit: Duration) -> Command {
        let mut command = Command::new("sh");
        // Seconds of processor time, so that other work on the machine does not make a mutant look endless, and kilobytes
        // of memory, where the system can limit it.
        let limits = format!(
            "ulimit -t {}; ulimit -v 6000000 2>/dev/null; exec \"$0\" \"$@\"",
            limit.as_secs()
        );
        command
            .args(["-c", &limits])
            .arg(&self.program)
            .current_dir(&self.folder)
            .env("CARGO_MANIFEST_DIR", &self.folder)
            .env("MUTANT", number.to_string())
            .env("PROPTEST_CASES", cases.to_string())
            // The same cases for each mutant as without one.
            .env("PROPTEST_RNG_SEED", "1")
            // What a failure looks like at its smallest is of no interest here.
            .env("PROPTEST_MAX_SHRINK_ITERS", "0")
            .env("RUST_BACKTRACE", "0");
        command
    }
}

/// Runs a program of tests until one fails.
fn run(command: &mut Command, limit: Duration) -> Result<Ending> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start `sh`")?;
    let started = Instant::now();
    // A mutant that sleeps or waits for itself uses no processor time.
    let deadline = started + 10 * limit;
    let (sender, lines) = mpsc::channel();
    let stdout = child.stdout.take().context("a test without an output")?;
    let reader = thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    let early = loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match lines.recv_timeout(left) {
            Ok(line) => {
                if let Some(test) = failed(&line) {
                    break Some(Ending::Failed(test.to_owned()));
                }
            }
            Err(RecvTimeoutError::Timeout) => break Some(Ending::OutOfTime),
            Err(RecvTimeoutError::Disconnected) => break None,
        }
    };
    if early.is_some() {
        child.kill().ok();
    }
    let status = child.wait()?;
    drop(lines);
    reader.join().ok();
    Ok(match early {
        Some(ending) => ending,
        None if status.success() => Ending::Passed,
        None if started.elapsed() >= limit => Ending::OutOfTime,
        None => Ending::Failed("(died)".to_owned()),
    })
}

/// The name of the test that a line says has failed.
fn failed(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

/// Lines of the number of a function and the name of a test.
fn reach(lines: &str) -> BTreeMap<Number, BTreeSet<String>> {
    let mut reach: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for line in lines.lines() {
        if let Some((number, test)) = line.split_once(' ')
            && let Ok(number) = number.parse()
        {
            reach.entry(number).or_default().insert(test.to_owned());
        }
    }
    reach
}
