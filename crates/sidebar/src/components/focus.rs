//! Where the focus goes, and what comes into view, once something has been chosen.

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};
use yew::AttrValue;

/// Does something with the element of an id once what was chosen has been drawn.
pub fn once_drawn(id: impl Into<AttrValue>, act: fn(&str)) {
    fn waited(id: AttrValue, act: fn(&str)) {
        // Yew draws in microtasks, all of which come before the next task.
        Timeout::new(0, move || act(&id)).forget();
    }
    waited(id.into(), act);
}

/// Gives the focus to the element of an id, which comes into view by that.
///
/// It is for a press that takes away what was pressed: the focus would fall to the beginning of the page.
pub fn focus(id: &str) {
    if let Some(element) = element(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // The browser refuses only what cannot be focused.
        element.focus().ok();
    }
}

/// Brings the element of an id into view with the least movement, if it is in the document.
pub fn bring_into_view(id: &str) {
    if let Some(element) = element(id) {
        let nearest = ScrollIntoViewOptions::new();
        nearest.set_block(ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&nearest);
    }
}

fn element(id: &str) -> Option<Element> {
    web_sys::window()?.document()?.get_element_by_id(id)
}
