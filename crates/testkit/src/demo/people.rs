//! Colleagues, partners and guests, and the partner companies.

use sidelight_governance::org::{Company, Guest, Membership, Status, Tier, User};

use super::instant;

/// Everybody with an account: Alice and her people first.
pub(super) fn users() -> Vec<User> {
    let colleagues = COLLEAGUES.iter().map(colleague);
    let partners = PARTNERS.iter().map(partner);
    colleagues.chain(partners).chain(guests()).collect()
}

/// The partner companies.
pub(super) fn companies() -> Vec<Company> {
    COMPANIES.iter().map(company).collect()
}

struct Colleague {
    id: &'static str,
    name: &'static str,
    profile: &'static str,
    role: Option<&'static str>,
    job_role: Option<&'static str>,
}

const fn someone(id: &'static str, name: &'static str, profile: &'static str) -> Colleague {
    Colleague {
        id,
        name,
        profile,
        role: None,
        job_role: None,
    }
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
    someone("ben", "Ben Achterberg", "rep")
        .role("smb-east")
        .job("ae"),
    someone("chidi", "Chidi Eze", "rep")
        .role("smb-east")
        .job("ae"),
    someone("dana", "Dana Rosario", "rep")
        .role("smb-east")
        .job("ae"),
    someone("elif", "Elif Yıldız", "rep")
        .role("smb-east")
        .job("ae"),
    someone("farid", "Farid Haddad", "rep")
        .role("smb-east")
        .job("ae"),
    someone("grace", "Grace Tanaka", "rep")
        .role("smb-east")
        .job("ae"),
    someone("hugo", "Hugo Lindqvist", "rep")
        .role("smb-east")
        .job("ae"),
    someone("ines", "Inês Carvalho", "rep")
        .role("smb-east-ramp")
        .job("ae"),
    someone("jonas", "Jonas Meyer", "rep")
        .role("smb-east-ramp")
        .job("bdr"),
    someone("keira", "Keira Doyle", "rep")
        .role("smb-east-ramp")
        .job("bdr"),
    // Her counterpart, who sees none of it.
    someone("priya", "Priya Raman", "lead").role("smb-west-lead"),
    someone("owen", "Owen Pritchard", "rep")
        .role("smb-west")
        .job("ae"),
    someone("quentin", "Quentin Abara", "rep")
        .role("smb-west")
        .job("ae"),
    someone("rosa", "Rosa Delgado", "rep")
        .role("smb-west")
        .job("ae"),
    someone("samir", "Samir Nouri", "rep")
        .role("smb-west")
        .job("ae"),
    someone("tove", "Tove Bergström", "rep")
        .role("smb-west")
        .job("bdr"),
    someone("tomas", "Tomás Herrera", "executive").role("vp-smb"),
    // Enterprise.
    someone("ingrid", "Ingrid Solheim", "executive").role("vp-enterprise"),
    someone("wanda", "Wanda Kowalczyk", "lead").role("emea-lead"),
    someone("xavier", "Xavier Dumont", "rep")
        .role("emea")
        .job("ae"),
    someone("yara", "Yara Mansour", "rep")
        .role("emea")
        .job("ae"),
    someone("zoltan", "Zoltán Fekete", "rep")
        .role("emea")
        .job("ae"),
    someone("amina", "Amina Diallo", "rep")
        .role("emea")
        .job("bdr"),
    someone("wei", "Zhang Wei", "lead").role("apac-lead"),
    someone("hana", "Hana Sato", "rep").role("apac").job("ae"),
    someone("arjun", "Arjun Mehta", "rep")
        .role("apac")
        .job("ae"),
    someone("mele", "Mele Tupou", "rep").role("apac").job("bdr"),
    // The pods that work across teams: sales development sees what its peers hold.
    someone("delia", "Delia Fontaine", "lead").role("sdr-lead"),
    someone("kofi", "Kofi Mensah", "pod").role("sdr").job("sdr"),
    someone("lucia", "Lucía Ortega", "pod")
        .role("sdr")
        .job("sdr"),
    someone("nils", "Nils Aaltonen", "pod")
        .role("sdr")
        .job("sdr"),
    someone("tara", "Tara Whelan", "pod").role("sdr").job("sdr"),
    someone("marcus", "Marcus Bell", "lead").role("cs-lead"),
    someone("lena", "Lena Hoffmann", "rep")
        .role("cs")
        .job("csm"),
    someone("joy", "Joy Nakagawa", "rep").role("cs").job("csm"),
    someone("petra", "Petra Vlková", "rep")
        .role("cs")
        .job("tam"),
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
    if LOCKED.contains(&id) {
        Status::Locked
    } else {
        Status::Active
    }
}

