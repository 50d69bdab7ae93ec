//! Running a command: files in, an answer out.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use sidelight_calendar::{Calendar, Day};
use sidelight_governance::guest::GuestQuery;
use sidelight_governance::{
    At, Governance, Instant, Limits, PipelineQuery, Query, RecordType, Sort,
};

use crate::Outcome;
use crate::answer::{self, is_harmful};
use crate::command::{
    Asked, AssigneesQuestion, Command, DealQuestion, DiagnoseArguments, GuestsArguments,
    ImportArguments, PipelineArguments, RecordQuestion, SliceArguments, TermQuestion,
    ViewersQuestion, VisibleQuestion,
};
use crate::document;
use crate::failure::Failure;
use crate::import::{ImportError, Options, import};

impl Command {
    pub(crate) fn run(self) -> Result<Outcome, Failure> {
        match self {
            Self::Import(arguments) => run_import(&arguments),
            Self::Can(question) => question.can(),
            Self::Explain(question) => question.explain(),
            Self::Visible(question) => question.ask(),
            Self::Viewers(question) => question.ask(),
            Self::Assignees(question) => question.ask(),
            Self::Pipeline(question) => question.ask(),
            Self::ExplainDeal(question) => question.ask(),
            Self::Guests(question) => question.ask(),
            Self::Term(question) => question.ask(),
            Self::Slice(arguments) => arguments.take(),
            Self::Diagnose(question) => question.ask(),
        }
    }
}

impl Asked {
    fn load(&self) -> Result<Governance, Failure> {
        let file = self.organisation.display().to_string();
        let unreadable = |error| Failure::io(format!("cannot read `{file}`"), error);
        let mut bytes = Vec::new();
        // One byte more than is loaded, so that what has no end is refused as too large.
        let limit = Limits::default().document as u64 + 1;
        let read = if self.organisation == Path::new("-") {
            io::stdin().lock().take(limit).read_to_end(&mut bytes)
        } else {
            File::open(&self.organisation).and_then(|file| file.take(limit).read_to_end(&mut bytes))
        };
        read.map_err(unreadable)?;
        if bytes.trim_ascii().is_empty() {
            return Err(Failure::Empty { file });
        }
        Governance::load(&bytes).map_err(|error| Failure::Load { file, error })
    }

