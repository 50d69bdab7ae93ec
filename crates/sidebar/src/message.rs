//! The interface's own words, in one table.
//!
//! Sentences that give reasons are not here: they belong to the rules, and every road to them shows
//! the same ones.

use sidelight_governance::{Action, Interaction, RecordType, Relation, Rule, Standing};
pub use sidelight_governance::{grouped, unturned};

/// The word for a partner deal, beside the record types' own words.
pub const DEAL: &str = "deal";
/// Stands for a value that is not there, where a blank would look like a fault.
pub const NOTHING: &str = "\u{2013}";

/// The name of what this is.
pub const BRAND: &str = "Sidelight";
/// The tab about the record.
pub const TAB_RECORD: &str = "Record";
/// The tab with the viewer's deals.
pub const TAB_PIPELINE: &str = "Pipeline";
/// The tab that tells what the tiers see.
pub const TAB_TIERS: &str = "Tiers";
/// The name of the list of tabs.
pub const TABS: &str = "Sidelight views";

/// Says that nobody has been chosen to look as.
pub const NO_VIEWER: &str = "Choose a person to see what this page is to them.";
/// Says that no record has been chosen.
pub const NO_SUBJECT: &str = "Open a record to see who is on it, who else can see it, and why.";

/// The heading above what would turn a no into a yes.
pub const REMEDIES: &str = "What would change this";
/// Says that there is nothing under that heading.
pub const NO_REMEDY: &str = "No single assignment, setting or role would.";
/// Looks at everything as it would be with a remedy.
pub const TRY: &str = "Try it";
/// Ends that.
pub const END_TRIAL: &str = "Back to how it is";
/// Copies the verdict with its reasons as text.
pub const COPY: &str = "Copy explanation";
/// Says that it was copied.
pub const COPIED: &str = "The explanation is on the clipboard.";
/// Says that it was not.
pub const NOT_COPIED: &str =
    "Not copied: the browser does not let this page write to the clipboard.";
/// The heading of a record's people.
pub const PEOPLE: &str = "On this record";
/// The mark of the record owner.
pub const RECORD_OWNER: &str = "Record owner";
/// The mark of the viewer among the people.
pub const VIEWER: &str = "Viewer";
/// The mark of somebody who sees it only by the change that is tried.
pub const NEW: &str = "New";
/// Stands for a job role that is not there.
pub const NO_JOB_ROLE: &str = "No job role";
/// Says that a record has neither owner nor assigned users.
pub const NOBODY_ON_IT: &str = "Nobody: this record has no owner and no assigned users.";
/// Says that the record owner's id names nobody.
pub const OWNER_GONE: &str = "The record owner named here no longer exists.";
/// The mark of a guest whose term ends soon.
pub const EXPIRING: &str = "Ends within 7 days";
/// The heading above what the viewer is not shown.
pub const ADMINISTRATORS: &str = "For administrators";
/// Says whose eyes it is not for.
pub const NOT_SHOWN: &str = "None of this is shown to the viewer.";
/// The name of the path of roles below a reason.
pub const ROLE_PATH: &str = "Role path";
/// Says that no user sees the record.
pub const NOBODY_SEES: &str = "Nobody sees it.";
/// The heading of a deal's facts.
pub const DEAL_FACTS: &str = "The deal";

/// The heading of the deals' totals.
pub const TOTALS: &str = "Totals by stage and currency";
/// The heading of the tiers' descriptions.
pub const TIERS: &str = "What partner users see";
/// The rule behind all tiers.
pub const TIERS_INTRODUCTION: &str = "A tier sees down, never sideways: nobody sees a deal of somebody else of the same tier, save as its owner or registrar.";
/// Who sees deals without a tier, and who is never notified.
pub const TIERS_BESIDES: &str = "A profile that permits all deals shows every one of them, and is never notified. Whoever makes a change is not notified of it.";
/// The name of the group of filters above the deals.
pub const FILTERS: &str = "Filter deals";
/// Names the filter by a deal's name.
pub const FILTER_NAME: &str = "Find a deal";
/// Names the filter by stage.
pub const FILTER_STAGE: &str = "Stage";
/// Names the filter by company.
pub const FILTER_COMPANY: &str = "Company";
/// Names the filter by deal owner.
pub const FILTER_OWNER: &str = "Deal owner";
/// No filter by stage.
pub const ALL_STAGES: &str = "All stages";
/// No filter by company.
pub const ALL_COMPANIES: &str = "All companies";
/// No filter by deal owner.
pub const ALL_OWNERS: &str = "All deal owners";
/// Heads a number of deals.
pub const DEALS: &str = "Deals";
/// Opens a deal in the page.
pub const OPEN_DEAL: &str = "Open this deal";
/// Takes all filters away.
pub const CLEAR_FILTERS: &str = "Clear filters";
/// Says that no deal matches the filters.
pub const NO_MATCH: &str = "No deal matches these filters.";
/// Asks to choose a row of the deals.
pub const CHOOSE_DEAL: &str =
    "Choose a deal to read why it is in this pipeline and who else sees it.";
