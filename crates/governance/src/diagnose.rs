//! What an administrator should look at: references that name nothing, and reach that surprises (§10.1).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::at::At;
use crate::org::Status;
use crate::profile::{Action, Scope, Toggle};
use crate::record::RecordType;
use crate::table::{RecordIx, UserIx};
use crate::word::vocabulary;

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// What kind of thing it is; stable.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about; for a reference that names nothing, that id first and then those who refer to it.
    pub subjects: Vec<Subject>,
    /// The diagnostic as one English sentence.
    pub text: String,
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
    /// `user`, `role`, `profile`, `jobRole`, `company`, `deal`, `member`, or a record type.
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
        let mut found = Vec::new();
        self.diagnose_members(&mut found);
        self.diagnose_roles(&mut found);
        self.diagnose_references(&mut found);
        self.diagnose_guests(&mut found);
        self.diagnose_lifts(&mut found);
        self.diagnose_memberships(&mut found);
        self.diagnose_records(&mut found);
        found.sort_by_key(|diagnostic| diagnostic.severity);
        found
    }

    fn diagnose_members(self, found: &mut Vec<Diagnostic>) {
        let members = &self.governance.header.unknown_members;
        if !members.is_empty() {
            found.push(Diagnostic {
                code: "unknown-member",
                severity: Severity::Warning,
                subjects: members
                    .iter()
                    .map(|place| Subject::new("member", place.as_str()))
                    .collect(),
                text: format!(
                    "{} of the document not known to the format and passed over.",
                    counted(members.len(), "member is", "members are")
                ),
            });
        }
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
        let mut told = std::collections::HashSet::new();
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
                found.push(Diagnostic {
                    code: "role-cycle",
                    severity: Severity::Error,
                    subjects: cycle.iter().map(|&role| Subject::new("role", roles.id(role))).collect(),
                    text: format!("Each of these roles is above the other, so none of them reaches downwards: {}.", names.join(" › ")),
                });
            }
        }
        let mut missing: BTreeMap<&str, Vec<Subject>> = BTreeMap::new();
        for (role, row) in roles.table.iter() {
            if let Some(parent) = row.parent.filter(|&parent| roles.get(parent).is_none()) {
                missing
                    .entry(roles.id(parent))
                    .or_default()
                    .push(Subject::new("role", roles.id(role)));
            }
        }
        for (parent, children) in missing {
            let text = format!(
                "The role {parent} does not exist, so {} below it a root.",
                counted(children.len(), "role is", "roles are each")
            );
            found.push(Diagnostic {
                code: "missing-parent",
                severity: Severity::Error,
                subjects: [vec![Subject::new("role", parent)], children].concat(),
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
                for assigned in records.assigned.get(record) {
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
        missing.tell(found);
    }

    fn note_user(self, missing: &mut Missing, user: UserIx, from: impl Fn() -> Subject) {
        if !self.governance.users.exists(user) {
            missing.note("user", self.governance.users.id(user), from());
        }
    }

    fn diagnose_guests(self, found: &mut Vec<Diagnostic>) {
        let governance = self.governance;
        for (user, person) in governance.users.table.iter() {
            let Some(term) = &person.guest else { continue };
            let subjects = || vec![Subject::new("user", governance.users.id(user))];
            let name = &person.name;
            let profile = governance.profiles.get(person.profile);
            if profile.is_some_and(|profile| profile.profile.admin) {
                let text = format!(
                    "{name} is a guest with an admin profile, which permits a guest nothing."
                );
                found.push(Diagnostic {
                    code: "guest-admin",
                    severity: Severity::Warning,
                    subjects: subjects(),
                    text,
                });
            }
            if !self.passes_gate(user) {
                continue;
            }
            if self.is_expiring(term) {
                let text = format!("The guest term of {name} ends on {}.", term.expires_at);
                found.push(Diagnostic {
                    code: "guest-expiring",
                    severity: Severity::Warning,
                    subjects: subjects(),
                    text,
                });
            }
            let wide: Vec<_> = RecordType::ALL
                .iter()
                .filter(|&&kind| {
                    self.scope(user, kind, Action::View) == Scope::All
                        || self.lifted(user, kind, Action::View)
                })
                .map(|kind| kind.plural())
                .chain(
                    self.toggle(user, Toggle::AllDeals)
                        .then_some("partner deals"),
                )
                .collect();
            if !wide.is_empty() {
                let text = format!("{name} is a guest and sees all {}.", wide.join(", "));
                found.push(Diagnostic {
                    code: "guest-wide-reach",
                    severity: Severity::Warning,
                    subjects: subjects(),
                    text,
                });
            }
        }
    }

    /// The users who see all records of a type through somebody below them (§3.2).
    fn diagnose_lifts(self, found: &mut Vec<Diagnostic>) {
        let governance = self.governance;
        for user in governance
            .users
            .iter()
            .filter(|&user| self.passes_gate(user))
        {
            let mut kinds_by_report: BTreeMap<UserIx, Vec<&str>> = BTreeMap::new();
            for &kind in RecordType::ALL {
                // One report is named: the first in load order stands for all who lift the same type.
                if let Some(report) = self.lifters(user, kind, Action::View).min() {
                    kinds_by_report
                        .entry(report)
                        .or_default()
                        .push(kind.plural());
                }
            }
            for (report, kinds) in kinds_by_report {
                found.push(Diagnostic {
                    code: "lifted-reach",
                    severity: Severity::Info,
                    subjects: [user, report]
                        .map(|user| Subject::new("user", governance.users.id(user)))
                        .to_vec(),
                    text: format!(
                        "{} sees all {}, because {} reports to them and does.",
                        governance.users.name(user),
                        kinds.join(", "),
                        governance.users.name(report)
                    ),
                });
            }
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
                    text: format!(
                        "{} has a standing at a company, and none of them is primary.",
                        person.name
                    ),
                });
            }
        }
    }

    fn diagnose_records(self, found: &mut Vec<Diagnostic>) {
        let governance = self.governance;
        for &kind in RecordType::ALL {
            let records = governance.records.of(kind);
            let subjects = |chosen: &dyn Fn(RecordIx) -> bool| -> Vec<Subject> {
                records
                    .iter()
                    .filter(|&record| chosen(record))
                    .map(|record| Subject::new(kind.as_str(), records.id(record)))
                    .collect()
            };
            let active = |user: UserIx| {
                governance
                    .users
                    .get(user)
                    .is_some_and(|person| person.status == Status::Active)
            };
            let orphaned = subjects(&|record| !self.holders(kind, record).any(active));
            if !orphaned.is_empty() {
                let text = format!(
                    "{} by nobody who is active.",
                    counted_of(orphaned.len(), kind, "is held", "are held")
                );
                found.push(Diagnostic {
                    code: "orphaned-record",
                    severity: Severity::Warning,
                    subjects: orphaned,
                    text,
                });
            }
            let not_assigned = subjects(&|record| {
                let assigned = records.assigned.get(record);
                let owner = records.owner(record);
                !assigned.is_empty()
                    && owner.is_some_and(|owner| {
                        !assigned.iter().any(|assigned| assigned.user == owner)
                    })
            });
            if !not_assigned.is_empty() {
                let text = format!(
                    "{} assigned users of whom the record owner is none.",
                    counted_of(not_assigned.len(), kind, "has", "have")
                );
                found.push(Diagnostic {
                    code: "owner-not-assigned",
                    severity: Severity::Info,
                    subjects: not_assigned,
                    text,
                });
            }
        }
    }
}

/// References that name nothing, by kind and id.
#[derive(Default)]
struct Missing(BTreeMap<(&'static str, String), Vec<Subject>>);

impl Missing {
    fn note(&mut self, kind: &'static str, id: &str, from: Subject) {
        self.0.entry((kind, id.to_owned())).or_default().push(from);
    }

    fn tell(self, found: &mut Vec<Diagnostic>) {
        for ((kind, id), from) in self.0 {
            let noun = if kind == "jobRole" { "job role" } else { kind };
            let text = format!(
                "No {noun} has the id {id}, to which {}.",
                counted(from.len(), "thing refers", "things refer")
            );
            let subjects = [vec![Subject { kind, id }], from].concat();
            found.push(Diagnostic {
                code: "unknown-reference",
                severity: Severity::Warning,
                subjects,
                text,
            });
        }
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn counted_of(count: usize, kind: RecordType, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 {} {one}", kind.noun())
    } else {
        format!("{count} {} {many}", kind.plural())
    }
}
