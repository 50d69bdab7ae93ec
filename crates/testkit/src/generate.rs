//! Random organisations: small and hostile ones for properties ([`organisation`]), and large ones,
//! skewed as real ones are, for measurements ([`sized`]).

pub mod change;
pub mod query;
pub mod sized;

use std::fmt;

use proptest::collection::vec;
use proptest::option::weighted as maybe;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;
use sidelight_governance::org::{
    Assignment, Company, CrmRecord, Deal, FieldValue, Format, Guest, JobRole, Membership, Org,
    Profile, ReportsReach, Role, SavedView, Settings, Status, Tier, User,
};
use sidelight_governance::profile::applicable;
use sidelight_governance::{Action, Filter, Instant, RecordType, Sort, Toggle};

/// An organisation that prints itself as the JSON of a conformance case.
#[derive(Clone, PartialEq)]
pub struct Sample(pub Org);

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string_pretty(&self.0).map_err(|_| fmt::Error)?)
    }
}

/// So many random cases of a property, unless `PROPTEST_CASES` asks for another number.
///
/// A failure is told and not kept in a file: it becomes a conformance case.
pub fn cases(cases: u32) -> Config {
    let asked = Config::default();
    let is_asked = std::env::var_os("PROPTEST_CASES").is_some();
    Config {
        cases: if is_asked { asked.cases } else { cases },
        failure_persistence: None,
        ..asked
    }
}

/// The instant around which random guest terms end.
pub fn now() -> Instant {
    instant("2026-03-01T00:00:00Z")
}

#[expect(clippy::expect_used, reason = "only literals are given")]
fn instant(text: &str) -> Instant {
    text.parse().expect("a literal in RFC 3339")
}

/// Ids for every kind: the same ones, so that ids of different kinds are often equal. The plain ones
/// come first, so that a shrunk organisation is readable.
pub const IDS: [&str; 20] = [
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "g",
    "h",
    "A",
    "__proto__",
    "constructor",
    "007",
    "7",
    "null",
    " ",
    "\u{200b}",
    "🦊",
    "é",
    "e\u{301}",
    "a/b~c",
];

/// The ids of one kind: some that exist, and some that name nothing.
#[derive(Debug, Clone)]
struct Ids {
    existing: Vec<&'static str>,
    dangling: Vec<&'static str>,
}

impl Ids {
    fn new(mut shuffled: Vec<&'static str>, existing: usize) -> Self {
        let dangling = shuffled.split_off(existing.min(IDS.len() - 1));
        Self {
            existing: shuffled,
            dangling,
        }
    }

    fn named(&self, reference: u8) -> String {
        let pool = if reference < DANGLING && !self.existing.is_empty() {
            &self.existing
        } else {
            &self.dangling
        };
        pool.iter()
            .cycle()
            .nth(usize::from(reference % DANGLING))
            .map(|id| (*id).to_owned())
            .unwrap_or_default()
    }

    fn each(&self) -> impl Iterator<Item = String> {
        self.existing.iter().map(|id| (*id).to_owned())
    }
}

/// A reference from here on names nothing; one below names one of those that exist, in turn.
const DANGLING: u8 = 24;

fn reference() -> impl Strategy<Value = u8> + Clone {
    prop_oneof![24 => 0..DANGLING, 1 => DANGLING..2 * DANGLING]
}

fn ids() -> impl Strategy<Value = Vec<&'static str>> {
    Just(IDS.to_vec()).prop_shuffle()
}

/// Names, some alike but for their case, some absent, some in scripts where case is odd.
fn name() -> impl Strategy<Value = Option<String>> {
    maybe(
        0.8,
        select(vec![
            "Acme",
            "acme east",
            "ACME WEST",
            "Straße",
            "İzmir",
            "",
            "Ωmega",
            "name",
        ]),
    )
    .prop_map(|name| name.map(str::to_owned))
}

fn email() -> impl Strategy<Value = Option<String>> {
    maybe(
        0.6,
        select(vec![
            "graham@example.com",
            "GRAHAM@Example.COM",
            "jo@example.com",
            "José@example.com",
            "JOSÉ@example.com",
            "",
        ]),
    )
    .prop_map(|email| email.map(str::to_owned))
}

