//! What an administrator should look at: references that name nothing, and reach that surprises (§10.1).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::at::At;
use crate::governance::ProfileRow;
use crate::message::{self, counted, grouped};
use crate::org::{ReportsReach, Status};
use crate::profile::{Action, Scope, Toggle};
use crate::record::RecordType;
use crate::role::NOWHERE;
use crate::table::{ByText, Chosen, Ix, JobRoleIx, ProfileIx, RecordIx, RoleIx, UserIx};
use crate::word::vocabulary;

/// Something to look at.
///
/// | code | subjects | what `count` counts |
/// | --- | --- | --- |
/// | `role-cycle` | the roles on the cycle | these roles |
/// | `missing-parent` | the id, the roles that name it as parent | these roles |
/// | `unknown-member` | the places in the document | these places |
/// | `unknown-reference` | the id, what refers to it | what refers to it |
/// | `duplicate-name` | job roles of one name | these job roles |
/// | `guest-admin` | the guest | guests: one |
/// | `guest-expiring` | the guest | guests: one |
/// | `guest-wide-reach` | the guest | the records and deals of the types that the guest sees all of |
/// | `shared-lead` | the role, the leads who share it | these leads |
/// | `no-primary-company` | the user | the companies where the user has a standing |
/// | `orphaned-record` | records of one type | these records |
/// | `lifted-reach` | the user, those who lift: the first 20 | the records of the types that the user is lifted for |
/// | `owner-not-assigned` | records of one type | these records |
/// | `unused-profile` | the profiles that nobody has | these profiles |
/// | `scope-without-reach` | the profile | its settings that come to Owned Records |
/// | `scope-beyond-view` | the profile | its settings that are wider than what they let people see |
/// | `toggle-without-effect` | the profile | its toggles that add nothing |
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// What kind of thing it is; stable.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about; for a reference that names nothing, that id first and then those who refer to it.
    pub subjects: Vec<Subject>,
    /// How much there is of it, in the unit of its code.
    pub count: usize,
    /// The diagnostic as one English sentence.
    pub text: String,
}

impl Diagnostic {
    /// Every code there is, in the order in which they are told (§10.5).
    pub const CODES: [&'static str; 17] = [
        "role-cycle",
        "missing-parent",
        "unknown-member",
        "unknown-reference",
        "duplicate-name",
        "guest-admin",
        "guest-expiring",
        "guest-wide-reach",
        "shared-lead",
        "no-primary-company",
        "orphaned-record",
        "lifted-reach",
        "owner-not-assigned",
        "unused-profile",
        "scope-without-reach",
        "scope-beyond-view",
        "toggle-without-effect",
    ];
}

vocabulary! {
    /// How much a diagnostic matters, worst first.
    Severity, InvalidField, "severity" {
        /// Someone has less or more access than the document seems to say.
        Error = "error",
        /// Access that is easily overlooked.
        Warning = "warning",
        /// Good to know.
        Info = "info",
    }
}

/// One thing that a diagnostic is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// `user`, `role`, `profile`, `jobRole`, `company`, `deal`, `view`, `member`, or a record type.
    pub kind: &'static str,
    /// The thing's id; for a member that the format does not have, its place.
    pub id: String,
}

impl Subject {
    fn new(kind: &'static str, id: &str) -> Self {
        Self {
            kind,
            id: id.to_owned(),
        }
    }
}

