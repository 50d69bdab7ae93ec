//! `cargo xtask mutants`: the rules with one thing changed at a time, each of which a test must notice.
//!
//! `cargo mutants` says what the mutants are. Building each by itself would take a day, so they are built all at once,
//! each behind a switch ([`switch`]), and the tests run once for each with its switch on. The few that have no switch
//! (those of constants) are built by themselves all the same.

mod compile;
mod judge;
mod list;
mod report;
mod switch;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, bail};

use crate::project::{Project, read};
use crate::setup::{self, Part};
use compile::{Build, Subject};
use judge::{Outcome, Trial};
use list::Mutant;
use report::Report;
use switch::Number;

const PACKAGE: &str = "sidelight-governance";

/// The tests that judge the rules: their own, the conformance cases, the reference evaluator's and the laws.
const TESTS: &[&str] = &[
    "--package=sidelight-governance",
    "--package=sidelight-testkit",
    "--lib",
    "--test=change",
    "--test=guest",
    "--test=hostile",
    "--test=message",
    "--test=organisation",
    "--test=provisioning",
    "--test=reader",
    "--test=slice",
    "--test=trigger",
    "--test=view",
    "--test=all_roads",
    "--test=changes_agree",
    "--test=conformance",
    "--test=demo",
    "--test=example_6_guests",
    "--test=example_7_provisioning",
    "--test=exhaustive",
    "--test=fuzz_regressions",
    "--test=guests_agree",
    "--test=large_sets_agree",
    "--test=laws",
    "--test=provisioning_agrees",
    "--test=reference_agrees",
    "--test=slices_agree",
    "--test=triggers_agree",
];

/// Those of them that take seconds rather than tenths of one.
const SLOW: &[&str] = &["all_roads", "exhaustive", "large_sets_agree"];

/// The tests, slow or not, and how many random cases of each property, one after the other for what is left: most
/// mutants fail in the first few cases of a quick test.
const ROUNDS: [(bool, u32); 3] = [(false, 20), (true, 20), (false, 500)];

/// Random cases for a mutant that is built by itself.
const ALONE_CASES: u32 = 120;

/// What is tried.
#[derive(Default)]
pub(crate) struct Options {
    /// Files below `crates/governance/src`; none for all of them.
    pub(crate) files: Vec<String>,
    /// Only what survived the run before.
    pub(crate) survivors: bool,
}

/// The command: whether every mutant was noticed, or is in `docs/mutants.md` with the reason why none can be.
pub(crate) fn mutants(project: &Project, options: &Options) -> Result<bool> {
    setup::ensure(project, &[Part::CargoMutants])?;
    let folder = project.native_target().join("mutation");
    fs::create_dir_all(&folder)?;
    let listed = list::mutants(project, PACKAGE)?;
    let wanted = wanted(&listed, options, &folder)?;
    let subject = Subject {
        project,
        files: tree::files(project)?,
        package: PACKAGE,
        library: "crates/governance/src/lib.rs",
        tests: TESTS,
    };
    let page = read(&project.path("docs/mutants.md"))?;
    let build = subject.build(&listed, &folder)?;
    let mutants: BTreeMap<Number, &Mutant> = (1..)
        .zip(&listed)
        .filter(|(number, _)| wanted.contains(number))
        .collect();
    let mut report = Report {
        outcomes: switched(&mutants, &build, &page, &folder)?,
    };
    report.save(&folder)?;
    let left_out = build
        .left_out
        .iter()
        .filter_map(|number| mutants.get(number));
    for &mutant in left_out {
        let outcome = alone(&subject, mutant, &folder)?;
        eprintln!("  built by itself: {mutant}: {outcome:?}");
        report.outcomes.push((mutant, outcome));
    }
    report.save(&folder)?;
    print!("{}", report.table()?);
    let new: Vec<_> = report
        .survivors()
        .filter(|mutant| !is_known(&page, mutant))
        .collect();
    if !new.is_empty() {
        eprintln!("\nsurvived, and docs/mutants.md does not say why:");
        for mutant in &new {
            eprintln!("  {mutant}");
        }
    }
    eprintln!("\nwhat became of each is in {}", folder.display());
    Ok(new.is_empty())
}

