//! What the deals add up to.

use sidelight_governance::Amount;
use yew::prelude::*;

use crate::message;
use crate::model::amount;
use crate::model::deals::{StageTotal, Totals};

/// The totals as a table: a line for each stage, a column for each currency.
pub(super) fn totals_view(totals: &Totals) -> Html {
    let Totals {
        currencies,
        stages,
        all,
    } = totals;
    let line = |total: &StageTotal, heading: &str| {
        let cell = |value: &Option<Amount>| {
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
