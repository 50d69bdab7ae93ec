//! Guests agree with the reference, and keep the laws of §7, whatever happens to them in whatever order.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::option::weighted as maybe;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sidelight_governance::guest::{
    ClaimLinks, EndOfTerm, GuestError, GuestKey, GuestOperation, GuestQuery, GuestSort, GuestState,
    GuestStep, Invitation, LinkState, OwnProfile, SignIn, TokenDigest,
};
use sidelight_governance::org::{Guest, Org, Profile, User};
use sidelight_governance::{Governance, Instant, Toggle};
use sidelight_testkit::agreement::everyone;
use sidelight_testkit::generate::{self, IDS, Sample};
use sidelight_testkit::reference::Reference;
use sidelight_testkit::reference::guest::{Account, Operation};

// ── one guest, through any events ────────────────────────────────────────────────────────────────

/// An administrator, somebody without `manageGuests`, a guest who has it, and one guest besides.
fn organisation(guest: &Account) -> Org {
    let mut org = Org::new("o", "O", "UTC");
    let host = Profile {
        id: "host".to_owned(),
        name: "Host".to_owned(),
        admin: false,
        permissions: Default::default(),
        toggles: [(Toggle::ManageGuests, true)].into_iter().collect(),
    };
    org.profiles.push(host);
    let term = |claimed, expires_at| {
        Some(Guest {
            claimed,
            expires_at,
            revoked_at: None,
            sponsor: Some("admin".to_owned()),
        })
    };
    let far = "2030-01-01T00:00:00Z".parse().unwrap();
    org.users = vec![
        User::new("admin", "Admin", "admin"),
        User::new("host", "Host", "host"),
        User::new("anyone", "Anyone", "default"),
        User {
            guest: term(true, far),
            ..User::new("guest-host", "Guest", "host")
        },
        User {
            guest: term(guest.claimed, guest.ends),
            ..User::new("guest", "Guest", "default")
        },
    ];
    org
}

const ACTORS: [(&str, bool); 5] = [
    ("admin", true),
    ("host", true),
    ("anyone", false),
    ("guest-host", false),
    ("nobody", false),
];

fn token(number: u8) -> TokenDigest {
    TokenDigest::new([number; 32])
}

fn later(now: Instant, hours: i64) -> Instant {
    Instant::from_millisecond(now.as_millisecond() + hours * 3_600_000).unwrap()
}

/// What happens: hours go by, and somebody does something.
type Event = (i64, usize, Choice);

#[derive(Debug, Clone)]
enum Choice {
    Claim(u8),
    SendLink(u8),
    Extend(i64),
    Reinstate(Option<i64>),
    Revoke,
    Remove,
    EditProfile,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let days = || prop_oneof![6 => 1..91_i64, 1 => 85..95_i64, 1 => -2..2_i64];
    let choice = prop_oneof![
        6 => (0..6_u8).prop_map(Choice::Claim),
        4 => (0..6_u8).prop_map(Choice::SendLink),
        5 => days().prop_map(Choice::Extend),
        5 => maybe(0.6, days()).prop_map(Choice::Reinstate),
        4 => Just(Choice::Revoke),
        1 => Just(Choice::Remove),
        3 => Just(Choice::EditProfile),
    ];
    let hours = prop_oneof![3 => 0..5_i64, 3 => 20..200_i64, 1 => 0..2_200_i64];
    let actor = prop_oneof![9 => 0..2_usize, 1 => 2..ACTORS.len()];
    vec((hours, actor, choice), 1..25)
}

/// The choice as the reference takes it: the end of a term is so many days from now, and the latest
/// is 90.
fn operation(choice: &Choice, now: Instant) -> Operation {
    let end = |days: &i64| (later(now, days * 24), later(now, 90 * 24));
    match choice {
        Choice::Claim(number) => Operation::Claim(token(*number)),
        Choice::SendLink(number) => Operation::SendLink(token(*number)),
        Choice::Extend(days) => Operation::Extend(end(days).0, end(days).1),
        Choice::Reinstate(days) => Operation::Reinstate(days.as_ref().map(end)),
        Choice::Revoke => Operation::Revoke,
        Choice::Remove => Operation::Remove,
        Choice::EditProfile => Operation::EditProfile,
    }
}

