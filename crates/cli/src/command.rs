//! The commands, their arguments, and the help that teaches them.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use sidelight_calendar::{Day, parse_day};
use sidelight_governance::guest::{GuestKey, GuestSort, GuestState};
use sidelight_governance::{Action, Instant, RecordType, Sort};

/// Who can see which CRM record or partner deal, and why.
#[derive(Debug, Parser)]
#[command(name = "sidelight", version, after_long_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  answered; for `can`, `explain`, `explain-deal` and `term --until`: yes
  1  one of these answered no
  2  the question cannot be understood
  3  the organisation, the mapping or an export is bad; the message names the place
  4  a file cannot be read or written

Begin with:
  sidelight import exports/ --mapping mapping.toml --output org.json
  sidelight diagnose org.json
  sidelight explain org.json --user alice --type account --id acme

Colours follow the terminal and NO_COLOR; with --json every answer is the JSON of the npm package
`@sidelight/governance`.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an organisation from the exports of a CRM.
    ///
    /// Reads CSV and JSON files in a directory as a mapping file tells, writes the organisation, and
    /// reports what it made and every reference that was blank or named nothing. Nothing is invented,
    /// and on any fault nothing is written. `docs/guide/import.md` is the manual of mapping files.
    #[command(after_long_help = "\
Examples:
  sidelight import exports/ --mapping demo/mappings/salesforce.toml --output org.json
  sidelight import exports/ --mapping crm.toml --output org.json --report report.json
  sidelight import exports/ --mapping crm.toml --source users=users-2026-11.csv --output org.json")]
    Import(ImportArguments),

    /// Answer yes or no: may this user do this?
    ///
    /// Prints the answer, and exits with 0 for yes and 1 for no, so that a script can ask. A record
    /// that does not exist is a no.
    #[command(after_long_help = "\
Examples:
  sidelight can org.json --user alice --action edit --type account --id acme
  sidelight can org.json --user alice --action create --type opportunity
  if sidelight can org.json --user ben --type account --id acme > /dev/null; then …; fi")]
    Can(RecordQuestion),

    /// Tell every reason for a yes, or everything that stands in the way.
    ///
    /// Exits with 0 for yes and 1 for no.
    #[command(after_long_help = "\
Examples:
  sidelight explain org.json --user alice --type account --id acme
  sidelight explain org.json --user priya --action edit --type account --id acme --json")]
    Explain(RecordQuestion),

    /// List the records of a type that a user sees.
    ///
    /// Without --limit all of them are printed; with it, the answer tells how many there are and the
    /// cursor of the next page.
    #[command(after_long_help = "\
Examples:
  sidelight visible org.json --user alice --type opportunity
  sidelight visible org.json --user ben --type account --view assigned-to-me
  sidelight visible org.json --user alice --type opportunity --sort amount:desc --limit 10
  sidelight visible org.json --user alice --type opportunity \\
      --where '{\"all\": [{\"field\": \"stage\", \"is\": \"Won\"}, {\"field\": \"amount\", \"min\": 50000}]}'
  sidelight visible org.json --user alice --type opportunity --json | jq .total

