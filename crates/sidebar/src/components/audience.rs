//! Everyone who can see the record or deal, grouped by reason.

use yew::prelude::*;

use super::icon::{Shape, icon};
use super::markup::{button, fault, paragraph, span};
use super::people::avatar;
use super::sidebar::{Choice, Scene};
use crate::message;
use crate::model::Subject;
use crate::model::audience::{Audience, Group, Member};

#[derive(Clone, PartialEq, Properties)]
pub(super) struct AudienceViewProps {
    pub(super) scene: Scene,
    pub(super) subject: Subject,
    pub(super) on_choose: Callback<Choice>,
}

/// A group of so few people is open from the start.
const SMALL: usize = 5;

#[component]
pub(super) fn AudienceView(props: &AudienceViewProps) -> Html {
    let AudienceViewProps {
        scene,
        subject,
        on_choose,
    } = props;
    // Who sees a record does not depend on who asks, so another viewer asks nothing anew.
    let audience = use_memo(
        (scene.organisation.clone(), scene.now, subject.clone()),
        |(organisation, now, subject)| Audience::new(organisation, *now, subject),
    );
    let audience = match &*audience {
        Ok(audience) => audience,
        Err(error) => return fault(error),
    };
    let group = |group: &Group| {
        html! { <GroupView key={format!("{} {}", group.rule, subject.id())} group={group.clone()} viewer={scene.viewer.clone()} {on_choose} /> }
    };
    html! {
        <section class="sl-section" aria-labelledby="sidelight-audience">
            <h4 id="sidelight-audience">{ message::audience(subject.noun()) }{ span("sl-count", message::people(audience.total)) }</h4>
            if audience.groups.is_empty() {
                { paragraph("sl-quiet", message::NOBODY_SEES) }
            } else {
                <div class="sl-groups">{ for audience.groups.iter().map(group) }</div>
            }
        </section>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct GroupViewProps {
    group: Group,
    viewer: AttrValue,
    on_choose: Callback<Choice>,
}

/// So many people of a group are drawn at first, and so many more at each request.
const FIRST: usize = 8;
const MORE: usize = 100;

#[component]
fn GroupView(props: &GroupViewProps) -> Html {
    let GroupViewProps {
        group,
        viewer,
        on_choose,
    } = props;
    let drawn = use_state_eq(|| FIRST);
    let left = group.members.len().saturating_sub(*drawn);
    let next = left.min(MORE);
    let onclick = {
        let drawn = drawn.clone();
        Callback::from(move |_: MouseEvent| drawn.set(*drawn + next))
    };
    let member = |member: &Member| {
        let choice = Choice::Viewer(member.user.clone().into());
        let is_viewer = member.user == viewer.as_str();
        html! {
            <li key={member.user.clone()} class="sl-member" data-user={member.user.clone()}>
                { avatar(&member.name) }
                if is_viewer {
                    <span class="sl-name"><bdi>{ &member.name }</bdi>{ " " }{ span("sl-mark", message::VIEWER) }</span>
                } else {
                    <button type="button" class="sl-name sl-link" title={message::view_as(&member.name)} onclick={on_choose.reform(move |_: MouseEvent| choice.clone())}>
                        { &member.name }
                    </button>
                }
                { span("sl-job", member.job_role.clone().unwrap_or_default()) }
                if !member.details.is_empty() {
                    { span("sl-details", member.details.join("; ")) }
                }
            </li>
        }
    };
    html! {
        <details class="sl-group" data-rule={group.rule.as_str()} open={group.members.len() <= SMALL}>
            <summary>{ icon(Shape::Next) }<span>{ message::seen_as(group.rule) }</span>{ span("sl-count", message::grouped(group.members.len())) }</summary>
            <ul>{ for group.members.iter().take(*drawn).map(member) }</ul>
            if left > 0 {
                { button("sl-button", message::show_more(next, left), onclick) }
            }
        </details>
    }
}
