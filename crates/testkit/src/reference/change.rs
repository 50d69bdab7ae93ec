//! §10.2: changes on plain data, one after the other, all or nothing; and what they would open and
//! close, by asking everything before and after.

use sidelight_governance::error::Code;
use sidelight_governance::org::{
    Assignment, CrmRecord, Deal, JobRole, Membership, Org, Profile, Status, Tier, User,
};
use sidelight_governance::profile::applicable;
use sidelight_governance::{Action, Change, RecordType, Removal, Thing};

use super::{Reference, ancestors, each_once};

/// A change that is refused: its position, and everything that is wrong with it.
pub type RefusedChange = (usize, Vec<Code>);

/// The changed organisation. Each change finds what those before it left.
///
/// New things are at the end here. Where the rules put them is their own affair: an id that something
/// referred to already has a place.
///
/// # Errors
/// The first change that is refused.
pub fn apply(org: &Org, changes: &[Change]) -> Result<Org, RefusedChange> {
    let mut org = org.clone();
    for (position, change) in changes.iter().enumerate() {
        let faults = faults(&org, change);
        if !faults.is_empty() {
            return Err((position, faults));
        }
        make(&mut org, change);
    }
    Ok(org)
}

/// What must be so for a change to be made, and the code if it is not.
type Conditions = Vec<(bool, Code)>;

fn faults(org: &Org, change: &Change) -> Vec<Code> {
    let conditions = match change {
        Change::Assign {
            kind,
            id,
            user,
            job_role,
        } => vec![
            (kind.has_assigned_users(), Code::NotAssignable),
            (has_record(org, *kind, id), Code::UnknownRecord),
            (has_user(org, user), Code::UnknownUser),
            (
                is_assigned(org, *kind, id, user) || !is_locked(org, user),
                Code::LockedUser,
            ),
            (
                job_role
                    .as_ref()
                    .and_then(Option::as_ref)
                    .is_none_or(|id| has_job_role(org, id)),
                Code::UnknownJobRole,
            ),
        ],
        Change::Unassign { kind, id, user } => vec![
            (kind.has_assigned_users(), Code::NotAssignable),
            (has_record(org, *kind, id), Code::UnknownRecord),
            (
                is_assigned(org, *kind, id, user) || has_user(org, user),
                Code::UnknownUser,
            ),
        ],
        Change::SetOwner { kind, id, owner } => vec![
            (has_record(org, *kind, id), Code::UnknownRecord),
            (
                owner.as_ref().is_none_or(|id| has_user(org, id)),
                Code::UnknownUser,
            ),
        ],
        Change::SetRole { user, role } => vec![
            (has_user(org, user), Code::UnknownUser),
            (
                role.as_ref().is_none_or(|id| has_role(org, id)),
                Code::UnknownRole,
            ),
        ],
        Change::SetProfile { user, profile } => vec![
            (has_user(org, user), Code::UnknownUser),
            (has_profile(org, profile), Code::UnknownProfile),
        ],
        Change::SetStatus { user, .. } => vec![(has_user(org, user), Code::UnknownUser)],
        Change::SetPermission {
            profile,
            kind,
            action,
            scope,
        } => vec![
            (has_profile(org, profile), Code::UnknownProfile),
            (!is_admin_profile(org, profile), Code::AdminProfile),
            (
                applicable(*kind, *action).contains(scope),
                Code::ScopeNotApplicable,
            ),
        ],
        Change::SetToggle { profile, .. } => vec![
            (has_profile(org, profile), Code::UnknownProfile),
            (!is_admin_profile(org, profile), Code::AdminProfile),
        ],
        Change::MoveRole { role, parent } => vec![
            (has_role(org, role), Code::UnknownRole),
            (
                parent.as_ref().is_none_or(|id| has_role(org, id)),
                Code::UnknownRole,
            ),
            (
                parent
                    .as_ref()
                    .is_none_or(|id| stays_a_forest(org, id, role)),
                Code::RoleCycle,
            ),
        ],
        Change::SetGuest { user, .. } => vec![
            (has_user(org, user), Code::UnknownUser),
            (
                org.users
                    .iter()
                    .any(|known| known.id == *user && known.guest.is_some()),
                Code::NotAGuest,
            ),
        ],
        Change::SetTier {
            user,
            company,
            tier,
            primary,
        } => vec![
            (has_user(org, user), Code::UnknownUser),
            (has_company(org, company), Code::UnknownCompany),
            (
                tier.is_none() || *primary != Some(true) || !has_other_primary(org, user, company),
                Code::DuplicatePrimary,
            ),
        ],
        Change::SetDealOwner { deal, owner } => vec![
            (has_deal(org, deal), Code::UnknownDeal),
            (has_user(org, owner), Code::UnknownUser),
        ],
        Change::Put(thing) => put_conditions(org, thing),
        Change::Remove(removal) => remove_conditions(org, removal),
    };
    conditions
        .into_iter()
        .filter(|(holds, _)| !holds)
        .map(|(_, code)| code)
        .collect()
}

