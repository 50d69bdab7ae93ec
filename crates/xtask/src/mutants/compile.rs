//! Which mutants compile, and the tests with all of those in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::judge::Judge;
use super::list::Mutant;
use super::switch::{Form, MODULE, Number, Switched, Switches, Written, replaced};
use super::tree::Tree;
use crate::process::{announce, cannot_start, require};
use crate::project::{Project, read};

/// A package, and the tests that judge its mutants.
pub(crate) struct Subject<'p> {
    pub(crate) project: &'p Project,
    pub(crate) files: Vec<String>,
    pub(crate) package: &'p str,
    /// The root of its library, from the root of the workspace: `crates/…/src/lib.rs`.
    pub(crate) library: &'p str,
    /// What `cargo test` is told to build.
    pub(crate) tests: &'p [&'p str],
}

/// The tests, with every mutant in them that compiles.
pub(crate) struct Build {
    pub(crate) judges: Vec<Judge>,
    /// The mutants that are in it, and the function that each is in.
    pub(crate) mutants: BTreeMap<Number, Number>,
    /// Those that do not compile.
    pub(crate) unviable: BTreeSet<Number>,
    /// Those of which this way of building cannot tell.
    pub(crate) left_out: BTreeSet<Number>,
}

impl Subject<'_> {
    /// Finds out what compiles by taking away what does not, and builds the tests with the rest.
    pub(crate) fn build(&self, mutants: &[Mutant], folder: &Path) -> Result<Build> {
        let numbered = || (1..).zip(mutants);
        let paths: BTreeSet<_> = mutants.iter().map(|mutant| &mutant.file).collect();
        let mut sources = BTreeMap::new();
        for path in paths {
            let source = read(&self.project.path(path))?;
            let own = numbered().filter(|(_, mutant)| mutant.file == *path);
            let switches = Switches::find(&source, own)
                .with_context(|| format!("cannot find the functions of {path}"))?;
            sources.insert(path.as_str(), (source, switches));
        }
        let mut build = Build {
            judges: Vec::new(),
            mutants: BTreeMap::new(),
            unviable: BTreeSet::new(),
            left_out: BTreeSet::new(),
        };
        for (_, switches) in sources.values() {
            build.left_out.extend(&switches.left_out);
        }
        let target = folder.join("target");
        let trial = Tree::new(folder.join("check"), target.clone());
        let written = loop {
            let gone: BTreeSet<_> = build.unviable.union(&build.left_out).copied().collect();
            let mut written = BTreeMap::new();
            for (&path, (source, switches)) in &sources {
                written.insert(
                    path,
                    switches.write(source, |number| !gone.contains(&number))?,
                );
            }
            let errors = self.check(&trial, &written)?;
            if errors.is_empty() {
                break written;
            }
            eprintln!("  {} errors", errors.len());
            for error in errors {
                let own = error.mutants(&trial, &written);
                for &number in &own {
                    // Iterators of one function are one type, so that one that does not compile may take others with it.
                    match form(&sources, number) {
                        Some(Form::Iterator) => build.left_out.insert(number),
                        _ => build.unviable.insert(number),
                    };
                }
                if own.is_empty() {
                    let around = error.functions(&trial, &written);
                    if around.is_empty() {
                        bail!("an error that no mutant stands for:\n{}", error.rendered);
                    }
                    build.left_out.extend(around);
                }
            }
        };
        for (_, switches) in sources.values() {
            for function in &switches.functions {
                for &(number, _) in &function.mutants {
                    if !build.unviable.contains(&number) && !build.left_out.contains(&number) {
                        build.mutants.insert(number, function.number());
                    }
                }
            }
        }
        eprintln!(
            "{} of {} mutants compile in one build; {} do not compile, {} have to be built by themselves",
            build.mutants.len(),
            mutants.len(),
            build.unviable.len(),
            build.left_out.len()
        );
        let tree = Tree::new(folder.join("tree"), target);
        self.fill(&tree, &written)?;
        build.judges = self.judges(&tree)?;
        Ok(build)
    }

    fn fill(&self, tree: &Tree, written: &BTreeMap<&str, Written>) -> Result<()> {
        let mut texts: BTreeMap<_, _> = written
            .iter()
            .map(|(&path, written)| (path.to_owned(), written.text.clone()))
            .collect();
        let library = match texts.remove(self.library) {
            Some(library) => library,
            None => read(&self.project.path(self.library))?,
        };
        let module = Path::new(self.library).with_file_name("mutant.rs");
        texts.insert(module.to_string_lossy().into_owned(), MODULE.to_owned());
        texts.insert(self.library.to_owned(), format!("{library}\nmod mutant;\n"));
        tree.fill(&self.project.root, &self.files, &texts)
    }

    fn check(&self, tree: &Tree, written: &BTreeMap<&str, Written>) -> Result<Vec<Error>> {
        self.fill(tree, written)?;
        let mut command = tree.cargo(self.project);
        command.args([
            "check",
            "--quiet",
            "--message-format=json",
            "--lib",
            "--package",
            self.package,
        ]);
        announce(&command);
        let output = command
            .stdin(Stdio::null())
            .output()
            .with_context(|| cannot_start(&command))?;
        let messages = String::from_utf8_lossy(&output.stdout);
        let errors: Vec<_> = messages
            .lines()
            .filter_map(|line| Error::read(&serde_json::from_str(line).ok()?))
            .collect();
        if errors.is_empty() && !output.status.success() {
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
            require(&command, output.status)?;
        }
        Ok(errors)
    }

    /// The tests with one mutant in them and no switch; nothing where that does not compile.
    pub(crate) fn alone(
        &self,
        mutant: &Mutant,
        tests: &[&str],
        folder: &Path,
    ) -> Result<Option<Vec<Judge>>> {
        let source = read(&self.project.path(&mutant.file))?;
        let text = replaced(&source, mutant)?;
        let tree = Tree::new(folder.join("alone"), folder.join("target"));
        tree.fill(
            &self.project.root,
            &self.files,
            &BTreeMap::from([(mutant.file.clone(), text)]),
        )?;
        let mut command = self.test_command(&tree, tests);
        let output = command
            .stderr(Stdio::null())
            .output()
            .with_context(|| cannot_start(&command))?;
        Ok(output.status.success().then(|| judges(&output.stdout)))
    }

    fn judges(&self, tree: &Tree) -> Result<Vec<Judge>> {
        let mut command = self.test_command(tree, self.tests);
        command.stderr(Stdio::inherit());
        announce(&command);
        let output = command.output().with_context(|| cannot_start(&command))?;
        require(&command, output.status)?;
        Ok(judges(&output.stdout))
    }

    fn test_command(&self, tree: &Tree, tests: &[&str]) -> Command {
        let mut command = tree.cargo(self.project);
        command
            .args(["test", "--no-run", "--profile", "mutants"])
            .args(["--message-format", "json-render-diagnostics"])
            .args(tests)
            .stdin(Stdio::null());
        command
    }
}

