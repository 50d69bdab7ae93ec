//! The one table of sentences: every reason and obstacle, in plain English with people's names.

use crate::at::At;
use crate::change::Change;
use crate::error::Excerpt;
use crate::instant::Instant;
use crate::opened::Opened;
use crate::org::Tier;
use crate::profile::{Action, Scope, Toggle};
use crate::record::RecordType;
use crate::table::{CompanyIx, RecordIx, UserIx};

impl RecordType {
    /// The word for one record of this type in a sentence.
    pub fn noun(self) -> &'static str {
        self.as_str()
    }

    /// The word for several records of this type in a sentence.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Account => "accounts",
            Self::Prospect => "prospects",
            Self::Opportunity => "opportunities",
            Self::Task => "tasks",
            Self::Sequence => "sequences",
            Self::Mailing => "mailings",
            Self::Call => "calls",
            Self::Meeting => "meetings",
            Self::Conversation => "conversations",
        }
    }
}

impl Action {
    /// The words for doing it to records in a sentence.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Assign => "assign people to",
            Self::View | Self::Create | Self::Edit | Self::Delete => self.as_str(),
        }
    }
}

/// A sentence without characters that turn around, or embed, what follows them: in a name they could make a sentence say
/// something else than it does. Each is shown as `\u{fffd}`.
pub fn unturned(sentence: String) -> String {
    // As bytes: nearly every sentence has none, and each reason of each explanation is looked at.
    let turning =
        |bytes: &[u8]| matches!(bytes, [0xE2, 0x80, 0xAA..=0xAE] | [0xE2, 0x81, 0xA6..=0xA9]);
    if !sentence.as_bytes().windows(3).any(turning) {
        return sentence;
    }
    let shown = |character| match character {
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        other => other,
    };
    sentence.chars().map(shown).collect()
}

/// The words that messages are made of.
impl At<'_> {
    fn name(&self, user: UserIx) -> &str {
        self.governance.users.name(user)
    }

    /// What a record is called: its id where it has no name.
    pub(crate) fn record_name(&self, kind: RecordType, record: RecordIx) -> &str {
        let records = self.governance.records.of(kind);
        let name = records.name(record).filter(|name| !name.is_empty());
        name.unwrap_or_else(|| records.id(record))
    }

    fn company_name(&self, company: CompanyIx) -> &str {
        let companies = &self.governance.companies;
        companies
            .get(company)
            .map_or_else(|| companies.id(company), |row| &row.name)
    }

    fn profile_name(&self, user: UserIx) -> &str {
        let row = self
            .governance
            .users
            .get(user)
            .and_then(|person| self.governance.profiles.get(person.profile));
        row.map_or("", |row| &row.profile.name)
    }

    fn role_path(&self, viewer: UserIx, report: UserIx) -> String {
        let path = self
            .role(viewer)
            .zip(self.role(report))
            .and_then(|(top, bottom)| self.governance.roles.forest.path(top, bottom));
        let names: Vec<_> = path
            .unwrap_or_default()
            .into_iter()
            .map(|role| self.governance.roles.name(role))
            .collect();
        names.join(" › ")
    }
}

pub(crate) fn owner(at: At<'_>, viewer: UserIx, kind: RecordType) -> String {
    format!(
        "{} is the record owner of this {}.",
        at.name(viewer),
        kind.noun()
    )
}

pub(crate) fn assigned(at: At<'_>, viewer: UserIx, kind: RecordType) -> String {
    format!(
        "{} is an assigned user of this {}.",
        at.name(viewer),
        kind.noun()
    )
}

pub(crate) fn report(at: At<'_>, viewer: UserIx, holder: UserIx, kind: RecordType) -> String {
    let path = at.role_path(viewer, holder);
    format!(
        "{} holds this {} and reports to {}: {path}.",
        at.name(holder),
        kind.noun(),
        at.name(viewer)
    )
}

pub(crate) fn peer(at: At<'_>, viewer: UserIx, holder: UserIx, kind: RecordType) -> String {
    let role = at
        .role(holder)
        .map_or("", |role| at.governance.roles.name(role));
    format!(
        "{} holds this {} and has the same role as {}: {role}.",
        at.name(holder),
        kind.noun(),
        at.name(viewer)
    )
}