/// The numbers of the mutants that are asked for.
fn wanted(listed: &[Mutant], options: &Options, folder: &Path) -> Result<BTreeSet<Number>> {
    for file in &options.files {
        if !listed
            .iter()
            .any(|mutant| list::short(&mutant.file) == file)
        {
            bail!(
                "there is no mutant in `{file}`; a file is named from crates/governance/src on, such as `decision.rs`"
            );
        }
    }
    let survivors = match options.survivors {
        true => Some(read(&folder.join("survived.txt"))?),
        false => None,
    };
    let is_wanted = |mutant: &Mutant| {
        let file = list::short(&mutant.file);
        (options.files.is_empty() || options.files.iter().any(|wanted| wanted == file))
            && survivors
                .as_ref()
                .is_none_or(|names| names.lines().any(|name| name == mutant.name))
    };
    let numbered = (1..).zip(listed);
    let wanted = numbered
        .filter(|(_, mutant)| is_wanted(mutant))
        .map(|(number, _)| number);
    Ok(wanted.collect())
}

/// What became of those that are in the one build, or do not compile.
fn switched<'m>(
    mutants: &BTreeMap<Number, &'m Mutant>,
    build: &Build,
    page: &str,
    folder: &Path,
) -> Result<Vec<(&'m Mutant, Outcome)>> {
    let mut outcomes: BTreeMap<Number, Outcome> = BTreeMap::new();
    let mut left: Vec<_> = build
        .mutants
        .iter()
        .filter(|(number, _)| mutants.contains_key(number))
        .map(|(&number, &function)| (number, function))
        .collect();
    for (is_slow, cases) in ROUNDS {
        if left.is_empty() {
            break;
        }
        let judges: Vec<_> = build
            .judges
            .iter()
            .filter(|judge| SLOW.contains(&judge.name.as_str()) == is_slow)
            .collect();
        eprintln!(
            "{} mutants, {} programs of tests, {cases} random cases of each property",
            left.len(),
            judges.len()
        );
        let trial = Trial::new(&judges, cases, folder)?;
        let tried = AtomicUsize::new(0);
        let tell = |number: Number, outcome: &Outcome| {
            let tried = tried.fetch_add(1, Ordering::Relaxed) + 1;
            if let (Outcome::Survived { .. }, Some(mutant)) = (outcome, mutants.get(&number)) {
                eprintln!("  {tried}/{}: survived: {mutant}", left.len());
            }
        };
        for (number, outcome) in trial.try_all(&left, tell)? {
            outcomes
                .entry(number)
                .and_modify(|known| *known = known.then(&outcome))
                .or_insert(outcome);
        }
        // Of one that changes nothing, more tests would tell nothing more.
        left.retain(|(number, _)| {
            let is_known = mutants
                .get(number)
                .is_some_and(|mutant| is_known(page, mutant));
            matches!(outcomes.get(number), Some(Outcome::Survived { .. })) && !is_known
        });
    }
    let unviable = build.unviable.iter();
    outcomes.extend(unviable.map(|&number| (number, Outcome::Unviable)));
    let named = outcomes
        .into_iter()
        .filter_map(|(number, outcome)| Some((*mutants.get(&number)?, outcome)));
    Ok(named.collect())
}

/// What becomes of a mutant that has no switch: it is built into one program of tests after the other, until one notices.
fn alone(subject: &Subject<'_>, mutant: &Mutant, folder: &Path) -> Result<Outcome> {
    let (packages, tests): (Vec<&str>, Vec<&str>) = subject
        .tests
        .iter()
        .partition(|argument| argument.starts_with("--package"));
    for test in tests {
        let built = [packages.as_slice(), &[test]].concat();
        let Some(judges) = subject.alone(mutant, &built, folder)? else {
            return Ok(Outcome::Unviable);
        };
        for judge in judges {
            let outcome = judge.try_alone(ALONE_CASES)?;
            if !matches!(outcome, Outcome::Survived { .. }) {
                return Ok(outcome);
            }
        }
    }
    Ok(Outcome::Survived { is_reached: true })
}

