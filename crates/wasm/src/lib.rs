//! Sidelight's rules as a WebAssembly module.
//!
//! This is what the npm package `@sidelight/governance` calls, and the only place where data
//! crosses to JavaScript: questions come in as texts and numbers, answers leave as a boolean, a
//! typed array or one JSON text, failures as one JSON text. The package's own script gives all this
//! its public shape.

mod crossing;
mod letterbox;
mod organisation;
mod remembered;

pub use crossing::Failure;
pub use organisation::Organisation;

use sidelight_governance::{Action, RecordType};
use wasm_bindgen::prelude::wasm_bindgen;

/// The version of the module, which has to be the one of the script that loads it.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// The largest document that is read, in bytes.
#[wasm_bindgen(js_name = documentLimit)]
pub fn document_limit() -> usize {
    sidelight_governance::Limits::in_browser().document
}

/// The actions' words; the place of one is its number in a quick question.
#[wasm_bindgen]
pub fn actions() -> Vec<String> {
    Action::ALL.iter().map(Action::to_string).collect()
}

/// The record types' words; the place of one is its number in a quick question.
#[wasm_bindgen]
pub fn types() -> Vec<String> {
    RecordType::ALL.iter().map(RecordType::to_string).collect()
}

/// How many bytes of text a quick question can have.
#[wasm_bindgen(js_name = letterboxSize)]
pub fn letterbox_size() -> u32 {
    letterbox::Letterbox::SIZE
}