Filters (--where) are the npm package's:
  {\"all\": […]}  {\"any\": […]}  {\"not\": …}  {\"assigned\": [user]}  {\"owner\": [user]}
  {\"jobRole\": [id]}  {\"account\": [id]}  {\"text\": \"part of the name\"}
  {\"field\": name, \"is\": value}  {\"field\": name, \"min\": value, \"max\": value}")]
    Visible(VisibleQuestion),

    /// List the users who may do something to a record, with every reason.
    #[command(after_long_help = "\
Examples:
  sidelight viewers org.json --type account --id acme
  sidelight viewers org.json --type account --id acme --action delete --json")]
    Viewers(ViewersQuestion),

    /// List the owner and the assigned users of a record, as a user sees them.
    ///
    /// A partner user is shown the people of the own company and the account owner; others are counted.
    #[command(after_long_help = "\
Examples:
  sidelight assignees org.json --user alice --type account --id acme")]
    Assignees(AssigneesQuestion),

    /// List the partner deals that a user sees, with totals by stage and currency.
    ///
    /// The totals are over every deal that the user sees and the filters let through, on whatever page.
    #[command(after_long_help = "\
Examples:
  sidelight pipeline org.json --user joseph
  sidelight pipeline org.json --user graham --company kestrel --stage Proposal --stage Negotiation
  sidelight pipeline org.json --user nadia --sort amount:desc --limit 20")]
    Pipeline(PipelineArguments),

    /// Tell why a user sees a partner deal, or what stands in the way.
    ///
    /// Exits with 0 for yes and 1 for no.
    #[command(after_long_help = "\
Examples:
  sidelight explain-deal org.json --user joseph --id larkspur-007")]
    ExplainDeal(DealQuestion),

    /// Write the slice of a user: what a server may send this viewer, and nothing else.
    ///
    /// The file is bytes that `Governance::load` and the npm package read, and that every command here
    /// reads in place of an organisation. Nothing that the user does not see is in it.
    #[command(after_long_help = "\
Examples:
  sidelight slice org.json --user alice --output alice.slice
  sidelight visible alice.slice --user alice --type opportunity")]
    Slice(SliceArguments),

    /// List the guests: where they stand, when their terms end, who vouches for them.
    ///
    /// Ends are shown as the last day with access, in the organisation's time zone.
    #[command(after_long_help = "\
Examples:
  sidelight guests org.json --sort ends
  sidelight guests org.json --state invited --state active --sponsor alice
  sidelight guests org.json --json | jq '.rows[] | select(.expiring)'")]
    Guests(GuestsArguments),

    /// Tell until which day a guest's term may last, and when a chosen day ends.
    ///
    /// A term ends with a calendar day in the organisation's time zone, at most 90 days after today.
    /// With --until, exits with 0 if the day may be chosen and 1 if not.
    #[command(after_long_help = "\
Examples:
  sidelight term org.json
  sidelight term org.json --until 2027-01-31
  sidelight term org.json --until 2027-01-31 --json | jq -r .expiresAt")]
    Term(TermQuestion),

    /// List what an administrator should look at: cycles, lifts, orphans, unknown references, guests.
    #[command(after_long_help = "\
Examples:
  sidelight diagnose org.json
  sidelight diagnose org.json --json | jq '.[] | select(.severity == \"error\")'")]
    Diagnose(DiagnoseArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// The directory with the exported files.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// The mapping file, in TOML.
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: PathBuf,
    /// Where to write the organisation. It is written whole or not at all.
    #[arg(long, short, value_name = "ORG.json")]
    pub(crate) output: PathBuf,
    /// Where to write the full report, as JSON.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) report: Option<PathBuf>,
    /// Read another file for a source of the mapping, such as one with a date in its name; can be
    /// given several times.
    #[arg(long = "source", value_name = "SOURCE=FILE", value_parser = source_file)]
    pub(crate) sources: Vec<(String, String)>,
    /// Import the rows too that the mapping's `only` leaves out, such as deleted ones.
    #[arg(long)]
    pub(crate) all_rows: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Of which organisation, at which instant, in which form.
#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// The organisation's file; `-` reads standard input.
    #[arg(value_name = "ORG.json")]
    pub(crate) organisation: PathBuf,
    /// Ask at this instant (RFC 3339) instead of now; it matters to guests.
    #[arg(long, value_name = "INSTANT")]
    pub(crate) now: Option<Instant>,
    /// Print the answer as the npm package's JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RecordQuestion {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// The id of the user.
    #[arg(long)]
    pub(crate) user: String,
    /// What the user wants to do.
    #[arg(long, default_value = "view", value_parser = action())]
    pub(crate) action: Action,
    /// The type of the record.
    #[arg(long = "type", value_name = "TYPE", value_parser = record_type())]
    pub(crate) kind: RecordType,
    /// The id of the record; none for `create`, which is asked about a type.
    #[arg(long)]
    pub(crate) id: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct VisibleQuestion {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// The id of the user.
    #[arg(long)]
    pub(crate) user: String,
    /// The type of the records.
    #[arg(long = "type", value_name = "TYPE", value_parser = record_type())]
    pub(crate) kind: RecordType,
    /// List what the user may do this to; without it, what the view asks for, or what the user sees.
    #[arg(long, value_parser = action())]
    pub(crate) action: Option<Action>,
    /// A view: `assigned-to-me`, or the id of one that the user saved for the type.
    #[arg(long)]
    pub(crate) view: Option<String>,
    /// Only records that pass this filter, in JSON.
    #[arg(long = "where", value_name = "FILTER", value_parser = json)]
    pub(crate) filter: Option<serde_json::Value>,
    #[command(flatten)]
    pub(crate) page: PageArguments,
}

#[derive(Debug, Args)]
pub(crate) struct PageArguments {
    /// Order by a field, `FIELD` or `FIELD:desc`; can be given several times.
    #[arg(long, value_name = "FIELD[:desc]", value_parser = sort)]
    pub(crate) sort: Vec<Sort>,
    /// At most so many rows.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Continue after the page that gave this cursor.
    #[arg(long)]
    pub(crate) cursor: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ViewersQuestion {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// The type of the record.
    #[arg(long = "type", value_name = "TYPE", value_parser = record_type())]
    pub(crate) kind: RecordType,
    /// The id of the record.
    #[arg(long)]
    pub(crate) id: String,
    /// What they may do.
    #[arg(long, default_value = "view", value_parser = action())]
    pub(crate) action: Action,
}

#[derive(Debug, Args)]
pub(crate) struct AssigneesQuestion {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// The id of the user who looks.
    #[arg(long)]
    pub(crate) user: String,
    /// The type of the record.
    #[arg(long = "type", value_name = "TYPE", value_parser = record_type())]
    pub(crate) kind: RecordType,
    /// The id of the record.
    #[arg(long)]
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct PipelineArguments {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// The id of the user.
    #[arg(long)]
    pub(crate) user: String,
    /// Only deals in this stage; can be given several times.
    #[arg(long)]
    pub(crate) stage: Vec<String>,
    /// Only deals of this company; can be given several times.
    #[arg(long)]
    pub(crate) company: Vec<String>,
    /// Only deals of this deal owner; can be given several times.
    #[arg(long)]
    pub(crate) owner: Vec<String>,
    /// Only deals whose name contains this text.
    #[arg(long)]
    pub(crate) text: Option<String>,
    #[command(flatten)]
    pub(crate) page: PageArguments,
}

#[derive(Debug, Args)]
pub(crate) struct DealQuestion {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// The id of the user.
    #[arg(long)]
    pub(crate) user: String,
    /// The id of the deal.
    #[arg(long)]
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct SliceArguments {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// The id of the user whose slice it is.
    #[arg(long)]
    pub(crate) user: String,
    /// Where to write the slice. It is written whole or not at all.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct GuestsArguments {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// Only guests in this state; can be given several times.
    #[arg(long, value_parser = guest_state())]
    pub(crate) state: Vec<GuestState>,
    /// Only guests for whom this user vouches; can be given several times.
    #[arg(long)]
    pub(crate) sponsor: Vec<String>,
    /// Only guests with this profile; can be given several times.
    #[arg(long)]
    pub(crate) profile: Vec<String>,
    /// Order by state, ends, sponsor, profile or name; can be given several times.
    #[arg(long, value_name = "KEY[:desc]", value_parser = guest_sort)]
    pub(crate) sort: Vec<GuestSort>,
    /// At most so many rows.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Continue after the page that gave this cursor.
    #[arg(long)]
    pub(crate) cursor: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TermQuestion {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// The last day of the term, such as 2027-01-31.
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    pub(crate) until: Option<Day>,
}

#[derive(Debug, Args)]
pub(crate) struct DiagnoseArguments {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// Print every diagnostic, not the first few of each code.
    #[arg(long)]
    pub(crate) all: bool,
}

fn action() -> impl TypedValueParser<Value = Action> {
    PossibleValuesParser::new(Action::ALL.iter().map(|action| action.as_str()))
        .try_map(|word| word.parse::<Action>())
}

fn record_type() -> impl TypedValueParser<Value = RecordType> {
    PossibleValuesParser::new(RecordType::ALL.iter().map(|kind| kind.as_str()))
        .try_map(|word| word.parse::<RecordType>())
}

fn guest_state() -> impl TypedValueParser<Value = GuestState> {
    // One who was removed is in no organisation.
    let states = GuestState::ALL
        .iter()
        .filter(|&&state| state != GuestState::Removed);
    PossibleValuesParser::new(states.map(|state| state.as_str()))
        .try_map(|word| word.parse::<GuestState>())
}

fn guest_sort(text: &str) -> Result<GuestSort, String> {
    let Sort { by, descending } = sort(text)?;
    let by = by.parse::<GuestKey>().map_err(|error| error.to_string())?;
    Ok(GuestSort { by, descending })
}

fn source_file(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((source, file)) if !source.is_empty() && !file.is_empty() => {
            Ok((source.to_owned(), file.to_owned()))
        }
        _ => Err("it is not of the form SOURCE=FILE"),
    }
}

/// What the JSON means is read with the question, so that a fault in it has its code and place.
fn json(text: &str) -> Result<serde_json::Value, serde_json::Error> {
    serde_json::from_str(text)
}

fn sort(text: &str) -> Result<Sort, &'static str> {
    let (by, descending) = match text.rsplit_once(':') {
        Some((by, "desc")) => (by, true),
        Some((by, "asc")) => (by, false),
        _ => (text, false),
    };
    if by.is_empty() {
        return Err("a field's name is missing");
    }
    Ok(Sort {
        by: by.to_owned(),
        descending,
    })
}
