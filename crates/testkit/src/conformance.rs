//! The conformance cases: the files of `conformance/`, as `conformance/README.md` describes them.
//!
//! Reading and comparing is one thing, asking another: [`native`] asks the Rust API, and other roads
//! (HTTP, SQL) bring their own function to [`Case::check`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer};
use serde_json::Value;
use sidelight_governance::error::{AskError, ChangeError, LoadError, UnknownWord};
use sidelight_governance::{
    Action, AssignedEdit, Change, Governance, Instant, InvalidInstant, PipelineQuery,
    PredictOptions, Query, RecordType,
};

/// One file of cases.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The section of the semantics page that the cases illustrate.
    pub section: String,
    /// The instant that cases are asked at, where they have none of their own.
    pub now: String,
    /// Organisations that several cases ask about, by name.
    #[serde(default)]
    pub orgs: BTreeMap<String, Value>,
    /// The cases.
    pub cases: Vec<Case>,
    /// Where the file was read from.
    #[serde(skip)]
    pub path: PathBuf,
}

/// One case: an organisation, a question and the answer.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What is so, as a sentence.
    pub name: String,
    org: Option<Value>,
    text: Option<String>,
    #[serde(default)]
    changes: Vec<Value>,
    slice: Option<String>,
    now: Option<String>,
    /// The question.
    pub ask: Ask,
    #[serde(default, deserialize_with = "even_null")]
    expect: Option<Value>,
    includes: Option<Vec<Value>>,
    error: Option<Refusal>,
}

/// A call of the npm package's contract.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The method, or `load`.
    pub call: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<Value>,
}

/// A question, with everything that is needed to ask it.
#[derive(Debug)]
pub struct Question<'a> {
    /// The organisation's JSON.
    pub document: String,
    /// The changes, as the contract's JSON.
    pub changes: &'a [Value],
    /// The viewer whose slice is asked, rather than the whole organisation.
    pub slice: Option<&'a str>,
    /// The instant, in RFC 3339.
    pub now: &'a str,
    /// The call.
    pub ask: &'a Ask,
}

/// An error with its stable code and place.
#[derive(Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The stable code.
    pub code: String,
    /// The place in the input; a case without one accepts any.
    pub path: Option<String>,
}

/// Why a file of cases cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct UnusableFile {
    path: PathBuf,
    reason: String,
}

/// `null` is an answer like any other; only an absent member is none.
fn even_null<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// Reads every `.json` file of a directory, in the order of their names.
///
/// # Errors
/// The first file that is no file of cases.
pub fn read(directory: &Path) -> Result<Vec<File>, UnusableFile> {
    let unusable = |path: &Path, reason: &dyn std::fmt::Display| UnusableFile {
        path: path.to_owned(),
        reason: reason.to_string(),
    };
    let entries = directory
        .read_dir()
        .map_err(|error| unusable(directory, &error))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    let file = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).map_err(|error| unusable(&path, &error))?;
        let mut file: File =
            serde_json::from_str(&text).map_err(|error| unusable(&path, &error))?;
        file.validate().map_err(|reason| unusable(&path, &reason))?;
        file.path = path;
        Ok(file)
    };
    paths.into_iter().map(file).collect()
}

impl File {
    fn validate(&self) -> Result<(), String> {
        for (position, case) in self.cases.iter().enumerate() {
            let name = &case.name;
            let answers = [
                case.expect.is_some(),
                case.includes.is_some(),
                case.error.is_some(),
            ];
            if answers.into_iter().filter(|given| *given).count() != 1 {
                return Err(format!(
                    "`{name}` needs one of `expect`, `includes` and `error`"
                ));
            }
            if case.document(self).is_none() {
                return Err(format!(
                    "`{name}` needs one of `org` and `text`, and a name must be one of `orgs`"
                ));
            }
            if self
                .cases
                .iter()
                .take(position)
                .any(|other| &other.name == name)
            {
                return Err(format!("two cases are named `{name}`"));
            }
        }
        Ok(())
    }
}

impl Case {
    /// The question of this case of a file.
    pub fn question<'a>(&'a self, file: &'a File) -> Question<'a> {
        Question {
            document: self.document(file).unwrap_or_default(),
            changes: &self.changes,
            slice: self.slice.as_deref(),
            now: self.now.as_ref().unwrap_or(&file.now),
            ask: &self.ask,
        }
    }

