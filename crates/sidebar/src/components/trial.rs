//! A look at everything as it would be with a remedy.

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
    pub(super) on_try: Callback<Remedy>,
    /// Where the verdict is, for the focus to return to.
    pub(super) verdict: NodeRef,
    remedy: Option<Remedy>,
    on_end: Callback<MouseEvent>,
    end: NodeRef,
}

/// Lets a remedy be tried on the record or deal that is looked at, until another one or somebody else is chosen.
#[hook]
pub(super) fn use_trial(actual: Scene, subject: &Subject) -> Trial {
    let about = (actual, subject.clone());
    let tried = use_state_eq(|| None);
    // What was pressed is gone once it is drawn anew, and the focus with it.
    let is_pressed = use_mut_ref(|| false);
    let (verdict, end) = (use_node_ref(), use_node_ref());
    let change_to = {
        let (tried, about, is_pressed) = (tried.clone(), about.clone(), is_pressed.clone());
        move |remedy: Option<Remedy>| {
            is_pressed.replace(true);
            tried.set(remedy.map(|remedy| (about.clone(), remedy)));
        }
    };
    let on_end = {
        let change_to = change_to.clone();
        Callback::from(move |_| change_to(None))
    };
    let on_try = Callback::from(move |remedy| change_to(Some(remedy)));
    let remedy = (*tried)
        .clone()
        .and_then(|(tried_on, remedy)| (tried_on == about).then_some(remedy));
    {
        let tried = tried.clone();
        use_effect_with(about.clone(), move |_| tried.set(None));
    }
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
    let scene = use_memo((about, remedy.clone()), |((actual, _), remedy)| {
        let organisation = &actual.organisation;
        Scene {
            organisation: match remedy {
                Some(remedy) => organisation.trying(remedy),
                None => organisation.clone(),
            },
            ..actual.clone()
        }
    });
    Trial {
        scene: (*scene).clone(),
        on_try,
        verdict,
        remedy,
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
