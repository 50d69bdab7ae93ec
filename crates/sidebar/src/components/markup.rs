//! Markup that occurs all over the interface, drawn in one place: each place costs what a browser downloads.

use sidelight_governance::AskError;
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

/// A part under a heading of its own, which names it.
pub(super) fn section(
    class: &'static str,
    id: &'static str,
    heading: impl Into<AttrValue>,
    body: Html,
) -> Html {
    fn drawn(class: &'static str, id: &'static str, heading: AttrValue, body: Html) -> Html {
        html! { <section {class} aria-labelledby={id}><h3 {id}>{ heading }</h3>{ body }</section> }
    }
    drawn(class, id, heading.into(), body)
}

/// A button of a class.
pub fn button(
    class: &'static str,
    label: impl Into<AttrValue>,
    onclick: Callback<MouseEvent>,
) -> Html {
    fn drawn(class: &'static str, label: AttrValue, onclick: Callback<MouseEvent>) -> Html {
        html! { <button type="button" {class} {onclick}>{ label }</button> }
    }
    drawn(class, label.into(), onclick)
}

/// Labels with their values.
pub fn facts_list<'a>(
    class: &'static str,
    facts: impl Iterator<Item = (&'a str, &'a str)>,
) -> Html {
    fn drawn(class: &'static str, facts: Vec<Html>) -> Html {
        html! { <dl {class}>{ facts }</dl> }
    }
    fn fact((label, value): (&str, &str)) -> Html {
        let (label, value) = (label.to_owned(), value.to_owned());
        html! { <div><dt>{ label }</dt><dd>{ value }</dd></div> }
    }
    drawn(class, facts.map(fact).collect())
}

/// What is told in place of a part that the rules refused to fill.
pub(super) fn fault(error: &AskError) -> Html {
    html! { <p class="sl-empty" role="alert">{ error.to_string() }</p> }
}
