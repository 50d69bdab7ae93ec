//! Imports of small exports that were made up for one test each.

use std::path::PathBuf;

use serde_json::{Value, json};
use sidelight_governance::Governance;
use tempfile::TempDir;

use crate::sidelight::{Run, root, sidelight};

/// A folder with exports and a mapping.
struct Exports {
    folder: TempDir,
}

impl Exports {
    fn new(mapping: &str) -> Self {
        let exports = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let organisation = "[organisation]\nid = \"o\"\nname = \"O\"\ntimeZone = \"Etc/UTC\"\n";
        exports.with("mapping.toml", format!("{organisation}{mapping}"))
    }

    fn with(self, file: &str, contents: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.path(file), contents).unwrap();
        self
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn import(&self, more: &[&str]) -> Run {
        let [folder, mapping, output] =
            ["", "mapping.toml", "org.json"].map(|file| self.path(file));
        let arguments = [
            "import".as_ref(),
            folder.as_os_str(),
            "--mapping".as_ref(),
            mapping.as_os_str(),
        ];
        let output = ["--output".as_ref(), output.as_os_str()];
        sidelight(
            arguments
                .into_iter()
                .chain(output)
                .chain(more.iter().map(|more| more.as_ref())),
        )
    }

    /// The organisation that was written; it always loads.
    fn org(&self) -> Value {
        let bytes = std::fs::read(self.path("org.json")).unwrap();
        Governance::load(&bytes).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    /// Imports and gives the organisation and the report.
    #[track_caller]
    fn imported(&self) -> (Value, Value) {
        let report = self.import(&["--json"]).ok().json();
        (self.org(), report)
    }

    /// Imports, which fails with exit code 3 and this message, and leaves nothing behind.
    #[track_caller]
    fn refused(&self, message: &str) {
        std::fs::write(self.path("org.json"), "as before").unwrap();
        let before = self.files();
        self.import(&[]).fails(3, message);
        assert_eq!(self.files(), before, "no temporary file is left");
        assert_eq!(std::fs::read(self.path("org.json")).unwrap(), b"as before");
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = self
            .folder
            .path()
            .read_dir()
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        files
    }
}

const USERS: &str = r#"
[sources.people]
file = "people.csv"

[[users]]
from = "people"
id = "{Id}"
name = "{Name}"
profile = "default"
"#;

fn people(csv: impl AsRef<[u8]>) -> Exports {
    Exports::new(USERS).with("people.csv", csv)
}

#[test]
fn byte_order_marks_line_ends_quotes_and_every_script_are_read() {
    let exports = people(
        "\u{feff}Id,Name,Left\r\n\
         1,\"Vitor, João\",\r\n\
         2,\"Anne \"\"Annie\"\" O'Neil\",x\r\n\
         3,\"two\nlines\",\r\n\
         4,Zoë 🦊 李,\r\n",
    );
    let (org, _) = exports.imported();
    let names: Vec<_> = org["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "Vitor, João",
            "Anne \"Annie\" O'Neil",
            "two\nlines",
            "Zoë 🦊 李"
        ]
    );
    assert_eq!(
        org["users"][0]["id"], "1",
        "the byte-order mark is no part of the first column's name"
    );
}

#[test]
fn the_last_line_needs_no_end_and_empty_lines_are_no_rows() {
    let (org, report) = people("Id,Name\n\n1,Ada\n\n\n2,Bo").imported();
    assert_eq!(org["users"].as_array().unwrap().len(), 2);
    assert_eq!(report["sources"][0]["rows"], 2);
}

#[test]
fn a_row_that_does_not_fit_the_header_is_refused_with_its_line() {
    people("Id,Name\n1,Ada\n2\n")
        .refused("error[ragged-row]: 1 cells where the header has 2, at people.csv:3\n");
    people("Id,Name\n1,Ada\n2,Bo,extra\n")
        .refused("error[ragged-row]: 3 cells where the header has 2, at people.csv:3\n");
    people("Id,Name\n1,\"A\nd\na\"\n2\n")
        .refused("error[ragged-row]: 1 cells where the header has 2, at people.csv:5\n");
}

#[test]
fn a_quotation_that_never_ends_is_refused_with_the_line_where_its_row_begins() {
    people("Id,Name\n1,Ada\n2,\"Bo\n3,Cy\n").refused(
        "error[unclosed-quote]: a quotation mark is opened and not closed, at people.csv:3\n",
    );
}

