//! The part of a long list that is in view, kept up to date while it scrolls.

use web_sys::Element;
use yew::prelude::*;

use crate::model::window::Viewport;

/// The measures of the list in `node`, whose rows are `row` pixels high and whose top is covered by
/// `covered` pixels of heading, and what to call when it scrolls.
///
/// The list is drawn again only when other rows come into view.
#[hook]
pub fn use_viewport(node: &NodeRef, row: u32, covered: u32) -> (Viewport, Callback<Event>) {
    let viewport = use_state_eq(|| Viewport {
        scrolled: 0.0,
        height: 0.0,
        row: f64::from(row),
    });
    let measure = {
        let (node, viewport) = (node.clone(), viewport.clone());
        move || {
            if let Some(measured) = measured(&node, row, covered)
                && measured.rows(usize::MAX) != viewport.rows(usize::MAX)
            {
                viewport.set(measured);
            }
        }
    };
    {
        let measure = measure.clone();
        use_effect(measure);
    }
    (*viewport, Callback::from(move |_| measure()))
}

/// The measures of a list as they are now; `None` while it is not in the document.
pub fn measured(node: &NodeRef, row: u32, covered: u32) -> Option<Viewport> {
    let list = node.cast::<Element>()?;
    let height = (f64::from(list.client_height()) - f64::from(covered)).max(0.0);
    Some(Viewport {
        scrolled: f64::from(list.scroll_top()),
        height,
        row: f64::from(row),
    })
}

/// Scrolls a list so that a row is in view.
pub fn reveal(node: &NodeRef, viewport: Viewport, row: usize) {
    if let Some((top, list)) = viewport.reveal(row).zip(node.cast::<Element>()) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a browser's own scroll positions are below 2^31"
        )]
        list.set_scroll_top(top.round() as i32);
    }
}