impl At<'_> {
    /// What an administrator should look at, worst first; in a stable order.
    ///
    /// # Complexity
    /// Linear in the size of the organisation.
    pub fn diagnose(self) -> Vec<Diagnostic> {
        let lifts = Lifts::of(self);
        let mut found = Vec::new();
        self.diagnose_members(&mut found);
        self.diagnose_roles(&mut found);
        self.diagnose_references(&mut found);
        self.diagnose_job_roles(&mut found);
        self.diagnose_guests(&lifts, &mut found);
        self.diagnose_shared_leads(&mut found);
        self.diagnose_lifts(&lifts, &mut found);
        self.diagnose_memberships(&mut found);
        self.diagnose_records(&mut found);
        self.diagnose_profiles(&lifts, &mut found);
        for diagnostic in &mut found {
            diagnostic.text = message::unturned(std::mem::take(&mut diagnostic.text));
        }
        let mut in_order = Vec::with_capacity(found.len());
        for code in Diagnostic::CODES {
            in_order.extend(found.extract_if(.., |diagnostic| diagnostic.code == code));
        }
        in_order
    }

    fn diagnose_members(self, found: &mut Vec<Diagnostic>) {
        let members = &self.governance.header.unknown_members;
        if members.is_empty() {
            return;
        }
        let places = few(members.iter().map(|place| place.as_str()), members.len());
        let count = counted(members.len(), "member", "members");
        let were = if members.len() == 1 { "was" } else { "were" };
        let text = format!(
            "The document has {count} that the format does not know and that {were} passed over: {places}."
        );
        let subjects = members
            .iter()
            .map(|place| Subject::new("member", place.as_str()));
        found.push(Diagnostic {
            code: "unknown-member",
            severity: Severity::Warning,
            subjects: subjects.collect(),
            count: members.len(),
            text,
        });
    }

    fn diagnose_roles(self, found: &mut Vec<Diagnostic>) {
        let roles = &self.governance.roles;
        let on_cycle: Vec<_> = roles
            .table
            .ids
            .iter()
            .filter(|&role| roles.forest.is_on_cycle(role))
            .collect();
        // Each cycle is told once, from its first role in load order on.
        let mut told = Chosen::default();
        for start in on_cycle {
            let mut cycle = Vec::new();
            let mut next = Some(start);
            while let Some(role) = next.filter(|&role| told.insert(role)) {
                cycle.push(role);
                next = roles.get(role).and_then(|row| row.parent);
            }
            if !cycle.is_empty() {
                let names: Vec<_> = cycle
                    .iter()
                    .chain(cycle.first())
                    .map(|&role| roles.name(role))
                    .collect();
                let text = if cycle.len() == 1 {
                    format!(
                        "The role {} is its own parent, so it does not reach downwards.",
                        names.first().unwrap_or(&"")
                    )
                } else {
                    format!(
                        "These roles are above one another, so none of them reaches downwards: {}.",
                        names.join(" › ")
                    )
                };
                found.push(Diagnostic {
                    code: "role-cycle",
                    severity: Severity::Error,
                    count: cycle.len(),
                    subjects: cycle
                        .into_iter()
                        .map(|role| Subject::new("role", roles.id(role)))
                        .collect(),
                    text,
                });
            }
        }
        let mut missing = ByText::new();
        for (role, row) in roles.table.iter() {
            if let Some(parent) = row.parent.filter(|&parent| roles.get(parent).is_none()) {
                let parent = roles.id(parent).to_owned();
                missing.entry(parent).or_default().push(role.number());
            }
        }
        for (parent, children) in missing {
            let named = children.iter().map(|&role| RoleIx::new(role));
            let names = few(named.clone().map(|role| roles.name(role)), children.len());
            let told = if children.len() == 1 {
                "names it as its parent, and counts as a root"
            } else {
                "name it as their parent, and count as roots"
            };
            let text = format!("No role has the id {parent}; {names} {told}.");
            let count = children.len();
            let children = named.map(|role| Subject::new("role", roles.id(role)));
            found.push(Diagnostic {
                code: "missing-parent",
                severity: Severity::Error,
                subjects: std::iter::once(Subject::new("role", &parent))
                    .chain(children)
                    .collect(),
                count,
                text,
            });
        }
    }

    fn diagnose_references(self, found: &mut Vec<Diagnostic>) {
        let governance = self.governance;
        let mut missing = Missing::default();
        for (user, person) in governance.users.table.iter() {
            let from = || Subject::new("user", governance.users.id(user));
            if let Some(role) = person
                .role
                .filter(|&role| governance.roles.get(role).is_none())
            {
                missing.note("role", governance.roles.id(role), from());
            }
            if let Some(job_role) = person
                .job_role
                .filter(|&job_role| governance.job_roles.name(job_role).is_none())
            {
                missing.note("jobRole", governance.job_roles.id(job_role), from());
            }
            if let Some(sponsor) = person.guest.as_ref().and_then(|term| term.sponsor) {
                self.note_user(&mut missing, sponsor, from);
            }
            for standing in person
                .standings
                .iter()
                .filter(|standing| !governance.companies.exists(standing.company))
            {
                missing.note("company", governance.companies.id(standing.company), from());
            }
        }
        let accounts = governance.records.of(RecordType::Account);
        for &kind in RecordType::ALL {
            let records = governance.records.of(kind);
            for record in records.iter() {
                let from = || Subject::new(kind.as_str(), records.id(record));
                if let Some(owner) = records.owner(record) {
                    self.note_user(&mut missing, owner, from);
                }
                for assigned in records.assigned.of(record) {
                    if Some(assigned.user) != records.owner(record) {
                        self.note_user(&mut missing, assigned.user, from);
                    }
                    if let Some(job_role) = assigned
                        .job_role
                        .filter(|&job_role| governance.job_roles.name(job_role).is_none())
                    {
                        missing.note("jobRole", governance.job_roles.id(job_role), from());
                    }
                }
                if let Some(account) = records
                    .account(record)
                    .filter(|&account| !accounts.exists(account))
                {
                    missing.note("account", accounts.id(account), from());
                }
            }
        }
        for (deal, row) in governance.deals.iter() {
            let from = || Subject::new("deal", governance.deals.id(deal));
            self.note_user(&mut missing, row.owner, from);
            if let Some(registrar) = row
                .registered_by
                .filter(|&registrar| registrar != row.owner)
            {
                self.note_user(&mut missing, registrar, from);
            }
            if !governance.companies.exists(row.company) {
                missing.note("company", governance.companies.id(row.company), from());
            }
        }
        for view in governance.views() {
            if governance.users.find(&view.user).is_none() {
                missing.note("user", &view.user, Subject::new("view", &view.id));
            }
        }
        missing.tell(found);
    }

    fn note_user(self, missing: &mut Missing, user: UserIx, from: impl Fn() -> Subject) {
        if !self.governance.users.exists(user) {
            missing.note("user", self.governance.users.id(user), from());
        }
    }

    /// Job roles of one name, which a document may have and a write may not make (§5.5).
    fn diagnose_job_roles(self, found: &mut Vec<Diagnostic>) {
        let job_roles = &self.governance.job_roles;
        let mut by_name = ByText::new();
        for (job_role, name) in job_roles.table.iter() {
            let same = by_name.entry(name.to_lowercase()).or_default();
            same.push(job_role.number());
        }
        for same in by_name.into_values().filter(|same| same.len() > 1) {
            let of_name = same.iter().map(|&job_role| JobRoleIx::new(job_role));
            let names = of_name
                .clone()
                .filter_map(|job_role| job_roles.name(job_role));
            let names = few(names, same.len());
            let subjects = of_name.map(|job_role| Subject::new("jobRole", job_roles.id(job_role)));
            found.push(Diagnostic {
                code: "duplicate-name",
                severity: Severity::Warning,
                subjects: subjects.collect(),
                count: same.len(),
                text: format!(
                    "{} job roles have the same name, apart from case: {names}.",
                    same.len()
                ),
            });
        }
    }

    fn diagnose_guests(self, lifts: &Lifts, found: &mut Vec<Diagnostic>) {
        let governance = self.governance;
        for (user, person) in governance.users.table.iter() {
            let Some(term) = &person.guest else { continue };
            let name = &person.name;
            let mut tell = |code, count, text| {
                found.push(Diagnostic {
                    code,
                    severity: Severity::Warning,
                    subjects: vec![Subject::new("user", governance.users.id(user))],
                    count,
                    text,
                });
            };
            let profile = governance.profiles.get(person.profile);
            if profile.is_some_and(|profile| profile.profile.admin) {
                let text = format!(
                    "{name} is a guest with an admin profile, which permits a guest nothing."
                );
                tell("guest-admin", 1, text);
            }
            if !self.passes_gate(user) {
                continue;
            }
            if self.is_expiring(term) {
                let text = format!("The guest term of {name} ends on {:#}.", term.expires_at);
                tell("guest-expiring", 1, text);
            }
            let mut wide = Vec::new();
            let mut reached = 0;
            for &kind in RecordType::ALL {
                if self.scope(user, kind, Action::View) == Scope::All
                    || lifts.through(self, user, kind, Action::View).is_some()
                {
                    wide.push(kind.plural());
                    reached += governance.records.of(kind).len();
                }
            }
            if self.toggle(user, Toggle::AllDeals) {
                wide.push("partner deals");
                reached += governance.deals.len();
            }
            if !wide.is_empty() {
                let text = format!(
                    "{name} is a guest and sees all {}, {} so far.",
                    listed(&wide),
                    grouped(reached)
                );
                tell("guest-wide-reach", reached, text);
            }
        }
    }

    /// Leads who share a role: each sees what everybody below it holds, the other's own people included.
    fn diagnose_shared_leads(self, found: &mut Vec<Diagnostic>) {
        let governance = self.governance;
        let sees_reports = |user: UserIx| {
            self.passes_gate(user)
                && RecordType::ALL.iter().any(|&kind| {
                    matches!(
                        self.scope(user, kind, Action::View),
                        Scope::Reports | Scope::Peers
                    )
                })
        };
        for (role, row) in governance.roles.table.iter() {
            let forest = &governance.roles.forest;
            let below = governance.users.at_positions(&forest.below(role));
            if below.is_empty() {
                continue;
            }
            let position = forest.position(role);
            let mut leads = governance
                .users
                .at_positions(&(position..position + 1))
                .to_vec();
            leads.retain(|&user| sees_reports(user));
            if leads.len() < 2 {
                continue;
            }
            let names = few(
                leads.iter().map(|&user| governance.users.name(user)),
                leads.len(),
            );
            let users = leads
                .iter()
                .map(|&user| Subject::new("user", governance.users.id(user)));
            let role = Subject::new("role", governance.roles.id(role));
            found.push(Diagnostic {
                code: "shared-lead",
                severity: Severity::Warning,
                subjects: std::iter::once(role).chain(users).collect(),
                count: leads.len(),
                text: format!(
                    "{names} share the role {}, so each of them sees the records of everybody below it ({}), whoever they work for.",
                    row.name,
                    counted(below.len(), "person", "people")
                ),
            });
        }
    }

    /// The users whom people below them lift, each with those who do (§3.2).
    fn diagnose_lifts(self, lifts: &Lifts, found: &mut Vec<Diagnostic>) {
        let governance = self.governance;
        for user in governance
            .users
            .iter()
            .filter(|&user| self.passes_gate(user))
        {
            // What is lifted, by those who lift: mostly the same people whatever the type and the action.
            let mut groups: Vec<(&Lifters, Vec<(RecordType, Action)>)> = Vec::new();
            let mut count = 0;
            for &kind in RecordType::ALL {
                let mut is_lifted = false;
                for action in Action::ON_RECORDS {
                    let Some(by) = lifts.through(self, user, kind, action) else {
                        continue;
                    };
                    is_lifted = true;
                    match groups.iter_mut().find(|(known, _)| *known == by) {
                        Some((_, lifted)) => lifted.push((kind, action)),
                        None => groups.push((by, vec![(kind, action)])),
                    }
                }
                if is_lifted {
                    count += governance.records.of(kind).len();
                }
            }
            if groups.is_empty() {
                continue;
            }
            let mut reports = Chosen::default();
            for &report in groups.iter().flat_map(|(by, _)| &by.first) {
                reports.insert(report);
            }
            let subjects = std::iter::once(user)
                .chain(reports.iter().take(Lifters::NAMED))
                .map(|user| Subject::new("user", governance.users.id(user)));
            let clauses: Vec<_> = groups
                .iter()
                .map(|(by, lifted)| {
                    let names = by.first.iter().map(|&report| governance.users.name(report));
                    let verb = if by.count == 1 { "reports" } else { "report" };
                    format!(
                        "{}, because {} {verb} to them and may",
                        permitted(lifted),
                        few(names, by.count)
                    )
                })
                .collect();
            found.push(Diagnostic {
                code: "lifted-reach",
                severity: Severity::Info,
                subjects: subjects.collect(),
                count,
                text: format!(
                    "{} may {}.",
                    governance.users.name(user),
                    clauses.join("; ")
                ),
            });
        }
    }

    fn diagnose_memberships(self, found: &mut Vec<Diagnostic>) {
        let governance = self.governance;
        for (user, person) in governance.users.table.iter() {
            if !person.standings.is_empty()
                && !person.standings.iter().any(|standing| standing.primary)
            {
                found.push(Diagnostic {
                    code: "no-primary-company",
                    severity: Severity::Warning,
                    subjects: vec![Subject::new("user", governance.users.id(user))],
                    count: person.standings.len(),
                    text: format!(
                        "{} has a tier at {}, but no primary company, so a tier below Account Owner shows them no deals.",
                        person.name,
                        counted(person.standings.len(), "company", "companies")
                    ),
                });
            }
        }
    }

    fn diagnose_records(self, found: &mut Vec<Diagnostic>) {
        for &kind in RecordType::ALL {
            let records = self.governance.records.of(kind);
            let mut unnamed = 0;
            let orphaned: Vec<_> = records
                .iter()
                .filter(|&record| !self.governance.withholds_people(kind, record))
                .filter(|&record| {
                    let mut holders = self.holders(kind, record).peekable();
                    let is_unnamed = holders.peek().is_none();
                    unnamed += usize::from(is_unnamed);
                    is_unnamed || holders.all(|holder| self.is_gone(holder))
                })
                .collect();
            if !orphaned.is_empty() {
                let mut text = counted_of(orphaned.len(), kind, "is held", "are held");
                text += " by nobody who is still there: ";
                text += &self.few_records(kind, &orphaned);
                match unnamed {
                    0 => text += ".",
                    all if all == orphaned.len() => text += ". No holder is named.",
                    some => text += &format!(". For {} of them no holder is named.", grouped(some)),
                }
                found.push(self.of_records(
                    "orphaned-record",
                    Severity::Warning,
                    kind,
                    &orphaned,
                    text,
                ));
            }
            let not_assigned: Vec<_> = records
                .iter()
                .filter(|&record| {
                    let mut assigned = records.assigned.of(record).peekable();
                    let owner = records.owner(record);
                    assigned.peek().is_some()
                        && owner.is_some_and(|owner| assigned.all(|one| one.user != owner))
                })
                .collect();
            if !not_assigned.is_empty() {
                let text = format!(
                    "{} assigned users who do not include the record owner: {}.",
                    counted_of(not_assigned.len(), kind, "has", "have"),
                    self.few_records(kind, &not_assigned)
                );
                found.push(self.of_records(
                    "owner-not-assigned",
                    Severity::Info,
                    kind,
                    &not_assigned,
                    text,
                ));
            }
        }
    }

    /// Whether a holder is nobody any more: names nobody, is locked, or is a guest whose access has ended.
    fn is_gone(self, user: UserIx) -> bool {
        self.governance.users.get(user).is_none_or(|person| {
            person.status == Status::Locked
                || person
                    .guest
                    .as_ref()
                    .is_some_and(|term| term.revoked_at.is_some() || self.is_over(term))
        })
    }

    fn few_records(self, kind: RecordType, records: &[RecordIx]) -> String {
        let names = records.iter().map(|&record| self.record_name(kind, record));
        few(names, records.len())
    }

    fn of_records(
        self,
        code: &'static str,
        severity: Severity,
        kind: RecordType,
        records: &[RecordIx],
        text: String,
    ) -> Diagnostic {
        let table = self.governance.records.of(kind);
        let subjects = records
            .iter()
            .map(|&record| Subject::new(kind.as_str(), table.id(record)));
        Diagnostic {
            code,
            severity,
            subjects: subjects.collect(),
            count: records.len(),
            text,
        }
    }

    /// What profiles permit without giving anybody anything.
    fn diagnose_profiles(self, lifts: &Lifts, found: &mut Vec<Diagnostic>) {
        let profiles = &self.governance.profiles;
        let uses = self.profile_uses(lifts);
        let used = |profile: ProfileIx| uses.get(profile.at()).filter(|held| held.by_anyone);

        let unused: Vec<_> = profiles
            .iter()
            .filter(|&(profile, _)| used(profile).is_none())
            .collect();
        if !unused.is_empty() {
            let names = unused.iter().map(|(_, row)| row.profile.name.as_str());
            let names = few(names, unused.len());
            let plural = if unused.len() == 1 { "" } else { "s" };
            let text = format!("Nobody has the profile{plural} {names}.");
            let subjects = unused
                .iter()
                .map(|&(profile, _)| Subject::new("profile", profiles.id(profile)));
            found.push(Diagnostic {
                code: "unused-profile",
                severity: Severity::Info,
                subjects: subjects.collect(),
                count: unused.len(),
                text,
            });
        }

        for (profile, row) in profiles.iter().filter(|(_, row)| !row.profile.admin) {
            let Some(held) = used(profile) else { continue };
            let name = &row.profile.name;
            let mut tell = |code, count, text| {
                found.push(Diagnostic {
                    code,
                    severity: Severity::Info,
                    subjects: vec![Subject::new("profile", profiles.id(profile))],
                    count,
                    text,
                });
            };
            let without_reach = settings(row, |_, _, scope| match scope {
                Scope::Reports => !held.with_reports,
                Scope::Peers => !held.with_reports && !held.with_peers,
                Scope::Denied | Scope::Owned | Scope::All => false,
            });
            if !without_reach.is_empty() {
                let count = without_reach.len();
                let text = format!(
                    "The profile {name} gives others’ records in {} ({}), but nobody who has it has anybody to reach, so it comes to Owned Records.",
                    counted(count, "setting", "settings"),
                    few(without_reach.iter().map(String::as_str), count)
                );
                tell("scope-without-reach", count, text);
            }
            let shows_prospects = row.permits(Toggle::ProspectsInAccount)
                && row.scope(RecordType::Account, Action::View) != Scope::Denied;
            let beyond_view = settings(row, |kind, action, scope| {
                matches!(action, Action::Edit | Action::Delete | Action::Assign)
                    && scope > row.scope(kind, Action::View)
                    // What is seen by another road than the scope may be what the wider scope is for.
                    && !(kind == RecordType::Prospect && shows_prospects)
                    && !held.lifted.get(kind as usize).copied().unwrap_or_default()
            });
            if !beyond_view.is_empty() {
                let count = beyond_view.len();
                let text = format!(
                    "The profile {name} permits more than it shows in {} ({}): nobody does anything to a record that they do not see.",
                    counted(count, "setting", "settings"),
                    few(beyond_view.iter().map(String::as_str), count)
                );
                tell("scope-beyond-view", count, text);
            }
            if row.permits(Toggle::ProspectsInAccount)
                && (!shows_prospects || row.scope(RecordType::Prospect, Action::View) == Scope::All)
            {
                let because = if shows_prospects {
                    "shows all prospects anyway"
                } else {
                    "shows no accounts"
                };
                let text = format!(
                    "The profile {name} shows the prospects in an account, which adds nothing, because it {because}."
                );
                tell("toggle-without-effect", 1, text);
            }
        }
    }

    /// What the users of each profile have around them, by the profile's number.
    fn profile_uses(self, lifts: &Lifts) -> Vec<ProfileUse> {
        let governance = self.governance;
        let mut uses = vec![ProfileUse::default(); governance.profiles.ids.len()];
        for (user, person) in governance.users.table.iter() {
            let Some(held) = uses.get_mut(person.profile.at()) else {
                continue;
            };
            held.by_anyone = true;
            held.with_reports |= !governance.users.at_positions(&self.below(user)).is_empty();
            let position = governance.users.position(user);
            held.with_peers |= position != NOWHERE
                && governance
                    .users
                    .at_positions(&(position..position + 1))
                    .len()
                    > 1;
            for (lifted, &kind) in held.lifted.iter_mut().zip(RecordType::ALL) {
                *lifted |= lifts.through(self, user, kind, Action::View).is_some();
            }
        }
        uses
    }
}