#[test]
fn what_is_not_utf8_is_refused_with_its_line() {
    people(b"Id,Name\n1,Ada\n2,Zo\xeb\n").refused("error[not-utf8]: not UTF-8, at people.csv:3; ");
    people(b"\xff\xfeI\0d\0").refused("error[not-utf8]: not UTF-8, at people.csv:1; ");
}

#[test]
fn a_missing_column_and_a_doubled_one_are_refused() {
    people("Id,Nome,Mail\n1,Ada,a\n").refused("error[missing-column]: `people.csv` has no column `Name`, which the mapping uses; it has `Id`, `Nome`, `Mail`\n");
    people("").refused("error[missing-column]: `people.csv` has no column `Id`, which the mapping uses; it has none\n");
    people("Id,Name,Name\n1,Ada,Bo\n")
        .refused("error[duplicate-column]: `people.csv` has the column `Name` twice\n");
}

#[test]
fn doubled_and_blank_ids_are_refused_with_both_places() {
    people("Id,Name\n1,Ada\n2,Bo\n1,Cy\n").refused(
        "error[duplicate-id]: two users with the id `1`, at people.csv:2 and at people.csv:4\n",
    );
    people("Id,Name\n1,Ada\n ,Bo\n")
        .refused("error[blank-value]: no id, at people.csv:3: `{Id}` is blank\n");
}

#[test]
fn a_missing_file_is_refused_unless_it_is_optional() {
    Exports::new(USERS).refused(
        "error[missing-file]: there is no file `people.csv`, which source `people` reads; ",
    );
    let exports = Exports::new(&USERS.replace("people.csv\"", "people.csv\"\noptional = true"));
    let (org, report) = exports.imported();
    assert_eq!(org["users"], json!([]));
    assert_eq!(
        report["sources"][0],
        json!({"name": "people", "file": "people.csv", "rows": 0, "leftOut": 0, "missing": true})
    );
}

#[test]
fn files_that_cannot_be_read_or_written_are_another_exit_code() {
    let exports = people("Id,Name\n1,Ada\n");
    std::fs::remove_file(exports.path("people.csv")).unwrap();
    std::fs::create_dir(exports.path("people.csv")).unwrap();
    exports
        .import(&[])
        .fails(4, "error[unreadable]: cannot read `");
    sidelight([
        "import",
        "no/such/folder",
        "--mapping",
        "demo/mappings/maven.toml",
        "--output",
        "x.json",
    ])
    .fails(4, "error[unreadable]: cannot read `no/such/folder`");
    sidelight([
        "import",
        ".",
        "--mapping",
        "no/such/mapping.toml",
        "--output",
        "x.json",
    ])
    .fails(4, "error[io]: cannot read `no/such/mapping.toml`");
    let exports = people("Id,Name\n1,Ada\n");
    let before = exports.files();
    exports
        .import(&["--report", "no/such/folder/report.json"])
        .fails(4, "error[io]: cannot write `no/such/folder/report.json`");
    assert_eq!(
        exports.files(),
        before,
        "a report that cannot be written leaves no organisation either"
    );
}

#[test]
fn a_mapping_that_means_nothing_is_refused_with_its_line() {
    let refused = |mapping: &str, message: &str| {
        Exports::new(mapping)
            .with("people.csv", "Id,Name\n")
            .refused(message)
    };
    refused("[[users]\n", "error[bad-mapping]: ");
    refused(
        "[[users]]\nid = \"1\"\nprofil = \"p\"\n",
        "error[bad-mapping]: unknown field `profil`, expected one of ",
    );
    refused(
        "[[users]]\nid = \"{Id\"\nprofile = \"default\"\n",
        "error[bad-mapping]: a brace without its partner in `{Id`",
    );
    refused(
        "[[users]]\nid = \"{Id}\"\nprofile = \"default\"\n",
        "error[bad-mapping]: `{Id}` in a rule without `from`",
    );
    refused(
        "[[users]]\nfrom = \"peple\"\nid = \"{Id}\"\nprofile = \"default\"\n",
        "error[bad-mapping]: the mapping has no source `peple`\n",
    );
    refused(
        "[[users]]\nid = \"1\"\nprofile = { by = \"name\" }\n",
        "error[bad-mapping]: neither `value` nor `otherwise`",
    );
    refused(
        "[[users]]\nid = { value = \"1\", by = \"name\" }\nprofile = \"default\"\n",
        "error[bad-mapping]: `by` means nothing here",
    );
    refused(
        "[[records]]\ntype = \"acount\"\nid = \"1\"\n",
        "error[unknown-type]: unknown record type `acount`, expected one of ",
    );
    refused(
        "[[profiles]]\nid = \"p\"\n[profiles.permissions]\naccount = { view = \"some\" }\n",
        "error[unknown-scope]: unknown scope `some`, expected one of ",
    );
    refused(
        "[[profiles]]\nid = \"p\"\n[profiles.permissions]\ntask = { view = \"reports\" }\n",
        "error[scope-not-applicable]: ",
    );
    refused(
        "[sources.people]\nfile = \"../people.csv\"\n",
        "error[bad-mapping]: source `people`: `../people.csv` is not a path inside ",
    );
    refused(
        "[sources.people]\nfile = \"/etc/passwd\"\n",
        "error[bad-mapping]: source `people`: `/etc/passwd` is not a path inside ",
    );
    refused(
        "[sources.people]\nfile = \"people.txt\"\n",
        "error[missing-file]: ",
    );
    let line = Exports::new("\n\n[[users]]\nid = 5\nprofile = \"default\"\n").import(&[]);
    assert!(
        line.err.ends_with(", at line 8 of the mapping\n"),
        "{}",
        line.err
    );
}

