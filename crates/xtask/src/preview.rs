//! `cargo xtask preview`: the sidebar beside a mock CRM page, built and served on this machine.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::build::quiet_trunk;
use crate::process::{announce, run};
use crate::project::Project;
use crate::setup::{self, Part};
use crate::toolchain::Toolchain;

const DEFAULT_PORT: u16 = 8080;
/// How many ports after the default one are tried when nobody chose one.
const OTHER_PORTS: u16 = 20;
/// Apart from the release form that the tests use.
const FOLDER: &str = "target/preview-live";
const PROFILE: &str = "wasm-preview";
/// What the page fetches first.
const ORGANISATION: &str = "/organisation.json";

/// What was asked for on the command line.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) port: Option<u16>,
    pub(crate) organisation: Option<PathBuf>,
}

/// The command: serves until it is stopped.
pub(crate) fn preview(project: &Project, options: &Options) -> Result<()> {
    let port = choose_port(options.port, is_free)?;
    let organisation = options
        .organisation
        .as_deref()
        .map(|file| checked(project, file))
        .transpose()?;

    setup::ensure(project, &[Part::WasmTarget, Part::WasmBindgen, Part::Trunk])?;
    let toolchain = Toolchain::require()?;
    let trunk = |action: &str| {
        let mut trunk = project.wasm_command("trunk", toolchain);
        quiet_trunk(&mut trunk).args([action, "--cargo-profile", PROFILE, "--dist", FOLDER]);
        trunk
    };

    // Built first by itself: `trunk serve` would serve after a failed build as well, and a page that cannot work is no
    // address to print.
    run(&mut trunk("build")).context("the preview does not build; the messages above say where")?;

    let mut serve = trunk("serve");
    serve
        .args([
            "--address",
            "127.0.0.1",
            "--disable-address-lookup",
            "true",
            "--port",
        ])
        .arg(port.to_string());
    if let Some(file) = organisation {
        let address = serve_file(file)?;
        serve.args([
            "--proxy-backend",
            &address,
            "--proxy-rewrite",
            ORGANISATION,
            "--proxy-no-system-proxy",
        ]);
    }
    announce(&serve);
    let server = Server::start(&mut serve)?;
    server.wait_until_it_answers(port)?;
    println!("\nSidelight preview: http://127.0.0.1:{port}/\n");
    eprintln!("It follows changes of the sources. Stop it with Ctrl-C.");
    server.wait()
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// The port asked for, or the first free one from the default on.
fn choose_port(asked: Option<u16>, free: impl Fn(u16) -> bool) -> Result<u16> {
    match asked {
        Some(port) if free(port) => Ok(port),
        Some(port) => bail!(
            "port {port} is taken; choose another with `--port`, or leave it out to get a free one"
        ),
        None => (DEFAULT_PORT..=DEFAULT_PORT + OTHER_PORTS)
            .find(|&port| free(port))
            .with_context(|| {
                format!(
                    "ports {DEFAULT_PORT} to {} are all taken; choose one with `--port`",
                    DEFAULT_PORT + OTHER_PORTS
                )
            }),
    }
}

/// The file's absolute path, once the command line has loaded it: a mistake in it is told here with its place, not in a
/// browser after the build.
fn checked(project: &Project, file: &Path) -> Result<PathBuf> {
    let file = env::current_dir()?.join(file);
    if !file.is_file() {
        bail!("{} is not a file", file.display());
    }
    run(project
        .cargo()
        .args([
            "run",
            "--quiet",
            "--locked",
            "--package",
            "sidelight-cli",
            "--bin",
            "sidelight",
            "--",
            "diagnose",
        ])
        .arg(&file)
        .arg("--json")
        .stdout(std::process::Stdio::null()))
    .with_context(|| format!("{} cannot be shown", file.display()))?;
    Ok(file)
}

/// Serves one file for trunk to pass on, read anew for each request so that a reload shows what was edited. Gives its
/// address.
fn serve_file(file: PathBuf) -> Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = format!("http://{}{ORGANISATION}", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Err(error) = answer(stream, &file) {
                eprintln!("preview: {} was not sent: {error:#}", file.display());
            }
        }
    });
    Ok(address)
}

fn answer(mut stream: TcpStream, file: &Path) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while request.read_line(&mut line)? > 0 && line.trim_end() != "" {
        line.clear();
    }
    let body = fs::read(file)?;
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)?;
    Ok(())
}

/// The running `trunk serve`. It ends when this process is told to end, however it is told.
struct Server {
    child: Arc<Mutex<Child>>,
}

impl Server {
    fn start(command: &mut std::process::Command) -> Result<Self> {
        let child = command
            .stdin(std::process::Stdio::null())
            .spawn()
            .context("cannot start trunk")?;
        let server = Self {
            child: Arc::new(Mutex::new(child)),
        };
        let child = Arc::clone(&server.child);
        ctrlc::set_handler(move || {
            child
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .kill()
                .ok();
            std::process::exit(0);
        })?;
        Ok(server)
    }

    fn wait_until_it_answers(&self, port: u16) -> Result<()> {
        while !answers(port) {
            self.still_running()?;
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn wait(&self) -> Result<()> {
        loop {
            self.still_running()?;
            thread::sleep(Duration::from_millis(500));
        }
    }

    fn still_running(&self) -> Result<()> {
        // Locked for an instant only, so that the handler of signals never waits.
        match self
            .child
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .try_wait()?
        {
            None => Ok(()),
            Some(status) => bail!("the preview's server ended with {status}"),
        }
    }
}

/// Whether the page itself comes back.
fn answers(port: u16) -> bool {
    let fetch = || -> Result<bool> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(
            stream,
            "GET / HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: text/html\r\nconnection: close\r\n\r\n"
        )?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(&start == b"HTTP/1.1 200")
    };
    fetch().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn a_taken_port_is_refused_when_it_was_asked_for() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = choose_port(Some(port), is_free).unwrap_err().to_string();
        assert!(
            error.contains(&port.to_string()) && error.contains("--port"),
            "{error}"
        );
    }

    /// No socket here: a port just given back may be taken by whatever else runs on the machine.
    #[test]
    fn a_free_port_is_taken_as_asked_for_and_else_the_first_from_the_default_on() {
        assert_eq!(choose_port(Some(4_000), |_| true).unwrap(), 4_000);
        let second = choose_port(None, |port| port != DEFAULT_PORT).unwrap();
        assert_eq!(second, DEFAULT_PORT + 1);
        let error = choose_port(None, |_| false).unwrap_err().to_string();
        assert!(error.contains("all taken"), "{error}");
    }

    #[test]
    fn the_organisation_is_served_as_it_is_at_each_request() {
        let file = env::temp_dir().join(format!(
            "sidelight-organisation-{}.json",
            std::process::id()
        ));
        let get = |address: &str| {
            let authority = address
                .strip_prefix("http://")
                .unwrap()
                .strip_suffix(ORGANISATION)
                .unwrap();
            let mut stream = TcpStream::connect(authority).unwrap();
            stream
                .write_all(b"GET /organisation.json HTTP/1.1\r\nhost: x\r\n\r\n")
                .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        fs::write(&file, "{\"name\":\"before\"}").unwrap();
        let address = serve_file(file.clone()).unwrap();
        assert!(get(&address).ends_with("{\"name\":\"before\"}"));
        fs::write(&file, "{\"name\":\"after\"}").unwrap();
        assert!(get(&address).ends_with("{\"name\":\"after\"}"));
        fs::remove_file(&file).unwrap();
    }
}
