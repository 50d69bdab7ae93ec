//! A look at everything as it would be with a remedy.

use std::rc::Rc;

use sidelight_governance::Remedy;
use yew::prelude::*;

use super::focus::{focus, once_drawn};
use super::sidebar::{HEADLINE, Scene};
use crate::message;
use crate::model::Subject;

/// The id of the button that ends a trial.
const END: &str = "sidelight-trial-end";

/// What is shown of a record or deal: as it is, or as it would be.
pub(super) struct Trial {
    /// The scene, with the remedy that is tried.
    pub(super) scene: Scene,
    /// Tries a remedy.
    pub(super) on_try: Callback<Rc<Remedy>>,
    /// The remedy that is tried, if one is.
    pub(super) remedy: Option<Rc<Remedy>>,
    on_end: Callback<MouseEvent>,
}

/// A remedy that is tried.
struct Tried {
    actual: Scene,
    subject: Subject,
    remedy: Rc<Remedy>,
    scene: Scene,
}

/// Lets a remedy be tried on the record or deal that is looked at, until another one or somebody else is chosen.
#[hook]
pub(super) fn use_trial(actual: &Scene, subject: &Subject) -> Trial {
    let tried = use_state(|| None::<Rc<Tried>>);
    let now = (*tried)
        .clone()
        .filter(|now| now.actual == *actual && now.subject == *subject);
    if tried.is_some() && now.is_none() {
        tried.set(None);
    }
    let on_end = {
        let tried = tried.clone();
        Callback::from(move |_| {
            once_drawn(HEADLINE, focus);
            tried.set(None);
        })
    };
    let on_try = {
        let (actual, subject) = (actual.clone(), subject.clone());
        Callback::from(move |remedy: Rc<Remedy>| {
            once_drawn(END, focus);
            tried.set(Some(Rc::new(Tried {
                scene: Scene {
                    organisation: actual.organisation.trying(&remedy),
                    ..actual.clone()
                },
                actual: actual.clone(),
                subject: subject.clone(),
                remedy,
            })));
        })
    };
    Trial {
        scene: now.as_ref().map_or(actual, |now| &now.scene).clone(),
        remedy: now.map(|now| now.remedy.clone()),
        on_try,
        on_end,
    }
}

/// Says that a remedy is tried, if one is, and ends it.
pub(super) fn trial_view(trial: &Trial) -> Html {
    let Some(remedy) = &trial.remedy else {
        return Html::default();
    };
    html! {
        <div class="sl-trial">
            <p id="sidelight-trial">{ message::trial(&remedy.text) }</p>
            <button id={END} type="button" class="sl-button" aria-describedby="sidelight-trial" onclick={&trial.on_end}>{ message::END_TRIAL }</button>
        </div>
    }
}
