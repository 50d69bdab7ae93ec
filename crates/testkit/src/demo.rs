//! The demo organisation: Brightquay, an invented company that shows every rule on people with names.
//!
//! `demo/organisation.json` is exactly what [`organisation`] makes, and `demo/README.md` says what
//! to look at. Everything that a reader is meant to find is written out by hand; only the mass
//! around it is drawn from a seeded source, so the file is the same on every machine.

use std::collections::BTreeSet;

use sidelight_governance::amount::Amount;
use sidelight_governance::instant::Instant;
use sidelight_governance::org::{
    Assignment, Company, CrmRecord, Deal, FieldValue, Guest, JobRole, Membership, Org, Permissions, Profile, Role, Status, Tier, User,
};
use sidelight_governance::profile::{Action, Scope, Toggle, applicable};
use sidelight_governance::record::RecordType;

const ACCOUNTS: usize = 84;
const PROSPECTS: usize = 136;
const OPPORTUNITIES: usize = 116;

/// The demo organisation, the same at each call.
pub fn organisation() -> Org {
    let mut org = Org::new("brightquay", "Brightquay", "America/New_York");
    org.job_roles = Some(JobRole::initial().into_iter().chain([JobRole { id: "tam".to_owned(), name: "Technical Account Manager".to_owned() }]).collect());
    org.roles = ROLES.iter().map(role).collect();
    org.profiles.extend(profiles());
    org.users = COLLEAGUES.iter().map(colleague).chain(PARTNERS.iter().map(partner)).chain(GUESTS.iter().map(guest)).collect();
    org.companies = COMPANIES.iter().map(company).collect();

    let mut random = Random(2026);
    org.records = accounts(&mut random);
    let prospects = prospects(&mut random, &org.records);
    let opportunities = opportunities(&mut random, &org.records);
    let activities = activities(&mut random, &opportunities);
    org.records.extend(prospects.into_iter().chain(opportunities).chain(activities));
    org.deals = deals(&mut random);
    org
}

// ── the hierarchy ───────────────────────────────────────────────────────────────────────────────

/// Id, name, parent. Five levels from the CRO to SMB EAST RAMP, and a second root beside.
const ROLES: &[(&str, &str, Option<&str>)] = &[
    ("cro", "CHIEF REVENUE OFFICER", None),
    ("vp-smb", "VP SMB", Some("cro")),
    ("smb-east-lead", "SMB EAST LEAD", Some("vp-smb")),
    ("smb-east", "SMB EAST", Some("smb-east-lead")),
    ("smb-east-ramp", "SMB EAST RAMP", Some("smb-east")),
    ("smb-west-lead", "SMB WEST LEAD", Some("vp-smb")),
    ("smb-west", "SMB WEST", Some("smb-west-lead")),
    ("vp-enterprise", "VP ENTERPRISE", Some("cro")),
    ("emea-lead", "ENTERPRISE EMEA LEAD", Some("vp-enterprise")),
    ("emea", "ENTERPRISE EMEA", Some("emea-lead")),
    ("apac-lead", "ENTERPRISE APAC LEAD", Some("vp-enterprise")),
    ("apac", "ENTERPRISE APAC", Some("apac-lead")),
    ("sdr-lead", "SALES DEVELOPMENT LEAD", Some("cro")),
    ("sdr", "SALES DEVELOPMENT", Some("sdr-lead")),
    ("cs-lead", "CUSTOMER SUCCESS LEAD", Some("cro")),
    ("cs", "CUSTOMER SUCCESS", Some("cs-lead")),
    ("revops", "REVENUE OPERATIONS", Some("cro")),
    ("partner-programme", "PARTNER PROGRAMME", None),
    ("channel", "CHANNEL", Some("partner-programme")),
];

fn role(&(id, name, parent): &(&str, &str, Option<&str>)) -> Role {
    Role { id: id.to_owned(), name: name.to_owned(), parent: parent.map(str::to_owned) }
}

