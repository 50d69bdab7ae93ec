//! The preview: a mock CRM page with the sidebar at its side, over an organisation from a file.
//!
//! The page knows the sidebar only as any other page would: it mounts it into an element, hands in
//! properties, and is told what a person chose.

mod address;
mod app;
mod catalogue;
mod combobox;
mod message;
mod notice;
mod opening;
mod record_list;
mod record_page;
mod top_bar;

use sidelight_governance::Instant;

fn main() {
    let document = web_sys::window().and_then(|window| window.document());
    let host = document.and_then(|document| document.get_element_by_id("crm"));
    if let Some((host, present)) = host.zip(present()) {
        yew::Renderer::<app::App>::with_root_and_props(host, app::AppProps { present }).render();
    }
}

/// The present by the browser's clock; `None` if that is set to a year that has no name.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the clock's milliseconds are whole, and below 2^53"
)]
fn present() -> Option<Instant> {
    Instant::from_millisecond(js_sys::Date::now() as i64)
}
