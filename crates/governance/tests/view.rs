//! Views of what a user sees: filters, orders and pages (§5.4).
#![allow(clippy::unwrap_used, reason = "a test that fails to set up has failed")]

use sidelight_governance::{At, Change, Code, Governance, PipelineQuery, Query, RecordType};

const ORG: &str = r#"{
    "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
    "profiles": [
        {"id": "all", "name": "All", "permissions": {"opportunity": {"view": "all", "edit": "owned"}, "account": {"view": "owned"}}, "toggles": {"allDeals": true}}
    ],
    "users": [
        {"id": "ada", "name": "Ada", "profile": "all", "jobRole": "ae"},
        {"id": "bo", "name": "Bo", "profile": "all", "jobRole": "sdr"}
    ],
    "companies": [{"id": "c", "name": "C"}],
    "records": [
        {"type": "account", "id": "globex", "owner": "ada"},
        {"type": "opportunity", "id": "o1", "name": "Ärger", "owner": "ada", "account": "globex", "fields": {"amount": 30, "stage": "won", "hot": true}},
        {"type": "opportunity", "id": "o2", "name": "beta", "owner": "bo", "assigned": ["ada"], "fields": {"amount": 10, "stage": "open"}},
        {"type": "opportunity", "id": "o3", "owner": "ghost", "assigned": [{"user": "bo", "jobRole": "csm"}], "fields": {"amount": "a lot", "stage": "won"}},
        {"type": "opportunity", "id": "o4", "name": "Gamma", "fields": {"amount": 20, "stage": null}},
        {"type": "opportunity", "id": "o5", "name": "delta", "owner": "ada", "account": "initech"}
    ],
    "deals": [
        {"id": "d1", "company": "c", "owner": "ada", "amount": "10.50", "currency": "EUR", "stage": "open", "createdAt": "2026-01-02T00:00:00Z"},
        {"id": "d2", "company": "c", "owner": "bo", "amount": "9", "currency": "EUR", "stage": "open", "createdAt": "2026-01-01T00:00:00+05:00"},
        {"id": "d3", "company": "c", "owner": "bo", "amount": "9", "currency": "USD", "stage": "open"},
        {"id": "d4", "company": "c", "owner": "bo"}
    ]
}"#;