/// The profiles beside the three that every organisation starts with.
fn profiles() -> [Profile; 7] {
    use RecordType::{Account, Call, Meeting, Opportunity, Prospect};
    /// What leads share with their people; tasks, sequences and mailings stay personal.
    const SHARED: &[RecordType] = &[Account, Prospect, Opportunity, Call, Meeting];
    const CUSTOMERS: &[RecordType] = &[Account, Prospect, Opportunity];

    let rep = everywhere(Scope::Owned).collect::<Permissions>();
    let mut pod = rep.clone();
    let mut lead = rep.clone();
    let mut executive = everywhere(Scope::Reports).collect::<Permissions>();
    let mut revops = rep.clone();
    let mut partner = Permissions::default();
    for &kind in CUSTOMERS {
        pod.set(kind, Action::View, Scope::Peers);
        revops.set(kind, Action::View, Scope::All);
        revops.set(kind, Action::Edit, Scope::All);
        revops.set(kind, Action::Assign, Scope::All);
        executive.set(kind, Action::Delete, Scope::Reports);
        partner.set(kind, Action::View, Scope::Owned);
    }
    for &kind in SHARED {
        for action in [Action::View, Action::Edit, Action::Assign] {
            if applicable(kind, action).contains(&Scope::Reports) {
                lead.set(kind, action, Scope::Reports);
            }
        }
    }

    use Toggle::{AllDeals, Export, ManageCompanies, ManageGuests, ManageRoles, ManageUsers, ModifyJobRoles, ProspectsInAccount, Provision};
    [
        profile("rep", "Rep", rep.clone(), &[ProspectsInAccount]),
        profile("pod", "Sales Development Pod", pod, &[ProspectsInAccount]),
        profile("lead", "Team Lead", lead, &[ProspectsInAccount, Export]),
        profile("executive", "Executive", executive, &[Export]),
        profile("revops", "Revenue Operations", revops, &[ModifyJobRoles, ManageUsers, ManageRoles, Provision, Export]),
        profile("channel", "Channel", rep, &[AllDeals, ManageCompanies, ManageGuests]),
        profile("partner", "Partner", partner, &[]),
    ]
}

/// `widest` for each view, edit and assign, or the widest scope within it that applies; create for all.
fn everywhere(widest: Scope) -> impl Iterator<Item = (RecordType, Action, Scope)> {
    RecordType::ALL.iter().flat_map(move |&kind| {
        [(Action::View, widest), (Action::Create, Scope::All), (Action::Edit, widest), (Action::Assign, widest)].into_iter().filter_map(
            move |(action, widest)| {
                let scope = applicable(kind, action).iter().filter(|scope| **scope <= widest).max()?;
                Some((kind, action, *scope))
            },
        )
    })
}

fn profile(id: &str, name: &str, permissions: Permissions, toggles: &[Toggle]) -> Profile {
    Profile {
        id: id.to_owned(),
        name: name.to_owned(),
        admin: false,
        permissions,
        toggles: toggles.iter().map(|&toggle| (toggle, true)).collect(),
    }
}

// ── the people ──────────────────────────────────────────────────────────────────────────────────

struct Colleague {
    id: &'static str,
    name: &'static str,
    profile: &'static str,
    role: Option<&'static str>,
    job_role: Option<&'static str>,
}

const fn someone(id: &'static str, name: &'static str, profile: &'static str) -> Colleague {
    Colleague { id, name, profile, role: None, job_role: None }
}

impl Colleague {
    const fn role(mut self, role: &'static str) -> Self {
        self.role = Some(role);
        self
    }

    const fn job(mut self, job_role: &'static str) -> Self {
        self.job_role = Some(job_role);
        self
    }
}

/// Left in September: the account is locked, and what it holds still shows to the lead (§3.3).
const LOCKED: &[&str] = &["hugo", "pat"];

