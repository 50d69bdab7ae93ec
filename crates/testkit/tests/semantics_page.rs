//! Every section of the page that tells the rules names the tests that hold it, and they exist.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

/// The text between two marks, each time.
fn between<'t>(text: &'t str, open: &str, close: &str) -> Vec<&'t str> {
    let parts = text.split(open).skip(1);
    parts
        .filter_map(|part| Some(part.split_once(close)?.0))
        .collect()
}

#[test]
fn each_section_of_the_semantics_page_names_tests_that_exist() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let page = fs::read_to_string(docs.join("semantics.md")).unwrap();
    let sections = page.split("\n## ").skip(1);
    let numbered =
        sections.filter(|section| section.starts_with(|first: char| first.is_ascii_digit()));
    let mut count = 0;
    for section in numbered {
        let title = section.lines().next().unwrap();
        let tests = section
            .lines()
            .filter_map(|line| line.strip_prefix("Tests: "));
        let tests: Vec<_> = tests.flat_map(|line| line.split("; ")).collect();
        assert!(!tests.is_empty(), "§{title} names its tests");
        for test in tests {
            let links = between(test, "](", ")");
            assert!(!links.is_empty(), "§{title}: {test}");
            let mut text = String::new();
            for link in links {
                let file = docs.join(link);
                text += &fs::read_to_string(&file)
                    .unwrap_or_else(|error| format!("{}: {error}", file.display()));
                assert!(file.is_file(), "§{title}: {link}");
            }
            // What is in backticks is the file's own name, or a test's.
            let in_backticks = test.split('`').skip(1).step_by(2);
            for name in in_backticks.filter(|name| !name.contains('.')) {
                assert!(text.contains(&format!("fn {name}(")), "§{title}: {name}");
                count += 1;
            }
        }
    }
    assert!(count > 30, "{count} tests are named");
}
