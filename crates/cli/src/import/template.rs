//! Templates: text with columns in braces, such as `{FirstName} {LastName}`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

/// Text with columns in braces. `{{` and `}}` stand for the braces themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Column(String),
}

impl Template {
    /// The columns in the order of the text.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Column(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// The text with the cells in place of their columns; `None` as soon as one of them is blank,
    /// so that half a name or half an id is never made.
    pub(crate) fn fill<'a>(&self, cell: impl Fn(&str) -> &'a str) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Column(name) => match cell(name) {
                    blank if blank.trim().is_empty() => return None,
                    value => text.push_str(value),
                },
            }
        }
        Some(text)
    }
}

/// Braces that do not match, or nothing between them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidTemplate {
    /// An opening brace without its closing one, or the other way round.
    #[error(
        "a brace without its partner in `{0}`; write `{{{{` or `}}}}` for the character itself"
    )]
    Unbalanced(String),
    /// `{}`.
    #[error("no column between the braces in `{0}`")]
    NoColumn(String),
}

impl FromStr for Template {
    type Err = InvalidTemplate;

    fn from_str(text: &str) -> Result<Self, InvalidTemplate> {
        let unbalanced = || InvalidTemplate::Unbalanced(text.to_owned());
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            match character {
                '{' | '}' if rest.next_if_eq(&character).is_some() => literal.push(character),
                '{' => {
                    let mut name = String::new();
                    loop {
                        match rest.next().ok_or_else(unbalanced)? {
                            '}' => break,
                            '{' => return Err(unbalanced()),
                            other => name.push(other),
                        }
                    }
                    if name.is_empty() {
                        return Err(InvalidTemplate::NoColumn(text.to_owned()));
                    }
                    if !literal.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut literal)));
                    }
                    parts.push(Part::Column(name));
                }
                '}' => return Err(unbalanced()),
                other => literal.push(other),
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self { parts })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Literal(literal) => {
                    f.write_str(&literal.replace('{', "{{").replace('}', "}}"))?
                }
                Part::Column(name) => write!(f, "{{{name}}}")?,
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(
        template: &str,
        cells: &[(&str, &'static str)],
    ) -> Result<Option<String>, InvalidTemplate> {
        let template: Template = template.parse()?;
        assert_eq!(template.to_string().parse::<Template>()?, template);
        Ok(template.fill(|name| {
            cells
                .iter()
                .find(|cell| cell.0 == name)
                .map_or("", |cell| cell.1)
        }))
    }

    #[test]
    fn columns_are_filled_in_and_doubled_braces_are_braces() {
        let cells = [
            ("First", "João"),
            ("Last", "Vitor"),
            ("a.b", "joined"),
            ("/a/b", "pointed"),
        ];
        for (template, text) in [
            ("{First} {Last}", "João Vitor"),
            ("team/{Last}", "team/Vitor"),
            ("{a.b}{/a/b}", "joinedpointed"),
            ("{{{Last}}}", "{Vitor}"),
            ("", ""),
            ("constant", "constant"),
        ] {
            assert_eq!(
                fill(template, &cells),
                Ok(Some(text.to_owned())),
                "{template}"
            );
        }
    }

    #[test]
    fn a_blank_column_leaves_nothing_rather_than_half() {
        assert_eq!(
            fill("{First} {Last}", &[("First", "Ada"), ("Last", " \t")]),
            Ok(None)
        );
    }

    #[test]
    fn braces_must_match() {
        for template in ["{First", "First}", "{a{b}}", "{}", "{"] {
            assert!(template.parse::<Template>().is_err(), "{template}");
        }
    }
}
