//! The people on a record.

use sidelight_governance::{RecordType, Standing};
use yew::prelude::*;

use crate::message;
use crate::model::people::{People, Person, initials};

/// The people of a record as the viewer is shown them, or why they are not shown.
pub(super) fn people_view(people: &People, viewer: &str, kind: RecordType, sees: bool) -> Html {
    let body = if !sees {
        html! { <p class="sl-quiet">{ message::people_hidden(viewer, kind.as_str()) }</p> }
    } else if people.rows.is_empty() && people.hidden == 0 {
        html! { <p class="sl-quiet">{ message::NOBODY_ON_IT }</p> }
    } else {
        html! {
            <ul class="sl-people">
                { for people.rows.iter().map(row) }
                if people.hidden > 0 {
                    <li class="sl-more">{ message::more_people(people.hidden) }</li>
                }
            </ul>
        }
    };
    html! {
        <section class="sl-section" aria-labelledby="sidelight-people">
            <h3 id="sidelight-people">{ message::PEOPLE }</h3>
            { body }
        </section>
    }
}

fn row(person: &Person) -> Html {
    let standing = (person.standing != Standing::Active).then(|| message::status(person.standing));
    html! {
        <li key={person.user.clone()} class="sl-person" data-user={person.user.clone()}>
            { avatar(&person.name) }
            <span class="sl-name">{ &person.name }</span>
            <span class="sl-job">{ person.job_role.as_deref().unwrap_or(message::NO_JOB_ROLE) }</span>
            <span class="sl-marks">
                if person.owner { <span class="sl-mark sl-accent">{ message::RECORD_OWNER }</span> }
                if person.viewer { <span class="sl-mark">{ message::VIEWER }</span> }
                if let Some(standing) = standing { <span class="sl-mark sl-warning">{ standing }</span> }
            </span>
        </li>
    }
}

/// The initials of a name, for the eye only.
pub(super) fn avatar(name: &str) -> Html {
    html! { <span class="sl-avatar" aria-hidden="true">{ initials(name) }</span> }
}