const SALES: &str = r#"
[sources.people]
file = "people.csv"

[sources.deals]
file = "opportunities.csv"

[sources.products]
file = "products.csv"

[[roles]]
from = "people"
distinct = true
id = "{Team}"
parent = "all"

[[users]]
from = "people"
id = "{Id}"
name = "{Name}"
profile = "default"
role = "{Team}"

[[records]]
type = "opportunity"
from = "deals"
id = "{Id}"
owner = { value = "{Owner}", by = "name" }
account = "{Account}"

[records.join.product]
source = "products"
key = "Name"
on = "{Product}"

[records.fields]
price = { value = "{product.Price}", type = "number" }
"#;

fn sales() -> Exports {
    Exports::new(SALES)
        .with("people.csv", "Id,Name,Team\n1,Ada,East\n2,Bo,East\n3,Bo,\n")
        .with("products.csv", "Name,Price\nLamp,9.50\n")
        .with(
            "opportunities.csv",
            "Id,Owner,Account,Product\na,Ada,acme,Lamp\nb,Bo,acme,Lmap\nc,Cy,,Lmap\nd,,globex,\n",
        )
}

#[test]
fn what_names_nothing_is_counted_listed_and_never_guessed() {
    let (org, report) = sales().imported();
    assert_eq!(
        org["roles"],
        json!([{"id": "East", "name": "East", "parent": "all"}]),
        "the unknown parent is kept: it names nobody's role"
    );
    assert_eq!(
        org["records"],
        json!([
            {"type": "opportunity", "id": "a", "owner": "1", "account": "acme", "fields": {"price": 9.5}},
            {"type": "opportunity", "id": "b", "account": "acme"},
            {"type": "opportunity", "id": "c"},
            {"type": "opportunity", "id": "d", "account": "globex"},
        ]),
    );
    assert_eq!(
        report["references"],
        json!([
            {"field": "role.parent", "file": "people.csv", "names": "roles", "blankRows": 0, "unresolvedRows": 2,
             "unresolved": [{"value": "all", "rows": 2, "reason": "unknown"}]},
            {"field": "user.role", "file": "people.csv", "names": "roles", "blankRows": 1, "unresolvedRows": 0, "unresolved": []},
            {"field": "opportunity.product", "file": "opportunities.csv", "names": "`Name` of products.csv", "blankRows": 1,
             "unresolvedRows": 2, "unresolved": [{"value": "Lmap", "rows": 2, "reason": "unknown"}]},
            {"field": "opportunity.owner", "file": "opportunities.csv", "names": "users", "blankRows": 1, "unresolvedRows": 2,
             "unresolved": [{"value": "Bo", "rows": 1, "reason": "ambiguous"}, {"value": "Cy", "rows": 1, "reason": "unknown"}]},
            {"field": "opportunity.account", "file": "opportunities.csv", "names": "accounts", "blankRows": 1, "unresolvedRows": 3,
             "unresolved": [{"value": "acme", "rows": 2, "reason": "unknown"}, {"value": "globex", "rows": 1, "reason": "unknown"}]},
        ]),
    );
}