const COLLEAGUES: &[Colleague] = &[
    // Alice and her ten, three of them one level further down.
    someone("alice", "Alice Moreau", "lead").role("smb-east-lead"),
    someone("ben", "Ben Achterberg", "rep").role("smb-east").job("ae"),
    someone("chidi", "Chidi Eze", "rep").role("smb-east").job("ae"),
    someone("dana", "Dana Rosario", "rep").role("smb-east").job("ae"),
    someone("elif", "Elif Yıldız", "rep").role("smb-east").job("ae"),
    someone("farid", "Farid Haddad", "rep").role("smb-east").job("ae"),
    someone("grace", "Grace Tanaka", "rep").role("smb-east").job("ae"),
    someone("hugo", "Hugo Lindqvist", "rep").role("smb-east").job("ae"),
    someone("ines", "Inês Carvalho", "rep").role("smb-east-ramp").job("ae"),
    someone("jonas", "Jonas Meyer", "rep").role("smb-east-ramp").job("bdr"),
    someone("keira", "Keira Doyle", "rep").role("smb-east-ramp").job("bdr"),
    // Her counterpart, who sees none of it.
    someone("priya", "Priya Raman", "lead").role("smb-west-lead"),
    someone("owen", "Owen Pritchard", "rep").role("smb-west").job("ae"),
    someone("quentin", "Quentin Abara", "rep").role("smb-west").job("ae"),
    someone("rosa", "Rosa Delgado", "rep").role("smb-west").job("ae"),
    someone("samir", "Samir Nouri", "rep").role("smb-west").job("ae"),
    someone("tove", "Tove Bergström", "rep").role("smb-west").job("bdr"),
    someone("tomas", "Tomás Herrera", "executive").role("vp-smb"),
    // Enterprise.
    someone("ingrid", "Ingrid Solheim", "executive").role("vp-enterprise"),
    someone("wanda", "Wanda Kowalczyk", "lead").role("emea-lead"),
    someone("xavier", "Xavier Dumont", "rep").role("emea").job("ae"),
    someone("yara", "Yara Mansour", "rep").role("emea").job("ae"),
    someone("zoltan", "Zoltán Fekete", "rep").role("emea").job("ae"),
    someone("amina", "Amina Diallo", "rep").role("emea").job("bdr"),
    someone("wei", "Zhang Wei", "lead").role("apac-lead"),
    someone("hana", "Hana Sato", "rep").role("apac").job("ae"),
    someone("arjun", "Arjun Mehta", "rep").role("apac").job("ae"),
    someone("mele", "Mele Tupou", "rep").role("apac").job("bdr"),
    // The pods that work across teams: sales development sees what its peers hold.
    someone("delia", "Delia Fontaine", "lead").role("sdr-lead"),
    someone("kofi", "Kofi Mensah", "pod").role("sdr").job("sdr"),
    someone("lucia", "Lucía Ortega", "pod").role("sdr").job("sdr"),
    someone("nils", "Nils Aaltonen", "pod").role("sdr").job("sdr"),
    someone("tara", "Tara Whelan", "pod").role("sdr").job("sdr"),
    someone("marcus", "Marcus Bell", "lead").role("cs-lead"),
    someone("lena", "Lena Hoffmann", "rep").role("cs").job("csm"),
    someone("joy", "Joy Nakagawa", "rep").role("cs").job("csm"),
    someone("petra", "Petra Vlková", "rep").role("cs").job("tam"),
    // Above and beside all of them. Robin's scope `all` lifts Imani, who is above Robin.
    someone("imani", "Imani Okafor", "executive").role("cro"),
    someone("robin", "Robin Castellanos", "revops").role("revops"),
    someone("sam", "Sam Adeyemi", "admin"),
    someone("femi", "Femi Balogun", "default"),
    someone("nadia", "Nadia Petrova", "channel").role("partner-programme"),
    someone("leo", "Leo Marchetti", "channel").role("channel"),
];

fn colleague(one: &Colleague) -> User {
    User {
        email: Some(format!("{}@brightquay.example", one.id)),
        role: one.role.map(str::to_owned),
        job_role: one.job_role.map(str::to_owned),
        status: status(one.id),
        ..User::new(one.id, one.name, one.profile)
    }
}

fn status(id: &str) -> Status {
    if LOCKED.contains(&id) { Status::Locked } else { Status::Active }
}

/// Id, name, and the email of an account owner who belongs to another company (§6).
const COMPANIES: &[(&str, &str, Option<&str>)] = &[
    ("larkspur", "Larkspur Advisory", None),
    // Graham manages Kestrelbrook by this address, whatever its case.
    ("kestrel", "Kestrelbrook Systems", Some("Graham@Larkspur.example")),
    ("osier", "Osier & Pell", None),
];

fn company(&(id, name, account_owner): &(&str, &str, Option<&str>)) -> Company {
    Company { id: id.to_owned(), name: name.to_owned(), account_owner_email: account_owner.map(str::to_owned) }
}