/// Whether the page tells of the mutant.
fn is_known(page: &str, mutant: &Mutant) -> bool {
    page.contains(&format!("`{}`", mutant.what()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::list::{Function, Place};
    use super::*;

    const MANIFEST: &str = "[package]\nname = \"ages\"\nedition = \"2024\"\n\n[workspace]\n\n\
                            [profile.mutants]\ninherits = \"dev\"\n";

    const LIBRARY: &str = "\
pub fn is_adult(age: u8) -> bool {
    age >= 18
}

pub fn older(a: u8, b: u8) -> u8 {
    if a > b { a } else { b }
}

pub fn next(age: u8) -> u8 {
    age + 1
}

#[cfg(test)]
mod tests {
    #[test]
    fn eighteen_is_adult() {
        assert!(super::is_adult(18) && !super::is_adult(17));
    }

    #[test]
    fn the_older_is_found() {
        assert_eq!((super::older(3, 5), super::older(5, 3), super::older(4, 4)), (5, 5, 4));
    }
}
";

    /// The mutant that puts `replacement` in place of `was` in this line of [`LIBRARY`], inside of a function of
    /// three lines.
    fn mutant(line: usize, was: &str, replacement: &str) -> Mutant {
        let column = LIBRARY.lines().nth(line - 1).unwrap().find(was).unwrap() + 1;
        let place = |line, column| Place { line, column };
        Mutant {
            name: format!("src/lib.rs:{line}:{column}: replace {was} with {replacement}"),
            file: "src/lib.rs".to_owned(),
            span: place(line, column)..place(line, column + was.len()),
            replacement: replacement.to_owned(),
            function: Some(Function {
                span: place(line - 1, 1)..place(line + 1, 2),
                return_type: "-> bool".to_owned(),
            }),
        }
    }

    #[test]
    fn a_mutant_is_caught_unless_it_changes_nothing_or_no_test_comes_there() {
        let root = std::env::temp_dir().join(format!("sidelight-mutants-{}", std::process::id()));
        fs::create_dir_all(root.join("src")).unwrap();
        fs::write(root.join("Cargo.toml"), MANIFEST).unwrap();
        fs::write(root.join("src/lib.rs"), LIBRARY).unwrap();
        let project = Project {
            tools: root.clone(),
            root: root.clone(),
        };
        let subject = Subject {
            project: &project,
            files: vec!["Cargo.toml".to_owned(), "src/lib.rs".to_owned()],
            package: "ages",
            library: "src/lib.rs",
            tests: &["--lib"],
        };
        let mutants = [
            mutant(2, ">=", ">"),
            mutant(2, "age >= 18", "true"),
            mutant(2, "age", "\"age\""),
            mutant(6, ">", ">="),
            mutant(6, ">", "<"),
            mutant(10, "+", "-"),
        ];
        let folder = root.join("target");
        let build = subject.build(&mutants, &folder).unwrap();
        assert_eq!(build.unviable, BTreeSet::from([3]));
        let left: Vec<_> = build.mutants.into_iter().collect();
        let judges: Vec<_> = build.judges.iter().collect();
        let trial = Trial::new(&judges, 1, &root).unwrap();
        let outcomes = trial.try_all(&left, |_, _| {}).unwrap();
        let caught = |by: &str| Outcome::Caught(format!("ages tests::{by}"));
        assert_eq!(
            outcomes,
            BTreeMap::from([
                (1, caught("eighteen_is_adult")),
                (2, caught("eighteen_is_adult")),
                (4, Outcome::Survived { is_reached: true }),
                (5, caught("the_older_is_found")),
                (6, Outcome::Survived { is_reached: false }),
            ])
        );
        // Built by themselves, they fare alike.
        for (number, outcome) in [(1, caught("eighteen_is_adult")), (3, Outcome::Unviable)] {
            let mutant = mutants.get(number - 1).unwrap();
            assert_eq!(alone(&subject, mutant, &folder).unwrap(), outcome);
        }
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_survivor_is_known_by_what_it_changes_wherever_that_stands() {
        let survivor = mutant(6, ">", ">=");
        assert!(is_known(
            "- `src/lib.rs: replace > with >=`: the same number",
            &survivor
        ));
        assert!(!is_known(
            "- `src/lib.rs: replace > with >=` …",
            &mutant(6, ">", "<")
        ));
    }
}
