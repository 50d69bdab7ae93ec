//! The bytes of a slice: what is in them, how they are checked, and the organisation that they load to.
//!
//! ```text
//! 0xF5 's' 'l' 'i' 'c' 'e'   six bytes that begin no JSON and no UTF-8 text
//! version                    one byte
//! checksum                   XXH64 of what follows, eight bytes, little-endian
//! body                       a `Sheet` in postcard's format
//! ```
//!
//! The checksum finds what was cut off or altered on the way. It is no signature: that bytes come from
//! the server is the transport's to show.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash64;

use crate::amount::Amount;
use crate::compile::Check;
use crate::error::{Code, LoadError, Pointer};
use crate::governance::{Assigned, Governance, RecordTables};
use crate::instant::Instant;
use crate::load::Limits;
use crate::org::{self, FieldValue, Format, Org, ReportsReach, Status, Tier};
use crate::profile::{Action, Scope, Toggle};
use crate::record::RecordType;
use crate::slice::Slice;
use crate::table::{Column, Ids, Ix, JobRoleIx, Presence, RecordIx, Rows, UserIx};

const MAGIC: [u8; 6] = *b"\xF5slice";
const VERSION: u8 = 1;
const CHECKSUM: usize = 8;

/// Everything in a slice. Numbers point into the lists beside them; where one may be absent, 0 says so
/// and all others are one higher.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sheet<'a> {
    pub(super) viewer: &'a str,
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) time_zone: &'a str,
    pub(super) settings: Settings,
    /// Id and name.
    #[serde(borrow)]
    pub(super) job_roles: Vec<(&'a str, &'a str)>,
    #[serde(borrow)]
    pub(super) roles: Vec<Role<'a>>,
    #[serde(borrow)]
    pub(super) profiles: Vec<Profile<'a>>,
    #[serde(borrow)]
    pub(super) companies: Vec<Company<'a>>,
    #[serde(borrow)]
    pub(super) people: Vec<Person<'a>>,
    /// How many of the last people stand for somebody who is not shown.
    pub(super) someone: u32,
    /// Ids of users that are not in `people`, numbered after them.
    #[serde(borrow)]
    pub(super) mentioned: Vec<&'a str>,
    #[serde(borrow)]
    pub(super) records: Vec<Records<'a>>,
    #[serde(borrow)]
    pub(super) deals: Vec<Deal<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) multi_user_assignment: bool,
    pub(super) reports_reach: ReportsReach,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Role<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) parent: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Profile<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) admin: bool,
    pub(super) permissions: Vec<(RecordType, Action, Scope)>,
    pub(super) toggles: Vec<(Toggle, bool)>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Company<'a> {
    pub(super) id: &'a str,
    /// Absent for an id that names nothing.
    pub(super) name: Option<&'a str>,
    pub(super) account_owner_email: Option<&'a str>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Person<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) email: Option<&'a str>,
    pub(super) profile: u32,
    pub(super) role: Option<u32>,
    pub(super) job_role: Option<u32>,
    pub(super) is_locked: bool,
    pub(super) guest: Option<Term>,
    /// Company, tier, and whether it is the primary one.
    pub(super) standings: Vec<(u32, Tier, bool)>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Term {
    pub(super) claimed: bool,
    pub(super) expires_at: Instant,
    pub(super) revoked_at: Option<Instant>,
}