fn put_conditions(org: &Org, thing: &Thing) -> Conditions {
    match thing {
        Thing::JobRole(job_role) => {
            let catalogue = job_roles(org);
            let mut others = catalogue.iter().filter(|other| other.id != job_role.id);
            let is_taken =
                others.any(|other| other.name.to_lowercase() == job_role.name.to_lowercase());
            vec![
                (!job_role.id.is_empty(), Code::EmptyId),
                (!is_taken, Code::DuplicateName),
            ]
        }
        Thing::Role(role) => vec![
            (!role.id.is_empty(), Code::EmptyId),
            (
                role.parent.as_ref().is_none_or(|id| has_role(org, id)),
                Code::UnknownRole,
            ),
            (
                role.parent
                    .as_ref()
                    .is_none_or(|id| stays_a_forest(org, id, &role.id)),
                Code::RoleCycle,
            ),
        ],
        Thing::Profile(profile) => vec![
            (!profile.id.is_empty(), Code::EmptyId),
            (!is_admin_profile(org, &profile.id), Code::AdminProfile),
            (
                profile
                    .permissions
                    .iter()
                    .all(|(kind, action, scope)| applicable(kind, action).contains(&scope)),
                Code::ScopeNotApplicable,
            ),
        ],
        Thing::User(user) => put_user_conditions(org, user),
        Thing::Company(company) => vec![(!company.id.is_empty(), Code::EmptyId)],
        Thing::Record(record) => put_record_conditions(org, record),
        Thing::Deal(deal) => {
            let old = org.deals.iter().find(|old| old.id == deal.id);
            vec![
                (!deal.id.is_empty(), Code::EmptyId),
                (has_company(org, &deal.company), Code::UnknownCompany),
                (has_user(org, &deal.owner), Code::UnknownUser),
                (
                    deal.registered_by
                        .as_ref()
                        .is_none_or(|id| has_user(org, id)),
                    Code::UnknownUser,
                ),
                (
                    old.is_none_or(|old| old.company == deal.company),
                    Code::CompanyFixed,
                ),
            ]
        }
        Thing::Settings(_) => Vec::new(),
        Thing::View(view) => vec![
            (!view.id.is_empty(), Code::EmptyId),
            (view.id != "assigned-to-me", Code::DuplicateId),
            (view.action != Some(Action::Create), Code::InvalidField),
            (has_user(org, &view.user), Code::UnknownUser),
        ],
    }
}

fn put_user_conditions(org: &Org, user: &User) -> Conditions {
    let sponsor = user.guest.as_ref().and_then(|guest| guest.sponsor.as_ref());
    let old = org.users.iter().find(|old| old.id == user.id);
    let companies = || {
        user.memberships
            .iter()
            .map(|membership| membership.company.as_str())
    };
    let primaries = user
        .memberships
        .iter()
        .filter(|membership| membership.primary);
    vec![
        (!user.id.is_empty(), Code::EmptyId),
        (has_profile(org, &user.profile), Code::UnknownProfile),
        (
            user.role.as_ref().is_none_or(|id| has_role(org, id)),
            Code::UnknownRole,
        ),
        (
            user.job_role
                .as_ref()
                .is_none_or(|id| has_job_role(org, id)),
            Code::UnknownJobRole,
        ),
        (
            sponsor.is_none_or(|id| has_user(org, id)),
            Code::UnknownUser,
        ),
        (
            each_once(companies()).len() == companies().count(),
            Code::DuplicateMembership,
        ),
        (primaries.count() <= 1, Code::DuplicatePrimary),
        (
            companies().all(|id| has_company(org, id)),
            Code::UnknownCompany,
        ),
        (
            old.is_none_or(|old| old.guest.is_some() == user.guest.is_some()),
            Code::GuestConversion,
        ),
    ]
}

