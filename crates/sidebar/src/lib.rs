//! The sidebar beside a CRM page: who is on this record, in what job role, who else sees it, and why.
//!
//! Three layers, and each knows only the one above it in this list:
//! - [`model`] turns the rules' answers into plain data, ready to be shown. It never touches the
//!   DOM, so its tests run natively.
//! - [`components`] draw that data with Yew.
//! - [`element`] puts the sidebar into an element of somebody else's page, and takes it out again.
//!
//! [`message`] is the one table of the interface's own words. The sentences that give reasons come
//! from the rules (`Grant::text`, `Obstacle::text`) and are shown as they are.

pub mod components;
pub mod element;
pub mod message;
pub mod model;