    fn document(&self, file: &File) -> Option<String> {
        match (&self.org, &self.text) {
            (Some(Value::String(name)), None) => file.orgs.get(name).map(Value::to_string),
            (Some(org), None) => Some(org.to_string()),
            (None, Some(text)) => Some(text.clone()),
            _ => None,
        }
    }

    /// Asks, and tells what is different from what is wanted.
    ///
    /// # Errors
    /// The first difference, and where in the answer it is.
    pub fn check(
        &self,
        file: &File,
        ask: impl Fn(&Question<'_>) -> Result<Value, Refusal>,
    ) -> Result<(), String> {
        let answer = ask(&self.question(file));
        match (&self.error, answer) {
            (None, Err(refusal)) => Err(format!("unexpected error {refusal:?}")),
            (Some(wanted), Ok(answer)) => Err(format!(
                "an error {wanted:?} is wanted, the answer is {answer}"
            )),
            (Some(wanted), Err(refusal))
                if wanted.code == refusal.code
                    && (wanted.path.is_none() || wanted.path == refusal.path) =>
            {
                Ok(())
            }
            (Some(wanted), Err(refusal)) => Err(format!(
                "an error {wanted:?} is wanted, the error is {refusal:?}"
            )),
            (None, Ok(answer)) => {
                let difference = self
                    .expect
                    .as_ref()
                    .and_then(|wanted| difference(wanted, &answer, "answer"));
                difference
                    .or_else(|| self.missing(&answer))
                    .map_or(Ok(()), Err)
            }
        }
    }

    /// The first of `includes` that no item of the answer matches.
    fn missing(&self, answer: &Value) -> Option<String> {
        let items = answer.as_array().map(Vec::as_slice).unwrap_or_default();
        let is_there = |wanted: &&Value| {
            items
                .iter()
                .any(|item| difference(wanted, item, "").is_none())
        };
        let missing = self
            .includes
            .iter()
            .flatten()
            .find(|wanted| !is_there(wanted))?;
        Some(format!("the answer does not include {missing}: {answer}"))
    }
}

/// Where and how the answer differs from what is wanted; members that are not wanted are not compared.
fn difference(wanted: &Value, answer: &Value, at: &str) -> Option<String> {
    match (wanted, answer) {
        (Value::Object(wanted), Value::Object(answer)) => {
            wanted
                .iter()
                .find_map(|(name, wanted)| match answer.get(name) {
                    Some(answer) => difference(wanted, answer, &format!("{at}.{name}")),
                    None => Some(format!("{at}.{name} is absent, wanted is {wanted}")),
                })
        }
        (Value::Array(wanted), Value::Array(answer)) if wanted.len() == answer.len() => {
            let pairs = wanted.iter().zip(answer).enumerate();
            pairs.into_iter().find_map(|(index, (wanted, answer))| {
                difference(wanted, answer, &format!("{at}[{index}]"))
            })
        }
        _ if wanted == answer => None,
        _ => Some(format!("{at} is {answer}, wanted is {wanted}")),
    }
}

/// Asks the Rust API, and gives the answer as the contract's JSON.
///
/// # Errors
/// What the organisation or the question is refused with.
pub fn native(question: &Question<'_>) -> Result<Value, Refusal> {
    let Question {
        document,
        changes,
        slice,
        now,
        ask,
    } = question;
    let mut governance = Governance::load(document.as_bytes())?;
    governance.apply(&Change::list_from_json(&json(changes).to_string())?)?;
    let now = Instant::from_str(now)?;
    if let Some(viewer) = slice {
        governance = Governance::load(&governance.at(now).slice(viewer)?)?;
    }
    let at = governance.at(now);
    let args = Arguments(&ask.args);
    Ok(match ask.call.as_str() {
        "load" => Value::Null,
        "slice" => json(&at.slice(args.text(0)?)?),
        "toJSON" => json(&governance.to_written_org()),
        "can" => json(&at.can(
            args.text(0)?,
            args.action(1)?,
            args.kind(2)?,
            args.optional_text(3),
        )?),
        "canMany" => {
            let ids: Vec<&str> = args
                .get(3)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let answers = at.can_many(args.text(0)?, args.action(1)?, args.kind(2)?, &ids)?;
            json(&answers.into_iter().map(u8::from).collect::<Vec<_>>())
        }
        "actions" => json(&at.actions(args.text(0)?, args.kind(1)?, args.text(2)?)),
        "explain" => json(&at.explain(
            args.text(0)?,
            args.action(1)?,
            args.kind(2)?,
            args.optional_text(3),
        )?),
        "visible" => json(&at.visible(
            args.text(0)?,
            args.kind(1)?,
            &Query::from_json(&args.object(2))?,
        )?),
        "visibleIndices" => {
            json(&at.visible_indices(args.text(0)?, args.kind(1)?, args.optional_action(2)?)?)
        }
        "viewers" => json(&at.viewers(args.kind(0)?, args.text(1)?, args.optional_action(2)?)?),
        "assignees" => json(&at.assignees(args.text(0)?, args.kind(1)?, args.text(2)?)),
        "pipeline" => {
            json(&at.pipeline(args.text(0)?, &PipelineQuery::from_json(&args.object(1))?)?)
        }
        "explainDeal" => json(&at.explain_deal(args.text(0)?, args.text(1)?)),
        "dealViewers" => json(&at.deal_viewers(args.text(0)?)),
        "dealNotifications" => json(&at.deal_notifications(args.text(0)?, args.text(1)?)),
        "predict" => {
            let options = PredictOptions::from_json(&args.object(1))?;
            json(&at.predict(&args.changes(0)?, &options)?)
        }
        "predictAssigned" => json(&at.predict_assigned(args.text(0)?, &args.edit(1)?)?),
        "editAssigned" => {
            let now = at.now();
            json(&governance.edit_assigned(now, args.text(0)?, &args.edit(1)?)?)
        }
        "apply" => json(&governance.apply(&args.changes(0)?)?),
        "diagnose" => json(&at.diagnose()),
        "nextChange" => json(&at.next_change()),
        other => {
            return Err(Refusal {
                code: format!("unknown-call `{other}`"),
                path: None,
            });
        }
    })
}

fn json(answer: &impl serde::Serialize) -> Value {
    serde_json::to_value(answer).unwrap_or_default()
}

struct Arguments<'a>(&'a [Value]);

