//! The record in the middle, as the CRM would show it to the viewer.

use sidelight_governance::{Instant, RecordType};
use sidelight_sidebar::components::{Shape, button, facts_list, icon, paragraph, span};
use sidelight_sidebar::message::NOTHING;
use sidelight_sidebar::model::verdict::deal_facts;
use sidelight_sidebar::model::{Organisation, Subject};
use yew::prelude::*;

use crate::catalogue::{Catalogue, Entry, Kind, field_name, field_shown, owner_name};
use crate::message;
use crate::opening::Open;
use crate::record_list::capitalised;

/// The id of the page's heading.
pub(crate) const TITLE: &str = "crm-title";

/// The record or deal, or what the viewer is shown in its place.
pub(crate) fn record_page(
    open: &Open,
    now: Instant,
    viewer: &str,
    subject: Option<&Subject>,
    on_open: &Callback<Subject>,
) -> Html {
    let Open {
        organisation,
        catalogue,
    } = open;
    let Some(subject) = subject else {
        return html! { <main class="crm-main">{ paragraph("crm-empty", message::CHOOSE) }</main> };
    };
    let sees = |subject: &Subject| subject.is_seen(organisation, now, viewer);
    if !sees(subject) {
        return html! {
            <main key={subject.id()} class="crm-main crm-refused">
                { icon(Shape::Lock) }
                <h1 id={TITLE} tabindex="-1">{ message::not_found(&organisation.user_name(viewer)) }</h1>
                <p>{ message::NOT_FOUND }</p>
            </main>
        };
    }
    let facts = facts(organisation, subject);
    let related = account_of(organisation, subject)
        .map(|account| related(catalogue, &account, subject, &sees))
        .unwrap_or_default();
    html! {
        <main key={subject.id()} class="crm-main">
            <div class="crm-record">
                <span class="crm-kind">{ icon(shape(Kind::of(subject))) }</span>
                <div>{ paragraph("crm-quiet", capitalised(subject.noun())) }<h1 id={TITLE} tabindex="-1">{ subject.name(organisation) }</h1></div>
            </div>
            <section class="crm-card" aria-labelledby="crm-details">
                <h2 id="crm-details">{ message::DETAILS }</h2>
                { facts_list("crm-facts", facts.iter().map(|(label, value)| (label.as_str(), if value.is_empty() { NOTHING } else { value }))) }
                if facts.len() <= 1 { { paragraph("crm-quiet", message::NO_DETAILS) } }
            </section>
            { for related.iter().map(|related| related_list(related, on_open)) }
        </main>
    }
}

/// The records of one type that belong to the same account.
struct Related<'a> {
    kind: Kind,
    total: usize,
    seen: Vec<&'a Entry>,
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

fn related<'a>(
    catalogue: &'a Catalogue,
    account: &str,
    subject: &Subject,
    sees: &dyn Fn(&Subject) -> bool,
) -> Vec<Related<'a>> {
    let kinds = catalogue.kinds().filter_map(|(kind, _)| {
        let mut total = 0;
        let mut seen = Vec::new();
        for entry in catalogue.entries(kind) {
            if entry.account.as_deref() != Some(account) {
                continue;
            }
            let other = kind.subject(entry.id.clone());
            if other == *subject {
                continue;
            }
            total += 1;
            if sees(&other) {
                seen.push(entry);
            }
        }
        (total > 0).then_some(Related { kind, total, seen })
    });
    kinds.collect()
}

/// So many records of a related list are shown, as CRMs do.
const SHOWN: usize = 5;

fn related_list(related: &Related<'_>, on_open: &Callback<Subject>) -> Html {
    let Related { kind, total, seen } = related;
    let id = format!("crm-related-{}", kind.plural());
    let row = |&entry: &&Entry| {
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
