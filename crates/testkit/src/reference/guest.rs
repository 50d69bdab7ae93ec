//! §7: guests. Their states, what each allows, and the list of them.

use std::cmp::Ordering;

use sidelight_governance::guest::{GuestKey, GuestQuery, GuestState, TokenDigest};
use sidelight_governance::org::{Guest, Status, User};
use sidelight_governance::{Instant, Toggle};

use super::Reference;

/// A guest's account and claim links, outside of any organisation.
#[derive(Debug, Clone)]
pub struct Account {
    /// Whether the invitation was claimed.
    pub claimed: bool,
    /// The first instant without access.
    pub ends: Instant,
    /// Whether access was revoked.
    pub revoked: bool,
    /// Whether the account is gone.
    pub removed: bool,
    /// Each link that was sent: its digest, when it stops working, and `open`, `used` or `voided`.
    pub links: Vec<(TokenDigest, Instant, &'static str)>,
}

/// What is done to a guest.
#[derive(Debug, Clone, Copy)]
pub enum Operation {
    /// The guest follows a link.
    Claim(TokenDigest),
    /// The link is sent again.
    SendLink(TokenDigest),
    /// The term gets another end; the second is the latest that may be chosen.
    Extend(Instant, Instant),
    /// Access is given back, perhaps with another end.
    Reinstate(Option<(Instant, Instant)>),
    /// Access is taken away.
    Revoke,
    /// The account is taken away.
    Remove,
    /// The guest edits the own name.
    EditProfile,
}

/// The table of §7.2: which operation each state allows, and the state afterwards. What was never
/// claimed is `invited` where the table says `active`.
const TABLE: [(&str, [&str; 5]); 7] = [
    //               invited    active     expired    revoked   removed
    ("claim", ["active", "", "", "", ""]),
    ("send-link", ["invited", "", "", "", ""]),
    ("extend", ["active", "active", "active", "", ""]),
    ("reinstate", ["", "", "", "active", ""]),
    ("revoke", ["revoked", "revoked", "revoked", "", ""]),
    ("remove", ["removed", "removed", "removed", "removed", ""]),
    ("edit-profile", ["", "active", "", "", ""]),
];

impl Account {
    /// Where the guest stands.
    pub fn state(&self, now: Instant) -> &'static str {
        match self {
            _ if self.removed => "removed",
            _ if self.revoked => "revoked",
            _ if now >= self.ends => "expired",
            _ if self.claimed => "active",
            _ => "invited",
        }
    }

    /// Does something to the guest: the state afterwards, or the code of the first rule in the way,
    /// which leaves everything as it was.
    pub fn step(
        &mut self,
        operation: Operation,
        now: Instant,
    ) -> Result<&'static str, &'static str> {
        let mut after = self.clone();
        // Without a link that works, nothing about the guest is told.
        if let Operation::Claim(digest) = operation {
            let link = after.links.iter_mut().find(|link| link.0 == digest);
            match link {
                None => return Err("link-unknown"),
                Some((_, _, "used")) => return Err("link-used"),
                Some((_, _, "voided")) => return Err("link-voided"),
                Some((_, stops, _)) if now >= *stops => return Err("link-expired"),
                Some((_, _, state)) => *state = "used",
            }
        }
        if self.removed {
            return Err("unknown-guest");
        }
        let promised = promised(operation, self.state(now)).ok_or("wrong-state")?;
        match operation {
            Operation::Claim(_) => after.claimed = true,
            Operation::SendLink(digest) => {
                if after.links.iter().any(|link| link.0 == digest) {
                    return Err("digest-reused");
                }
                after.void_links();
                let week = now.saturating_add_days(7);
                after.links.push((digest, week.min(after.ends), "open"));
            }
            Operation::Extend(end, latest) => after.ends = within(end, latest, now)?,
            Operation::Reinstate(end) => {
                if let Some((end, latest)) = end {
                    after.ends = within(end, latest, now)?;
                }
                if now >= after.ends {
                    return Err("term-over");
                }
                after.revoked = false;
            }
            Operation::Revoke => {
                after.revoked = true;
                after.void_links();
            }
            Operation::Remove => {
                after.removed = true;
                after.void_links();
            }
            Operation::EditProfile => {}
        }
        *self = after;
        match promised {
            "active" if !self.claimed => Ok("invited"),
            state => Ok(state),
        }
    }

    fn void_links(&mut self) {
        for link in &mut self.links {
            if link.2 == "open" {
                link.2 = "voided";
            }
        }
    }
}

fn promised(operation: Operation, state: &str) -> Option<&'static str> {
    let name = match operation {
        Operation::Claim(_) => "claim",
        Operation::SendLink(_) => "send-link",
        Operation::Extend(..) => "extend",
        Operation::Reinstate(_) => "reinstate",
        Operation::Revoke => "revoke",
        Operation::Remove => "remove",
        Operation::EditProfile => "edit-profile",
    };
    let states = ["invited", "active", "expired", "revoked", "removed"];
    let (_, row) = TABLE.iter().find(|(operation, _)| *operation == name)?;
    let (_, after) = states.iter().zip(row).find(|(known, _)| **known == state)?;
    Some(*after).filter(|after| !after.is_empty())
}

