//! Answers as people read them: sentences and tables, in colour where there is a terminal.

pub(crate) mod guests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
use sidelight_governance::{
    Action, Assignees, At, Code, Decision, Diagnostic, Governance, Page, Pipeline, RecordType,
    Severity, Standing, Viewer, grouped,
};

use crate::ask::Sliced;
use crate::command::{
    AssigneesQuestion, DealQuestion, ImportArguments, RecordQuestion, ViewersQuestion,
    VisibleQuestion,
};
use crate::failure::Failure;
use crate::import::{Reason, ReferenceReport, Report};

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const CAREFUL: Style = AnsiColor::Yellow.on_default().bold();
const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// Text of the document, made harmless for a terminal: what would move its cursor, change its colours
/// or its direction is shown as `�`.
fn plain(text: &str) -> Cow<'_, str> {
    if text.contains(is_harmful) {
        Cow::Owned(text.replace(is_harmful, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether a terminal would act on the character, break the line at it or turn around what follows.
pub(crate) fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

use Column::{Number, Prose, Word};

/// How a column of a table behaves.
#[derive(Clone, Copy, PartialEq)]
enum Column {
    /// Its words are never broken.
    Word,
    /// The same, to the right.
    Number,
    /// It is broken into lines where the terminal is narrow.
    Prose,
}

/// The narrowest that prose becomes: past this, the terminal breaks the lines itself.
const NARROWEST_PROSE: u16 = 14;

/// A table without lines, its header in bold.
fn table(header: &[(&str, Column)], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(header.iter().map(|(name, _)| name));
    for row in rows {
        table.add_row(row);
    }
    let terminal = terminal_size::terminal_size_of(std::io::stdout());
    for (column, (_, behaviour)) in table.column_iter_mut().zip(header) {
        column.set_padding((0, 2));
        if *behaviour == Number {
            column.set_cell_alignment(CellAlignment::Right);
        }
        if terminal.is_some() {
            column.set_constraint(match behaviour {
                Word | Number => ColumnConstraint::ContentWidth,
                Prose => ColumnConstraint::LowerBoundary(Width::Fixed(NARROWEST_PROSE)),
            });
        }
    }
    if let Some((width, _)) = terminal {
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width.0);
    }
    let mut text = String::new();
    for (index, line) in table.lines().enumerate() {
        let line = line.trim_end();
        text += &match index {
            0 => styled(STRONG, line),
            _ => line.to_owned(),
        };
        text += "\n";
    }
    text
}

/// A user as "name (id)"; the id alone where it names nobody.
fn person(governance: &Governance, user: &str) -> String {
    match governance.user(user) {
        Some(known) if known.name != user => format!("{} ({})", plain(&known.name), plain(user)),
        _ => plain(user).into_owned(),
    }
}

fn thing(governance: &Governance, kind: RecordType, id: &str) -> String {
    let name = governance.record(kind, id).and_then(|record| record.name);
    match name {
        Some(name) if !name.is_empty() && name != id => {
            format!("{} {} ({})", kind.noun(), plain(&name), plain(id))
        }
        _ => format!("{} {}", kind.noun(), plain(id)),
    }
}

fn yes_or_no(allowed: bool, user: &str, what: &str) -> String {
    let (answer, may) = match allowed {
        true => (styled(GOOD, "Yes"), "may"),
        false => (styled(BAD, "No"), "may not"),
    };
    format!("{answer}, {user} {may} {what}.\n")
}

pub(crate) fn verdict(at: At<'_>, question: &RecordQuestion, allowed: bool) -> String {
    let governance = at.governance();
    let kind = question.kind;
    let verb = question.action.verb();
    let what = match &question.id {
        Some(id) => format!("{verb} the {}", thing(governance, kind, id)),
        None => format!("{verb} {}", kind.plural()),
    };
    yes_or_no(allowed, &person(governance, &question.user), &what)
}

pub(crate) fn deal_verdict(at: At<'_>, question: &DealQuestion, allowed: bool) -> String {
    let governance = at.governance();
    let name = governance.deal(&question.id).and_then(|deal| deal.name);
    let what = match name {
        Some(name) => format!("view the deal {} ({})", plain(&name), plain(&question.id)),
        None => format!("view the deal {}", plain(&question.id)),
    };
    yes_or_no(allowed, &person(governance, &question.user), &what)
}

/// Every grant or obstacle of a decision, one a line, behind its code.
pub(crate) fn reasons(decision: &Decision) -> String {
    let grants = decision
        .grants
        .iter()
        .map(|grant| (GOOD, grant.rule.as_str(), &grant.text));
    let obstacles = decision
        .obstacles
        .iter()
        .map(|obstacle| (BAD, obstacle.code.as_str(), &obstacle.text));
    let reasons: Vec<_> = grants.chain(obstacles).collect();
    let width = reasons
        .iter()
        .map(|(_, code, _)| code.len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for (style, code, reason) in reasons {
        let code = styled(style, format_args!("{code:width$}"));
        let _ = writeln!(text, "  {code}  {}", plain(reason));
    }
    if !decision.remedies.is_empty() {
        text.push_str("What would grant it:\n");
    }
    for remedy in &decision.remedies {
        let _ = writeln!(text, "  {}", plain(&remedy.text));
    }
    text
}

/// Why a user sees nothing at all, if the gate is why.
fn gate_note(at: At<'_>, user: &str) -> Option<String> {
    if at.gate(user) {
        return None;
    }
    let person = person(at.governance(), user);
    let why = match at.status_of(user) {
        None => format!("There is no user {person}."),
        Some(Standing::Locked) => format!("{person} is locked."),
        Some(Standing::Expired) => format!("{person}’s time as a guest is over."),
        Some(Standing::Guest | Standing::Active) => {
            format!("{person} has not claimed the invitation.")
        }
    };
    Some(styled(CAREFUL, why) + "\n")
}

fn next_page(cursor: Option<&str>) -> String {
    cursor.map_or_else(String::new, |cursor| {
        styled(FAINT, format_args!("The next page: --cursor {cursor}")) + "\n"
    })
}

/// "84 accounts", "1 account".
fn counted(kind: RecordType, count: usize) -> String {
    match count {
        1 => format!("1 {}", kind.noun()),
        _ => format!("{} {}", grouped(count), kind.plural()),
    }
}

pub(crate) fn visible(at: At<'_>, question: &VisibleQuestion, page: &Page) -> String {
    let governance = at.governance();
    let kind = question.kind;
    let rows = page.ids.iter().map(|id| {
        let record = governance.record(kind, id);
        let cell = |value: Option<&String>| {
            value.map_or_else(String::new, |value| plain(value).into_owned())
        };
        let owner = record.as_ref().and_then(|record| record.owner.as_ref());
        vec![
            plain(id).into_owned(),
            cell(record.as_ref().and_then(|record| record.name.as_ref())),
            owner.map_or_else(String::new, |owner| person(governance, owner)),
            cell(record.as_ref().and_then(|record| record.account.as_ref())),
        ]
    });
    let mut text = String::new();
    if !page.ids.is_empty() {
        text += &table(
            &[
                ("ID", Word),
                ("NAME", Prose),
                ("OWNER", Prose),
                ("ACCOUNT", Word),
            ],
            rows,
        );
        text += "\n";
    }
    text += &gate_note(at, &question.user).unwrap_or_default();
    let all = counted(kind, governance.record_count(kind));
    let _ = match page.ids.len() {
        shown if shown == page.total => writeln!(text, "{} of {all}.", grouped(page.total)),
        shown => writeln!(
            text,
            "{} of {} shown, of {all}.",
            grouped(shown),
            grouped(page.total)
        ),
    };
    text + &next_page(page.cursor.as_deref())
}

pub(crate) fn viewers(at: At<'_>, question: &ViewersQuestion, viewers: &[Viewer]) -> String {
    let governance = at.governance();
    let rows = viewers.iter().map(|viewer| {
        let because: Vec<_> = viewer
            .grants
            .iter()
            .map(|grant| format!("{}: {}", grant.rule, plain(&grant.text)))
            .collect();
        vec![person(governance, &viewer.user), because.join("\n")]
    });
    let mut text = String::new();
    if !viewers.is_empty() {
        text += &table(&[("USER", Word), ("BECAUSE", Prose)], rows);
        text += "\n";
    }
    let thing = thing(governance, question.kind, &question.id);
    if governance.record(question.kind, &question.id).is_none() {
        let _ = writeln!(
            text,
            "{}",
            styled(CAREFUL, format_args!("There is no {thing}."))
        );
    }
    let users = match viewers.len() {
        1 => "1 user".to_owned(),
        count => format!("{} users", grouped(count)),
    };
    let _ = writeln!(text, "{users} may {} the {thing}.", question.action.verb());
    text
}

pub(crate) fn assignees(at: At<'_>, question: &AssigneesQuestion, assignees: &Assignees) -> String {
    let governance = at.governance();
    let thing = thing(governance, question.kind, &question.id);
    let looker = person(governance, &question.user);
    let rows = assignees.rows.iter().map(|row| {
        let part = match (row.is_owner, row.is_assigned) {
            (true, true) => "owner, assigned",
            (true, false) => "owner",
            (false, _) => "assigned",
        };
        vec![
            format!("{} ({})", plain(&row.name), plain(&row.user)),
            part.to_owned(),
            row.job_role_name
                .as_deref()
                .map_or_else(String::new, |name| plain(name).into_owned()),
            row.status.to_string(),
        ]
    });
    let mut text = String::new();
    if !assignees.rows.is_empty() {
        text += &table(
            &[
                ("USER", Prose),
                ("PART", Word),
                ("JOB ROLE", Word),
                ("STATUS", Word),
            ],
            rows,
        );
        text += "\n";
    }
    let _ = match (assignees.rows.len(), assignees.hidden) {
        (0, 0) => writeln!(text, "Nobody whom {looker} may see on the {thing}."),
        (_, 0) => Ok(()),
        (_, hidden) => writeln!(text, "And {} more.", grouped(hidden)),
    };
    let may = if assignees.may_assign {
        "may"
    } else {
        "may not"
    };
    let _ = writeln!(
        text,
        "{looker} {may} {} the {thing}.",
        Action::Assign.verb()
    );
    text
}

pub(crate) fn sliced(at: At<'_>, sliced: &Sliced) -> String {
    let records = sliced.records.iter();
    let parts = records
        .map(|(&kind, &count)| (kind, count))
        .chain([("partner deals", sliced.deals), ("people", sliced.people)]);
    let parts: Vec<_> = parts
        .map(|(what, count)| format!("{what} {}", grouped(count)))
        .collect();
    format!(
        "Wrote the slice of {}, {} bytes: {}.\n",
        person(at.governance(), &sliced.viewer),
        grouped(sliced.bytes),
        parts.join(", ")
    )
}

pub(crate) fn pipeline(at: At<'_>, user: &str, pipeline: &Pipeline) -> String {
    let governance = at.governance();
    let company = |id: &str| {
        let known = governance.companies().find(|company| company.id == id);
        plain(known.map_or(id, |company| &company.name)).into_owned()
    };
    let mut text = String::new();
    if !pipeline.rows.is_empty() {
        let rows = pipeline.rows.iter().map(|row| {
            let registrar =
                (row.registered_by != row.owner).then(|| person(governance, &row.registered_by));
            vec![
                plain(&row.id).into_owned(),
                plain(&row.name).into_owned(),
                company(&row.company),
                person(governance, &row.owner),
                registrar.unwrap_or_default(),
                plain(&row.stage).into_owned(),
                row.amount
                    .map_or_else(String::new, |amount| amount.to_string()),
                plain(row.currency.as_deref().unwrap_or_default()).into_owned(),
                row.expected_close.clone().unwrap_or_default(),
                words(row.grants.iter().map(|rule| rule.as_str())),
                words(
                    row.interactions
                        .iter()
                        .map(|interaction| interaction.as_str()),
                ),
            ]
        });
        let header = [
            ("ID", Word),
            ("NAME", Prose),
            ("COMPANY", Prose),
            ("DEAL OWNER", Prose),
            ("REGISTERED BY", Prose),
            ("STAGE", Word),
            ("AMOUNT", Number),
            ("", Word),
            ("CLOSE", Word),
            ("BECAUSE", Prose),
            ("MAY", Prose),
        ];
        text += &table(&header, rows);
        text += "\n";
    }
    if !pipeline.totals.is_empty() {
        let rows = pipeline.totals.iter().map(|total| {
            vec![
                plain(&total.stage).into_owned(),
                grouped(total.count),
                total.amount.to_string(),
                plain(total.currency.as_deref().unwrap_or_default()).into_owned(),
            ]
        });
        text += &table(
            &[
                ("STAGE", Word),
                ("DEALS", Number),
                ("AMOUNT", Number),
                ("", Word),
            ],
            rows,
        );
        text += "\n";
    }
    text += &gate_note(at, user).unwrap_or_default();
    let deals = grouped(governance.deal_count());
    let total = grouped(pipeline.total);
    let _ = match pipeline.rows.len() {
        shown if shown == pipeline.total => writeln!(text, "{total} of {deals} deals."),
        shown => writeln!(
            text,
            "{} of {total} shown, of {deals} deals.",
            grouped(shown)
        ),
    };
    text + &next_page(pipeline.cursor.as_deref())
}

fn words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// How many diagnostics of one code are shown unless all are wanted.
const FIRST_FEW: usize = 5;

pub(crate) fn diagnostics(diagnostics: &[Diagnostic], all: bool) -> String {
    let mut by_code: Vec<(&str, Vec<&Diagnostic>)> = Vec::new();
    for diagnostic in diagnostics {
        match by_code
            .iter_mut()
            .find(|(code, _)| *code == diagnostic.code)
        {
            Some((_, of_code)) => of_code.push(diagnostic),
            None => by_code.push((diagnostic.code, vec![diagnostic])),
        }
    }
    let mut text = String::new();
    for (code, of_code) in &by_code {
        let severity = of_code
            .first()
            .map_or(Severity::Info, |diagnostic| diagnostic.severity);
        let style = match severity {
            Severity::Error => BAD,
            Severity::Warning => CAREFUL,
            Severity::Info => STRONG,
        };
        let _ = writeln!(
            text,
            "{} {code} ({})",
            styled(style, severity),
            grouped(of_code.len())
        );
        let shown = if all { of_code.len() } else { FIRST_FEW };
        for diagnostic in of_code.iter().take(shown) {
            let _ = writeln!(text, "  {}", plain(&diagnostic.text));
        }
        if of_code.len() > shown {
            let more = format!(
                "  … and {} more; --all lists them",
                grouped(of_code.len() - shown)
            );
            let _ = writeln!(text, "{}", styled(FAINT, more));
        }
    }
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    for diagnostic in diagnostics {
        *counts.entry(diagnostic.severity).or_default() += 1;
    }
    let counts: Vec<_> = counts
        .iter()
        .map(|(severity, &count)| {
            let (one, more) = match severity {
                Severity::Error => ("error", "errors"),
                Severity::Warning => ("warning", "warnings"),
                Severity::Info => ("note", "notes"),
            };
            format!("{} {}", grouped(count), if count == 1 { one } else { more })
        })
        .collect();
    if counts.is_empty() {
        return styled(GOOD, "Nothing to look at.") + "\n";
    }
    let _ = writeln!(text, "{}.", counts.join(", "));
    text
}

/// How many values that name nothing are listed per reference; the report file has all.
const LISTED_VALUES: usize = 10;

pub(crate) fn imported(report: &Report, arguments: &ImportArguments) -> String {
    let made: Vec<_> = report
        .made
        .iter()
        .map(|made| {
            format!(
                "{} {}",
                grouped(made.count),
                if made.count == 1 { made.one } else { made.kind }
            )
        })
        .collect();
    let mut text = format!(
        "{} {}: {}.\n\n",
        styled(GOOD, "Wrote"),
        arguments.output.display(),
        made.join(", ")
    );
    let rows = report.sources.iter().map(|source| {
        let note = match (source.missing, source.left_out) {
            (true, _) => "not there (optional)".to_owned(),
            (false, 0) => String::new(),
            (false, left_out) => format!("{} more left out by `only`", grouped(left_out)),
        };
        vec![plain(&source.file).into_owned(), grouped(source.rows), note]
    });
    text += &table(&[("FILE", Word), ("ROWS", Number), ("", Prose)], rows);

    let unresolved: Vec<_> = report
        .references
        .iter()
        .filter(|reference| reference.unresolved_rows > 0)
        .collect();
    if !unresolved.is_empty() {
        let _ = writeln!(
            text,
            "\n{}",
            styled(CAREFUL, "References that name nothing")
        );
        for reference in unresolved {
            text += &unresolved_reference(reference, arguments.report.is_some());
        }
    }
    let blank: Vec<_> = report
        .references
        .iter()
        .filter(|reference| reference.blank_rows > 0)
        .collect();
    if !blank.is_empty() {
        let _ = writeln!(text, "\n{}", styled(STRONG, "Blank references"));
        for reference in blank {
            let rows = rows_are(reference.blank_rows, "is", "are");
            let _ = writeln!(
                text,
                "  {}: {rows} blank in {}",
                reference.field,
                plain(&reference.file)
            );
        }
    }
    if !report.unwritten.is_empty() {
        let _ = writeln!(text, "\n{}", styled(CAREFUL, "Rows that made nothing"));
        for entry in &report.unwritten {
            let _ = writeln!(
                text,
                "  {}: {} of {}",
                entry.kind,
                rows_are(entry.rows, "", "").trim_end(),
                plain(&entry.file)
            );
        }
    }
    text
}

fn rows_are(rows: usize, is: &str, are: &str) -> String {
    match rows {
        1 => format!("1 row {is}"),
        _ => format!("{} rows {are}", grouped(rows)),
    }
}

fn unresolved_reference(reference: &ReferenceReport, has_report: bool) -> String {
    let ReferenceReport {
        field,
        names,
        unresolved,
        ..
    } = reference;
    if let [only] = unresolved.as_slice() {
        let rows = rows_are(only.rows, "names", "name");
        return format!(
            "  {field}: {rows} `{}`, which is {} {names}\n",
            plain(&only.value),
            reason(only.reason)
        );
    }
    let rows = rows_are(reference.unresolved_rows, "names", "name");
    let mut text = format!(
        "  {field}: {rows} {} values that are not in {names}\n",
        grouped(unresolved.len())
    );
    for entry in unresolved.iter().take(LISTED_VALUES) {
        let ambiguous = match entry.reason {
            Reason::Unknown => "",
            Reason::Ambiguous => ", several of that name",
        };
        let _ = writeln!(
            text,
            "    `{}` ({}{ambiguous})",
            plain(&entry.value),
            rows_are(entry.rows, "", "").trim_end()
        );
    }
    if unresolved.len() > LISTED_VALUES {
        let where_all = if has_report {
            "the report has all"
        } else {
            "--report FILE.json lists all"
        };
        let _ = writeln!(
            text,
            "    … and {} more; {where_all}",
            grouped(unresolved.len() - LISTED_VALUES)
        );
    }
    text
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Unknown => "not in",
        Reason::Ambiguous => "the name of several",
    }
}

/// A failure as it is printed: `error[code]: what, and where`.
pub(crate) fn failure(failure: &Failure) -> String {
    let code = failure.code();
    let head = styled(BAD, format_args!("error[{code}]"));
    format!("{head}: {}", plain(&failure.to_string()))
}

/// A command line that was not understood, in the same form, with what it should be on the lines below.
pub(crate) fn misunderstood(error: &clap::Error) -> String {
    let head = styled(
        BAD,
        format_args!("error[{}]", Code::InvalidArgument.as_str()),
    );
    // It repeats what was typed, or what a script passed on.
    let harmful = |character| character != '\n' && is_harmful(character);
    let text = error.render().to_string().replace(harmful, "\u{fffd}");
    match text.strip_prefix("error:") {
        Some(told) => format!("{head}:{told}"),
        // The help, which is printed where a command is missing.
        None => text,
    }
}