pub(crate) fn all(at: At<'_>, viewer: UserIx, kind: RecordType, action: Action) -> String {
    format!(
        "The profile {} lets {} {} all {}.",
        at.profile_name(viewer),
        at.name(viewer),
        action.verb(),
        kind.plural()
    )
}

pub(crate) fn lifted(
    at: At<'_>,
    viewer: UserIx,
    report: UserIx,
    kind: RecordType,
    action: Action,
) -> String {
    let path = at.role_path(viewer, report);
    format!(
        "{} reports to {} ({path}) and can {} all {}.",
        at.name(report),
        at.name(viewer),
        action.verb(),
        kind.plural()
    )
}

pub(crate) fn account(at: At<'_>, viewer: UserIx, account: RecordIx) -> String {
    let account = at.record_name(RecordType::Account, account);
    format!(
        "{} sees the prospect’s account {account}, and the profile {} shows the prospects in an account.",
        at.name(viewer),
        at.profile_name(viewer)
    )
}

pub(crate) fn create(at: At<'_>, viewer: UserIx, kind: RecordType) -> String {
    format!(
        "The profile {} lets {} create {}.",
        at.profile_name(viewer),
        at.name(viewer),
        kind.plural()
    )
}

pub(crate) fn deal_owner(at: At<'_>, viewer: UserIx) -> String {
    format!("{} is the deal owner.", at.name(viewer))
}

pub(crate) fn registrar(at: At<'_>, viewer: UserIx, owner: UserIx) -> String {
    if viewer == owner {
        format!("{} registered this deal.", at.name(viewer))
    } else {
        format!(
            "{} registered this deal on behalf of {}.",
            at.name(viewer),
            at.name(owner)
        )
    }
}

pub(crate) fn tier(
    at: At<'_>,
    viewer: UserIx,
    owner: UserIx,
    own: Tier,
    theirs: Tier,
    company: CompanyIx,
) -> String {
    let company = at.company_name(company);
    format!(
        "{} is {} at {company}, above the deal owner {}, who ranks as {}.",
        at.name(viewer),
        own.label(),
        at.name(owner),
        theirs.label()
    )
}

pub(crate) fn account_owner(at: At<'_>, viewer: UserIx, company: CompanyIx) -> String {
    format!(
        "{} is Account Owner of {}.",
        at.name(viewer),
        at.company_name(company)
    )
}

pub(crate) fn vendor(at: At<'_>, viewer: UserIx) -> String {
    format!(
        "The profile {} shows {} every partner deal.",
        at.profile_name(viewer),
        at.name(viewer)
    )
}

pub(crate) fn unknown_user(id: &str) -> String {
    format!("No user has the id {}.", Excerpt(id))
}

pub(crate) fn unknown_record(kind: RecordType, id: &str) -> String {
    format!("No {} has the id {}.", kind.noun(), Excerpt(id))
}

pub(crate) fn unknown_deal(id: &str) -> String {
    format!("No deal has the id {}.", Excerpt(id))
}

pub(crate) fn locked(at: At<'_>, viewer: UserIx) -> String {
    format!("{} is locked.", at.name(viewer))
}

pub(crate) fn guest_unclaimed(at: At<'_>, viewer: UserIx) -> String {
    format!("{} has not claimed the guest invitation.", at.name(viewer))
}

pub(crate) fn guest_revoked(at: At<'_>, viewer: UserIx, revoked_at: Instant) -> String {
    format!(
        "The guest access of {} was revoked on {revoked_at:#}.",
        at.name(viewer)
    )
}

pub(crate) fn guest_expired(at: At<'_>, viewer: UserIx, expires_at: Instant) -> String {
    format!(
        "The guest term of {} ended on {expires_at:#}.",
        at.name(viewer)
    )
}

pub(crate) fn guest_admin(at: At<'_>, viewer: UserIx) -> String {
    format!(
        "{} is a guest, and for a guest the admin profile {} permits nothing.",
        at.name(viewer),
        at.profile_name(viewer)
    )
}

pub(crate) fn permission_denied(
    at: At<'_>,
    viewer: UserIx,
    kind: RecordType,
    action: Action,
) -> String {
    format!(
        "The profile {} does not let {} {} {}.",
        at.profile_name(viewer),
        at.name(viewer),
        action.verb(),
        kind.plural()
    )
}

