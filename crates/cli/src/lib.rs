//! The command line of Sidelight: `sidelight import`, `can`, `explain`, `visible` and the rest.
//!
//! Every question is answered by `sidelight-governance`; this crate reads files, writes files and
//! prints. `sidelight --help` is its manual.

mod answer;
mod ask;
mod command;
pub mod document;
mod failure;
mod import;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use command::Cli;
use failure::Failure;

/// What a command came to: the text for standard output, and whether the answer was a "no".
struct Outcome {
    text: String,
    refused: bool,
}

impl Outcome {
    fn answered(text: String) -> Self {
        Self {
            text,
            refused: false,
        }
    }
}

/// Runs the command line with these arguments, the first of which is the program's name.
///
/// The exit code is 0 for an answer, 1 where `can`, `explain`, `explain-deal` or `term` answers no, 2 for a
/// question that cannot be understood, 3 for a bad organisation, mapping or export, and 4 where a
/// file cannot be read or written.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli.command,
        Err(error) if error.use_stderr() => {
            let _ = write!(anstream::stderr(), "{}", answer::misunderstood(&error));
            return ExitCode::from(2);
        }
        Err(help) => {
            // Printing fails only where nobody reads any more.
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
    };
    match command.run().and_then(print) {
        Ok(refused) => ExitCode::from(u8::from(refused)),
        Err(failure) => {
            let _ = writeln!(anstream::stderr(), "{}", answer::failure(&failure));
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Prints an outcome, without its colours where they are not wanted, and tells whether it was a "no".
fn print(outcome: Outcome) -> Result<bool, Failure> {
    let mut out = anstream::stdout().lock();
    match out
        .write_all(outcome.text.as_bytes())
        .and_then(|()| out.flush())
    {
        // Whoever reads has read enough, as `head` does.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::io("cannot write to standard output", error))
        }
        _ => Ok(outcome.refused),
    }
}