fn done(
    governance: &Governance,
    now: Instant,
    actor: &str,
    links: &ClaimLinks,
    operation: Operation,
) -> Result<GuestStep, GuestError> {
    let at = governance.at(now);
    let end = |(at, latest)| EndOfTerm { at, latest };
    match operation {
        Operation::Claim(digest) => at.claim("guest", links, digest, SignIn::Sso),
        Operation::SendLink(digest) => at.send_claim_link(actor, "guest", links, digest),
        Operation::Extend(ends, latest) => at.extend(actor, "guest", end((ends, latest))),
        Operation::Reinstate(ends) => at.reinstate(actor, "guest", ends.map(end)),
        Operation::Revoke => at.revoke(actor, "guest", links),
        Operation::Remove => at.remove_guest(actor, "guest", links),
        Operation::EditProfile => {
            let profile = OwnProfile {
                first_name: Some("Another".to_owned()),
                last_name: Some("Name".to_owned()),
                ..OwnProfile::default()
            };
            at.edit_own_profile("guest", &profile)
        }
    }
}

fn is_own(operation: Operation) -> bool {
    matches!(operation, Operation::Claim(_) | Operation::EditProfile)
}

proptest! {
    #![proptest_config(generate::cases(2_000))]

    #[test]
    fn a_guests_life_is_that_of_the_reference(claimed in any::<bool>(), events in events()) {
        let mut now = generate::now();
        let mut account = Account {
            claimed,
            ends: later(now, 30 * 24),
            revoked: false,
            removed: false,
            links: Vec::new(),
        };
        let mut governance = Governance::from_org(organisation(&account)).unwrap();
        let mut links = ClaimLinks::default();
        let mut redeemed = Vec::new();
        for (hours, actor, choice) in events {
            now = later(now, hours);
            let (actor, may_manage) = ACTORS.get(actor).copied().unwrap();
            let operation = operation(&choice, now);
            let expected = if is_own(operation) || may_manage {
                account.step(operation, now)
            } else {
                Err("not-permitted")
            };
            let step = done(&governance, now, actor, &links, operation);
            let made = step.as_ref().map(|step| step.state.as_str());
            prop_assert_eq!(made.map_err(GuestError::code), expected, "{:?}", choice);

            if let Ok(step) = step {
                governance.apply(&step.changes).unwrap();
                links = step.links.unwrap_or(links);
                if let Operation::Claim(digest) = operation {
                    redeemed.push(digest);
                }
            }
            let state = governance.at(now).guest_state("guest");
            let expected = Some(account.state(now)).filter(|state| *state != "removed");
            prop_assert_eq!(state.map(GuestState::as_str), expected);

            // A guest passes the gate in one state only, from that instant on.
            prop_assert_eq!(governance.at(now).gate("guest"), state == Some(GuestState::Active));
            // No term that was given ends later than the 90th day from when it was given.
            prop_assert!(account.ends <= later(now, 90 * 24));
            // A link is redeemed at most once, and at most one is open: the last.
            let once: HashSet<_> = redeemed.iter().collect();
            prop_assert_eq!(once.len(), redeemed.len());
            let open: Vec<_> = links.iter().map(|link| link.state == LinkState::Open).collect();
            prop_assert!(open.iter().rev().skip(1).all(|open| !open));
            // A guest never becomes a standard user.
            let guest = governance.user("guest");
            prop_assert!(guest.is_none_or(|guest| guest.guest.is_some()));
            // What is written is read again.
            let json = serde_json::to_string(&links).unwrap();
            prop_assert_eq!(&serde_json::from_str::<ClaimLinks>(&json).unwrap(), &links);
        }
        // A fresh load stands where the changes led.
        let anew = Governance::from_org(governance.to_org()).unwrap();
        prop_assert_eq!(anew.at(now).guest_state("guest"), governance.at(now).guest_state("guest"));
    }

    #[test]
    fn lists_of_guests_agree(sample in generate::organisation(), queries in vec(query(), 4)) {
        let Sample(org) = &sample;
        let governance = Governance::from_org(org.clone()).unwrap();
        let now = generate::now();
        let (at, reference) = (governance.at(now), Reference { org, now });
        for user in everyone(org) {
            let state = at.guest_state(user).map(GuestState::as_str);
            prop_assert_eq!(state, reference.guest_state(user));
        }
        for query in &queries {
            let page = at.guests(query).unwrap();
            let rows: Vec<_> = page.rows.iter().map(|row| (
                row.user.as_str(),
                row.state.as_str(),
                row.locked,
                row.expiring,
                row.sponsor.as_deref(),
            )).collect();
            prop_assert_eq!(rows, reference.guests(query), "{:?}", query);
            prop_assert_eq!(page.total, page.rows.len());
            prop_assert_eq!(page.cursor, None);

            // Pages of one, one after the other, are the whole.
            let mut paged = Vec::new();
            let mut cursor = None;
            loop {
                let one = at.guests(&GuestQuery { limit: Some(1), cursor, ..query.clone() }).unwrap();
                prop_assert_eq!(one.total, page.total);
                paged.extend(one.rows);
                cursor = one.cursor;
                if cursor.is_none() {
                    break;
                }
            }
            prop_assert_eq!(paged, page.rows);
        }
    }

    #[test]
    fn licenses_and_regions_change_no_decision(sample in generate::organisation()) {
        let Sample(org) = sample;
        let mut relabelled = org.clone();
        for user in &mut relabelled.users {
            (user.license, user.region) = (user.region.take(), user.license.take());
        }
        let at = |org: &Org| Governance::from_org(org.clone()).unwrap();
        let (one, other) = (at(&org), at(&relabelled));
        let now = generate::now();
        for user in everyone(&org) {
            for record in &org.records {
                let actions = |governance: &Governance| {
                    governance.at(now).actions(user, record.kind, &record.id)
                };
                prop_assert_eq!(actions(&one), actions(&other));
            }
        }
    }

    /// Whatever a random organisation is, an invitation is refused, or accepted as it was asked for.
    #[test]
    fn an_invitation_makes_a_guest_who_is_invited(
        sample in generate::organisation(),
        [actor, role, profile, sponsor] in any::<[Index; 4]>(),
        user in select(vec!["new", "a", "b"]),
        email in select(vec!["new@example.com", "GRAHAM@example.com", "a,b@example.com", "new"]),
        days in -1..95_i64,
    ) {
        let Sample(mut org) = sample;
        for profile in org.profiles.iter_mut().step_by(2) {
            profile.toggles.set(Toggle::ManageGuests, true);
        }
        let org = &org;
        let mut governance = Governance::from_org(org.clone()).unwrap();
        let now = generate::now();
        // One that exists, or now and then one that does not.
        let one_of = |ids: Vec<&str>, index: Index| {
            let ids: Vec<&str> = ids.into_iter().chain(["no such"]).collect();
            index.get(&ids).to_string()
        };
        let users = || org.users.iter().map(|user| user.id.as_str()).collect::<Vec<_>>();
        let (actor, sponsor) = (one_of(users(), actor), one_of(users(), sponsor));
        let role = one_of(org.roles.iter().map(|role| role.id.as_str()).collect(), role);
        let profiles = org.profiles.iter().map(|profile| profile.id.as_str());
        let profile = one_of(profiles.collect(), profile);
        let actor = actor.as_str();
        let invitation = Invitation {
            user: user.to_owned(),
            first_name: "New".to_owned(),
            last_name: "Guest".to_owned(),
            email: email.to_owned(),
            role: role.clone(),
            profile: profile.clone(),
            license: "Light".to_owned(),
            sponsor: sponsor.clone(),
        };
        let end = EndOfTerm { at: later(now, days * 24), latest: later(now, 90 * 24) };
        let step = governance.at(now).invite(actor, &invitation, end, token(1));
        let reference = Reference { org, now };
        let is_manager = reference.manages_guests(actor);
        let is_new = org.users.iter().all(|known| {
            known.id != user
                && known.email.as_ref().is_none_or(|known| {
                    known.to_lowercase() != email.to_lowercase()
                })
        });
        let names = org.roles.iter().any(|known| known.id == role)
            && org.profiles.iter().any(|known| known.id == profile)
            && org.users.iter().any(|known| known.id == sponsor && known.guest.is_none());
        let is_email = email == "new@example.com" || email == "GRAHAM@example.com";
        let accepted = is_manager && is_new && names && is_email && (1..=90).contains(&days);
        prop_assert_eq!(step.is_ok(), accepted, "{:?}", step);
        if let Ok(step) = step {
            governance.apply(&step.changes).unwrap();
            prop_assert_eq!(governance.at(now).guest_state(user), Some(GuestState::Invited));
            let made = governance.user(user).unwrap();
            prop_assert_eq!(made.name, "New Guest");
            prop_assert_eq!(made.license.as_deref(), Some("Light"));
            prop_assert_eq!(made.guest.unwrap().expires_at, end.at);
        }
    }
}

