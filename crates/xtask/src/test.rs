//! `cargo xtask test`: every test there is, in one run with one count.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::bench::NATIVE;
use crate::build;
use crate::check;
use crate::counts::{self, Outcome};
use crate::fuzz;
use crate::mutants;
use crate::process::{require, run, run_reading};
use crate::project::Project;
use crate::setup::{self, Part, chromium};
use crate::size;
use crate::tally::{Report, Tally};

/// What the tests in JavaScript are told through their environment.
pub(crate) const ENVIRONMENT: &str = "\
SIDELIGHT_TARBALL      the packed npm package @sidelight/governance
SIDELIGHT_PREVIEW_DIR  the preview in release form, a folder of static files
SIDELIGHT_CLI          the program `sidelight`
SIDELIGHT_ROADS        organisations with who may do what in them, from the reference evaluator
SIDELIGHT_CHROMIUM     the browser";

/// A group of tests that can be run by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    /// `cargo test` over the workspace, documentation examples included.
    Rust,
    /// [`counts`].
    Counts,
    /// The npm packages: conformance under Node and in Chromium, the packed tarball in real projects.
    Packages,
    /// The preview in Chromium.
    EndToEnd,
    /// [`check`].
    Check,
}

impl Group {
    const ALL: [Self; 5] = [
        Self::Check,
        Self::Rust,
        Self::Counts,
        Self::Packages,
        Self::EndToEnd,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Counts => "counts",
            Self::Packages => "packages",
            Self::EndToEnd => "e2e",
            Self::Check => "check",
        }
    }
}

/// What is run.
#[derive(Default)]
pub(crate) struct Options {
    /// The names of groups; none for all of them.
    pub(crate) groups: Vec<String>,
    /// Whether the organisations up to the stated sizes are asked, all of them, which takes a quarter of an hour.
    pub(crate) exhaustive: bool,
    /// Whether each fuzzer runs for a minute.
    pub(crate) fuzz: bool,
    /// Whether the rules are broken in every small way, which takes an hour.
    pub(crate) mutants: bool,
}

/// What was built for the tests; nothing where the build failed.
#[derive(Default)]
struct Built {
    tarball: Option<PathBuf>,
    preview: Option<PathBuf>,
}

impl Built {
    fn tarball(&self) -> Result<&PathBuf> {
        self.tarball
            .as_ref()
            .context("not done, because the npm package was not built")
    }

    fn preview(&self) -> Result<&PathBuf> {
        self.preview
            .as_ref()
            .context("not done, because the preview was not built")
    }
}

/// The command: runs the named groups, or all, and closes with the count. Every step runs, whatever failed before it.
pub(crate) fn test(project: &Project, options: &Options) -> Result<bool> {
    let groups = chosen(&options.groups)?;
    let has = |group| groups.contains(&group);
    let mut report = Report::default();

    if has(Group::Check) {
        check::steps(project, &mut report);
    }
    if has(Group::Rust) {
        report.step("cargo test", |tally| {
            cargo_test(
                project,
                &[
                    "--workspace",
                    "--exclude",
                    ORACLE,
                    "--exclude",
                    NATIVE,
                    "--no-fail-fast",
                ],
                tally,
            )
        });
        report.step("Cedar's opinion", |tally| {
            cargo_test(project, &["--package", ORACLE], tally)
        });
    }
    if has(Group::Counts) {
        report.step("instructions", |tally| {
            if counts::counts(project, false)? == Outcome::Held {
                tally.add(Tally::PASSED);
            }
            Ok(())
        });
    }
    if options.exhaustive {
        report.step("every organisation", |tally| exhaustive(project, tally));
    }
    if options.fuzz {
        report.step("fuzzers, a minute each", |tally| {
            let smoke = fuzz::Options {
                smoke: true,
                ..Default::default()
            };
            fuzz::fuzz(project, &smoke)?;
            tally.add(Tally::PASSED);
            Ok(())
        });
    }
    if options.mutants {
        report.step("mutants", |tally| {
            if !mutants::mutants(project, &mutants::Options::default())? {
                bail!("a mutant survived that docs/mutants.md does not list");
            }
            tally.add(Tally::PASSED);
            Ok(())
        });
    }
    if has(Group::Packages) || has(Group::EndToEnd) {
        let mut built = Built::default();
        report.step("build the npm package", |_| {
            built.tarball = Some(build::package(project)?);
            Ok(())
        });
        report.step("build the preview", |_| {
            built.preview = Some(build::preview(project)?);
            Ok(())
        });
        report.step("sizes", |tally| {
            // What an earlier build left is not what is being tested.
            built.tarball()?;
            built.preview()?;
            size::weigh(project)?;
            tally.add(Tally::PASSED);
            Ok(())
        });
        report.step("browser and command line", |_| {
            setup::ensure(project, &[Part::Npm, Part::Chromium])?;
            command_line(project)?;
            roads(project)
        });
        if has(Group::Packages) {
            report.step("npm packages", |tally| {
                built.tarball()?;
                node_test(project, &built, &package_tests(project)?, tally)
            });
        }
        if has(Group::EndToEnd) {
            report.step("end to end", |tally| {
                built.preview()?;
                node_test(project, &built, &[project.path("web/e2e")], tally)
            });
        }
    }

    let total = report.total();
    eprintln!("\n{report}");
    println!("{total}");
    Ok(total.failed == 0 && total.passed > 0)
}

