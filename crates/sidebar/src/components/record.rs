//! The tab about the record or deal that the page shows.

use sidelight_governance::Action;
use yew::prelude::*;

use super::administrators::administrators;
use super::audience::audience_view;
use super::copying::{Copied, copy_view};
use super::focus::bring_into_view;
use super::markup::{facts_list, fault, paragraph, section};
use super::people::people_view;
use super::sidebar::{Choice, HEADLINE, Scene};
use super::trial::{trial_view, use_trial};
use super::verdict::{About, remedies_view, verdict_view};
use crate::message;
use crate::model::Subject;
use crate::model::people::People;
use crate::model::verdict::{Verdict, deal_facts};

#[derive(Clone, PartialEq, Properties)]
pub(super) struct RecordPanelProps {
    pub(super) scene: Scene,
    pub(super) subject: Subject,
    pub(super) on_choose: Callback<Choice>,
}

#[component]
pub(super) fn RecordPanel(props: &RecordPanelProps) -> Html {
    let RecordPanelProps {
        scene: actual,
        subject,
        on_choose,
    } = props.clone();
    let trial = use_trial(&actual, &subject);
    let scene = trial.scene.clone();
    let before = Some(&actual.organisation).filter(|before| **before != scene.organisation);
    let action = use_state_eq(|| Action::View);
    let on_action = {
        let action = action.clone();
        Callback::from(move |chosen| {
            action.set(chosen);
            bring_into_view(HEADLINE);
        })
    };
    let copied = use_state_eq(|| Copied::None);
    // A type that cannot be assigned has no such action to ask about.
    let asked = match &subject {
        Subject::Record { kind, .. } if *action == Action::Assign && !kind.has_assigned_users() => {
            Action::View
        }
        Subject::Record { .. } => *action,
        Subject::Deal { .. } => Action::View,
    };
    let verdict = Verdict::new(
        &scene.organisation,
        scene.now,
        &scene.viewer,
        asked,
        &subject,
    );
    let verdict = match &verdict {
        Ok(verdict) => verdict,
        Err(error) => return fault(error),
    };

    let viewer = scene.viewer_name();
    let about = About {
        viewer: &viewer,
        title: &subject.name(&scene.organisation),
        noun: subject.noun(),
        asked,
    };
    let text = verdict.as_text(about.noun, about.title, trial.remedy.as_deref());
    let sees = verdict.sees();
    html! {
        <>
            { trial_view(&trial) }
            { verdict_view(verdict, &about, &on_action, copy_view(&copied, text)) }
            { match &subject {
                Subject::Record { kind, id } => {
                    let people = People::new(&scene.organisation, scene.now, &scene.viewer, *kind, id);
                    people_view(&people, &viewer, *kind, scene.organisation.time_zone(), sees)
                }
                Subject::Deal { .. } => deal_view(&deal_facts(&scene.organisation, subject.id()), &viewer, sees),
            } }
            { administrators(&scene.organisation, html! {
                <>
                    { remedies_view(verdict, &trial.on_try) }
                    { audience_view(&scene, before, &subject, &on_choose) }
                </>
            }) }
        </>
    }
}

/// What is known of a deal, or why it is not shown.
fn deal_view(known: &[(&'static str, String)], viewer: &str, sees: bool) -> Html {
    let body = if sees {
        let known = known.iter();
        facts_list(
            "sl-facts",
            known.map(|(label, value)| (*label, value.as_str())),
        )
    } else {
        paragraph("sl-quiet", message::people_hidden(viewer, message::DEAL))
    };
    section("sl-section", "sidelight-facts", message::DEAL_FACTS, body)
}
