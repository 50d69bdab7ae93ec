//! The tab with the viewer's partner pipeline.

use std::rc::Rc;

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::audience::AudienceView;
use super::deal_grid::DealGrid;
use super::icon::{Icon, Shape};
use super::sidebar::{Choice, Scene};
use super::verdict::Reasons;
use crate::message;
use crate::model::deals::{Choices, StageTotal, Table, TableState, Totals};
use crate::model::verdict::{Verdict, gate};
use crate::model::{Subject, amount};

#[derive(Clone, PartialEq, Properties)]
pub(super) struct PipelinePanelProps {
    pub(super) scene: Scene,
    pub(super) state: TableState,
    pub(super) on_state: Callback<TableState>,
    pub(super) on_choose: Callback<Choice>,
}

#[component]
pub(super) fn PipelinePanel(props: &PipelinePanelProps) -> Html {
    let PipelinePanelProps { scene, state, on_state, on_choose } = props.clone();
    let active = use_state_eq(|| None::<String>);
    let choices = use_memo(scene.clone(), |scene| Choices::new(&scene.organisation, scene.now, &scene.viewer));
    let table = use_memo((scene.clone(), state.clone()), |(scene, state)| {
        let Table { rows, totals } = Table::new(&scene.organisation, scene.now, &scene.viewer, state)?;
        Ok::<_, sidelight_governance::AskError>((Rc::new(rows), totals))
    });
    let (choices, (rows, totals)) = match (&*choices, &*table) {
        (Ok(choices), Ok(table)) => (choices, table),
        (Err(error), _) | (_, Err(error)) => return html! { <p class="sl-empty" role="alert">{ error.to_string() }</p> },
    };

    let name = scene.viewer_name();
    let headline = message::sees_deals(&name, choices.seen, scene.organisation.deal_count());
    if choices.seen == 0 {
        return html! {
            <section aria-labelledby="sidelight-pipeline">
                <div role="status"><h2 id="sidelight-pipeline">{ headline }</h2></div>
                <NoDeals {scene} />
            </section>
        };
    }

    let chosen = active.as_ref().filter(|id| rows.iter().any(|row| row.id == **id)).cloned();
    let on_activate = Callback::from(move |id| active.set(Some(id)));
    let on_open = on_choose.reform(|id| Choice::Subject(Subject::Deal { id }));
    let on_sort = {
        let (state, on_state) = (state.clone(), on_state.clone());
        Callback::from(move |sorting| on_state.emit(TableState { sorting, ..state.clone() }))
    };
    html! {
        <section aria-labelledby="sidelight-pipeline">
            <div role="status">
                <h2 id="sidelight-pipeline">{ headline }</h2>
                if state.is_filtered() { <p class="sl-quiet">{ message::matching(rows.len(), choices.seen) }</p> }
            </div>
            <Filters choices={choices.clone()} state={state.clone()} {on_state} />
            if rows.is_empty() {
                <p class="sl-empty">{ message::NO_MATCH }</p>
            } else {
                <DealGrid rows={rows.clone()} sorting={state.sorting} active={chosen.clone()} label={message::pipeline_of(&name)} {on_sort} {on_activate} {on_open} />
                <TotalsView totals={totals.clone()} />
                if let Some(id) = chosen {
                    <DealDetail {scene} {id} {on_choose} />
                } else {
                    <p class="sl-quiet sl-hint">{ message::CHOOSE_DEAL }</p>
                }
            }
        </section>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct NoDealsProps {
    scene: Scene,
}

/// Why a pipeline is empty.
#[component]
fn NoDeals(props: &NoDealsProps) -> Html {
    let Scene { organisation, now, viewer } = &props.scene;
    let gate = gate(organisation, *now, viewer);
    if organisation.deal_count() == 0 {
        html! { <p class="sl-empty">{ message::NO_DEALS_AT_ALL }</p> }
    } else if gate.is_empty() {
        html! { <p class="sl-empty">{ message::no_deals(&props.scene.viewer_name()) }</p> }
    } else {
        html! { <Reasons reasons={gate} /> }
    }
}

#[derive(Clone, PartialEq, Properties)]
struct FiltersProps {
    choices: Choices,
    state: TableState,
    on_state: Callback<TableState>,
}

#[component]
fn Filters(props: &FiltersProps) -> Html {
    let FiltersProps { choices, state, on_state } = props;
    let change = |change: fn(&mut TableState, Option<String>)| {
        let (state, on_state) = (state.clone(), on_state.clone());
        Callback::from(move |value: Option<String>| {
            let mut state = state.clone();
            change(&mut state, value);
            on_state.emit(state);
        })
    };
    let stages: Vec<_> = choices
        .stages
        .iter()
        .map(|stage| (stage.clone(), if stage.is_empty() { message::NO_STAGE.to_owned() } else { stage.clone() }))
        .collect();
    let on_text = change(|state, value| state.text = value.unwrap_or_default());
    let oninput = Callback::from(move |event: InputEvent| {
        let text = event.target_dyn_into::<HtmlInputElement>().map(|input| input.value());
        on_text.emit(text);
    });
    let clear = {
        let (state, on_state) = (state.clone(), on_state.clone());
        Callback::from(move |_: MouseEvent| on_state.emit(state.cleared()))
    };
    html! {
        <div class="sl-filters" role="group" aria-label={message::FILTERS}>
            <label class="sl-search">
                <span class="sl-unseen">{ message::FILTER_NAME }</span>
                <Icon shape={Shape::Search} />
                <input type="search" value={state.text.clone()} placeholder={message::FILTER_NAME} {oninput} />
            </label>
            <Select label={message::FILTER_STAGE} all={message::ALL_STAGES} options={stages} chosen={state.stage.clone()} on_choose={change(|state, value| state.stage = value)} />
            <Select label={message::FILTER_COMPANY} all={message::ALL_COMPANIES} options={choices.companies.clone()} chosen={state.company.clone()} on_choose={change(|state, value| state.company = value)} />
            <Select label={message::FILTER_OWNER} all={message::ALL_OWNERS} options={choices.owners.clone()} chosen={state.owner.clone()} on_choose={change(|state, value| state.owner = value)} />
            if state.is_filtered() {
                <button type="button" class="sl-button" onclick={clear}>{ message::CLEAR_FILTERS }</button>
            }
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct SelectProps {
    label: &'static str,
    /// What choosing nothing is called.
    all: &'static str,
    /// The values with what they are called.
    options: Vec<(String, String)>,
    chosen: Option<String>,
    on_choose: Callback<Option<String>>,
}

#[component]
fn Select(props: &SelectProps) -> Html {
    let SelectProps { label, all, options, chosen, on_choose } = props;
    // By position, since an id may be any text: no text is left to stand for "all".
    let onchange = {
        let (options, on_choose) = (options.clone(), on_choose.clone());
        Callback::from(move |event: Event| {
            let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else { return };
            let position = usize::try_from(select.selected_index()).ok().and_then(|index| index.checked_sub(1));
            on_choose.emit(position.and_then(|position| options.get(position)).map(|(value, _)| value.clone()));
        })
    };
    html! {
        <select aria-label={*label} {onchange}>
            <option selected={chosen.is_none()}>{ *all }</option>
            { for options.iter().map(|(value, name)| html! { <option key={value.clone()} selected={chosen.as_ref() == Some(value)}>{ name }</option> }) }
        </select>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct TotalsViewProps {
    totals: Totals,
}

#[component]
fn TotalsView(props: &TotalsViewProps) -> Html {
    let Totals { currencies, stages, all } = &props.totals;
    let line = |total: &StageTotal, heading: &str| {
        let cell = |value: &Option<sidelight_governance::Amount>| {
            html! { <td class="sl-number">{ value.map_or_else(|| message::NOTHING.to_owned(), |value| amount::shown(value, None)) }</td> }
        };
        html! {
            <tr>
                <th scope="row">{ heading }</th>
                <td class="sl-number">{ message::grouped(total.count) }</td>
                { for total.amounts.iter().map(cell) }
            </tr>
        }
    };
    html! {
        <div class="sl-totals" role="region" aria-label={message::TOTALS} tabindex="0">
            <table>
                <caption class="sl-unseen">{ message::TOTALS }</caption>
                <thead>
                    <tr>
                        <th scope="col">{ message::FILTER_STAGE }</th>
                        <th scope="col" class="sl-number">{ message::DEALS }</th>
                        { for currencies.iter().map(|currency| html! {
                            <th scope="col" class="sl-number">{ currency.as_deref().unwrap_or(message::NO_CURRENCY) }</th>
                        }) }
                    </tr>
                </thead>
                <tbody>{ for stages.iter().map(|stage| line(stage, if stage.stage.is_empty() { message::NO_STAGE } else { &stage.stage })) }</tbody>
                <tfoot>{ line(all, message::ALL_STAGES) }</tfoot>
            </table>
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct DealDetailProps {
    scene: Scene,
    id: String,
    on_choose: Callback<Choice>,
}

/// Why the chosen deal is in the pipeline, and who else sees it.
#[component]
fn DealDetail(props: &DealDetailProps) -> Html {
    let DealDetailProps { scene, id, on_choose } = props.clone();
    let subject = Subject::Deal { id };
    let verdict = use_memo((scene.clone(), subject.clone()), |(scene, subject)| {
        Verdict::new(&scene.organisation, scene.now, &scene.viewer, sidelight_governance::Action::View, subject)
    });
    let opened = subject.clone();
    html! {
        <section class="sl-detail" aria-labelledby="sidelight-deal">
            <h3 id="sidelight-deal">{ subject.name(&scene.organisation) }</h3>
            { match &*verdict {
                Ok(verdict) => html! { <Reasons reasons={verdict.reasons.clone()} /> },
                Err(error) => html! { <p class="sl-empty" role="alert">{ error.to_string() }</p> },
            } }
            <button type="button" class="sl-button" onclick={on_choose.reform(move |_: MouseEvent| Choice::Subject(opened.clone()))}>{ message::OPEN_DEAL }</button>
            <AudienceView {scene} {subject} {on_choose} />
        </section>
    }
}
