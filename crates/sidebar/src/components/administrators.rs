//! What an administrator reads beside what the viewer is shown.

use yew::prelude::*;

use super::markup::{paragraph, section};
use crate::message;
use crate::model::Organisation;

/// The part of a record or deal that is not for the viewer, told apart from what is. On a slice there is no such part: it is
/// the viewer's own, and knows of nobody else what they see.
pub(super) fn administrators(organisation: &Organisation, part: Html) -> Html {
    if organisation.viewer().is_some() {
        return Html::default();
    }
    let body = html! { <>{ paragraph("sl-quiet", message::NOT_SHOWN) }{ part }</> };
    section(
        "sl-admin",
        "sidelight-administrators",
        message::ADMINISTRATORS,
        body,
    )
}