pub(crate) fn not_a_holder(at: At<'_>, viewer: UserIx, kind: RecordType, action: Action) -> String {
    let (holder, hold) = if at.governance.settings.counts_assigned(kind) {
        ("neither the record owner nor an assigned user", "hold")
    } else {
        ("not the record owner", "own")
    };
    let name = at.name(viewer);
    let (noun, plural) = (kind.noun(), kind.plural());
    let why = if at.stored_scope(viewer, kind, action) == Scope::Owned {
        format!(
            "the profile {} lets {name} {} only {plural} that they {hold} themselves",
            at.profile_name(viewer),
            action.verb()
        )
    } else {
        format!("without a role in the hierarchy reaches nobody else’s {plural}")
    };
    format!("{name} is {holder} of this {noun}, and {why}.")
}

/// Why a scope of reports or peers does not reach a record with these holders.
pub(crate) fn outside_reports(
    at: At<'_>,
    viewer: UserIx,
    holders: &[UserIx],
    kind: RecordType,
    record: RecordIx,
    scope: Scope,
) -> String {
    let name = at.name(viewer);
    let noun = kind.noun();
    let (reaches, does_not_reach) = if scope == Scope::Peers {
        (
            "reports to or shares a role with",
            "neither reports to nor shares a role with",
        )
    } else {
        ("reports to", "does not report to")
    };
    let exists = |&user: &UserIx| at.governance.users.exists(user);
    let mut existing = holders.iter().copied().filter(exists);
    let those = match (existing.next(), existing.count()) {
        // The viewer may not know all of them.
        _ if at.withheld_from(viewer, kind, record) > 0 => "those".to_owned(),
        (None, _) => {
            let nobody = if at.governance.records.of(kind).owner(record).is_some() {
                "The record owner no longer exists, and nobody else holds"
            } else {
                "Nobody holds"
            };
            return format!("{nobody} this {noun}.");
        }
        (Some(holder), 0) => {
            let holder = at.name(holder);
            return format!("{holder} holds this {noun}, and {does_not_reach} {name}.");
        }
        (Some(_), others) => format!("the {} users", others + 1),
    };
    format!("None of {those} who hold this {noun} {reaches} {name}.")
}

pub(crate) fn view_denied(at: At<'_>, viewer: UserIx, kind: RecordType, action: Action) -> String {
    format!(
        "{} cannot see this {}, and so cannot {} it.",
        at.name(viewer),
        kind.noun(),
        action.verb()
    )
}

pub(crate) fn no_tier(at: At<'_>, viewer: UserIx) -> String {
    format!(
        "{} has no primary partner company and manages none.",
        at.name(viewer)
    )
}

pub(crate) fn no_rank(at: At<'_>, owner: UserIx, company: CompanyIx) -> String {
    format!(
        "The deal owner {} has no tier at {}, so no tier is above it.",
        at.name(owner),
        at.company_name(company)
    )
}

pub(crate) fn other_company(at: At<'_>, viewer: UserIx, company: CompanyIx) -> String {
    format!(
        "The deal belongs to {}, which is neither the primary company of {} nor managed by them.",
        at.company_name(company),
        at.name(viewer)
    )
}

pub(crate) fn lateral(
    at: At<'_>,
    viewer: UserIx,
    owner: UserIx,
    tier: Tier,
    company: CompanyIx,
) -> String {
    let company = at.company_name(company);
    format!(
        "The deal owner {} ranks as {} at {company}, as {} does, and nobody sees the deals of another with the same tier.",
        at.name(owner),
        tier.label(),
        at.name(viewer)
    )
}

pub(crate) fn higher_tier(
    at: At<'_>,
    viewer: UserIx,
    owner: UserIx,
    own: Tier,
    theirs: Tier,
    company: CompanyIx,
) -> String {
    let company = at.company_name(company);
    format!(
        "The deal owner {} ranks as {} at {company}, above {}, who is {}.",
        at.name(owner),
        theirs.label(),
        at.name(viewer),
        own.label()
    )
}

