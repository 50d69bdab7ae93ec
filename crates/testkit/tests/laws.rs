//! The laws of §2, §3, §6 and §11 of the semantics page, each a property of its own name.
//!
//! A law compares the rules with themselves on two organisations, or on two roads, so it needs no
//! reference and no expected answer.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and positions are drawn below the length"
)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use sidelight_governance::org::{Membership, Org, Profile, ReportsReach, Role, Status, Tier, User};
use sidelight_governance::profile::applicable;
use sidelight_governance::{
    Action, At, Decision, Governance, Instant, PipelineQuery, Query, RecordType, Rule, Scope,
    Toggle,
};
use sidelight_testkit::agreement::{NOBODY, ON_RECORDS, everyone, everything};
use sidelight_testkit::generate::{self, Sample, organisation};

// ── what an organisation answers ────────────────────────────────────────────────────────────────

fn loaded(org: &Org) -> Governance {
    Governance::from_org(org.clone()).unwrap()
}

/// User, action, type and id: something that is granted.
type Granted = (String, Action, RecordType, String);

/// Everything that anyone may do to any record, and which types they may create.
fn granted(org: &Org) -> BTreeSet<Granted> {
    granted_at(org, generate::now())
}

fn granted_at(org: &Org, now: Instant) -> BTreeSet<Granted> {
    let governance = loaded(org);
    let at = governance.at(now);
    let mut granted = BTreeSet::new();
    for user in everyone(org) {
        for record in &org.records {
            for action in at.actions(user, record.kind, &record.id) {
                granted.insert((user.to_owned(), action, record.kind, record.id.clone()));
            }
        }
        for &kind in RecordType::ALL {
            if at.can(user, Action::Create, kind, None).unwrap() {
                granted.insert((user.to_owned(), Action::Create, kind, String::new()));
            }
        }
    }
    granted
}

/// Every decision with its reasons, without their order and their sentences.
fn explained(org: &Org) -> BTreeSet<String> {
    let governance = loaded(org);
    let at = governance.at(generate::now());
    let mut explained = BTreeSet::new();
    for user in everyone(org) {
        for record in &org.records {
            for action in ON_RECORDS {
                let decision = at
                    .explain(user, action, record.kind, Some(&record.id))
                    .unwrap();
                explained.insert(format!(
                    "{user:?} {action} {} {:?}: {}",
                    record.kind,
                    record.id,
                    reasons(&decision)
                ));
            }
        }
        for deal in &org.deals {
            explained.insert(format!(
                "{user:?} deal {:?}: {}",
                deal.id,
                reasons(&at.explain_deal(user, &deal.id))
            ));
        }
    }
    explained
}

fn reasons(decision: &Decision) -> String {
    let grants: BTreeSet<String> = decision
        .grants
        .iter()
        .map(|grant| {
            format!(
                "{} {:?} {:?} {:?} {:?}",
                grant.rule, grant.user, grant.roles, grant.account, grant.company
            )
        })
        .collect();
    let obstacles: BTreeSet<String> = decision
        .obstacles
        .iter()
        .map(|obstacle| {
            let relations = obstacle
                .holders
                .iter()
                .flatten()
                .map(|holder| (holder.user.clone(), holder.relation));
            format!("{} {:?}", obstacle.code, relations.collect::<BTreeSet<_>>())
        })
        .collect();
    format!("{grants:?} {obstacles:?}")
}

fn seen_deals(org: &Org) -> BTreeSet<(String, String)> {
    let governance = loaded(org);
    let at = governance.at(generate::now());
    let seen = |user: &str| {
        deal_ids(at, user)
            .into_iter()
            .map(|id| (user.to_owned(), id))
            .collect::<Vec<_>>()
    };
    everyone(org).flat_map(seen).collect()
}

fn deal_ids(at: At<'_>, user: &str) -> Vec<String> {
    at.pipeline(user, &PipelineQuery::default())
        .unwrap()
        .rows
        .into_iter()
        .map(|row| row.id)
        .collect()
}

fn only<T: Ord>(answers: BTreeSet<T>, wanted: impl Fn(&T) -> bool) -> BTreeSet<T> {
    answers
        .into_iter()
        .filter(|answer| wanted(answer))
        .collect()
}

// ── organisations with something to choose ──────────────────────────────────────────────────────

