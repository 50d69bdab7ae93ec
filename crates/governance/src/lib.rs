//! Who can see which CRM record or partner deal, why, and what would change if.
//!
//! An organisation (people, a role hierarchy, profiles, guests, partner companies, records, deals) is
//! loaded once into a [`Governance`] and then asked [`at`](Governance::at) an instant. The clock is an
//! argument; the crate does no I/O, keeps no globals and compiles for `wasm32-unknown-unknown`.
//!
//! - one decision: [`At::can`], [`At::explain`], [`At::explain_deal`]
//! - a list: [`At::visible`], [`At::pipeline`]; as positions: [`At::visible_indices`]
//! - the other way round: [`At::viewers`], [`At::deal_viewers`]
//! - the people of a record: [`At::assignees`]; of many at once: [`Governance::edit_assigned`]
//! - what a server sends one viewer: [`At::slice`]
//! - guests: [`At::guests`], [`At::guest_state`], and what is done to them ([`guest`])
//! - requests for access, with their plan and a suggestion from colleagues: [`provisioning`]
//! - what happens by itself after an event: [`At::triggered`]
//! - what an administrator should look at: [`At::diagnose`]
//!
//! `docs/semantics.md` in the repository tells what the rules mean; `§` in this documentation points there.

pub mod amount;
mod assigned;
mod assignment;
mod at;
mod bulk_edit;
mod bundle;
mod change;
mod compile;
mod decision;
mod diagnose;
#[cfg(test)]
mod draw;
pub mod error;
mod field;
mod governance;
pub mod guest;
pub mod instant;
mod load;
mod memo;
mod message;
mod opened;
pub mod org;
mod packed;
mod pipeline;
mod predict;
pub mod profile;
pub mod provisioning;
mod reader;
pub mod record;
mod remedy;
mod role;
mod set;
mod sight;
mod slice;
mod slots;
mod table;
mod total;
pub mod trigger;
mod view;
mod visible;
mod word;

pub use amount::Amount;
pub use assignment::{Assignee, Assignees, Standing};
pub use at::At;
pub use bulk_edit::{AssignedEdit, EditOutcome, EditResult, EditedAssigned, Refusal};
pub use change::{Change, Removal, Thing};
pub use decision::{
    Decision, Grant, HolderRelation, Obstacle, ObstacleCode, Relation, Rule, Viewer,
};
pub use diagnose::{Diagnostic, Severity, Subject};
pub use error::{AskError, ChangeError, Code, LoadError};
pub use governance::{Governance, RecordsToWrite};
pub use instant::{Instant, InvalidInstant};
pub use load::Limits;
pub use message::{grouped, tier_interacts, tier_is_notified, tier_sees, unturned};
pub use org::Org;
pub use pipeline::{Interaction, Pipeline, PipelineQuery, PipelineRow, Total};
pub use predict::{Counted, PredictOptions, Prediction, PredictionRow};
pub use profile::{Action, Scope, Toggle};
pub use reader::ids_from_json;
pub use record::RecordType;
pub use remedy::Remedy;
pub use sight::Sights;
pub use view::{FieldTest, Filter, Page, Query, Sort};