/// What the users of a profile have around them, of whatever status they are.
#[derive(Debug, Clone, Default)]
struct ProfileUse {
    by_anyone: bool,
    /// Somebody has users below.
    with_reports: bool,
    /// Somebody has another user beside.
    with_peers: bool,
    /// Somebody is lifted for view, by record type.
    lifted: [bool; RecordType::ALL.len()],
}

/// The settings of a profile for which something holds, in words.
fn settings(row: &ProfileRow, holds: impl Fn(RecordType, Action, Scope) -> bool) -> Vec<String> {
    let settings = row.profile.permissions.iter();
    settings
        .filter(|&(kind, action, scope)| holds(kind, action, scope))
        .map(|(kind, action, _)| format!("{} {}", action.verb(), kind.plural()))
        .collect()
}

/// Who lifts, for each record type, action and role: those strictly below who are within the gate and have the scope `all`.
///
/// [`At::lifters`] answers the same for one user; asked for everyone, it would look at everyone below each.
struct Lifts([[Vec<Lifters>; Action::ON_RECORDS.len()]; RecordType::ALL.len()]);

/// Those who lift whoever has a role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Lifters {
    /// The first [`Lifters::NAMED`] of them in load order.
    first: Vec<UserIx>,
    count: usize,
}

impl Lifters {
    /// As many as anyone reads; an answer about a lead of ten thousand has an end.
    const NAMED: usize = 20;

