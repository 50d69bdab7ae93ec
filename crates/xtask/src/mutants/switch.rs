//! A source file with all of its mutants in it, each behind a switch.
//!
//! A function that has mutants gets its body once more for each of them, with the mutant's text put where
//! `cargo mutants` would put it, and chooses among the bodies when it is entered:
//!
//! ```text
//! fn is_below(self, other: Rank) -> bool {
//!     match crate::mutant::on(17) {
//!         17 => return { true },
//!         18 => return { self.0 <= other.0 },
//!         _ => {}
//!     }
//!     self.0 < other.0
//! }
//! ```

use std::ops::Range;

use anyhow::{Context, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::list::{Function, Mutant, Place};

/// The module that the switches ask, for the copy of the crate.
pub(crate) const MODULE: &str = include_str!("run_time.rs");

/// A mutant by its number: from 1 on, 0 being none.
pub(crate) type Number = u32;

/// How a function can choose among bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Each returns. A mutant that does not compile here does not compile by itself either.
    Return,
    /// The function returns `impl Iterator`, which has to be one type.
    Iterator,
}

/// The functions of a file that have mutants, none of them inside of another.
pub(crate) struct Switches {
    pub(crate) functions: Vec<Switched>,
    /// Mutants that cannot be chosen at run time: those of constants, and of functions that constants may call.
    pub(crate) left_out: Vec<Number>,
}

/// A function and its mutants.
pub(crate) struct Switched {
    pub(crate) form: Form,
    pub(crate) mutants: Vec<(Number, Edit)>,
    /// Between the braces.
    body: Range<usize>,
}

/// A text for a range of bytes of the file.
pub(crate) struct Edit {
    at: Range<usize>,
    text: String,
}

/// A file with its switches, and where each stands.
pub(crate) struct Written {
    pub(crate) text: String,
    /// The lines of each mutant's own text, counted from 1.
    pub(crate) mutants: Vec<(Number, Range<usize>)>,
    /// The lines of each function's switch and body: every one of its mutants stands for an error there.
    pub(crate) functions: Vec<(Vec<Number>, Range<usize>)>,
}

impl Switched {
    /// What the function's name is when it is told which test reaches it: its first mutant.
    pub(crate) fn number(&self) -> Number {
        self.mutants.first().map_or(0, |&(number, _)| number)
    }
}

impl Switches {
    /// Finds the functions of a file's mutants.
    pub(crate) fn find<'m>(
        source: &str,
        mutants: impl Iterator<Item = (Number, &'m Mutant)> + Clone,
    ) -> Result<Self> {
        let lines = Lines::of(source);
        let mut outermost: Vec<&Function> = Vec::new();
        let mut functions: Vec<_> = mutants
            .clone()
            .filter_map(|(_, mutant)| mutant.function.as_ref())
            .collect();
        // Where one begins, the longest comes first.
        functions.sort_by(|a, b| {
            a.span
                .start
                .cmp(&b.span.start)
                .then(b.span.end.cmp(&a.span.end))
        });
        for function in functions {
            if outermost
                .last()
                .is_none_or(|last| last.span.end <= function.span.start)
            {
                outermost.push(function);
            }
        }
        let mut left_out: Vec<_> = mutants
            .clone()
            .filter(|(_, mutant)| mutant.function.is_none())
            .map(|(number, _)| number)
            .collect();
        let mut switched = Vec::new();
        for function in outermost {
            let inside = mutants.clone().filter(|(_, mutant)| {
                function.span.start <= mutant.span.start && mutant.span.end <= function.span.end
            });
            let at = lines.bytes(&function.span)?;
            let text = source
                .get(at.clone())
                .context("a function ends inside of a character")?;
            let Some((form, body)) = form(text, &function.return_type)? else {
                left_out.extend(inside.map(|(number, _)| number));
                continue;
            };
            let edits = inside.map(|(number, mutant)| {
                let edit = Edit {
                    at: lines.bytes(&mutant.span)?,
                    text: mutant.replacement.clone(),
                };
                Ok((number, edit))
            });
            switched.push(Switched {
                form,
                mutants: edits.collect::<Result<_>>()?,
                body: at.start + body.start..at.start + body.end,
            });
        }
        Ok(Self {
            functions: switched,
            left_out,
        })
    }

