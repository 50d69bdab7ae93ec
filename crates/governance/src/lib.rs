//! Who can see which CRM record or partner deal, why, and what would change if.

pub mod amount;
pub mod error;
pub mod instant;
pub mod org;
pub mod profile;
pub mod record;
mod word;

pub use amount::Amount;
pub use instant::{Instant, InvalidInstant};
pub use org::Org;
pub use profile::{Action, Scope, Toggle};
pub use record::RecordType;
