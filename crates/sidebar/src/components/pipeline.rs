//! The tab with the viewer's partner pipeline.

use std::rc::Rc;

use sidelight_governance::AskError;
use yew::prelude::*;

use super::administrators::administrators;
use super::audience::audience_view;
use super::deal_grid::DealGrid;
use super::filters::filters;
use super::markup::{button, fault, paragraph, section};
use super::sidebar::{Choice, PIPELINE, Scene};
use super::totals::totals_view;
use super::verdict::reasons_view;
use crate::message;
use crate::model::Subject;
use crate::model::deals::{Choices, Table, TableState};
use crate::model::verdict::{gate, reasons};

#[derive(Clone, PartialEq, Properties)]
pub(super) struct PipelinePanelProps {
    pub(super) scene: Scene,
    pub(super) state: TableState,
    pub(super) on_state: Callback<TableState>,
    pub(super) on_choose: Callback<Choice>,
}

#[component]
pub(super) fn PipelinePanel(props: &PipelinePanelProps) -> Html {
    let PipelinePanelProps {
        scene,
        state,
        on_state,
        on_choose,
    } = props.clone();
    let active = use_state_eq(|| None::<String>);
    let choices = use_memo(scene.clone(), |scene| {
        Choices::new(&scene.organisation, scene.now, &scene.viewer)
    });
    let state = match &*choices {
        Ok(choices) => state.within(choices),
        Err(_) => state,
    };
    let table = use_memo((scene.clone(), state.clone()), |(scene, state)| {
        let Table { rows, totals } =
            Table::new(&scene.organisation, scene.now, &scene.viewer, state)?;
        Ok::<_, AskError>((Rc::new(rows), totals))
    });
    let (choices, (rows, totals)) = match (&*choices, &*table) {
        (Ok(choices), Ok(table)) => (choices, table),
        (Err(error), _) | (_, Err(error)) => {
            return fault(error);
        }
    };

    let name = scene.viewer_name();
    let headline = message::sees_deals(&name, choices.seen, scene.organisation.deal_count());
    if choices.seen == 0 {
        return html! {
            <section aria-labelledby={PIPELINE}>
                <div role="status"><h2 id={PIPELINE} tabindex="-1">{ headline }</h2></div>
                { no_deals(&scene) }
            </section>
        };
    }

    let chosen = active
        .as_ref()
        .filter(|id| rows.iter().any(|row| row.id == **id))
        .cloned();
    let on_activate = Callback::from(move |id| active.set(Some(id)));
    let on_open = on_choose.reform(|id| Choice::Subject(Subject::Deal { id }));
    let on_sort = {
        let (state, on_state) = (state.clone(), on_state.clone());
        Callback::from(move |sorting| {
            on_state.emit(TableState {
                sorting,
                ..state.clone()
            })
        })
    };
    let matching = state
        .is_filtered()
        .then(|| message::matching(rows.len(), choices.seen));
    html! {
        <section aria-labelledby={PIPELINE}>
            <div role="status">
                <h2 id={PIPELINE} tabindex="-1">{ headline }</h2>
                { paragraph("sl-quiet sl-matching", matching.unwrap_or_default()) }
            </div>
            { filters(choices, &state, &on_state) }
            if rows.is_empty() {
                { paragraph("sl-empty", message::NO_MATCH) }
            } else {
                <DealGrid rows={rows.clone()} sorting={state.sorting} active={chosen.clone()} label={message::pipeline_of(&name)} {on_sort} {on_activate} {on_open} />
                if let Some(id) = chosen {
                    { deal_detail(&scene, id, on_choose) }
                } else {
                    { paragraph("sl-quiet sl-hint", message::CHOOSE_DEAL) }
                }
                { totals_view(totals) }
            }
        </section>
    }
}

/// Why a pipeline is empty.
fn no_deals(scene: &Scene) -> Html {
    let gate = gate(&scene.organisation, scene.now, &scene.viewer);
    if scene.organisation.deal_count() == 0 {
        paragraph("sl-empty", message::NO_DEALS_AT_ALL)
    } else if gate.is_empty() {
        paragraph("sl-empty", message::no_deals(&scene.viewer_name()))
    } else {
        reasons_view(&gate)
    }
}

/// Why the chosen deal is in the pipeline, and who else sees it.
fn deal_detail(scene: &Scene, id: String, on_choose: Callback<Choice>) -> Html {
    let at = scene.organisation.at(scene.now);
    let decision = at.explain_deal(&scene.viewer, &id);
    let subject = Subject::Deal { id };
    let opened = subject.clone();
    let onclick = on_choose.reform(move |_: MouseEvent| Choice::Subject(opened.clone()));
    let detail = html! {
        <>
            { reasons_view(&reasons(&scene.organisation, &decision)) }
            { button("sl-button", message::OPEN_DEAL, onclick) }
            { administrators(&scene.organisation, audience_view(scene, None, &subject, &on_choose)) }
        </>
    };
    let name = subject.name(&scene.organisation);
    section("sl-detail", "sidelight-deal", name, detail)
}
