//! What the rules cost natively: the questions that are measured, and how turns are timed.
//!
//! - `benches/operations.rs`: every operation on every size and shape (`cargo bench -p sidelight-bench`)
//! - `benches/peers.rs`: one decision beside other policy engines (`--features peers`)
//! - `src/bin/native.rs`, `src/bin/memory.rs`: the figures of `docs/performance.md` (`cargo xtask bench native`)
//! - `src/bin/counts.rs`: operations for callgrind to count (`cargo xtask counts`)

pub mod company;
#[cfg(feature = "peers")]
pub mod peers;
pub mod rounds;

/// Why something could not be measured.
pub type Failure = Box<dyn std::error::Error>;
