//! sidebar