    /// The instant of the question; the only place where a clock is read.
    fn instant(&self) -> Result<Instant, Failure> {
        let now = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
            Instant::from_millisecond(i64::try_from(since.as_millis()).ok()?)
        };
        self.now.or_else(now).ok_or_else(|| {
            let error = io::Error::other("it is not between the years 1970 and 9999");
            Failure::io("cannot use the system's clock; give --now", error)
        })
    }

    /// Asks, and gives the answer as JSON or as text for people.
    fn answer<A: Serialize>(
        &self,
        ask: impl FnOnce(At<'_>) -> Result<A, Failure>,
        refused: impl FnOnce(&A) -> bool,
        tell: impl FnOnce(At<'_>, &A) -> String,
    ) -> Result<Outcome, Failure> {
        let governance = self.load()?;
        let at = governance.at(self.instant()?);
        let answer = ask(at)?;
        let text = if self.json {
            json(&answer)?
        } else {
            tell(at, &answer)
        };
        Ok(Outcome {
            text,
            refused: refused(&answer),
        })
    }
}

fn json(answer: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string(answer)
        .map_err(|error| Failure::io("cannot write the answer as JSON", error.into()))?;
    Ok(escaped(text) + "\n")
}

/// The JSON with characters escaped that a terminal acts on, or shows in another order: its texts stay what they are.
fn escaped(json: String) -> String {
    if !json.contains(is_harmful) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if is_harmful(character) {
            // None of them is beyond U+FFFF, where JSON would need two.
            escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn never<A>(_: &A) -> bool {
    false
}

impl RecordQuestion {
    fn can(&self) -> Result<Outcome, Failure> {
        self.asked.answer(
            |at| Ok(at.can(&self.user, self.action, self.kind, self.id.as_deref())?),
            |allowed| !allowed,
            |at, allowed| answer::verdict(at, self, *allowed),
        )
    }

    fn explain(&self) -> Result<Outcome, Failure> {
        self.asked.answer(
            |at| {
                let id = self.id.as_deref();
                Ok(at.explain(&self.user, self.action, self.kind, id)?)
            },
            |decision| !decision.allowed,
            |at, decision| answer::verdict(at, self, decision.allowed) + &answer::reasons(decision),
        )
    }
}

impl VisibleQuestion {
    fn query(&self) -> Result<Query, Failure> {
        let query = serde_json::json!({ "where": self.filter }).to_string();
        let page = &self.page;
        Ok(Query {
            action: self.action,
            view: self.view.clone(),
            sort: sorted(&page.sort),
            limit: page.limit,
            cursor: page.cursor.clone(),
            ..Query::from_json(&query)?
        })
    }

    fn ask(&self) -> Result<Outcome, Failure> {
        let query = self.query()?;
        self.asked.answer(
            |at| Ok(at.visible(&self.user, self.kind, &query)?),
            never,
            |at, page| answer::visible(at, self, page),
        )
    }
}

fn sorted(sort: &[Sort]) -> Option<Vec<Sort>> {
    Some(sort.to_vec()).filter(|sort| !sort.is_empty())
}

impl ViewersQuestion {
    fn ask(&self) -> Result<Outcome, Failure> {
        self.asked.answer(
            |at| Ok(at.viewers(self.kind, &self.id, self.action)?),
            never,
            |at, viewers| answer::viewers(at, self, viewers),
        )
    }
}

impl AssigneesQuestion {
    fn ask(&self) -> Result<Outcome, Failure> {
        self.asked.answer(
            |at| Ok(at.assignees(&self.user, self.kind, &self.id)),
            never,
            |at, assignees| answer::assignees(at, self, assignees),
        )
    }
}

impl PipelineArguments {
    fn ask(&self) -> Result<Outcome, Failure> {
        let some = |words: &[String]| Some(words.to_vec()).filter(|words| !words.is_empty());
        let query = PipelineQuery {
            stage: some(&self.stage),
            company: some(&self.company),
            owner: some(&self.owner),
            text: self.text.clone(),
            sort: sorted(&self.page.sort),
            limit: self.page.limit,
            cursor: self.page.cursor.clone(),
        };
        self.asked.answer(
            |at| Ok(at.pipeline(&self.user, &query)?),
            never,
            |at, pipeline| answer::pipeline(at, &self.user, pipeline),
        )
    }
}

impl DealQuestion {
    fn ask(&self) -> Result<Outcome, Failure> {
        self.asked.answer(
            |at| Ok(at.explain_deal(&self.user, &self.id)),
            |decision| !decision.allowed,
            |at, decision| {
                answer::deal_verdict(at, self, decision.allowed) + &answer::reasons(decision)
            },
        )
    }
}

/// What is in a slice that was written.
#[derive(Debug, Serialize)]
pub(crate) struct Sliced {
    /// Whose it is.
    pub(crate) viewer: String,
    /// How many bytes were written.
    pub(crate) bytes: usize,
    /// How many records of each type there are, where there are any.
    pub(crate) records: BTreeMap<&'static str, usize>,
    /// How many deals.
    pub(crate) deals: usize,
    /// How many people, the viewer included.
    pub(crate) people: usize,
}

impl SliceArguments {
    fn take(&self) -> Result<Outcome, Failure> {
        self.asked.answer(
            |at| {
                let bytes = at.slice(&self.user)?;
                let slice = Governance::load(&bytes).map_err(Failure::Imported)?;
                document::Staged::new(&self.output, &bytes)
                    .and_then(document::Staged::put)
                    .map_err(unwritable(&self.output))?;
                let counts = RecordType::ALL.iter();
                let counts = counts.map(|&kind| (kind.plural(), slice.record_count(kind)));
                Ok(Sliced {
                    viewer: self.user.clone(),
                    bytes: bytes.len(),
                    records: counts.filter(|(_, count)| *count > 0).collect(),
                    deals: slice.deal_count(),
                    people: slice.users().count(),
                })
            },
            never,
            answer::sliced,
        )
    }
}

impl GuestsArguments {
    fn ask(&self) -> Result<Outcome, Failure> {
        let query = GuestQuery {
            state: Some(self.state.clone()).filter(|states| !states.is_empty()),
            sponsor: Some(self.sponsor.clone()).filter(|ids| !ids.is_empty()),
            profile: Some(self.profile.clone()).filter(|ids| !ids.is_empty()),
            sort: Some(self.sort.clone()),
            limit: self.limit,
            cursor: self.cursor.clone(),
            ..GuestQuery::default()
        };
        self.asked.answer(
            |at| {
                let calendar = Calendar::of(at.governance().time_zone())?;
                Ok(answer::guests::List {
                    page: at.guests(&query)?,
                    calendar,
                })
            },
            never,
            |at, list| list.tell(at),
        )
    }
}

/// Until when a guest's term may last.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Term {
    pub(crate) time_zone: String,
    pub(crate) today: String,
    pub(crate) latest_day: String,
    /// When the latest day ends.
    pub(crate) latest: Instant,
    #[serde(flatten)]
    pub(crate) chosen: Option<ChosenDay>,
}

/// A day, and when it ends or why it may not be chosen.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChosenDay {
    pub(crate) until: String,
    pub(crate) expires_at: Option<Instant>,
    pub(crate) code: Option<&'static str>,
    pub(crate) message: Option<String>,
}

impl TermQuestion {
    fn ask(&self) -> Result<Outcome, Failure> {
        self.asked.answer(
            |at| self.term(at),
            |term| {
                let chosen = term.chosen.as_ref();
                chosen.is_some_and(|chosen| chosen.expires_at.is_none())
            },
            |_, term| answer::guests::term(term),
        )
    }

    fn term(&self, at: At<'_>) -> Result<Term, Failure> {
        let time_zone = at.governance().time_zone().to_owned();
        let calendar = Calendar::of(&time_zone)?;
        let latest_day = calendar.latest_day(at.now())?;
        let chosen = |day: Day| {
            let end = calendar.end_of_term(at.now(), day);
            let refused = end.as_ref().err();
            ChosenDay {
                until: day.to_string(),
                code: refused.map(|error| error.code()),
                message: refused.map(ToString::to_string),
                expires_at: end.ok().map(|end| end.at),
            }
        };
        Ok(Term {
            today: calendar.today(at.now()).to_string(),
            latest_day: latest_day.to_string(),
            latest: calendar.end_of(latest_day)?,
            chosen: self.until.map(chosen),
            time_zone,
        })
    }
}

impl DiagnoseArguments {
    fn ask(&self) -> Result<Outcome, Failure> {
        self.asked.answer(
            |at| Ok(at.diagnose()),
            never,
            |_, diagnostics| answer::diagnostics(diagnostics, self.all),
        )
    }
}

fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let what = format!("cannot write `{}`", path.display());
    move |error| Failure::io(what, error)
}

