//! Everyone who can see a record or deal, grouped by reason.

use sidelight_governance::{Action, AskError, Grant, Instant, Rule, Viewer};

use super::{Organisation, Subject};
use crate::message;

/// Everyone who can see a record or deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// How many people see it; each is in exactly one group.
    pub total: usize,
    /// How many of them did not see it before a change; `None` where there is no change.
    pub new: Option<usize>,
    /// The groups that have somebody, the nearest to the record first.
    pub groups: Vec<Group>,
}

/// Those who see it for one reason before all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The reason.
    pub rule: Rule,
    /// The people, those who are new before the others, both in the order of the organisation.
    pub members: Vec<Member>,
    /// How many of them are new.
    pub new: usize,
}

/// Somebody who sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The user's id.
    pub user: String,
    /// The user's name.
    pub name: String,
    /// The user's own job role.
    pub job_role: Option<String>,
    /// Through whom, or where, and for which reasons besides.
    pub details: Vec<String>,
    /// Whether it takes the change for them to see it.
    pub is_new: bool,
}

impl Audience {
    /// Everyone who can see the record or deal at `now`; against those who could `before` a change, if there is one.
    ///
    /// # Errors
    /// Never for an organisation that loaded; the rules' own error otherwise.
    pub fn new(
        organisation: &Organisation,
        before: Option<&Organisation>,
        now: Instant,
        subject: &Subject,
    ) -> Result<Self, AskError> {
        let viewers = viewers_of(organisation, now, subject)?;
        let total = viewers.len();
        let empty = |&rule: &Rule| Group {
            rule,
            members: Vec::new(),
            new: 0,
        };
        let mut groups: Vec<_> = Rule::ALL.iter().map(empty).collect();
        let is_changed = before.is_some();
        let before = match before {
            Some(before) => viewers_of(before, now, subject)?,
            None => Vec::new(),
        };
        let mut before = before.as_slice();
        // Both are in the order of the organisation, so that nobody is looked for twice.
        let mut is_new =
            |viewer: &Viewer| match before.iter().position(|one| one.user == viewer.user) {
                Some(position) => {
                    before = before.get(position + 1..).unwrap_or_default();
                    false
                }
                None => is_changed,
            };
        let (new, others): (Vec<_>, Vec<_>) =
            viewers.into_iter().partition(|viewer| is_new(viewer));
        let count = new.len();
        for (position, viewer) in new.into_iter().chain(others).enumerate() {
            let nearest = viewer.grants.iter().map(|grant| grant.rule).min();
            if let Some(group) = groups.iter_mut().find(|group| Some(group.rule) == nearest) {
                let is_new = position < count;
                group.new += usize::from(is_new);
                group
                    .members
                    .push(member(organisation, viewer, group.rule, is_new));
            }
        }
        groups.retain(|group| !group.members.is_empty());
        Ok(Self {
            total,
            new: is_changed.then_some(count),
            groups,
        })
    }
}

fn viewers_of(
    organisation: &Organisation,
    now: Instant,
    subject: &Subject,
) -> Result<Vec<Viewer>, AskError> {
    let at = organisation.at(now);
    Ok(match subject {
        Subject::Record { kind, id } => at.viewers(*kind, id, Action::View)?,
        Subject::Deal { id } => at.deal_viewers(id),
    })
}

fn member(organisation: &Organisation, viewer: Viewer, first: Rule, is_new: bool) -> Member {
    let mut details = Vec::new();
    let mut note = |text: String| {
        if !details.contains(&text) {
            details.push(text);
        }
    };
    for grant in viewer.grants.iter().filter(|grant| grant.rule == first) {
        if let Some(text) = where_from(organisation, grant, &viewer.user) {
            note(text);
        }
    }
    let mut others: Vec<&'static str> = viewer
        .grants
        .iter()
        .filter(|grant| grant.rule != first)
        .map(|grant| message::seen_as(grant.rule))
        .collect();
    others.dedup();
    if !others.is_empty() {
        note(message::also(&others));
    }
    Member {
        name: organisation.user_name(&viewer.user),
        job_role: organisation.job_role_of(&viewer.user),
        user: viewer.user,
        details,
        is_new,
    }
}

/// Through whom, through which account or at which company a grant leads, where it leads over anything.
fn where_from(organisation: &Organisation, grant: &Grant, viewer: &str) -> Option<String> {
    match grant.rule {
        Rule::Report | Rule::Peer | Rule::Lifted => {
            let user = grant.user.as_deref().filter(|user| *user != viewer)?;
            Some(message::through(&organisation.user_name(user)))
        }
        Rule::Account => {
            let account = grant.account.as_deref()?;
            Some(message::through(&organisation.record_name(
                sidelight_governance::RecordType::Account,
                account,
            )))
        }
        Rule::Tier | Rule::AccountOwner => Some(message::at_company(
            &organisation.company_name(grant.company.as_deref()?),
        )),
        Rule::Owner
        | Rule::Assigned
        | Rule::All
        | Rule::Create
        | Rule::DealOwner
        | Rule::Registrar
        | Rule::Vendor => None,
    }
}