/// Id, name, and the email of an account owner who belongs to another company (§6).
const COMPANIES: &[(&str, &str, Option<&str>)] = &[
    ("larkspur", "Larkspur Advisory", None),
    // Graham manages Kestrelbrook by this address, whatever its case.
    (
        "kestrel",
        "Kestrelbrook Systems",
        Some("Graham@Larkspur.example"),
    ),
    ("osier", "Osier & Pell", None),
];

fn company(&(id, name, account_owner): &(&str, &str, Option<&str>)) -> Company {
    Company {
        id: id.to_owned(),
        name: name.to_owned(),
        account_owner_email: account_owner.map(str::to_owned),
    }
}

/// Id, name, primary company, tier there.
pub(super) const PARTNERS: &[(&str, &str, &str, Option<Tier>)] = &[
    ("michael", "Michael Brandt", "larkspur", Some(Tier::Sales)),
    ("mila", "Mila Novak", "larkspur", Some(Tier::Sales)),
    ("chris", "Chris Adebayo", "larkspur", Some(Tier::Sales)),
    // Left Larkspur: no tier there any more, so the tier kept on each deal counts (§6, `rank`).
    ("pat", "Pat Ferreira", "larkspur", None),
    ("joseph", "Joseph Kimani", "larkspur", Some(Tier::Manager)),
    ("marta", "Marta Silva", "larkspur", Some(Tier::Manager)),
    (
        "jessica",
        "Jessica Thorne",
        "larkspur",
        Some(Tier::Executive),
    ),
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
    let membership = |company: &str, tier, primary| Membership {
        company: company.to_owned(),
        tier,
        primary,
    };
    let mut memberships: Vec<_> = tier
        .map(|tier| membership(company, tier, true))
        .into_iter()
        .collect();
    if id == "joseph" {
        // An association in another company, which gives nothing (§6.3).
        memberships.push(membership("kestrel", Tier::Sales, false));
    }
    User {
        email: Some(format!("{id}@{company}.example")),
        status: status(id),
        memberships,
        ..User::new(id, name, "partner")
    }
}

fn guests() -> [User; 2] {
    // Terms end with the day in New York.
    let helps_until_february = guest(
        "noor",
        "Noor van Dijk",
        "rep",
        "wanda",
        "2027-02-19T05:00:00Z",
    );
    // Under a profile that a guest cannot use (§3.8).
    let audited_until_september = guest(
        "victor",
        "Victor Sandoval",
        "admin",
        "sam",
        "2026-10-01T04:00:00Z",
    );
    [
        User {
            role: Some("emea".to_owned()),
            ..helps_until_february
        },
        audited_until_september,
    ]
}

fn guest(id: &str, name: &str, profile: &str, sponsor: &str, expires_at: &str) -> User {
    let term = Guest {
        claimed: true,
        expires_at: instant(expires_at),
        revoked_at: None,
        sponsor: Some(sponsor.to_owned()),
    };
    User {
        email: Some(format!("{id}@guest.example")),
        guest: Some(term),
        ..User::new(id, name, profile)
    }
}