fn run_import(arguments: &ImportArguments) -> Result<Outcome, Failure> {
    let path = &arguments.mapping;
    let mapping = fs::read(path)
        .map_err(|error| Failure::io(format!("cannot read `{}`", path.display()), error))?;
    let mapping = String::from_utf8(mapping)
        .map_err(|_| ImportError::mapping(format!("`{}` is not UTF-8", path.display())))?;
    let options = Options {
        files: &arguments.sources,
        all_rows: arguments.all_rows,
    };
    let (org, report) = import(&arguments.directory, &mapping, &options)?;
    Governance::from_org(org.clone()).map_err(Failure::Imported)?;

    let mut text = Vec::new();
    document::write(&org, &mut text)
        .map_err(|error| Failure::io("cannot write the organisation", error))?;
    let report_json = json(&report)?;
    // Both are staged before either is put in place: a failure leaves neither.
    let output =
        document::Staged::new(&arguments.output, &text).map_err(unwritable(&arguments.output))?;
    if let Some(path) = &arguments.report {
        document::Staged::new(path, report_json.as_bytes())
            .and_then(document::Staged::put)
            .map_err(unwritable(path))?;
    }
    output.put().map_err(unwritable(&arguments.output))?;

    Ok(Outcome::answered(if arguments.json {
        report_json
    } else {
        answer::imported(&report, arguments)
    }))
}
