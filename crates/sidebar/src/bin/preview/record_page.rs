//! The record in the middle, as the CRM would show it to the viewer.

use std::rc::Rc;

use sidelight_governance::{Instant, RecordType};
use sidelight_sidebar::components::{Shape, button, facts_list, icon, paragraph, span};
use sidelight_sidebar::message::NOTHING;
use sidelight_sidebar::model::verdict::deal_facts;
use sidelight_sidebar::model::{Organisation, Subject};
use yew::prelude::*;

use crate::catalogue::{Catalogue, Entry, Kind, Seen, field_name, field_shown, owner_name};
use crate::message;
use crate::record_list::capitalised;

/// The id of the page's heading.
pub(crate) const TITLE: &str = "crm-title";

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct RecordPageProps {
    pub(crate) organisation: Organisation,
    pub(crate) catalogue: Rc<Catalogue>,
    pub(crate) now: Instant,
    pub(crate) viewer: String,
    pub(crate) subject: Option<Subject>,
    pub(crate) on_open: Callback<Subject>,
}

#[component]
pub(crate) fn RecordPage(props: &RecordPageProps) -> Html {
    let RecordPageProps {
        organisation,
        catalogue,
        now,
        viewer,
        subject,
        on_open,
    } = props.clone();
    let shown = use_memo(
        (
            organisation.clone(),
            catalogue,
            now,
            viewer.clone(),
            subject.clone(),
        ),
        |(organisation, catalogue, now, viewer, subject)| {
            let seen = |kind| Seen::new(organisation, catalogue, *now, viewer, kind);
            Page::new(organisation, catalogue, subject.as_ref()?, &seen)
        },
    );
    let Some(subject) = subject else {
        return html! { <main class="crm-main">{ paragraph("crm-empty", message::CHOOSE) }</main> };
    };
    let Some(page) = &*shown else {
        return html! {
            <main key={subject.id()} class="crm-main crm-refused">
                { icon(Shape::Lock) }
                <h1 id={TITLE} tabindex="-1">{ message::not_found(&organisation.user_name(&viewer)) }</h1>
                <p>{ message::NOT_FOUND }</p>
            </main>
        };
    };
    html! {
        <main key={subject.id()} class="crm-main">
            <div class="crm-record">
                <span class="crm-kind">{ icon(shape(Kind::of(&subject))) }</span>
                <div>{ paragraph("crm-quiet", capitalised(subject.noun())) }<h1 id={TITLE} tabindex="-1">{ subject.name(&organisation) }</h1></div>
            </div>
            <section class="crm-card" aria-labelledby="crm-details">
                <h2 id="crm-details">{ message::DETAILS }</h2>
                { facts_list("crm-facts", page.facts.iter().map(|(label, value)| (label.as_str(), if value.is_empty() { NOTHING } else { value }))) }
                if page.facts.len() <= 1 { { paragraph("crm-quiet", message::NO_DETAILS) } }
            </section>
            { for page.related.iter().map(|related| related_list(related, &on_open)) }
        </main>
    }
}

/// What the viewer is shown of a record.
#[derive(Debug, Clone, PartialEq)]
struct Page {
    /// The record's fields, as label and value.
    facts: Vec<(String, String)>,
    /// The other records of the same account.
    related: Vec<Related>,
}

/// The records of one type that belong to the same account.
#[derive(Debug, Clone, PartialEq)]
struct Related {
    kind: Kind,
    total: usize,
    seen: Vec<Entry>,
}

impl Page {
    /// The page of a record or deal; `None` for one that is not among what is `seen`.
    fn new(
        organisation: &Organisation,
        catalogue: &Catalogue,
        subject: &Subject,
        seen: &dyn Fn(Kind) -> Seen,
    ) -> Option<Self> {
        let kind = Kind::of(subject);
        let entries = catalogue.entries(kind);
        let position = entries.iter().position(|entry| entry.id == subject.id())?;
        if !seen(kind).contains(position) {
            return None;
        }
        let account = account_of(organisation, subject);
        Some(Self {
            facts: facts(organisation, subject),
            related: account.map_or_else(Vec::new, |account| {
                related(catalogue, &account, subject, seen)
            }),
        })
    }
}