fn asked<T>(ask: impl FnOnce(At<'_>) -> T) -> T {
    let governance = Governance::load(ORG.as_bytes()).unwrap();
    ask(governance.at("2026-11-21T12:00:00Z".parse().unwrap()))
}

fn check(query: &str, expected: &[&str]) {
    let page = asked(|now| {
        now.visible(
            "ada",
            RecordType::Opportunity,
            &Query::from_json(query).unwrap(),
        )
    })
    .unwrap();
    assert_eq!(page.ids, expected, "{query}");
    assert_eq!(page.total, expected.len(), "{query}");
    assert_eq!(page.cursor, None, "{query}");
}

#[test]
fn filters_select() {
    check("{}", &["o1", "o2", "o3", "o4", "o5"]);
    check(r#"{"action": "edit"}"#, &["o1", "o2", "o5"]);
    check(r#"{"view": "assigned-to-me"}"#, &["o1", "o2", "o5"]);
    check(r#"{"where": {"assigned": ["ada", "nobody"]}}"#, &["o2"]);
    check(r#"{"where": {"owner": ["ghost"]}}"#, &["o3"]);
    check(r#"{"where": {"jobRole": ["ae"]}}"#, &["o1", "o2", "o5"]);
    check(r#"{"where": {"jobRole": ["sdr"]}}"#, &["o2"]);
    check(r#"{"where": {"jobRole": ["csm"]}}"#, &["o3"]);
    check(r#"{"where": {"account": ["globex"]}}"#, &["o1"]);
    check(r#"{"where": {"text": "äRG"}}"#, &["o1"]);
    check(r#"{"where": {"text": "O3"}}"#, &["o3"]);
    check(
        r#"{"where": {"field": "stage", "is": "won"}}"#,
        &["o1", "o3"],
    );
    check(
        r#"{"where": {"field": "stage", "is": null}}"#,
        &["o4", "o5"],
    );
    check(r#"{"where": {"field": "hot", "is": true}}"#, &["o1"]);
    check(
        r#"{"where": {"field": "amount", "min": 10, "max": 20}}"#,
        &["o2", "o4"],
    );
    check(r#"{"where": {"field": "amount", "min": "a"}}"#, &["o3"]);
    check(r#"{"where": {"field": "owner", "is": "bo"}}"#, &["o2"]);
    check(
        r#"{"where": {"all": [{"field": "stage", "is": "won"}, {"not": {"text": "o3"}}]}}"#,
        &["o1"],
    );
    check(r#"{"where": {"any": []}}"#, &[]);
    check(r#"{"where": {"all": []}}"#, &["o1", "o2", "o3", "o4", "o5"]);
}

#[test]
fn sorts_put_numbers_before_text_and_nothing_last_either_way() {
    check(
        r#"{"sort": [{"by": "amount"}]}"#,
        &["o2", "o4", "o1", "o3", "o5"],
    );
    check(
        r#"{"sort": [{"by": "amount", "descending": true}]}"#,
        &["o3", "o1", "o4", "o2", "o5"],
    );
    check(
        r#"{"sort": [{"by": "stage"}, {"by": "amount", "descending": true}]}"#,
        &["o2", "o3", "o1", "o4", "o5"],
    );
    check(
        r#"{"sort": [{"by": "name"}]}"#,
        &["o4", "o2", "o5", "o1", "o3"],
    );
}

#[test]
fn a_field_is_found_in_any_order_and_the_later_of_two_counts() {
    let governance = Governance::load(
        br#"{
            "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
            "profiles": [{"id": "all", "name": "All", "permissions": {"task": {"view": "all"}}}],
            "users": [{"id": "ada", "name": "Ada", "profile": "all"}],
            "records": [
                {"type": "task", "id": "t1", "fields": {"stage": "open", "hot": true}},
                {"type": "task", "id": "t2", "fields": {"hot": false, "stage": "won"}},
                {"type": "task", "id": "t3", "fields": {"stage": "open", "stage": "won"}},
                {"type": "task", "id": "t4", "fields": {"stage": "won", "hot": true, "stage": "open"}}
            ]
        }"#,
    )
    .unwrap();
    let now = governance.at("2026-11-21T12:00:00Z".parse().unwrap());
    for (query, expected) in [
        (
            r#"{"where": {"field": "stage", "is": "won"}}"#,
            &["t2", "t3"][..],
        ),
        (
            r#"{"where": {"field": "stage", "is": "open"}}"#,
            &["t1", "t4"],
        ),
        (r#"{"where": {"field": "hot", "is": true}}"#, &["t1", "t4"]),
        (r#"{"sort": [{"by": "hot"}]}"#, &["t2", "t1", "t4", "t3"]),
        (
            r#"{"sort": [{"by": "hot", "descending": true}, {"by": "stage"}]}"#,
            &["t1", "t4", "t2", "t3"],
        ),
    ] {
        let query = Query::from_json(query).unwrap();
        let page = now.visible("ada", RecordType::Task, &query).unwrap();
        assert_eq!(page.ids, expected, "{query:?}");
    }
}

#[test]
fn a_filter_by_a_field_finds_what_was_put_since_the_organisation_was_loaded() {
    let mut governance = Governance::load(ORG.as_bytes()).unwrap();
    let changes = r#"[
        {"op": "put", "kind": "record", "value": {"type": "opportunity", "id": "o2", "fields": {"stage": "won"}}},
        {"op": "put", "kind": "record", "value": {"type": "opportunity", "id": "o1", "fields": {"stage": "open"}}},
        {"op": "put", "kind": "record", "value": {"type": "opportunity", "id": "o6", "fields": {"stage": "never seen before"}}}
    ]"#;
    governance
        .apply(&Change::list_from_json(changes).unwrap())
        .unwrap();
    let now = governance.at("2026-11-21T12:00:00Z".parse().unwrap());
    for (stage, expected) in [
        ("won", &["o2", "o3"][..]),
        ("open", &["o1"]),
        ("never seen before", &["o6"]),
        ("nowhere", &[]),
    ] {
        let query = format!(r#"{{"where": {{"field": "stage", "is": "{stage}"}}}}"#);
        let query = Query::from_json(&query).unwrap();
        let page = now.visible("ada", RecordType::Opportunity, &query).unwrap();
        assert_eq!(page.ids, expected, "{stage}");
    }
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    asked(|now| {
        for sort in [
            "",
            r#", "sort": [{"by": "stage"}]"#,
            r#", "sort": [{"by": "amount", "descending": true}]"#,
        ] {
            let whole = now
                .visible(
                    "ada",
                    RecordType::Opportunity,
                    &Query::from_json(&format!(r#"{{"limit": 9{sort}}}"#)).unwrap(),
                )
                .unwrap();
            for limit in 1..=5 {
                let mut query =
                    Query::from_json(&format!(r#"{{"limit": {limit}{sort}}}"#)).unwrap();
                let mut ids = Vec::new();
                loop {
                    let page = now.visible("ada", RecordType::Opportunity, &query).unwrap();
                    assert_eq!(page.total, 5);
                    ids.extend(page.ids);
                    query.cursor = page.cursor;
                    if query.cursor.is_none() {
                        break;
                    }
                }
                assert_eq!(ids, whole.ids, "{sort} by {limit}");
            }
        }
    });
}

#[test]
fn a_cursor_belongs_to_its_question() {
    asked(|now| {
        let first = Query {
            limit: Some(1),
            ..Query::default()
        };
        let cursor = now
            .visible("ada", RecordType::Opportunity, &first)
            .unwrap()
            .cursor;
        assert!(cursor.is_some());
        let code = |query: &Query| {
            now.visible("ada", RecordType::Opportunity, query)
                .map_err(|error| error.code())
                .err()
        };
        assert_eq!(
            code(&Query {
                cursor: cursor.clone(),
                limit: Some(3),
                ..Query::default()
            }),
            None
        );
        assert_eq!(
            code(&Query {
                cursor: cursor.clone(),
                view: Some("assigned-to-me".to_owned()),
                ..Query::default()
            }),
            Some(Code::InvalidCursor)
        );
        let question = cursor.as_deref().and_then(|cursor| cursor.split_once('-'));
        let made_of = |rest: &str| format!("{}-{rest}", question.unwrap().0);
        for forged in ["", "1", "-", "0000000000000000-6f31", "x-y"]
            .map(str::to_owned)
            .into_iter()
            .chain(["", "1", "6f", "6f3", "6f39", "6f31ff", "ä"].map(made_of))
        {
            assert_eq!(
                code(&Query {
                    cursor: Some(forged.clone()),
                    ..Query::default()
                }),
                Some(Code::InvalidCursor),
                "{forged}"
            );
        }
    });
}

#[test]
fn a_cursor_tells_nothing_of_what_its_asker_is_not_shown() {
    let loaded = |id: &str, hidden: &str| {
        let document = format!(
            r#"{{
                "format": "sidelight.org/1", "id": "{id}", "name": "O", "timeZone": "UTC",
                "profiles": [{{"id": "own", "name": "Own", "permissions": {{"account": {{"view": "owned"}}}}}}],
                "users": [
                    {{"id": "eve", "name": "Eve", "profile": "own", "memberships": [{{"company": "c", "tier": "sales", "primary": true}}]}},
                    {{"id": "bo", "name": "Bo", "profile": "own"}}
                ],
                "companies": [{{"id": "c", "name": "C"}}],
                "records": [
                    {hidden}
                    {{"type": "account", "id": "a1", "owner": "eve", "fields": {{"revenue": 10}}}},
                    {{"type": "account", "id": "a2", "owner": "eve", "fields": {{"revenue": 30}}}}
                ],
                "deals": [
                    {{"id": "d0", "company": "c", "owner": "bo", "amount": "20"}},
                    {{"id": "d1", "company": "c", "owner": "eve", "amount": "10"}},
                    {{"id": "d2", "company": "c", "owner": "eve", "amount": "30"}}
                ]
            }}"#
        );
        Governance::load(document.as_bytes()).unwrap()
    };
    let hidden = r#"{"type": "account", "id": "a0", "owner": "bo", "fields": {"revenue": 20}},"#;
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    let (with, without, other) = (loaded("o", hidden), loaded("o", ""), loaded("other", ""));
    let question = r#"{"limit": 1, "sort": [{"by": "revenue"}]}"#;
    let page = |of: &Governance, cursor: Option<&str>| {
        let mut query = Query::from_json(question).unwrap();
        query.cursor = cursor.map(str::to_owned);
        of.at(now).visible("eve", RecordType::Account, &query)
    };
    let cursor = page(&with, None).unwrap().cursor.unwrap();
    assert_eq!(Some(&cursor), page(&without, None).unwrap().cursor.as_ref());
    assert_eq!(page(&with, Some(&cursor)).unwrap().ids, ["a2"]);
    assert_eq!(page(&without, Some(&cursor)).unwrap().ids, ["a2"]);
    let slice = Governance::load(&with.at(now).slice("eve").unwrap()).unwrap();
    assert_eq!(page(&slice, Some(&cursor)).unwrap().ids, ["a2"]);
    let code = |of, cursor: &str| page(of, Some(cursor)).unwrap_err().code();
    assert_eq!(code(&other, &cursor), Code::InvalidCursor);
    // Of one that is hidden and of one that there is not: the same, with the same words.
    let [hidden, unknown] = ["6130", "6139"].map(|id| cursor.replace("6131", id));
    assert_eq!(code(&with, &hidden), Code::InvalidCursor);
    assert_eq!(
        page(&with, Some(&hidden)).unwrap_err().message(),
        page(&with, Some(&unknown)).unwrap_err().message(),
    );

    let page = |cursor: Option<String>| {
        let query = r#"{"limit": 1, "sort": [{"by": "amount"}]}"#;
        let mut query = PipelineQuery::from_json(query).unwrap();
        query.cursor = cursor;
        with.at(now).pipeline("eve", &query)
    };
    let cursor = page(None).unwrap().cursor.unwrap();
    let next = page(Some(cursor.clone())).unwrap();
    assert_eq!(next.rows.first().map(|row| row.id.as_str()), Some("d2"));
    for forged in ["6430", "6439"].map(|id| cursor.replace("6431", id)) {
        let refused = page(Some(forged)).unwrap_err();
        assert_eq!(refused.code(), Code::InvalidCursor);
    }
}

#[test]
fn a_cursor_belongs_to_the_values_that_were_asked_for() {
    asked(|now| {
        let page = |filter: &str, cursor: Option<String>| {
            let query = format!(r#"{{"limit": 1, "where": {{"field": "stage", {filter}}}}}"#);
            let mut query = Query::from_json(&query).unwrap();
            query.cursor = cursor;
            now.visible("ada", RecordType::Opportunity, &query)
        };
        let cursor = page(r#""is": "won""#, None).unwrap().cursor;
        assert!(cursor.is_some());
        assert!(page(r#""is": "won""#, cursor.clone()).is_ok());
        for other in [
            r#""is": "open""#,
            r#""is": 1"#,
            r#""is": true"#,
            r#""min": "won""#,
        ] {
            let error = page(other, cursor.clone()).unwrap_err();
            assert_eq!(error.code(), Code::InvalidCursor, "{other}");
        }
    });
}

#[test]
fn the_pipeline_is_sorted_by_any_of_its_columns() {
    let governance = Governance::load(
        br#"{
            "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
            "profiles": [{"id": "all", "name": "All", "toggles": {"allDeals": true}}],
            "users": [{"id": "ada", "name": "Ada", "profile": "all"}, {"id": "bo", "name": "Bo", "profile": "all"}],
            "companies": [{"id": "c1", "name": "C"}, {"id": "c2", "name": "D"}],
            "deals": [
                {"id": "2", "name": "Two", "company": "c2", "owner": "bo", "registeredBy": "bo", "stage": "won", "amount": "20",
                 "currency": "USD", "expectedClose": "2026-04-02", "createdAt": "2026-01-02T00:00:00Z"},
                {"id": "1", "name": "One", "company": "c1", "owner": "ada", "registeredBy": "ada", "stage": "open", "amount": "9.5",
                 "currency": "EUR", "expectedClose": "2026-04-01", "createdAt": "2026-01-01T00:00:00Z"}
            ]
        }"#,
    )
    .unwrap();
    let now = governance.at("2026-11-21T12:00:00Z".parse().unwrap());
    for column in [
        "id",
        "name",
        "company",
        "owner",
        "registeredBy",
        "stage",
        "amount",
        "currency",
        "expectedClose",
        "createdAt",
    ] {
        for (descending, expected) in [(false, ["1", "2"]), (true, ["2", "1"])] {
            let query =
                format!(r#"{{"sort": [{{"by": "{column}", "descending": {descending}}}]}}"#);
            let pipeline = now
                .pipeline("ada", &PipelineQuery::from_json(&query).unwrap())
                .unwrap();
            let ids: Vec<_> = pipeline.rows.iter().map(|row| row.id.as_str()).collect();
            assert_eq!(ids, expected, "{query}");
        }
    }
}

#[test]
fn faults_in_a_query_have_a_code_and_a_place() {
    for (query, code, place) in [
        (
            r#"{"where": {"text": "a", "owner": []}}"#,
            Code::InvalidFilter,
            "/where",
        ),
        (r#"{"where": {}}"#, Code::InvalidFilter, "/where"),
        (r#"{"where": {"is": 1}}"#, Code::InvalidFilter, "/where"),
        (
            r#"{"where": {"text": "a", "min": 1}}"#,
            Code::InvalidFilter,
            "/where",
        ),
        (
            r#"{"where": {"field": "x", "is": 1, "is": 2}}"#,
            Code::InvalidFilter,
            "/where",
        ),
        (
            r#"{"where": {"field": "x"}}"#,
            Code::InvalidFilter,
            "/where",
        ),
        (
            r#"{"where": {"all": [{"assigned": [1]}]}}"#,
            Code::InvalidField,
            "/where/all/0/assigned/0",
        ),
        (
            r#"{"where": {"asigned": []}}"#,
            Code::InvalidFilter,
            "/where/asigned",
        ),
        (r#"{"action": "look"}"#, Code::UnknownAction, "/action"),
        (r#"{"limit": -1}"#, Code::InvalidField, "/limit"),
        (
            r#"{"sort": [{"descending": true}]}"#,
            Code::InvalidField,
            "/sort/0",
        ),
        ("{", Code::MalformedJson, ""),
        ("{} {}", Code::MalformedJson, ""),
    ] {
        let error = Query::from_json(query).err();
        assert_eq!(
            error.map(|error| (error.code(), error.path().to_string())),
            Some((code, place.to_owned())),
            "{query}"
        );
    }
    for (query, code, place) in [
        (r#"{"view": "nope"}"#, Code::UnknownView, "/view"),
        (r#"{"action": "create"}"#, Code::InvalidArgument, "/action"),
        (
            r#"{"action": "create", "limit": 1}"#,
            Code::InvalidArgument,
            "/action",
        ),
    ] {
        let query_read = Query::from_json(query).unwrap();
        let error = asked(|now| {
            let told = now.visible("ada", RecordType::Opportunity, &query_read);
            told.err()
        });
        assert_eq!(
            error.map(|error| (error.code(), error.path().to_string())),
            Some((code, place.to_owned())),
            "{query}"
        );
    }
}

#[test]
fn the_pipeline_is_filtered_sorted_and_added_up_by_currency() {
    let ask = |query: &str| {
        asked(|now| now.pipeline("ada", &PipelineQuery::from_json(query).unwrap())).unwrap()
    };
    let ids = |query: &str| {
        ask(query)
            .rows
            .into_iter()
            .map(|row| row.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids(r#"{"sort": [{"by": "amount"}]}"#),
        ["d2", "d3", "d1", "d4"]
    );
    assert_eq!(
        ids(r#"{"sort": [{"by": "createdAt"}]}"#),
        ["d2", "d1", "d3", "d4"]
    );
    assert_eq!(ids(r#"{"stage": ["open"], "owner": ["bo"]}"#), ["d2", "d3"]);
    assert_eq!(ids(r#"{"stage": [""]}"#), ["d4"]);
    assert_eq!(ids(r#"{"company": ["x"]}"#), Vec::<String>::new());
    assert_eq!(ids(r#"{"text": "D1"}"#), ["d1"]);

    let page = ask(r#"{"limit": 1}"#);
    assert_eq!((page.total, page.rows.len()), (4, 1));
    assert!(page.cursor.is_some());
    let totals: Vec<_> = page
        .totals
        .iter()
        .map(|total| {
            (
                total.stage.as_str(),
                total.currency.as_deref(),
                total.count,
                total.amount.to_string(),
            )
        })
        .collect();
    assert_eq!(
        totals,
        [
            ("", None, 1, "0".to_owned()),
            ("open", Some("EUR"), 2, "19.50".to_owned()),
            ("open", Some("USD"), 1, "9".to_owned()),
        ]
    );
}
