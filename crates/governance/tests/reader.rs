//! What is read from JSON, and where a fault in it is told to be (§10.1).
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use sidelight_governance::{Code, Governance, Query, RecordType, ids_from_json};

#[test]
fn a_list_of_ids_is_read_with_its_escapes() {
    assert_eq!(
        ids_from_json(r#"["a", "b\n\u00e9", ""]"#).unwrap(),
        ["a", "b\né", ""]
    );
    for (json, place) in [(r#"["a", 1]"#, "/1"), (r#"{"a": 1}"#, ""), ("[", "")] {
        let error = ids_from_json(json).unwrap_err();
        assert_eq!(
            (error.code(), error.path().as_str()),
            (Code::InvalidArgument, place),
            "{json}"
        );
    }
}

#[test]
fn numbers_of_every_kind_are_fields() {
    let governance = Governance::load(
        br#"{
            "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
            "profiles": [{"id": "all", "name": "All", "permissions": {"task": {"view": "all"}}}],
            "users": [{"id": "ada", "name": "Ada", "profile": "all"}],
            "records": [
                {"type": "task", "id": "below", "fields": {"place": -5}},
                {"type": "task", "id": "above", "fields": {"place": 5}},
                {"type": "task", "id": "between", "fields": {"place": 0.5}}
            ]
        }"#,
    )
    .unwrap();
    let now = governance.at("2026-11-21T12:00:00Z".parse().unwrap());
    let query =
        Query::from_json(r#"{"sort": [{"by": "place"}], "where": {"field": "place", "min": -5}}"#);
    let page = now
        .visible("ada", RecordType::Task, &query.unwrap())
        .unwrap();
    assert_eq!(page.ids, ["below", "between", "above"]);
}

/// Records are read apart from the rest of the document; that is nobody's business who looks for a fault.
#[test]
fn a_fault_is_told_with_its_line_and_column_in_the_document() {
    let fault = |records: &str| {
        let json = format!(
            "{{\n\"format\": \"sidelight.org/1\", \"id\": \"o\", \"name\": \"O\", \"timeZone\": \"UTC\",\n\
             \"profiles\": [], \"users\": [],\n\"records\": {records}\n}}"
        );
        Governance::load(json.as_bytes()).unwrap_err().to_string()
    };
    for (records, place) in [
        (r#"[{"type": "task", "id": 7}]"#, "line 4 column 37"),
        ("[\n{\"type\": \"task\",\n  \"id\": 7}]", "line 6 column 10"),
    ] {
        let told = fault(records);
        assert!(told.contains(place), "{told}");
    }
}