fn chosen(names: &[String]) -> Result<Vec<Group>> {
    if names.is_empty() {
        return Ok(Group::ALL.to_vec());
    }
    names
        .iter()
        .map(|name| {
            let known = Group::ALL.map(Group::name).join(", ");
            Group::ALL
                .into_iter()
                .find(|group| group.name() == name)
                .with_context(|| {
                    format!("there is no group of tests `{name}`; the groups are {known}")
                })
        })
        .collect()
}

/// Tested by itself: built together, its dependencies would change features of the other crates'.
const ORACLE: &str = "sidelight-oracle";

fn cargo_test(project: &Project, packages: &[&str], tally: &mut Tally) -> Result<()> {
    let mut command = project.cargo();
    command.args(["test", "--locked"]).args(packages);
    let status = run_reading(&mut command, |line| tally.read(line))?;
    require(&command, status)?;
    some_ran(*tally)
}

/// `tests/exhaustive.rs` of testkit without leaving out any.
fn exhaustive(project: &Project, tally: &mut Tally) -> Result<()> {
    let mut command = project.cargo();
    command
        .args(["test", "--release", "--locked"])
        .args(["--package", "sidelight-testkit", "--test", "exhaustive"])
        .args(["--", "--nocapture"])
        .env("SIDELIGHT_EXHAUSTIVE", "1");
    let status = run_reading(&mut command, |line| tally.read(line))?;
    require(&command, status)?;
    some_ran(*tally)
}

/// The tests compare the command line's answers with those in the browser.
fn command_line(project: &Project) -> Result<()> {
    run(project.cargo().args([
        "build",
        "--locked",
        "--package",
        "sidelight-cli",
        "--bin",
        "sidelight",
    ]))
}

/// The organisations on which the npm package's roads are held to the reference evaluator.
fn roads(project: &Project) -> Result<()> {
    let mut command = project.cargo();
    command.args(["run", "--locked", "--package", "sidelight-testkit"]);
    command.args([
        "--example",
        "roads",
        "--",
        &roads_file(project).to_string_lossy(),
    ]);
    run(&mut command)
}

fn roads_file(project: &Project) -> PathBuf {
    project.native_target().join("roads.json")
}

fn node_test(
    project: &Project,
    built: &Built,
    folders: &[PathBuf],
    tally: &mut Tally,
) -> Result<()> {
    let files = folders
        .iter()
        .map(|folder| test_files(folder))
        .collect::<Result<Vec<_>>>()?
        .concat();
    if files.is_empty() {
        bail!("there is no *.test.mjs in {folders:?}");
    }
    let mut command = project.command("node");
    command
        // One file at a time: each may start a browser, and a machine may have two cores.
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .args(files)
        .envs(
            built
                .tarball
                .as_ref()
                .map(|path| ("SIDELIGHT_TARBALL", path)),
        )
        .envs(
            built
                .preview
                .as_ref()
                .map(|path| ("SIDELIGHT_PREVIEW_DIR", path)),
        )
        .env(
            "SIDELIGHT_CLI",
            project.native_target().join("debug/sidelight"),
        )
        .env("SIDELIGHT_ROADS", roads_file(project))
        .env(
            "SIDELIGHT_CHROMIUM",
            chromium::program().context("there is no browser")?,
        );
    let status = run_reading(&mut command, |line| tally.read(line))?;
    require(&command, status)?;
    some_ran(*tally)
}

/// A runner that found nothing to run is content; a run of the tests is not.
fn some_ran(tally: Tally) -> Result<()> {
    if tally == Tally::default() {
        bail!("no test ran");
    }
    Ok(())
}

/// The folders `test` of the npm packages.
fn package_tests(project: &Project) -> Result<Vec<PathBuf>> {
    let mut folders: Vec<_> = fs::read_dir(project.path("web"))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|folder| folder.join("package.json").is_file())
        .map(|folder| folder.join("test"))
        .filter(|folder| folder.is_dir())
        .collect();
    folders.sort();
    Ok(folders)
}

/// The files `*.test.mjs` directly in a folder, in order.
fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn only_test_modules_of_the_folder_are_run() {
        let folder = std::env::temp_dir().join(format!("sidelight-tests-{}", std::process::id()));
        fs::create_dir_all(folder.join("fixtures")).unwrap();
        for name in [
            "b.test.mjs",
            "a.test.mjs",
            "serve.mjs",
            "fixtures/c.test.mjs",
        ] {
            fs::write(folder.join(name), "").unwrap();
        }
        let names: Vec<_> = test_files(&folder)
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["a.test.mjs", "b.test.mjs"]);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_run_without_tests_is_no_success() {
        assert!(some_ran(Tally::default()).is_err());
        assert!(some_ran(Tally::PASSED).is_ok());
    }

    #[test]
    fn an_unknown_group_is_refused_with_the_known_ones() {
        let error = chosen(&["unit".to_owned()]).err().unwrap().to_string();
        assert!(
            error.contains("`unit`") && error.contains("rust"),
            "{error}"
        );
    }
}
