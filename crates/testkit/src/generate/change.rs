//! Random changes to a random organisation: most name things that exist and are made, some are refused.

use proptest::collection::vec;
use proptest::prelude::*;
use sidelight_governance::org::{
    Assignment, Company, CrmRecord, Deal, Guest, JobRole, Membership, Org, Profile, ReportsReach,
    Role, SavedView, Settings, Status, Tier, User,
};
use sidelight_governance::profile::applicable;
use sidelight_governance::{
    Action, AssignedEdit, Change, Filter, RecordType, Removal, Scope, Sort, Thing, Toggle,
};

use super::{IDS, Sample, instant, now, organisation};
use crate::reference::Reference;

/// An organisation and changes to it.
///
/// A change is drawn from bytes by what the organisation has, so that both become smaller on their
/// own when a failure is made small.
pub fn changed_organisation() -> impl Strategy<Value = (Sample, Vec<Change>)> {
    let bytes = vec(any::<u8>(), BYTES);
    (organisation(), vec(bytes, 1..4)).prop_map(|(sample, draws)| {
        let changes = draws.iter().map(|bytes| change(&sample.0, bytes));
        let changes = changes.collect();
        (sample, changes)
    })
}

/// An organisation, and edits of assigned users in the names of actors.
pub fn edited_organisation() -> impl Strategy<Value = (Sample, Vec<(String, AssignedEdit)>)> {
    let bytes = vec(any::<u8>(), 40);
    (organisation(), vec(bytes, 1..4)).prop_map(|(sample, draws)| {
        let edit = |bytes: Vec<u8>| {
            let org = &sample.0;
            let bytes = bytes.iter();
            let mut draw = Draw { org, bytes };
            let edit = draw.edit();
            (draw.actor(&edit), edit)
        };
        let edits = draws.into_iter().map(edit).collect();
        (sample, edits)
    })
}

/// As many bytes as a change is drawn from; what is missing is zero.
pub const BYTES: usize = 24;

/// A change drawn from bytes, by what the organisation has.
pub fn change(org: &Org, bytes: &[u8]) -> Change {
    let bytes = bytes.iter();
    Draw { org, bytes }.change()
}

struct Draw<'a> {
    org: &'a Org,
    bytes: std::slice::Iter<'a, u8>,
}