/// Says that a deal is without a stage.
pub const NO_STAGE: &str = "No stage";
/// Says that amounts are without a currency.
pub const NO_CURRENCY: &str = "No currency";

/// The verdict in one sentence.
pub fn headline(viewer: &str, action: Action, noun: &str, allowed: bool) -> String {
    let can = if allowed { "can" } else { "cannot" };
    let verb = match action {
        Action::View => "see",
        Action::Assign => "assign people to",
        Action::Create | Action::Edit | Action::Delete => action.as_str(),
    };
    unturned(format!("{viewer} {can} {verb} this {noun}"))
}

/// The heading above the reasons for a yes or a no.
pub fn because(allowed: bool) -> &'static str {
    if allowed { "Because" } else { "Why not" }
}

/// The name of the button that tries a remedy, among several.
pub fn try_remedy(text: &str) -> String {
    format!("{TRY}: {text}")
}

/// Says that everything is shown as it would be with a remedy.
pub fn trial(text: &str) -> String {
    format!("As it would be: {text}")
}

/// The heading of those who can see a record or deal.
pub fn audience(noun: &str) -> String {
    format!("Who can see this {noun}")
}

/// The heading of what a viewer may do.
pub fn permissions(viewer: &str) -> String {
    unturned(format!("What {viewer} may do"))
}

/// A yes or a no before an action's word, for those who do not see its mark.
pub fn granted(granted: bool) -> &'static str {
    if granted { "Allowed: " } else { "Refused: " }
}

/// Says why no people are shown to a viewer who does not see the record.
pub fn people_hidden(viewer: &str, noun: &str) -> String {
    unturned(format!(
        "Hidden from {viewer}, who does not see this {noun}."
    ))
}

/// The last day of a guest's term.
pub fn guest_term(last_day: &str) -> String {
    format!("Until the end of {last_day}")
}

/// Says how many people are not shown to this viewer.
pub fn more_people(hidden: usize) -> String {
    format!("and {} more", grouped(hidden))
}

/// Opens a list of people in full, or by its next part.
pub fn show_more(next: usize, left: usize) -> String {
    if next == left {
        format!("Show all {} more", grouped(left))
    } else {
        format!("Show {} of {} more", grouped(next), grouped(left))
    }
}

/// A number of people.
pub fn people(count: usize) -> String {
    counted(count, "person", "people")
}

/// A number of people, and how many of them did not see something before a change; `None` where there is no change.
pub fn with_new(people: String, new: Option<usize>) -> String {
    match new {
        None => people,
        Some(0) => format!("{people}, nobody new"),
        Some(new) => format!("{people}, {} new", grouped(new)),
    }
}

/// A number of deals.
pub fn deals(count: usize) -> String {
    counted(count, "deal", "deals")
}

/// How many of the organisation's deals a viewer sees.
pub fn sees_deals(viewer: &str, seen: usize, all: usize) -> String {
    unturned(format!("{viewer} sees {} of {}", grouped(seen), deals(all)))
}

/// Says that a viewer has no deals.
pub fn no_deals(viewer: &str) -> String {
    unturned(format!(
        "{viewer} sees no partner deals: none is their own, and no tier or managed company shows them others’."
    ))
}

/// Says that an organisation has no deals.
pub const NO_DEALS_AT_ALL: &str = "This organisation has no partner deals.";

