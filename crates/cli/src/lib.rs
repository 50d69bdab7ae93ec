//! The command line of Sidelight.

pub mod document;
