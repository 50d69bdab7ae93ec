//! The deals as a grid of which only the rows in view are drawn.
//!
//! The grid itself has the focus and names the row that the keys are on (`aria-activedescendant`),
//! so the focus is never on a row that a scroll takes out of the document.

use std::rc::Rc;

use web_sys::Element;
use yew::prelude::*;

use super::icon::{Shape, icon};
use super::viewport::{measured, reveal, use_viewport};
use crate::message;
use crate::model::deals::{Column, Row, Sorting};
use crate::model::window::Step;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct DealGridProps {
    pub(super) rows: Rc<Vec<Row>>,
    pub(super) sorting: Sorting,
    /// The id of the deal that the keys are on.
    pub(super) active: Option<String>,
    pub(super) label: String,
    pub(super) on_sort: Callback<Sorting>,
    pub(super) on_activate: Callback<String>,
    pub(super) on_open: Callback<String>,
}

#[component]
pub(super) fn DealGrid(props: &DealGridProps) -> Html {
    let DealGridProps {
        rows,
        sorting,
        active,
        label,
        on_sort,
        on_activate,
        on_open,
    } = props.clone();
    let grid = use_node_ref();
    let (viewport, onscroll) = use_viewport(&grid);
    let position = active
        .as_ref()
        .and_then(|id| rows.iter().position(|row| row.id == *id));

    // A new order or filter is read from its beginning.
    {
        let grid = grid.clone();
        use_effect_with(rows.clone(), move |_| {
            if let Some(grid) = grid.cast::<Element>() {
                grid.set_scroll_top(0);
            }
        });
    }

    let onkeydown = {
        let (grid, rows, on_activate, on_open) = (
            grid.clone(),
            rows.clone(),
            on_activate.clone(),
            on_open.clone(),
        );
        Callback::from(move |event: KeyboardEvent| {
            // Keys on a heading's button are the button's.
            if event.target_dyn_into::<Element>() != grid.cast::<Element>() {
                return;
            }
            if event.key() == "Enter" {
                if let Some(row) = position.and_then(|position| rows.get(position)) {
                    event.prevent_default();
                    on_open.emit(row.id.clone());
                }
                return;
            }
            let Some((step, viewport)) = Step::from_key(&event.key()).zip(measured(&grid)) else {
                return;
            };
            event.prevent_default();
            let Some(next) = step.from(position, rows.len(), viewport.page()) else {
                return;
            };
            reveal(&grid, viewport, next);
            if let Some(row) = rows.get(next) {
                on_activate.emit(row.id.clone());
            }
        })
    };

    let window = viewport.rows(rows.len());
    // The row that the keys are on is named only while it is drawn: an id of nothing names nothing.
    let drawn_active = position
        .filter(|position| window.contains(position))
        .map(row_id);
    let heading_cell = |column: Column| {
        let sorted = column == sorting.column;
        let direction = match (sorted, sorting.descending) {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        };
        let onclick = on_sort.reform(move |_: MouseEvent| sorting.clicked(column));
        html! {
            <div key={column.label()} role="columnheader" class={cell_class(column)} aria-sort={direction}>
                <button type="button" {onclick}>
                    { column.label() }
                    if sorted { { icon(if sorting.descending { Shape::Down } else { Shape::Up }) } }
                </button>
            </div>
        }
    };
    let row = |index: usize, row: &Row| {
        let is_active = position == Some(index);
        let (activated, opened) = (row.id.clone(), row.id.clone());
        html! {
            <div key={row.id.clone()} id={row_id(index)} role="row" class={classes!("sl-row", is_active.then_some("sl-active"))}
                aria-rowindex={(index + 2).to_string()} aria-selected={is_active.to_string()} style={offset(index)}
                onclick={on_activate.reform(move |_: MouseEvent| activated.clone())} ondblclick={on_open.reform(move |_: MouseEvent| opened.clone())}>
                { for Column::ALL.into_iter().map(|column| cell(row, column)) }
            </div>
        }
    };
    let visible = rows
        .get(window.clone())
        .unwrap_or_default()
        .iter()
        .zip(window);
    html! {
        <div ref={grid} class="sl-grid" role="grid" tabindex="0" aria-label={label} aria-rowcount={(rows.len() + 1).to_string()}
            aria-activedescendant={drawn_active} {onscroll} {onkeydown}>
            <div role="rowgroup" class="sl-grid-head">
                <div role="row" class="sl-row" aria-rowindex="1">{ for Column::ALL.into_iter().map(heading_cell) }</div>
            </div>
            <div role="rowgroup" class="sl-grid-body" style={format!("--sl-rows: {}", rows.len())}>
                { for visible.map(|(shown, index)| row(index, shown)) }
            </div>
        </div>
    }
}

fn row_id(index: usize) -> String {
    format!("sidelight-deal-{index}")
}

fn offset(index: usize) -> String {
    format!("--sl-index: {index}")
}

fn cell_class(column: Column) -> Classes {
    classes!(
        "sl-cell",
        matches!(column, Column::Amount).then_some("sl-number"),
        matches!(column, Column::Deal).then_some("sl-first")
    )
}

fn cell(row: &Row, column: Column) -> Html {
    let text = row.cell(column);
    let text = if text.is_empty() {
        message::NOTHING.to_owned()
    } else {
        text
    };
    let registrar = row
        .registrar
        .as_deref()
        .filter(|_| column == Column::Owner)
        .map(message::registered_by);
    let title = registrar
        .as_ref()
        .map_or_else(|| text.clone(), |registrar| format!("{text}, {registrar}"));
    html! { <div key={column.label()} role="gridcell" class={cell_class(column)} {title}><span>{ text }</span></div> }
}