fn facts(organisation: &Organisation, subject: &Subject) -> Vec<(String, String)> {
    match subject {
        Subject::Deal { id } => deal_facts(organisation, id)
            .into_iter()
            .map(|(label, value)| (label.to_owned(), value))
            .collect(),
        Subject::Record { kind, id } => {
            let Some(record) = organisation.record(*kind, id) else {
                return Vec::new();
            };
            let owner = owner_name(organisation, record.owner);
            let account = record.account.map(|account| {
                (
                    message::ACCOUNT.to_owned(),
                    organisation.record_name(RecordType::Account, &account),
                )
            });
            let fields = record
                .fields
                .iter()
                .map(|(name, value)| (field_name(name), field_shown(value)));
            [(message::OWNER.to_owned(), owner)]
                .into_iter()
                .chain(account)
                .chain(fields)
                .collect()
        }
    }
}

fn account_of(organisation: &Organisation, subject: &Subject) -> Option<String> {
    match subject {
        Subject::Record {
            kind: RecordType::Account,
            id,
        } => Some(id.clone()),
        Subject::Record { kind, id } => organisation.record(*kind, id)?.account,
        Subject::Deal { .. } => None,
    }
}

fn related(
    catalogue: &Catalogue,
    account: &str,
    subject: &Subject,
    seen: &dyn Fn(Kind) -> Seen,
) -> Vec<Related> {
    let kinds = catalogue.kinds().filter_map(|(kind, _)| {
        let of_account = catalogue
            .entries(kind)
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.account.as_deref() == Some(account));
        let others: Vec<_> = of_account
            .filter(|(_, entry)| Kind::of(subject) != kind || entry.id != subject.id())
            .collect();
        if others.is_empty() {
            return None;
        }
        let seen = seen(kind);
        let total = others.len();
        let seen = others
            .into_iter()
            .filter(|(position, _)| seen.contains(*position))
            .map(|(_, entry)| entry.clone())
            .collect();
        Some(Related { kind, total, seen })
    });
    kinds.collect()
}

/// So many records of a related list are shown, as CRMs do.
const SHOWN: usize = 5;

fn related_list(related: &Related, on_open: &Callback<Subject>) -> Html {
    let Related { kind, total, seen } = related;
    let id = format!("crm-related-{}", kind.plural());
    let row = |entry: &Entry| {
        let opened = kind.subject(entry.id.clone());
        html! {
            <li key={entry.id.clone()}>
                { button("crm-link", entry.name.clone(), on_open.reform(move |_: MouseEvent| opened.clone())) }
                { span("crm-quiet", entry.owner.clone()) }
            </li>
        }
    };
    html! {
        <section class="crm-card" aria-labelledby={id.clone()}>
            <h2 {id}>{ icon(shape(*kind)) }{ capitalised(kind.plural()) }{ span("crm-quiet", message::of(seen.len(), *total)) }</h2>
            if !seen.is_empty() { <ul class="crm-related">{ for seen.iter().take(SHOWN).map(row) }</ul> }
        </section>
    }
}

fn shape(kind: Kind) -> Shape {
    match kind {
        Kind::Record(RecordType::Account) => Shape::Building,
        Kind::Record(RecordType::Prospect) => Shape::Person,
        Kind::Record(RecordType::Opportunity) => Shape::Chart,
        Kind::Record(RecordType::Task) => Shape::Task,
        Kind::Record(RecordType::Sequence) => Shape::Steps,
        Kind::Record(RecordType::Mailing) => Shape::Envelope,
        Kind::Record(RecordType::Call) => Shape::Phone,
        Kind::Record(RecordType::Meeting) => Shape::Calendar,
        Kind::Record(RecordType::Conversation) => Shape::Bubble,
        Kind::Deal => Shape::Handshake,
    }
}