/// What a tier sees, as one sentence for people (§6).
pub fn tier_sees(tier: Tier) -> &'static str {
    match tier {
        Tier::Sales => "Sees the deals that are theirs, and those they registered.",
        Tier::Manager => {
            "Sees their own deals and those of everyone in Sales at their primary company; not those of another Manager."
        }
        Tier::Executive => {
            "Sees their own deals and those of Managers and Sales at their primary company; not those of another Executive."
        }
        Tier::Owner => {
            "Sees their own deals and those of Executives, Managers and Sales at every company that they manage; not those of another Account Owner."
        }
    }
}

/// What a tier may do, as one sentence for people (§6.5).
pub fn tier_interacts(tier: Tier) -> &'static str {
    match tier {
        Tier::Sales => "May edit their own deals.",
        Tier::Manager | Tier::Executive => {
            "May edit their own deals and those they see by tier, and reassign the latter among people at or below their tier."
        }
        Tier::Owner => {
            "May edit and reassign the deals they see at the companies that they manage."
        }
    }
}

/// When a tier is notified, as one sentence for people (§6.6).
pub fn tier_is_notified(tier: Tier) -> &'static str {
    match tier {
        Tier::Sales | Tier::Executive => {
            "Is notified when a deal of theirs is registered, or changes its owner, stage, amount or expected close."
        }
        Tier::Manager => {
            "Is notified when any deal of their primary company is registered, or changes its owner, stage, amount or expected close."
        }
        Tier::Owner => {
            "Is notified when any deal of a company that they manage is registered, or changes its owner, stage, amount or expected close."
        }
    }
}

/// A remedy, with what else it opens.
pub(crate) fn remedy(
    at: At<'_>,
    viewer: UserIx,
    change: &Change,
    opened: &Opened,
    creators: usize,
) -> String {
    let name = at.name(viewer);
    let step = match change {
        Change::Assign { kind, .. } => format!("Assign {name} to this {}", kind.noun()),
        Change::SetPermission {
            kind,
            action,
            scope,
            ..
        } => format!(
            "Let the profile {} {} {} ({})",
            at.profile_name(viewer),
            action.verb(),
            kind.plural(),
            scope.label()
        ),
        Change::SetToggle { toggle, .. } => {
            let shown = match toggle {
                Toggle::AllDeals => "all partner deals",
                _ => "the prospects in an account",
            };
            format!(
                "Let the profile {} show {shown} ({toggle})",
                at.profile_name(viewer)
            )
        }
        Change::SetRole { role, .. } => {
            let role = role
                .as_deref()
                .and_then(|role| at.governance.roles.table.find(role));
            format!(
                "Give {name} the role {}",
                role.map_or("", |role| at.governance.roles.name(role))
            )
        }
        Change::SetTier {
            company,
            tier,
            primary,
            ..
        } => {
            let company = at
                .governance
                .companies
                .find(company)
                .map_or("", |company| at.company_name(company));
            let as_primary = primary.map_or("", |_| ", as their primary company");
            format!(
                "Make {name} {} at {company}{as_primary}",
                tier.map_or("", Tier::label)
            )
        }
        Change::SetStatus { .. } => format!("Unlock {name}"),
        Change::SetGuest { .. } => format!("Reinstate the guest access of {name}"),
        _ => format!("Change what concerns {name}"),
    };
    match (creators, opened.pairs) {
        (0, 0) => format!("{step}; opens nothing else."),
        (0, _) if opened.is_beyond() => format!(
            "{step}; also opens more than {} {}, each counted for everybody who gains it.",
            grouped(opened.bound),
            things(opened, |_, _, many| many.to_owned())
        ),
        (0, _) => format!(
            "{step}; also opens {} to {}.",
            things(opened, counted),
            counted(opened.people, "person", "people")
        ),
        (creators, _) => format!(
            "{step}; also lets {} create them.",
            counted(creators, "other person", "other people")
        ),
    }
}

/// The records and deals that open, as far as there are any.
fn things(opened: &Opened, told: impl Fn(usize, &str, &str) -> String) -> String {
    let records = told(opened.records, "record", "records");
    let deals = told(opened.deals, "deal", "deals");
    match (opened.records, opened.deals) {
        (_, 0) => records,
        (0, _) => deals,
        _ => format!("{records} and {deals}"),
    }
}

/// So many of something, in the number that it takes.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// A whole number with its digits in groups of three.
///
/// ```
/// use sidelight_governance::grouped;
///
/// assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
/// ```
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
