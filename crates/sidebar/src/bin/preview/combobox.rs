//! A searchable list of people, by the WAI-ARIA combobox pattern: the focus stays in the text field,
//! which names the option that the keys are on.

use std::rc::Rc;

use sidelight_sidebar::components::{Shape, icon};
use web_sys::{HtmlInputElement, ScrollIntoViewOptions, ScrollLogicalPosition};
use yew::prelude::*;

use crate::catalogue::{Catalogue, Someone};
use crate::message;

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct ComboboxProps {
    pub(crate) catalogue: Rc<Catalogue>,
    /// The id and the name of the one who is chosen.
    pub(crate) chosen: Option<(String, String)>,
    pub(crate) on_choose: Callback<String>,
}

/// So many people are listed at most; typing brings up the others.
const LISTED: usize = 200;
const FIELD: &str = "crm-viewer";
const LIST: &str = "crm-viewers";

#[component]
pub(crate) fn Combobox(props: &ComboboxProps) -> Html {
    let ComboboxProps {
        catalogue,
        chosen,
        on_choose,
    } = props.clone();
    let is_open = use_state_eq(|| false);
    // What has been typed since the list was opened; `None` shows who is chosen.
    let typed = use_state_eq(|| None::<String>);
    let active = use_state_eq(|| None::<usize>);
    let field = use_node_ref();
    let matches = use_memo(
        (catalogue, (*typed).clone(), *is_open),
        |(catalogue, typed, is_open)| {
            if *is_open {
                Matches::new(catalogue, typed.as_deref().unwrap_or_default())
            } else {
                Matches::default()
            }
        },
    );

    {
        let field = field.clone();
        use_effect_with((*active, *is_open), move |(active, is_open)| {
            let document = field
                .cast::<HtmlInputElement>()
                .and_then(|field| field.owner_document());
            let option = active
                .filter(|_| *is_open)
                .zip(document)
                .and_then(|(active, document)| document.get_element_by_id(&option_id(active)));
            if let Some(option) = option {
                let nearest = ScrollIntoViewOptions::new();
                nearest.set_block(ScrollLogicalPosition::Nearest);
                option.scroll_into_view_with_scroll_into_view_options(&nearest);
            }
        });
    }

    {
        // Whoever has just been chosen is selected as text, so that typing starts a new search.
        let field = field.clone();
        use_effect_with((chosen.clone(), *is_open), move |(_, is_open)| {
            let field = field.cast::<HtmlInputElement>();
            let focused = field
                .as_ref()
                .and_then(|field| field.owner_document()?.active_element());
            if let Some(field) = field.filter(|field| !is_open && focused.as_ref() == Some(field)) {
                field.select();
            }
        });
    }

    let open = {
        let (is_open, active, matched) = (is_open.clone(), active.clone(), chosen.clone());
        let catalogue = props.catalogue.clone();
        Callback::from(move |()| {
            if !*is_open {
                let all = Matches::new(&catalogue, "");
                active.set(
                    matched
                        .as_ref()
                        .and_then(|(id, _)| all.people().position(|one| one.id == *id)),
                );
                is_open.set(true);
            }
        })
    };
    let close = {
        let (is_open, typed, active) = (is_open.clone(), typed.clone(), active.clone());
        Callback::from(move |()| {
            is_open.set(false);
            typed.set(None);
            active.set(None);
        })
    };
    let choose = {
        let close = close.clone();
        Callback::from(move |id: String| {
            close.emit(());
            on_choose.emit(id);
        })
    };
    let oninput = {
        let (is_open, typed, active) = (is_open.clone(), typed.clone(), active.clone());
        Callback::from(move |event: InputEvent| {
            if let Some(field) = event.target_dyn_into::<HtmlInputElement>() {
                typed.set(Some(field.value()));
                active.set(Some(0));
                is_open.set(true);
            }
        })
    };
    let onkeydown = {
        let (is_open, active, matches, open, close, choose) = (
            is_open.clone(),
            active.clone(),
            matches.clone(),
            open.clone(),
            close.clone(),
            choose.clone(),
        );
        Callback::from(move |event: KeyboardEvent| {
            let last = matches.people().count().saturating_sub(1);
            match event.key().as_str() {
                "ArrowDown" | "ArrowUp" if !*is_open => open.emit(()),
                "ArrowDown" => active.set(Some(active.map_or(0, |active| (active + 1).min(last)))),
                "ArrowUp" => {
                    active.set(Some(active.map_or(last, |active| active.saturating_sub(1))))
                }
                "Enter" if *is_open => {
                    if let Some(someone) = active.and_then(|active| matches.people().nth(active)) {
                        choose.emit(someone.id.clone());
                    }
                }
                "Escape" if *is_open => close.emit(()),
                _ => return,
            }
            event.prevent_default();
        })
    };
    let onfocus = Callback::from(|event: FocusEvent| {
        if let Some(field) = event.target_dyn_into::<HtmlInputElement>() {
            field.select();
        }
    });

    let value = (*typed).clone().unwrap_or_else(|| {
        chosen
            .as_ref()
            .map(|(_, name)| name.clone())
            .unwrap_or_default()
    });
    let is_chosen = |someone: &Someone| chosen.as_ref().is_some_and(|(id, _)| *id == someone.id);
    let option = |position: usize, someone: &Someone| {
        let id = someone.id.clone();
        html! {
            <li key={someone.id.clone()} id={option_id(position)} role="option" class={classes!((*active == Some(position)).then_some("crm-active"))}
                aria-selected={is_chosen(someone).to_string()} onclick={choose.reform(move |_: MouseEvent| id.clone())}>
                <span>{ &someone.name }</span>{ " " }<span class="crm-quiet">{ &someone.note }</span>
            </li>
        }
    };
    let groups = matches.groups.iter().enumerate().map(|(index, group)| {
        let heading = format!("{LIST}-{index}");
        html! {
            <ul key={heading.clone()} role="group" aria-labelledby={heading.clone()}>
                <li id={heading} role="presentation" class="crm-group">{ &group.name }</li>
                { for group.people.iter().enumerate().map(|(offset, someone)| option(group.first + offset, someone)) }
            </ul>
        }
    });
    let active_id = active
        .filter(|active| *is_open && *active < matches.people().count())
        .map(option_id);
    // A press on the list must not take the focus out of the field.
    let onmousedown = Callback::from(|event: MouseEvent| event.prevent_default());
    html! {
        <div class="crm-combobox">
            <label for={FIELD}>{ message::VIEW_AS }</label>
            <div class="crm-field">
                { icon(Shape::Person) }
                <input ref={field} id={FIELD} type="text" role="combobox" autocomplete="off" spellcheck="false" aria-expanded={is_open.to_string()}
                    aria-controls={LIST} aria-autocomplete="list" aria-activedescendant={active_id} {value} {oninput} {onkeydown} {onfocus}
                    onclick={open.reform(|_: MouseEvent| ())} onblur={close.reform(|_: FocusEvent| ())} />
                { icon(Shape::Down) }
            </div>
            <div id={LIST} class="crm-options" role="listbox" aria-label={message::VIEW_AS} hidden={!*is_open} {onmousedown}>
                { for groups }
                if *is_open && matches.groups.is_empty() {
                    <div role="option" aria-disabled="true" aria-selected="false">{ message::NOBODY_MATCHES }</div>
                }
                if matches.left > 0 {
                    <div role="option" aria-disabled="true" aria-selected="false" class="crm-quiet">{ message::more_people(matches.left) }</div>
                }
            </div>
        </div>
    }
}