fn tier() -> impl Strategy<Value = Tier> {
    select(Tier::ALL)
}

/// The parent of a role: mostly an earlier role, so that most are forests; else any role, itself
/// included, or one that does not exist.
#[derive(Debug, Clone)]
enum Parent {
    None,
    Earlier(u8),
    Any(u8),
}

fn parent() -> impl Strategy<Value = Parent> {
    prop_oneof![
        4 => Just(Parent::None),
        16 => (0..DANGLING).prop_map(Parent::Earlier),
        1 => reference().prop_map(Parent::Any),
    ]
}

#[derive(Debug, Clone)]
struct ProfileSeed {
    admin: bool,
    scopes: Vec<u8>,
    toggles: Vec<Option<bool>>,
}

fn profile() -> impl Strategy<Value = ProfileSeed> {
    let scopes = vec(0..60_u8, RecordType::ALL.len() * Action::ALL.len());
    let toggles = vec(maybe(0.7, prop::bool::weighted(0.35)), Toggle::ALL.len());
    (prop::bool::weighted(0.12), scopes, toggles).prop_map(|(admin, scopes, toggles)| ProfileSeed {
        admin,
        scopes,
        toggles,
    })
}

impl ProfileSeed {
    fn build(self, id: String) -> Profile {
        let settings = RecordType::ALL
            .iter()
            .flat_map(|&kind| Action::ALL.iter().map(move |&action| (kind, action)));
        let permissions = settings
            .zip(self.scopes)
            .filter_map(|((kind, action), seed)| {
                // Once the setting that the profile does not mention, and each scope twice.
                let scopes = applicable(kind, action);
                let scope =
                    scopes.get((usize::from(seed) % (scopes.len() * 2 + 1)).checked_sub(1)? / 2)?;
                Some((kind, action, *scope))
            });
        let toggles = Toggle::ALL
            .iter()
            .zip(self.toggles)
            .filter_map(|(&toggle, permitted)| Some((toggle, permitted?)));
        Profile {
            name: format!("Profile {id}"),
            id,
            admin: self.admin,
            permissions: permissions.collect(),
            toggles: toggles.collect(),
        }
    }
}

#[derive(Debug, Clone)]
struct UserSeed {
    email: Option<String>,
    profile: u8,
    role: Option<u8>,
    job_role: Option<u8>,
    labels: [Option<String>; 2],
    status: Status,
    guest: Option<GuestSeed>,
    memberships: Vec<(u8, Tier)>,
    primary: Option<u8>,
}

#[derive(Debug, Clone)]
struct GuestSeed {
    claimed: bool,
    expires_at: Instant,
    revoked_at: Option<Instant>,
    sponsor: Option<u8>,
}

impl GuestSeed {
    fn build(self, sponsor: Option<String>) -> Guest {
        Guest {
            claimed: self.claimed,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
            sponsor,
        }
    }
}

fn user() -> impl Strategy<Value = UserSeed> {
    (
        email(),
        0..DANGLING,
        maybe(0.85, reference()),
        maybe(0.6, reference()),
        [label(["Full", "Light"]), label(["EMEA", "AMER"])],
        prop_oneof![8 => Just(Status::Active), 1 => Just(Status::Locked)],
        maybe(0.2, guest()),
        vec((reference(), tier()), 0..3),
        maybe(0.85, 0..2_u8),
    )
        .prop_map(
            |(email, profile, role, job_role, labels, status, guest, memberships, primary)| {
                UserSeed {
                    email,
                    profile,
                    role,
                    job_role,
                    labels,
                    status,
                    guest,
                    memberships,
                    primary,
                }
            },
        )
}