/// The records of one type, as columns.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Records<'a> {
    pub(super) kind: RecordType,
    #[serde(borrow)]
    pub(super) ids: Texts<'a>,
    #[serde(borrow)]
    pub(super) names: Texts<'a>,
    pub(super) owners: Vec<u32>,
    /// How many of `assigned` belong to each record.
    pub(super) assigned_counts: Vec<u32>,
    pub(super) assigned: Vec<u32>,
    pub(super) assigned_job_roles: Vec<u32>,
    pub(super) accounts: Vec<u32>,
    /// Record, and how many of its people are not in the slice.
    pub(super) withheld: Vec<(u32, u32)>,
    #[serde(borrow)]
    pub(super) field_names: Vec<&'a str>,
    /// How many of `fields` belong to each record.
    pub(super) field_counts: Vec<u32>,
    #[serde(borrow)]
    pub(super) fields: Vec<(u32, Value<'a>)>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(&'a str),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Deal<'a> {
    pub(super) id: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) company: u32,
    pub(super) owner: u32,
    pub(super) registered_by: Option<u32>,
    pub(super) owner_tier: Option<Tier>,
    pub(super) stage: Option<&'a str>,
    pub(super) amount: Option<Amount>,
    pub(super) currency: Option<&'a str>,
    pub(super) expected_close: Option<&'a str>,
    pub(super) created_at: Option<Instant>,
}

/// Texts end to end.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Texts<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
    /// The length of each, in bytes and one higher; 0 where there is none.
    lengths: Vec<u32>,
}

impl Texts<'_> {
    pub(super) fn push(&mut self, text: Option<&str>) {
        let length = text.and_then(|text| u32::try_from(text.len()).ok());
        self.lengths.push(optional(length));
        self.text.to_mut().push_str(text.unwrap_or_default());
    }

    /// The texts, up to the first whose length does not fit.
    fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        let mut rest: &str = &self.text;
        self.lengths.iter().map_while(move |&length| {
            let Some(length) = present(length) else {
                return Some(None);
            };
            let (text, after) = rest.split_at_checked(length as usize)?;
            rest = after;
            Some(Some(text))
        })
    }
}

/// A number that may be absent, as the columns have it.
pub(super) fn optional(number: Option<u32>) -> u32 {
    number.map_or(0, |number| number.saturating_add(1))
}

fn present(number: u32) -> Option<u32> {
    number.checked_sub(1)
}

impl<'a> From<&'a FieldValue> for Value<'a> {
    fn from(value: &'a FieldValue) -> Self {
        match value {
            FieldValue::Null => Self::Null,
            FieldValue::Bool(value) => Self::Bool(*value),
            FieldValue::Number(value) => Self::Number(*value),
            FieldValue::Text(value) => Self::Text(value),
        }
    }
}

impl Records<'_> {
    pub(super) fn of(kind: RecordType) -> Self {
        Self {
            kind,
            ids: Texts::default(),
            names: Texts::default(),
            owners: Vec::new(),
            assigned_counts: Vec::new(),
            assigned: Vec::new(),
            assigned_job_roles: Vec::new(),
            accounts: Vec::new(),
            withheld: Vec::new(),
            field_names: Vec::new(),
            field_counts: Vec::new(),
            fields: Vec::new(),
        }
    }
}

impl Sheet<'_> {
    /// The slice's bytes.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        // Writing to memory cannot fail, and there is nothing in a sheet that the format does not have.
        let body = postcard::to_allocvec(&self).unwrap_or_default();
        let mut bytes = Vec::with_capacity(MAGIC.len() + 1 + CHECKSUM + body.len());
        bytes.extend(MAGIC);
        bytes.push(VERSION);
        bytes.extend(XxHash64::oneshot(0, &body).to_le_bytes());
        bytes.extend(body);
        bytes
    }
}

/// Whether bytes are meant to be a slice: no JSON begins as one does.
pub(crate) fn is_slice(bytes: &[u8]) -> bool {
    bytes.first() == MAGIC.first()
}

/// Loads a slice.
pub(crate) fn load(bytes: &[u8], limits: &Limits) -> Result<Governance, LoadError> {
    let refused = |code, message: &str| LoadError::new(code, Pointer::root(), message);
    let rest = bytes.strip_prefix(&MAGIC).and_then(<[u8]>::split_first);
    let Some((&version, rest)) = rest else {
        return Err(damaged());
    };
    if version != VERSION {
        let message = format!("a slice of version {version}, version {VERSION} is read");
        return Err(refused(Code::UnknownFormat, &message));
    }
    let (checksum, body) = rest.split_first_chunk::<CHECKSUM>().ok_or_else(damaged)?;
    if XxHash64::oneshot(0, body) != u64::from_le_bytes(*checksum) {
        return Err(damaged());
    }
    let (sheet, rest) = postcard::take_from_bytes::<Sheet<'_>>(body).map_err(|_| damaged())?;
    if !rest.is_empty() {
        return Err(damaged());
    }
    sheet.into_governance(limits)
}

