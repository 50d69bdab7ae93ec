//! The people on a record.

use sidelight_governance::{RecordType, Standing};
use yew::prelude::*;

use super::markup::{paragraph, section, span};
use super::zone::last_day;
use crate::message;
use crate::model::people::{People, Person, initials};

/// The people of a record as the viewer is shown them, or why they are not shown.
pub(super) fn people_view(
    people: &People,
    viewer: &str,
    kind: RecordType,
    zone: &str,
    sees: bool,
) -> Html {
    let body = if !sees {
        paragraph("sl-quiet", message::people_hidden(viewer, kind.as_str()))
    } else if people.rows.is_empty() && people.hidden == 0 && !people.owner_is_gone {
        paragraph("sl-quiet", message::NOBODY_ON_IT)
    } else {
        html! {
            <ul class="sl-people">
                if people.owner_is_gone {
                    <li class="sl-more">{ message::OWNER_GONE }</li>
                }
                { for people.rows.iter().map(|person| row(person, zone)) }
                if people.hidden > 0 {
                    <li class="sl-more">{ message::more_people(people.hidden) }</li>
                }
            </ul>
        }
    };
    section("sl-section", "sidelight-people", message::PEOPLE, body)
}

fn row(person: &Person, zone: &str) -> Html {
    let standing = (person.standing != Standing::Active).then(|| message::status(person.standing));
    let warned = (person.standing != Standing::Guest).then_some("sl-warning");
    html! {
        <li key={person.user.clone()} class="sl-person" data-user={person.user.clone()}>
            { avatar(&person.name) }
            { span("sl-name", person.name.clone()) }
            { span("sl-job", person.job_role.clone().map_or(AttrValue::from(message::NO_JOB_ROLE), AttrValue::from)) }
            <span class="sl-marks">
                if person.owner { { span("sl-mark sl-accent", message::RECORD_OWNER) } }
                if person.viewer { { span("sl-mark", message::VIEWER) } }
                if let Some(standing) = standing { <span class={classes!("sl-mark", warned)}>{ standing }</span> }
                if person.term.as_ref().is_some_and(|term| term.expiring) { { span("sl-mark sl-warning", message::EXPIRING) } }
            </span>
            if let Some(term) = &person.term {
                { span("sl-term", message::guest_term(&last_day(term.ends, zone))) }
            }
        </li>
    }
}

/// The initials of a name, for the eye only.
pub(super) fn avatar(name: &str) -> Html {
    html! { <span class="sl-avatar" aria-hidden="true">{ initials(name) }</span> }
}
