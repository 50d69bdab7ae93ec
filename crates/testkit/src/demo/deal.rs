//! The partner pipeline.

use std::collections::BTreeSet;

use sidelight_governance::amount::Amount;
use sidelight_governance::org::{Deal, Tier};

use super::people::PARTNERS;
use super::{Random, closing, instant};

/// Owner, registrar, tier of the owner: the deals of §12.5, so that each rule has a deal to point at.
const TOLD_DEALS: &[(&str, &str, &str, Tier)] = &[
    ("larkspur", "michael", "michael", Tier::Sales),
    ("larkspur", "michael", "joseph", Tier::Sales),
    ("larkspur", "michael", "jessica", Tier::Sales),
    ("larkspur", "mila", "mila", Tier::Sales),
    ("larkspur", "chris", "chris", Tier::Sales),
    ("larkspur", "joseph", "joseph", Tier::Manager),
    ("larkspur", "marta", "marta", Tier::Manager),
    ("larkspur", "jessica", "jessica", Tier::Executive),
    ("larkspur", "elliot", "elliot", Tier::Executive),
    ("larkspur", "graham", "graham", Tier::Owner),
    ("larkspur", "pat", "pat", Tier::Sales),
    ("kestrel", "viktor", "viktor", Tier::Executive),
    ("kestrel", "noemi", "noemi", Tier::Owner),
    ("osier", "anouk", "nadia", Tier::Sales),
];

/// Company, how many deals in all, and the currencies it sells in.
const PIPELINES: &[(&str, usize, &[&str])] = &[
    ("larkspur", 80, &["USD", "USD", "EUR"]),
    ("kestrel", 42, &["GBP", "GBP", "EUR"]),
    ("osier", 28, &["EUR", "EUR", "USD"]),
];

const CUSTOMERS: &[&str] = &[
    "Ridgeport Ferries",
    "Saltmarsh Bakery",
    "Copperline Clinics",
    "Blue Anvil Works",
    "Tern & Tide Hotels",
    "Mossbank Schools",
    "Greywater Utilities",
    "Fogbell Museum",
    "Hollowtree Nurseries",
    "Kiteway Couriers",
    "Sunder Textiles",
    "Paper Crane Press",
    "Ninefold Games",
];
/// Product and price of a seat, in hundredths.
const SEATS: &[(&str, u64)] = &[
    ("Lantern", 24_000),
    ("Compass", 38_050),
    ("Ledger", 14_990),
    ("Harbour", 51_200),
    ("Tideline", 9_505),
];
const DEAL_STAGES: &[&str] = &[
    "Registered",
    "Registered",
    "Qualified",
    "Qualified",
    "Proposal",
    "Negotiation",
    "Won",
    "Lost",
];

/// Every deal, those of §12.5 first in each company.
pub(super) fn deals(random: &mut Random) -> Vec<Deal> {
    let mut deals = Vec::new();
    for &(company, count, currencies) in PIPELINES {
        let told = TOLD_DEALS
            .iter()
            .filter(|deal| deal.0 == company)
            .map(|&(_, owner, registrar, tier)| (owner, registrar, tier));
        let mut registrations: Vec<_> = told.collect();
        while registrations.len() < count {
            registrations.push(registration(random, company));
        }
        let mut names = BTreeSet::new();
        for (index, (owner, registrar, tier)) in registrations.into_iter().enumerate() {
            let stage = random.pick(DEAL_STAGES);
            let closed = matches!(stage, "Won" | "Lost");
            let (name, amount) = offer(random, &mut names);
            let registered = format!(
                "2026-{:02}-{:02}T{:02}:15:00Z",
                1 + random.below(if closed { 6 } else { 10 }),
                1 + random.below(28),
                8 + random.below(10)
            );
            deals.push(Deal {
                name: Some(name),
                registered_by: (registrar != owner).then(|| registrar.to_owned()),
                owner_tier: Some(tier),
                stage: Some(stage.to_owned()),
                amount,
                currency: Some(random.pick(currencies).to_owned()),
                expected_close: Some(closing(random, closed)),
                created_at: Some(instant(&registered)),
                ..Deal::new(format!("{company}-{:03}", index + 1), company, owner)
            });
        }
    }
    deals
}

/// An owner at the company, sometimes with somebody of a higher tier there registering on the owner's behalf (§6.4).
fn registration(random: &mut Random, company: &str) -> (&'static str, &'static str, Tier) {
    let people: Vec<_> = PARTNERS
        .iter()
        .filter(|partner| partner.2 == company)
        .filter_map(|&(id, _, _, tier)| Some((id, tier?)))
        .collect();
    // Selling is mostly done by Sales: draw twice, and take the lower tier.
    let (one, other) = (random.pick(&people), random.pick(&people));
    let (owner, tier) = if other.1 < one.1 { other } else { one };
    let above: Vec<_> = people
        .iter()
        .filter(|person| person.1 > tier)
        .map(|person| person.0)
        .collect();
    let registrar = if !above.is_empty() && random.chance(30) {
        random.pick(&above)
    } else {
        owner
    };
    (owner, registrar, tier)
}

/// A name that no other deal of the company has, and its price; one in twelve has no price yet.
fn offer(random: &mut Random, taken: &mut BTreeSet<String>) -> (String, Option<Amount>) {
    loop {
        let ((product, cents), seats) = (random.pick(SEATS), (random.below(60) + 1) * 5);
        let name = format!("{}: {product} for {seats} seats", random.pick(CUSTOMERS));
        if taken.insert(name.clone()) {
            let price = cents * seats;
            let amount = if random.chance(8) {
                None
            } else {
                format!("{}.{:02}", price / 100, price % 100).parse().ok()
            };
            return (name, amount);
        }
    }
}
