//! Guests and their terms, as people read them.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};
use sidelight_calendar::Calendar;
use sidelight_governance::guest::{GuestPage, GuestRow};
use sidelight_governance::{At, grouped};

use super::{BAD, CAREFUL, GOOD, Prose, Word, next_page, person, plain, styled, table};
use crate::ask::Term;

/// A page of guests, and the calendar in which their terms end.
pub(crate) struct List {
    pub(crate) page: GuestPage,
    pub(crate) calendar: Calendar,
}

impl Serialize for List {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.page.serialize(to)
    }
}

impl List {
    pub(crate) fn tell(&self, at: At<'_>) -> String {
        let governance = at.governance();
        let page = &self.page;
        let row = |guest: &GuestRow| {
            let last_day = self.calendar.last_day(guest.ends).to_string();
            let state = match guest.locked {
                true => format!("{}, locked", guest.state),
                false => guest.state.to_string(),
            };
            let sponsor = guest.sponsor.as_ref();
            vec![
                person(governance, &guest.user),
                state,
                match guest.expiring {
                    true => styled(CAREFUL, format_args!("{last_day} (soon)")),
                    false => last_day,
                },
                sponsor.map_or_else(String::new, |sponsor| person(governance, sponsor)),
                plain(&guest.profile).into_owned(),
            ]
        };
        let mut text = String::new();
        if !page.rows.is_empty() {
            let header = [
                ("GUEST", Prose),
                ("STATE", Word),
                ("LAST DAY", Word),
                ("SPONSOR", Prose),
                ("PROFILE", Word),
            ];
            text += &table(&header, page.rows.iter().map(row));
            text += "\n";
        }
        let total = grouped(page.total);
        let guests = if page.total == 1 { "guest" } else { "guests" };
        let _ = match page.rows.len() {
            shown if shown == page.total => writeln!(text, "{total} {guests}."),
            shown => writeln!(text, "{} of {total} {guests} shown.", grouped(shown)),
        };
        text + &next_page(page.cursor.as_deref())
    }
}

pub(crate) fn term(term: &Term) -> String {
    let mut text = String::new();
    if let Some(chosen) = &term.chosen {
        let _ = match (&chosen.expires_at, &chosen.message) {
            (Some(ends), _) => writeln!(
                text,
                "{}, a term may last until {}: it ends at {ends}.",
                styled(GOOD, "Yes"),
                chosen.until
            ),
            (None, why) => {
                let why = why.as_deref().unwrap_or_default();
                writeln!(text, "{}, {why}.", styled(BAD, "No"))
            }
        };
    }
    let _ = writeln!(
        text,
        "Today is {} in {}. The last day of a term is {} at the latest, which ends at {}.",
        term.today,
        plain(&term.time_zone),
        term.latest_day,
        term.latest
    );
    text
}
