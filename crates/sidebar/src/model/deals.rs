//! The partner pipeline as a table: filtered, sorted, and added up (§6).

use std::cmp::Ordering;

use sidelight_governance::{Amount, AskError, Instant, PipelineQuery, PipelineRow, Total};

use super::{Organisation, day};
use crate::message;

/// The columns of the table, in their order on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The deal's name.
    Deal,
    /// The stage.
    Stage,
    /// The amount with its currency.
    Amount,
    /// The deal owner.
    Owner,
    /// Why the viewer sees the deal.
    Why,
    /// The partner company.
    Company,
    /// The day on which it is expected to close.
    Close,
    /// What the viewer may do with it.
    May,
}

impl Column {
    /// Every column, in its order on the screen.
    pub const ALL: [Self; 8] = [
        Self::Deal,
        Self::Stage,
        Self::Amount,
        Self::Owner,
        Self::Why,
        Self::Company,
        Self::Close,
        Self::May,
    ];

    /// The heading.
    pub fn label(self) -> &'static str {
        match self {
            Self::Deal => "Deal",
            Self::Stage => "Stage",
            Self::Amount => "Amount",
            Self::Owner => "Deal owner",
            Self::Why => "Seen as",
            Self::Company => "Company",
            Self::Close => "Close",
            Self::May => "May",
        }
    }
}

/// By which column the rows are sorted, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sorting {
    /// The column.
    pub column: Column,
    /// Whether the last comes first.
    pub descending: bool,
}

impl Sorting {
    /// The sorting after a click on a column's heading: the other way round if it is sorted by it already.
    #[must_use]
    pub fn clicked(self, column: Column) -> Self {
        Self {
            column,
            descending: column == self.column && !self.descending,
        }
    }
}

/// What of the table is shown, and in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableState {
    /// A part of the deal's name.
    pub text: String,
    /// The one stage to show.
    pub stage: Option<String>,
    /// The id of the one company to show.
    pub company: Option<String>,
    /// The id of the one deal owner to show.
    pub owner: Option<String>,
    /// The order of the rows.
    pub sorting: Sorting,
}

impl Default for TableState {
    fn default() -> Self {
        let sorting = Sorting {
            column: Column::Deal,
            descending: false,
        };
        Self {
            text: String::new(),
            stage: None,
            company: None,
            owner: None,
            sorting,
        }
    }
}

impl TableState {
    /// Whether any filter is set.
    pub fn is_filtered(&self) -> bool {
        !self.text.trim().is_empty()
            || self.stage.is_some()
            || self.company.is_some()
            || self.owner.is_some()
    }

    /// The same, but for what cannot be chosen from: it may have been chosen as another viewer, or before a change, and a
    /// list that does not have it could not show that it is.
    #[must_use]
    pub fn within(&self, choices: &Choices) -> Self {
        let among = |ids: &[(String, String)], chosen: &Option<String>| {
            let is_among = |id: &String| ids.iter().any(|(known, _)| known == id);
            chosen.clone().filter(is_among)
        };
        Self {
            stage: self
                .stage
                .clone()
                .filter(|stage| choices.stages.contains(stage)),
            company: among(&choices.companies, &self.company),
            owner: among(&choices.owners, &self.owner),
            ..self.clone()
        }
    }

    /// The same order without any filter.
    #[must_use]
    pub fn cleared(&self) -> Self {
        Self {
            sorting: self.sorting,
            ..Self::default()
        }
    }

    fn query(&self) -> PipelineQuery {
        let one = |value: &Option<String>| value.clone().map(|value| vec![value]);
        let text = self.text.trim();
        PipelineQuery {
            stage: one(&self.stage),
            company: one(&self.company),
            owner: one(&self.owner),
            text: (!text.is_empty()).then(|| text.to_owned()),
            ..PipelineQuery::default()
        }
    }
}

/// All deals that a viewer sees, and the values to filter them by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// How many deals the viewer sees.
    pub seen: usize,
    /// The stages that occur.
    pub stages: Vec<String>,
    /// The companies that occur, as id and name.
    pub companies: Vec<(String, String)>,
    /// The deal owners that occur, as id and name.
    pub owners: Vec<(String, String)>,
}

