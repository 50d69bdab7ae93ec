//! The list of records at the left: what the viewer sees, and, marked, what they do not.

use std::rc::Rc;

use sidelight_governance::Instant;
use sidelight_governance::RecordType;
use sidelight_sidebar::components::{
    HEADLINE, Shape, focus, icon, measured, paragraph, reveal, span, use_viewport,
};
use sidelight_sidebar::message::{NOTHING, counted, grouped};
use sidelight_sidebar::model::window::Step;
use sidelight_sidebar::model::{Organisation, Subject};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::catalogue::{Catalogue, Entry, Kind, Seen};
use crate::message;

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct RecordListProps {
    pub(crate) organisation: Organisation,
    pub(crate) catalogue: Rc<Catalogue>,
    pub(crate) now: Instant,
    pub(crate) viewer: String,
    pub(crate) subject: Option<Subject>,
    pub(crate) on_open: Callback<Subject>,
    /// Told of each record that the keys come by.
    pub(crate) on_walk: Callback<Subject>,
}

/// A line of the list, by its position in the catalogue.
struct Line {
    position: usize,
    is_seen: bool,
}

#[component]
pub(crate) fn RecordList(props: &RecordListProps) -> Html {
    let RecordListProps {
        organisation,
        catalogue,
        now,
        viewer,
        subject,
        on_open,
        on_walk,
    } = props.clone();
    let shown = subject.as_ref().map(Kind::of);
    let kind = use_state_eq(|| shown.unwrap_or(Kind::Record(RecordType::Account)));
    {
        // A record opened from elsewhere brings its own list.
        let kind = kind.clone();
        use_effect_with((shown, catalogue.clone()), move |(shown, catalogue)| {
            let first = || catalogue.kinds().next().map(|(first, _)| first);
            if let Some(wanted) = shown.or_else(|| {
                if catalogue.entries(*kind).is_empty() {
                    first()
                } else {
                    None
                }
            }) {
                kind.set(wanted);
            }
        });
    }
    let kind_now = *kind;
    let text = use_state_eq(String::new);
    let only_seen = use_state_eq(|| false);
    let list = use_node_ref();
    let (viewport, onscroll) = use_viewport(&list);

    let found = use_memo(
        (
            organisation.clone(),
            catalogue.clone(),
            now,
            viewer.clone(),
            kind_now,
            (*text).clone(),
            *only_seen,
        ),
        |(organisation, catalogue, now, viewer, kind, text, only_seen)| {
            let seen = Seen::new(organisation, catalogue, *now, viewer, *kind);
            let folded = text.trim().to_lowercase();
            let entries = catalogue.entries(*kind).iter().enumerate();
            let lines = entries
                .filter(|(_, entry)| entry.matches(&folded))
                .map(|(position, _)| Line {
                    position,
                    is_seen: seen.contains(position),
                })
                .filter(|line| line.is_seen || !only_seen);
            (seen.count, Rc::new(lines.collect::<Vec<_>>()))
        },
    );
    let (seen, lines) = &*found;
    let entries = catalogue.entries(kind_now);
    let entry = |line: &Line| entries.get(line.position);
    let chosen = subject
        .as_ref()
        .filter(|subject| Kind::of(subject) == kind_now);
    let chosen = chosen.and_then(|subject| {
        lines
            .iter()
            .position(|line| entry(line).is_some_and(|entry| entry.id == subject.id()))
    });

    {
        // What is opened from elsewhere is scrolled to.
        let list = list.clone();
        use_effect_with(
            (chosen, kind_now, catalogue.clone()),
            move |(chosen, ..)| {
                if let Some((row, viewport)) = chosen.zip(measured(&list)) {
                    reveal(&list, viewport, row);
                }
            },
        );
    }

    let onkeydown = {
        let (list, lines, catalogue) = (list.clone(), lines.clone(), catalogue.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Enter" {
                focus(HEADLINE);
                return;
            }
            let Some((step, viewport)) = Step::from_key(&event.key()).zip(measured(&list)) else {
                return;
            };
            event.prevent_default();
            let next = step
                .from(chosen, lines.len(), viewport.page())
                .and_then(|next| lines.get(next));
            if let Some(entry) =
                next.and_then(|line| catalogue.entries(kind_now).get(line.position))
            {
                on_walk.emit(kind_now.subject(entry.id.clone()));
            }
        })
    };
    let onchange_kind = {
        let (kind, catalogue) = (kind.clone(), catalogue.clone());
        Callback::from(move |event: Event| {
            let index = event
                .target_dyn_into::<HtmlSelectElement>()
                .and_then(|select| usize::try_from(select.selected_index()).ok());
            if let Some((chosen, _)) = index.and_then(|index| catalogue.kinds().nth(index)) {
                kind.set(chosen);
            }
        })
    };
    let oninput = {
        let text = text.clone();
        Callback::from(move |event: InputEvent| {
            text.set(
                event
                    .target_dyn_into::<HtmlInputElement>()
                    .map(|input| input.value())
                    .unwrap_or_default(),
            )
        })
    };
    let onchange_seen = {
        let only_seen = only_seen.clone();
        Callback::from(move |event: Event| {
            only_seen.set(
                event
                    .target_dyn_into::<HtmlInputElement>()
                    .is_some_and(|input| input.checked()),
            )
        })
    };

    let name = organisation.user_name(&viewer);
    let summary = message::sees(
        &name,
        *seen,
        &counted(entries.len(), kind_now.noun(), kind_now.plural()),
    );
    let window = viewport.rows(lines.len());
    let active = chosen.filter(|chosen| window.contains(chosen)).map(line_id);
    let rows = lines
        .get(window.clone())
        .unwrap_or_default()
        .iter()
        .zip(window)
        .filter_map(|(line, index)| {
            let entry = entry(line)?;
            let opened = kind_now.subject(entry.id.clone());
            Some(row(
                entry,
                line.is_seen,
                index,
                chosen == Some(index),
                lines.len(),
                on_open.reform(move |_: MouseEvent| opened.clone()),
            ))
        });
    html! {
        <nav class="crm-list" aria-label="Records">
            <div class="crm-list-head">
                <select aria-label={message::RECORD_TYPE} onchange={onchange_kind}>
                    { for catalogue.kinds().map(|(one, count)| html! {
                        <option selected={one == kind_now}>{ format!("{} ({})", capitalised(one.plural()), grouped(count)) }</option>
                    }) }
                </select>
                <label class="crm-field">
                    { icon(Shape::Search) }
                    <input type="search" aria-label={message::FIND} placeholder={message::FIND} value={(*text).clone()} {oninput} />
                </label>
                <p class="crm-seen" role="status">{ summary }</p>
                <div class="crm-share" aria-hidden="true"><span style={share(*seen, entries.len())} /></div>
                <label class="crm-check"><input type="checkbox" checked={*only_seen} onchange={onchange_seen} />{ message::hide(&name) }</label>
            </div>
            if lines.is_empty() {
                { paragraph("crm-empty", message::NOTHING_FOUND) }
            }
            <div ref={list} class="crm-lines" role="listbox" aria-label={capitalised(kind_now.plural())} tabindex="0" aria-activedescendant={active}
                hidden={lines.is_empty()} {onscroll} {onkeydown}>
                <div role="presentation" class="crm-lines-body" style={format!("--crm-rows: {}", lines.len())}>{ for rows }</div>
            </div>
        </nav>
    }
}