    fn add(&mut self, others: &Self) {
        self.first.extend_from_slice(&others.first);
        self.first.sort_unstable();
        self.first.truncate(Self::NAMED);
        self.count += others.count;
    }
}

impl Lifts {
    fn of(at: At<'_>) -> Self {
        let roles = &at.governance.roles;
        let in_order = roles.forest.in_order(roles.table.ids.iter());
        let mut lifts = Self(std::array::from_fn(|_| Default::default()));
        if at.governance.settings.reports_reach == ReportsReach::Accessible {
            for (lifts, &kind) in lifts.0.iter_mut().zip(RecordType::ALL) {
                for (below, action) in lifts.iter_mut().zip(Action::ON_RECORDS) {
                    let lifting = at.governance.users.iter().filter(|&user| {
                        at.passes_gate(user) && at.scope(user, kind, action) == Scope::All
                    });
                    *below = Self::below(at, &in_order, lifting);
                }
            }
        }
        lifts
    }

    /// By role, which of the users have one below it; nothing where there are none.
    fn below(at: At<'_>, in_order: &[RoleIx], users: impl Iterator<Item = UserIx>) -> Vec<Lifters> {
        let mut within = Vec::new();
        for user in users {
            within.resize_with(in_order.len(), Lifters::default);
            let alone = Lifters {
                first: vec![user],
                count: 1,
            };
            add_at(&mut within, at.role(user), &alone);
        }
        let mut below = vec![Lifters::default(); within.len()];
        if !within.is_empty() {
            // Pre-order from the back: a role is complete before it is handed to its parent.
            for &role in in_order.iter().rev() {
                let parent = at.governance.roles.forest.parent(role);
                for found in [&within, &below].map(|of| of.get(role.at()).cloned()) {
                    add_at(&mut below, parent, &found.unwrap_or_default());
                }
            }
        }
        below
    }

