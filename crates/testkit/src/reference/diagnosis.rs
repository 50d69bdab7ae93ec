//! §10.5: what `diagnose` tells, with subjects and counts; the sentences are the rules' own.

use sidelight_governance::org::{CrmRecord, JobRole, Profile, Role, Status, User};
use sidelight_governance::{Action, RecordType, Scope, Toggle};

use super::bulk_edit::assignments;
use super::{Reference, each_once};

/// The kind and the id of something.
pub type Subject<'a> = (&'static str, &'a str);

/// One diagnostic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnosis<'a> {
    /// Its stable code.
    pub code: &'static str,
    /// What it is about.
    pub subjects: Vec<Subject<'a>>,
    /// How much there is of it.
    pub count: usize,
}

impl<'a> Reference<'a> {
    /// Every diagnostic of the organisation as data, in no order.
    pub fn diagnose(self) -> Vec<Diagnosis<'a>> {
        let users = || self.org.users.iter();
        let profiles = || self.org.profiles.iter();
        let mut found = Vec::new();
        found.extend(self.role_cycles());
        found.extend(self.missing_parents());
        found.extend(self.unknown_references());
        found.extend(self.duplicate_names());
        found.extend(users().flat_map(|u| self.of_guest(u)));
        found.extend(
            self.org
                .roles
                .iter()
                .filter_map(|role| self.shared_lead(role)),
        );
        found.extend(users().filter_map(|u| self.no_primary_company(u)));
        found.extend(users().filter_map(|u| self.lifts(u)));
        for &kind in RecordType::ALL {
            found.extend(self.of_records("orphaned-record", kind, |r| {
                self.holders(r).iter().all(|id| self.is_gone(id))
            }));
            found.extend(self.of_records("owner-not-assigned", kind, |r| {
                let is_owner = |id: &str| r.owner.as_deref() == Some(id);
                let mut assigned = r.assigned.iter();
                r.owner.is_some()
                    && !r.assigned.is_empty()
                    && !assigned.any(|assignment| is_owner(&assignment.user))
            }));
        }
        let unused = profiles().filter(|profile| self.users_with(profile).is_empty());
        found.extend(all(
            "unused-profile",
            unused.map(|it| ("profile", it.id.as_str())),
        ));
        found.extend(profiles().flat_map(|profile| self.of_profile(profile)));
        found
    }

    fn role_cycles(self) -> Vec<Diagnosis<'a>> {
        let mut cycles: Vec<Vec<Subject<'_>>> = Vec::new();
        for role in self.org.roles.iter().filter(|role| self.is_on_cycle(role)) {
            let subject = ("role", role.id.as_str());
            if !cycles.iter().any(|cycle| cycle.contains(&subject)) {
                // From the role upwards until it comes back.
                let above = self.ancestors(role);
                let others = above.into_iter().filter(|above| *above != role);
                let others = others.map(|above| ("role", above.id.as_str()));
                cycles.push([subject].into_iter().chain(others).collect());
            }
        }
        cycles
            .into_iter()
            .filter_map(|cycle| all("role-cycle", cycle))
            .collect()
    }

    fn missing_parents(self) -> Vec<Diagnosis<'a>> {
        let roles = || self.org.roles.iter();
        let missing = roles()
            .filter_map(|role| role.parent.as_deref())
            .filter(|parent| !roles().any(|role| role.id == *parent));
        each_once(missing)
            .into_iter()
            .map(|parent| {
                let children = roles().filter(|role| role.parent.as_deref() == Some(parent));
                let children = children.map(|role| ("role", role.id.as_str())).collect();
                naming("missing-parent", ("role", parent), children)
            })
            .collect()
    }

    /// Each reference of each thing: what refers, the kind and the id that it refers to.
    fn references(self) -> Vec<(Subject<'a>, Subject<'a>)> {
        let mut references: Vec<(Subject<'_>, Subject<'_>)> = Vec::new();
        for user in &self.org.users {
            let sponsor = user
                .guest
                .as_ref()
                .and_then(|guest| guest.sponsor.as_deref());
            let companies = user.memberships.iter();
            let to = [
                ("role", user.role.as_deref()),
                ("jobRole", user.job_role.as_deref()),
                ("user", sponsor),
            ];
            let to = to
                .into_iter()
                .chain(companies.map(|membership| ("company", Some(membership.company.as_str()))));
            references.extend(named(("user", &user.id), to));
        }
        for &kind in RecordType::ALL {
            for r in self.records(kind) {
                let assigned = assignments(r).into_iter();
                let to = [
                    ("user", r.owner.as_deref()),
                    ("account", r.account.as_deref()),
                ];
                let to = to.into_iter().chain(assigned.flat_map(|assignment| {
                    [
                        ("user", Some(assignment.user.as_str())),
                        ("jobRole", assignment.job_role.as_deref()),
                    ]
                }));
                references.extend(named((kind.as_str(), &r.id), to));
            }
        }
        for deal in &self.org.deals {
            let to = [
                ("user", Some(deal.owner.as_str())),
                ("user", deal.registered_by.as_deref()),
                ("company", Some(deal.company.as_str())),
            ];
            references.extend(named(("deal", &deal.id), to.into_iter()));
        }
        for view in &self.org.views {
            let to = [("user", Some(view.user.as_str()))];
            references.extend(named(("view", &view.id), to.into_iter()));
        }
        references
    }

    fn names_something(self, (kind, id): Subject<'_>) -> bool {
        match kind {
            "role" => self.org.roles.iter().any(|role| role.id == id),
            "jobRole" => self.catalogue().iter().any(|job_role| job_role.id == id),
            "user" => self.user(id).is_some(),
            "company" => self.org.companies.iter().any(|company| company.id == id),
            _ => self.record(RecordType::Account, id).is_some(),
        }
    }

    fn unknown_references(self) -> Vec<Diagnosis<'a>> {
        let mut unknown: Vec<(Subject<'_>, Vec<Subject<'_>>)> = Vec::new();
        for (from, to) in self.references() {
            if self.names_something(to) {
                continue;
            }
            match unknown.iter_mut().find(|(known, _)| *known == to) {
                Some((_, referring)) if referring.contains(&from) => {}
                Some((_, referring)) => referring.push(from),
                None => unknown.push((to, vec![from])),
            }
        }
        unknown
            .into_iter()
            .map(|(to, referring)| naming("unknown-reference", to, referring))
            .collect()
    }

    fn catalogue(self) -> Vec<JobRole> {
        self.org.job_roles.clone().unwrap_or_else(JobRole::initial)
    }

    /// §5.5: names unique without regard to case. The four of the start are.
    fn duplicate_names(self) -> Vec<Diagnosis<'a>> {
        let listed = self.org.job_roles.as_deref().unwrap_or_default();
        let mut names: Vec<String> = listed.iter().map(|it| it.name.to_lowercase()).collect();
        names.sort();
        names.dedup();
        let of_name = |name: &String| {
            let same = listed.iter().filter(|it| it.name.to_lowercase() == *name);
            all("duplicate-name", same.map(|it| ("jobRole", it.id.as_str())))
        };
        names
            .iter()
            .filter_map(of_name)
            .filter(|same| same.count > 1)
            .collect()
    }

    /// Whether the user sees every record of the type, whoever holds it.
    fn sees_all(self, u: &User, kind: RecordType) -> bool {
        self.scope(u, kind, Action::View) == Scope::All
            || !self.lifting(u, kind, Action::View).is_empty()
    }

    fn of_guest(self, u: &'a User) -> Vec<Diagnosis<'a>> {
        let Some(guest) = &u.guest else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let mut tell = |code, count| {
            let subjects = vec![("user", u.id.as_str())];
            found.push(Diagnosis {
                code,
                subjects,
                count,
            });
        };
        if self.is_guest_admin(u) {
            tell("guest-admin", 1);
        }
        if self.is_open(u) {
            if guest.expires_at <= self.now.saturating_add_days(7) {
                tell("guest-expiring", 1);
            }
            let kinds = RecordType::ALL
                .iter()
                .filter(|kind| self.sees_all(u, **kind));
            let kinds: Vec<_> = kinds.collect();
            let records = self.org.records.iter().filter(|r| kinds.contains(&&r.kind));
            let all_deals = self.toggle(u, Toggle::AllDeals);
            let deals = if all_deals { self.org.deals.len() } else { 0 };
            if !kinds.is_empty() || all_deals {
                tell("guest-wide-reach", records.count() + deals);
            }
        }
        found
    }

    fn shared_lead(self, role: &'a Role) -> Option<Diagnosis<'a>> {
        let leads = self.org.users.iter().filter(|u| {
            let sees_reports = |kind: &RecordType| {
                let scope = self.scope(u, *kind, Action::View);
                scope == Scope::Reports || scope == Scope::Peers
            };
            self.role(u) == Some(role)
                && self.is_open(u)
                && !self.below(u).is_empty()
                && RecordType::ALL.iter().any(sees_reports)
        });
        let leads: Vec<_> = leads.map(|u| ("user", u.id.as_str())).collect();
        (leads.len() > 1).then(|| naming("shared-lead", ("role", &role.id), leads))
    }

    fn no_primary_company(self, u: &'a User) -> Option<Diagnosis<'a>> {
        let has_primary = u.memberships.iter().any(|membership| membership.primary);
        (!u.memberships.is_empty() && !has_primary).then(|| Diagnosis {
            code: "no-primary-company",
            subjects: vec![("user", &u.id)],
            count: u.memberships.len(),
        })
    }

    /// Who lifts the user for any type and action (§3.2), and how many records there are of these types.
    fn lifts(self, u: &'a User) -> Option<Diagnosis<'a>> {
        if !self.is_open(u) {
            return None;
        }
        let lifting = |kind| {
            let actions = Action::ON_RECORDS.into_iter();
            actions.flat_map(move |a| self.lifting(u, kind, a))
        };
        let kinds = RecordType::ALL.iter().copied();
        let kinds: Vec<_> = kinds
            .filter(|&kind| lifting(kind).next().is_some())
            .collect();
        let lifts = |v: &&User| kinds.iter().any(|&kind| lifting(kind).any(|one| one == *v));
        let lifters = self.org.users.iter().filter(lifts).take(20);
        let records = self.org.records.iter().filter(|r| kinds.contains(&r.kind));
        (!kinds.is_empty()).then(|| Diagnosis {
            code: "lifted-reach",
            subjects: std::iter::once(u)
                .chain(lifters)
                .map(|user| ("user", user.id.as_str()))
                .collect(),
            count: records.count(),
        })
    }

    fn of_records(
        self,
        code: &'static str,
        kind: RecordType,
        holds: impl Fn(&'a CrmRecord) -> bool,
    ) -> Option<Diagnosis<'a>> {
        let records = self.records(kind).filter(|r| holds(r));
        all(code, records.map(|r| (kind.as_str(), r.id.as_str())))
    }

    fn is_gone(self, id: &str) -> bool {
        self.user(id).is_none_or(|v| {
            let ended = v
                .guest
                .as_ref()
                .is_some_and(|guest| guest.revoked_at.is_some() || self.is_over(guest));
            v.status == Status::Locked || ended
        })
    }

    fn users_with(self, profile: &Profile) -> Vec<&'a User> {
        let users = self.org.users.iter();
        users.filter(|u| u.profile == profile.id).collect()
    }

    fn of_profile(self, profile: &'a Profile) -> Vec<Diagnosis<'a>> {
        let users = self.users_with(profile);
        if profile.admin || users.is_empty() {
            return Vec::new();
        }
        let stored = |kind, action| {
            profile
                .permissions
                .get(kind, action)
                .unwrap_or(Scope::Denied)
        };
        let any_below = users.iter().any(|u| !self.below(u).is_empty());
        let any_beside = users.iter().any(|u| !self.peers(u).is_empty());
        let settings = || profile.permissions.iter();

        let without_reach = settings().filter(|(_, _, scope)| match scope {
            Scope::Reports => !any_below,
            Scope::Peers => !any_below && !any_beside,
            _ => false,
        });
        let toggle = profile.toggles.get(Toggle::ProspectsInAccount) == Some(true);
        let sees_accounts = stored(RecordType::Account, Action::View) != Scope::Denied;
        let sees_more = |kind| {
            let lifted = |u: &&User| !self.lifting(u, kind, Action::View).is_empty();
            (kind == RecordType::Prospect && toggle && sees_accounts) || users.iter().any(lifted)
        };
        let beyond_view = settings().filter(|&(kind, action, scope)| {
            matches!(action, Action::Edit | Action::Delete | Action::Assign)
                && scope > stored(kind, Action::View)
                && !sees_more(kind)
        });
        let sees_prospects = stored(RecordType::Prospect, Action::View) == Scope::All;
        let idle = toggle && (!sees_accounts || sees_prospects);
        [
            ("scope-without-reach", without_reach.count()),
            ("scope-beyond-view", beyond_view.count()),
            ("toggle-without-effect", usize::from(idle)),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(code, count)| Diagnosis {
            code,
            subjects: vec![("profile", &profile.id)],
            count,
        })
        .collect()
    }
}

/// A diagnostic that counts its subjects, if there are any.
fn all<'a>(
    code: &'static str,
    subjects: impl IntoIterator<Item = Subject<'a>>,
) -> Option<Diagnosis<'a>> {
    let subjects: Vec<_> = subjects.into_iter().collect();
    (!subjects.is_empty()).then_some(Diagnosis {
        code,
        count: subjects.len(),
        subjects,
    })
}

/// A diagnostic that counts its subjects after the first.
fn naming<'a>(code: &'static str, first: Subject<'a>, others: Vec<Subject<'a>>) -> Diagnosis<'a> {
    Diagnosis {
        code,
        count: others.len(),
        subjects: [first].into_iter().chain(others).collect(),
    }
}

fn named<'a>(
    from: Subject<'a>,
    to: impl Iterator<Item = (&'static str, Option<&'a str>)>,
) -> Vec<(Subject<'a>, Subject<'a>)> {
    to.filter_map(|(kind, id)| Some((from, (kind, id?))))
        .collect()
}
