//! Organisations of a given size and shape, the same for the same seed: what measurements run on, natively and in browsers.
//!
//! They are skewed as real ones are: few people hold much, few regions have most of the people, and few deals are worth
//! most of the money. Records are made one at a time, so that ten million of them need no memory: [`Organisation`]
//! serialises to its document, and [`records`](Organisation::records) is an iterator.

use proptest::prelude::RngExt;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use sidelight_governance::org::{
    Company, CrmRecord, Deal, FieldValue, Membership, Org, Profile, Role, Tier, User,
};
use sidelight_governance::{Action, RecordType, Scope};

/// How large an organisation is, and in which way it is uneven.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// What it is called, in file names and figures.
    pub name: &'static str,
    /// Users. The first of them lead a role each, and one in ten is a partner user.
    pub users: usize,
    /// Roles, one tree.
    pub roles: usize,
    /// The form of the tree.
    pub hierarchy: Hierarchy,
    /// How many users at least have one and the same role.
    pub in_one_role: usize,
    /// Opportunities.
    pub records: usize,
    /// How many of the records one and the same user owns.
    pub of_one_owner: usize,
    /// Whether records have the fields `stage` and `amount`.
    pub has_fields: bool,
    /// Partner companies.
    pub companies: usize,
    /// Partner deals.
    pub deals: usize,
}

/// The form of a tree of roles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hierarchy {
    /// So many levels, and most roles where most already are.
    Grown {
        /// Levels, the root's included.
        depth: usize,
    },
    /// All but the root are children of the root.
    Star,
    /// Each but the root is the child of the one before.
    Chain,
}

impl Size {
    /// A team.
    pub const S: Self = Self {
        name: "s",
        users: 20,
        roles: 8,
        hierarchy: Hierarchy::Grown { depth: 4 },
        in_one_role: 0,
        records: 2_000,
        of_one_owner: 0,
        has_fields: true,
        companies: 2,
        deals: 50,
    };
    /// A company.
    pub const M: Self = Self {
        name: "m",
        users: 700,
        roles: 100,
        hierarchy: Hierarchy::Grown { depth: 8 },
        records: 200_000,
        companies: 20,
        deals: 5_000,
        ..Self::S
    };
    /// A large company. Its document is as large as a module reads at most, nearly.
    pub const L: Self = Self {
        name: "l",
        users: 5_000,
        roles: 1_000,
        records: 1_000_000,
        companies: 500,
        deals: 20_000,
        ..Self::M
    };
    /// Larger than any browser is given: natively, without names and fields.
    pub const XL: Self = Self {
        name: "xl",
        users: 25_000,
        roles: 5_000,
        hierarchy: Hierarchy::Grown { depth: 10 },
        records: 10_000_000,
        has_fields: false,
        companies: 5_000,
        deals: 500_000,
        ..Self::L
    };
    /// A company in which one user owns half of the records.
    pub const OWNER: Self = Self {
        name: "one-owner",
        of_one_owner: 100_000,
        ..Self::M
    };
    /// A company in which most people have the same role.
    pub const ROLE: Self = Self {
        name: "one-role",
        users: 12_000,
        in_one_role: 10_000,
        ..Self::M
    };
    /// One role above 25,000 others.
    pub const STAR: Self = Self {
        name: "star",
        users: 30_000,
        roles: 25_001,
        hierarchy: Hierarchy::Star,
        ..Self::M
    };
    /// 10,000 roles, each below the one before.
    pub const CHAIN: Self = Self {
        name: "chain",
        users: 12_000,
        roles: 10_000,
        hierarchy: Hierarchy::Chain,
        ..Self::M
    };
    /// From a team to a very large company.
    pub const GROWING: [Self; 4] = [Self::S, Self::M, Self::L, Self::XL];
    /// What is made to be slow.
    pub const HOSTILE: [Self; 4] = [Self::OWNER, Self::ROLE, Self::STAR, Self::CHAIN];

    /// The size of this name.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::GROWING.into_iter().chain(Self::HOSTILE);
        all.find(|size| size.name == name)
    }
}

/// The seed of everything that is measured.
pub const SEED: u64 = 7;

/// An organisation of this size as plain data.
pub fn organisation(size: Size, seed: u64) -> Org {
    Organisation::new(size, seed).to_org()
}

/// An organisation whose records are made when they are asked for.
#[derive(Debug, Clone)]
pub struct Organisation {
    size: Size,
    seed: u64,
    /// The users, the one who holds most first.
    popular: Vec<usize>,
    /// The partner users, each with the company and the standing there.
    partners: Vec<(usize, usize, Tier)>,
}