impl Choices {
    /// What the viewer's deals can be filtered by.
    ///
    /// # Errors
    /// Never for an organisation that loaded; the rules' own error otherwise.
    pub fn new(organisation: &Organisation, now: Instant, viewer: &str) -> Result<Self, AskError> {
        let pipeline = organisation
            .at(now)
            .pipeline(viewer, &PipelineQuery::default())?;
        let named = |id: fn(&PipelineRow) -> &str, name: &dyn Fn(&str) -> String| {
            let mut ids = Vec::new();
            for row in &pipeline.rows {
                insert(&mut ids, id(row));
            }
            let mut named = Vec::new();
            for id in ids {
                let name = name(id);
                insert(&mut named, (folded(&name), id.to_owned(), name));
            }
            named
                .into_iter()
                .map(|(_, id, name)| (id, name))
                .collect::<Vec<_>>()
        };
        let stages = named(|row| &row.stage, &str::to_owned);
        Ok(Self {
            seen: pipeline.total,
            stages: stages.into_iter().map(|(stage, _)| stage).collect(),
            companies: named(|row| &row.company, &|id| organisation.company_name(id)),
            owners: named(|row| &row.owner, &|id| organisation.user_name(id)),
        })
    }
}

/// The rows and totals of a viewer's pipeline under filters.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The rows, sorted.
    pub rows: Vec<Row>,
    /// What they add up to.
    pub totals: Totals,
}

/// One deal as the viewer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The deal's id.
    pub id: String,
    /// Its name; the id where it has none.
    pub name: String,
    /// The stage; empty where it has none.
    pub stage: String,
    /// The amount.
    pub amount: Option<Amount>,
    /// The currency's code.
    pub currency: Option<String>,
    /// The deal owner's name.
    pub owner: String,
    /// The registrar's name, where that is somebody else.
    pub registrar: Option<String>,
    /// Why the viewer sees it.
    pub why: String,
    /// The company's name.
    pub company: String,
    /// The expected day of closing, as it is written.
    pub close: Option<String>,
    /// What the viewer may do with it.
    pub may: String,
}

impl Row {
    /// The text of a cell; empty where there is nothing to tell.
    pub fn cell(&self, column: Column) -> String {
        match column {
            Column::Deal => self.name.clone(),
            Column::Stage => self.stage.clone(),
            Column::Amount => self
                .amount
                .map(|amount| super::amount::shown(amount, self.currency.as_deref()))
                .unwrap_or_default(),
            Column::Owner => self.owner.clone(),
            Column::Why => self.why.clone(),
            Column::Company => self.company.clone(),
            Column::Close => self.close.as_deref().map(day::shown).unwrap_or_default(),
            Column::May => self.may.clone(),
        }
    }
}

impl Table {
    /// The viewer's deals that pass the filters, sorted, with their totals.
    ///
    /// # Errors
    /// Never for an organisation that loaded; the rules' own error otherwise.
    pub fn new(
        organisation: &Organisation,
        now: Instant,
        viewer: &str,
        state: &TableState,
    ) -> Result<Self, AskError> {
        let pipeline = organisation.at(now).pipeline(viewer, &state.query())?;
        let totals = Totals::new(&pipeline.totals);
        let rows = pipeline
            .rows
            .into_iter()
            .map(|row| shown(organisation, row));
        Ok(Self {
            rows: sorted(rows.collect(), state.sorting),
            totals,
        })
    }
}

fn shown(organisation: &Organisation, row: PipelineRow) -> Row {
    let list = |labels: Vec<&'static str>| labels.join(", ");
    Row {
        name: if row.name.is_empty() {
            row.id.clone()
        } else {
            row.name
        },
        id: row.id,
        stage: row.stage,
        amount: row.amount,
        currency: row.currency,
        registrar: (row.registered_by != row.owner)
            .then(|| organisation.user_name(&row.registered_by)),
        owner: organisation.user_name(&row.owner),
        why: list(row.grants.into_iter().map(message::rule).collect()),
        company: organisation.company_name(&row.company),
        close: row.expected_close,
        may: list(
            row.interactions
                .into_iter()
                .map(message::interaction)
                .collect(),
        ),
    }
}

