//! The parts of the sidebar, drawn with Yew from what [`model`](crate::model) says.
//!
//! **Invariant:** every text that comes from an organisation becomes a text node. Nothing here
//! writes HTML from a string.

mod administrators;
mod audience;
mod copying;
mod deal_grid;
mod filters;
mod focus;
mod icon;
mod markup;
mod people;
mod pipeline;
mod record;
mod sidebar;
mod tabs;
mod tiers;
mod totals;
mod trial;
mod verdict;
mod viewport;
mod zone;

pub use focus::{bring_into_view, focus, once_drawn};
pub use icon::{Shape, icon};
pub use markup::{button, facts_list, paragraph, span};
pub use sidebar::{Choice, HEADLINE, Sidebar, SidebarProps};
pub use tabs::Tab;
pub use viewport::{measured, reveal, use_viewport};
