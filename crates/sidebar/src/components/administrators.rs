//! What an administrator reads beside what the viewer is shown.

use yew::prelude::*;

use super::markup::paragraph;
use crate::message;

/// The part of a record or deal that is not for the viewer, told apart from what is.
pub(super) fn administrators(part: Html) -> Html {
    html! {
        <section class="sl-admin" aria-labelledby="sidelight-administrators">
            <h3 id="sidelight-administrators">{ message::ADMINISTRATORS }</h3>
            { paragraph("sl-quiet", message::NOT_SHOWN) }
            { part }
        </section>
    }
}