/// What is drawn for one part does not change with how much was drawn for another.
#[derive(Clone, Copy)]
enum Part {
    People = 1,
    Popularity,
    Partners,
    Records,
    Deals,
}

impl Organisation {
    /// The organisation of this size and seed.
    pub fn new(size: Size, seed: u64) -> Self {
        let mut random = Random::new(seed, Part::Partners);
        let partners = (9..size.users).step_by(10).map(|user| {
            let tier = Tier::ALL.get(random.skewed(Tier::ALL.len(), 4));
            let company = random.skewed(size.companies, 3);
            (user, company, tier.copied().unwrap_or(Tier::Sales))
        });
        Self {
            partners: partners.collect(),
            popular: Random::new(seed, Part::Popularity).shuffled(size.users),
            size,
            seed,
        }
    }

    /// Roles, profiles, users and companies, without records and deals.
    pub fn people(&self) -> Org {
        let mut org = Org::new("measured", "Measured", "UTC");
        let mut random = Random::new(self.seed, Part::People);
        let parents = parents(self.size, &mut random);
        org.roles = (0..)
            .zip(&parents)
            .map(|(n, parent)| Role {
                id: role_id(n),
                name: format!("Role {n}"),
                parent: parent.map(role_id),
            })
            .collect();
        org.profiles = vec![
            profile("rep", Scope::Owned),
            profile("lead", Scope::Reports),
        ];
        let mut is_leaf = vec![true; self.size.roles];
        for &parent in parents.iter().flatten() {
            if let Some(is_leaf) = is_leaf.get_mut(parent) {
                *is_leaf = false;
            }
        }
        let leaves = (0..).zip(is_leaf).filter(|&(_, is_leaf)| is_leaf);
        let leaves: Vec<usize> = leaves.map(|(role, _)| role).collect();
        let crowd = self.size.roles..self.size.roles + self.size.in_one_role;
        org.users = (0..self.size.users)
            .map(|n| {
                // Each role has one who leads it; the others are at the end of a branch, in some more than in others.
                let leaf = leaves.get(random.skewed(leaves.len(), 3));
                let role = match n {
                    n if n < self.size.roles => Some(n),
                    n if crowd.contains(&n) => leaves.first().copied(),
                    _ => leaf.copied(),
                };
                let profile = if n < self.size.roles { "lead" } else { "rep" };
                let mut user = User::new(user_id(n), format!("User {n}"), profile);
                user.role = role.map(role_id);
                user
            })
            .collect();
        for &(user, company, tier) in &self.partners {
            if let Some(user) = org.users.get_mut(user) {
                user.memberships.push(Membership {
                    company: company_id(company),
                    tier,
                    primary: true,
                });
            }
        }
        org.companies = (0..self.size.companies)
            .map(|n| Company {
                id: company_id(n),
                name: format!("Company {n}"),
                account_owner_email: None,
            })
            .collect();
        org
    }

    /// The records, in order.
    pub fn records(&self) -> impl Iterator<Item = CrmRecord> + '_ {
        let mut random = Random::new(self.seed, Part::Records);
        (0..self.size.records).map(move |n| self.record(n, &mut random))
    }

    fn record(&self, n: usize, random: &mut Random) -> CrmRecord {
        // One to eight, about three on average, and rarely up to thirty.
        let wanted = if random.skewed(200, 2) == 199 {
            9 + random.skewed(22, 3)
        } else {
            1 + random.skewed(8, 5)
        };
        let mut holders: Vec<usize> = Vec::with_capacity(wanted);
        for _ in 0..wanted {
            let holder = self.anyone(random);
            if !holders.contains(&holder) {
                holders.push(holder);
            }
        }
        let mut holders = holders.into_iter();
        let mut record = CrmRecord::new(RecordType::Opportunity, format!("o{n}"));
        record.owner = holders.next().map(user_id);
        if n < self.size.of_one_owner {
            record.owner = self.popular.first().copied().map(user_id);
        }
        record.assigned = holders.map(|user| user_id(user).as_str().into()).collect();
        if self.size.has_fields {
            let stage = STAGES.get(random.skewed(STAGES.len(), 3));
            let stage = stage.map(|stage| FieldValue::Text((*stage).to_owned()));
            let amount = (500.0 / (random.part() + 0.0005)).floor();
            record.fields = [
                ("stage".to_owned(), stage.unwrap_or_default()),
                ("amount".to_owned(), FieldValue::Number(amount)),
            ]
            .into();
        }
        record
    }

    fn anyone(&self, random: &mut Random) -> usize {
        let place = random.skewed(self.size.users, 4);
        self.popular.get(place).copied().unwrap_or(0)
    }

    /// The deals, in order, each at the company of its owner.
    pub fn deals(&self) -> impl Iterator<Item = Deal> + '_ {
        let mut random = Random::new(self.seed, Part::Deals);
        (0..self.size.deals).filter_map(move |n| {
            let partner = random.skewed(self.partners.len(), 4);
            let &(owner, company, _) = self.partners.get(partner)?;
            let mut deal = Deal::new(format!("d{n}"), company_id(company), user_id(owner));
            let stage = STAGES.get(random.skewed(STAGES.len(), 3));
            deal.stage = stage.map(|stage| (*stage).to_owned());
            let amount = (500.0 / (random.part() + 0.0005)).floor();
            deal.amount = format!("{amount}").parse().ok();
            deal.currency = Some(if n % 3 == 0 { "USD" } else { "EUR" }.to_owned());
            Some(deal)
        })
    }

    /// All of it as plain data.
    pub fn to_org(&self) -> Org {
        Org {
            records: self.records().collect(),
            deals: self.deals().collect(),
            ..self.people()
        }
    }
}

