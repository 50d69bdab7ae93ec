//! Random queries over the organisations of [`organisation`](super::organisation), as the contract's JSON.

use proptest::collection::vec;
use proptest::option::weighted as maybe;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use sidelight_governance::{Action, Filter, Sort};

use super::IDS;

const FIELDS: [&str; 9] = [
    "id",
    "name",
    "owner",
    "account",
    "size",
    "region",
    "hot",
    "__proto__",
    "nothing",
];

/// A filter as a saved view has it.
#[expect(
    clippy::expect_used,
    reason = "what is generated is the contract's JSON"
)]
pub(super) fn stored_filter() -> impl Strategy<Value = Filter> {
    // One that leaves few out is more often between nothing and everything.
    let few = ids().prop_map(|ids| json!({ "not": { "owner": ids } }));
    prop_oneof![filter(), few].prop_map(|json| serde_json::from_value(json).expect("a filter"))
}

/// An order as a saved view has it.
#[expect(
    clippy::expect_used,
    reason = "what is generated is the contract's JSON"
)]
pub(super) fn stored_sort() -> impl Strategy<Value = Vec<Sort>> {
    sort(&FIELDS).prop_map(|json| serde_json::from_value(json.into()).expect("an order"))
}

/// A query over records, without limit and cursor.
pub fn query() -> impl Strategy<Value = Value> {
    (
        maybe(
            0.3,
            select(vec![
                Action::View,
                Action::Edit,
                Action::Delete,
                Action::Assign,
            ]),
        ),
        maybe(0.2, Just("assigned-to-me")),
        maybe(0.7, filter()),
        maybe(0.7, sort(&FIELDS)),
    )
        .prop_map(|(action, view, filter, sort)| {
            object([
                ("action", action.map(|action| json!(action))),
                ("view", view.map(Value::from)),
                ("where", filter),
                ("sort", sort.map(Value::from)),
            ])
        })
}

/// A query over deals, without limit and cursor.
pub fn pipeline_query() -> impl Strategy<Value = Value> {
    let fields = [
        "id",
        "name",
        "company",
        "owner",
        "registeredBy",
        "stage",
        "amount",
        "currency",
        "expectedClose",
    ];
    (
        maybe(0.3, stages()),
        maybe(0.2, ids()),
        maybe(0.2, ids()),
        maybe(0.2, text()),
        maybe(0.7, sort(&fields)),
    )
        .prop_map(|(stage, company, owner, text, sort)| {
            object([
                ("stage", stage),
                ("company", company),
                ("owner", owner),
                ("text", text),
                ("sort", sort.map(Value::from)),
            ])
        })
}

fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect::<Map<_, _>>()
        .into()
}

fn filter() -> impl Strategy<Value = Value> {
    let bound = || {
        prop_oneof![
            select(vec![-1.5, 0.0, 2.0, 10.0]).prop_map(Value::from),
            select(vec!["", "10", "EMEA", "e"]).prop_map(Value::from)
        ]
    };
    let is = prop_oneof![
        bound(),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from)
    ];
    let name = || {
        select(vec![
            "size",
            "region",
            "hot",
            "__proto__",
            "name",
            "owner",
            "account",
            "nothing",
        ])
    };
    let job_roles = vec(
        select(
            ["ae", "bdr", "csm", "sdr"]
                .into_iter()
                .chain(IDS)
                .collect::<Vec<_>>(),
        ),
        0..6,
    );
    let leaf = prop_oneof![
        ids().prop_map(|ids| json!({ "assigned": ids })),
        ids().prop_map(|ids| json!({ "owner": ids })),
        ids().prop_map(|ids| json!({ "account": ids })),
        job_roles.prop_map(|job_roles| json!({ "jobRole": job_roles })),
        text().prop_map(|text| json!({ "text": text })),
        (name(), is).prop_map(|(name, is)| json!({ "field": name, "is": is })),
        (name(), bound()).prop_map(|(name, min)| json!({ "field": name, "min": min })),
        (name(), bound(), bound())
            .prop_map(|(name, min, max)| json!({ "field": name, "min": min, "max": max })),
    ];
    leaf.prop_recursive(3, 12, 3, |filter| {
        prop_oneof![
            vec(filter.clone(), 0..3).prop_map(|filters| json!({ "all": filters })),
            vec(filter.clone(), 0..3).prop_map(|filters| json!({ "any": filters })),
            filter.prop_map(|filter| json!({ "not": filter })),
        ]
    })
}

fn ids() -> impl Strategy<Value = Value> {
    vec(select(IDS.to_vec()), 0..8).prop_map(Value::from)
}

fn stages() -> impl Strategy<Value = Value> {
    vec(select(vec!["", "new", "won", "NEW"]), 0..3).prop_map(Value::from)
}

fn text() -> impl Strategy<Value = Value> {
    select(vec!["", "acme", "EAST", "STRASSE", "ß", "i", "ω", "a", "0"]).prop_map(Value::from)
}

fn sort(fields: &[&'static str]) -> impl Strategy<Value = Vec<Value>> + use<> {
    let key = (select(fields.to_vec()), maybe(0.6, any::<bool>())).prop_map(|(by, descending)| {
        match descending {
            Some(descending) => json!({ "by": by, "descending": descending }),
            None => json!({ "by": by }),
        }
    });
    vec(key, 0..3)
}
