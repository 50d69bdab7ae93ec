//! The questions, asked of the demo organisation.

use std::io::{Read, Write};
use std::process::Stdio;

use serde::Serialize;
use serde_json::{Value, json};
use sidelight_governance::{Action, Decision, Governance, PipelineQuery, Query, RecordType};

use crate::sidelight::{Run, command, root, sidelight};

const DEMO: &str = "demo/organisation.json";
const NOW: &str = "2026-11-21T12:00:00Z";

/// Asks the demo organisation on the demo's own day. The command comes first, its arguments after.
fn ask(question: &str) -> Run {
    let (name, arguments) = question.split_once(' ').unwrap_or((question, ""));
    sidelight(
        [name, DEMO, "--now", NOW]
            .into_iter()
            .chain(arguments.split_whitespace()),
    )
}

fn demo() -> Governance {
    Governance::load(&std::fs::read(root().join(DEMO)).unwrap()).unwrap()
}

/// The answer as any JSON reader has it. Numbers are compared as they are written.
fn value(answer: impl Serialize) -> Value {
    serde_json::from_str(&serde_json::to_string(&answer).unwrap()).unwrap()
}

/// A decision with the list of remedies that the contract has.
fn decision(decision: &Decision) -> Value {
    let mut told = value(decision);
    told["remedies"] = json!([]);
    told
}