fn form(sources: &BTreeMap<&str, (String, Switches)>, number: Number) -> Option<Form> {
    let mut functions = sources
        .values()
        .flat_map(|(_, switches)| &switches.functions);
    let has = |function: &&Switched| function.mutants.iter().any(|&(own, _)| own == number);
    functions.find(has).map(|function| function.form)
}

/// The programs of tests that cargo says it has built.
fn judges(messages: &[u8]) -> Vec<Judge> {
    let messages = String::from_utf8_lossy(messages);
    let judges = messages
        .lines()
        .filter_map(|line| judge(&serde_json::from_str(line).ok()?));
    judges.collect()
}

/// A program of tests among the messages of cargo.
fn judge(message: &Value) -> Option<Judge> {
    let is_test = message.get("profile")?.get("test")?.as_bool()?;
    let program = PathBuf::from(message.get("executable")?.as_str()?);
    let manifest = Path::new(message.get("manifest_path")?.as_str()?);
    let name = message.get("target")?.get("name")?.as_str()?.to_owned();
    is_test.then_some(Judge {
        name,
        program,
        folder: manifest.parent()?.to_path_buf(),
    })
}

/// What the compiler refuses, and where.
struct Error {
    rendered: String,
    /// The file, as the compiler names it, and the line.
    places: Vec<(String, usize)>,
}

impl Error {
    fn read(message: &Value) -> Option<Self> {
        let message = message.get("message")?;
        if message.get("level")?.as_str()? != "error" {
            return None;
        }
        let spans = message.get("spans")?.as_array()?;
        let is_primary =
            |span: &&Value| span.get("is_primary").and_then(Value::as_bool) == Some(true);
        let places: Vec<_> = spans.iter().filter(is_primary).flat_map(places).collect();
        // The closing count of errors has no place.
        (!places.is_empty()).then(|| Self {
            rendered: message
                .get("rendered")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            places,
        })
    }

    /// The mutants in whose own text it is.
    fn mutants(&self, tree: &Tree, written: &BTreeMap<&str, Written>) -> Vec<Number> {
        let mut found = Vec::new();
        for (written, line) in self.lines(tree, written) {
            let own = written
                .mutants
                .iter()
                .filter(|(_, lines)| lines.contains(&line));
            found.extend(own.map(|&(number, _)| number));
        }
        found
    }

    /// All mutants of the functions that it is in.
    fn functions(&self, tree: &Tree, written: &BTreeMap<&str, Written>) -> Vec<Number> {
        let mut found = Vec::new();
        for (written, line) in self.lines(tree, written) {
            let around = written
                .functions
                .iter()
                .filter(|(_, lines)| lines.contains(&line));
            found.extend(around.flat_map(|(numbers, _)| numbers));
        }
        found
    }

    fn lines<'w>(
        &self,
        tree: &Tree,
        written: &'w BTreeMap<&str, Written>,
    ) -> impl Iterator<Item = (&'w Written, usize)> {
        self.places
            .iter()
            .filter_map(|(file, line)| Some((written.get(tree.relative(file))?, *line)))
    }
}

/// The place of a span, and of what it was expanded from.
fn places(span: &Value) -> Vec<(String, usize)> {
    let mut places = Vec::new();
    let mut next = Some(span);
    while let Some(span) = next {
        let file = span.get("file_name").and_then(Value::as_str);
        let line = span.get("line_start").and_then(Value::as_u64);
        let line = line.and_then(|line| usize::try_from(line).ok());
        places.extend(file.map(str::to_owned).zip(line));
        next = span
            .get("expansion")
            .and_then(|expansion| expansion.get("span"));
    }
    places
}
