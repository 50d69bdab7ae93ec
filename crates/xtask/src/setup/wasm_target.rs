//! Rust's standard library for `wasm32-unknown-unknown`.

use anyhow::{Context, Result};

use super::distribution;
use crate::process::{exists, run};
use crate::project::Project;
use crate::toolchain::{Toolchain, WASM};

pub(crate) fn present() -> Option<String> {
    let toolchain = Toolchain::find()?;
    let version = toolchain.version().ok()?;
    Some(match toolchain {
        Toolchain::Active => format!("{version}, the active tool chain"),
        Toolchain::Distribution => {
            format!("{version}, the distribution's, used with RUSTUP_TOOLCHAIN=distro")
        }
    })
}

pub(crate) fn install(project: &Project) -> Result<()> {
    if exists("rustup") {
        let mut add = project.command("rustup");
        let Err(error) = run(add.args(["target", "add", WASM])) else {
            return Ok(());
        };
        eprintln!("set-up: {error}; trying the distribution's packages instead");
    }
    distribution::install(project).with_context(|| {
        format!(
            "neither rustup nor the distribution's packages gave the target; where rustup can reach its servers, \
             `rustup target add {WASM}` is all that is needed"
        )
    })
}
