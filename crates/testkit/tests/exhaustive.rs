//! Every organisation up to a size, asked on every road, against the reference evaluator (§3, §11).
//!
//! Each test counts through all the choices that an organisation of its size is made of: parents of roles (cycles and
//! self-parents included), roles of users, scopes, settings. Nothing is left out for symmetry. Only records are not a choice:
//! §3 decides about a record from its own holders (and a prospect's account), never from another record, so one
//! organisation has a record for *every* set of holders, written in every way, and stands for all those that have any of
//! them. [`a_prospect_and_its_account`] has the one pair of records that do depend on each other, and there both vary.
//!
//! All of them take long, so that by default each test takes one organisation in so many, evenly;
//! `SIDELIGHT_EXHAUSTIVE=1` (`cargo xtask test --exhaustive`) takes all. The smallest size is always done whole.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::env;
use std::fmt;

use sidelight_governance::org::{
    Assignment, CrmRecord, Guest, Org, Profile, ReportsReach, Role, Settings, Status, Toggles, User,
};
use sidelight_governance::{Action, At, Governance, Instant, Query, RecordType, Scope, Toggle};
use sidelight_testkit::agreement::ON_RECORDS;
use sidelight_testkit::generate;
use sidelight_testkit::reference::Reference;

const IDS: [&str; 3] = ["a", "b", "c"];

/// §3 for view: 3 users, 3 roles. 4³ parents × 4³ roles of users × 5³ scopes × 4 settings.
#[test]
fn three_people_three_roles_and_every_scope_for_view() {
    let choices = |size: usize| {
        move |choice: &mut Choice| {
            let mut org = people(choice, size);
            for profile in &mut org.profiles {
                let scope = *choice.of(Scope::ALL);
                profile
                    .permissions
                    .set(RecordType::Account, Action::View, scope);
            }
            org.records = held(RecordType::Account, size);
            org
        }
    };
    // Two people and two roles are done whole, always.
    count("2 people, 2 roles, view", 1, choices(2));
    count("3 people, 3 roles, view", 499, choices(3));
}

/// §3 for edit, which needs view: 2 users, 2 roles. 3² parents × 3² roles × 25² scopes × 4 settings.
#[test]
fn two_people_two_roles_and_every_scope_for_view_and_edit() {
    count("2 people, 2 roles, view and edit", 61, |choice| {
        let mut org = people(choice, 2);
        for profile in &mut org.profiles {
            for action in [Action::View, Action::Edit] {
                let scope = *choice.of(Scope::ALL);
                profile
                    .permissions
                    .set(RecordType::Opportunity, action, scope);
            }
        }
        org.records = held(RecordType::Opportunity, 2);
        org
    });
}

/// §2, §3.3 and §3.8: 2 users, 2 roles, of every standing: active, locked, a guest, one who has not claimed, is revoked, or
/// whose term ends at this very instant. 3² parents × 3² roles × 6² standings × 6² scopes (admin is one) × 4 settings.
#[test]
fn two_people_of_every_standing() {
    count("2 people, 2 roles, standing", 97, |choice| {
        let mut org = people(choice, 2);
        for user in &mut org.users {
            let claimed = |claimed, ends: &str, revoked: Option<Instant>| {
                Some(Guest {
                    claimed,
                    expires_at: ends.parse().unwrap(),
                    revoked_at: revoked,
                    sponsor: None,
                })
            };
            let (later, now) = ("2026-03-01T00:00:00.000000001Z", "2026-03-01T00:00:00Z");
            match choice.below(6) {
                0 => {}
                1 => user.status = Status::Locked,
                2 => user.guest = claimed(true, later, None),
                3 => user.guest = claimed(false, later, None),
                4 => user.guest = claimed(true, later, Some(generate::now())),
                _ => user.guest = claimed(true, now, None),
            }
        }
        for profile in &mut org.profiles {
            match Scope::ALL.get(choice.below(Scope::ALL.len() + 1)) {
                Some(&scope) => {
                    profile
                        .permissions
                        .set(RecordType::Prospect, Action::View, scope);
                }
                None => profile.admin = true,
            }
        }
        org.records = held(RecordType::Prospect, 2);
        org
    });
}