fn row(
    entry: &Entry,
    is_seen: bool,
    index: usize,
    is_chosen: bool,
    total: usize,
    onclick: Callback<MouseEvent>,
) -> Html {
    let unseen = (!is_seen).then_some("crm-unseen");
    html! {
        <div key={entry.id.clone()} id={line_id(index)} role="option" class={classes!("crm-line", unseen)} data-id={entry.id.clone()}
            aria-selected={is_chosen.to_string()} aria-posinset={(index + 1).to_string()} aria-setsize={total.to_string()}
            style={format!("--crm-index: {index}")} {onclick}>
            { span("crm-name", entry.name.clone()) }
            { span("crm-quiet", if entry.owner.is_empty() { NOTHING.to_owned() } else { entry.owner.clone() }) }
            if !is_seen {
                <span class="crm-lock">{ icon(Shape::Lock) }{ span("crm-hidden", message::UNSEEN) }</span>
            }
        </div>
    }
}

fn line_id(index: usize) -> String {
    format!("crm-line-{index}")
}

/// The width of a bar that shows a part of a whole.
fn share(seen: usize, all: usize) -> String {
    format!("width: calc(100% * {seen} / {})", all.max(1))
}

/// The same text with a capital first letter, for words of the interface.
pub(crate) fn capitalised(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}