fn with_users() -> impl Strategy<Value = Sample> {
    organisation().prop_filter("needs a user", |Sample(org)| !org.users.is_empty())
}

fn with_records() -> impl Strategy<Value = Sample> {
    organisation().prop_filter("needs a user and a record", |Sample(org)| {
        !org.users.is_empty() && !org.records.is_empty()
    })
}

fn with_roles() -> impl Strategy<Value = Sample> {
    organisation().prop_filter("needs a role", |Sample(org)| !org.roles.is_empty())
}

fn with_deals() -> impl Strategy<Value = Sample> {
    organisation().prop_filter("needs a user and a deal", |Sample(org)| {
        !org.users.is_empty() && !org.deals.is_empty()
    })
}

fn shuffled() -> impl Strategy<Value = (Sample, Sample)> {
    organisation().prop_flat_map(|sample| {
        let Sample(org) = sample.clone();
        let parts = (
            Just(org.users.clone()).prop_shuffle(),
            Just(org.roles.clone()).prop_shuffle(),
            Just(org.profiles.clone()).prop_shuffle(),
            Just(org.companies.clone()).prop_shuffle(),
            Just(org.records.clone()).prop_shuffle(),
            Just(org.deals.clone()).prop_shuffle(),
        );
        (Just(sample), parts).prop_map(
            move |(sample, (users, roles, profiles, companies, records, deals))| {
                (
                    sample,
                    Sample(Org {
                        users,
                        roles,
                        profiles,
                        companies,
                        records,
                        deals,
                        ..org.clone()
                    }),
                )
            },
        )
    })
}

/// The same organisation under other ids, each kind's in its own way; ids that name nothing too.
fn renamed(org: &Org) -> Org {
    let mut org = org.clone();
    let prefix = |prefix: &'static str| move |id: &mut String| id.insert_str(0, prefix);
    let (user, role, profile, company, record, deal) = (
        prefix("u-"),
        prefix("r-"),
        prefix("p-"),
        prefix("c-"),
        prefix("x-"),
        prefix("d-"),
    );
    for item in &mut org.roles {
        role(&mut item.id);
        item.parent.iter_mut().for_each(role);
    }
    for item in &mut org.profiles {
        profile(&mut item.id);
    }
    for item in &mut org.users {
        user(&mut item.id);
        profile(&mut item.profile);
        item.role.iter_mut().for_each(role);
        item.guest
            .iter_mut()
            .flat_map(|guest| &mut guest.sponsor)
            .for_each(user);
        item.memberships
            .iter_mut()
            .for_each(|membership| company(&mut membership.company));
    }
    for item in &mut org.companies {
        company(&mut item.id);
    }
    for item in &mut org.records {
        record(&mut item.id);
        item.owner.iter_mut().for_each(user);
        item.assigned
            .iter_mut()
            .for_each(|assignment| user(&mut assignment.user));
        item.account.iter_mut().for_each(record);
    }
    for item in &mut org.deals {
        deal(&mut item.id);
        company(&mut item.company);
        user(&mut item.owner);
        item.registered_by.iter_mut().for_each(user);
    }
    org
}

/// Whether the walk from `role` upwards meets `top`; a walk on a cycle ends after as many steps as
/// there are roles.
fn is_under(org: &Org, role: &Role, top: &str) -> bool {
    let mut at = Some(role);
    for _ in 0..=org.roles.len() {
        match at {
            Some(role) if role.id == top => return true,
            Some(role) => {
                at = org
                    .roles
                    .iter()
                    .find(|parent| Some(&parent.id) == role.parent.as_ref())
            }
            None => return false,
        }
    }
    false
}

fn tier_at(user: &User, company: &str) -> Option<Tier> {
    user.memberships
        .iter()
        .find(|membership| membership.company == company)
        .map(|membership| membership.tier)
}