fn option_id(position: usize) -> String {
    format!("crm-viewer-{position}")
}

/// The people who match what was typed.
#[derive(Debug, Default, PartialEq)]
struct Matches {
    groups: Vec<Group>,
    /// How many more match than are listed.
    left: usize,
}

#[derive(Debug, PartialEq)]
struct Group {
    name: String,
    /// The position of the group's first option among all.
    first: usize,
    people: Vec<Someone>,
}

impl Matches {
    /// Those of whom every word typed occurs in the name, the note or the group's name.
    fn new(catalogue: &Catalogue, typed: &str) -> Self {
        let words: Vec<_> = typed.split_whitespace().map(str::to_lowercase).collect();
        let mut matches = Self::default();
        let mut listed = 0;
        for group in &catalogue.people {
            let is_match = |one: &&Someone| {
                let text = format!("{} {} {}", one.name, one.note, group.name).to_lowercase();
                words.iter().all(|word| text.contains(word))
            };
            let mut people: Vec<_> = group.people.iter().filter(is_match).cloned().collect();
            let room = people.len().min(LISTED - listed);
            matches.left += people.len() - room;
            people.truncate(room);
            if !people.is_empty() {
                matches.groups.push(Group {
                    name: group.name.clone(),
                    first: listed,
                    people,
                });
            }
            listed += room;
        }
        matches
    }

    fn people(&self) -> impl Iterator<Item = &Someone> {
        self.groups.iter().flat_map(|group| &group.people)
    }
}