fn put_record_conditions(org: &Org, record: &CrmRecord) -> Conditions {
    let was_assigned = |user: &str| is_assigned(org, record.kind, &record.id, user);
    let assigned = || {
        record
            .assigned
            .iter()
            .map(|assignment| assignment.user.as_str())
    };
    let mut job_roles = record
        .assigned
        .iter()
        .filter_map(|assignment| assignment.job_role.as_ref());
    vec![
        (!record.id.is_empty(), Code::EmptyId),
        (
            record.owner.as_ref().is_none_or(|id| has_user(org, id)),
            Code::UnknownUser,
        ),
        (
            record.assigned.is_empty() || record.kind.has_assigned_users(),
            Code::NotAssignable,
        ),
        (assigned().all(|id| has_user(org, id)), Code::UnknownUser),
        (
            assigned().all(|id| was_assigned(id) || !is_locked(org, id)),
            Code::LockedUser,
        ),
        (
            job_roles.all(|id| has_job_role(org, id)),
            Code::UnknownJobRole,
        ),
        (
            record.account.as_ref().is_none_or(|id| {
                let is_itself = record.kind == RecordType::Account && record.id == *id;
                is_itself || has_record(org, RecordType::Account, id)
            }),
            Code::UnknownRecord,
        ),
    ]
}

fn remove_conditions(org: &Org, removal: &Removal) -> Conditions {
    match removal {
        Removal::Role { id } => vec![(has_role(org, id), Code::UnknownRole)],
        Removal::Profile { id } => vec![
            (has_profile(org, id), Code::UnknownProfile),
            (!is_admin_profile(org, id), Code::AdminProfile),
            (
                !org.users.iter().any(|user| user.profile == *id),
                Code::ProfileInUse,
            ),
        ],
        Removal::User { id } => vec![(has_user(org, id), Code::UnknownUser)],
        Removal::Company { id } => vec![(has_company(org, id), Code::UnknownCompany)],
        Removal::Record { id, kind } => vec![(has_record(org, *kind, id), Code::UnknownRecord)],
        Removal::Deal { id } => vec![(has_deal(org, id), Code::UnknownDeal)],
        Removal::View { id } => vec![(
            org.views.iter().any(|view| view.id == *id),
            Code::UnknownView,
        )],
    }
}

/// Makes a change that has no faults.
fn make(org: &mut Org, change: &Change) {
    match change {
        Change::Assign {
            kind,
            id,
            user,
            job_role,
        } => {
            let Some(record) = record_mut(org, *kind, id) else {
                return;
            };
            let theirs = record
                .assigned
                .iter_mut()
                .find(|assignment| assignment.user == *user);
            match (theirs, job_role) {
                (Some(_), None) => {}
                (Some(assignment), Some(job_role)) => assignment.job_role.clone_from(job_role),
                (None, job_role) => record.assigned.push(Assignment {
                    user: user.clone(),
                    job_role: job_role.clone().flatten(),
                }),
            }
        }
        Change::Unassign { kind, id, user } => {
            if let Some(record) = record_mut(org, *kind, id) {
                record
                    .assigned
                    .retain(|assignment| assignment.user != *user);
            }
        }
        Change::SetOwner { kind, id, owner } => {
            if let Some(record) = record_mut(org, *kind, id) {
                record.owner.clone_from(owner);
            }
        }
        Change::SetRole { user, role } => to_user(org, user, |user| user.role.clone_from(role)),
        Change::SetProfile { user, profile } => {
            to_user(org, user, |user| user.profile.clone_from(profile))
        }
        Change::SetStatus { user, status } => to_user(org, user, |user| user.status = *status),
        Change::SetPermission {
            profile,
            kind,
            action,
            scope,
        } => {
            to_profile(org, profile, |profile| {
                profile.permissions.set(*kind, *action, *scope)
            });
        }
        Change::SetToggle {
            profile,
            toggle,
            permitted,
        } => {
            to_profile(org, profile, |profile| {
                profile.toggles.set(*toggle, *permitted)
            });
        }
        Change::MoveRole { role, parent } => {
            for moved in org.roles.iter_mut().filter(|known| known.id == *role) {
                moved.parent.clone_from(parent);
            }
        }
        Change::SetGuest {
            user,
            expires_at,
            claimed,
            revoked_at,
        } => to_user(org, user, |user| {
            if let Some(guest) = &mut user.guest {
                guest.expires_at = expires_at.unwrap_or(guest.expires_at);
                guest.claimed = claimed.unwrap_or(guest.claimed);
                guest.revoked_at = revoked_at.unwrap_or(guest.revoked_at);
            }
        }),
        Change::SetTier {
            user,
            company,
            tier,
            primary,
        } => {
            to_user(org, user, |user| set_tier(user, company, *tier, *primary));
        }
        Change::SetDealOwner { deal, owner } => {
            for deal in org.deals.iter_mut().filter(|known| known.id == *deal) {
                deal.owner.clone_from(owner);
            }
        }
        Change::Put(thing) => put(org, thing),
        Change::Remove(removal) => remove(org, removal),
    }
}