proptest! {
    #![proptest_config(generate::cases(500))]

    // ── §1, §2 ──────────────────────────────────────────────────────────────────────────────────

    #[test]
    fn what_a_profile_does_not_mention_is_denied(Sample(org) in organisation()) {
        let mut explicit = org.clone();
        for profile in &mut explicit.profiles {
            for &kind in RecordType::ALL {
                for &action in Action::ALL {
                    if profile.permissions.get(kind, action).is_none()
                        && !applicable(kind, action).is_empty()
                    {
                        profile.permissions.set(kind, action, Scope::Denied);
                    }
                }
            }
            for &toggle in Toggle::ALL {
                profile
                    .toggles
                    .set(toggle, profile.toggles.get(toggle).unwrap_or(false));
            }
        }
        prop_assert_eq!(explained(&org), explained(&explicit));
    }

    #[test]
    fn behind_a_closed_gate_there_is_nothing(Sample(org) in organisation()) {
        let governance = loaded(&org);
        let at = governance.at(generate::now());
        for user in everyone(&org).filter(|user| !at.gate(user)) {
            for (kind, id) in everything(&org) {
                prop_assert!(at.actions(user, kind, id).is_empty());
                prop_assert!(at.assignees(user, kind, id).rows.is_empty());
                prop_assert!(
                    at.viewers(kind, id, Action::View)
                        .unwrap()
                        .iter()
                        .all(|viewer| viewer.user != user)
                );
                prop_assert_eq!(at.visible(user, kind, &Query::default()).unwrap().total, 0);
                prop_assert!(!at.can(user, Action::Create, kind, None).unwrap());
            }
            prop_assert!(deal_ids(at, user).is_empty());
            for deal in &org.deals {
                prop_assert!(!at.explain_deal(user, &deal.id).allowed);
                prop_assert!(
                    at.deal_viewers(&deal.id)
                        .iter()
                        .all(|viewer| viewer.user != user)
                );
            }
        }
    }

    // ── §3 ──────────────────────────────────────────────────────────────────────────────────────

    #[test]
    fn scopes_are_nested_pointwise(
        Sample(org) in organisation(),
        profile: Index,
        kind in select(RecordType::ALL),
        action in select(Action::ALL),
    ) {
        let profile = profile.index(org.profiles.len());
        let mut before = BTreeSet::new();
        for &scope in applicable(kind, action) {
            let mut org = org.clone();
            org.profiles[profile].admin = false;
            org.profiles[profile].permissions.set(kind, action, scope);
            let after = granted(&org);
            prop_assert!(
                before.is_subset(&after),
                "{scope} takes {:?}",
                before.difference(&after).collect::<Vec<_>>()
            );
            before = after;
        }
    }

    #[test]
    fn adding_an_assignee_takes_access_from_nobody(
        Sample(org) in with_records(),
        record: Index,
        user: Index,
    ) {
        let mut more = org.clone();
        let user = org.users[user.index(org.users.len())].id.as_str().into();
        more.records[record.index(org.records.len())]
            .assigned
            .push(user);
        let (before, after) = (granted(&org), granted(&more));
        prop_assert!(
            before.is_subset(&after),
            "{:?}",
            before.difference(&after).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_job_role_changes_no_decision(
        Sample(org) in organisation(),
        job_role in prop::option::of(select(vec!["ae", "sdr", "a", "b", "none"])),
    ) {
        let mut other = org.clone();
        let job_role = job_role.map(str::to_owned);
        other.job_roles = job_role.is_some().then(Vec::new);
        for user in &mut other.users {
            user.job_role.clone_from(&job_role);
        }
        for assignment in other
            .records
            .iter_mut()
            .flat_map(|record| &mut record.assigned)
        {
            assignment.job_role.clone_from(&job_role);
        }
        prop_assert_eq!(explained(&org), explained(&other));
    }

    #[test]
    fn renaming_ids_changes_nothing(Sample(org) in organisation()) {
        let other = renamed(&org);
        let back = |id: &str| id.get(2..).unwrap_or_default().to_owned();
        let undone: BTreeSet<Granted> = granted(&other)
            .into_iter()
            .map(|(user, action, kind, id)| (back(&user), action, kind, back(&id)))
            .collect();
        prop_assert_eq!(granted(&org), undone);
        let undone: BTreeSet<_> = seen_deals(&other)
            .into_iter()
            .map(|(user, id)| (back(&user), back(&id)))
            .collect();
        prop_assert_eq!(seen_deals(&org), undone);
    }

    #[test]
    fn order_and_duplicates_of_the_input_change_nothing(
        (Sample(org), Sample(mut other)) in shuffled(),
    ) {
        for record in &mut other.records {
            record.assigned.reverse();
            record.assigned.extend(record.assigned.clone());
        }
        for user in &mut other.users {
            user.memberships.reverse();
        }
        prop_assert_eq!(explained(&org), explained(&other));
    }

    #[test]
    fn moving_a_role_with_no_users_below_changes_nothing(
        Sample(org) in with_roles(),
        parent in prop::option::of(any::<Index>()),
    ) {
        let is_empty = |top: &&Role| {
            let role_of = |user: &User| {
                org.roles
                    .iter()
                    .find(|role| Some(&role.id) == user.role.as_ref())
            };
            !org.users
                .iter()
                .filter_map(role_of)
                .any(|role| is_under(&org, role, &top.id))
        };
        for moved in org.roles.iter().filter(is_empty) {
            let mut other = org.clone();
            let role = other
                .roles
                .iter_mut()
                .find(|role| role.id == moved.id)
                .unwrap();
            role.parent = parent.map(|parent| parent.get(&org.roles).id.clone());
            prop_assert_eq!(
                explained(&org),
                explained(&other),
                "moving {:?} to {:?}",
                moved.id,
                parent.map(|parent| parent.get(&org.roles).id.clone())
            );
        }
    }

    #[test]
    fn revoking_or_expiring_only_removes(Sample(org) in organisation(), later in 0..200_i32) {
        let now = generate::now();
        let before = granted(&org);
        prop_assert!(granted_at(&org, now.saturating_add_days(later)).is_subset(&before));
        for (position, user) in org.users.iter().enumerate() {
            let Some(guest) = &user.guest else { continue };
            for (revoked_at, expires_at) in [
                (Some(now), guest.expires_at),
                (guest.revoked_at, now.min(guest.expires_at)),
            ] {
                let mut other = org.clone();
                let term = other.users[position].guest.as_mut().unwrap();
                (term.revoked_at, term.expires_at) = (revoked_at, expires_at);
                let after = granted(&other);
                prop_assert!(after.is_subset(&before));
                prop_assert!(!after.iter().any(|(other, ..)| *other == user.id));
                prop_assert!(seen_deals(&other).is_subset(&seen_deals(&org)));
            }
        }
    }

    #[test]
    fn every_function_is_total(
        Sample(org) in organisation(),
        user in ".*",
        id in ".*",
        milliseconds: i64,
    ) {
        let governance = loaded(&org);
        let now = Instant::from_millisecond(milliseconds).unwrap_or_else(generate::now);
        for now in [generate::now(), now] {
            let at = governance.at(now);
            for user in org
                .users
                .iter()
                .map(|user| user.id.as_str())
                .chain([user.as_str(), ""])
            {
                for &kind in RecordType::ALL {
                    let ids = org
                        .records
                        .iter()
                        .map(|record| record.id.as_str())
                        .chain([id.as_str(), ""]);
                    for id in ids {
                        for &action in Action::ALL {
                            prop_assert_eq!(
                                at.can(user, action, kind, Some(id)).is_err(),
                                action == Action::Create
                            );
                            prop_assert_eq!(
                                at.explain(user, action, kind, Some(id)).is_err(),
                                action == Action::Create
                            );
                            prop_assert_eq!(
                                at.can(user, action, kind, None).is_err(),
                                action != Action::Create
                            );
                        }
                        at.actions(user, kind, id);
                        at.assignees(user, kind, id);
                    }
                }
                at.explain_deal(user, &id);
            }
            at.deal_viewers(&id);
            at.diagnose();
        }
    }

    #[test]
    fn the_two_readings_of_reports_differ_by_lifts_only(Sample(org) in organisation()) {
        let (mut accessible, mut held) = (org.clone(), org);
        accessible.settings.reports_reach = ReportsReach::Accessible;
        held.settings.reports_reach = ReportsReach::Held;
        let (wide, narrow) = (granted(&accessible), granted(&held));
        prop_assert!(narrow.is_subset(&wide));
        let governance = loaded(&accessible);
        for (user, action, kind, id) in wide
            .difference(&narrow)
            .filter(|(_, action, ..)| *action == Action::View)
        {
            let decision = governance
                .at(generate::now())
                .explain(user, *action, *kind, Some(id))
                .unwrap();
            let by_a_lift = |rule| {
                rule == Rule::Lifted || (*kind == RecordType::Prospect && rule == Rule::Account)
            };
            prop_assert!(
                decision.grants.iter().all(|grant| by_a_lift(grant.rule)),
                "{:?}",
                decision
            );
        }
    }

    #[test]
    fn a_locked_holder_still_confers(Sample(org) in with_users(), locked: Index) {
        let mut org = org;
        // A lift is conferred by access, not by holding: it ends with the gate.
        org.settings.reports_reach = ReportsReach::Held;
        let mut other = org.clone();
        let locked = locked.index(org.users.len());
        other.users[locked].status = Status::Locked;
        let is_others = |(user, ..): &Granted| *user != org.users[locked].id;
        prop_assert_eq!(
            only(granted(&org), is_others),
            only(granted(&other), is_others)
        );
    }

    #[test]
    fn a_viewer_without_a_role_has_owned_for_reports_and_peers(
        Sample(org) in with_users(),
        viewer: Index,
    ) {
        let mut org = org;
        let viewer = viewer.index(org.users.len());
        org.users[viewer].role = None;
        let (id, profile) = (
            org.users[viewer].id.clone(),
            org.users[viewer].profile.clone(),
        );
        let mut narrow: Profile = org
            .profiles
            .iter()
            .find(|known| known.id == profile)
            .unwrap()
            .clone();
        let permissions: Vec<_> = narrow.permissions.iter().collect();
        for (kind, action, _) in permissions
            .into_iter()
            .filter(|(.., scope)| matches!(scope, Scope::Reports | Scope::Peers))
        {
            narrow.permissions.set(kind, action, Scope::Owned);
        }
        "a profile of the viewer's own".clone_into(&mut narrow.id);
        let mut other = org.clone();
        other.users[viewer].profile.clone_from(&narrow.id);
        other.profiles.push(narrow);
        prop_assert_eq!(
            only(granted(&org), |(user, ..)| *user == id),
            only(granted(&other), |(user, ..)| *user == id)
        );
    }

    #[test]
    fn owner_and_assigned_are_the_same_access(Sample(org) in organisation()) {
        let mut org = org;
        org.settings.multi_user_assignment = true;
        let mut other = org.clone();
        for record in other
            .records
            .iter_mut()
            .filter(|record| record.kind.has_assigned_users())
        {
            record
                .assigned
                .extend(record.owner.take().map(|owner| owner.as_str().into()));
        }
        prop_assert_eq!(granted(&org), granted(&other));
    }

    #[test]
    fn without_multi_user_assignment_assigned_users_confer_nothing(Sample(org) in organisation()) {
        let mut org = org;
        org.settings.multi_user_assignment = false;
        let mut other = org.clone();
        for record in &mut other.records {
            record.assigned.clear();
        }
        prop_assert_eq!(explained(&org), explained(&other));
    }

    #[test]
    fn a_profile_that_denies_a_type_shows_nothing_of_it(
        Sample(org) in organisation(),
        kind in select(RecordType::ALL),
    ) {
        let mut org = org;
        for profile in &mut org.profiles {
            profile.admin = false;
            profile.permissions.set(kind, Action::View, Scope::Denied);
            profile.toggles.set(Toggle::ProspectsInAccount, false);
        }
        prop_assert!(
            only(granted(&org), |(_, action, other, _)| *other == kind
                && *action != Action::Create)
            .is_empty()
        );
    }

    #[test]
    fn a_guest_never_has_admin_power(Sample(org) in organisation()) {
        let mut org = org;
        for profile in &mut org.profiles {
            profile.admin = true;
        }
        let granted = granted(&org);
        for guest in org.users.iter().filter(|user| user.guest.is_some()) {
            prop_assert!(!granted.iter().any(|(user, ..)| *user == guest.id));
        }
    }

    #[test]
    fn the_account_edge_goes_one_step_from_account_to_prospect(Sample(org) in organisation()) {
        let with = |permitted| {
            let mut org = org.clone();
            org.profiles
                .iter_mut()
                .for_each(|profile| profile.toggles.set(Toggle::ProspectsInAccount, permitted));
            granted(&org)
        };
        let (without, with) = (with(false), with(true));
        prop_assert!(without.is_subset(&with));
        for (user, action, kind, id) in with
            .difference(&without)
            .filter(|(_, action, ..)| *action == Action::View)
        {
            prop_assert_eq!(*kind, RecordType::Prospect);
            let prospect = org
                .records
                .iter()
                .find(|record| record.kind == *kind && record.id == *id)
                .unwrap();
            let account = prospect.account.clone().unwrap();
            prop_assert!(without.contains(&(user.clone(), *action, RecordType::Account, account)));
        }
    }

    // ── §6 ──────────────────────────────────────────────────────────────────────────────────────

    #[test]
    fn there_are_no_lateral_views(Sample(org) in with_deals()) {
        let governance = loaded(&org);
        let at = governance.at(generate::now());
        for user in &org.users {
            for deal in &org.deals {
                let owner = org.users.iter().find(|user| user.id == deal.owner);
                let company = org
                    .companies
                    .iter()
                    .find(|company| company.id == deal.company);
                let rank = company
                    .and_then(|company| tier_at(owner?, &company.id))
                    .or(deal.owner_tier);
                for grant in at.explain_deal(&user.id, &deal.id).grants {
                    match grant.rule {
                        Rule::Tier => {
                            prop_assert!(rank < tier_at(user, &deal.company) && rank.is_some())
                        }
                        Rule::AccountOwner => prop_assert!(rank != Some(Tier::Owner)),
                        rule => prop_assert!(matches!(
                            rule,
                            Rule::DealOwner | Rule::Registrar | Rule::Vendor
                        )),
                    }
                }
            }
        }
    }

    #[test]
    fn the_deal_owner_and_the_registrar_keep_seeing_the_deal(Sample(org) in with_deals()) {
        let governance = loaded(&org);
        let at = governance.at(generate::now());
        for deal in &org.deals {
            for user in [Some(&deal.owner), deal.registered_by.as_ref()]
                .into_iter()
                .flatten()
            {
                prop_assert_eq!(at.explain_deal(user, &deal.id).allowed, at.gate(user));
            }
        }
    }

    #[test]
    fn an_association_below_account_owner_gives_nothing(
        Sample(org) in with_deals(),
        tier in select(vec![Tier::Sales, Tier::Manager, Tier::Executive]),
    ) {
        for (position, user) in org.users.iter().enumerate() {
            for company in org
                .companies
                .iter()
                .filter(|company| tier_at(user, &company.id).is_none())
            {
                let mut other = org.clone();
                other.users[position].memberships.push(Membership {
                    company: company.id.clone(),
                    tier,
                    primary: false,
                });
                let (before, after) = (loaded(&org), loaded(&other));
                prop_assert_eq!(
                    deal_ids(before.at(generate::now()), &user.id),
                    deal_ids(after.at(generate::now()), &user.id)
                );
            }
        }
    }

    #[test]
    fn interactions_follow_from_the_grants(Sample(org) in with_deals()) {
        let governance = loaded(&org);
        for user in &org.users {
            for row in governance
                .at(generate::now())
                .pipeline(&user.id, &PipelineQuery::default())
                .unwrap()
                .rows
            {
                let words: Vec<&str> = row
                    .interactions
                    .iter()
                    .map(|interaction| interaction.as_str())
                    .collect();
                let by_rank = row
                    .grants
                    .iter()
                    .any(|rule| matches!(rule, Rule::Tier | Rule::AccountOwner | Rule::Vendor));
                prop_assert!(words.contains(&"view"));
                prop_assert_eq!(
                    words.contains(&"edit"),
                    by_rank || row.grants.contains(&Rule::DealOwner)
                );
                prop_assert_eq!(words.contains(&"reassign"), by_rank);
            }
        }
    }

    #[test]
    fn totals_are_over_visible_deals_only(Sample(org) in with_deals()) {
        let governance = loaded(&org);
        for user in &org.users {
            let whole = governance
                .at(generate::now())
                .pipeline(&user.id, &PipelineQuery::default())
                .unwrap();
            let mut visible = org.clone();
            visible
                .deals
                .retain(|deal| whole.rows.iter().any(|row| row.id == deal.id));
            let part = loaded(&visible)
                .at(generate::now())
                .pipeline(&user.id, &PipelineQuery::default())
                .unwrap();
            prop_assert_eq!(&whole, &part);
            prop_assert_eq!(
                whole.totals.iter().map(|total| total.count).sum::<usize>(),
                whole.total
            );
        }
    }

    #[test]
    fn currencies_are_never_added_together(Sample(org) in with_deals()) {
        let governance = loaded(&org);
        for user in &org.users {
            let pipeline = governance
                .at(generate::now())
                .pipeline(&user.id, &PipelineQuery::default())
                .unwrap();
            for total in &pipeline.totals {
                let rows = || {
                    pipeline
                        .rows
                        .iter()
                        .filter(|row| row.stage == total.stage && row.currency == total.currency)
                };
                prop_assert_eq!(rows().count(), total.count);
                prop_assert_eq!(
                    rows()
                        .filter_map(|row| row.amount)
                        .sum::<sidelight_governance::Amount>(),
                    total.amount
                );
            }
            let kinds: BTreeSet<_> = pipeline
                .totals
                .iter()
                .map(|total| (&total.stage, &total.currency))
                .collect();
            prop_assert_eq!(kinds.len(), pipeline.totals.len());
        }
    }

    #[test]
    fn a_promotion_to_manager_takes_the_deals_out_of_the_managers_sight(
        Sample(org) in with_deals(),
    ) {
        for deal in &org.deals {
            let mut promoted = org.clone();
            let Some(owner) = promoted.users.iter_mut().find(|user| user.id == deal.owner) else {
                continue;
            };
            let Some(membership) = owner
                .memberships
                .iter_mut()
                .find(|membership| membership.company == deal.company)
            else {
                continue;
            };
            if membership.tier != Tier::Sales
                || !org
                    .companies
                    .iter()
                    .any(|company| company.id == deal.company)
            {
                continue;
            }
            membership.tier = Tier::Manager;
            let governance = loaded(&promoted);
            for manager in promoted
                .users
                .iter()
                .filter(|user| tier_at(user, &deal.company) == Some(Tier::Manager))
            {
                let decision = governance
                    .at(generate::now())
                    .explain_deal(&manager.id, &deal.id);
                prop_assert!(decision.grants.iter().all(|grant| grant.rule != Rule::Tier));
            }
        }
    }

    #[test]
    fn the_role_hierarchy_gives_no_deal(Sample(org) in with_deals()) {
        let mut other = org.clone();
        other.roles.clear();
        other.records.clear();
        other.users.iter_mut().for_each(|user| user.role = None);
        prop_assert_eq!(seen_deals(&org), seen_deals(&other));
    }

    // ── §11 ─────────────────────────────────────────────────────────────────────────────────────

    #[test]
    fn all_roads_agree(Sample(org) in organisation()) {
        let governance = loaded(&org);
        let again = Governance::load(&serde_json::to_vec(&governance.to_org()).unwrap()).unwrap();
        let (at, again) = (governance.at(generate::now()), again.at(generate::now()));
        for action in ON_RECORDS {
            for &kind in RecordType::ALL {
                let query = Query {
                    action: Some(action),
                    ..Query::default()
                };
                let ids: Vec<&str> = org
                    .records
                    .iter()
                    .filter(|record| record.kind == kind)
                    .map(|record| record.id.as_str())
                    .chain([NOBODY])
                    .collect();
                let viewers: Vec<BTreeSet<String>> = ids
                    .iter()
                    .map(|id| {
                        at.viewers(kind, id, action)
                            .unwrap()
                            .into_iter()
                            .map(|viewer| viewer.user)
                            .collect()
                    })
                    .collect();
                for user in everyone(&org) {
                    let visible = at.visible(user, kind, &query).unwrap().ids;
                    let indices = at.visible_indices(user, kind, action).unwrap();
                    let many = at.can_many(user, action, kind, &ids).unwrap();
                    for (position, id) in ids.iter().enumerate() {
                        let can = at.can(user, action, kind, Some(id)).unwrap();
                        prop_assert_eq!(
                            at.explain(user, action, kind, Some(id)).unwrap().allowed,
                            can
                        );
                        prop_assert_eq!(visible.iter().any(|visible| visible == id), can);
                        prop_assert_eq!(indices.contains(&u32::try_from(position).unwrap()), can);
                        prop_assert_eq!(many[position], can);
                        prop_assert_eq!(viewers[position].contains(user), can);
                        prop_assert_eq!(at.actions(user, kind, id).contains(&action), can);
                        prop_assert_eq!(again.can(user, action, kind, Some(id)).unwrap(), can);
                    }
                }
            }
        }
        for user in everyone(&org) {
            let ids = deal_ids(at, user);
            for deal in &org.deals {
                let seen = at.explain_deal(user, &deal.id).allowed;
                prop_assert_eq!(ids.contains(&deal.id), seen);
                prop_assert_eq!(
                    at.deal_viewers(&deal.id)
                        .iter()
                        .any(|viewer| viewer.user == user),
                    seen
                );
            }
        }
    }
}