/// A license or a region: few of them, so that people often have the same.
fn label(words: [&'static str; 2]) -> impl Strategy<Value = Option<String>> {
    maybe(0.7, select(words.to_vec())).prop_map(|word| word.map(str::to_owned))
}

fn guest() -> impl Strategy<Value = GuestSeed> {
    let ends = [
        "2026-03-01T00:00:01Z",
        "2026-03-01T00:00:00.000000001Z",
        "2026-03-01T01:00:00.001+01:00",
        "2026-05-30T00:00:00Z",
        "2026-03-01T01:00:00+01:00",
        "2026-02-28T23:59:59.999999999Z",
        "1969-12-31T23:59:59Z",
    ];
    let revocations = ["2026-02-01T00:00:00Z", "2026-04-01T00:00:00Z"];
    (
        prop::bool::weighted(0.85),
        select(ends.to_vec()),
        maybe(0.15, select(revocations.to_vec())),
        maybe(0.5, reference()),
    )
        .prop_map(|(claimed, expires_at, revoked_at, sponsor)| GuestSeed {
            claimed,
            expires_at: instant(expires_at),
            revoked_at: revoked_at.map(instant),
            sponsor,
        })
}

#[derive(Debug, Clone)]
struct RecordSeed {
    kind: RecordType,
    name: Option<String>,
    owner: Option<u8>,
    assigned: Vec<(u8, Option<u8>)>,
    account: Option<u8>,
    fields: Vec<(&'static str, FieldValue)>,
}

fn record() -> impl Strategy<Value = RecordSeed> {
    let kind = prop_oneof![
        3 => Just(RecordType::Account),
        4 => Just(RecordType::Prospect),
        3 => Just(RecordType::Opportunity),
        2 => Just(RecordType::Task),
        3 => select(RecordType::ALL),
    ];
    let fields = vec(
        (
            select(vec!["size", "region", "hot", "name", "__proto__"]),
            field_value(),
        ),
        0..4,
    );
    (
        kind,
        name(),
        maybe(0.8, reference()),
        vec((reference(), maybe(0.3, reference())), 0..4),
        maybe(0.7, reference()),
        fields,
    )
        .prop_map(
            |(kind, name, owner, assigned, account, fields)| RecordSeed {
                kind,
                name,
                owner,
                assigned,
                account,
                fields,
            },
        )
}

fn field_value() -> impl Strategy<Value = FieldValue> {
    prop_oneof![
        Just(FieldValue::Null),
        any::<bool>().prop_map(FieldValue::Bool),
        select(vec![-1.5, 0.0, -0.0, 2.0, 10.0, 1e300]).prop_map(FieldValue::Number),
        select(vec!["", "2", "10", "EMEA", "emea", "🦊", "\u{ffff}"])
            .prop_map(|text| FieldValue::Text(text.to_owned())),
    ]
}

#[derive(Debug, Clone)]
struct DealSeed {
    company: u8,
    owner: u8,
    registered_by: Option<u8>,
    owner_tier: Option<Tier>,
    details: Deal,
}

fn deal() -> impl Strategy<Value = DealSeed> {
    let text = |texts: &[&'static str]| {
        maybe(0.8, select(texts.to_vec())).prop_map(|text: Option<&str>| text.map(str::to_owned))
    };
    let amounts = [
        "0",
        "10.50",
        "1",
        "-3.125",
        "99999999999999999999.999999999999",
        "0.10",
    ];
    let details = (
        name(),
        text(&["new", "won", "lost"]),
        maybe(0.8, select(amounts.to_vec())),
        text(&["EUR", "USD"]),
        text(&["2026-04-01", "2026-03-31T12:00:00Z", "2026-12-01"]),
    )
        .prop_map(|(name, stage, amount, currency, expected_close)| Deal {
            name,
            stage,
            amount: amount.and_then(|amount| amount.parse().ok()),
            currency,
            expected_close,
            ..Deal::new("", "", "")
        });
    (
        reference(),
        reference(),
        maybe(0.4, reference()),
        maybe(0.4, tier()),
        details,
    )
        .prop_map(
            |(company, owner, registered_by, owner_tier, details)| DealSeed {
                company,
                owner,
                registered_by,
                owner_tier,
                details,
            },
        )
}

fn settings() -> impl Strategy<Value = Settings> {
    (prop::bool::weighted(0.75), prop::bool::weighted(0.75)).prop_map(
        |(multi_user_assignment, accessible)| Settings {
            multi_user_assignment,
            reports_reach: if accessible {
                ReportsReach::Accessible
            } else {
                ReportsReach::Held
            },
        },
    )
}

#[derive(Debug, Clone)]
struct ViewSeed {
    user: u8,
    kind: RecordType,
    filter: Option<Filter>,
    sort: Option<Vec<Sort>>,
    action: Option<Action>,
}

fn view() -> impl Strategy<Value = ViewSeed> {
    let kinds = prop_oneof![
        3 => Just(RecordType::Account),
        2 => Just(RecordType::Prospect),
        1 => select(RecordType::ALL),
    ];
    (
        reference(),
        kinds,
        maybe(0.7, query::stored_filter()),
        maybe(0.6, query::stored_sort()),
        maybe(
            0.3,
            select(vec![Action::View, Action::Edit, Action::Assign]),
        ),
    )
        .prop_map(|(user, kind, filter, sort, action)| ViewSeed {
            user,
            kind,
            filter,
            sort,
            action,
        })
}

/// Names of job roles, some alike but for their case.
fn job_role_name() -> impl Strategy<Value = &'static str> {
    select(vec!["AE", "Ae", "SDR", "CSM", "Σales", "σALES", "Other"])
}

/// A small organisation with everything that loads: forests and cycles, references that name
/// nothing, guests around [`now`], every scope and toggle, ids that are equal across kinds.
pub fn organisation() -> impl Strategy<Value = Sample> {
    let ids = (ids(), ids(), ids(), ids(), ids(), ids(), ids(), ids());
    let sizes = (
        vec(parent(), 0..8),
        vec(profile(), 1..4),
        vec(user(), 0..9),
        vec(email(), 0..3),
        vec(record(), 0..9),
        vec(deal(), 0..7),
        vec(view(), 0..4),
    );
    (
        ids,
        settings(),
        maybe(0.5, vec(job_role_name(), 0..4)),
        sizes,
    )
        .prop_map(
            |(
                (
                    job_role_ids,
                    role_ids,
                    profile_ids,
                    user_ids,
                    company_ids,
                    record_ids,
                    deal_ids,
                    view_ids,
                ),
                settings,
                job_roles,
                seeds,
            )| {
                let (parents, profiles, users, companies, records, deals, views) = seeds;
                let kinds = Kinds {
                    job_roles: Ids::new(job_role_ids, job_roles.as_ref().map_or(0, Vec::len)),
                    roles: Ids::new(role_ids, parents.len()),
                    profiles: Ids::new(profile_ids, profiles.len()),
                    users: Ids::new(user_ids, users.len()),
                    companies: Ids::new(company_ids, companies.len()),
                    record_ids,
                    deals: Ids::new(deal_ids, deals.len()),
                };
                Sample(Org {
                    format: Format::V1,
                    id: "sample".to_owned(),
                    name: "Sample".to_owned(),
                    time_zone: "Europe/Berlin".to_owned(),
                    settings,
                    job_roles: job_roles.map(|names| {
                        let named = kinds.job_roles.each().zip(names);
                        named
                            .map(|(id, name)| JobRole {
                                name: name.to_owned(),
                                id,
                            })
                            .collect()
                    }),
                    roles: kinds.roles(parents),
                    profiles: kinds
                        .profiles
                        .each()
                        .zip(profiles)
                        .map(|(id, seed)| seed.build(id))
                        .collect(),
                    users: kinds
                        .users
                        .each()
                        .zip(users)
                        .map(|(id, seed)| kinds.user(id, seed))
                        .collect(),
                    companies: kinds.companies(companies),
                    records: kinds.records(records),
                    deals: kinds
                        .deals
                        .each()
                        .zip(deals)
                        .map(|(id, seed)| kinds.deal(id, seed))
                        .collect(),
                    views: view_ids
                        .into_iter()
                        .zip(views)
                        .map(|(id, seed)| kinds.view(id, seed))
                        .collect(),
                })
            },
        )
}

/// The ids of every kind, by which the seeds' numbers become references.
struct Kinds {
    job_roles: Ids,
    roles: Ids,
    profiles: Ids,
    users: Ids,
    companies: Ids,
    record_ids: Vec<&'static str>,
    deals: Ids,
}

impl Kinds {
    fn job_role(&self, reference: u8) -> String {
        // Without a catalogue there are the four of every organisation.
        let initial = Ids {
            existing: vec!["ae", "bdr", "csm", "sdr"],
            dangling: vec!["AE"],
        };
        if self.job_roles.existing.is_empty() {
            initial.named(reference)
        } else {
            self.job_roles.named(reference)
        }
    }

    fn roles(&self, parents: Vec<Parent>) -> Vec<Role> {
        let role = |(id, (position, parent)): (String, (usize, Parent))| {
            let earlier = Ids {
                existing: self.roles.existing.iter().take(position).copied().collect(),
                dangling: Vec::new(),
            };
            let parent = match parent {
                Parent::None => None,
                Parent::Earlier(_) if position == 0 => None,
                Parent::Earlier(reference) => Some(earlier.named(reference)),
                Parent::Any(reference) => Some(self.roles.named(reference)),
            };
            Role {
                name: format!("Role {id}"),
                id,
                parent,
            }
        };
        self.roles
            .each()
            .zip(parents.into_iter().enumerate())
            .map(role)
            .collect()
    }

    fn user(&self, id: String, seed: UserSeed) -> User {
        let mut memberships: Vec<Membership> = Vec::new();
        for (reference, tier) in seed.memberships {
            let company = self.companies.named(reference);
            if memberships
                .iter()
                .all(|membership| membership.company != company)
            {
                memberships.push(Membership {
                    company,
                    tier,
                    primary: false,
                });
            }
        }
        if let Some(primary) = seed
            .primary
            .and_then(|position| memberships.get_mut(usize::from(position)))
        {
            primary.primary = true;
        }
        let [license, region] = seed.labels;
        User {
            name: format!("User {id}"),
            id,
            license,
            region,
            email: seed.email,
            // A known profile is the one reference that loading insists on.
            profile: self.profiles.named(seed.profile),
            role: seed.role.map(|reference| self.roles.named(reference)),
            job_role: seed.job_role.map(|reference| self.job_role(reference)),
            status: seed.status,
            guest: seed.guest.map(|guest| {
                let sponsor = guest.sponsor.map(|reference| self.users.named(reference));
                guest.build(sponsor)
            }),
            memberships,
        }
    }

    fn companies(&self, emails: Vec<Option<String>>) -> Vec<Company> {
        let company = |(id, account_owner_email)| Company {
            name: format!("Company {id}"),
            id,
            account_owner_email,
        };
        self.companies.each().zip(emails).map(company).collect()
    }

    /// Ids are unique within a record type, so each type starts from the first id again.
    fn records(&self, seeds: Vec<RecordSeed>) -> Vec<CrmRecord> {
        let of_kind = |kind: RecordType, seeds: &[RecordSeed]| {
            seeds.iter().filter(|seed| seed.kind == kind).count()
        };
        let accounts = Ids::new(
            self.record_ids.clone(),
            of_kind(RecordType::Account, &seeds),
        );
        let record = |(position, seed): (usize, &RecordSeed)| {
            let id = self
                .record_ids
                .get(of_kind(seed.kind, seeds.get(..position)?))?;
            let assignment = |(user, job_role): &(u8, Option<u8>)| Assignment {
                user: self.users.named(*user),
                job_role: job_role.map(|reference| self.job_role(reference)),
            };
            Some(CrmRecord {
                name: seed.name.clone(),
                owner: seed.owner.map(|reference| self.users.named(reference)),
                assigned: seed.assigned.iter().map(assignment).collect(),
                account: seed.account.map(|reference| accounts.named(reference)),
                fields: seed
                    .fields
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), value.clone()))
                    .collect(),
                ..CrmRecord::new(seed.kind, *id)
            })
        };
        seeds.iter().enumerate().filter_map(record).collect()
    }

    fn view(&self, id: &str, seed: ViewSeed) -> SavedView {
        SavedView {
            id: id.to_owned(),
            user: self.users.named(seed.user),
            name: format!("View {id}"),
            kind: seed.kind,
            filter: seed.filter,
            sort: seed.sort,
            action: seed.action,
        }
    }

    fn deal(&self, id: String, seed: DealSeed) -> Deal {
        Deal {
            id,
            company: self.companies.named(seed.company),
            owner: self.users.named(seed.owner),
            registered_by: seed
                .registered_by
                .map(|reference| self.users.named(reference)),
            owner_tier: seed.owner_tier,
            ..seed.details
        }
    }
}
