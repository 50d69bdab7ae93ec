//! The sixth example of the semantics page: a consultant who is a guest until the 90th day.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use sidelight_calendar::{Calendar, parse_day};
use sidelight_governance::guest::{
    ClaimLinks, EndOfTerm, GuestState, GuestStep, Invitation, PasswordRules, SignIn, TokenDigest,
};
use sidelight_governance::org::{CrmRecord, Guest, Org, Role, User};
use sidelight_governance::{Action, Governance, Instant, RecordType};

const TOKEN: TokenDigest = TokenDigest::new([7; 32]);

/// A consultancy's client in Berlin: its administrator, a sponsor, a role, an account.
struct Client {
    governance: Governance,
    calendar: Calendar,
    links: ClaimLinks,
}

impl Client {
    fn new() -> Self {
        let mut org = Org::new("client", "Client", "Europe/Berlin");
        org.roles = vec![Role {
            id: "projects".to_owned(),
            name: "Projects".to_owned(),
            parent: None,
        }];
        org.users = vec![
            User::new("admin", "Ada", "admin"),
            User::new("sponsor", "Sam", "default"),
        ];
        org.records = vec![CrmRecord::new(RecordType::Account, "acme")];
        Self {
            calendar: Calendar::of(&org.time_zone).unwrap(),
            governance: Governance::from_org(org).unwrap(),
            links: ClaimLinks::default(),
        }
    }

    /// The term whose last day is this one, chosen at this instant.
    fn until(&self, now: Instant, day: &str) -> Result<EndOfTerm, String> {
        let end = self.calendar.end_of_term(now, parse_day(day)?);
        end.map_err(|error| error.code().to_owned())
    }

    fn invite(&mut self, now: &str, last_day: &str) {
        let now = instant(now);
        let invitation = Invitation {
            user: "noor".to_owned(),
            first_name: "Noor".to_owned(),
            last_name: "Haddad".to_owned(),
            email: "noor@consulting.example".to_owned(),
            role: "projects".to_owned(),
            profile: "default".to_owned(),
            license: "Light".to_owned(),
            sponsor: "sponsor".to_owned(),
        };
        let end = self.until(now, last_day).unwrap();
        let at = self.governance.at(now);
        let step = at.invite("admin", &invitation, end, TOKEN).unwrap();
        assert_eq!(self.make(step), GuestState::Invited);
    }

    fn claim(&mut self, now: &str) {
        let at = self.governance.at(instant(now));
        let sign_in = SignIn::Password {
            password: "nine blue lanterns",
            rules: &PasswordRules::default(),
        };
        let step = at.claim("noor", &self.links, TOKEN, sign_in).unwrap();
        assert_eq!(self.make(step), GuestState::Active);
    }

    fn make(&mut self, step: GuestStep) -> GuestState {
        self.governance.apply(&step.changes).unwrap();
        self.links = step.links.unwrap_or(self.links.clone());
        step.state
    }

    /// What a session that was opened long before is answered at this instant.
    fn sees(&self, now: &str) -> bool {
        let at = self.governance.at(instant(now));
        at.can("noor", Action::View, RecordType::Account, Some("acme"))
            .unwrap()
    }

    fn state(&self, now: &str) -> GuestState {
        self.governance
            .at(instant(now))
            .guest_state("noor")
            .unwrap()
    }
}

fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

#[test]
fn access_ends_as_the_90th_day_ends_there_with_an_open_session() {
    let mut client = Client::new();
    // The 90th day after the 10th of September is the 9th of December, and the clocks go back between.
    let day_0 = "2026-09-10T08:00:00Z";
    assert_eq!(
        client.until(instant(day_0), "2026-12-10").unwrap_err(),
        "day-too-late"
    );
    client.invite(day_0, "2026-12-09");
    assert!(!client.sees(day_0), "the invitation was not claimed");
    client.claim("2026-09-10T09:00:00Z");

    assert!(client.sees("2026-09-10T09:00:00Z"));
    assert!(client.sees("2026-12-09T22:59:59.999Z"));
    assert!(!client.sees("2026-12-09T23:00:00Z"));
    assert_eq!(client.state("2026-12-09T23:00:00Z"), GuestState::Expired);
    let end = instant("2026-12-09T23:00:00Z");
    assert_eq!(
        client.governance.at(instant(day_0)).next_change(),
        Some(end)
    );
}

