//! Accounts, the people and sales in them, and what is done about those.

use sidelight_governance::org::{Assignment, CrmRecord, FieldValue};
use sidelight_governance::record::RecordType;

use super::{Random, at, closing};

const ACCOUNTS: usize = 84;
const PROSPECTS: usize = 136;
const OPPORTUNITIES: usize = 116;

/// Region, owners of accounts there, and how many accounts.
const TERRITORIES: &[(&str, &[&str], usize)] = &[
    (
        "US East",
        &[
            "ben", "chidi", "dana", "elif", "farid", "grace", "hugo", "ines",
        ],
        30,
    ),
    ("US West", &["owen", "quentin", "rosa", "samir"], 16),
    ("EMEA", &["xavier", "yara", "zoltan"], 16),
    ("APAC", &["hana", "arjun"], 12),
    ("US East", &["alice"], 2),
    ("US West", &["priya"], 1),
    ("Strategic", &["nadia"], 2),
];

/// Twenty-one heads and four tails: counting both up together meets every pair once, as 21 and 4 have no common divisor.
const HEADS: &[&str] = &[
    "Cinder", "Marrow", "Thistle", "Pewter", "Juniper", "Alder", "Quill", "Sorrel", "Ember",
    "Vetch", "Bramble", "Hazel", "Gorse", "Larch", "Umber", "Nettle", "Fennel", "Rook", "Dapple",
    "Ochre", "Willow",
];
const TAILS: &[&str] = &["mere", "holt", "fell", "wend"];

const INDUSTRIES: &[(&str, &str)] = &[
    ("Foods", "Food & beverage"),
    ("Logistics", "Transport"),
    ("Dental", "Healthcare"),
    ("Robotics", "Manufacturing"),
    ("Mutual", "Insurance"),
    ("Studios", "Media"),
    ("Timber", "Materials"),
    ("Learning", "Education"),
    ("Outfitters", "Retail"),
    ("Power", "Energy"),
    ("Biologics", "Life sciences"),
];

/// Every record: accounts, prospects, opportunities, and what is done about those.
pub(super) fn records(random: &mut Random) -> Vec<CrmRecord> {
    let mut records = accounts(random);
    let prospects = prospects(random, &records);
    let opportunities = opportunities(random, &records);
    let activities = activities(random, &opportunities);
    records.extend(prospects.into_iter().chain(opportunities).chain(activities));
    records
}

fn accounts(random: &mut Random) -> Vec<CrmRecord> {
    let mut accounts = vec![acme()];
    let in_territories = TERRITORIES.iter().flat_map(|&(region, owners, count)| {
        owners
            .iter()
            .cycle()
            .take(count)
            .map(move |&owner| (region, owner))
    });
    for (region, owner) in in_territories {
        let mut account = account(random, accounts.len(), region);
        account.owner = Some(owner.to_owned());
        if random.chance(50) {
            account
                .assigned
                .push(in_job(random.pick(&["lena", "joy"]), "csm"));
        }
        if random.chance(40) {
            account
                .assigned
                .push(random.pick(&["kofi", "lucia", "nils", "tara"]).into());
        }
        accounts.push(account);
    }
    // One whose owner was removed for good, and three that nobody has picked up: only `all` and lifts show them (§3.5).
    let mut left_behind = account(random, accounts.len(), "US East");
    left_behind.owner = Some("former-colleague-0417".to_owned());
    accounts.push(left_behind);
    while accounts.len() < ACCOUNTS {
        accounts.push(account(random, accounts.len(), "US East"));
    }
    accounts
}

