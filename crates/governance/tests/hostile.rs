//! Hostile documents end in an error or an answer: never in a panic, a hang or a wrong answer (§10).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails to set up has failed"
)]

use std::fmt::Write;

use sidelight_governance::org::{Profile, Role, SavedView, User};
use sidelight_governance::{
    Action, Change, Code, Filter, Governance, Limits, Org, PipelineQuery, PredictOptions, Query,
    RecordType, Scope, Thing,
};

const NOW: &str = "2026-11-21T12:00:00Z";

fn document(members: &str) -> String {
    format!(
        r#"{{"format":"sidelight.org/1","id":"o","name":"O","timeZone":"UTC","profiles":[{{"id":"p","name":"P","permissions":{{"account":{{"view":"reports"}}}}}}],{members}}}"#
    )
}

/// What loading answers: the code and place of the error, or nothing.
fn fault(json: &str) -> Option<(Code, String)> {
    Governance::load(json.as_bytes())
        .err()
        .map(|error| (error.code(), error.path().to_string()))
}

#[test]
fn a_chain_of_a_hundred_thousand_roles_is_answered() {
    let mut roles = String::from(r#"{"id":"0","name":"r"}"#);
    for role in 1..100_000 {
        write!(
            roles,
            r#",{{"id":"{role}","name":"r","parent":"{}"}}"#,
            role - 1
        )
        .unwrap();
    }
    let json = document(&format!(
        r#""roles":[{roles}],"users":[{{"id":"top","name":"T","profile":"p","role":"0"}},{{"id":"bottom","name":"B","profile":"p","role":"99999"}}],
           "records":[{{"type":"account","id":"a","owner":"bottom"}}]"#
    ));
    let governance = Governance::load(json.as_bytes()).unwrap();
    let now = governance.at(NOW.parse().unwrap());
    assert_eq!(
        now.can("top", Action::View, RecordType::Account, Some("a")),
        Ok(true)
    );
    let decision = now
        .explain("top", Action::View, RecordType::Account, Some("a"))
        .unwrap();
    let roles = decision
        .grants
        .first()
        .and_then(|grant| grant.roles.as_ref())
        .map(Vec::len);
    assert_eq!(roles, Some(100_000));
}

#[test]
fn a_cycle_of_a_hundred_thousand_roles_is_answered() {
    let mut roles = String::from(r#"{"id":"0","name":"r","parent":"99999"}"#);
    for role in 1..100_000 {
        write!(
            roles,
            r#",{{"id":"{role}","name":"r","parent":"{}"}}"#,
            role - 1
        )
        .unwrap();
    }
    let json = document(&format!(
        r#""roles":[{roles}],"users":[{{"id":"u","name":"U","profile":"p","role":"0"}},{{"id":"v","name":"V","profile":"p","role":"5"}}],
           "records":[{{"type":"account","id":"a","owner":"v"}}]"#
    ));
    let governance = Governance::load(json.as_bytes()).unwrap();
    let now = governance.at(NOW.parse().unwrap());
    assert_eq!(
        now.can("u", Action::View, RecordType::Account, Some("a")),
        Ok(false)
    );
    let cycles: Vec<_> = now
        .diagnose()
        .into_iter()
        .filter(|diagnostic| diagnostic.code == "role-cycle")
        .collect();
    assert_eq!(cycles.len(), 1);
}

#[test]
fn ids_that_are_special_elsewhere_are_ordinary() {
    let ids = [
        "__proto__",
        "constructor",
        "toString",
        "🦊",
        "007",
        "7",
        "a",
        "A",
        " ",
        "\\u0000",
        "p",
        "null",
    ];
    let users: Vec<_> = ids
        .iter()
        .map(|id| format!(r#"{{"id":"{id}","name":"N","profile":"p"}}"#))
        .collect();
    let records: Vec<_> = ids
        .iter()
        .map(|id| format!(r#"{{"type":"account","id":"{id}","owner":"{id}"}}"#))
        .collect();
    let json = document(&format!(
        r#""users":[{}],"records":[{}]"#,
        users.join(","),
        records.join(",")
    ));
    let governance = Governance::load(json.as_bytes()).unwrap();
    let now = governance.at(NOW.parse().unwrap());
    for user in ids.map(|id| id.replace("\\u0000", "\0")) {
        let seen = now
            .visible(&user, RecordType::Account, &Query::default())
            .unwrap();
        assert_eq!(seen.ids, std::slice::from_ref(&user), "{user:?}");
    }
}

#[test]
fn nesting_ends_in_an_error_with_its_code() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let nested = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        assert!(fault(&nested).is_some());
        let field = document(&format!(
            r#""users":[],"records":[{{"type":"task","id":"t","fields":{{"f":{nested}}}}}]"#
        ));
        assert_eq!(
            fault(&field),
            Some((Code::InvalidField, "/records/0/fields/f".to_owned()))
        );
        // A member that the format does not have is passed over, without recursion.
        assert_eq!(
            fault(&document(&format!(r#""users":[],"unknown":{nested}"#))),
            None
        );
    }
}

#[test]
fn filters_past_the_depth_limit_are_refused() {
    let governance =
        Governance::load(document(r#""users":[{"id":"u","name":"U","profile":"p"}]"#).as_bytes())
            .unwrap();
    let now = governance.at(NOW.parse().unwrap());
    let nested = |depth: usize| {
        (1..depth).fold(Filter::Text(String::new()), |filter, _| {
            Filter::Not(Box::new(filter))
        })
    };
    let ask = |filter| {
        now.visible(
            "u",
            RecordType::Account,
            &Query {
                filter: Some(filter),
                ..Query::default()
            },
        )
    };
    assert!(ask(nested(Filter::MAX_DEPTH)).is_ok());
    for depth in [Filter::MAX_DEPTH + 1, 10_000] {
        assert_eq!(
            ask(nested(depth)).map_err(|error| error.code()),
            Err(Code::TooDeep)
        );
    }

    let json = format!(
        r#"{{"where":{}{{"text":""}}{}}}"#,
        r#"{"not":"#.repeat(10_000),
        "}".repeat(10_000)
    );
    assert_eq!(
        Query::from_json(&json).map_err(|error| error.code()),
        Err(Code::TooDeep)
    );
}

#[test]
fn what_is_not_json_is_refused() {
    for json in [
        "",
        " ",
        "{",
        "null",
        "[]",
        "\u{feff}{}",
        "{}}",
        r#"{"format":"#,
        "\0",
        r#"{"id":"\ud800"}"#,
    ] {
        assert!(fault(json).is_some(), "{json:?}");
    }
    assert_eq!(
        Governance::load(&[0xff, 0xfe, b'{', b'}'])
            .map_err(|error| error.code())
            .err(),
        Some(Code::MalformedJson)
    );
    let twice = document(r#""users":[],"users":[]"#);
    assert_eq!(
        fault(&twice).map(|(code, _)| code),
        Some(Code::InvalidField)
    );
    let trailing = document(r#""users":[]"#) + "x";
    assert_eq!(fault(&trailing), Some((Code::MalformedJson, String::new())));
}

#[test]
fn an_object_is_not_taken_in_the_form_of_a_list() {
    let json = document(r#""users":[["u","U",null,"p"]]"#);
    assert_eq!(
        fault(&json),
        Some((Code::InvalidField, "/users/0".to_owned()))
    );
}

#[test]
fn each_limit_has_its_code_and_holds_at_its_bound() {
    let json = document(
        r#""roles":[{"id":"r1","name":"n"},{"id":"r2","name":"n"}],
           "users":[{"id":"u1","name":"n","profile":"p"},{"id":"u2","name":"n","profile":"p"}],
           "companies":[{"id":"c1","name":"n"},{"id":"c2","name":"n"}],
           "records":[{"type":"task","id":"t1"},{"type":"call","id":"t1"}],
           "deals":[{"id":"d1","company":"c1","owner":"u1"},{"id":"d2","company":"c1","owner":"u1"}]"#,
    );
    let code = |set: fn(&mut Limits, usize), limit: usize| {
        let mut limits = Limits::default();
        set(&mut limits, limit);
        Governance::load_within(json.as_bytes(), &limits)
            .map_err(|error| error.code())
            .err()
    };
    type Set = fn(&mut Limits, usize);
    let cases: [(Set, usize, Code); 7] = [
        (
            |limits, limit| limits.document = limit,
            json.len(),
            Code::DocumentTooLarge,
        ),
        (|limits, limit| limits.users = limit, 2, Code::TooManyUsers),
        (|limits, limit| limits.roles = limit, 2, Code::TooManyRoles),
        (
            |limits, limit| limits.records = limit,
            2,
            Code::TooManyItems,
        ),
        (|limits, limit| limits.deals = limit, 2, Code::TooManyItems),
        (|limits, limit| limits.text = limit, 3, Code::TextTooLong),
        // The four job roles that exist from the start count as well.
        (
            |limits, limit| limits.catalogue = limit,
            4,
            Code::TooManyItems,
        ),
    ];
    for (set, bound, refused) in cases {
        assert_eq!(code(set, bound), None, "{refused} at its bound");
        assert_eq!(
            code(set, bound - 1),
            Some(refused),
            "{refused} past its bound"
        );
    }
}

#[test]
fn no_text_of_a_document_is_longer_than_the_limit() {
    const LIMIT: usize = 40;
    let limits = {
        let mut limits = Limits::default();
        limits.text = LIMIT;
        limits
    };
    let user =
        |members: &str| format!(r#""users":[{{"id":"u","name":"U","profile":"p",{members}}}]"#);
    let record = |members: &str| format!(r#""records":[{{"type":"account","id":"a",{members}}}]"#);
    let deal = |members: &str| {
        format!(r#""companies":[{{"id":"c","name":"C"}}],"deals":[{{"id":"d",{members}}}]"#)
    };
    for (members, place) in [
        (
            r#""users":[{"id":"LONG","name":"U","profile":"p"}]"#.to_owned(),
            "/users/0/id",
        ),
        (
            r#""users":[{"id":"u","name":"LONG","profile":"p"}]"#.to_owned(),
            "/users/0/name",
        ),
        (user(r#""email":"LONG""#), "/users/0/email"),
        (user(r#""role":"LONG""#), "/users/0/role"),
        (user(r#""jobRole":"LONG""#), "/users/0/jobRole"),
        (
            user(r#""memberships":[{"company":"LONG","tier":"sales"}]"#),
            "/users/0/memberships/0/company",
        ),
        (
            user(r#""guest":{"claimed":true,"expiresAt":"2026-03-01T00:00:00Z","sponsor":"LONG"}"#),
            "/users/0/guest/sponsor",
        ),
        (
            r#""roles":[{"id":"r","name":"LONG"}]"#.to_owned(),
            "/roles/0/name",
        ),
        (
            r#""roles":[{"id":"r","name":"R","parent":"LONG"}]"#.to_owned(),
            "/roles/0/parent",
        ),
        (
            r#""jobRoles":[{"id":"j","name":"LONG"}]"#.to_owned(),
            "/jobRoles/0/name",
        ),
        (
            r#""companies":[{"id":"c","name":"LONG"}]"#.to_owned(),
            "/companies/0/name",
        ),
        (
            r#""companies":[{"id":"c","name":"C","accountOwnerEmail":"LONG"}]"#.to_owned(),
            "/companies/0/accountOwnerEmail",
        ),
        (record(r#""name":"LONG""#), "/records/0/name"),
        (record(r#""owner":"LONG""#), "/records/0/owner"),
        (record(r#""account":"LONG""#), "/records/0/account"),
        (deal(r#""company":"LONG","owner":"u""#), "/deals/0/company"),
        (deal(r#""company":"c","owner":"LONG""#), "/deals/0/owner"),
        (
            deal(r#""company":"c","owner":"u","registeredBy":"LONG""#),
            "/deals/0/registeredBy",
        ),
        (
            r#""views":[{"id":"v","user":"u","name":"LONG","type":"task"}]"#.to_owned(),
            "/views/0/name",
        ),
    ] {
        let found = |length: usize| {
            let mut members = members.replace("LONG", &"x".repeat(length));
            if !members.contains(r#""users""#) {
                members += r#","users":[]"#;
            }
            let json = document(&members);
            let fault = Governance::load_within(json.as_bytes(), &limits).err();
            fault.map(|fault| (fault.code(), fault.path().to_string()))
        };
        assert_eq!(found(LIMIT), None, "{members}");
        assert_eq!(
            found(LIMIT + 1),
            Some((Code::TextTooLong, place.to_owned())),
            "{members}"
        );
    }
    let long = document(r#""users":[]"#).replace(
        r#""name":"P""#,
        &format!(r#""name":"{}""#, "x".repeat(LIMIT + 1)),
    );
    let fault = Governance::load_within(long.as_bytes(), &limits).err();
    assert_eq!(
        fault.map(|fault| fault.path().to_string()).as_deref(),
        Some("/profiles/0/name")
    );
}

#[test]
fn unknown_members_are_told_with_their_places() {
    let json = document(r#""users":[{"id":"u","name":"U","profile":"p","parnet":"x"}],"a/b~c":1"#);
    let governance = Governance::load(json.as_bytes()).unwrap();
    let found = governance.at(NOW.parse().unwrap()).diagnose();
    let places: Vec<_> = found
        .iter()
        .filter(|diagnostic| diagnostic.code == "unknown-member")
        .flat_map(|diagnostic| {
            diagnostic
                .subjects
                .iter()
                .map(|subject| subject.id.as_str())
        })
        .collect();
    assert_eq!(places, ["/users/0/parnet", "/a~1b~0c"]);
    let texts = |members: &str| {
        let governance = Governance::load(document(members).as_bytes()).unwrap();
        let found = governance.at(NOW.parse().unwrap()).diagnose();
        let unknown = found
            .into_iter()
            .find(|diagnostic| diagnostic.code == "unknown-member");
        unknown
            .map(|diagnostic| diagnostic.text)
            .unwrap_or_default()
    };
    assert_eq!(
        texts(r#""users":[],"a":1"#),
        "The document has 1 member that the format does not know and that was passed over: /a."
    );
    assert_eq!(
        texts(r#""users":[],"a":1,"b":2,"c":3,"d":4,"e":5"#),
        "The document has 5 members that the format does not know and that were passed over: /a, /b, /c and 2 more."
    );
}

#[test]
fn questions_about_nothing_are_answered_with_nothing() {
    let governance = Governance::load(document(r#""users":[]"#).as_bytes()).unwrap();
    let now = governance.at(NOW.parse().unwrap());
    for &kind in RecordType::ALL {
        assert_eq!(now.can("x", Action::View, kind, Some("y")), Ok(false));
        assert_eq!(now.can("x", Action::Create, kind, None), Ok(false));
        assert_eq!(now.visible_indices("x", kind, Action::View), Ok(vec![]));
        assert_eq!(now.viewers(kind, "y", Action::View), Ok(vec![]));
        assert!(now.assignees("x", kind, "y").rows.is_empty());
    }
    assert_eq!(
        now.pipeline("x", &PipelineQuery::default())
            .map(|pipeline| pipeline.total),
        Ok(0)
    );
    assert!(now.deal_viewers("y").is_empty());
}

/// Built as data, a filter passes no reader that would have stopped at its depth.
#[test]
fn a_stored_filter_of_any_depth_is_refused_and_dropped() {
    let deep = || {
        let mut filter = Filter::Text("x".to_owned());
        for _ in 0..200_000 {
            filter = Filter::Not(Box::new(Filter::Any(vec![filter])));
        }
        filter
    };
    let view = |filter| SavedView {
        id: "v".to_owned(),
        user: "u".to_owned(),
        name: "V".to_owned(),
        kind: RecordType::Account,
        filter: Some(filter),
        sort: None,
        action: None,
    };
    let mut org = Org::new("o", "O", "UTC");
    org.users = vec![User::new("u", "U", "default")];
    let mut governance = Governance::from_org(org.clone()).unwrap();
    org.views = vec![view(deep())];
    let error = Governance::from_org(org).unwrap_err();
    assert_eq!(
        (error.code(), error.path().as_str()),
        (Code::TooDeep, "/views/0/where")
    );
    let put = Change::Put(Thing::View(Box::new(view(deep()))));
    let error = governance.apply(&[put]).unwrap_err();
    assert_eq!(
        (error.code(), error.path().as_str()),
        (Code::TooDeep, "/0/value/where")
    );
    assert!(serde_json::to_string(&deep()).is_err());
}

/// A thousand leads of one role, and everybody below would lift each of them.
#[test]
fn a_star_of_25_000_is_diagnosed() {
    const LEADS: usize = 1_000;
    const REPORTS: usize = 25_000;
    let mut org = Org::new("o", "O", "UTC");
    let mut lead = Profile {
        id: "lead".to_owned(),
        ..Profile::standard()
    };
    lead.permissions
        .set(RecordType::Account, Action::View, Scope::Reports);
    org.profiles.push(lead);
    let role = |id: &str, parent: Option<&str>| Role {
        id: id.to_owned(),
        name: id.to_owned(),
        parent: parent.map(str::to_owned),
    };
    org.roles.push(role("top", None));
    let user = |id: String, profile: &str, role: &str| User {
        role: Some(role.to_owned()),
        ..User::new(id.clone(), id, profile)
    };
    org.users
        .extend((0..LEADS).map(|lead| user(format!("lead-{lead}"), "lead", "top")));
    for report in 0..REPORTS {
        let id = format!("below-{report}");
        org.roles.push(role(&id, Some("top")));
        org.users.push(user(id.clone(), "default", &id));
    }
    let governance = Governance::from_org(org).unwrap();
    let found = governance.at(NOW.parse().unwrap()).diagnose();
    let of = |code: &str| {
        let of_code = found.iter().filter(|told| told.code == code);
        of_code.map(|told| told.count).collect::<Vec<_>>()
    };
    assert_eq!(of("shared-lead"), [LEADS]);
    assert_eq!(of("lifted-reach"), [0; LEADS]);
    for told in found.iter().filter(|told| told.code == "lifted-reach") {
        // The lead, and the first twenty of those who lift.
        let ids = told.subjects.iter().skip(1).map(|subject| &*subject.id);
        assert!(ids.eq((0..20).map(|report| format!("below-{report}"))));
        let of_whom = "because below-0, below-1, below-2 and 24,997 more report to them and may.";
        assert!(told.text.ends_with(of_whom), "{}", told.text);
    }
}

#[test]
fn an_answer_without_end_is_refused() {
    // Each lead sees the account through everyone below, and each reason names all the roles between.
    const ROLES: usize = 2_100;
    let (mut roles, mut users) = (String::new(), String::new());
    for role in 0..ROLES {
        let comma = if role == 0 { "" } else { "," };
        let parent = role
            .checked_sub(1)
            .map(|above| format!(r#","parent":"r{above}""#));
        let parent = parent.unwrap_or_default();
        write!(roles, r#"{comma}{{"id":"r{role}","name":"R"{parent}}}"#).unwrap();
        write!(
            users,
            r#"{comma}{{"id":"u{role}","name":"U","profile":"p","role":"r{role}"}}"#
        )
        .unwrap();
    }
    let last = ROLES - 1;
    let records: Vec<_> = (0..1_000)
        .map(|record| format!(r#"{{"type":"account","id":"a{record}","owner":"u{last}"}}"#))
        .collect();
    let records = records.join(",");
    let json = document(&format!(
        r#""roles":[{roles}],"users":[{users}],"records":[{records}]"#
    ));
    let governance = Governance::load(json.as_bytes()).unwrap();
    let at = governance.at(NOW.parse().unwrap());
    let refused = at.viewers(RecordType::Account, "a0", Action::View);
    assert_eq!(refused.unwrap_err().code(), Code::AnswerTooLarge);
    let denied = Change::SetPermission {
        profile: "p".to_owned(),
        kind: RecordType::Account,
        action: Action::View,
        scope: Scope::Denied,
    };
    let told = |sample| {
        let options = PredictOptions {
            sample: Some(sample),
            ..PredictOptions::default()
        };
        at.predict(std::slice::from_ref(&denied), &options)
    };
    let refused = told(usize::MAX).unwrap_err();
    assert_eq!(refused.code(), Code::AnswerTooLarge);
    assert_eq!(refused.path().to_string(), "/sample");
    assert_eq!(told(900).unwrap().rows.len(), ROLES);
}

#[test]
fn no_name_turns_a_sentence_around() {
    let name = "Eve \u{202e}tnuocca siht ees tonnac\u{2066}";
    let json = document(&format!(
        r#""roles":[{{"id":"r","name":"{name}"}},{{"id":"s","name":"{name}","parent":"r"}}],
        "users":[{{"id":"u","name":"{name}","profile":"p","role":"r"}},{{"id":"v","name":"Ève","profile":"p","role":"s"}},
            {{"id":"g","name":"{name}","profile":"p","guest":{{"claimed":true,"expiresAt":"2026-11-22T00:00:00Z"}}}}],
        "records":[{{"type":"account","id":"a","owner":"v"}},{{"type":"account","id":"b","owner":"u"}}]"#
    ));
    let governance = Governance::load(json.as_bytes()).unwrap();
    let at = governance.at(NOW.parse().unwrap());
    let explained = |user, id| at.explain(user, Action::View, RecordType::Account, Some(id));
    let granted = explained("u", "a").unwrap();
    let refused = explained("v", "b").unwrap();
    let grants = granted.grants.into_iter().map(|grant| grant.text);
    let obstacles = refused.obstacles.into_iter().map(|obstacle| obstacle.text);
    let remedies = refused.remedies.into_iter().map(|remedy| remedy.text);
    let diagnostics = at.diagnose().into_iter().map(|diagnostic| diagnostic.text);
    let texts: Vec<_> = grants
        .chain(obstacles)
        .chain(remedies)
        .chain(diagnostics)
        .collect();
    let shown = texts
        .iter()
        .filter(|text| text.contains("Eve \u{fffd}tnuocca"));
    assert!(shown.count() >= 3, "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("Ève")), "{texts:?}");
    let turning =
        |character| matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(
        !texts.iter().any(|text| text.contains(turning)),
        "{texts:?}"
    );
    // What the names are is told as it is.
    assert_eq!(governance.user("u").unwrap().name, name);
}