/// §7.1: after now, and at most 90 calendar days after today, which is never more than 92 × 24 hours.
fn within(end: Instant, latest: Instant, now: Instant) -> Result<Instant, &'static str> {
    if end <= now {
        Err("term-over")
    } else if end > latest || end > now.saturating_add_days(92) {
        Err("term-too-long")
    } else {
        Ok(end)
    }
}

impl<'a> Reference<'a> {
    /// Where a guest stands; none for a standard user and for nobody.
    pub fn guest_state(self, user: &str) -> Option<&'static str> {
        let u = self.user(user)?;
        Some(self.state(u.guest.as_ref()?))
    }

    fn state(self, guest: &Guest) -> &'static str {
        let account = Account {
            claimed: guest.claimed,
            ends: guest.expires_at,
            revoked: guest.revoked_at.is_some(),
            removed: false,
            links: Vec::new(),
        };
        account.state(self.now)
    }

    /// Who manages guests: whoever passes the gate and has the toggle, and is no guest.
    pub fn manages_guests(self, user: &str) -> bool {
        self.user(user).is_some_and(|u| {
            u.guest.is_none() && self.is_open(u) && self.toggle(u, Toggle::ManageGuests)
        })
    }

    /// §7.6: the guests that the query (without limit and cursor) asks for, in its order: id, state,
    /// whether locked, whether expiring within 7 days, sponsor.
    pub fn guests(
        self,
        query: &GuestQuery,
    ) -> Vec<(&'a str, &'static str, bool, bool, Option<&'a str>)> {
        let guests = self.org.users.iter();
        let mut guests: Vec<(&User, &Guest)> = guests
            .filter_map(|u| Some((u, u.guest.as_ref()?)))
            .filter(|(u, guest)| self.is_asked_for(u, guest, query))
            .collect();
        guests.sort_by(|one, other| {
            let keys = query.sort.iter().flatten();
            let orders = keys.map(|key| {
                let order = self.compare(key.by, *one, *other);
                let has_value = key.by != GuestKey::Sponsor
                    || (self.sponsor(one.1).is_some() && self.sponsor(other.1).is_some());
                if key.descending && has_value {
                    order.reverse()
                } else {
                    order
                }
            });
            orders.fold(Ordering::Equal, Ordering::then)
        });
        let row = |(u, guest): (&'a User, &'a Guest)| {
            let state = self.state(guest);
            let week = self.now.saturating_add_days(7);
            let is_expiring = matches!(state, "invited" | "active") && guest.expires_at <= week;
            let is_locked = u.status == Status::Locked;
            (
                u.id.as_str(),
                state,
                is_locked,
                is_expiring,
                self.sponsor(guest),
            )
        };
        guests.into_iter().map(row).collect()
    }

    fn is_asked_for(self, u: &User, guest: &Guest, query: &GuestQuery) -> bool {
        let state = GuestState::from_word(self.state(guest));
        let sponsor = self.sponsor(guest);
        query
            .state
            .as_ref()
            .is_none_or(|list| list.iter().any(|wanted| Some(*wanted) == state))
            && (query.sponsor.as_ref())
                .is_none_or(|list| list.iter().any(|wanted| Some(wanted.as_str()) == sponsor))
            && query
                .profile
                .as_ref()
                .is_none_or(|list| list.contains(&u.profile))
            && query.ends_from.is_none_or(|from| guest.expires_at >= from)
            && query
                .ends_before
                .is_none_or(|before| guest.expires_at < before)
    }

    /// A sponsor who exists; one who does not counts as absent.
    fn sponsor(self, guest: &'a Guest) -> Option<&'a str> {
        let sponsor = guest.sponsor.as_deref()?;
        self.user(sponsor).map(|_| sponsor)
    }

    /// Guests without a sponsor come last.
    fn compare(
        self,
        by: GuestKey,
        (u, one): (&'a User, &'a Guest),
        (v, other): (&'a User, &'a Guest),
    ) -> Ordering {
        let rank = |guest: &Guest| {
            let states = ["invited", "active", "expired", "revoked"];
            states.iter().position(|state| *state == self.state(guest))
        };
        match by {
            GuestKey::State => rank(one).cmp(&rank(other)),
            GuestKey::Ends => one.expires_at.cmp(&other.expires_at),
            GuestKey::Sponsor => match (self.sponsor(one), self.sponsor(other)) {
                (Some(one), Some(other)) => one.cmp(other),
                (one, other) => one.is_none().cmp(&other.is_none()),
            },
            GuestKey::Profile => u.profile.cmp(&v.profile),
            GuestKey::Name => u.name.cmp(&v.name),
        }
    }
}