/// Id, name, primary company, tier there.
const PARTNERS: &[(&str, &str, &str, Option<Tier>)] = &[
    ("michael", "Michael Brandt", "larkspur", Some(Tier::Sales)),
    ("mila", "Mila Novak", "larkspur", Some(Tier::Sales)),
    ("chris", "Chris Adebayo", "larkspur", Some(Tier::Sales)),
    // Left Larkspur: no tier there any more, so the tier kept on each deal counts (§6, `rank`).
    ("pat", "Pat Ferreira", "larkspur", None),
    ("joseph", "Joseph Kimani", "larkspur", Some(Tier::Manager)),
    ("marta", "Marta Silva", "larkspur", Some(Tier::Manager)),
    ("jessica", "Jessica Thorne", "larkspur", Some(Tier::Executive)),
    ("elliot", "Elliot Vance", "larkspur", Some(Tier::Executive)),
    ("graham", "Graham Whitlock", "larkspur", Some(Tier::Owner)),
    ("bryn", "Bryn Cadogan", "kestrel", Some(Tier::Sales)),
    ("saoirse", "Saoirse Flynn", "kestrel", Some(Tier::Manager)),
    ("viktor", "Viktor Antonov", "kestrel", Some(Tier::Executive)),
    ("noemi", "Noémi Balázs", "kestrel", Some(Tier::Owner)),
    ("anouk", "Anouk Verhoeven", "osier", Some(Tier::Sales)),
    ("dario", "Dario Conti", "osier", Some(Tier::Manager)),
    ("freya", "Freya Osier", "osier", Some(Tier::Owner)),
];

fn partner(&(id, name, company, tier): &(&str, &str, &str, Option<Tier>)) -> User {
    let membership = |company: &str, tier, primary| Membership { company: company.to_owned(), tier, primary };
    let mut memberships: Vec<_> = tier.map(|tier| membership(company, tier, true)).into_iter().collect();
    if id == "joseph" {
        // An association in another company, which gives nothing (§6.3).
        memberships.push(membership("kestrel", Tier::Sales, false));
    }
    User { email: Some(format!("{id}@{company}.example")), status: status(id), memberships, ..User::new(id, name, "partner") }
}

/// Id, name, profile, role, sponsor, and the first instant without access: the end of the last day in New York.
const GUESTS: &[(&str, &str, &str, Option<&str>, &str, &str)] = &[
    // Helps the EMEA team until 2027-02-18.
    ("noor", "Noor van Dijk", "rep", Some("emea"), "wanda", "2027-02-19T05:00:00Z"),
    // Audited until 2026-09-30, under a profile that a guest cannot use (§3.8).
    ("victor", "Victor Sandoval", "admin", None, "sam", "2026-10-01T04:00:00Z"),
];

fn guest(&(id, name, profile, role, sponsor, expires_at): &(&str, &str, &str, Option<&str>, &str, &str)) -> User {
    let term = Guest { claimed: true, expires_at: instant(expires_at), revoked_at: None, sponsor: Some(sponsor.to_owned()) };
    User {
        email: Some(format!("{id}@guest.example")),
        role: role.map(str::to_owned),
        guest: Some(term),
        ..User::new(id, name, profile)
    }
}

// ── the records ─────────────────────────────────────────────────────────────────────────────────

/// Region, owners of accounts there, and how many accounts.
const TERRITORIES: &[(&str, &[&str], usize)] = &[
    ("US East", &["ben", "chidi", "dana", "elif", "farid", "grace", "hugo", "ines"], 30),
    ("US West", &["owen", "quentin", "rosa", "samir"], 16),
    ("EMEA", &["xavier", "yara", "zoltan"], 16),
    ("APAC", &["hana", "arjun"], 12),
    ("US East", &["alice"], 2),
    ("US West", &["priya"], 1),
    ("Strategic", &["nadia"], 2),
];