/// The document, of which only the people are in memory at once.
impl Serialize for Organisation {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        struct Each<F>(F);
        impl<T: Serialize, I: Iterator<Item = T>, F: Fn() -> I> Serialize for Each<F> {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_seq((self.0)())
            }
        }

        let people = self.people();
        let mut document = to.serialize_struct("Org", 10)?;
        document.serialize_field("format", &people.format)?;
        document.serialize_field("id", &people.id)?;
        document.serialize_field("name", &people.name)?;
        document.serialize_field("timeZone", &people.time_zone)?;
        document.serialize_field("roles", &people.roles)?;
        document.serialize_field("profiles", &people.profiles)?;
        document.serialize_field("users", &people.users)?;
        document.serialize_field("companies", &people.companies)?;
        document.serialize_field("records", &Each(|| self.records()))?;
        document.serialize_field("deals", &Each(|| self.deals()))?;
        document.end()
    }
}

const STAGES: [&str; 6] = ["New", "Open", "Quote", "Won", "Lost", "Held"];

/// The parent of each role; it comes before the role.
fn parents(size: Size, random: &mut Random) -> Vec<Option<usize>> {
    // Roles that may have children, and the level of every role.
    let mut open: Vec<usize> = Vec::new();
    let mut levels: Vec<usize> = Vec::new();
    (0..size.roles)
        .map(|n| {
            let parent = match size.hierarchy {
                _ if n == 0 => None,
                Hierarchy::Star => Some(0),
                Hierarchy::Chain => Some(n - 1),
                // The first branch has the whole depth.
                Hierarchy::Grown { depth } if n < depth => Some(n - 1),
                Hierarchy::Grown { .. } => open.get(random.skewed(open.len(), 3)).copied(),
            };
            let above = parent.and_then(|parent| levels.get(parent));
            let level = above.map_or(1, |above| above + 1);
            levels.push(level);
            if matches!(size.hierarchy, Hierarchy::Grown { depth } if level < depth) {
                open.push(n);
            }
            parent
        })
        .collect()
}

fn profile(id: &str, view: Scope) -> Profile {
    let kind = RecordType::Opportunity;
    Profile {
        id: id.to_owned(),
        name: id.to_owned(),
        admin: false,
        permissions: [
            (kind, Action::View, view),
            (kind, Action::Edit, Scope::Owned),
        ]
        .into_iter()
        .collect(),
        toggles: [].into_iter().collect(),
    }
}

fn role_id(n: usize) -> String {
    format!("r{n}")
}

fn user_id(n: usize) -> String {
    format!("u{n}")
}

fn company_id(n: usize) -> String {
    format!("c{n}")
}

/// Numbers from a seed, the same on every machine.
struct Random(TestRng);

impl Random {
    fn new(seed: u64, part: Part) -> Self {
        let mut bytes = [0; 32];
        let given = seed.to_le_bytes().into_iter().chain([part as u8]);
        for (byte, given) in bytes.iter_mut().zip(given) {
            *byte = given;
        }
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }

    /// From 0 up to, and not including, 1.
    fn part(&mut self) -> f64 {
        self.0.random()
    }

    /// A number below `count`, or 0: the lower the likelier, the more so the more `halves` there are. A part is raised to
    /// the power of half of them, by operations that are exact on every machine.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "counts are far below the numbers that a float tells apart"
    )]
    fn skewed(&mut self, count: usize, halves: u32) -> usize {
        let part = self.part();
        let root = part.sqrt();
        let mut power = 1.0;
        for _ in 0..halves {
            power *= root;
        }
        (count as f64 * power) as usize
    }

    fn shuffled(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.0.random_range(0..=last));
        }
        order
    }
}
