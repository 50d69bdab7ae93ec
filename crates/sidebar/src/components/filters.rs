//! The filters above the deals.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::focus::focus;
use super::icon::{Shape, icon};
use super::markup::span;
use crate::message;
use crate::model::deals::{Choices, TableState};

/// The filters, and a way to clear them.
pub(super) fn filters(
    choices: &Choices,
    state: &TableState,
    on_state: &Callback<TableState>,
) -> Html {
    let change = |change: fn(&mut TableState, Option<String>)| {
        let (state, on_state) = (state.clone(), on_state.clone());
        Callback::from(move |value: Option<String>| {
            let mut state = state.clone();
            change(&mut state, value);
            on_state.emit(state);
        })
    };
    let stages: Vec<_> = choices
        .stages
        .iter()
        .map(|stage| {
            (
                stage.clone(),
                if stage.is_empty() {
                    message::NO_STAGE.to_owned()
                } else {
                    stage.clone()
                },
            )
        })
        .collect();
    let on_text = change(|state, value| state.text = value.unwrap_or_default());
    let oninput = Callback::from(move |event: InputEvent| {
        let text = event
            .target_dyn_into::<HtmlInputElement>()
            .map(|input| input.value());
        on_text.emit(text);
    });
    let clear = {
        let (state, on_state) = (state.clone(), on_state.clone());
        Callback::from(move |_: MouseEvent| {
            on_state.emit(state.cleared());
            focus(FIND);
        })
    };
    html! {
        <div class="sl-filters" role="group" aria-label={message::FILTERS}>
            <label class="sl-search">
                { span("sl-unseen", message::FILTER_NAME) }
                { icon(Shape::Search) }
                <input id={FIND} type="search" value={state.text.clone()} placeholder={message::FILTER_NAME} {oninput} />
            </label>
            { select(&STAGE, &stages, state.stage.as_ref(), change(|state, value| state.stage = value)) }
            { select(&COMPANY, &choices.companies, state.company.as_ref(), change(|state, value| state.company = value)) }
            { select(&OWNER, &choices.owners, state.owner.as_ref(), change(|state, value| state.owner = value)) }
            // It keeps its place where there is nothing to clear, so that nothing moves when there is.
            <button type="button" class="sl-button sl-clear" disabled={!state.is_filtered()} onclick={clear}>{ message::CLEAR_FILTERS }</button>
        </div>
    }
}

const FIND: &str = "sidelight-find";
const STAGE: Words = Words {
    label: message::FILTER_STAGE,
    all: message::ALL_STAGES,
};
const COMPANY: Words = Words {
    label: message::FILTER_COMPANY,
    all: message::ALL_COMPANIES,
};
const OWNER: Words = Words {
    label: message::FILTER_OWNER,
    all: message::ALL_OWNERS,
};

/// What a list of values to choose from says.
struct Words {
    label: &'static str,
    /// What choosing nothing is called.
    all: &'static str,
}

/// A list of values, each with what it is called, of which at most one is chosen.
fn select(
    words: &Words,
    options: &[(String, String)],
    chosen: Option<&String>,
    on_choose: Callback<Option<String>>,
) -> Html {
    // By position, since an id may be any text: no text is left to stand for "all".
    let onchange = {
        let options = options.to_vec();
        Callback::from(move |event: Event| {
            let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else {
                return;
            };
            let position = usize::try_from(select.selected_index())
                .ok()
                .and_then(|index| index.checked_sub(1));
            on_choose.emit(
                position
                    .and_then(|position| options.get(position))
                    .map(|(value, _)| value.clone()),
            );
        })
    };
    html! {
        <select aria-label={words.label} {onchange}>
            <option selected={chosen.is_none()}>{ words.all }</option>
            { for options.iter().map(|(value, name)| html! { <option key={value.clone()} selected={chosen == Some(value)}>{ name }</option> }) }
        </select>
    }
}
