//! Text for the clipboard, and whether it got there.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::prelude::*;

use super::markup::{button, span};
use crate::message;

/// The text that was last copied, and what there was to say of it.
pub(super) type Copied = Option<(String, &'static str)>;

/// A button that copies a text, and a region that says what came of it for as long as the text is the same.
pub(super) fn copy_view(copied: &UseStateHandle<Copied>, text: String) -> Html {
    let told = copied.as_ref().filter(|(copied, _)| *copied == text);
    let told = told.map(|(_, told)| *told).unwrap_or_default();
    let copied = copied.clone();
    let onclick = Callback::from(move |_: MouseEvent| {
        let (copied, text) = (copied.clone(), text.clone());
        // Emptied, so that the same words are announced again.
        copied.set(None);
        spawn_local(async move {
            let told = match copy(&text).await {
                Ok(_) => message::COPIED,
                Err(_) => message::NOT_COPIED,
            };
            copied.set(Some((text, told)));
        });
    });
    html! {
        <div class="sl-copy">
            { button("sl-button", message::COPY, onclick) }
            <div role="status">{ span("sl-quiet", told) }</div>
        </div>
    }
}

/// Puts a text onto the clipboard. There is none on a page without an encrypted connection, and a browser may refuse it.
async fn copy(text: &str) -> Result<JsValue, JsValue> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into())?;
    let clipboard = Reflect::get(&navigator, &"clipboard".into())?;
    let write: Function = Reflect::get(&clipboard, &"writeText".into())?.dyn_into()?;
    let written: Promise = write.call1(&clipboard, &text.into())?.dyn_into()?;
    JsFuture::from(written).await
}