/// The rows sorted by a column; what is absent comes last either way, and rows that are alike stay in
/// the organisation's order. Amounts are compared within a currency only, so currencies stay together,
/// in the order of their codes.
fn sorted(rows: Vec<Row>, sorting: Sorting) -> Vec<Row> {
    let mut keyed: Vec<_> = rows
        .into_iter()
        .map(|row| (Key::new(&row, sorting.column), row))
        .collect();
    keyed.sort_by(|(a, _), (b, _)| {
        let values = a.value.cmp(&b.value);
        let values = if sorting.descending {
            values.reverse()
        } else {
            values
        };
        let together = a
            .is_absent
            .cmp(&b.is_absent)
            .then_with(|| absent_last(a.currency.as_ref(), b.currency.as_ref()));
        together.then(values)
    });
    keyed.into_iter().map(|(_, row)| row).collect()
}

/// What a row is sorted by, made once for each row.
struct Key {
    is_absent: bool,
    /// Only among amounts.
    currency: Option<String>,
    value: Value,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Amount(Option<Amount>),
    Text(String),
}

impl Key {
    fn new(row: &Row, column: Column) -> Self {
        let text = |text: String| Self {
            is_absent: text.is_empty(),
            currency: None,
            value: Value::Text(text),
        };
        match column {
            Column::Amount => Self {
                is_absent: row.amount.is_none(),
                currency: row.currency.clone(),
                value: Value::Amount(row.amount),
            },
            // As it is written, a day sorts before the days after it; as it is shown, it does not.
            Column::Close => text(row.close.clone().unwrap_or_default()),
            column => text(folded(&row.cell(column))),
        }
    }
}

fn absent_last<T: Ord>(a: Option<T>, b: Option<T>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

/// Puts a value where it belongs in a sorted list, unless it is there.
fn insert<T: Ord>(into: &mut Vec<T>, value: T) {
    if let Err(position) = into.binary_search(&value) {
        into.insert(position, value);
    }
}

/// Text without regard to case, as people sort names.
fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// What the rows add up to, a line for each stage and a column for each currency: amounts of
/// different currencies are never added together (§6.7).
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// The currencies that occur, by their codes; amounts without one last.
    pub currencies: Vec<Option<String>>,
    /// A line for each stage.
    pub stages: Vec<StageTotal>,
    /// The line below them.
    pub all: StageTotal,
}

/// The totals of one stage.
#[derive(Debug, Clone, PartialEq)]
pub struct StageTotal {
    /// The stage; empty for deals without one.
    pub stage: String,
    /// How many deals.
    pub count: usize,
    /// The amount in each of the currencies of [`Totals::currencies`]; `None` where no deal is.
    pub amounts: Vec<Option<Amount>>,
}

