//! The licences of everything that is built from or with.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use spdx::{Expression, LicenseItem, ParseMode};

use crate::process::output;
use crate::project::{Project, read};
use crate::setup::npm;

/// Licences that ask for no more than their notice.
const ALLOWED: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Also allowed for tools of the build and the tests, of which nothing is shipped.
const ALLOWED_FOR_TOOLS: [&str; 5] = [
    "BlueOak-1.0.0",
    "CC-BY-4.0",
    "MPL-2.0",
    "Python-2.0",
    "Artistic-2.0",
];

/// Fails with every dependency whose licence does not allow what this project does.
pub(crate) fn check(project: &Project) -> Result<()> {
    let mut refused = crates(project)?;
    for folder in npm::FOLDERS {
        refused.extend(npm_packages(project, &npm::lock(folder))?);
    }
    if refused.is_empty() {
        return Ok(());
    }
    bail!(
        "licences that are not on the list in crates/xtask/src/check/licence.rs:\n{}",
        refused.join("\n")
    )
}

fn crates(project: &Project) -> Result<Vec<String>> {
    let metadata = output(
        project
            .cargo()
            .args(["metadata", "--format-version", "1", "--locked"]),
    )?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata
        .get("packages")
        .and_then(Value::as_array)
        .context("cargo metadata lists no packages")?;
    Ok(packages
        .iter()
        .filter_map(|package| {
            let text = |key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default();
            let licence = text("license");
            let allowed = is_allowed(licence, &[&ALLOWED]);
            (!allowed).then(|| {
                format!(
                    "    crate {} {}: `{licence}`",
                    text("name"),
                    text("version")
                )
            })
        })
        .collect())
}

fn npm_packages(project: &Project, lock: &str) -> Result<Vec<String>> {
    let locked: Value = serde_json::from_str(&read(&project.path(lock))?)?;
    let packages = locked
        .get("packages")
        .and_then(Value::as_object)
        .with_context(|| format!("{lock} has no packages"))?;
    Ok(packages
        .iter()
        .filter_map(|(path, package)| {
            let licence = package
                .get("license")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let allowed = is_allowed(licence, &[&ALLOWED, &ALLOWED_FOR_TOOLS]);
            (!allowed).then(|| format!("    npm {lock} {path}: `{licence}`"))
        })
        .collect())
}

/// Whether the SPDX expression can be met with licences on the lists. An exception only ever permits more.
fn is_allowed(licence: &str, lists: &[&[&str]]) -> bool {
    // Older crates write `MIT/Apache-2.0` for a choice.
    let mode = ParseMode {
        allow_slash_as_or_operator: true,
        ..ParseMode::STRICT
    };
    Expression::parse_mode(licence, mode).is_ok_and(|expression| {
        expression.evaluate(|requirement| match &requirement.license {
            LicenseItem::Spdx { id, .. } => lists.iter().any(|list| list.contains(&id.name)),
            LicenseItem::Other { .. } => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(licence: &str, allowed: bool) {
        assert_eq!(is_allowed(licence, &[&ALLOWED]), allowed, "{licence}");
    }

    #[test]
    fn a_choice_needs_one_allowed_licence_and_a_sum_needs_all() {
        check("MIT", true);
        check("MIT OR GPL-3.0-only", true);
        check("MIT/Apache-2.0", true);
        check("(MIT OR Apache-2.0) AND Unicode-3.0", true);
        check("Apache-2.0 WITH LLVM-exception", true);
        check("MIT AND GPL-3.0-only", false);
        check("GPL-3.0-only", false);
    }

    #[test]
    fn what_is_no_licence_expression_is_refused() {
        check("", false);
        check("SEE LICENSE IN EULA", false);
        check("LicenseRef-Ours", false);
    }
}