#[test]
fn json_answers_are_those_of_the_rules_crate() {
    use RecordType::{Account, Opportunity};
    let governance = demo();
    let at = governance.at(NOW.parse().unwrap());
    let query = Query {
        limit: Some(7),
        ..Query::from_json(r#"{"sort": [{"by": "amount", "descending": true}]}"#).unwrap()
    };
    let pipeline = PipelineQuery {
        stage: Some(vec!["Won".to_owned(), "Lost".to_owned()]),
        company: Some(vec!["larkspur".to_owned()]),
        ..PipelineQuery::default()
    };
    for (question, answer) in [
        ("can --user alice --type account --id acme", json!(true)),
        (
            "can --user alice --type account --action create",
            json!(true),
        ),
        (
            "explain --user alice --type account --id acme",
            decision(
                &at.explain("alice", Action::View, Account, Some("acme"))
                    .unwrap(),
            ),
        ),
        (
            "visible --user alice --type opportunity --sort amount:desc --limit 7",
            value(at.visible("alice", Opportunity, &query).unwrap()),
        ),
        (
            "viewers --type account --id acme --action edit",
            value(at.viewers(Account, "acme", Action::Edit).unwrap()),
        ),
        (
            "assignees --user michael --type opportunity --id cinderholt-compass",
            value(at.assignees("michael", Opportunity, "cinderholt-compass")),
        ),
        (
            "pipeline --user graham --company larkspur --stage Won --stage Lost",
            value(at.pipeline("graham", &pipeline).unwrap()),
        ),
        (
            "explain-deal --user joseph --id larkspur-002",
            decision(&at.explain_deal("joseph", "larkspur-002")),
        ),
        ("diagnose", value(at.diagnose())),
    ] {
        let run = ask(&format!("{question} --json")).ok();
        assert_eq!(run.json(), answer, "{question}");
        assert_eq!(run.out.matches('\n').count(), 1, "{question}: one line");
    }
}

#[test]
fn the_exit_code_tells_yes_from_no_and_no_from_a_fault() {
    for (code, question) in [
        (0, "can --user alice --type account --id acme"),
        (1, "can --user priya --type account --id acme"),
        (1, "can --user priya --type account --id acme --json"),
        (1, "can --user alice --type account --id no-such-account"),
        (1, "can --user nobody --type account --id acme"),
        (0, "explain --user alice --type account --id acme"),
        (
            1,
            "explain --user alice --type account --id acme --action delete",
        ),
        (1, "explain-deal --user joseph --id larkspur-007"),
        (0, "explain-deal --user joseph --id larkspur-006"),
        (0, "visible --user nobody --type account"),
        (2, "can --user alice --type account"),
        (
            2,
            "can --user alice --type account --id acme --action create",
        ),
        (2, "can --user alice --type accounts --id acme"),
        (2, "can --user alice --type account --id acme --action look"),
        (2, "visible --user alice --type account --where {"),
        (2, "visible --user alice --type account --sort :desc"),
        (2, "visible --user alice --type account --view no-such-view"),
        (2, "visible --user alice --type account --limit -1"),
        (2, "pipeline --user graham --cursor rubbish"),
        (2, "explain --user alice"),
        (2, "no-such-command"),
    ] {
        let run = ask(question);
        assert_eq!(run.code, code, "{question}: {}{}", run.out, run.err);
        assert_eq!(run.err.is_empty(), code < 2, "{question}: {}", run.err);
    }
}

#[test]
fn a_fault_in_a_question_has_its_code_and_place() {
    let where_is = |filter: &str| {
        sidelight([
            "visible", DEMO, "--user", "alice", "--type", "account", "--where", filter,
        ])
    };
    where_is(r#"{"all": [{"field": "region"}]}"#).fails(2, "error[invalid-filter]: ");
    let run = where_is(r#"{"any": [{"no": 1}]}"#).fails(2, "error[invalid-filter]: ");
    assert!(run.err.contains("/where/any/0"), "{}", run.err);
    let deep = format!(
        "{}{}{}",
        r#"{"not":"#.repeat(40),
        r#"{"text":"a"}"#,
        "}".repeat(40)
    );
    where_is(&deep).fails(2, "error[too-deep]: ");
}

#[test]
fn a_bad_organisation_is_told_with_code_and_place_and_an_unreadable_one_is_another_matter() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.json");
    let text = r#"{"format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "Etc/UTC", "users": [],
                   "profiles": [{"id": "p", "name": "P", "permissions": {"account": {"view": "some"}}}]}"#;
    std::fs::write(&bad, text).unwrap();
    let bad = bad.to_str().unwrap();
    let run = sidelight(["diagnose", bad]).fails(3, "error[unknown-scope]: ");
    assert!(
        run.err
            .contains("at `/profiles/0/permissions/account/view`"),
        "{}",
        run.err
    );
    assert!(run.err.contains("bad.json"), "{}", run.err);
    let empty = folder.path().join("empty.json");
    std::fs::write(&empty, "\n").unwrap();
    let empty = empty.to_str().unwrap();
    let message = format!("error[malformed-json]: there is nothing in {empty}\n");
    sidelight(["diagnose", empty]).fails(3, &message);
    sidelight(["diagnose", "no/such/file.json"])
        .fails(4, "error[io]: cannot read `no/such/file.json`");
    sidelight(["diagnose", "."]).fails(4, "error[io]: ");
}

#[test]
fn an_explanation_is_a_verdict_and_its_reasons() {
    assert_eq!(
        ask("explain --user alice --type account --id acme").out,
        "Yes, Alice Moreau (alice) may view the account Acme (acme).\n  \
         report  Ben Achterberg holds this account and reports to Alice Moreau: SMB EAST LEAD › SMB EAST.\n"
    );
    let refused = ask("explain --user priya --type account --id acme").out;
    assert!(
        refused.starts_with(
            "No, Priya Raman (priya) may not view the account Acme (acme).\n  outside-reports  "
        ),
        "{refused}"
    );
}

#[test]
fn the_instant_of_the_question_decides_about_guests() {
    let noor = |now| {
        sidelight([
            "can",
            DEMO,
            "--user",
            "noor",
            "--type",
            "opportunity",
            "--id",
            "acme-ledger",
            "--now",
            now,
        ])
        .code
    };
    assert_eq!(noor("2027-02-19T04:59:59.999Z"), 0);
    assert_eq!(noor("2027-02-19T05:00:00Z"), 1);
    assert_eq!(noor("2027-02-19T00:00:00-05:00"), 1);
    assert_eq!(noor("tomorrow"), 2);
}

#[test]
fn without_an_instant_the_question_is_about_today() {
    let run = sidelight([
        "explain", DEMO, "--user", "victor", "--type", "account", "--id", "acme", "--json",
    ]);
    let codes: Vec<_> = run.json()["obstacles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].clone())
        .collect();
    assert!(
        codes.contains(&json!("guest-expired")),
        "a term that ended in 2026 is over: {codes:?}"
    );
}

#[test]
fn pages_follow_each_other_and_miss_nothing() {
    let all = ask("visible --user alice --type opportunity --sort amount --json").json();
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = ask(&format!(
            "visible --user alice --type opportunity --sort amount --limit 9 --json{cursor}"
        ))
        .json();
        assert_eq!(page["total"], all["total"]);
        ids.extend(page["ids"].as_array().unwrap().clone());
        match page["cursor"].as_str() {
            Some(next) => cursor = format!(" --cursor {next}"),
            None => break,
        }
    }
    assert_eq!(Value::from(ids), all["ids"]);
    let page = ask("visible --user alice --type opportunity --sort amount --limit 9").out;
    assert!(
        page.contains("9 of 62 shown, of 116 opportunities.\nThe next page: --cursor "),
        "{page}"
    );
}

#[test]
fn tables_name_people_and_count_everything() {
    let accounts = ask("visible --user ben --type account --view assigned-to-me").out;
    let mut lines = accounts.lines();
    assert_eq!(
        lines.next().unwrap().split_whitespace().collect::<Vec<_>>(),
        ["ID", "NAME", "OWNER", "ACCOUNT"]
    );
    assert_eq!(
        lines
            .next()
            .unwrap()
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect::<Vec<_>>(),
        ["acme", "Acme", "Yara Mansour (yara)"]
    );
    assert!(accounts.ends_with("5 of 84 accounts.\n"), "{accounts}");

    let people = ask("assignees --user michael --type opportunity --id cinderholt-compass").out;
    assert!(
        people.contains("Michael Brandt (michael)  assigned") && people.contains("\nAnd 1 more.\n"),
        "{people}"
    );

    let pipeline = ask("pipeline --user michael").out;
    assert!(pipeline.contains("REGISTERED BY"), "{pipeline}");
    assert!(
        pipeline.lines().last().unwrap().ends_with(" of 150 deals."),
        "{pipeline}"
    );

    let locked = ask("visible --user hugo --type account").out;
    assert_eq!(
        locked,
        "Hugo Lindqvist (hugo) is locked.\n0 of 84 accounts.\n"
    );
    let unknown = ask("visible --user nobody --type account").out;
    assert_eq!(unknown, "There is no user nobody.\n0 of 84 accounts.\n");
}

#[test]
fn diagnostics_are_grouped_by_code_with_counts() {
    let told = ask("diagnose").out;
    for line in [
        "warning unknown-reference (1)",
        "warning guest-admin (1)",
        "info lifted-reach (1)",
    ] {
        assert!(told.lines().any(|told| told == line), "{line} in {told}");
    }
    assert!(
        told.contains("  Imani Okafor may view, edit and assign people to all accounts"),
        "{told}"
    );
    assert!(told.lines().last().unwrap().ends_with(" notes."), "{told}");
}

#[test]
fn an_organisation_is_read_from_standard_input_too() {
    let mut child = command()
        .args([
            "can", "-", "--user", "alice", "--type", "account", "--id", "acme", "--json",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let document = std::fs::read(root().join(DEMO)).unwrap();
    child.stdin.take().unwrap().write_all(&document).unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(run.ok().out, "true\n");
}

#[test]
fn colours_are_for_terminals_and_obey_the_environment() {
    const QUESTION: [&str; 8] = [
        "explain", DEMO, "--user", "alice", "--type", "account", "--id", "acme",
    ];
    let with = |variables: &[(&str, &str)]| {
        Run::from(
            command()
                .args(QUESTION)
                .envs(variables.iter().copied())
                .output()
                .unwrap(),
        )
        .out
    };
    let piped = with(&[]);
    assert!(!piped.contains('\u{1b}'), "a pipe gets no colours");
    let forced = with(&[("CLICOLOR_FORCE", "1")]);
    assert!(forced.contains("\u{1b}[1m\u{1b}[32mYes"), "{forced:?}");
    assert_eq!(with(&[("NO_COLOR", "1")]), piped);
}

#[test]
fn a_reader_who_leaves_early_causes_no_panic() {
    let mut child = command()
        .args(["visible", DEMO, "--user", "sam", "--type", "account"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Closed before the first byte: every write then meets a broken pipe.
    drop(child.stdout.take());
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

#[test]
fn names_cannot_steer_the_terminal() {
    let document = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "Etc/UTC",
        "profiles": [{"id": "p", "name": "P\u{1b}[2J", "permissions": {"account": {"view": "all"}}}],
        "users": [{"id": "ada", "name": "Ada\u{1b}]0;owned\u{7}\r\n\u{202e}Yes", "profile": "p"}],
        "records": [{"type": "account", "id": "a\u{8}", "name": "\u{9b}31m", "owner": "ada"}],
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.json");
    std::fs::write(&path, document.to_string()).unwrap();
    let path = path.to_str().unwrap();
    for arguments in [
        &["visible", path, "--user", "ada", "--type", "account"][..],
        &[
            "explain", path, "--user", "ada", "--type", "account", "--id", "a\u{8}",
        ],
        &["viewers", path, "--type", "account", "--id", "a\u{8}"],
        &[
            "assignees",
            path,
            "--user",
            "ada",
            "--type",
            "account",
            "--id",
            "a\u{8}",
        ],
        &["diagnose", path, "--all"],
    ] {
        let out = sidelight(arguments).ok().out;
        let steering = |character: char| {
            character != '\n' && (character.is_control() || character == '\u{202e}')
        };
        assert!(!out.contains(steering), "{arguments:?}: {out:?}");
    }
}

#[test]
fn json_has_every_id_as_it_is_and_steers_no_terminal() {
    let ids = [
        "id\u{7f}x",
        "id\u{9b}31m",
        "a\u{202e}b",
        "a\u{2028}b",
        "Ä😀",
    ];
    let record = |id: &&str| json!({"type": "account", "id": id, "owner": "ada"});
    let document = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "Etc/UTC",
        "profiles": [{"id": "p", "name": "P", "permissions": {"account": {"view": "all"}}}],
        "users": [{"id": "ada", "name": "Ada", "profile": "p"}],
        "records": ids.iter().map(record).collect::<Vec<_>>(),
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.json");
    std::fs::write(&path, document.to_string()).unwrap();
    let path = path.to_str().unwrap();
    let run = sidelight([
        "visible", path, "--user", "ada", "--type", "account", "--json",
    ]);
    let run = run.ok();
    assert_eq!(run.json()["ids"], json!(ids));
    assert!(run.out.contains("Ä😀"), "{}", run.out);
    let steering = |character: char| {
        character != '\n' && (character.is_control() || "\u{202e}\u{2028}".contains(character))
    };
    assert!(!run.out.contains(steering), "{:?}", run.out);
}

#[cfg(unix)]
#[test]
fn what_is_written_anew_is_as_private_as_it_was() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("michael.slice");
    std::fs::write(&file, "").unwrap();
    for mode in [0o600, 0o640, 0o664] {
        std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
        let path = file.to_str().unwrap();
        ask(&format!("slice --user michael --output {path}")).ok();
        let written = file.metadata().unwrap();
        assert!(written.len() > 0);
        assert_eq!(written.permissions().mode() & 0o777, mode);
    }
}

#[test]
fn help_teaches_by_examples() {
    let help = sidelight(["--help"]).ok().out;
    for wanted in ["Exit codes:", "Begin with:", "import", "explain-deal"] {
        assert!(help.contains(wanted), "{wanted}");
    }
    for command in [
        "import",
        "can",
        "explain",
        "visible",
        "viewers",
        "assignees",
        "pipeline",
        "explain-deal",
        "diagnose",
    ] {
        let help = sidelight([command, "--help"]).ok().out;
        assert!(
            help.contains("Examples:") && help.contains(&format!("sidelight {command} ")),
            "{command}: {help}"
        );
    }
}

#[test]
fn a_slice_is_asked_like_an_organisation() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("michael.slice");
    let file = file.to_str().unwrap();
    let told = ask(&format!("slice --user michael --output {file} --json"))
        .ok()
        .json();
    let bytes = std::fs::read(file).unwrap();
    assert_eq!(told["bytes"], json!(bytes.len()));

    let (governance, slice) = (demo(), Governance::load(&bytes).unwrap());
    assert_eq!(slice.viewer(), Some("michael"));
    assert_eq!(told["deals"], json!(slice.deal_count()));
    assert_eq!(told["people"], json!(slice.users().count()));
    assert!(slice.deal_count() > 0 && slice.deal_count() < governance.deal_count());
    let of_slice = sidelight([
        "pipeline", file, "--now", NOW, "--user", "michael", "--json",
    ]);
    let of_whole = ask("pipeline --user michael --json");
    assert_eq!(of_slice.ok().out, of_whole.ok().out);

    let text = ask(&format!("slice --user michael --output {file}"))
        .ok()
        .out;
    assert!(text.contains("partner deals"), "{text}");
    let nowhere = folder.path().join("no such folder/michael.slice");
    let nowhere = nowhere.to_str().unwrap();
    let refused = sidelight(["slice", DEMO, "--user", "michael", "--output", nowhere]);
    assert_eq!(refused.code, 4);
    // Of the place that was asked for, not of a file beside it.
    let expected =
        format!("error[io]: cannot write `{nowhere}`: No such file or directory (os error 2)\n");
    assert_eq!(refused.err, expected);
}

#[test]
fn a_command_line_that_is_not_understood_is_refused_with_a_code() {
    for (arguments, message) in [
        (
            &["can", DEMO, "--type", "account"][..],
            "error[invalid-argument]: the following required arguments were not provided:\n  --user",
        ),
        (
            &["can", DEMO, "--user", "alice", "--type", "wombat"],
            "error[invalid-argument]: invalid value 'wombat' for '--type <TYPE>'\n",
        ),
        (
            &["con\u{202e}nac"],
            "error[invalid-argument]: unrecognized subcommand 'con\u{fffd}nac'\n",
        ),
        (
            &[],
            "Who can see which CRM record or partner deal, and why\n",
        ),
    ] {
        sidelight(arguments).fails(2, message);
    }
    for help in ["--help", "--version", "help"] {
        assert!(!sidelight([help]).ok().out.is_empty(), "{help}");
    }
}
