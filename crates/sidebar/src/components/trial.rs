//! A look at everything as it would be with a remedy.

use std::rc::Rc;

use sidelight_governance::Remedy;
use web_sys::HtmlElement;
use yew::prelude::*;

use super::sidebar::Scene;
use crate::message;
use crate::model::Subject;

/// What is shown of a record or deal: as it is, or as it would be.
pub(super) struct Trial {
    /// The scene, with the remedy that is tried.
    pub(super) scene: Scene,
    /// Tries a remedy.
    pub(super) on_try: Callback<Rc<Remedy>>,
    /// Where the verdict is, for the focus to return to.
    pub(super) verdict: NodeRef,
    remedy: Option<Rc<Remedy>>,
    on_end: Callback<MouseEvent>,
    end: NodeRef,
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
    // What was pressed is gone once it is drawn anew, and the focus with it.
    let is_pressed = use_mut_ref(|| false);
    let (verdict, end) = (use_node_ref(), use_node_ref());
    let now = (*tried)
        .clone()
        .filter(|now| now.actual == *actual && now.subject == *subject);
    if tried.is_some() && now.is_none() {
        tried.set(None);
    }
    let on_end = {
        let (tried, is_pressed) = (tried.clone(), is_pressed.clone());
        Callback::from(move |_| {
            is_pressed.replace(true);
            tried.set(None);
        })
    };
    let on_try = {
        let (actual, subject, is_pressed) = (actual.clone(), subject.clone(), is_pressed.clone());
        Callback::from(move |remedy: Rc<Remedy>| {
            is_pressed.replace(true);
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
    {
        let (verdict, end) = (verdict.clone(), end.clone());
        use_effect(move || {
            if is_pressed.take() {
                // There is no button to end it while nothing is tried.
                let next = end.cast::<HtmlElement>().or_else(|| verdict.cast());
                next.and_then(|next| next.focus().ok());
            }
        });
    }
    Trial {
        scene: now.as_ref().map_or(actual, |now| &now.scene).clone(),
        remedy: now.map(|now| now.remedy.clone()),
        on_try,
        verdict,
        on_end,
        end,
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
            <button ref={&trial.end} type="button" class="sl-button" aria-describedby="sidelight-trial" onclick={&trial.on_end}>{ message::END_TRIAL }</button>
        </div>
    }
}
