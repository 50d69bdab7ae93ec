//! The tab about the record or deal that the page shows.

use sidelight_governance::Action;
use yew::prelude::*;

use super::administrators::administrators;
use super::audience::AudienceView;
use super::focus::bring_into_view;
use super::markup::paragraph;
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
        scene,
        subject,
        on_choose,
    } = props.clone();
    let trial = use_trial(&scene, &subject);
    let scene = trial.scene.clone();
    let action = use_state_eq(|| Action::View);
    let on_action = {
        let action = action.clone();
        Callback::from(move |chosen| {
            action.set(chosen);
            bring_into_view(HEADLINE);
        })
    };
    // A type that cannot be assigned has no such action to ask about.
    let asked = match &subject {
        Subject::Record { kind, .. } if *action == Action::Assign && !kind.has_assigned_users() => {
            Action::View
        }
        Subject::Record { .. } => *action,
        Subject::Deal { .. } => Action::View,
    };
    let verdict = use_memo(
        (scene.clone(), subject.clone(), asked),
        |(scene, subject, asked)| {
            Verdict::new(
                &scene.organisation,
                scene.now,
                &scene.viewer,
                *asked,
                subject,
            )
        },
    );
    let people = use_memo(
        (scene.clone(), subject.clone()),
        |(scene, subject)| match subject {
            Subject::Record { kind, id } => {
                let people = People::new(&scene.organisation, scene.now, &scene.viewer, *kind, id);
                Some((*kind, people))
            }
            Subject::Deal { .. } => None,
        },
    );
    let verdict = match &*verdict {
        Ok(verdict) => verdict,
        Err(error) => return html! { <p class="sl-empty" role="alert">{ error.to_string() }</p> },
    };

    let viewer = scene.viewer_name();
    let about = About {
        viewer: &viewer,
        title: &subject.name(&scene.organisation),
        noun: subject.noun(),
        asked,
    };
    let sees = verdict.sees();
    html! {
        <>
            { trial_view(&trial) }
            { verdict_view(verdict, &about, &on_action) }
            { match &*people {
                Some((kind, people)) => people_view(people, &viewer, *kind, scene.organisation.time_zone(), sees),
                None => deal_view(&deal_facts(&scene.organisation, subject.id()), &viewer, sees),
            } }
            { administrators(html! {
                <>
                    { remedies_view(verdict, &trial.on_try) }
                    <AudienceView {scene} {subject} {on_choose} />
                </>
            }) }
        </>
    }
}

/// What is known of a deal, or why it is not shown.
fn deal_view(facts: &[(&'static str, String)], viewer: &str, sees: bool) -> Html {
    html! {
        <section class="sl-section" aria-labelledby="sidelight-facts">
            <h3 id="sidelight-facts">{ message::DEAL_FACTS }</h3>
            if sees {
                <dl class="sl-facts">{ for facts.iter().map(|(label, value)| html! { <div><dt>{ *label }</dt><dd>{ value }</dd></div> }) }</dl>
            } else {
                { paragraph("sl-quiet", message::people_hidden(viewer, message::DEAL)) }
            }
        </section>
    }
}