fn set_tier(user: &mut User, company: &str, tier: Option<Tier>, primary: Option<bool>) {
    let memberships = &mut user.memberships;
    let Some(tier) = tier else {
        memberships.retain(|membership| membership.company != company);
        return;
    };
    if !memberships
        .iter()
        .any(|membership| membership.company == company)
    {
        let company = company.to_owned();
        memberships.push(Membership {
            company,
            tier,
            primary: false,
        });
    }
    let theirs = memberships.iter_mut();
    for membership in theirs.filter(|membership| membership.company == company) {
        membership.tier = tier;
        membership.primary = primary.unwrap_or(membership.primary);
    }
}

/// Inserts at the end, or replaces in place.
fn put(org: &mut Org, thing: &Thing) {
    match thing {
        Thing::JobRole(job_role) => {
            let catalogue = org.job_roles.get_or_insert_with(JobRole::initial);
            place(catalogue, job_role.clone(), |a, b| a.id == b.id);
        }
        Thing::Role(role) => place(&mut org.roles, role.clone(), |a, b| a.id == b.id),
        Thing::Profile(profile) => place(&mut org.profiles, profile.clone(), |a, b| a.id == b.id),
        Thing::User(user) => place(&mut org.users, (**user).clone(), |a, b| a.id == b.id),
        Thing::Company(company) => place(&mut org.companies, company.clone(), |a, b| a.id == b.id),
        Thing::Record(record) => {
            let mut record = (**record).clone();
            let is_new = !has_record(org, record.kind, &record.id);
            if is_new && record.owner.is_none() {
                // §5.2
                record.owner = record
                    .assigned
                    .first()
                    .map(|assignment| assignment.user.clone());
            }
            place(&mut org.records, record, |a, b| {
                a.kind == b.kind && a.id == b.id
            });
        }
        Thing::Deal(deal) => place(&mut org.deals, (**deal).clone(), |a, b| a.id == b.id),
        Thing::Settings(settings) => org.settings = *settings,
        Thing::View(view) => place(&mut org.views, (**view).clone(), |a, b| a.id == b.id),
    }
}

fn place<T>(things: &mut Vec<T>, thing: T, is_same: impl Fn(&T, &T) -> bool) {
    match things.iter_mut().find(|known| is_same(known, &thing)) {
        Some(known) => *known = thing,
        None => things.push(thing),
    }
}

/// What refers to the removed thing then refers to nothing.
fn remove(org: &mut Org, removal: &Removal) {
    match removal {
        Removal::Role { id } => org.roles.retain(|role| role.id != *id),
        Removal::Profile { id } => org.profiles.retain(|profile| profile.id != *id),
        Removal::User { id } => org.users.retain(|user| user.id != *id),
        Removal::Company { id } => org.companies.retain(|company| company.id != *id),
        Removal::Record { id, kind } => org
            .records
            .retain(|record| record.kind != *kind || record.id != *id),
        Removal::Deal { id } => org.deals.retain(|deal| deal.id != *id),
        Removal::View { id } => org.views.retain(|view| view.id != *id),
    }
}

fn has_user(org: &Org, id: &str) -> bool {
    org.users.iter().any(|user| user.id == id)
}

fn is_locked(org: &Org, id: &str) -> bool {
    org.users
        .iter()
        .any(|user| user.id == id && user.status == Status::Locked)
}

fn has_role(org: &Org, id: &str) -> bool {
    org.roles.iter().any(|role| role.id == id)
}

/// Whether a root is above `role` when it is put below `parent`: no walk upwards comes back.
fn stays_a_forest(org: &Org, parent: &str, role: &str) -> bool {
    let Some(parent) = org.roles.iter().find(|known| known.id == parent) else {
        return parent != role;
    };
    let above = ancestors(org, parent);
    let last = above.last().unwrap_or(&parent);
    // The role need not exist yet for others to name it as their parent.
    let comes_back = last
        .parent
        .as_ref()
        .is_some_and(|next| next == role || has_role(org, next));
    parent.id != role && !above.iter().any(|above| above.id == role) && !comes_back
}