/// How many of a viewer's deals the filters leave.
pub fn matching(count: usize, of: usize) -> String {
    format!("{} of {} match", grouped(count), grouped(of))
}

/// The name of the table of a viewer's deals.
pub fn pipeline_of(viewer: &str) -> String {
    unturned(format!("Partner pipeline of {viewer}"))
}

/// Who registered a deal on somebody else's behalf.
pub fn registered_by(name: &str) -> String {
    unturned(format!("registered by {name}"))
}

/// Looks at everything as another person.
pub fn view_as(name: &str) -> String {
    unturned(format!("View as {name}"))
}

/// Where a user stands in a company, in one sentence.
pub fn standing(viewer: &str, tier: &str, company: &str, primary: bool) -> String {
    let which = if primary {
        "primary company"
    } else {
        "association"
    };
    unturned(format!("{viewer}: {tier} at {company} ({which})"))
}

/// Whose account owner a user is by email, in one sentence.
pub fn managed(viewer: &str, tier: &str, company: &str) -> String {
    unturned(format!("{viewer}: {tier} of {company} (managed by email)"))
}

/// Says that a viewer is no partner user.
pub fn no_standing(viewer: &str) -> String {
    unturned(format!("{viewer} has no tier at any partner company."))
}

/// How somebody else is known to see it too, beside the reason that they are listed under.
pub fn also(reasons: &[&str]) -> String {
    // They are labels, and stand in the middle of a sentence here.
    format!("also {}", reasons.join(", ").to_ascii_lowercase())
}

/// Through whom somebody sees a record.
pub fn through(name: &str) -> String {
    unturned(format!("through {name}"))
}

/// Where somebody's tier lets them see a deal.
pub fn at_company(name: &str) -> String {
    unturned(format!("at {name}"))
}

/// The label of a reason to see something.
pub fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Owner => "Record owner",
        Rule::Assigned => "Assigned",
        Rule::Report => "Report",
        Rule::Peer => "Peer",
        Rule::All => "All records",
        Rule::Lifted => "Lifted by a report",
        Rule::Account => "Through the account",
        Rule::Create => "Create",
        Rule::DealOwner => "Deal owner",
        Rule::Registrar => "Registrar",
        Rule::Tier => "Higher tier",
        Rule::AccountOwner => "Account owner",
        Rule::Vendor => "All deals",
    }
}

/// What somebody who sees a record or deal is for that reason, where [`rule`] says what the reason is.
pub fn seen_as(reason: Rule) -> &'static str {
    match reason {
        Rule::Report => "Lead of a holder",
        Rule::Peer => "Peer of a holder",
        Rule::Lifted => "Lead of somebody who sees all",
        other => rule(other),
    }
}

/// How a holder stands to a viewer who may not see what the holder holds.
pub fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::SameRole => "same role",
        Relation::Above => "above the viewer",
        Relation::OtherBranch => "in another branch",
        Relation::NoRole => "without a role",
        Relation::Unknown => "unknown user",
    }
}

/// The label of an action.
pub fn action(action: Action) -> &'static str {
    match action {
        Action::View => "View",
        Action::Create => "Create",
        Action::Edit => "Edit",
        Action::Delete => "Delete",
        Action::Assign => "Assign",
    }
}

/// The label of an interaction with a deal.
pub fn interaction(interaction: Interaction) -> &'static str {
    match interaction {
        Interaction::View => "View",
        Interaction::Edit => "Edit",
        Interaction::Reassign => "Reassign",
    }
}

/// The label of a user's standing.
pub fn status(standing: Standing) -> &'static str {
    match standing {
        Standing::Active => "Active",
        Standing::Locked => "Locked",
        Standing::Guest => "Guest",
        Standing::Expired => "Expired",
    }
}

/// The label of a record type, for many.
pub fn plural(kind: RecordType) -> &'static str {
    match kind {
        RecordType::Account => "Accounts",
        RecordType::Prospect => "Prospects",
        RecordType::Opportunity => "Opportunities",
        RecordType::Task => "Tasks",
        RecordType::Sequence => "Sequences",
        RecordType::Mailing => "Mailings",
        RecordType::Call => "Calls",
        RecordType::Meeting => "Meetings",
        RecordType::Conversation => "Conversations",
    }
}

/// So many of something, in the number that it takes.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}
