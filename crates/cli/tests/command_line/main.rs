//! The binary as people and scripts meet it: arguments, files, output, exit codes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod asking;
mod exports;
mod importing;
mod sidelight;
