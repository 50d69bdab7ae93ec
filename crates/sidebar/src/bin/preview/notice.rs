//! What is told about opening an organisation.

use sidelight_sidebar::components::{button, paragraph};
use yew::prelude::*;

use crate::message;
use crate::opening::Refusal;

/// What is told about opening an organisation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Notice {
    Busy(String),
    Opened(String),
    Refused(Refusal),
}

/// The notice, if there is one; `stays` names the organisation that is open after a refusal, `missing` says what the address
/// asks for and is not there.
pub(crate) fn notice_view(
    notice: Option<&Notice>,
    stays: Option<&str>,
    missing: &[String],
    on_dismiss: &Callback<MouseEvent>,
) -> Html {
    let dismiss = || button("crm-dismiss", message::DISMISS, on_dismiss.clone());
    let refusal = |refusal: &Refusal| {
        html! {
            <div class="crm-notice crm-error">
                <p><strong>{ message::not_opened(&refusal.name) }</strong>{ " " }{ stays.map(message::stays) }</p>
                <p>
                    if let Some(code) = refusal.code { <code class="crm-code">{ code }</code>{ " " } }
                    { &refusal.message }
                    if let Some(path) = &refusal.path { { " at " }<code class="crm-path">{ path }</code> }
                </p>
                { dismiss() }
            </div>
        }
    };
    // Both regions are there from the start, so that what comes into them is announced.
    html! {
        <div class="crm-notices">
            <div role="alert">{ match notice { Some(Notice::Refused(refused)) => refusal(refused), _ => Html::default() } }</div>
            <div role="status">
                { match notice {
                    Some(Notice::Busy(text)) => paragraph("crm-notice crm-busy", text.clone()),
                    Some(Notice::Opened(text)) => paragraph("crm-hidden", text.clone()),
                    _ => Html::default(),
                } }
                { for missing.iter().map(|text| paragraph("crm-notice", text.clone())) }
            </div>
        </div>
    }
}
