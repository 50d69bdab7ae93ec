//! A searchable list of people, by the WAI-ARIA combobox pattern: the focus stays in the text field,
//! which names the option that the keys are on.

use std::rc::Rc;

use sidelight_sidebar::components::{Shape, bring_into_view, icon, span};
use web_sys::{Element, HtmlInputElement};
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

/// The list while it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Search {
    /// What has been typed since it was opened.
    typed: Option<String>,
    /// The position of the option that the keys are on.
    active: Option<usize>,
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
    let search = use_state_eq(|| None::<Search>);
    let field = use_node_ref();
    let matches = search.as_ref().map(|search| {
        let typed = search.typed.as_deref().unwrap_or_default();
        Matches::new(&catalogue, typed)
    });
    let matches = Rc::new(matches.unwrap_or_default());
    {
        let field = field.clone();
        use_effect_with((chosen.clone(), (*search).clone()), move |(_, search)| {
            let Some(field) = field.cast::<HtmlInputElement>() else {
                return;
            };
            let Some(document) = field.owner_document() else {
                return;
            };
            if let Some(active) = search.as_ref().and_then(|search| search.active) {
                bring_into_view(&option_id(active));
            }
            // Whoever has just been chosen is selected as text, so that typing starts a new search.
            let element: &Element = &field;
            if search.is_none() && document.active_element().as_ref() == Some(element) {
                field.select();
            }
        });
    }

    let open = {
        let (search, chosen, catalogue) = (search.clone(), chosen.clone(), catalogue.clone());
        Callback::from(move |()| {
            if search.is_none() {
                let all = Matches::new(&catalogue, "");
                let active = chosen
                    .as_ref()
                    .and_then(|(id, _)| all.people().position(|one| one.id == *id));
                search.set(Some(Search {
                    typed: None,
                    active,
                }));
            }
        })
    };
    let close = {
        let search = search.clone();
        Callback::from(move |()| search.set(None))
    };
    let choose = {
        let close = close.clone();
        Callback::from(move |id: String| {
            close.emit(());
            on_choose.emit(id);
        })
    };
    let oninput = {
        let search = search.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(field) = event.target_dyn_into::<HtmlInputElement>() {
                search.set(Some(Search {
                    typed: Some(field.value()),
                    active: Some(0),
                }));
            }
        })
    };
    let onkeydown = {
        let (search, matches) = (search.clone(), matches.clone());
        let (open, close, choose) = (open.clone(), close.clone(), choose.clone());
        Callback::from(move |event: KeyboardEvent| {
            let last = matches.people().count().saturating_sub(1);
            let go = |search: &UseStateHandle<Option<Search>>, now: &Search, active| {
                search.set(Some(Search {
                    typed: now.typed.clone(),
                    active: Some(active),
                }));
            };
            match (event.key().as_str(), &*search) {
                ("ArrowDown" | "ArrowUp", None) => open.emit(()),
                ("ArrowDown", Some(now)) => go(
                    &search,
                    now,
                    now.active.map_or(0, |active| (active + 1).min(last)),
                ),
                ("ArrowUp", Some(now)) => go(
                    &search,
                    now,
                    now.active.map_or(last, |active| active.saturating_sub(1)),
                ),
                ("Enter", Some(now)) => {
                    if let Some(someone) =
                        now.active.and_then(|active| matches.people().nth(active))
                    {
                        choose.emit(someone.id.clone());
                    }
                }
                ("Escape", Some(_)) => close.emit(()),
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

    let is_open = search.is_some();
    let active = search.as_ref().and_then(|search| search.active);
    let typed = search.as_ref().and_then(|search| search.typed.clone());
    let value = typed
        .or_else(|| chosen.as_ref().map(|(_, name)| name.clone()))
        .unwrap_or_default();
    let is_chosen = |someone: &Someone| chosen.as_ref().is_some_and(|(id, _)| *id == someone.id);
    let option = |position: usize, someone: &Someone| {
        let id = someone.id.clone();
        html! {
            <li key={someone.id.clone()} id={option_id(position)} role="option" class={classes!((active == Some(position)).then_some("crm-active"))}
                aria-selected={is_chosen(someone).to_string()} onclick={choose.reform(move |_: MouseEvent| id.clone())}>
                <span>{ &someone.name }</span>{ " " }{ span("crm-quiet", someone.note.clone()) }
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
        .filter(|active| *active < matches.people().count())
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
            <div id={LIST} class="crm-options" role="listbox" aria-label={message::VIEW_AS} hidden={!is_open} {onmousedown}>
                { for groups }
                if is_open && matches.groups.is_empty() {
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
#[derive(Debug, Default)]
struct Matches {
    groups: Vec<Group>,
    /// How many more match than are listed.
    left: usize,
}

#[derive(Debug)]
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