#[test]
fn the_report_is_printed_for_people_and_written_for_programs() {
    let exports = sales();
    let report = exports.path("report.json");
    let run = exports.import(&["--report", report.to_str().unwrap()]).ok();
    for line in [
        "  opportunity.product: 2 rows name `Lmap`, which is not in `Name` of products.csv",
        "  opportunity.account: 3 rows name 2 values that are not in accounts",
        "    `acme` (2 rows)",
        "    `Bo` (1 row, several of that name)",
        "  opportunity.account: 1 row is blank in opportunities.csv",
    ] {
        assert!(
            run.out.lines().any(|printed| printed == line),
            "{line}\nin\n{}",
            run.out
        );
    }
    assert!(
        run.out
            .contains(": 3 profiles, 1 role, 3 users, 4 opportunities.\n"),
        "{}",
        run.out
    );
    let written: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert_eq!(written, sales().imported().1);
}

#[test]
fn a_join_needs_one_row_for_each_key() {
    sales()
        .with("products.csv", "Name,Price\nLamp,9.50\nDesk,80\nLamp,10\n")
        .refused("error[duplicate-key]: two rows with the key `Lamp`, at products.csv:2 (column `Name`) and at products.csv:4: a join needs one\n");
}

#[test]
fn distinct_rules_join_what_is_the_same_and_refuse_what_differs() {
    let mapping = r#"
        [sources.teams]
        file = "teams.csv"
        [[roles]]
        from = "teams"
        distinct = true
        id = "{Team}"
        parent = "{Office}"
        [[roles]]
        from = "teams"
        distinct = true
        id = "{Office}"
    "#;
    let (org, _) = Exports::new(mapping)
        .with("teams.csv", "Team,Office\nEast,HQ\nWest,HQ\nEast,HQ\n,HQ\n")
        .imported();
    assert_eq!(
        org["roles"],
        json!([{"id": "East", "name": "East", "parent": "HQ"}, {"id": "West", "name": "West", "parent": "HQ"}, {"id": "HQ", "name": "HQ"}]),
    );
    Exports::new(mapping)
        .with("teams.csv", "Team,Office\nEast,HQ\nEast,Annex\n")
        .refused("error[duplicate-id]: two roles with the id `East`, at teams.csv:2 and at teams.csv:3; they differ, ");
}

#[test]
fn json_rows_are_found_by_a_pointer_and_columns_may_be_pointers() {
    let mapping = r#"
        [sources.people]
        file = "people.json"
        rows = "/data/users"
        [[users]]
        from = "people"
        id = "{id}"
        name = "{/attributes/name}"
        profile = "default"
        status = { value = "{locked}", map = { true = "locked", false = "active" } }
    "#;
    let document = r#"{"data": {"users": [
        {"id": 7, "attributes": {"name": "Ada"}, "locked": false},
        {"id": "8", "attributes": {"name": null}, "locked": true}]}}"#;
    let (org, _) = Exports::new(mapping)
        .with("people.json", format!("\u{feff}{document}"))
        .imported();
    assert_eq!(
        org["users"],
        json!([{"id": "7", "name": "Ada", "profile": "default"}, {"id": "8", "name": "8", "profile": "default", "status": "locked"}]),
    );
    let refused = |document: &str, message: &str| {
        Exports::new(mapping)
            .with("people.json", document)
            .refused(message)
    };
    refused("[", "error[malformed-json]: not JSON: ");
    refused(
        r#"{"data": []}"#,
        "error[malformed-json]: not JSON: no list of rows at `/data/users`, at people.json\n",
    );
    refused(
        r#"{"data": {"users": [5]}}"#,
        "error[malformed-json]: not JSON: a row is not an object, at people.json:1\n",
    );
    refused(
        r#"{"data": {"users": [{"id": []}]}}"#,
        "error[malformed-json]: not JSON: a list or an object where a value is wanted, at people.json:1 (column `id`)\n",
    );
    refused(
        r#"{"data": {"users": [{"id": 1}]}}"#,
        "error[missing-column]: `people.json` has no column `/attributes/name`, ",
    );
}