/// Twenty-one heads and four tails: counting both up together meets every pair once, as 21 and 4 have no common divisor.
const HEADS: &[&str] = &[
    "Cinder", "Marrow", "Thistle", "Pewter", "Juniper", "Alder", "Quill", "Sorrel", "Ember", "Vetch", "Bramble", "Hazel", "Gorse", "Larch",
    "Umber", "Nettle", "Fennel", "Rook", "Dapple", "Ochre", "Willow",
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

fn accounts(random: &mut Random) -> Vec<CrmRecord> {
    let mut accounts = vec![acme()];
    let in_territories = TERRITORIES.iter().flat_map(|&(region, owners, count)| owners.iter().cycle().take(count).map(move |&owner| (region, owner)));
    for (region, owner) in in_territories {
        let mut account = account(random, accounts.len(), region);
        account.owner = Some(owner.to_owned());
        if random.chance(50) {
            account.assigned.push(in_job(random.pick(&["lena", "joy"]), "csm"));
        }
        if random.chance(40) {
            account.assigned.push(random.pick(&["kofi", "lucia", "nils", "tara"]).into());
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
        fields: [("industry", text("Manufacturing")), ("region", text("EMEA")), ("employees", number(1_250)), ("customerSince", text("2021-03-15"))]
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
    account.fields.insert("employees".to_owned(), number(random.below(290) * 10 + 40));
    account.fields.insert("customerSince".to_owned(), text(&format!("20{}-{}", 17 + random.below(9), random.day())));
    account
}

/// Counted up together, as [`HEADS`] and [`TAILS`] are: 34 and 37 have no common divisor.
const GIVEN_NAMES: &[&str] = &[
    "Maya", "Oluwaseun", "Linh", "Mateo", "Svetlana", "Kwame", "Aisha", "Dmitri", "Yuki", "Fatima", "Luca", "Noa", "Rajesh", "Sinead", "Tariq",
    "Anja", "Bilal", "Carmen", "Dafydd", "Esi", "Goran", "Hye-jin", "Isabel", "Jamal", "Kamala", "Leilani", "Milos", "Nkechi", "Orla", "Pavel",
    "Ruth", "Sana", "Thabo", "Vera",
];
const FAMILY_NAMES: &[&str] = &[
    "Lindgren", "Abiola", "Nguyen", "Fuentes", "Morozova", "Boateng", "Siddiqui", "Volkov", "Kimura", "Zahra", "Ricci", "Shapiro", "Iyengar",
    "Gallagher", "Aziz", "Keller", "Chaudhry", "Vidal", "Llewellyn", "Quaye", "Babic", "Seo", "Marquez", "Freeman", "Pillai", "Kahale", "Petrovic",
    "Obi", "Byrne", "Sokol", "Goldman", "Rahimi", "Nkosi", "Lang", "Tremblay", "Haugen", "Costa",
];
const TITLES: &[&str] = &["Head of Operations", "Chief Financial Officer", "Plant Manager", "IT Director", "Procurement Lead", "VP Logistics", "Office Manager"];

fn prospects(random: &mut Random, accounts: &[CrmRecord]) -> Vec<CrmRecord> {
    let accounts: Vec<_> = accounts.iter().collect();
    (0..PROSPECTS)
        .map(|index| {
            let (given, family) = (at(GIVEN_NAMES, index), at(FAMILY_NAMES, index));
            let mut prospect = CrmRecord::new(RecordType::Prospect, format!("{given}-{family}").to_lowercase());
            prospect.name = Some(format!("{given} {family}"));
            // Sales development holds most of them: the account's owner sees those through the account (§3, `account`).
            prospect.owner = Some(random.pick(&["kofi", "lucia", "nils", "tara", "jonas", "keira", "tove", "amina", "mele"]).to_owned());
            // The last six answered a webinar and belong to no account yet.
            if index < PROSPECTS - 6 {
                let account = at(&accounts, index);
                prospect.account = Some(account.id.clone());
                if account.owner.is_some() && random.chance(35) {
                    prospect.owner.clone_from(&account.owner);
                }
            }
            prospect.fields.insert("title".to_owned(), text(random.pick(TITLES)));
            prospect.fields.insert("status".to_owned(), text(random.pick(&["New", "Contacted", "Replied", "Meeting set", "Not now"])));
            prospect.fields.insert("source".to_owned(), text(random.pick(&["Referral", "Webinar", "Trade fair", "Inbound", "Partner"])));
            prospect
        })
        .collect()
}

const PRODUCTS: &[&str] = &["Lantern", "Compass", "Ledger", "Harbour", "Tideline"];
const STAGES: &[(&str, u64)] = &[("Discovery", 10), ("Qualified", 25), ("Proposal", 50), ("Negotiation", 75), ("Won", 100), ("Lost", 0)];

fn opportunities(random: &mut Random, accounts: &[CrmRecord]) -> Vec<CrmRecord> {
    let owned: Vec<_> = accounts.iter().filter(|account| account.owner.is_some()).collect();
    (0..OPPORTUNITIES)
        .map(|index| {
            let account = at(&owned, index);
            let product = at(PRODUCTS, index + index / owned.len());
            let mut opportunity = CrmRecord::new(RecordType::Opportunity, format!("{}-{}", account.id, product.to_lowercase()));
            let kind = random.pick(&["pilot", "rollout", "expansion", "renewal"]);
            opportunity.name = Some(format!("{}: {product} {kind}", account.name.as_deref().unwrap_or_default()));
            opportunity.owner.clone_from(&account.owner);
            opportunity.account = Some(account.id.clone());
            if index == 0 {
                // §12.3: three people of three teams on one opportunity.
                opportunity.assigned = vec!["lena".into(), "petra".into(), "kofi".into()];
            } else if random.chance(35) {
                opportunity.assigned.push(random.pick(&["lena", "joy", "petra"]).into());
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
            opportunity.fields.insert("probability".to_owned(), number(probability));
            opportunity.fields.insert("product".to_owned(), text(product));
            opportunity.fields.insert("amount".to_owned(), number((random.below(480) + 12) * 250));
            opportunity.fields.insert("closeDate".to_owned(), text(&closing(random, matches!(stage, "Won" | "Lost"))));
            opportunity
        })
        .collect()
}

/// A day around the demo's own, 2026-11-21: before it for what is closed, after it for what is open.
fn closing(random: &mut Random, closed: bool) -> String {
    if closed {
        format!("2026-{:02}-{:02}", 7 + random.below(4), 1 + random.below(28))
    } else {
        format!("2027-{:02}-{:02}", 1 + random.below(6), 1 + random.below(28))
    }
}

/// Type, how many, how each begins its name, and who owns them.
const ACTIVITIES: &[(RecordType, usize, &[&str], &[&str])] = &[
    (RecordType::Task, 22, &["Send the offer", "Call back", "Prepare the review"], &["alice", "ben", "chidi", "dana", "rosa", "owen", "xavier", "hana", "lena"]),
    (RecordType::Sequence, 8, &["Warm introduction", "Renewal in ninety days"], &["kofi", "lucia", "nils", "tara"]),
    (RecordType::Mailing, 10, &["Follow-up", "Meeting notes"], &["ben", "elif", "rosa", "yara", "kofi"]),
    (RecordType::Call, 10, &["Discovery call", "Pricing call"], &["ben", "grace", "ines", "keira", "samir", "zoltan", "arjun"]),
    (RecordType::Meeting, 8, &["Demonstration", "Quarterly review"], &["alice", "dana", "farid", "quentin", "joy"]),
    (RecordType::Conversation, 6, &["Chat on the website", "Questions by text message"], &["tara", "lucia", "jonas"]),
];

fn activities(random: &mut Random, opportunities: &[CrmRecord]) -> Vec<CrmRecord> {
    let all: Vec<_> = opportunities.iter().collect();
    let mut activities = Vec::new();
    for &(kind, count, openings, owners) in ACTIVITIES {
        for index in 0..count {
            let owner = at(owners, index);
            // About one of the owner's own opportunities, where there is one.
            let own: Vec<_> = all.iter().copied().filter(|opportunity| opportunity.owner.as_deref() == Some(owner)).collect();
            let about = if own.is_empty() { random.pick(&all) } else { random.pick(&own) };
            let mut activity = CrmRecord::new(kind, format!("{kind}-{:02}", index + 1));
            activity.name = Some(format!("{}: {}", at(openings, index), about.name.as_deref().unwrap_or_default()));
            activity.owner = Some(owner.to_owned());
            activity.account.clone_from(&about.account);
            if kind == RecordType::Task {
                activity.fields.insert("due".to_owned(), text(&closing(random, false)));
            }
            activities.push(activity);
        }
    }
    activities
}

// ── the partner pipeline ────────────────────────────────────────────────────────────────────────

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
const PIPELINES: &[(&str, usize, &[&str])] =
    &[("larkspur", 80, &["USD", "USD", "EUR"]), ("kestrel", 42, &["GBP", "GBP", "EUR"]), ("osier", 28, &["EUR", "EUR", "USD"])];

const CUSTOMERS: &[&str] = &[
    "Ridgeport Ferries", "Saltmarsh Bakery", "Copperline Clinics", "Blue Anvil Works", "Tern & Tide Hotels", "Mossbank Schools",
    "Greywater Utilities", "Fogbell Museum", "Hollowtree Nurseries", "Kiteway Couriers", "Sunder Textiles", "Paper Crane Press", "Ninefold Games",
];
/// Product and price of a seat, in hundredths.
const SEATS: &[(&str, u64)] = &[("Lantern", 24_000), ("Compass", 38_050), ("Ledger", 14_990), ("Harbour", 51_200), ("Tideline", 9_505)];
const DEAL_STAGES: &[&str] = &["Registered", "Registered", "Qualified", "Qualified", "Proposal", "Negotiation", "Won", "Lost"];

fn deals(random: &mut Random) -> Vec<Deal> {
    let mut deals = Vec::new();
    for &(company, count, currencies) in PIPELINES {
        let told = TOLD_DEALS.iter().filter(|deal| deal.0 == company).map(|&(_, owner, registrar, tier)| (owner, registrar, tier));
        let mut registrations: Vec<_> = told.collect();
        while registrations.len() < count {
            registrations.push(registration(random, company));
        }
        let mut names = BTreeSet::new();
        for (index, (owner, registrar, tier)) in registrations.into_iter().enumerate() {
            let stage = random.pick(DEAL_STAGES);
            let closed = matches!(stage, "Won" | "Lost");
            let (name, amount) = offer(random, &mut names);
            let registered = format!("2026-{:02}-{:02}T{:02}:15:00Z", 1 + random.below(if closed { 6 } else { 10 }), 1 + random.below(28), 8 + random.below(10));
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
    let people: Vec<_> = PARTNERS.iter().filter(|partner| partner.2 == company).filter_map(|&(id, _, _, tier)| Some((id, tier?))).collect();
    // Selling is mostly done by Sales: draw twice, and take the lower tier.
    let (one, other) = (random.pick(&people), random.pick(&people));
    let (owner, tier) = if other.1 < one.1 { other } else { one };
    let above: Vec<_> = people.iter().filter(|person| person.1 > tier).map(|person| person.0).collect();
    let registrar = if !above.is_empty() && random.chance(30) { random.pick(&above) } else { owner };
    (owner, registrar, tier)
}

/// A name that no other deal of the company has, and its price; one in twelve has no price yet.
fn offer(random: &mut Random, taken: &mut BTreeSet<String>) -> (String, Option<Amount>) {
    loop {
        let ((product, cents), seats) = (random.pick(SEATS), (random.below(60) + 1) * 5);
        let name = format!("{}: {product} for {seats} seats", random.pick(CUSTOMERS));
        if taken.insert(name.clone()) {
            let price = cents * seats;
            let amount = if random.chance(8) { None } else { format!("{}.{:02}", price / 100, price % 100).parse().ok() };
            return (name, amount);
        }
    }
}

// ── values ──────────────────────────────────────────────────────────────────────────────────────

fn text(value: &str) -> FieldValue {
    FieldValue::Text(value.to_owned())
}

#[expect(clippy::cast_precision_loss, reason = "the numbers drawn here are far below 2^53")]
fn number(value: u64) -> FieldValue {
    FieldValue::Number(value as f64)
}

fn in_job(user: &str, job_role: &str) -> Assignment {
    Assignment { user: user.to_owned(), job_role: Some(job_role.to_owned()) }
}

#[expect(clippy::expect_used, reason = "only literals and zero-padded numbers of this file come here; the tests read every one of them")]
fn instant(text: &str) -> Instant {
    text.parse().expect("an instant of this file")
}

/// The item of a table at `index`, counted round and round.
#[expect(clippy::indexing_slicing, reason = "the remainder is below the length, and every table of this file has rows")]
fn at<T: Copy>(table: &[T], index: usize) -> T {
    table[index % table.len()]
}

/// SplitMix64: five lines that will draw the same numbers in ten years, whatever a library does.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    #[expect(clippy::cast_possible_truncation, reason = "a remainder by a table's length fits its index")]
    fn pick<T: Copy>(&mut self, table: &[T]) -> T {
        at(table, self.below(table.len() as u64) as usize)
    }

    /// A month and a day that every year has.
    fn day(&mut self) -> String {
        format!("{:02}-{:02}", 1 + self.below(12), 1 + self.below(28))
    }
}
