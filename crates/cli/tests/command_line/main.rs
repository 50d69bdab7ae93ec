//! The binary as people and scripts meet it: arguments, files, output, exit codes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod asking;
mod documentation;
mod exports;
mod guests;
mod importing;
mod sidelight;
