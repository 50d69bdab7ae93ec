//! Markup that occurs all over the interface, drawn in one place: each place costs what a browser downloads.

use yew::prelude::*;

/// A paragraph of a class.
pub fn paragraph(class: &'static str, text: impl Into<AttrValue>) -> Html {
    fn drawn(class: &'static str, text: AttrValue) -> Html {
        html! { <p {class}>{ text }</p> }
    }
    drawn(class, text.into())
}

/// A span of a class.
pub fn span(class: &'static str, text: impl Into<AttrValue>) -> Html {
    fn drawn(class: &'static str, text: AttrValue) -> Html {
        html! { <span {class}>{ text }</span> }
    }
    drawn(class, text.into())
}