#[test]
fn values_are_translated_by_maps_and_one_that_is_not_there_is_refused() {
    let mapping = format!(
        "{USERS}status = {{ value = \"{{Active}}\", map = {{ yes = \"active\", no = \"locked\" }} }}\n"
    );
    let exports =
        Exports::new(&mapping).with("people.csv", "Id,Name,Active\n1,Ada,yes\n2,Bo,no\n3,Cy,\n");
    let (org, _) = exports.imported();
    let status: Vec<_> = org["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["status"].clone())
        .collect();
    assert_eq!(status, [Value::Null, json!("locked"), Value::Null]);
    Exports::new(&mapping)
        .with("people.csv", "Id,Name,Active\n1,Ada,perhaps\n")
        .refused("error[invalid-value]: `perhaps` is not in the mapping's `map`, which has `no`, `yes`, at people.csv:2 (column `Active`)\n");
}

#[test]
fn alternatives_are_tried_in_turn_and_a_half_filled_one_is_passed_over() {
    let mapping = USERS.replace("\"{Name}\"", "[\"{First} {Last}\", \"{Last}\", \"{Id}\"]");
    let (org, _) = Exports::new(&mapping)
        .with(
            "people.csv",
            "Id,First,Last\n1,Ada,Lovelace\n2,,Bo\n3,Cy,\n",
        )
        .imported();
    let names: Vec<_> = org["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Ada Lovelace", "Bo", "3"]);
}

