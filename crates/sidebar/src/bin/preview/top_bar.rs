//! The bar above the CRM: who looks, when, at which organisation.

use std::rc::Rc;

use sidelight_governance::Instant;
use sidelight_sidebar::components::{Shape, button, focus, icon, span};
use web_sys::{File, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::address::Theme;
use crate::catalogue::Catalogue;
use crate::combobox::Combobox;
use crate::message;

/// The id of the field that opens a file.
pub(crate) const FILE: &str = "crm-file";
const INSTANT: &str = "crm-now";

/// What the bar shows, and whom it tells.
pub(crate) struct TopBar {
    /// The organisation's name, and its catalogue; `None` while none is open.
    pub(crate) organisation: Option<(String, Rc<Catalogue>)>,
    pub(crate) viewer: Option<(String, String)>,
    pub(crate) now: Instant,
    /// Whether another instant than the present is shown.
    pub(crate) is_fixed: bool,
    pub(crate) theme: Theme,
    pub(crate) on_viewer: Callback<String>,
    pub(crate) on_now: Callback<Option<Instant>>,
    pub(crate) on_theme: Callback<Theme>,
    pub(crate) on_file: Callback<File>,
}

pub(crate) fn top_bar(bar: TopBar) -> Html {
    let TopBar {
        organisation,
        viewer,
        now,
        is_fixed,
        theme,
        on_viewer,
        on_now,
        on_theme,
        on_file,
    } = bar;
    let onchange_now = {
        let on_now = on_now.clone();
        Callback::from(move |event: Event| {
            let value = event
                .target_dyn_into::<HtmlInputElement>()
                .map(|input| input.value())
                .unwrap_or_default();
            // The field leaves out the seconds when they are zero.
            let instant = [format!("{value}Z"), format!("{value}:00Z")]
                .iter()
                .find_map(|text| text.parse().ok());
            // While a date is typed it is none yet (the 31st of a shorter month, the year 2): what was asked for last stays.
            if instant.is_some() && !value.starts_with('0') {
                on_now.emit(instant);
            }
        })
    };
    let onchange_theme = Callback::from(move |event: Event| {
        let select = event.target_dyn_into::<HtmlSelectElement>();
        if let Some(theme) = select.and_then(|select| Theme::from_word(&select.value())) {
            on_theme.emit(theme);
        }
    });
    let onchange_file = Callback::from(move |event: Event| {
        let Some(chooser) = event.target_dyn_into::<HtmlInputElement>() else {
            return;
        };
        if let Some(file) = chooser.files().and_then(|files| files.item(0)) {
            on_file.emit(file);
        }
        // Choosing the same file once more is a change too.
        chooser.set_value("");
    });
    let instant = now.to_string();
    html! {
        <header class="crm-top">
            <p class="crm-brand">
                <span class="crm-logo" aria-hidden="true" />
                { span("crm-organisation", organisation.as_ref().map(|(name, _)| name.clone()).unwrap_or_default()) }
                { span("crm-quiet", message::MOCK) }
            </p>
            if let Some((_, catalogue)) = organisation {
                <Combobox {catalogue} chosen={viewer} on_choose={on_viewer} />
                <div class="crm-instant">
                    <label for={INSTANT}>{ message::AS_OF }</label>
                    <input id={INSTANT} type="datetime-local" value={instant.get(..16).unwrap_or_default().to_owned()} onchange={onchange_now} />
                    if is_fixed {
                        { button("crm-present", message::NOW, on_now.reform(|_: MouseEvent| { focus(INSTANT); None })) }
                    }
                </div>
            }
            <div class="crm-theme">
                <label for="crm-theme">{ message::THEME }</label>
                <select id="crm-theme" onchange={onchange_theme}>
                    { for Theme::ALL.into_iter().map(|one| html! { <option value={one.as_str()} selected={one == theme}>{ message::theme(one) }</option> }) }
                </select>
            </div>
            <label class="crm-open">
                { icon(Shape::Open) }{ message::OPEN }
                <input id={FILE} class="crm-hidden" type="file" accept=".json,application/json" onchange={onchange_file} />
            </label>
        </header>
    }
}
