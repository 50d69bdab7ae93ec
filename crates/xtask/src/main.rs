//! `cargo xtask`: one door for people and CI. What is done by hand and what CI does is the same command.

mod bench;
mod build;
mod check;
mod counts;
mod fuzz;
mod mutants;
mod preview;
mod process;
mod project;
mod setup;
mod size;
mod tally;
mod test;
mod toolchain;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use lexopt::{Arg, Parser, ValueExt};

use project::Project;
use setup::Part;
use toolchain::{DISTRIBUTION, Toolchain};

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  setup [PART…]                      install what is missing: wasm-target, wasm-bindgen, trunk, npm, chromium
  preview [--port N] [--org FILE]    build the sidebar beside a mock CRM page and serve it on this machine
  test [LONG…] [GROUP…]              run every test, or a group of them: check, rust, counts, packages, e2e; and what takes
                                     long: --exhaustive, --fuzz (a minute each), --mutants
  build                              build the policy module, its npm package and the preview, in release form
  size                               build, tell the largest parts, and weigh what browsers download against web/size-budget.json
  bench [--size SIZE] [RUNTIME…]     measure against the peers in node, chromium and native, and write docs/performance.md
                                     anew; SIZE is l, or s or m to look quickly, which writes nothing
  counts [--update]                  count the instructions of the main operations, and hold them to crates/bench/counts.json
  check                              format, lints, documentation links, licences, versions
  mutants [--survivors] [FILE…]      break the rules in every small way and see that a test notices; takes an hour
  fuzz [--smoke] [TARGET…]           put hostile inputs to the rules, half an hour for each target, or a minute
  demo                               write demo/organisation.json anew, after a change of its generator
  env                                print the settings with which trunk and wasm-bindgen work by hand
  help                               this, and the environment variables

Each command installs what it needs itself.";

const VARIABLES: &str = "\
Read:
SIDELIGHT_TOOLS        where compiled tools are kept (default: sidelight/tools in the cache folder)
SIDELIGHT_CHROMIUM     the browser for the tests (default: chromium or google-chrome on PATH)

Set for the tests in JavaScript:";

fn main() -> ExitCode {
    match dispatch() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("\nerror: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("  because: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Whether everything that was asked for holds.
fn dispatch() -> Result<bool> {
    let mut arguments = Parser::from_env();
    let command = match arguments.next()? {
        None => {
            println!("{USAGE}");
            return Ok(true);
        }
        Some(Arg::Value(command)) => command.string()?,
        Some(Arg::Long("help") | Arg::Short('h')) => "help".to_owned(),
        Some(other) => return Err(other.unexpected().into()),
    };
    let project = Project::find()?;
    match command.as_str() {
        "setup" => setup::setup(&project, &values(arguments)?)?,
        "preview" => preview::preview(&project, &preview_options(arguments)?)?,
        "test" => return test::test(&project, &test_options(arguments)?),
        "mutants" => return mutants::mutants(&project, &mutants_options(arguments)?),
        "fuzz" => fuzz::fuzz(&project, &fuzz_options(arguments)?)?,
        "build" => {
            no_values(arguments)?;
            build::build(&project)?;
        }
        "size" => {
            no_values(arguments)?;
            size::size(&project)?;
        }
        "bench" => bench::bench(&project, &bench_options(arguments)?)?,
        "counts" => {
            counts::counts(&project, counts_options(arguments)?)?;
        }
        "check" => {
            no_values(arguments)?;
            return Ok(check::check(&project));
        }
        "demo" => {
            no_values(arguments)?;
            demo(&project)?;
        }
        "env" => {
            no_values(arguments)?;
            print_settings(&project)?;
        }
        "help" => println!("{USAGE}\n\n{VARIABLES}\n{}", test::ENVIRONMENT),
        unknown => bail!("there is no command `{unknown}`; `cargo xtask` alone lists them"),
    }
    Ok(true)
}

fn values(mut arguments: Parser) -> Result<Vec<String>> {
    let mut values = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Value(value) => values.push(value.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(values)
}

fn test_options(mut arguments: Parser) -> Result<test::Options> {
    let mut options = test::Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("exhaustive") => options.exhaustive = true,
            Arg::Long("fuzz") => options.fuzz = true,
            Arg::Long("mutants") => options.mutants = true,
            Arg::Value(group) => options.groups.push(group.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

fn fuzz_options(mut arguments: Parser) -> Result<fuzz::Options> {
    let mut options = fuzz::Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("smoke") => options.smoke = true,
            Arg::Value(target) => options.targets.push(target.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

fn mutants_options(mut arguments: Parser) -> Result<mutants::Options> {
    let mut options = mutants::Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("survivors") => options.survivors = true,
            Arg::Value(file) => options.files.push(file.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

fn bench_options(mut arguments: Parser) -> Result<bench::Options> {
    let mut options = bench::Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("size") => options.size = arguments.value()?.string()?,
            Arg::Value(runtime) => options.runtimes.push(runtime.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

/// Whether the committed counts are to be written anew.
fn counts_options(mut arguments: Parser) -> Result<bool> {
    let mut update = false;
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("update") => update = true,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(update)
}

fn no_values(mut arguments: Parser) -> Result<()> {
    match arguments.next()? {
        None => Ok(()),
        Some(argument) => Err(argument.unexpected().into()),
    }
}

fn preview_options(mut arguments: Parser) -> Result<preview::Options> {
    let mut options = preview::Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("port") => options.port = Some(arguments.value()?.parse()?),
            Arg::Long("org") => options.organisation = Some(PathBuf::from(arguments.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

/// The test that compares the file with its generator writes the file when it is told to.
fn demo(project: &Project) -> Result<()> {
    process::run(
        project
            .cargo()
            .args([
                "test",
                "--locked",
                "--package",
                "sidelight-testkit",
                "--test",
                "demo",
            ])
            .env("SIDELIGHT_BLESS", "1"),
    )
}

/// `eval "$(cargo xtask env)"`.
fn print_settings(project: &Project) -> Result<()> {
    setup::ensure(project, &[Part::WasmTarget, Part::WasmBindgen, Part::Trunk])?;
    let toolchain = Toolchain::require()?;
    println!("export PATH='{}'", project.search_path().to_string_lossy());
    if toolchain == Toolchain::Distribution {
        println!("export RUSTUP_TOOLCHAIN={DISTRIBUTION}");
    }
    Ok(())
}