    /// Those through whom the user is lifted for the action, if the user is.
    fn through(
        &self,
        at: At<'_>,
        user: UserIx,
        kind: RecordType,
        action: Action,
    ) -> Option<&Lifters> {
        let scope = at.scope(user, kind, action);
        let role = at
            .role(user)
            .filter(|_| matches!(scope, Scope::Reports | Scope::Peers))?;
        let place = Action::ON_RECORDS.iter().position(|&one| one == action)?;
        let by_role = self.0.get(kind as usize)?.get(place)?;
        by_role.get(role.at()).filter(|by| by.count > 0)
    }
}

/// Adds to those who are noted for a role.
fn add_at(noted: &mut [Lifters], role: Option<RoleIx>, others: &Lifters) {
    if let Some(known) = role.and_then(|role| noted.get_mut(role.at())) {
        known.add(others);
    }
}

/// What is permitted, in words: the actions, and the types that they are permitted on.
fn permitted(what: &[(RecordType, Action)]) -> String {
    let mut groups: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for of_kind in what.chunk_by(|one, next| one.0 == next.0) {
        let actions: Vec<_> = of_kind.iter().map(|(_, action)| action.verb()).collect();
        let kinds = of_kind.first().map(|(kind, _)| kind.plural());
        match groups.iter_mut().find(|(known, _)| *known == actions) {
            Some((_, known)) => known.extend(kinds),
            None => groups.push((actions, kinds.into_iter().collect())),
        }
    }
    let groups = groups.iter().map(|(actions, kinds)| {
        // What is lifted is the action: whom the record is shown to is another question.
        let among = if actions.first() == Some(&Action::View.verb()) {
            ""
        } else {
            " that they see"
        };
        format!("{} all {}{among}", listed(actions), listed(kinds))
    });
    let groups: Vec<_> = groups.collect();
    let groups: Vec<_> = groups.iter().map(String::as_str).collect();
    joined(&groups, ", and ")
}