#[test]
fn an_extension_on_day_80_reaches_day_170_at_most() {
    let mut client = Client::new();
    client.invite("2026-09-10T08:00:00Z", "2026-12-09");
    client.claim("2026-09-10T09:00:00Z");

    let day_80 = instant("2026-11-29T08:00:00Z");
    assert_eq!(client.calendar.today(day_80).to_string(), "2026-11-29");
    let day_170 = "2027-02-27";
    assert_eq!(
        client.until(day_80, "2027-02-28").unwrap_err(),
        "day-too-late"
    );
    let end = client.until(day_80, day_170).unwrap();
    // The rules hold to the latest instant even where a caller does not.
    let beyond = EndOfTerm {
        at: instant("2027-02-28T23:00:00Z"),
        ..end
    };
    let at = client.governance.at(day_80);
    let error = at.extend("admin", "noor", beyond).unwrap_err();
    assert_eq!(error.code(), "term-too-long");

    let step = at.extend("admin", "noor", end).unwrap();
    assert_eq!(client.make(step), GuestState::Active);
    assert!(client.sees("2026-12-09T23:00:00Z"));
    assert!(client.sees("2027-02-27T22:59:59Z"));
    assert!(!client.sees("2027-02-27T23:00:00Z"));
}

#[test]
fn revoking_acts_at_once_and_reinstating_gives_the_rest_of_the_term_back() {
    let mut client = Client::new();
    client.invite("2026-09-10T08:00:00Z", "2026-12-09");
    client.claim("2026-09-10T09:00:00Z");

    let then = "2026-10-01T12:00:00Z";
    let links = client.links.clone();
    let at = client.governance.at(instant(then));
    let step = at.revoke("admin", "noor", &links).unwrap();
    assert_eq!(client.make(step), GuestState::Revoked);
    assert!(!client.sees(then));
    let at = client.governance.at(instant(then));
    let end = client.until(instant(then), "2026-12-30").unwrap();
    let error = at.extend("admin", "noor", end).unwrap_err();
    assert_eq!(error.code(), "wrong-state", "an extension does not undo it");

    let later = "2026-10-15T12:00:00Z";
    let step = client
        .governance
        .at(instant(later))
        .reinstate("admin", "noor", None);
    assert_eq!(client.make(step.unwrap()), GuestState::Active);
    assert!(client.sees(later));
    assert!(
        !client.sees("2026-12-09T23:00:00Z"),
        "the term is as it was"
    );
}

#[test]
fn an_auditor_who_is_a_guest_with_an_admin_profile_has_nothing() {
    let mut org = Client::new().governance.to_org();
    let term = Guest {
        claimed: true,
        expires_at: instant("2026-12-09T23:00:00Z"),
        revoked_at: None,
        sponsor: Some("sponsor".to_owned()),
    };
    org.users.push(User {
        guest: Some(term),
        ..User::new("auditor", "Auditor", "admin")
    });
    let governance = Governance::from_org(org).unwrap();
    let at = governance.at(instant("2026-10-01T12:00:00Z"));
    assert_eq!(at.guest_state("auditor"), Some(GuestState::Active));
    for &kind in RecordType::ALL {
        let visible = at.visible_indices("auditor", kind, Action::View).unwrap();
        assert!(visible.is_empty());
        assert!(!at.can("auditor", Action::Create, kind, None).unwrap());
    }
    let end = EndOfTerm {
        at: instant("2026-10-02T00:00:00Z"),
        latest: instant("2026-10-02T00:00:00Z"),
    };
    let error = at.extend("auditor", "auditor", end).unwrap_err();
    assert_eq!(error.code(), "not-permitted");
}