fn query() -> impl Strategy<Value = GuestQuery> {
    let ids = || maybe(0.3, vec(select(&IDS[..]).prop_map(str::to_owned), 0..10));
    let instant = || {
        let instants = vec![
            "2026-03-01T00:00:00Z",
            "2026-03-01T00:00:01Z",
            "2026-05-30T00:00:00Z",
        ];
        maybe(
            0.2,
            select(instants).prop_map(|text| text.parse::<Instant>().unwrap()),
        )
    };
    let sort = vec(
        (select(GuestKey::ALL), any::<bool>())
            .prop_map(|(by, descending)| GuestSort { by, descending }),
        0..3,
    );
    (
        maybe(0.4, subsequence(GuestState::ALL, 0..=GuestState::ALL.len())),
        ids(),
        ids(),
        instant(),
        instant(),
        maybe(0.7, sort),
    )
        .prop_map(
            |(state, sponsor, profile, ends_from, ends_before, sort)| GuestQuery {
                state,
                sponsor,
                profile,
                ends_from,
                ends_before,
                sort,
                limit: None,
                cursor: None,
            },
        )
}

#[test]
fn nothing_is_allowed_to_one_who_was_removed() {
    for &operation in GuestOperation::ALL {
        assert!(!GuestState::Removed.allows(operation), "{operation}");
    }
}

/// What random events do is worth something only if they lead everywhere.
#[test]
fn random_events_reach_every_state_and_every_refusal() {
    let mut runner = TestRunner::deterministic();
    let mut reached = HashSet::new();
    for _ in 0..2_000 {
        let mut now = generate::now();
        let mut account = Account {
            claimed: false,
            ends: later(now, 30 * 24),
            revoked: false,
            removed: false,
            links: Vec::new(),
        };
        for (hours, _, choice) in events().new_tree(&mut runner).unwrap().current() {
            now = later(now, hours);
            let (Ok(told) | Err(told)) = account.step(operation(&choice, now), now);
            reached.insert(told);
            reached.insert(account.state(now));
        }
    }
    for told in [
        "invited",
        "active",
        "expired",
        "revoked",
        "removed",
        "link-unknown",
        "link-used",
        "link-voided",
        "link-expired",
        "unknown-guest",
        "wrong-state",
        "digest-reused",
        "term-over",
        "term-too-long",
    ] {
        assert!(reached.contains(told), "{told}");
    }
}