fn damaged() -> LoadError {
    let message = "the slice is cut off or was altered";
    LoadError::new(Code::DamagedSlice, Pointer::root(), message)
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

impl Sheet<'_> {
    fn into_governance(mut self, limits: &Limits) -> Result<Governance, LoadError> {
        let people = self.people.len();
        let records = std::mem::take(&mut self.records);
        let mentioned = std::mem::take(&mut self.mentioned);
        let someone = people
            .checked_sub(self.someone as usize)
            .ok_or_else(damaged)?;
        let viewer = self.viewer.to_owned();
        let job_roles = self.job_roles.len();
        let org = self.as_org(&mentioned)?;
        let mut governance = Governance::compile(org, Vec::new(), limits)?;

        let users = Arc::make_mut(&mut governance.users);
        let check = Check { limits };
        let mut user_numbers: Vec<UserIx> = (0..people).filter_map(ix).collect();
        for id in &mentioned {
            let user = check.refer(&mut users.table.ids, Pointer::root, id)?;
            if users.table.exists(user) || id.is_empty() {
                return Err(damaged());
            }
            user_numbers.push(user);
        }
        let mut slice = Slice {
            viewer,
            unnamed: (someone..people).filter_map(ix).collect(),
            withheld: BTreeMap::new(),
        };
        let reading = Reading {
            check,
            users: &user_numbers,
            job_roles,
            accounts: records
                .iter()
                .find(|records| records.kind == RecordType::Account)
                .map_or(0, |records| records.owners.len()),
        };
        governance.records = reading.tables(records, &mut slice)?;
        let count = governance.users.table.ids.len();
        governance.records.index(governance.settings, count);
        governance.slice = Some(Arc::new(slice));
        Ok(governance)
    }

    /// Everything but the records, as a document: it is checked as any other.
    fn as_org(&self, mentioned: &[&str]) -> Result<Org, LoadError> {
        let user_id = |number: u32| {
            let number = number as usize;
            let person = self.people.get(number).map(|person| person.id);
            let id = person.or_else(|| {
                mentioned
                    .get(number.checked_sub(self.people.len())?)
                    .copied()
            });
            id.map(str::to_owned).ok_or_else(damaged)
        };
        let company_id = |number: u32| {
            let company = self.companies.get(number as usize);
            company
                .map(|company| company.id.to_owned())
                .ok_or_else(damaged)
        };
        let role_id = |number: Option<u32>| {
            let id = |number: u32| {
                self.roles
                    .get(number as usize)
                    .map(|role| role.id.to_owned())
            };
            number
                .map(|number| id(number).ok_or_else(damaged))
                .transpose()
        };
        Ok(Org {
            format: Format::V1,
            id: self.id.to_owned(),
            name: self.name.to_owned(),
            time_zone: self.time_zone.to_owned(),
            settings: org::Settings {
                multi_user_assignment: self.settings.multi_user_assignment,
                reports_reach: self.settings.reports_reach,
            },
            job_roles: Some(
                self.job_roles
                    .iter()
                    .map(|(id, name)| org::JobRole {
                        id: (*id).to_owned(),
                        name: (*name).to_owned(),
                    })
                    .collect(),
            ),
            roles: self
                .roles
                .iter()
                .map(|role| {
                    Ok(org::Role {
                        id: role.id.to_owned(),
                        name: role.name.to_owned(),
                        parent: role_id(role.parent)?,
                    })
                })
                .collect::<Result<_, _>>()?,
            profiles: self.profiles.iter().map(Profile::as_org).collect(),
            users: self
                .people
                .iter()
                .map(|person| {
                    let profile = self.profiles.get(person.profile as usize);
                    let job_role = person.job_role.map(|number| {
                        let job_role = self.job_roles.get(number as usize);
                        job_role.map(|(id, _)| (*id).to_owned()).ok_or_else(damaged)
                    });
                    Ok(org::User {
                        email: owned(person.email),
                        role: role_id(person.role)?,
                        job_role: job_role.transpose()?,
                        status: if person.is_locked {
                            Status::Locked
                        } else {
                            Status::Active
                        },
                        guest: person.guest.as_ref().map(|term| org::Guest {
                            claimed: term.claimed,
                            expires_at: term.expires_at,
                            revoked_at: term.revoked_at,
                            sponsor: None,
                        }),
                        memberships: person
                            .standings
                            .iter()
                            .map(|&(company, tier, primary)| {
                                let company = company_id(company)?;
                                Ok(org::Membership {
                                    company,
                                    tier,
                                    primary,
                                })
                            })
                            .collect::<Result<_, _>>()?,
                        ..org::User::new(person.id, person.name, profile.ok_or_else(damaged)?.id)
                    })
                })
                .collect::<Result<_, _>>()?,
            companies: self
                .companies
                .iter()
                .filter_map(|company| {
                    Some(org::Company {
                        id: company.id.to_owned(),
                        name: company.name?.to_owned(),
                        account_owner_email: owned(company.account_owner_email),
                    })
                })
                .collect(),
            records: Vec::new(),
            deals: self
                .deals
                .iter()
                .map(|deal| {
                    Ok(org::Deal {
                        id: deal.id.to_owned(),
                        name: owned(deal.name),
                        company: company_id(deal.company)?,
                        owner: user_id(deal.owner)?,
                        registered_by: deal.registered_by.map(user_id).transpose()?,
                        owner_tier: deal.owner_tier,
                        stage: owned(deal.stage),
                        amount: deal.amount,
                        currency: owned(deal.currency),
                        expected_close: owned(deal.expected_close),
                        created_at: deal.created_at,
                    })
                })
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Profile<'_> {
    fn as_org(&self) -> org::Profile {
        org::Profile {
            id: self.id.to_owned(),
            name: self.name.to_owned(),
            admin: self.admin,
            permissions: self.permissions.iter().copied().collect(),
            toggles: self.toggles.iter().copied().collect(),
        }
    }
}

/// What the columns of records are checked against.
struct Reading<'a> {
    check: Check<'a>,
    users: &'a [UserIx],
    job_roles: usize,
    accounts: usize,
}

impl Reading<'_> {
    fn tables(
        &self,
        sheets: Vec<Records<'_>>,
        slice: &mut Slice,
    ) -> Result<RecordTables, LoadError> {
        let mut tables = RecordTables::default();
        let mut seen = BTreeSet::new();
        let mut total = 0;
        for sheet in sheets {
            total += sheet.owners.len();
            if !seen.insert(sheet.kind) || total > self.check.limits.records {
                return Err(damaged());
            }
            self.table(&sheet, &mut tables, slice)?;
        }
        Ok(tables)
    }

    fn table(
        &self,
        sheet: &Records<'_>,
        tables: &mut RecordTables,
        slice: &mut Slice,
    ) -> Result<(), LoadError> {
        let count = sheet.owners.len();
        let mut ids = Ids::with_capacity(count);
        for id in sheet.ids.iter() {
            let id = id.ok_or_else(damaged)?;
            self.check
                .define(&mut ids, &Pointer::root, "records of one type", id)?;
        }
        let names = sheet.names.iter();
        let names: Vec<_> = names.map(owned).collect();
        for name in names.iter().flatten() {
            self.check.text(&Pointer::root(), name)?;
        }
        let owners = sheet.owners.iter().map(|&owner| self.optional_user(owner));
        let accounts = sheet.accounts.iter().map(|&account| {
            let account = present(account).filter(|&account| (account as usize) < self.accounts);
            account.map(RecordIx::new)
        });
        let accounts: Vec<_> = accounts.collect();
        let assigned = self.assigned(sheet)?;
        let fields = sheet.rows_of_fields()?;
        let lengths = [
            ids.len(),
            names.len(),
            accounts.len(),
            assigned.len(),
            fields.len(),
        ];
        if lengths.iter().any(|&length| length != count) {
            return Err(damaged());
        }
        for &(record, withheld) in &sheet.withheld {
            if record as usize >= count {
                return Err(damaged());
            }
            slice
                .withheld
                .insert((sheet.kind, RecordIx::new(record)), withheld);
        }
        let table = tables.of_mut(sheet.kind);
        table.ids = Arc::new(ids);
        table.presence = Presence::loaded(count);
        table.owners = Column::from(owners.collect::<Result<Vec<_>, _>>()?);
        table.assigned = Rows::pack(assigned);
        table.accounts = Column::from(accounts);
        table.names = Column::from(names);
        table.fields = Column::from(fields);
        Ok(())
    }

    fn optional_user(&self, number: u32) -> Result<Option<UserIx>, LoadError> {
        present(number).map(|number| self.user(number)).transpose()
    }

    fn user(&self, number: u32) -> Result<UserIx, LoadError> {
        self.users.get(number as usize).copied().ok_or_else(damaged)
    }

    fn assigned(&self, sheet: &Records<'_>) -> Result<Vec<Vec<Assigned>>, LoadError> {
        if sheet.assigned.len() != sheet.assigned_job_roles.len() {
            return Err(damaged());
        }
        let all = sheet.assigned.iter().zip(&sheet.assigned_job_roles);
        let all = all.map(|(&user, &job_role)| {
            let job_role = present(job_role).filter(|&number| (number as usize) < self.job_roles);
            Ok(Assigned {
                user: self.user(user)?,
                job_role: job_role.map(JobRoleIx::new),
            })
        });
        let rows = rows(&all.collect::<Result<Vec<_>, _>>()?, &sheet.assigned_counts)?;
        let is_repeated = |row: &Vec<Assigned>| {
            let users: BTreeSet<_> = row.iter().map(|assigned| assigned.user).collect();
            users.len() != row.len()
        };
        if rows.iter().any(is_repeated) {
            return Err(damaged());
        }
        Ok(rows)
    }
}

impl Records<'_> {
    fn rows_of_fields(&self) -> Result<Vec<BTreeMap<String, FieldValue>>, LoadError> {
        let field = |(name, value): &(u32, Value<'_>)| {
            let name = self.field_names.get(*name as usize).ok_or_else(damaged)?;
            let value = match *value {
                Value::Null => FieldValue::Null,
                Value::Bool(value) => FieldValue::Bool(value),
                Value::Number(value) if value.is_finite() => FieldValue::Number(value),
                Value::Number(_) => return Err(damaged()),
                Value::Text(value) => FieldValue::Text(value.to_owned()),
            };
            Ok(((*name).to_owned(), value))
        };
        let fields = self
            .fields
            .iter()
            .map(field)
            .collect::<Result<Vec<_>, _>>()?;
        let rows = rows(&fields, &self.field_counts)?;
        Ok(rows.into_iter().map(BTreeMap::from_iter).collect())
    }
}

/// Values end to end, as one list for each count. All of them have to be used.
fn rows<T: Clone>(values: &[T], counts: &[u32]) -> Result<Vec<Vec<T>>, LoadError> {
    let mut rest = values;
    let rows = counts.iter().map(|&count| {
        let (row, after) = rest.split_at_checked(count as usize).ok_or_else(damaged)?;
        rest = after;
        Ok(row.to_vec())
    });
    let rows = rows.collect::<Result<_, _>>()?;
    if rest.is_empty() {
        Ok(rows)
    } else {
        Err(damaged())
    }
}

fn ix<I: Ix>(number: usize) -> Option<I> {
    u32::try_from(number).ok().map(I::new)
}
