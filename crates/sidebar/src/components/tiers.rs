//! What the partner tiers see, may do and are told of.

use yew::prelude::*;

use super::markup::paragraph;
use super::sidebar::Scene;
use crate::message;
use crate::model::tiers::{TierDescription, descriptions};

/// The tiers' descriptions, with the viewer's own marked.
pub(super) fn tiers_panel(scene: &Scene) -> Html {
    let Scene {
        organisation,
        viewer,
        ..
    } = scene;
    let tiers = descriptions(organisation, viewer);
    let stands_nowhere = tiers.iter().all(|tier| tier.standings.is_empty());
    let tier = |tier: &TierDescription| {
        html! {
            <li key={tier.label} class={classes!("sl-tier", (!tier.standings.is_empty()).then_some("sl-own"))}>
                <h3>{ tier.label }</h3>
                { for tier.standings.iter().map(|standing| paragraph("sl-mark sl-accent", standing.clone())) }
                <ul>{ for tier.sentences.iter().map(|sentence| html! { <li>{ *sentence }</li> }) }</ul>
            </li>
        }
    };
    html! {
        <section aria-labelledby="sidelight-tiers">
            <h2 id="sidelight-tiers">{ message::TIERS }</h2>
            { paragraph("sl-quiet", message::TIERS_INTRODUCTION) }
            if stands_nowhere {
                { paragraph("sl-quiet", message::no_standing(&scene.viewer_name())) }
            }
            <ol class="sl-tiers">{ for tiers.iter().map(tier) }</ol>
            { paragraph("sl-quiet", message::TIERS_BESIDES) }
        </section>
    }
}
