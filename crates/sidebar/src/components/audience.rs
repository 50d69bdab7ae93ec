//! Everyone who can see the record or deal, grouped by reason.

use sidelight_governance::Rule;
use yew::prelude::*;

use super::focus::{focus, once_drawn};
use super::icon::{Shape, icon};
use super::markup::{button, fault, paragraph, span};
use super::people::avatar;
use super::sidebar::{Choice, Scene};
use crate::message;
use crate::model::audience::{Audience, Group, Member};
use crate::model::{Organisation, Subject};

/// A group of so few people is open from the start.
const SMALL: usize = 5;

/// Everyone who can see the record or deal; those who could not `before` the change that is tried, if one is, are marked.
pub(super) fn audience_view(
    scene: &Scene,
    before: Option<&Organisation>,
    subject: &Subject,
    on_choose: &Callback<Choice>,
) -> Html {
    let audience = match Audience::new(&scene.organisation, before, scene.now, subject) {
        Ok(audience) => audience,
        Err(error) => return fault(&error),
    };
    let count = message::with_new(message::people(audience.total), audience.new);
    let group = |group: Group| {
        let key = format!("{} {}", group.rule, subject.id());
        html! { <GroupView {key} {group} viewer={scene.viewer.clone()} {on_choose} /> }
    };
    html! {
        <section class="sl-section" aria-labelledby="sidelight-audience">
            <h4 id="sidelight-audience">{ message::audience(subject.noun()) }{ span("sl-count", count) }</h4>
            if audience.groups.is_empty() {
                { paragraph("sl-quiet", message::NOBODY_SEES) }
            } else {
                <div class="sl-groups">{ for audience.groups.into_iter().map(group) }</div>
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
        let first = entry_id(group.rule, *drawn);
        Callback::from(move |_: MouseEvent| {
            // The button goes once everybody is shown.
            if next == left {
                once_drawn(first.clone(), focus);
            }
            drawn.set(*drawn + next);
        })
    };
    let member = |(position, member): (usize, &Member)| {
        let id = entry_id(group.rule, position);
        let choice = Choice::Viewer(member.user.clone().into());
        let is_viewer = member.user == viewer.as_str();
        html! {
            <li key={member.user.clone()} class="sl-member" data-user={member.user.clone()}>
                { avatar(&member.name) }
                if is_viewer {
                    <span {id} class="sl-name" tabindex="-1"><bdi>{ &member.name }</bdi>{ " " }{ span("sl-mark", message::VIEWER) }</span>
                } else {
                    <button {id} type="button" class="sl-name sl-link" title={message::view_as(&member.name)} onclick={on_choose.reform(move |_: MouseEvent| choice.clone())}>
                        { &member.name }
                    </button>
                }
                { span("sl-job", member.job_role.clone().unwrap_or_default()) }
                if member.is_new || !member.details.is_empty() {
                    <span class="sl-details">
                        if member.is_new {
                            { span("sl-mark sl-accent", message::NEW) }{ " " }
                        }
                        { member.details.join("; ") }
                    </span>
                }
            </li>
        }
    };
    let count = message::grouped(group.members.len());
    let count = message::with_new(count, (group.new > 0).then_some(group.new));
    html! {
        <details class="sl-group" data-rule={group.rule.as_str()} open={group.members.len() <= SMALL || group.new > 0}>
            <summary>{ icon(Shape::Next) }<span>{ message::seen_as(group.rule) }</span>{ span("sl-count", count) }</summary>
            <ul>{ for group.members.iter().take(*drawn).enumerate().map(member) }</ul>
            if left > 0 {
                { button("sl-button", message::show_more(next, left), onclick) }
            }
        </details>
    }
}

/// The id of the name at a position of a group.
fn entry_id(rule: Rule, position: usize) -> String {
    format!("sidelight-{rule}-{position}")
}
