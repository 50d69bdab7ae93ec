//! Plain organisations of a given size, the same for the same seed: what measurements run on.

use proptest::prelude::RngExt;
use proptest::test_runner::{RngAlgorithm, TestRng};
use sidelight_governance::org::{
    Company, CrmRecord, Deal, Membership, Org, Profile, Role, Tier, User,
};
use sidelight_governance::{Action, RecordType, Scope, Toggle};

/// How large an organisation is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Users, of whom one in ten is a partner user.
    pub users: usize,
    /// Roles, in one tree with four children each.
    pub roles: usize,
    /// Records, of the first four types in turn.
    pub records: usize,
    /// Partner companies.
    pub companies: usize,
    /// Partner deals.
    pub deals: usize,
}

impl Size {
    /// A team.
    pub const S: Self = Self {
        users: 20,
        roles: 8,
        records: 2_000,
        companies: 2,
        deals: 50,
    };
    /// A company.
    pub const M: Self = Self {
        users: 700,
        roles: 100,
        records: 200_000,
        companies: 20,
        deals: 5_000,
    };
}

/// An organisation of this size: people spread evenly over the roles, records over the people.
pub fn organisation(size: Size, seed: u64) -> Org {
    // ChaCha's seed is 32 bytes; eight of them are the caller's.
    let mut bytes = [0; 32];
    for (byte, given) in bytes.iter_mut().zip(seed.to_le_bytes()) {
        *byte = given;
    }
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut org = Org::new("sized", "Sized", "UTC");
    org.profiles.push(scoped("rep", Scope::Owned, Scope::Owned));
    org.profiles
        .push(scoped("lead", Scope::Reports, Scope::Reports));
    org.profiles
        .push(scoped("regional", Scope::Peers, Scope::Owned));
    org.roles = (0..size.roles)
        .map(|n| Role {
            id: format!("role-{n}"),
            name: format!("Role {n}"),
            parent: n.checked_sub(1).map(|above| format!("role-{}", above / 4)),
        })
        .collect();
    org.companies = (0..size.companies)
        .map(|n| Company {
            id: format!("company-{n}"),
            name: format!("Company {n}"),
            account_owner_email: None,
        })
        .collect();
    org.users = (0..size.users)
        .map(|n| user(n, size, &mut random))
        .collect();
    org.records = (0..size.records)
        .map(|n| record(n, size, &mut random))
        .collect();
    org.deals = (0..size.deals)
        .map(|n| deal(n, size, &mut random))
        .collect();
    org
}

fn scoped(id: &str, wide: Scope, narrow: Scope) -> Profile {
    let mut profile = Profile {
        id: id.to_owned(),
        name: id.to_owned(),
        ..Profile::standard()
    };
    for kind in [
        RecordType::Account,
        RecordType::Prospect,
        RecordType::Opportunity,
    ] {
        profile.permissions.set(kind, Action::View, wide);
        profile.permissions.set(kind, Action::Edit, narrow);
    }
    profile
        .permissions
        .set(RecordType::Task, Action::View, Scope::Owned);
    profile
        .toggles
        .set(Toggle::ProspectsInAccount, id == "lead");
    profile
}

fn user(n: usize, size: Size, random: &mut TestRng) -> User {
    let profile = match n {
        0 => "admin",
        n if n < size.roles => "lead",
        n if n % 50 == 1 => "regional",
        _ => "rep",
    };
    let mut user = User::new(user_id(n), format!("User {n}"), profile);
    user.role = Some(format!("role-{}", n % size.roles.max(1)));
    user.email = Some(format!("user-{n}@example.com"));
    if n % 10 == 9 && size.companies > 0 {
        let tier = *pick(Tier::ALL, random).unwrap_or(&Tier::Sales);
        user.memberships.push(Membership {
            company: format!("company-{}", random.random_range(0..size.companies)),
            tier,
            primary: true,
        });
    }
    user
}

fn record(n: usize, size: Size, random: &mut TestRng) -> CrmRecord {
    let kinds = [
        RecordType::Account,
        RecordType::Prospect,
        RecordType::Opportunity,
        RecordType::Task,
    ];
    let kind = *pick(&kinds, random).unwrap_or(&RecordType::Account);
    let mut record = CrmRecord::new(kind, format!("record-{n}"));
    record.name = Some(format!("Record {n}"));
    record.owner = Some(any_user(size, random));
    if kind.has_assigned_users() {
        record.assigned = (0..random.random_range(0..4))
            .map(|_| any_user(size, random).as_str().into())
            .collect();
    }
    if kind == RecordType::Prospect {
        record.account = Some(format!("record-{}", random.random_range(0..size.records)));
    }
    record
}

fn deal(n: usize, size: Size, random: &mut TestRng) -> Deal {
    let mut deal = Deal::new(
        format!("deal-{n}"),
        format!("company-{}", random.random_range(0..size.companies.max(1))),
        user_id(random.random_range(0..size.users.max(1)) / 10 * 10 + 9),
    );
    deal.name = Some(format!("Deal {n}"));
    deal.stage =
        pick(&["new", "qualified", "won", "lost"], random).map(|stage| (*stage).to_owned());
    deal.amount = format!(
        "{}.{:02}",
        random.random_range(0..1_000_000),
        random.random_range(0..100)
    )
    .parse()
    .ok();
    deal.currency = pick(&["EUR", "USD"], random).map(|currency| (*currency).to_owned());
    deal
}

fn any_user(size: Size, random: &mut TestRng) -> String {
    user_id(random.random_range(0..size.users.max(1)))
}

fn user_id(n: usize) -> String {
    format!("user-{n}")
}

fn pick<'a, T>(from: &'a [T], random: &mut TestRng) -> Option<&'a T> {
    from.get(random.random_range(0..from.len().max(1)))
}
