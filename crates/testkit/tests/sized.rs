//! The organisations that measurements run on are what is said of them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::{HashMap, HashSet};

use sidelight_governance::org::{CrmRecord, Org};
use sidelight_governance::{Action, Governance, RecordType};
use sidelight_testkit::generate::now;
use sidelight_testkit::generate::sized::{self, Organisation, SEED, Size};

fn holders(record: &CrmRecord) -> impl Iterator<Item = &str> {
    let assigned = record.assigned.iter().map(|one| one.user.as_str());
    record.owner.as_deref().into_iter().chain(assigned)
}

/// The share of the users whom each leader of a role reaches, and the number of levels.
fn reaches(org: &Org) -> (Vec<f64>, usize) {
    let number: HashMap<&str, usize> = (0..)
        .zip(&org.roles)
        .map(|(n, role)| (role.id.as_str(), n))
        .collect();
    let parent = |role: usize| Some(number[org.roles[role].parent.as_deref()?]);
    let mut below = vec![0; org.roles.len()];
    for user in &org.users {
        below[number[user.role.as_deref().unwrap()]] += 1;
    }
    let mut levels = vec![1; org.roles.len()];
    for role in 0..org.roles.len() {
        levels[role] = parent(role).map_or(1, |above| levels[above] + 1);
    }
    for role in (0..org.roles.len()).rev() {
        if let Some(above) = parent(role) {
            below[above] += below[role];
        }
    }
    let share =
        |people: &i32| f64::from(*people) / f64::from(u32::try_from(org.users.len()).unwrap());
    (
        below.iter().map(share).collect(),
        *levels.iter().max().unwrap(),
    )
}

/// How many records each user holds, the most first; and the mean and the largest number of holders of a record.
fn holdings(organisation: &Organisation) -> (Vec<f64>, f64, usize) {
    let mut held: HashMap<String, f64> = HashMap::new();
    let (mut records, mut pairs, mut largest) = (0.0, 0.0, 0);
    for record in organisation.records() {
        let mut count = 0;
        for holder in holders(&record) {
            *held.entry(holder.to_owned()).or_default() += 1.0;
            count += 1;
        }
        records += 1.0;
        pairs += f64::from(u32::try_from(count).unwrap());
        largest = largest.max(count);
    }
    let mut held: Vec<f64> = held.into_values().collect();
    held.sort_by(|one, other| other.total_cmp(one));
    (held, pairs / records, largest)
}

#[test]
fn an_organisation_is_the_same_for_the_same_seed() {
    let org = sized::organisation(Size::S, 7);
    assert!(sized::organisation(Size::S, 7) == org && sized::organisation(Size::S, 8) != org);
    let document = serde_json::to_vec(&Organisation::new(Size::S, 7)).unwrap();
    assert!(serde_json::from_slice::<Org>(&document).unwrap() == org);
}

#[test]
fn sizes_have_the_numbers_and_the_skew_that_are_told_of_them() {
    for (size, depth) in [(Size::S, 4), (Size::M, 8), (Size::L, 8)] {
        let organisation = Organisation::new(size, SEED);
        let people = organisation.people();
        let (reaches, levels) = reaches(&people);
        assert_eq!(
            (people.users.len(), people.roles.len(), levels),
            (size.users, size.roles, depth)
        );
        // There is a viewer who reaches much, and one who reaches little.
        if size != Size::S {
            assert!(
                reaches.iter().any(|share| (0.33..0.45).contains(share)),
                "{}",
                size.name
            );
            assert!(
                reaches.iter().any(|share| (0.015..0.025).contains(share)),
                "{}",
                size.name
            );
        }
        if size == Size::L {
            continue;
        }
        let (held, mean, largest) = holdings(&organisation);
        let all: f64 = held.iter().sum();
        let top: f64 = held.iter().take(size.users / 10).sum();
        assert!((2.4..3.1).contains(&mean), "{mean} holders on average");
        assert!(8 < largest && largest <= 30, "{largest} holders at most");
        assert!(
            (0.25..0.4).contains(&(top / all)),
            "a tenth holds {}",
            top / all
        );
    }
}

#[test]
fn the_largest_size_is_as_deep_and_as_uneven_as_is_told_of_it() {
    let people = Organisation::new(Size::XL, SEED).people();
    let (reaches, levels) = reaches(&people);
    assert_eq!(
        (people.users.len(), people.roles.len(), levels),
        (25_000, 5_000, 10)
    );
    assert_eq!(people.companies.len(), 5_000);
    assert!(reaches.iter().any(|share| (0.33..0.45).contains(share)));
    let first = Organisation::new(Size::XL, SEED).records().next().unwrap();
    assert!(first.name.is_none() && first.fields.is_empty());
}

#[test]
fn a_browser_can_be_given_the_document_of_the_large_size() {
    struct Count(u64);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += u64::try_from(bytes.len()).unwrap();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    serde_json::to_writer(&mut count, &Organisation::new(Size::L, SEED)).unwrap();
    // A module reads at most 128 MiB.
    assert!(count.0 < 120 << 20, "{} bytes", count.0);
}

#[test]
fn hostile_shapes_have_what_makes_them_hostile() {
    let (held, ..) = holdings(&Organisation::new(Size::OWNER, SEED));
    assert!(held[0] >= 100_000.0);

    let people = Organisation::new(Size::ROLE, SEED).people();
    let mut have: HashMap<_, usize> = HashMap::new();
    for user in &people.users {
        *have.entry(&user.role).or_default() += 1;
    }
    assert!(*have.values().max().unwrap() >= 10_000);

    let star = Organisation::new(Size::STAR, SEED).people();
    let parents: HashSet<_> = star.roles.iter().map(|role| &role.parent).collect();
    assert_eq!(
        (star.roles.len(), parents.len(), reaches(&star).1),
        (25_001, 2, 2)
    );

    let chain = Organisation::new(Size::CHAIN, SEED).people();
    assert_eq!(reaches(&chain).1, 10_000);
}

#[test]
fn a_sized_organisation_loads_without_a_finding_of_dangling_references() {
    let document = serde_json::to_vec(&Organisation::new(Size::S, SEED)).unwrap();
    let governance = Governance::load(&document).unwrap();
    assert_eq!(
        governance.record_count(RecordType::Opportunity),
        Size::S.records
    );
    assert_eq!(governance.deal_count(), Size::S.deals);
    let at = governance.at(now());
    let seen = |user: &str| {
        let seen = at.visible_indices(user, RecordType::Opportunity, Action::View);
        seen.unwrap().len()
    };
    assert!(seen("u0") == Size::S.records && (1..Size::S.records).contains(&seen("u1")));
    let found = at.diagnose();
    assert!(
        found
            .iter()
            .all(|finding| finding.code != "unknown-reference")
    );
}