/// The account of §12.3: owned in one branch, worked on from three others.
fn acme() -> CrmRecord {
    CrmRecord {
        name: Some("Acme".to_owned()),
        owner: Some("yara".to_owned()),
        assigned: vec![in_job("ben", "ae"), "kofi".into(), "lena".into()],
        fields: [
            ("industry", text("Manufacturing")),
            ("region", text("EMEA")),
            ("employees", number(1_250)),
            ("customerSince", text("2021-03-15")),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect(),
        ..CrmRecord::new(RecordType::Account, "acme")
    }
}

fn account(random: &mut Random, index: usize, region: &str) -> CrmRecord {
    let (kind, industry) = at(INDUSTRIES, index);
    let stem = format!("{}{}", at(HEADS, index), at(TAILS, index));
    let mut account = CrmRecord::new(RecordType::Account, stem.to_lowercase());
    account.name = Some(format!("{stem} {kind}"));
    account.fields.insert("industry".to_owned(), text(industry));
    account.fields.insert("region".to_owned(), text(region));
    account
        .fields
        .insert("employees".to_owned(), number(random.below(290) * 10 + 40));
    account.fields.insert(
        "customerSince".to_owned(),
        text(&format!("20{}-{}", 17 + random.below(9), random.day())),
    );
    account
}

/// Counted up together, as [`HEADS`] and [`TAILS`] are: 34 and 37 have no common divisor.
const GIVEN_NAMES: &[&str] = &[
    "Maya",
    "Oluwaseun",
    "Linh",
    "Mateo",
    "Svetlana",
    "Kwame",
    "Aisha",
    "Dmitri",
    "Yuki",
    "Fatima",
    "Luca",
    "Noa",
    "Rajesh",
    "Sinead",
    "Tariq",
    "Anja",
    "Bilal",
    "Carmen",
    "Dafydd",
    "Esi",
    "Goran",
    "Hye-jin",
    "Isabel",
    "Jamal",
    "Kamala",
    "Leilani",
    "Milos",
    "Nkechi",
    "Orla",
    "Pavel",
    "Ruth",
    "Sana",
    "Thabo",
    "Vera",
];
const FAMILY_NAMES: &[&str] = &[
    "Lindgren",
    "Abiola",
    "Nguyen",
    "Fuentes",
    "Morozova",
    "Boateng",
    "Siddiqui",
    "Volkov",
    "Kimura",
    "Zahra",
    "Ricci",
    "Shapiro",
    "Iyengar",
    "Gallagher",
    "Aziz",
    "Keller",
    "Chaudhry",
    "Vidal",
    "Llewellyn",
    "Quaye",
    "Babic",
    "Seo",
    "Marquez",
    "Freeman",
    "Pillai",
    "Kahale",
    "Petrovic",
    "Obi",
    "Byrne",
    "Sokol",
    "Goldman",
    "Rahimi",
    "Nkosi",
    "Lang",
    "Tremblay",
    "Haugen",
    "Costa",
];
const TITLES: &[&str] = &[
    "Head of Operations",
    "Chief Financial Officer",
    "Plant Manager",
    "IT Director",
    "Procurement Lead",
    "VP Logistics",
    "Office Manager",
];

fn prospects(random: &mut Random, accounts: &[CrmRecord]) -> Vec<CrmRecord> {
    let accounts: Vec<_> = accounts.iter().collect();
    (0..PROSPECTS)
        .map(|index| {
            let (given, family) = (at(GIVEN_NAMES, index), at(FAMILY_NAMES, index));
            let mut prospect = CrmRecord::new(
                RecordType::Prospect,
                format!("{given}-{family}").to_lowercase(),
            );
            prospect.name = Some(format!("{given} {family}"));
            // Sales development holds most of them: the account's owner sees those through the account (§3, `account`).
            prospect.owner = Some(
                random
                    .pick(&[
                        "kofi", "lucia", "nils", "tara", "jonas", "keira", "tove", "amina", "mele",
                    ])
                    .to_owned(),
            );
            // The last six answered a webinar and belong to no account yet.
            if index < PROSPECTS - 6 {
                let account = at(&accounts, index);
                prospect.account = Some(account.id.clone());
                if account.owner.is_some() && random.chance(35) {
                    prospect.owner.clone_from(&account.owner);
                }
            }
            prospect
                .fields
                .insert("title".to_owned(), text(random.pick(TITLES)));
            prospect.fields.insert(
                "status".to_owned(),
                text(random.pick(&["New", "Contacted", "Replied", "Meeting set", "Not now"])),
            );
            prospect.fields.insert(
                "source".to_owned(),
                text(random.pick(&["Referral", "Webinar", "Trade fair", "Inbound", "Partner"])),
            );
            prospect
        })
        .collect()
}

const PRODUCTS: &[&str] = &["Lantern", "Compass", "Ledger", "Harbour", "Tideline"];
const STAGES: &[(&str, u64)] = &[
    ("Discovery", 10),
    ("Qualified", 25),
    ("Proposal", 50),
    ("Negotiation", 75),
    ("Won", 100),
    ("Lost", 0),
];

fn opportunities(random: &mut Random, accounts: &[CrmRecord]) -> Vec<CrmRecord> {
    let owned: Vec<_> = accounts
        .iter()
        .filter(|account| account.owner.is_some())
        .collect();
    (0..OPPORTUNITIES)
        .map(|index| {
            let account = at(&owned, index);
            let product = at(PRODUCTS, index + index / owned.len());
            let mut opportunity = CrmRecord::new(
                RecordType::Opportunity,
                format!("{}-{}", account.id, product.to_lowercase()),
            );
            let kind = random.pick(&["pilot", "rollout", "expansion", "renewal"]);
            opportunity.name = Some(format!(
                "{}: {product} {kind}",
                account.name.as_deref().unwrap_or_default()
            ));
            opportunity.owner.clone_from(&account.owner);
            opportunity.account = Some(account.id.clone());
            if index == 0 {
                // §12.3: three people of three teams on one opportunity.
                opportunity.assigned = vec!["lena".into(), "petra".into(), "kofi".into()];
            } else if random.chance(35) {
                opportunity
                    .assigned
                    .push(random.pick(&["lena", "joy", "petra"]).into());
            }
            if account.id == "cinderholt" {
                // A partner on a co-sold opportunity: sees it, and of its people only the own company's (§5.6).
                opportunity.assigned.push("michael".into());
            }
            if account.owner.as_deref() == Some("yara") && index > 0 && random.chance(60) {
                opportunity.assigned.push("noor".into());
            }
            let (stage, probability) = random.pick(STAGES);
            opportunity.fields.insert("stage".to_owned(), text(stage));
            opportunity
                .fields
                .insert("probability".to_owned(), number(probability));
            opportunity
                .fields
                .insert("product".to_owned(), text(product));
            opportunity
                .fields
                .insert("amount".to_owned(), number((random.below(480) + 12) * 250));
            opportunity.fields.insert(
                "closeDate".to_owned(),
                text(&closing(random, matches!(stage, "Won" | "Lost"))),
            );
            opportunity
        })
        .collect()
}

/// Type, how many, how each begins its name, and who owns them.
const ACTIVITIES: &[(RecordType, usize, &[&str], &[&str])] = &[
    (
        RecordType::Task,
        22,
        &["Send the offer", "Call back", "Prepare the review"],
        &[
            "alice", "ben", "chidi", "dana", "rosa", "owen", "xavier", "hana", "lena",
        ],
    ),
    (
        RecordType::Sequence,
        8,
        &["Warm introduction", "Renewal in ninety days"],
        &["kofi", "lucia", "nils", "tara"],
    ),
    (
        RecordType::Mailing,
        10,
        &["Follow-up", "Meeting notes"],
        &["ben", "elif", "rosa", "yara", "kofi"],
    ),
    (
        RecordType::Call,
        10,
        &["Discovery call", "Pricing call"],
        &["ben", "grace", "ines", "keira", "samir", "zoltan", "arjun"],
    ),
    (
        RecordType::Meeting,
        8,
        &["Demonstration", "Quarterly review"],
        &["alice", "dana", "farid", "quentin", "joy"],
    ),
    (
        RecordType::Conversation,
        6,
        &["Chat on the website", "Questions by text message"],
        &["tara", "lucia", "jonas"],
    ),
];

fn activities(random: &mut Random, opportunities: &[CrmRecord]) -> Vec<CrmRecord> {
    let all: Vec<_> = opportunities.iter().collect();
    let mut activities = Vec::new();
    for &(kind, count, openings, owners) in ACTIVITIES {
        for index in 0..count {
            let owner = at(owners, index);
            // About one of the owner's own opportunities, where there is one.
            let own: Vec<_> = all
                .iter()
                .copied()
                .filter(|opportunity| opportunity.owner.as_deref() == Some(owner))
                .collect();
            let about = if own.is_empty() {
                random.pick(&all)
            } else {
                random.pick(&own)
            };
            let mut activity = CrmRecord::new(kind, format!("{kind}-{:02}", index + 1));
            activity.name = Some(format!(
                "{}: {}",
                at(openings, index),
                about.name.as_deref().unwrap_or_default()
            ));
            activity.owner = Some(owner.to_owned());
            activity.account.clone_from(&about.account);
            if kind == RecordType::Task {
                activity
                    .fields
                    .insert("due".to_owned(), text(&closing(random, false)));
            }
            activities.push(activity);
        }
    }
    activities
}

fn text(value: &str) -> FieldValue {
    FieldValue::Text(value.to_owned())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the numbers drawn here are far below 2^53"
)]
fn number(value: u64) -> FieldValue {
    FieldValue::Number(value as f64)
}

fn in_job(user: &str, job_role: &str) -> Assignment {
    Assignment {
        user: user.to_owned(),
        job_role: Some(job_role.to_owned()),
    }
}