    /// Writes the file with the switches of those mutants that are to be had.
    pub(crate) fn write(&self, source: &str, is_had: impl Fn(Number) -> bool) -> Result<Written> {
        let mut page = Page::default();
        let mut mutants = Vec::new();
        let mut functions = Vec::new();
        let mut done = 0;
        let cut = |range: Range<usize>| {
            source
                .get(range)
                .context("a mutant overlaps another function")
        };
        for function in &self.functions {
            page.write(cut(done..function.body.start)?);
            done = function.body.end;
            let had: Vec<_> = function
                .mutants
                .iter()
                .filter(|&&(number, _)| is_had(number))
                .collect();
            if had.is_empty() {
                page.write(cut(function.body.clone())?);
                continue;
            }
            let begins = page.line;
            page.write(&format!(
                "\nmatch crate::mutant::on({}) {{\n",
                function.number()
            ));
            let mut depth = String::new();
            for (number, edit) in &had {
                let (opening, closing) = match function.form {
                    Form::Return => ("return {".to_owned(), "},".to_owned()),
                    Form::Iterator => {
                        let opening = format!("{depth}crate::mutant::Either::Left({{");
                        let closing = format!("}}){},", ")".repeat(depth.matches('(').count()));
                        depth.push_str("crate::mutant::Either::Right(");
                        (opening, closing)
                    }
                };
                page.write(&format!("{number} => {opening}\n"));
                let line = page.line;
                page.write(cut(function.body.start..edit.at.start)?);
                page.write(&edit.text);
                page.write(cut(edit.at.end..function.body.end)?);
                page.write("\n");
                mutants.push((*number, line..page.line));
                page.write(&closing);
                page.write("\n");
            }
            let original = cut(function.body.clone())?;
            match function.form {
                Form::Return => {
                    page.write("_ => {}\n}\n");
                    page.write(original);
                }
                Form::Iterator => {
                    page.write(&format!("_ => {depth}{{\n"));
                    page.write(original);
                    page.write(&format!("\n}}{},\n}}\n", ")".repeat(had.len())));
                }
            }
            let numbers = had.iter().map(|&&(number, _)| number).collect();
            functions.push((numbers, begins..page.line + 1));
        }
        page.write(cut(done..source.len())?);
        Ok(Written {
            text: page.text,
            mutants,
            functions,
        })
    }
}

/// The file with one mutant and no switch.
pub(crate) fn replaced(source: &str, mutant: &Mutant) -> Result<String> {
    let at = Lines::of(source).bytes(&mutant.span)?;
    let parts = source.get(..at.start).zip(source.get(at.end..));
    let (before, after) = parts.context("a mutant ends inside of a character")?;
    Ok([before, &mutant.replacement, after].concat())
}

/// How a function can switch, and the bytes between the braces of its body; nothing if it cannot.
fn form(function: &str, return_type: &str) -> Result<Option<(Form, Range<usize>)>> {
    let tokens: TokenStream = function
        .parse()
        .ok()
        .context("a function's text is not that of a function")?;
    let tokens: Vec<_> = tokens.into_iter().collect();
    let is = |token: &TokenTree, word| matches!(token, TokenTree::Ident(ident) if ident == word);
    let is_const = tokens
        .iter()
        .take_while(|token| !is(token, "fn"))
        .any(|token| is(token, "const"));
    let form = match return_type.strip_prefix("-> ").unwrap_or_default() {
        _ if is_const => return Ok(None),
        iterator if iterator.starts_with("impl Iterator") => Form::Iterator,
        opaque if opaque.contains("impl ") => return Ok(None),
        _ => Form::Return,
    };
    match tokens.last() {
        Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
            let (open, close) = (body.span_open(), body.span_close());
            Ok(Some((
                form,
                open.byte_range().end..close.byte_range().start,
            )))
        }
        _ => Ok(None),
    }
}