fn has_profile(org: &Org, id: &str) -> bool {
    org.profiles.iter().any(|profile| profile.id == id)
}

fn is_admin_profile(org: &Org, id: &str) -> bool {
    org.profiles
        .iter()
        .any(|profile| profile.id == id && profile.admin)
}

fn has_company(org: &Org, id: &str) -> bool {
    org.companies.iter().any(|company| company.id == id)
}

fn has_other_primary(org: &Org, user: &str, company: &str) -> bool {
    let mut users = org.users.iter();
    let user = users.find(|known| known.id == user);
    let mut memberships = user.iter().flat_map(|user| &user.memberships);
    memberships.any(|membership| membership.primary && membership.company != company)
}

fn job_roles(org: &Org) -> Vec<JobRole> {
    org.job_roles.clone().unwrap_or_else(JobRole::initial)
}

fn has_job_role(org: &Org, id: &str) -> bool {
    job_roles(org).iter().any(|job_role| job_role.id == id)
}

fn has_record(org: &Org, kind: RecordType, id: &str) -> bool {
    org.records
        .iter()
        .any(|record| record.kind == kind && record.id == id)
}

fn is_assigned(org: &Org, kind: RecordType, id: &str, user: &str) -> bool {
    let mut records = org.records.iter();
    let record = records.find(|record| record.kind == kind && record.id == id);
    record.is_some_and(|record| {
        record
            .assigned
            .iter()
            .any(|assignment| assignment.user == user)
    })
}

fn has_deal(org: &Org, id: &str) -> bool {
    org.deals.iter().any(|deal: &Deal| deal.id == id)
}

fn record_mut<'a>(org: &'a mut Org, kind: RecordType, id: &str) -> Option<&'a mut CrmRecord> {
    org.records
        .iter_mut()
        .find(|record| record.kind == kind && record.id == id)
}

fn to_user(org: &mut Org, id: &str, change: impl FnOnce(&mut User)) {
    org.users.iter_mut().find(|user| user.id == id).map(change);
}

fn to_profile(org: &mut Org, id: &str, change: impl FnOnce(&mut Profile)) {
    org.profiles
        .iter_mut()
        .find(|profile| profile.id == id)
        .map(change);
}

/// What changes for one user, of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The user's id.
    pub user: String,
    /// The record type's word, or `deal`.
    pub kind: &'static str,
    /// What the user gains, in the order after the changes.
    pub gained: Vec<String>,
    /// What the user loses, in the order before them.
    pub lost: Vec<String>,
}

/// What the user may act on, of each type and of deals.
fn everything(
    reference: Reference<'_>,
    user: &str,
    action: Action,
) -> Vec<(&'static str, Vec<String>)> {
    let of_kind = |kind: RecordType| {
        let records = reference.records(kind).map(|r| r.id.as_str());
        let ids = records.filter(|id| reference.can(user, action, kind, Some(id)));
        (kind.as_str(), ids.map(str::to_owned).collect())
    };
    let deals = reference.org.deals.iter().map(|deal| deal.id.as_str());
    let deals = deals.filter(|id| reference.explain_deal(user, id).allowed());
    let deals = ("deal", deals.map(str::to_owned).collect());
    RecordType::ALL
        .iter()
        .map(|&kind| of_kind(kind))
        .chain([deals])
        .collect()
}

/// What is different for whom, users of before and then new ones.
pub fn predict(before: Reference<'_>, after: Reference<'_>, action: Action) -> Vec<Difference> {
    let users = before
        .org
        .users
        .iter()
        .chain(&after.org.users)
        .map(|user| user.id.as_str());
    let mut differences = Vec::new();
    for user in each_once(users) {
        let (old, new) = (
            everything(before, user, action),
            everything(after, user, action),
        );
        for ((kind, old), (_, new)) in old.into_iter().zip(new) {
            let without = |from: &[String], other: &[String]| -> Vec<String> {
                from.iter()
                    .filter(|id| !other.contains(id))
                    .cloned()
                    .collect()
            };
            let (gained, lost) = (without(&new, &old), without(&old, &new));
            if !gained.is_empty() || !lost.is_empty() {
                differences.push(Difference {
                    user: user.to_owned(),
                    kind,
                    gained,
                    lost,
                });
            }
        }
    }
    differences
}
