//! What `cargo mutants` says that a mutant is.

use std::fmt;
use std::ops::Range;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::output;
use crate::project::Project;

/// One change of the sources: a text that takes the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mutant {
    /// As `cargo mutants` tells it: `crates/…/role.rs:12:34: replace < with > in Forest::is_below`.
    pub(crate) name: String,
    /// The path of the file from the root of the workspace.
    pub(crate) file: String,
    /// What is replaced.
    pub(crate) span: Range<Place>,
    pub(crate) replacement: String,
    /// The function that it is in; none in a constant.
    pub(crate) function: Option<Function>,
}

/// The function around a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) span: Range<Place>,
    /// As written, with the arrow; empty where nothing is returned.
    pub(crate) return_type: String,
}

/// Where a character stands. Both count from 1, and columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Mutant {
    /// The name of the file and what is changed, without the line: what stays when lines move.
    pub(crate) fn what(&self) -> String {
        let change = self.name.splitn(4, ':').nth(3).unwrap_or(&self.name);
        format!("{}:{change}", short(&self.file))
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A file's path below the folder of sources: `slice/cut.rs`.
pub(crate) fn short(file: &str) -> &str {
    file.split_once("/src/").map_or(file, |(_, short)| short)
}

/// Every mutant of a package, in the order of files and lines.
pub(crate) fn mutants(project: &Project, package: &str) -> Result<Vec<Mutant>> {
    let list = output(
        project
            .cargo()
            .args(["mutants", "--list", "--json", "--package", package]),
    )?;
    read(&list).context("cargo-mutants lists mutants in another form than this command reads")
}

fn read(list: &str) -> Result<Vec<Mutant>> {
    let list: Vec<Value> = serde_json::from_str(list)?;
    list.iter()
        .map(|mutant| Some((mutant, text(mutant, "name")?)))
        .map(|named| named.context("one has no name"))
        .map(|named| {
            let (mutant, name) = named?;
            one(mutant, &name).with_context(|| format!("`{name}` lacks something"))
        })
        .collect()
}

fn one(mutant: &Value, name: &str) -> Option<Mutant> {
    let function = match mutant.get("function")? {
        Value::Null => None,
        function => Some(Function {
            span: span(function)?,
            return_type: text(function, "return_type")?,
        }),
    };
    Some(Mutant {
        name: name.to_owned(),
        file: text(mutant, "file")?,
        span: span(mutant)?,
        replacement: text(mutant, "replacement")?,
        function,
    })
}

fn text(of: &Value, key: &str) -> Option<String> {
    of.get(key)?.as_str().map(str::to_owned)
}

fn span(of: &Value) -> Option<Range<Place>> {
    let span = of.get("span")?;
    let place = |key| {
        let place: &Value = span.get(key)?;
        let number = |key| usize::try_from(place.get(key)?.as_u64()?).ok();
        Some(Place {
            line: number("line")?,
            column: number("column")?,
        })
    };
    Some(place("start")?..place("end")?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

    use super::*;

    const LIST: &str = r#"[{
        "file": "crates/governance/src/slice/cut.rs",
        "function": {
            "function_name": "is_below",
            "return_type": "-> bool",
            "span": { "start": { "line": 3, "column": 1 }, "end": { "line": 5, "column": 2 } }
        },
        "genre": "BinaryOperator",
        "name": "crates/governance/src/slice/cut.rs:4:7: replace < with <= in is_below",
        "package": "sidelight-governance",
        "replacement": "<=",
        "span": { "start": { "line": 4, "column": 7 }, "end": { "line": 4, "column": 8 } }
    }]"#;

    #[test]
    fn a_listed_mutant_is_read_with_its_places() {
        let list = read(LIST).unwrap();
        let [mutant] = &list[..] else { panic!("one") };
        assert_eq!(mutant.span.start, Place { line: 4, column: 7 });
        assert_eq!(mutant.replacement, "<=");
        assert_eq!(mutant.function.as_ref().unwrap().return_type, "-> bool");
    }

    #[test]
    fn what_a_mutant_changes_is_told_without_the_line() {
        let list = read(LIST).unwrap();
        let what: Vec<_> = list.iter().map(Mutant::what).collect();
        assert_eq!(what, ["slice/cut.rs: replace < with <= in is_below"]);
    }

    #[test]
    fn a_list_of_another_form_is_refused() {
        assert!(read(&LIST.replace("\"span\"", "\"range\"")).is_err());
    }
}
