//! What the guide and the demo's README show is what happens: their files are written, their commands run.

use std::path::Path;

use crate::sidelight::{Run, command, root};

/// The fenced blocks of a page: the words behind the fence, and the lines.
fn blocks(page: &str) -> Vec<(Vec<&str>, Vec<&str>)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(words) = line.strip_prefix("```") {
            let block = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((words.split_whitespace().collect(), block));
        }
    }
    blocks
}

/// Whether a command printed this. A line `…` stands for any lines.
fn is_like(printed: &[&str], shown: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((&"…", rest)) => {
            (0..=printed.len()).any(|skipped| is_like(&printed[skipped..], rest))
        }
        Some((line, rest)) => printed.first() == Some(line) && is_like(&printed[1..], rest),
    }
}

/// Writes the page's files, runs its commands, and tells how many there were.
fn follow(page: &str, folder: &Path) -> usize {
    let mut commands = 0;
    for (words, lines) in blocks(page) {
        if let [_, file] = words[..] {
            let file = folder.join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, lines.join("\n") + "\n").unwrap();
        }
        if words != ["console"] {
            continue;
        }
        for shown in lines.join("\n").split("$ sidelight ").skip(1) {
            let mut shown = shown.trim_end().lines();
            let arguments: Vec<_> = shown.next().unwrap().split_whitespace().collect();
            let run = command()
                .args(&arguments)
                .current_dir(folder)
                .output()
                .unwrap();
            let Run { out, err, .. } = run.into();
            let printed = out + &err;
            let shown: Vec<_> = shown.collect();
            assert!(
                is_like(&printed.lines().collect::<Vec<_>>(), &shown),
                "`sidelight {}` printed\n{printed}\nand the page shows\n{}",
                arguments.join(" "),
                shown.join("\n"),
            );
            commands += 1;
        }
    }
    commands
}

fn read(page: &str) -> String {
    std::fs::read_to_string(root().join(page)).unwrap()
}

#[test]
fn the_guide_to_imports_can_be_followed() {
    let folder = tempfile::tempdir().unwrap();
    let page = read("docs/guide/import.md");
    assert_eq!(follow(&page, folder.path()), 3);
}

#[test]
fn the_readme_of_the_demo_tells_the_truth() {
    let page = read("demo/README.md");
    assert_eq!(follow(&page, &root()), page.matches("$ sidelight ").count());
}

#[test]
fn every_key_of_a_mapping_is_in_the_guide() {
    let page = read("docs/guide/import.md");
    for key in [
        "file",
        "format",
        "rows",
        "delimiter",
        "optional",
        "optionalColumns",
        "only",
        "blank",
        "trim",
    ] {
        assert!(page.contains(&format!("| `{key}` |")), "{key}");
    }
    // An unknown key is refused with the list of those that are known.
    let folder = tempfile::tempdir().unwrap();
    let mapping = folder.path().join("mapping.toml");
    for rule in [
        "jobRoles",
        "profiles",
        "roles",
        "companies",
        "users",
        "memberships",
        "records",
        "assigned",
        "deals",
    ] {
        std::fs::write(&mapping, format!("[[{rule}]]\nno-such-key = 1\n")).unwrap();
        let arguments = [
            "import".as_ref(),
            folder.path(),
            "--mapping".as_ref(),
            &mapping,
            "--output".as_ref(),
            "org.json".as_ref(),
        ];
        let run =
            Run::from(command().args(arguments).output().unwrap()).fails(3, "error[bad-mapping]: ");
        let (_, known) = run.err.split_once("expected one of ").unwrap();
        let known: Vec<_> = known.split('`').skip(1).step_by(2).collect();
        assert!(known.len() > 3, "{known:?}");
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{rule}` |")))
            .unwrap();
        for key in known
            .iter()
            .filter(|key| !["from", "distinct", "join"].contains(key))
        {
            assert!(row.contains(key), "{rule}: {key}");
        }
    }
}
