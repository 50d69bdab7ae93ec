//! How values cross to JavaScript: this, and nothing else, turns Rust values into JavaScript's.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use sidelight_governance::error::{AskError, ChangeError, Code, LoadError, Pointer, UnknownWord};
use wasm_bindgen::JsValue;

/// So many bytes an answer has at most: half of what the longest text of any engine has room for.
const ANSWER_LIMIT: usize = 256 << 20;

/// An answer as one JSON text, which the other side parses once.
///
/// # Errors
/// One that is longer than the limit is told as such: left to itself, it would end the module.
///
/// The objects could be built from in here instead (serde-wasm-bindgen), but each property is then a
/// call out of the module. Measured in Node 20, making and crossing included: a page of 8,800 ids takes
/// 2.5 ms as text with `JSON.parse` and 4.5 ms that way, 150 deals 0.40 ms and 0.64 ms, a decision with
/// three grants the same. Answers that are numbers cross as typed arrays and never come here.
pub(crate) fn answer<T: Serialize + ?Sized>(value: &T) -> Result<String, Failure> {
    let answer = serde_json::to_string(value)
        .map_err(|error| Failure::new(Code::MalformedJson, &Pointer::root(), &error))?;
    if answer.len() > ANSWER_LIMIT {
        let message = format!(
            "the answer has {} bytes, at most {ANSWER_LIMIT} are told",
            answer.len()
        );
        return Err(Failure::new(
            Code::AnswerTooLarge,
            &Pointer::root(),
            &message,
        ));
    }
    Ok(answer)
}

/// What is thrown at JavaScript: one JSON text `{code, path, message}`, which the script that comes
/// with the module turns into a `GovernanceError`. Whatever else is thrown there is a trap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    json: String,
}

impl Failure {
    fn new(code: Code, path: &Pointer, message: &dyn fmt::Display) -> Self {
        #[derive(Serialize)]
        struct Told<'a> {
            code: Code,
            path: &'a str,
            message: String,
        }
        let told = Told {
            code,
            path: path.as_str(),
            message: message.to_string(),
        };
        Self {
            // Texts are always written.
            json: serde_json::to_string(&told).unwrap_or_default(),
        }
    }

    /// An argument of a question is not what it must be.
    pub(crate) fn argument(name: &str, code: Code, message: &dyn fmt::Display) -> Self {
        Self::new(code, &Pointer::root().member(name), message)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::new(error.code(), error.path(), &error)
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        Self::new(error.code(), error.path(), &error)
    }
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        Self::new(error.code(), error.path(), &error)
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        Self::from_str(&failure.json)
    }
}

/// The word of a vocabulary in the argument `name`.
pub(crate) fn word<T: FromStr<Err = UnknownWord>>(name: &str, word: &str) -> Result<T, Failure> {
    word.parse()
        .map_err(|error: UnknownWord| Failure::argument(name, error.code(), &error))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use sidelight_governance::{Action, Governance, RecordType};

    use super::*;

    fn told(failure: &Failure) -> Value {
        serde_json::from_str(&failure.json).unwrap_or_default()
    }

    #[test]
    fn a_refused_document_crosses_with_its_code_and_place() {
        let document = br#"{"format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC", "profiles": [],
            "users": [{"id": "u", "name": "U", "profile": "\"p\""}]}"#;
        let failure = Governance::load(document).map_err(Failure::from).err();
        let told = failure.as_ref().map(told).unwrap_or_default();
        assert_eq!(told.get("code"), Some(&json!("unknown-profile")));
        assert_eq!(told.get("path"), Some(&json!("/users/0/profile")));
        assert!(
            told.get("message")
                .and_then(Value::as_str)
                .is_some_and(|message| message.contains("`\"p\"`")),
            "{told}"
        );
    }

    #[test]
    fn an_unknown_word_crosses_with_the_name_of_its_argument() {
        let action = word::<Action>("action", "fly").map_err(|failure| told(&failure));
        assert_eq!(
            action.as_ref().err().and_then(|told| told.get("code")),
            Some(&json!("unknown-action"))
        );
        assert_eq!(
            action.as_ref().err().and_then(|told| told.get("path")),
            Some(&json!("/action"))
        );
        assert_eq!(
            word::<RecordType>("type", "account"),
            Ok(RecordType::Account)
        );
    }

    #[test]
    fn the_codes_in_the_package_s_readme_are_those_that_there_are() {
        // What only the package's script throws.
        const SCRIPT: [&str; 5] = [
            "not-initialised",
            "init-failed",
            "freed",
            "trapped",
            "argument-too-large",
        ];
        let readme = include_str!("../../../web/governance/README.md");
        let errors = readme
            .split("## Errors")
            .nth(1)
            .and_then(|rest| rest.split("## ").next())
            .unwrap_or_default();
        let rows = errors.lines().filter(|line| line.starts_with("| `"));
        let codes: Vec<_> = rows
            .filter_map(|row| row.split('|').nth(1))
            .flat_map(|cell| cell.split('`').skip(1).step_by(2))
            .collect();
        assert!(codes.len() > 30, "{codes:?}");
        for code in codes {
            assert!(
                SCRIPT.contains(&code) || Code::from_word(code).is_some(),
                "`{code}` is no code"
            );
        }
    }
}
