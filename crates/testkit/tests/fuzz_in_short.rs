//! The fuzzers in short, in every run of the tests: what the conformance cases hold, with a few bytes altered. Slices
//! are altered in `slices_agree.rs`.
#![expect(clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use sidelight_testkit::conformance::{self, Case, File};
use sidelight_testkit::{fuzz, generate};

static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance");
    conformance::read(&directory).unwrap_or_else(|unusable| panic!("{unusable}"))
});

fn cases() -> impl Iterator<Item = (&'static File, &'static Case)> {
    let files = FILES.iter();
    files.flat_map(|file| file.cases.iter().map(move |case| (file, case)))
}

fn documents() -> Vec<String> {
    let documents = cases().map(|(file, case)| case.question(file).document);
    documents.collect()
}

/// Filters, sorts and whatever else is asked with an object.
fn questions() -> Vec<String> {
    let arguments = cases().flat_map(|(_, case)| &case.ask.args);
    let objects = arguments.filter(|argument| argument.is_object());
    objects.map(ToString::to_string).collect()
}

/// One of the texts, of which a few bytes are others, are gone, or follow each other otherwise.
fn altered(texts: Vec<String>) -> impl Strategy<Value = Vec<u8>> {
    let alteration = (any::<Index>(), any::<Index>(), any::<u8>(), 0..4_u8);
    let alterations = prop::collection::vec(alteration, 0..6);
    (select(texts), alterations).prop_map(|(text, alterations)| {
        let mut bytes = text.into_bytes();
        for (place, other, byte, how) in alterations {
            if bytes.is_empty() {
                break;
            }
            let (place, other) = (place.index(bytes.len()), other.index(bytes.len()));
            match how {
                0 => bytes.insert(place, byte),
                1 => bytes.swap(place, other),
                2 => drop(bytes.remove(place)),
                _ => bytes.extend_from_within(place.min(other)..),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(generate::cases(1_000))]

    #[test]
    fn an_altered_document_is_refused_or_answers_as_the_reference(document in altered(documents())) {
        fuzz::load(&document)?;
    }

    #[test]
    fn an_altered_question_is_refused_or_answered_as_by_the_reference(question in altered(questions())) {
        fuzz::filters(&question)?;
    }
}

proptest! {
    #![proptest_config(generate::cases(50))]

    #[test]
    fn any_changes_are_made_or_refused_as_the_reference_says(bytes in prop::collection::vec(any::<u8>(), 3..90)) {
        fuzz::changes(&bytes)?;
    }
}
