//! The verdict with its reasons.

use std::rc::Rc;

use sidelight_governance::{Action, Remedy};
use yew::prelude::*;

use super::icon::{Shape, icon};
use super::markup::{paragraph, span};
use super::sidebar::HEADLINE;
use crate::message;
use crate::model::verdict::{Cause, Permission, Reason, Verdict};

/// What a verdict is about, in the words of the page.
pub(super) struct About<'a> {
    /// The viewer's name.
    pub(super) viewer: &'a str,
    /// The record's or deal's name.
    pub(super) title: &'a str,
    /// The word for its type.
    pub(super) noun: &'static str,
    /// The action that the verdict is about.
    pub(super) asked: Action,
}

/// The verdict, everything that the viewer may do, all reasons, and the way to `copy` them.
pub(super) fn verdict_view(
    verdict: &Verdict,
    about: &About<'_>,
    on_action: &Callback<Action>,
    copy: Html,
) -> Html {
    let About {
        viewer,
        title,
        noun,
        asked,
    } = *about;
    let (tone, shape) = if verdict.allowed {
        ("sl-yes", Shape::Check)
    } else {
        ("sl-no", Shape::Lock)
    };
    let permission = |permission: &Permission| {
        let tone = if permission.granted {
            "sl-yes"
        } else {
            "sl-no"
        };
        let mark = if permission.granted {
            Shape::Check
        } else {
            Shape::Cross
        };
        let label = html! {
            <>
                { icon(mark) }
                { span("sl-unseen", message::granted(permission.granted)) }
                { permission.label }
            </>
        };
        match permission.action {
            Some(action) => html! {
                <button key={permission.label} type="button" class={classes!("sl-permission", tone)} aria-pressed={(action == asked).to_string()}
                    onclick={on_action.reform(move |_: MouseEvent| action)}>{ label }</button>
            },
            None => {
                html! { <span key={permission.label} class={classes!("sl-permission", tone)}>{ label }</span> }
            }
        }
    };
    html! {
        <section class={classes!("sl-verdict", tone)} aria-labelledby={HEADLINE}>
            <div class="sl-headline">
                <span class="sl-seal">{ icon(shape) }</span>
                <div role="status">
                    <h2 id={HEADLINE} tabindex="-1">{ &verdict.headline }</h2>
                    <p class="sl-title"><span class="sl-noun">{ noun }</span>{ " " }{ title }</p>
                </div>
            </div>
            <div class="sl-permissions" role="group" aria-label={message::permissions(viewer)}>{ for verdict.permissions.iter().map(permission) }</div>
            <h3>{ message::because(verdict.allowed) }</h3>
            { reasons_view(&verdict.reasons) }
            { copy }
        </section>
    }
}

/// What would change a refusal, and can be tried.
pub(super) fn remedies_view(verdict: &Verdict, on_try: &Callback<Rc<Remedy>>) -> Html {
    let remedy = |remedy: &Rc<Remedy>| {
        let tried = remedy.clone();
        html! {
            <li>
                <p>{ &remedy.text }</p>
                <button type="button" class="sl-button" aria-label={message::try_remedy(&remedy.text)}
                    onclick={on_try.reform(move |_: MouseEvent| tried.clone())}>{ message::TRY }</button>
            </li>
        }
    };
    if !verdict.tells_remedies() {
        return Html::default();
    }
    html! {
        <>
            <h4>{ message::REMEDIES }</h4>
            if verdict.remedies.is_empty() {
                { paragraph("sl-quiet", message::NO_REMEDY) }
            } else {
                <ul class="sl-remedies">{ for verdict.remedies.iter().map(remedy) }</ul>
            }
        </>
    }
}

/// Every reason in its sentence, with the path of roles or the holders that it is about.
pub(super) fn reasons_view(reasons: &[Reason]) -> Html {
    let reason = |reason: &Reason| {
        let (cause, code) = match reason.cause {
            Cause::Grant(rule) => ("sl-yes", rule.as_str()),
            Cause::Obstacle(code) => ("sl-no", code.as_str()),
        };
        html! {
            <li class={classes!("sl-reason", cause)} data-code={code}>
                <p>{ &reason.text }</p>
                if !reason.path.is_empty() {
                    <ol class="sl-path" aria-label={message::ROLE_PATH}>
                        { for reason.path.iter().map(|role| html! { <li>{ role }</li> }) }
                    </ol>
                }
                if !reason.holders.is_empty() {
                    <ul class="sl-holders">
                        { for reason.holders.iter().map(|holder| html! {
                            <li><span>{ &holder.name }</span>{ span("sl-quiet", message::relation(holder.relation)) }</li>
                        }) }
                    </ul>
                }
            </li>
        }
    };
    html! { <ul class="sl-reasons">{ for reasons.iter().map(reason) }</ul> }
}