impl Totals {
    fn new(totals: &[Total]) -> Self {
        // What is absent comes last.
        let (mut currencies, mut stages) = (Vec::new(), Vec::new());
        for total in totals {
            insert(
                &mut currencies,
                (total.currency.is_none(), total.currency.as_ref()),
            );
            insert(&mut stages, (total.stage.is_empty(), total.stage.as_str()));
        }
        let currencies: Vec<_> = currencies
            .into_iter()
            .map(|(_, currency)| currency.cloned())
            .collect();

        let line = |stage: &str, counts: &dyn Fn(&str) -> bool| {
            let counted = || totals.iter().filter(|total| counts(&total.stage));
            let amount = |currency: &Option<String>| {
                let mut amounts = counted()
                    .filter(|total| total.currency == *currency)
                    .map(|total| total.amount)
                    .peekable();
                amounts.peek().is_some().then(|| amounts.sum())
            };
            StageTotal {
                stage: stage.to_owned(),
                count: counted().map(|total| total.count).sum(),
                amounts: currencies.iter().map(amount).collect(),
            }
        };
        let all = line("", &|_| true);
        let stages = stages
            .into_iter()
            .map(|(_, stage)| line(stage, &|other| other == stage))
            .collect();
        Self {
            currencies,
            stages,
            all,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn row(id: &str, amount: Option<&str>, currency: Option<&str>, close: Option<&str>) -> Row {
        Row {
            id: id.to_owned(),
            name: id.to_owned(),
            stage: String::new(),
            amount: amount.map(|amount| amount.parse().unwrap()),
            currency: currency.map(str::to_owned),
            owner: String::new(),
            registrar: None,
            why: String::new(),
            company: String::new(),
            close: close.map(str::to_owned),
            may: String::new(),
        }
    }

    fn order(rows: Vec<Row>, column: Column, descending: bool) -> String {
        let rows = sorted(rows, Sorting { column, descending });
        rows.into_iter().map(|row| row.id).collect()
    }

    #[test]
    fn amounts_are_compared_as_numbers_within_a_currency() {
        let rows = vec![
            row("a", Some("9.5"), Some("USD"), None),
            row("b", Some("10"), Some("USD"), None),
            row("c", Some("1"), None, None),
            row("d", Some("1000"), Some("EUR"), None),
            row("e", None, Some("EUR"), None),
            row("f", Some("-3"), Some("EUR"), None),
        ];
        assert_eq!(order(rows.clone(), Column::Amount, false), "fdabce");
        assert_eq!(order(rows, Column::Amount, true), "dfbace");
    }

    #[test]
    fn what_is_absent_comes_last_either_way_and_ties_keep_their_order() {
        let rows = vec![
            row("a", None, None, None),
            row("b", None, None, Some("2027-01-02")),
            row("c", None, None, Some("2026-12-31")),
            row("d", None, None, None),
        ];
        assert_eq!(order(rows.clone(), Column::Close, false), "cbad");
        assert_eq!(order(rows.clone(), Column::Close, true), "bcad");
        assert_eq!(order(rows, Column::Stage, true), "abcd");
    }

    #[test]
    fn names_are_sorted_without_regard_to_case() {
        let rows = ["b", "C", "a", "D"]
            .map(|id| row(id, None, None, None))
            .to_vec();
        assert_eq!(order(rows.clone(), Column::Deal, false), "abCD");
        assert_eq!(order(rows, Column::Deal, true), "DCba");
    }

    #[test]
    fn a_second_click_turns_the_order_round() {
        let first = TableState::default().sorting;
        assert_eq!(
            first.clicked(Column::Deal),
            Sorting {
                column: Column::Deal,
                descending: true
            }
        );
        assert_eq!(first.clicked(Column::Deal).clicked(Column::Deal), first);
        assert_eq!(
            first.clicked(Column::Deal).clicked(Column::Close),
            Sorting {
                column: Column::Close,
                descending: false
            }
        );
    }

    #[test]
    fn currencies_are_never_added_together() {
        let total = |stage: &str, currency: Option<&str>, count, amount: &str| Total {
            stage: stage.to_owned(),
            currency: currency.map(str::to_owned),
            count,
            amount: amount.parse().unwrap(),
        };
        let totals = Totals::new(&[
            total("Won", None, 1, "5"),
            total("Won", Some("USD"), 2, "10.50"),
            total("", Some("EUR"), 1, "1"),
            total("Lead", Some("USD"), 4, "0.25"),
        ]);
        let shown = |line: &StageTotal| {
            let amounts = line
                .amounts
                .iter()
                .map(|amount| amount.map_or_else(|| "-".to_owned(), |amount| amount.to_string()));
            format!(
                "{} {} {}",
                line.stage,
                line.count,
                amounts.collect::<Vec<_>>().join(" ")
            )
        };
        assert_eq!(
            totals.currencies,
            [Some("EUR".to_owned()), Some("USD".to_owned()), None]
        );
        assert_eq!(
            totals.stages.iter().map(shown).collect::<Vec<_>>(),
            ["Lead 4 - 0.25 -", "Won 3 - 10.50 5", " 1 1 - -"]
        );
        assert_eq!(shown(&totals.all), " 8 1 10.75 5");
    }
}
