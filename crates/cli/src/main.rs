//! The binary `sidelight`.

use std::process::ExitCode;

fn main() -> ExitCode {
    sidelight_cli::run(std::env::args_os())
}
