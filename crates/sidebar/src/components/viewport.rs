//! The part of a long list that is in view, kept up to date while it scrolls.

use web_sys::Element;
use yew::prelude::*;

use crate::model::window::Viewport;

/// The measures of the list in `node`, and what to call when it scrolls.
///
/// The list is drawn again only when other rows come into view.
#[hook]
pub fn use_viewport(node: &NodeRef) -> (Viewport, Callback<Event>) {
    let viewport = use_state_eq(|| Viewport {
        scrolled: 0.0,
        height: 0.0,
        row: 1.0,
    });
    let measure = {
        let (node, viewport) = (node.clone(), viewport.clone());
        move || {
            if let Some(measured) = measured(&node)
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

/// The measures of a list as they are now; `None` while it is not in the document, or shows no row.
///
/// The style sheet says how high a row is, in the size that the reader has chosen for text. A grid's heading is a row too,
/// and covers the top of the list.
pub fn measured(node: &NodeRef) -> Option<Viewport> {
    let list = node.cast::<Element>()?;
    let first = list
        .query_selector("[role=option], [role=row]")
        .ok()
        .flatten()?;
    let row = first.get_bounding_client_rect().height();
    let heading = if first.has_attribute("aria-selected") {
        0.0
    } else {
        row
    };
    (row > 0.0).then(|| Viewport {
        scrolled: f64::from(list.scroll_top()),
        height: (f64::from(list.client_height()) - heading).max(0.0),
        row,
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