/// The account edge, over which two records meet, both with every set of holders: 2 users, 2 roles.
/// 3² parents × 3² roles × 5² scopes for accounts × 2² for prospects × 2² toggles × 4 settings.
///
/// A prospect's own scope is one that confers nothing or the widest that asks for holders: the others are above.
#[test]
fn a_prospect_and_its_account() {
    count("2 people, 2 roles, prospect and account", 307, |choice| {
        let mut org = people(choice, 2);
        for profile in &mut org.profiles {
            let settings = [
                (RecordType::Account, Scope::ALL),
                (RecordType::Prospect, &[Scope::Denied, Scope::Peers]),
            ];
            for (kind, scopes) in settings {
                let scope = *choice.of(scopes);
                profile.permissions.set(kind, Action::View, scope);
            }
            let permitted = choice.below(2) == 1;
            profile.toggles = Toggles::from_iter([(Toggle::ProspectsInAccount, permitted)]);
        }
        let accounts = held(RecordType::Account, 2);
        let prospects = accounts.iter().flat_map(|account| {
            held(RecordType::Prospect, 2)
                .into_iter()
                .map(|prospect| CrmRecord {
                    id: format!("{} of {}", prospect.id, account.id),
                    account: Some(account.id.clone()),
                    ..prospect
                })
        });
        org.records = prospects.collect();
        org.records.extend(accounts);
        org
    });
}

/// One of all the ways to make every choice, as a number whose digits are the choices. The bases are what the choices
/// are between, so that it is seen on the way how many ways there are.
struct Choice {
    rest: u64,
    ways: u64,
}

impl Choice {
    fn below(&mut self, options: usize) -> usize {
        let options = options as u64;
        let digit = self.rest % options;
        self.rest /= options;
        self.ways *= options;
        usize::try_from(digit).unwrap()
    }

    fn of<'a, T>(&mut self, options: &'a [T]) -> &'a T {
        options.get(self.below(options.len())).unwrap()
    }

    /// One of the first ids, or none.
    fn id_or_none(&mut self, ids: usize) -> Option<String> {
        IDS.get(..ids)
            .unwrap()
            .get(self.below(ids + 1))
            .map(|id| (*id).to_owned())
    }
}

/// So many roles with any parents, so many users with any roles and a profile each, and any settings.
fn people(choice: &mut Choice, size: usize) -> Org {
    let ids = IDS.get(..size).unwrap();
    let roles = ids.iter().map(|&id| Role {
        id: id.to_owned(),
        name: String::new(),
        parent: choice.id_or_none(size),
    });
    let roles = roles.collect();
    let users = ids.iter().map(|&id| User {
        role: choice.id_or_none(size),
        ..User::new(id, "", id)
    });
    let users = users.collect();
    let settings = Settings {
        multi_user_assignment: choice.below(2) == 0,
        reports_reach: *choice.of(ReportsReach::ALL),
    };
    let profiles = ids.iter().map(|&id| Profile {
        id: id.to_owned(),
        name: String::new(),
        admin: false,
        permissions: Default::default(),
        toggles: Default::default(),
    });
    Org {
        settings,
        roles,
        users,
        profiles: profiles.collect(),
        ..Org::new("o", "O", "UTC")
    }
}

/// A record for every set of holders, in every way to write it: each owner or none × each set of assigned users.
fn held(kind: RecordType, users: usize) -> Vec<CrmRecord> {
    let ids = IDS.get(..users).unwrap();
    let owners = ids.iter().copied().map(Some).chain([None]);
    let sets = (0..1_usize << users).map(|set| {
        let members = ids.iter().enumerate();
        let members = members.filter(move |(place, _)| set >> place & 1 == 1);
        members.map(|(_, &id)| id).collect::<Vec<_>>()
    });
    let written = owners.flat_map(|owner| sets.clone().map(move |assigned| (owner, assigned)));
    written
        .map(|(owner, assigned)| CrmRecord {
            owner: owner.map(str::to_owned),
            assigned: assigned.iter().copied().map(Assignment::from).collect(),
            ..CrmRecord::new(
                kind,
                format!("{}+{}", owner.unwrap_or("-"), assigned.concat()),
            )
        })
        .collect()
}

/// What a test went through.
#[derive(Default)]
struct Tally {
    organisations: u64,
    decisions: u64,
    allowed: u64,
    explained: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} organisations, {} decisions of which {} are to allow, {} explained",
            self.organisations, self.decisions, self.allowed, self.explained
        )
    }
}

/// Goes through the ways to make an organisation, all or one in `stride`, which is prime so that every choice is met
/// with every other.
fn count(name: &str, stride: u64, organisation: impl Fn(&mut Choice) -> Org) {
    let stride = if env::var_os("SIDELIGHT_EXHAUSTIVE").is_some() {
        1
    } else {
        stride
    };
    let (mut tally, mut number, mut ways) = (Tally::default(), 0, 1);
    while number < ways {
        let mut choice = Choice {
            rest: number,
            ways: 1,
        };
        let org = organisation(&mut choice);
        ways = choice.ways;
        agrees(&org, number, &mut tally);
        number += stride;
    }
    println!("{name}: of {ways} organisations one in {stride}: {tally}");
    assert!(tally.organisations >= ways / stride);
    assert!(tally.allowed > tally.decisions / 20 && tally.allowed < tally.decisions * 19 / 20);
}

