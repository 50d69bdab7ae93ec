//! What the tests of every crate share: random organisations, the naive reference evaluator, and the
//! runner of the conformance cases. Never published.

pub mod agreement;
pub mod conformance;
pub mod demo;
pub mod fuzz;
pub mod generate;
pub mod reference;
pub mod roads;
