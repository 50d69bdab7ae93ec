//! The tab about the record or deal that the page shows.

use sidelight_governance::Action;
use yew::prelude::*;

use super::audience::AudienceView;
use super::people::PeopleView;
use super::sidebar::{Choice, Scene};
use super::verdict::VerdictView;
use crate::message;
use crate::model::Subject;
use crate::model::verdict::{Verdict, deal_facts};

#[derive(Clone, PartialEq, Properties)]
pub(super) struct RecordPanelProps {
    pub(super) scene: Scene,
    pub(super) subject: Subject,
    pub(super) on_choose: Callback<Choice>,
}

#[component]
pub(super) fn RecordPanel(props: &RecordPanelProps) -> Html {
    let RecordPanelProps { scene, subject, on_choose } = props.clone();
    let action = use_state_eq(|| Action::View);
    let on_action = {
        let action = action.clone();
        Callback::from(move |chosen| action.set(chosen))
    };
    // A type that cannot be assigned has no such action to ask about.
    let asked = match &subject {
        Subject::Record { kind, .. } if *action == Action::Assign && !kind.has_assigned_users() => Action::View,
        Subject::Record { .. } => *action,
        Subject::Deal { .. } => Action::View,
    };
    let verdict = use_memo((scene.clone(), subject.clone(), asked), |(scene, subject, asked)| {
        Verdict::new(&scene.organisation, scene.now, &scene.viewer, *asked, subject)
    });
    let verdict = match &*verdict {
        Ok(verdict) => verdict.clone(),
        Err(error) => return html! { <p class="sl-empty" role="alert">{ error.to_string() }</p> },
    };
    let sees = verdict.permissions.iter().any(|permission| permission.granted && permission.action.is_none_or(|action| action == Action::View));

    html! {
        <>
            <VerdictView {verdict} viewer={scene.viewer_name()} title={subject.name(&scene.organisation)} noun={subject.noun()} {asked} {on_action} />
            { match &subject {
                Subject::Record { kind, id } => html! { <PeopleView scene={scene.clone()} kind={*kind} id={id.clone()} {sees} /> },
                Subject::Deal { id } => html! { <DealFacts scene={scene.clone()} id={id.clone()} {sees} /> },
            } }
            <AudienceView {scene} {subject} {on_choose} />
        </>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct DealFactsProps {
    scene: Scene,
    id: String,
    sees: bool,
}

#[component]
fn DealFacts(props: &DealFactsProps) -> Html {
    let facts = || {
        deal_facts(&props.scene.organisation, &props.id).into_iter().map(|(label, value)| html! { <div><dt>{ label }</dt><dd>{ value }</dd></div> })
    };
    html! {
        <section class="sl-section" aria-labelledby="sidelight-facts">
            <h3 id="sidelight-facts">{ message::DEAL_FACTS }</h3>
            if props.sees {
                <dl class="sl-facts">{ for facts() }</dl>
            } else {
                <p class="sl-quiet">{ message::people_hidden(&props.scene.viewer_name(), message::DEAL) }</p>
            }
        </section>
    }
}
