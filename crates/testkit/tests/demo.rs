//! The demo organisation in the repository is the generated one, and has what its README promises.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sidelight_governance::org::{Org, Status};
use sidelight_governance::record::RecordType;
use sidelight_testkit::demo;

/// `SIDELIGHT_BLESS=1` writes the file anew; `cargo xtask demo` sets it.
#[test]
fn the_file_in_the_repository_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/organisation.json");
    let mut generated = Vec::new();
    sidelight_cli::document::write(&demo::organisation(), &mut generated).unwrap();
    if std::env::var_os("SIDELIGHT_BLESS").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let stored = std::fs::read(&path).unwrap();
    assert!(
        stored == generated,
        "`demo/organisation.json` is not what `demo.rs` makes: run `cargo xtask demo`"
    );
    assert_eq!(
        serde_json::from_slice::<Org>(&stored).unwrap(),
        demo::organisation()
    );
}

#[test]
fn it_has_the_size_that_the_readme_tells() {
    let org = demo::organisation();
    let of = |kind| {
        org.records
            .iter()
            .filter(|record| record.kind == kind)
            .count()
    };
    assert_eq!(org.users.len(), 61);
    assert_eq!(org.companies.len(), 3);
    assert_eq!(org.records.len(), 400);
    assert_eq!(org.deals.len(), 150);
    assert_eq!(
        [
            RecordType::Account,
            RecordType::Prospect,
            RecordType::Opportunity
        ]
        .map(of),
        [84, 136, 116]
    );
    assert!(
        RecordType::ALL.iter().all(|&kind| of(kind) > 0),
        "every record type occurs"
    );
    assert_eq!(
        org.users.iter().filter(|user| user.guest.is_some()).count(),
        2
    );
    assert_eq!(
        org.users
            .iter()
            .filter(|user| user.status == Status::Locked)
            .count(),
        2
    );
    assert_eq!(
        org.deals
            .iter()
            .filter_map(|deal| deal.currency.as_deref())
            .collect::<BTreeSet<_>>(),
        ["EUR", "GBP", "USD"].into()
    );
    assert!(
        org.deals
            .iter()
            .filter(|deal| deal.registered_by.is_some())
            .count()
            >= 20
    );
}

#[test]
fn the_hierarchy_is_five_deep_and_alice_has_her_ten() {
    let org = demo::organisation();
    let parents: BTreeMap<_, _> = org
        .roles
        .iter()
        .map(|role| (role.id.as_str(), role.parent.as_deref()))
        .collect();
    let path = |role: &str| -> Vec<String> {
        std::iter::successors(Some(role), |role| parents[*role])
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(
        org.roles.iter().map(|role| path(&role.id).len()).max(),
        Some(5)
    );
    let below_alice = |user: &&sidelight_governance::org::User| {
        user.role.as_deref().is_some_and(|role| {
            role != "smb-east-lead" && path(role).iter().any(|above| above == "smb-east-lead")
        })
    };
    assert_eq!(org.users.iter().filter(below_alice).count(), 10);
}

#[test]
fn a_registrar_on_behalf_outranks_the_deal_owner_or_sees_every_deal() {
    let org = demo::organisation();
    let tier = |user: &str, company: &str| {
        let user = org
            .users
            .iter()
            .find(|candidate| candidate.id == user)
            .unwrap();
        user.memberships
            .iter()
            .find(|membership| membership.company == company)
            .map(|membership| membership.tier)
    };
    for deal in &org.deals {
        let Some(registrar) = &deal.registered_by else {
            continue;
        };
        let outranks = tier(registrar, &deal.company) > deal.owner_tier;
        assert!(
            outranks || registrar == "nadia",
            "{} by {registrar}",
            deal.id
        );
    }
}