impl Draw<'_> {
    fn number(&mut self, below: usize) -> usize {
        usize::from(self.bytes.next().copied().unwrap_or(0)) % below
    }

    /// True once in so many times.
    fn once_in(&mut self, times: usize) -> bool {
        self.number(times) == times - 1
    }

    fn one_of<T: Clone>(&mut self, values: &[T]) -> Option<T> {
        values.get(self.number(values.len().max(1))).cloned()
    }

    /// The id of something that exists, mostly.
    fn id(&mut self, existing: impl Iterator<Item = String>) -> String {
        let existing: Vec<String> = existing.collect();
        let any = self.once_in(16) || existing.is_empty();
        let id = if any {
            self.one_of(&IDS.map(str::to_owned))
        } else {
            self.one_of(&existing)
        };
        id.unwrap_or_default()
    }

    fn user(&mut self) -> String {
        self.id(self.org.users.iter().map(|user| user.id.clone()))
    }

    fn role(&mut self) -> String {
        self.id(self.org.roles.iter().map(|role| role.id.clone()))
    }

    fn profile(&mut self) -> String {
        self.id(self.org.profiles.iter().map(|profile| profile.id.clone()))
    }

    fn company(&mut self) -> String {
        self.id(self.org.companies.iter().map(|company| company.id.clone()))
    }

    fn job_role(&mut self) -> String {
        let catalogue = self.org.job_roles.clone().unwrap_or_else(JobRole::initial);
        self.id(catalogue.into_iter().map(|job_role| job_role.id))
    }

    fn deal(&mut self) -> String {
        self.id(self.org.deals.iter().map(|deal| deal.id.clone()))
    }

    fn record(&mut self) -> (RecordType, String) {
        let existing: Vec<_> = self
            .org
            .records
            .iter()
            .map(|record| (record.kind, record.id.clone()))
            .collect();
        if self.once_in(8) || existing.is_empty() {
            let id = self.id(std::iter::empty());
            return (self.kind(), id);
        }
        self.one_of(&existing)
            .unwrap_or_else(|| (RecordType::Account, String::new()))
    }

    fn kind(&mut self) -> RecordType {
        self.one_of(RecordType::ALL).unwrap_or(RecordType::Account)
    }

    fn tier(&mut self) -> Tier {
        self.one_of(Tier::ALL).unwrap_or(Tier::Sales)
    }

    fn perhaps<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.once_in(2).then(|| value(self))
    }

    fn mostly<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (!self.once_in(5)).then(|| value(self))
    }

    fn change(&mut self) -> Change {
        match self.number(22) {
            0 | 1 => {
                let (kind, id) = self.record();
                Change::Assign {
                    kind,
                    id,
                    user: self.user(),
                    job_role: self.perhaps(|draw| draw.mostly(Self::job_role)),
                }
            }
            2 => {
                let (kind, id) = self.record();
                Change::Unassign {
                    kind,
                    id,
                    user: self.user(),
                }
            }
            3 => {
                let (kind, id) = self.record();
                Change::SetOwner {
                    kind,
                    id,
                    owner: self.mostly(Self::user),
                }
            }
            4 => Change::SetRole {
                user: self.user(),
                role: self.mostly(Self::role),
            },
            5 => Change::SetProfile {
                user: self.user(),
                profile: self.profile(),
            },
            6 => Change::SetStatus {
                user: self.user(),
                status: self.one_of(Status::ALL).unwrap_or_default(),
            },
            7 | 8 => {
                let (kind, action) = (
                    self.kind(),
                    self.one_of(Action::ALL).unwrap_or(Action::View),
                );
                let scopes = if self.once_in(8) {
                    Scope::ALL
                } else {
                    applicable(kind, action)
                };
                Change::SetPermission {
                    profile: self.profile(),
                    kind,
                    action,
                    scope: self.one_of(scopes).unwrap_or(Scope::Denied),
                }
            }
            9 => Change::SetToggle {
                profile: self.profile(),
                toggle: self
                    .one_of(&[Toggle::ProspectsInAccount, Toggle::AllDeals, Toggle::Export])
                    .unwrap_or(Toggle::Export),
                permitted: self.once_in(2),
            },
            10 => Change::MoveRole {
                role: self.role(),
                parent: self.mostly(Self::role),
            },
            11 => Change::SetGuest {
                user: self.user(),
                expires_at: self.perhaps(|draw| {
                    let ends = [
                        "2026-02-28T00:00:00Z",
                        "2026-03-01T00:00:00Z",
                        "2026-05-30T00:00:00Z",
                    ];
                    draw.one_of(&ends).map_or_else(now, instant)
                }),
                claimed: self.perhaps(|draw| draw.once_in(2)),
                revoked_at: self.perhaps(|draw| draw.perhaps(|_| now())),
            },
            12 => Change::SetTier {
                user: self.user(),
                company: self.company(),
                tier: self.mostly(Self::tier),
                primary: self.perhaps(|draw| draw.once_in(2)),
            },
            13 => Change::SetDealOwner {
                deal: self.deal(),
                owner: self.user(),
            },
            14 => Change::Remove(self.removal()),
            _ => Change::Put(self.thing()),
        }
    }

    /// An edit of some records of one type, one of them perhaps twice.
    fn edit(&mut self) -> AssignedEdit {
        let kind = [
            RecordType::Account,
            RecordType::Prospect,
            RecordType::Opportunity,
        ];
        let kind = if self.once_in(16) {
            self.kind()
        } else {
            self.one_of(&kind).unwrap_or(RecordType::Account)
        };
        let of_kind = |record: &&CrmRecord| record.kind == kind;
        let records = self.org.records.iter().filter(of_kind);
        let records: Vec<String> = records.map(|record| record.id.clone()).collect();
        let ids = (0..self.number(5)).map(|_| self.id(records.iter().cloned()));
        let ids = ids.collect();
        let count = self.number(3);
        let assignments = |draw: &mut Self| -> Vec<Assignment> {
            let assignment = |draw: &mut Self| Assignment {
                user: if draw.once_in(8) {
                    draw.id(std::iter::empty())
                } else {
                    draw.user()
                },
                job_role: draw.perhaps(Self::job_role),
            };
            (0..count).map(|_| assignment(draw)).collect()
        };
        let replaces = self.once_in(3);
        let neither = !replaces || self.once_in(12);
        AssignedEdit {
            kind,
            ids,
            replace: replaces.then(|| assignments(self)),
            add: (neither && self.once_in(2)).then(|| assignments(self)),
            remove: (neither && self.once_in(2)).then(|| {
                let count = self.number(3);
                (0..count).map(|_| self.user()).collect()
            }),
        }
    }

    /// Mostly somebody who may make the edit.
    fn actor(&mut self, edit: &AssignedEdit) -> String {
        let reference = Reference {
            org: self.org,
            now: now(),
        };
        let users = self.org.users.iter().map(|user| user.id.clone());
        let may = users.filter(|user| {
            let mut ids = edit.ids.iter();
            ids.any(|id| reference.can(user, Action::Assign, edit.kind, Some(id)))
        });
        let may: Vec<String> = may.collect();
        if may.is_empty() || self.once_in(4) {
            self.user()
        } else {
            self.one_of(&may).unwrap_or_default()
        }
    }

    fn view(&mut self) -> String {
        self.id(self.org.views.iter().map(|view| view.id.clone()))
    }

    fn new_view(&mut self, id: String) -> SavedView {
        SavedView {
            name: format!("View {id}"),
            // The name of the built-in view is refused.
            id: if self.once_in(16) {
                "assigned-to-me".to_owned()
            } else {
                id
            },
            user: self.user(),
            kind: self.kind(),
            filter: self.perhaps(|draw| Filter::Owner(vec![draw.user()])),
            sort: self.perhaps(|_| {
                vec![Sort {
                    by: "name".to_owned(),
                    descending: true,
                }]
            }),
            action: self.perhaps(|draw| draw.one_of(Action::ALL).unwrap_or(Action::View)),
        }
    }

    fn removal(&mut self) -> Removal {
        match self.number(7) {
            0 => Removal::User { id: self.user() },
            1 => Removal::Role { id: self.role() },
            2 => Removal::Profile { id: self.profile() },
            3 => Removal::Company { id: self.company() },
            4 => Removal::Deal { id: self.deal() },
            5 => Removal::View { id: self.view() },
            _ => {
                let (kind, id) = self.record();
                Removal::Record { id, kind }
            }
        }
    }

    /// Something new, or something else in the place of what has the id.
    fn thing(&mut self) -> Thing {
        let is_new = self.once_in(3);
        let new_id = self.id(std::iter::empty());
        let id = |known: String| if is_new { new_id.clone() } else { known };
        match self.number(15) {
            14 => {
                let id = id(self.view());
                Thing::View(Box::new(self.new_view(id)))
            }
            0 => Thing::Settings(Settings {
                multi_user_assignment: self.once_in(2),
                reports_reach: self.one_of(ReportsReach::ALL).unwrap_or_default(),
            }),
            1 => {
                let id = id(self.job_role());
                let name = self
                    .one_of(&["AE", "Ae", "SDR", "Other"])
                    .unwrap_or_default();
                Thing::JobRole(JobRole {
                    id,
                    name: name.to_owned(),
                })
            }
            2 | 3 => {
                let id = id(self.role());
                Thing::Role(Role {
                    name: format!("Role {id}"),
                    id,
                    parent: self.mostly(Self::role),
                })
            }
            4 => {
                let id = id(self.profile());
                Thing::Profile(self.new_profile(id))
            }
            5..=7 => {
                let id = id(self.user());
                Thing::User(Box::new(self.new_user(id)))
            }
            8 => {
                let id = id(self.company());
                let account_owner_email = self.mostly(|draw| {
                    draw.one_of(&["GRAHAM@example.com", "jo@example.com", ""])
                        .unwrap_or_default()
                        .to_owned()
                });
                Thing::Company(Company {
                    name: format!("Company {id}"),
                    id,
                    account_owner_email,
                })
            }
            9..=11 => {
                let (kind, known) = self.record();
                let id = id(known);
                Thing::Record(Box::new(self.new_record(kind, id)))
            }
            _ => {
                let id = id(self.deal());
                // An existing deal stays at its company, mostly.
                let known = self
                    .org
                    .deals
                    .iter()
                    .find(|deal| deal.id == id)
                    .map(|deal| deal.company.clone());
                let company = known
                    .filter(|_| !self.once_in(8))
                    .unwrap_or_else(|| self.company());
                let owner = self.user();
                Thing::Deal(Box::new(Deal {
                    registered_by: self.perhaps(Self::user),
                    owner_tier: self.perhaps(Self::tier),
                    ..Deal::new(id, company, owner)
                }))
            }
        }
    }

    fn new_profile(&mut self, id: String) -> Profile {
        let mut profile = Profile {
            id,
            admin: self.once_in(8),
            ..Profile::leadership()
        };
        for _ in 0..self.number(4) {
            let (kind, action) = (
                self.kind(),
                self.one_of(Action::ALL).unwrap_or(Action::View),
            );
            let scopes = if self.once_in(16) {
                Scope::ALL
            } else {
                applicable(kind, action)
            };
            if let Some(scope) = self.one_of(scopes) {
                profile.permissions.set(kind, action, scope);
            }
        }
        profile
    }

    fn new_user(&mut self, id: String) -> User {
        let is_guest = self
            .org
            .users
            .iter()
            .any(|user| user.id == id && user.guest.is_some());
        let guest = Guest {
            claimed: true,
            expires_at: instant("2026-05-30T00:00:00Z"),
            revoked_at: None,
            sponsor: self.perhaps(Self::user),
        };
        let memberships = (0..self.number(3))
            .map(|_| Membership {
                company: self.company(),
                tier: self.tier(),
                primary: self.once_in(2),
            })
            .collect();
        User {
            role: self.mostly(Self::role),
            job_role: self.perhaps(Self::job_role),
            status: if self.once_in(6) {
                Status::Locked
            } else {
                Status::Active
            },
            // What is a guest stays one, mostly.
            guest: (is_guest != self.once_in(5)).then_some(guest),
            memberships,
            ..User::new(id.clone(), format!("User {id}"), self.profile())
        }
    }

    fn new_record(&mut self, kind: RecordType, id: String) -> CrmRecord {
        let owner = self.mostly(Self::user);
        let assigned = (0..self.number(3)).map(|_| Assignment {
            user: self.user(),
            job_role: self.perhaps(Self::job_role),
        });
        let assigned: Vec<Assignment> = assigned.collect();
        let accounts = self
            .org
            .records
            .iter()
            .filter(|record| record.kind == RecordType::Account);
        let account = self.perhaps(|draw| draw.id(accounts.map(|record| record.id.clone())));
        let has_assigned = kind.has_assigned_users() || self.once_in(8);
        CrmRecord {
            owner,
            assigned: if has_assigned { assigned } else { Vec::new() },
            account,
            ..CrmRecord::new(kind, id)
        }
    }
}