impl<'a> Arguments<'a> {
    fn get(&self, position: usize) -> Option<&'a Value> {
        self.0.get(position).filter(|value| !value.is_null())
    }

    fn optional_text(&self, position: usize) -> Option<&'a str> {
        self.get(position).and_then(Value::as_str)
    }

    fn text(&self, position: usize) -> Result<&'a str, Refusal> {
        self.optional_text(position).ok_or_else(|| Refusal {
            code: "invalid-argument".to_owned(),
            path: None,
        })
    }

    fn action(&self, position: usize) -> Result<Action, Refusal> {
        Ok(self.text(position)?.parse::<Action>()?)
    }

    fn optional_action(&self, position: usize) -> Result<Action, Refusal> {
        self.optional_text(position)
            .map_or(Ok(Action::View), |action| Ok(action.parse::<Action>()?))
    }

    fn kind(&self, position: usize) -> Result<RecordType, Refusal> {
        Ok(self.text(position)?.parse::<RecordType>()?)
    }

    fn json(&self, position: usize, otherwise: &str) -> String {
        let given = self.get(position);
        given.map_or_else(|| otherwise.to_owned(), Value::to_string)
    }

    /// A query or options: what is absent asks for nothing.
    fn object(&self, position: usize) -> String {
        self.json(position, "{}")
    }

    fn edit(&self, position: usize) -> Result<AssignedEdit, Refusal> {
        Ok(AssignedEdit::from_json(&self.json(position, "null"))?)
    }

    fn changes(&self, position: usize) -> Result<Vec<Change>, Refusal> {
        Ok(Change::list_from_json(&self.json(position, "[]"))?)
    }
}

impl From<LoadError> for Refusal {
    fn from(error: LoadError) -> Self {
        Self {
            code: error.code().to_string(),
            path: Some(error.path().to_string()),
        }
    }
}

impl From<ChangeError> for Refusal {
    fn from(error: ChangeError) -> Self {
        Self {
            code: error.code().to_string(),
            path: Some(error.path().to_string()),
        }
    }
}

impl From<AskError> for Refusal {
    fn from(error: AskError) -> Self {
        Self {
            code: error.code().to_string(),
            path: Some(error.path().to_string()),
        }
    }
}

impl From<UnknownWord> for Refusal {
    fn from(error: UnknownWord) -> Self {
        Self {
            code: error.code().to_string(),
            path: None,
        }
    }
}

impl From<InvalidInstant> for Refusal {
    fn from(_: InvalidInstant) -> Self {
        Self {
            code: "invalid-instant".to_owned(),
            path: None,
        }
    }
}