/// Every road of every user, action and record.
fn agrees(org: &Org, number: u64, tally: &mut Tally) {
    let governance = Governance::from_org(org.clone()).unwrap();
    let now = generate::now();
    let (at, reference) = (governance.at(now), Reference { org, now });
    tally.organisations += 1;
    for kind in [
        RecordType::Account,
        RecordType::Prospect,
        RecordType::Opportunity,
    ] {
        let records: Vec<_> = org.records.iter().filter(|r| r.kind == kind).collect();
        if !records.is_empty() {
            of_type(at, reference, &records, number, tally);
        }
    }
}

fn of_type(
    at: At<'_>,
    reference: Reference<'_>,
    records: &[&CrmRecord],
    number: u64,
    tally: &mut Tally,
) {
    let org = reference.org;
    let Some(kind) = records.first().map(|record| record.kind) else {
        return;
    };
    let ids: Vec<&str> = records.iter().map(|record| record.id.as_str()).collect();
    // Actions that no profile mentions are denied for every record alike, and asked by `actions`.
    let mentioned = |action: &Action| {
        org.profiles
            .iter()
            .any(|profile| profile.admin || profile.permissions.get(kind, *action).is_some())
    };
    let actions: Vec<Action> = ON_RECORDS.into_iter().filter(mentioned).collect();
    let mut allowed_actions = vec![Vec::new(); records.len() * org.users.len()];
    for &action in &actions {
        let mut viewers = vec![Vec::new(); records.len()];
        for (place, user) in org.users.iter().enumerate() {
            let told = || format!("{action} by {}: {}", user.id, json(org));
            let expected: Vec<bool> = ids
                .iter()
                .map(|id| reference.can(&user.id, action, kind, Some(id)))
                .collect();
            for (record, _) in expected.iter().enumerate().filter(|(_, allowed)| **allowed) {
                viewers[record].push(user.id.as_str());
                allowed_actions[place * records.len() + record].push(action);
            }
            tally.decisions += expected.len() as u64;
            tally.allowed += expected.iter().filter(|allowed| **allowed).count() as u64;

            let can: Vec<bool> = ids
                .iter()
                .map(|id| at.can(&user.id, action, kind, Some(id)).unwrap())
                .collect();
            assert_eq!(can, expected, "can {}", told());
            let many = at.can_many(&user.id, action, kind, &ids).unwrap();
            assert_eq!(many, expected, "can_many {}", told());
            let indices: Vec<u32> = (0..)
                .zip(&expected)
                .filter(|(_, allowed)| **allowed)
                .map(|(index, _)| index)
                .collect();
            assert_eq!(
                at.visible_indices(&user.id, kind, action).unwrap(),
                indices,
                "visible_indices {}",
                told()
            );
            let query = Query {
                action: Some(action),
                ..Query::default()
            };
            let listed: Vec<&str> = ids
                .iter()
                .zip(&expected)
                .filter(|(_, allowed)| **allowed)
                .map(|(id, _)| *id)
                .collect();
            let page = at.visible(&user.id, kind, &query).unwrap();
            assert_eq!(page.ids, listed, "visible {}", told());
            for (id, allowed) in explained(&ids, number).map(|place| (ids[place], expected[place]))
            {
                let decision = at.explain(&user.id, action, kind, Some(id)).unwrap();
                assert_eq!(decision.allowed, allowed, "explain {id} {}", told());
                assert_eq!(decision.grants.is_empty(), !allowed, "{id} {}", told());
                tally.explained += 1;
            }
        }
        for (id, expected) in ids.iter().zip(viewers) {
            let found = at.viewers(kind, id, action).unwrap();
            let found: Vec<&str> = found.iter().map(|viewer| viewer.user.as_str()).collect();
            assert_eq!(found, expected, "viewers {id} {action}: {}", json(org));
        }
    }
    for (place, user) in org.users.iter().enumerate() {
        for (record, id) in ids.iter().enumerate() {
            let expected = &allowed_actions[place * records.len() + record];
            let found = at.actions(&user.id, kind, id);
            assert_eq!(&found, expected, "actions {} {id}: {}", user.id, json(org));
        }
    }
}

/// Which of the records are explained. To explain a refusal is to try every remedy, a hundred times the work of the other
/// roads together; so it is done for three of the records, for others in each organisation.
fn explained(ids: &[&str], number: u64) -> impl Iterator<Item = usize> {
    let step = ids.len() / 3;
    let first = number % step as u64;
    (usize::try_from(first).unwrap()..ids.len()).step_by(step)
}

fn json(org: &Org) -> String {
    serde_json::to_string(org).unwrap()
}
