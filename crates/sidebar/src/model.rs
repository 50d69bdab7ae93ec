//! What the sidebar shows for a viewer and a record, as plain data.
//!
//! **Invariant:** nothing here names a type of Yew or of the browser.

pub mod amount;
pub mod audience;
pub mod day;
pub mod deals;
pub mod organisation;
pub mod people;
pub mod subject;
pub mod tiers;
pub mod verdict;
pub mod window;

pub use organisation::Organisation;
pub use subject::Subject;