/// Where the lines of a text begin.
struct Lines<'s> {
    source: &'s str,
    starts: Vec<usize>,
}

impl<'s> Lines<'s> {
    fn of(source: &'s str) -> Self {
        let starts = std::iter::once(0)
            .chain(source.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self { source, starts }
    }

    fn bytes(&self, span: &Range<Place>) -> Result<Range<usize>> {
        Ok(self.byte(span.start)?..self.byte(span.end)?)
    }

    fn byte(&self, place: Place) -> Result<usize> {
        let found = || {
            let start = *self.starts.get(place.line.checked_sub(1)?)?;
            let rest = self.source.get(start..)?;
            let mut ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            Some(start + ends.nth(place.column.checked_sub(1)?)?)
        };
        found().with_context(|| format!("there is no line {} of that length", place.line))
    }
}

/// A text that knows the number of the line that it has come to.
struct Page {
    text: String,
    line: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            text: String::new(),
            line: 1,
        }
    }
}

impl Page {
    fn write(&mut self, text: &str) {
        self.line += text.matches('\n').count();
        self.text.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    /// The mutant that puts `replacement` in place of `was` within the function that begins at `function` and ends
    /// with the first brace in the same column.
    fn mutant(source: &str, function: &str, was: &str, replacement: &str) -> Mutant {
        let start = source.find(function).unwrap();
        let rest = source.get(start..).unwrap();
        let end = start + rest.find("\n}").map_or(rest.len(), |at| at + 2);
        let signature = rest.split(" {").next().unwrap();
        let return_type = signature
            .find("-> ")
            .map_or("", |at| signature.get(at..).unwrap());
        let at = start + rest.find(was).unwrap();
        Mutant {
            name: format!("replace {was} with {replacement}"),
            file: "src/lib.rs".to_owned(),
            span: place(source, at)..place(source, at + was.len()),
            replacement: replacement.to_owned(),
            function: Some(Function {
                span: place(source, start)..place(source, end),
                return_type: return_type.to_owned(),
            }),
        }
    }

    fn place(source: &str, at: usize) -> Place {
        let before = source.get(..at).unwrap();
        Place {
            line: before.matches('\n').count() + 1,
            column: before
                .chars()
                .rev()
                .take_while(|&character| character != '\n')
                .count()
                + 1,
        }
    }

    fn switched(source: &str, mutants: &[Mutant]) -> String {
        let switches = Switches::find(source, (1..).zip(mutants)).unwrap();
        assert!(switches.left_out.is_empty());
        switches.write(source, |_| true).unwrap().text
    }

    /// Without what only parts lines.
    fn words(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_function_chooses_among_its_mutants_and_else_does_what_it_did() {
        let source = "/// §\nfn is_below(a: u8, b: u8) -> bool {\n    a < b\n}\n";
        let mutants = [
            mutant(source, "fn is_below", "a < b", "true"),
            mutant(source, "fn is_below", "<", "<="),
        ];
        assert_eq!(
            words(&switched(source, &mutants)),
            "/// § fn is_below(a: u8, b: u8) -> bool { match crate::mutant::on(1) { \
             1 => return { true }, 2 => return { a <= b }, _ => {} } a < b }"
        );
    }

    #[test]
    fn an_operator_inside_of_another_is_changed_by_itself() {
        let source = "fn f(a: i64, b: i64) -> bool {\n    !(a + b == 3)\n}";
        let mutants = [
            mutant(source, "fn f", "+", "-"),
            mutant(source, "fn f", "==", "!="),
            mutant(source, "fn f", "!", ""),
        ];
        let text = words(&switched(source, &mutants));
        for body in ["!(a - b == 3)", "!(a + b != 3)", "(a + b == 3)"] {
            assert!(
                text.contains(&format!("return {{ {body} }}")),
                "{body} in {text}"
            );
        }
    }

    #[test]
    fn a_condition_with_a_binding_is_changed_like_any_other() {
        let source =
            "fn f(a: Option<u8>) -> u8 {\n    if let Some(b) = a && b > 2 { b } else { 0 }\n}";
        let text = words(&switched(
            source,
            &[mutant(source, "fn f", "b > 2", "b >= 2")],
        ));
        assert!(text.contains("return { if let Some(b) = a && b >= 2 { b } else { 0 } }"));
    }

    #[test]
    fn an_arm_and_a_field_can_be_taken_away() {
        let source = "fn f(a: u8) -> u8 {\n    match a { 1 => 2, _ => 3 }\n}";
        let text = words(&switched(source, &[mutant(source, "fn f", "1 => 2,", "")]));
        assert!(text.contains("return { match a { _ => 3 } }"));
    }

    #[test]
    fn a_function_inside_of_another_is_copied_with_it() {
        let source = "fn f() -> u8 {\n    fn g() -> u8 { 1 + 2 }\n    g()\n}";
        let mut inner = mutant(source, "fn f", "+", "*");
        let start = source.find("fn g").unwrap();
        inner.function.as_mut().unwrap().span =
            place(source, start)..place(source, start + "fn g() -> u8 { 1 + 2 }".len());
        let text = words(&switched(
            source,
            &[mutant(source, "fn f", "g()\n", "7\n"), inner],
        ));
        assert!(
            text.contains("2 => return { fn g() -> u8 { 1 * 2 } g() }"),
            "{text}"
        );
        assert!(
            text.contains("_ => {} } fn g() -> u8 { 1 + 2 } g() }"),
            "{text}"
        );
    }

    #[test]
    fn an_iterator_stays_one_type() {
        let source = "fn f() -> impl Iterator<Item = u8> {\n    0..5 + 1\n}";
        let mutants = [
            mutant(source, "fn f", "+", "-"),
            mutant(source, "fn f", "+", "*"),
        ];
        assert_eq!(
            words(&switched(source, &mutants)),
            "fn f() -> impl Iterator<Item = u8> { match crate::mutant::on(1) { \
             1 => crate::mutant::Either::Left({ 0..5 - 1 }), \
             2 => crate::mutant::Either::Right(crate::mutant::Either::Left({ 0..5 * 1 })), \
             _ => crate::mutant::Either::Right(crate::mutant::Either::Right({ 0..5 + 1 })), } }"
        );
    }

    #[test]
    fn what_runs_while_compiling_is_left_out() {
        let source = "const A: u8 = 1 + 2;\nconst fn f() -> u8 {\n    3 + 4\n}";
        let mut constant = mutant(source, "const A", "+", "-");
        constant.function = None;
        let mutants = [constant, mutant(source, "const fn f", "+", "-")];
        let switches = Switches::find(source, (1..).zip(&mutants)).unwrap();
        assert_eq!(switches.left_out, [1, 2]);
        assert_eq!(switches.write(source, |_| true).unwrap().text, source);
    }

    #[test]
    fn a_line_of_a_mutants_own_text_leads_to_it() {
        let source = "fn f(a: u8) -> u8 {\n    a + 1\n}\nfn g(a: u8) -> u8 {\n    a + 2\n}\n";
        let mutants = [
            mutant(source, "fn f", "+", "-"),
            mutant(source, "fn g", "+", "*"),
            mutant(source, "fn g", "+", "-"),
        ];
        let switches = Switches::find(source, (1..).zip(&mutants)).unwrap();
        let written = switches.write(source, |number| number != 2).unwrap();
        let line = |of: &str| {
            written
                .text
                .lines()
                .position(|line| line.trim() == of)
                .unwrap()
                + 1
        };
        let own = |line| {
            let found = written
                .mutants
                .iter()
                .find(|(_, lines)| lines.contains(&line));
            found.map(|&(number, _)| number)
        };
        assert_eq!(own(line("a - 1")), Some(1));
        assert_eq!(own(line("a - 2")), Some(3));
        assert_eq!(own(line("a + 2")), None);
        let around = written
            .functions
            .iter()
            .filter(|(_, lines)| lines.contains(&line("a + 2")));
        assert_eq!(
            around
                .flat_map(|(numbers, _)| numbers)
                .copied()
                .collect::<Vec<_>>(),
            [3]
        );
    }
}