#[test]
fn a_user_without_a_known_profile_is_refused_or_gets_the_one_for_that() {
    let mapping = USERS.replace("\"default\"", "\"{Profile}\"");
    let exports = |mapping: &str| {
        Exports::new(mapping).with(
            "people.csv",
            "Id,Name,Profile\n1,Ada,default\n2,Bo,boss\n3,Cy,\n",
        )
    };
    exports(&mapping).refused("error[unknown-reference]: user.profile names no profile: `boss`, at people.csv:3 (column `Profile`)\n");
    let fallback = mapping.replace(
        "\"{Profile}\"",
        "{ value = \"{Profile}\", otherwise = \"leadership\" }",
    );
    let (org, report) = exports(&fallback).imported();
    let profiles: Vec<_> = org["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["profile"].as_str().unwrap())
        .collect();
    assert_eq!(profiles, ["default", "leadership", "leadership"]);
    assert_eq!(
        report["references"][0],
        json!({"field": "user.profile", "file": "people.csv", "names": "profiles", "blankRows": 1, "unresolvedRows": 1,
               "unresolved": [{"value": "boss", "rows": 1, "reason": "unknown"}]}),
    );
    exports(&fallback.replace("leadership", "nobody")).refused(
        "error[bad-mapping]: `otherwise = \"nobody\"` for user.profile names no profile\n",
    );
}

#[test]
fn fields_have_types_and_what_does_not_read_as_one_is_refused() {
    let mapping = r#"
        [sources.things]
        file = "things.csv"
        delimiter = ";"
        trim = true
        blank = ["NULL", "-"]
        [[records]]
        type = "account"
        from = "things"
        id = "{Id}"
        [records.fields]
        name = "{Text}"
        size = { value = "{Number}", type = "number" }
        open = { value = "{Flag}", type = "bool" }
        since = { value = "{Day}", type = "date", format = "%d.%m.%Y" }
    "#;
    let header = "Id ;Text;Number; Flag;Day\n";
    let import = |row: &str| Exports::new(mapping).with("things.csv", format!("{header}{row}\n"));
    let fields = |row: &str| import(row).imported().0["records"][0]["fields"].clone();
    assert_eq!(
        fields("1; a b ;-1.5e3;TRUE;31.01.2024"),
        json!({"name": "a b", "size": -1500, "open": true, "since": "2024-01-31"})
    );
    assert_eq!(
        fields("1;NULL;-; ;"),
        Value::Null,
        "what is blank is not there"
    );
    import("1;x;1,5;;").refused(
        "error[invalid-value]: `1,5` is not a number, at things.csv:2 (column `Number`)\n",
    );
    import("1;x;inf;;").refused("error[invalid-value]: `inf` is not a number, ");
    import("1;x;;maybe;").refused("error[invalid-value]: `maybe` is not `true` or `false`; translate it with a `map`, at things.csv:2 (column `Flag`)\n");
    import("1;x;;;2024-01-31")
        .refused("error[invalid-value]: `2024-01-31` is not a date of the form `%d.%m.%Y`, ");
}

#[test]
fn rows_may_be_left_out_and_brought_back() {
    let mapping = USERS.replace(
        "people.csv\"",
        "people.csv\"\noptionalColumns = [\"Deleted\"]\nonly = { Deleted = [\"no\", \"\"] }",
    );
    let exports =
        Exports::new(&mapping).with("people.csv", "Id,Name,Deleted\n1,Ada,no\n2,Bo,yes\n3,Cy,\n");
    let (org, report) = exports.imported();
    assert_eq!(org["users"].as_array().unwrap().len(), 2);
    assert_eq!(
        (
            &report["sources"][0]["rows"],
            &report["sources"][0]["leftOut"]
        ),
        (&json!(2), &json!(1))
    );
    exports.import(&["--all-rows"]).ok();
    assert_eq!(exports.org()["users"].as_array().unwrap().len(), 3);
    let without_the_column = Exports::new(&mapping).with("people.csv", "Id,Name\n1,Ada\n");
    assert_eq!(
        without_the_column.imported().0["users"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn another_file_can_stand_in_for_a_source() {
    let exports = people("Id,Name\n1,Ada\n").with("people-2026-11.csv", "Id,Name\n2,Bo\n");
    exports
        .import(&["--source", "people=people-2026-11.csv"])
        .ok();
    assert_eq!(exports.org()["users"][0]["name"], "Bo");
    exports
        .import(&["--source", "poeple=people-2026-11.csv"])
        .fails(
            3,
            "error[bad-mapping]: the mapping has no source `poeple`\n",
        );
}

#[test]
fn companies_memberships_and_deals_are_imported() {
    let mapping = format!(
        r#"{USERS}
        [sources.firms]
        file = "firms.csv"
        [sources.standing]
        file = "standing.csv"
        [sources.deals]
        file = "deals.csv"
        [[companies]]
        from = "firms"
        id = "{{Id}}"
        name = "{{Firm}}"
        accountOwnerEmail = "{{Mail}}"
        [[memberships]]
        from = "standing"
        user = {{ value = "{{Who}}", by = "name" }}
        company = {{ value = "{{Firm}}", by = "name" }}
        tier = {{ value = "{{Level}}", map = {{ S = "sales", M = "manager" }} }}
        primary = "{{Main}}"
        [[deals]]
        from = "deals"
        id = "{{Id}}"
        company = {{ value = "{{Firm}}", by = "name" }}
        owner = {{ value = "{{Owner}}", by = "name" }}
        registeredBy = {{ value = "{{By}}", by = "name" }}
        ownerTier = "sales"
        stage = "{{Stage}}"
        amount = "{{Amount}}"
        currency = "EUR"
        expectedClose = {{ value = "{{Close}}", format = "%d/%m/%Y" }}
        createdAt = "{{Created}}"
    "#
    );
    let exports = |deal: &str| {
        Exports::new(&mapping)
            .with("people.csv", "Id,Name\n1,Ada\n2,Bo\n")
            .with("firms.csv", "Id,Firm,Mail\nf,Firm,ada@firm.example\n")
            .with(
                "standing.csv",
                "Who,Firm,Level,Main\nAda,Firm,M,true\nBo,Firm,S,1\nCy,Firm,S,1\nBo,Other,S,0\n",
            )
            .with(
                "deals.csv",
                format!("Id,Firm,Owner,By,Stage,Amount,Close,Created\n{deal}\n"),
            )
    };
    let (org, report) =
        exports("d,Firm,Bo,Ada,Won,1250.00,31/01/2024,2024-01-02 03:04:05").imported();
    assert_eq!(
        org["companies"],
        json!([{"id": "f", "name": "Firm", "accountOwnerEmail": "ada@firm.example"}])
    );
    assert_eq!(
        org["users"][0]["memberships"],
        json!([{"company": "f", "tier": "manager", "primary": true}])
    );
    assert_eq!(
        org["users"][1]["memberships"],
        json!([{"company": "f", "tier": "sales", "primary": true}])
    );
    assert_eq!(
        org["deals"],
        json!([{"id": "d", "company": "f", "owner": "2", "registeredBy": "1", "ownerTier": "sales", "stage": "Won", "amount": "1250.00",
                "currency": "EUR", "expectedClose": "2024-01-31", "createdAt": "2024-01-02T03:04:05Z"}]),
    );
    assert_eq!(
        report["unwritten"],
        json!([{"kind": "memberships", "file": "standing.csv", "rows": 2}])
    );
    exports("d,Firm,,,Won,1,,")
        .refused("error[blank-value]: no deal.owner, at deals.csv:2: `{Owner}` is blank\n");
    exports("d,Firm,Bo,,Won,\"1,250\",,").refused("error[invalid-value]: `1,250` is not a decimal amount such as `1250.00`, at deals.csv:2 (column `Amount`)\n");
}

const TEAMS: &str = r#"
[sources.members]
file = "members.csv"
[[jobRoles]]
from = "members"
distinct = true
id = "{Part}"
[[assigned]]
type = "account"
from = "members"
record = "{Account}"
user = "{User}"
jobRole = { value = "{Part}", by = "name" }
[[records]]
type = "account"
id = "acme"
owner = "1"
"#;

#[test]
fn assigned_users_come_with_job_roles_and_twice_is_once() {
    let exports = Exports::new(&format!("{USERS}{TEAMS}")).with("people.csv", "Id,Name\n1,Ada\n2,Bo\n").with(
        "members.csv",
        "Account,User,Part\nacme,2,sdr\nacme,2,Sales Rep\nacme,1,sales rep\nacme,9,\nglobex,1,SDR\n",
    );
    let (org, report) = exports.imported();
    assert_eq!(
        org["jobRoles"],
        json!([{"id": "ae", "name": "AE"}, {"id": "bdr", "name": "BDR"}, {"id": "csm", "name": "CSM"}, {"id": "sdr", "name": "SDR"},
               {"id": "Sales Rep", "name": "Sales Rep"}]),
        "a job role whose name exists, in whatever case, is that job role",
    );
    assert_eq!(
        org["records"][0]["assigned"],
        json!([{"user": "2", "jobRole": "sdr"}, {"user": "1", "jobRole": "Sales Rep"}, "9"]),
        "whoever is unknown is kept by id, and confers nothing",
    );
    assert_eq!(
        report["unwritten"],
        json!([{"kind": "assigned users of accounts", "file": "members.csv", "rows": 1}])
    );
}

#[test]
fn profiles_start_like_others_and_differ_where_they_say_so() {
    let mapping = r#"
        [[profiles]]
        id = "rep"
        [profiles.permissions]
        account = { view = "owned", edit = "owned" }
        [profiles.toggles]
        export = true
        [[profiles]]
        id = "lead"
        name = "Lead"
        like = "rep"
        [profiles.permissions]
        account = { view = "reports" }
        [[profiles]]
        id = "root"
        like = "admin"
    "#;
    let (org, _) = Exports::new(mapping).imported();
    assert_eq!(
        org["profiles"].as_array().unwrap()[3..],
        [
            json!({"id": "rep", "name": "rep", "permissions": {"account": {"view": "owned", "edit": "owned"}}, "toggles": {"export": true}}),
            json!({"id": "lead", "name": "Lead", "permissions": {"account": {"view": "reports", "edit": "owned"}}, "toggles": {"export": true}}),
            json!({"id": "root", "name": "root", "admin": true}),
        ],
    );
    Exports::new("[[profiles]]\nid = \"a\"\nlike = \"b\"\n")
        .refused("error[unknown-reference]: profile.like names no profile that is made before: `b`, at the mapping\n");
    Exports::new("[[profiles]]\nid = \"admin\"\n")
        .refused("error[duplicate-id]: two profiles with the id `admin`, ");
}

#[test]
fn what_the_rules_refuse_is_not_written() {
    let long = "x".repeat(5_000);
    people(format!("Id,Name\n{long},Ada\n"))
        .refused("error[text-too-long]: the exports make an organisation that is refused: ");
}

#[test]
fn the_document_has_one_item_a_line() {
    let exports = people("Id,Name\n1,Ada\n2,Bo\n");
    exports.imported();
    let text = std::fs::read_to_string(exports.path("org.json")).unwrap();
    let users = "  \"users\": [\n    {\"id\": \"1\", \"name\": \"Ada\", \"profile\": \"default\"},\n    {\"id\": \"2\", \"name\": \"Bo\", \"profile\": \"default\"}\n  ],\n";
    assert!(
        text.starts_with("{\n  \"format\": \"sidelight.org/1\",\n"),
        "{text}"
    );
    assert!(text.contains(users), "{text}");
    assert!(
        text.ends_with("  \"companies\": [],\n  \"records\": [],\n  \"deals\": []\n}\n"),
        "{text}"
    );
}

#[cfg(unix)]
#[test]
fn the_output_is_an_ordinary_file_and_may_be_a_pipe() {
    use std::os::unix::fs::PermissionsExt;
    let exports = people("Id,Name\n1,Ada\n").with("plain", "");
    exports.imported();
    let mode = |file: &str| exports.path(file).metadata().unwrap().permissions().mode();
    assert_eq!(
        mode("org.json"),
        mode("plain"),
        "as readable as any new file"
    );

    let [folder, mapping] =
        ["", "mapping.toml"].map(|file| exports.path(file).to_str().unwrap().to_owned());
    let run = sidelight([
        "import",
        &folder,
        "--mapping",
        &mapping,
        "--output",
        "/dev/stdout",
    ])
    .ok();
    assert!(
        run.out.starts_with("{\n  \"format\": \"sidelight.org/1\""),
        "{}",
        run.out
    );
}

/// A whole export with Salesforce's own columns: hierarchy, people, teams, deleted rows.
#[test]
fn the_mapping_for_salesforce_reads_a_whole_export() {
    let exports = Exports::new("")
        .with("mapping.toml", std::fs::read(root().join("demo/mappings/salesforce.toml")).unwrap())
        .with("UserRole.csv", "\u{feff}Id,Name,ParentRoleId\r\nr1,\"VP, Sales\",\r\nr2,East Lead,r1\r\nr3,East,r2\r\nr4,West,r1\r\n")
        .with("Profile.csv", "Id,Name\np1,Standard User\np2,System Administrator\n")
        .with(
            "User.csv",
            "Id,FirstName,LastName,Email,UserRoleId,ProfileId,IsActive\n\
             u1,Alice,Moreau,alice@x.example,r2,p1,true\n\
             u2,Ben,Ø,ben@x.example,r3,p1,1\n\
             u3,Hugo,Gone,hugo@x.example,r3,p1,false\n\
             u4,,Root,root@x.example,,p2,true\n\
             u5,Wes,West,wes@x.example,r4,p9,true\n",
        )
        .with("Account.csv", "Id,Name,OwnerId,Industry,AnnualRevenue,IsDeleted\na1,Acme,u2,Energy,1200000,false\na2,Gone,u2,,,true\na3,Globex,u5,,,false\n")
        .with(
            "Opportunity.csv",
            "Id,Name,AccountId,OwnerId,StageName,Amount,CloseDate\n\
             o1,Lamps,a1,u3,Prospecting,1500.50,2026-12-01\n\
             o2,Desks,a3,u5,Closed Won,,2026-10-01\n\
             o3,Chairs,a9,u8,Closed Lost,1,2026-10-01\n",
        )
        .with("AccountTeamMember.csv", "Id,AccountId,UserId,TeamMemberRole,AccountAccessLevel\nt1,a3,u2,Sales Rep,Edit\n")
        .with("OpportunityTeamMember.csv", "Id,OpportunityId,UserId,TeamMemberRole\nt2,o2,u3,SDR\nt3,o7,u2,SDR\n");
    let (org, report) = exports.imported();
    assert_eq!(
        org["roles"][1],
        json!({"id": "r2", "name": "East Lead", "parent": "r1"})
    );
    assert_eq!(org["users"][3]["name"], "Root");
    assert_eq!(
        org["users"][4]["profile"], "hierarchy",
        "an unknown profile is never the administrator's"
    );
    assert_eq!(
        org["profiles"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|profile| profile["admin"] == true)
            .map(|profile| &profile["id"])
            .collect::<Vec<_>>(),
        ["admin", "p2"]
    );
    assert_eq!(
        org["records"][0]["fields"],
        json!({"industry": "Energy", "annualRevenue": 1_200_000})
    );
    assert_eq!(
        report["unwritten"],
        json!([{"kind": "assigned users of opportunities", "file": "OpportunityTeamMember.csv", "rows": 1}])
    );

    let path = exports.path("org.json");
    let seen = |user: &str, kind: &str| {
        let run = sidelight([
            "visible",
            path.to_str().unwrap(),
            "--user",
            user,
            "--type",
            kind,
            "--json",
        ])
        .ok();
        run.json()["ids"]
            .as_array()
            .unwrap()
            .iter()
            .map(|id| id.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        seen("u1", "account"),
        ["a1", "a3"],
        "what Ben owns, and what he is on the team of"
    );
    assert_eq!(
        seen("u1", "opportunity"),
        ["o1", "o2"],
        "what Hugo held, who has left"
    );
    assert_eq!(seen("u2", "account"), ["a1", "a3"]);
    assert_eq!(seen("u2", "opportunity"), Vec::<String>::new());
    assert_eq!(
        seen("u3", "account"),
        Vec::<String>::new(),
        "a locked user sees nothing"
    );
    assert_eq!(seen("u5", "account"), ["a3"]);
    assert_eq!(seen("u4", "opportunity"), ["o1", "o2", "o3"]);
}
