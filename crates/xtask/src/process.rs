//! Running other programs so that a person can follow what happens.
//!
//! What xtask says about itself goes to standard error; standard output is for answers (the preview's address, the
//! closing count of `test`, the settings that `env` prints).

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Shows the command, runs it with this process's own input and outputs, and fails if it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let started = Instant::now();
    let status = command.status().with_context(|| cannot_start(command))?;
    finished(started.elapsed());
    require(command, status)
}

/// Runs the command silently and gives what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| cannot_start(command))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed: {}", shown(command), said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Shows the command and runs it, passing its standard output on as it comes and each line of it to `on_line`.
pub(crate) fn run_reading(
    command: &mut Command,
    mut on_line: impl FnMut(&str),
) -> Result<ExitStatus> {
    announce(command);
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| cannot_start(command))?;
    if let Some(stdout) = child.stdout.take() {
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            let mut screen = std::io::stdout().lock();
            screen.write_all(&line)?;
            screen.flush()?;
            on_line(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
    }
    let status = child.wait()?;
    finished(started.elapsed());
    Ok(status)
}

/// Whether a program of this name can be started at all.
pub(crate) fn exists(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

/// Whole seconds and tenths, or minutes and seconds.
pub(crate) fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!(
            "{} min {:02} s",
            elapsed.as_secs() / 60,
            elapsed.as_secs() % 60
        )
    }
}

pub(crate) fn announce(command: &Command) {
    eprintln!("$ {}", shown(command));
}

pub(crate) fn require(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    bail!("`{}` ended with {status}", shown(command));
}

fn finished(elapsed: Duration) {
    if elapsed >= Duration::from_secs(1) {
        eprintln!("  ({})", duration(elapsed));
    }
}

pub(crate) fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`", command.get_program().to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_in_the_unit_that_fits() {
        assert_eq!(duration(Duration::from_millis(3_240)), "3.2 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 05 s");
    }

    #[test]
    fn a_command_is_shown_as_typed() {
        assert_eq!(
            shown(Command::new("npm").args(["ci", "--ignore-scripts"])),
            "npm ci --ignore-scripts"
        );
    }
}