/// References that name nothing, by kind and id.
#[derive(Default)]
struct Missing(BTreeMap<(&'static str, String), Vec<Subject>>);

impl Missing {
    /// What refers to one id twice is noted once: its references are noted one after the other.
    fn note(&mut self, kind: &'static str, id: &str, from: Subject) {
        let referring = self.0.entry((kind, id.to_owned())).or_default();
        if referring.last() != Some(&from) {
            referring.push(from);
        }
    }

    fn tell(self, found: &mut Vec<Diagnostic>) {
        for ((kind, id), from) in self.0 {
            let mut by_kind: Vec<(&str, usize)> = Vec::new();
            for subject in &from {
                match by_kind.last_mut() {
                    Some((kind, count)) if *kind == subject.kind => *count += 1,
                    _ => by_kind.push((subject.kind, 1)),
                }
            }
            let referring: Vec<_> = by_kind
                .into_iter()
                .map(|(kind, count)| counted_kind(count, kind))
                .collect();
            let referring: Vec<_> = referring.iter().map(String::as_str).collect();
            let referring = listed(&referring);
            let noun = if kind == "jobRole" { "job role" } else { kind };
            let refer = if from.len() == 1 { "refers" } else { "refer" };
            let text = format!("No {noun} has the id {id}, and {referring} {refer} to it.");
            let count = from.len();
            let subjects = [vec![Subject { kind, id }], from].concat();
            found.push(Diagnostic {
                code: "unknown-reference",
                severity: Severity::Warning,
                subjects,
                count,
                text,
            });
        }
    }
}

/// The first few of many names, and how many more there are.
fn few<'a>(names: impl Iterator<Item = &'a str>, count: usize) -> String {
    const FEW: usize = 3;
    let mut shown: Vec<&str> = names.take(FEW).collect();
    let more = format!("{} more", grouped(count.saturating_sub(FEW)));
    if count > FEW {
        shown.push(&more);
    }
    listed(&shown)
}

/// Words as English lists them.
fn listed(words: &[&str]) -> String {
    joined(words, " and ")
}

/// Parts of a sentence with commas between, and something else before the last.
fn joined(parts: &[&str], before_last: &str) -> String {
    match parts.split_last() {
        Some((last, before)) if !before.is_empty() => before.join(", ") + before_last + last,
        _ => parts.concat(),
    }
}

/// So many of a subject's kind.
fn counted_kind(count: usize, kind: &str) -> String {
    match RecordType::from_word(kind) {
        Some(of_records) => counted(count, kind, of_records.plural()),
        None => counted(count, kind, &format!("{kind}s")),
    }
}

fn counted_of(count: usize, kind: RecordType, one: &str, many: &str) -> String {
    let verb = if count == 1 { one } else { many };
    format!("{} {verb}", counted_kind(count, kind.as_str()))
}
