//! What a viewer's slice has in it, and what is refused (§11).
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sidelight_governance::org::Status;
use sidelight_governance::{Action, Change, Code, Governance, Limits, RecordType};
use twox_hash::XxHash64;

const NOW: &str = "2026-03-01T12:00:00Z";

fn slice_of(org: &Value, viewer: &str) -> Vec<u8> {
    let whole = Governance::load(org.to_string().as_bytes()).unwrap();
    whole.at(NOW.parse().unwrap()).slice(viewer).unwrap()
}

/// Records of two types that Ada holds, with people of every standing.
fn org() -> Value {
    json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "profiles": [{"id": "rep", "name": "Rep", "permissions": {
            "account": {"view": "owned"}, "task": {"view": "owned"}
        }}],
        "users": [
            {"id": "ada", "name": "Ada", "profile": "rep"},
            {"id": "lou", "name": "Lou", "profile": "rep", "status": "locked"}
        ],
        "records": [
            {"type": "account", "id": "first", "owner": "ada", "assigned": ["lou", "ghost"]},
            {"type": "account", "id": "second", "owner": "phantom", "assigned": ["ada", "spectre", "ghost"]},
            {"type": "task", "id": "third", "owner": "ada"}
        ]
    })
}

#[test]
fn a_slice_keeps_apart_the_people_whom_nobody_knows() {
    let slice = Governance::load(&slice_of(&org(), "ada")).unwrap();
    let people = |id: &str| {
        let record = slice.record(RecordType::Account, id).unwrap();
        let assigned = record.assigned.into_iter().map(|assigned| assigned.user);
        (record.owner, assigned.collect::<Vec<_>>())
    };
    let (owner, assigned) = people("first");
    assert_eq!(
        (owner.as_deref(), assigned),
        (Some("ada"), vec!["lou".to_owned(), "ghost".to_owned()])
    );
    let (owner, assigned) = people("second");
    assert_eq!(owner.as_deref(), Some("phantom"));
    assert_eq!(assigned, ["ada", "spectre", "ghost"]);
}

#[test]
fn what_is_taken_from_a_changed_slice_is_advisory_as_that_is() {
    let now = NOW.parse().unwrap();
    let mut slice = Governance::load(&slice_of(&org(), "ada")).unwrap();
    let is_advisory = |slice: &Governance| {
        let decided =
            slice
                .at(now)
                .explain("ada", Action::View, RecordType::Account, Some("first"));
        decided.unwrap().advisory
    };
    let again = Governance::load(&slice.at(now).slice("ada").unwrap()).unwrap();
    assert!(!is_advisory(&slice) && !is_advisory(&again));
    slice
        .apply(&[Change::SetOwner {
            kind: RecordType::Account,
            id: "second".to_owned(),
            owner: Some("ada".to_owned()),
        }])
        .unwrap();
    let mut again = slice.clone();
    for _ in 0..2 {
        again = Governance::load(&again.at(now).slice("ada").unwrap()).unwrap();
        assert!(is_advisory(&slice) && is_advisory(&again));
        assert_eq!(again.revision(), 0);
    }
}

#[test]
fn columns_of_every_width_are_read_as_they_were_written() {
    // So many texts that their numbers take one byte, two, and four.
    for texts in [200, 60_000, 70_000] {
        let records = (0..texts / 100).map(|record| {
            let fields = (0..100).map(|field| (format!("f{field:02}"), json!(format!("text {record} {field}"))));
            let fields: serde_json::Map<_, _> = fields.collect();
            json!({"type": "task", "id": format!("t{record}"), "name": "T", "owner": "ada", "fields": fields})
        });
        let mut org = org();
        org["records"] = records.collect();
        let whole = Governance::load(org.to_string().as_bytes()).unwrap();
        let slice = Governance::load(&slice_of(&org, "ada")).unwrap();
        assert!(
            slice
                .records(RecordType::Task)
                .eq(whole.records(RecordType::Task)),
            "{texts}"
        );
    }
}

#[test]
fn a_slice_tells_who_is_locked() {
    let slice = Governance::load(&slice_of(&org(), "ada")).unwrap();
    assert_eq!(slice.user("lou").unwrap().status, Status::Locked);
    assert_eq!(slice.user("ada").unwrap().status, Status::Active);
}

#[test]
fn the_limit_of_records_holds_for_all_types_of_a_slice_together() {
    let bytes = slice_of(&org(), "ada");
    let loaded = |records: usize| {
        let mut limits = Limits::default();
        limits.records = records;
        let loaded = Governance::load_within(&bytes, &limits);
        loaded.map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(loaded(3), Ok(()));
    assert_eq!(loaded(2), Err(Code::DamagedSlice));
}

/// The viewer is a partner user, so that who lifts is somebody; what ends is the lift all the same.
#[test]
fn somebody_who_lifts_a_partner_user_does_so_until_the_end_of_the_guest_term() {
    let org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "roles": [{"id": "lead", "name": "Lead"}, {"id": "rep", "name": "Rep", "parent": "lead"}],
        "profiles": [
            {"id": "reports", "name": "Reports", "permissions": {"account": {"view": "reports"}}},
            {"id": "all", "name": "All", "permissions": {"account": {"view": "all"}}}
        ],
        "companies": [{"id": "c", "name": "C"}],
        "users": [
            {"id": "pat", "name": "Pat", "profile": "reports", "role": "lead",
             "memberships": [{"company": "c", "tier": "sales", "primary": true}]},
            {"id": "gil", "name": "Gil", "profile": "all", "role": "rep",
             "guest": {"claimed": true, "expiresAt": "2026-03-05T00:00:00Z"}}
        ],
        "records": [{"type": "account", "id": "a", "owner": "gil"}, {"type": "account", "id": "b"}]
    });
    let slice = Governance::load(&slice_of(&org, "pat")).unwrap();
    let sees = |id: &str, at: &str| {
        let at = slice.at(at.parse().unwrap());
        at.can("pat", Action::View, RecordType::Account, Some(id))
            .unwrap()
    };
    assert!(sees("b", NOW) && sees("b", "2026-03-04T23:59:59Z"));
    assert!(!sees("b", "2026-03-05T00:00:00Z"));
    assert!(sees("a", "2026-03-05T00:00:00Z"));
}

#[test]
fn who_lifts_the_viewer_for_nothing_that_the_viewer_sees_is_not_in_the_slice() {
    let mut org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "roles": [{"id": "lead", "name": "Lead"}, {"id": "aide", "name": "Aide", "parent": "lead"}],
        "profiles": [
            {"id": "reports", "name": "Reports", "permissions": {"account": {"view": "reports"}, "prospect": {"edit": "reports"}}},
            {"id": "wide", "name": "Wide", "permissions": {"account": {"view": "all"}, "prospect": {"edit": "all"}}}
        ],
        "users": [
            {"id": "ada", "name": "Ada", "profile": "reports", "role": "lead"},
            {"id": "bo", "name": "Bo", "profile": "wide", "role": "aide"}
        ],
        "records": [{"type": "prospect", "id": "p", "owner": "ada"}]
    });
    let people = |org: &Value| {
        let slice = Governance::load(&slice_of(org, "ada")).unwrap();
        let people = (slice.roles().count(), slice.users().count());
        assert_eq!(people.0, people.1);
        people.0
    };
    // There is no account, and the viewer sees no prospect that Bo lets them edit.
    assert_eq!(people(&org), 1);
    org["records"] = json!([{"type": "account", "id": "a"}]);
    assert_eq!(people(&org), 2);
}

#[test]
fn a_slice_has_the_roles_between_the_viewers_and_one_below_though_nobody_has_them() {
    let org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "roles": [
            {"id": "chief", "name": "Chief"}, {"id": "lead", "name": "Lead", "parent": "chief"},
            {"id": "team", "name": "Team", "parent": "lead"}, {"id": "rep", "name": "Rep", "parent": "team"}
        ],
        "profiles": [{"id": "reports", "name": "Reports", "permissions": {"account": {"view": "reports"}}}],
        "users": [
            {"id": "ada", "name": "Ada", "profile": "reports", "role": "lead"},
            {"id": "bo", "name": "Bo", "profile": "reports", "role": "rep"}
        ],
        "records": [{"type": "account", "id": "a", "owner": "bo"}]
    });
    let slice = Governance::load(&slice_of(&org, "ada")).unwrap();
    let roles: Vec<_> = slice.roles().map(|role| (role.id, role.parent)).collect();
    let role = |id: &str, parent: Option<&str>| (id.to_owned(), parent.map(str::to_owned));
    assert_eq!(
        roles,
        [
            role("lead", None),
            role("team", Some("lead")),
            role("rep", Some("team"))
        ]
    );
}

#[test]
fn two_whom_a_partner_user_is_not_shown_are_two_on_the_slice() {
    let rep = |id: &str| json!({"id": id, "name": "Rep", "profile": "reports", "role": "rep"});
    let org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "roles": [{"id": "lead", "name": "Lead"}, {"id": "rep", "name": "Rep", "parent": "lead"}],
        "profiles": [{"id": "reports", "name": "Reports", "permissions": {"account": {"view": "reports"}}}],
        "companies": [{"id": "c", "name": "C"}],
        "users": [
            {"id": "pat", "name": "Pat", "profile": "reports", "role": "lead",
             "memberships": [{"company": "c", "tier": "sales", "primary": true}]},
            rep("ann"), rep("bob"), rep("cid")
        ],
        "records": [{"type": "account", "id": "a", "owner": "ann", "assigned": ["bob", "cid"]}]
    });
    let slice = Governance::load(&slice_of(&org, "pat")).unwrap();
    let decision = slice
        .at(NOW.parse().unwrap())
        .explain("pat", Action::View, RecordType::Account, Some("a"))
        .unwrap();
    let through: BTreeSet<_> = decision
        .grants
        .iter()
        .filter_map(|grant| grant.user.as_deref())
        .collect();
    assert_eq!(through.len(), 3);
    for user in through {
        let user = slice.user(user).unwrap();
        assert_eq!(
            (user.name.as_str(), user.role.as_deref()),
            ("Somebody", Some("rep"))
        );
    }
}

#[test]
fn what_the_viewer_does_not_see_changes_no_byte_of_a_slice() {
    let org = |hidden: bool| {
        let mut org = json!({
            "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
            "roles": [{"id": "lead", "name": "Lead"}, {"id": "rep", "name": "Rep", "parent": "lead"}],
            "profiles": [
                {"id": "reports", "name": "Reports", "permissions": {"account": {"view": "reports"}}},
            ],
            "companies": [{"id": "c", "name": "C"}],
            "users": [
                {"id": "pat", "name": "Pat", "profile": "reports", "role": "lead",
                 "memberships": [{"company": "c", "tier": "sales", "primary": true}]},
                {"id": "ann", "name": "Ann", "profile": "reports", "role": "rep"}
            ],
            "records": [
                {"type": "account", "id": "a", "owner": "ann", "fields": {"salary": 1, "bonus": 2, "car": true}},
                {"type": "account", "id": "b", "owner": "pat", "fields": {"car": "red"}}
            ]
        });
        if hidden {
            let add = |list: &mut Value, one: Value| list.as_array_mut().unwrap().insert(0, one);
            add(&mut org["profiles"], json!({"id": "others-1", "name": "P"}));
            let user = json!({"id": "somebody-1", "name": "Hidden", "profile": "others-1"});
            add(&mut org["users"], user);
            let record = json!({
                "type": "account", "id": "h", "owner": "somebody-1", "fields": {"car": 1, "bonus": "b"}
            });
            add(&mut org["records"], record);
        }
        org
    };
    assert_eq!(slice_of(&org(true), "pat"), slice_of(&org(false), "pat"));
}

#[test]
fn a_stand_in_has_no_id_that_the_slice_has_already() {
    let org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "roles": [{"id": "lead", "name": "Lead"}, {"id": "rep", "name": "Rep", "parent": "lead"}],
        "profiles": [{"id": "others-1", "name": "P", "permissions": {"account": {"view": "reports"}}}],
        "companies": [{"id": "c", "name": "C"}],
        "users": [
            {"id": "somebody-1", "name": "Pat", "profile": "others-1", "role": "lead",
             "memberships": [{"company": "c", "tier": "sales", "primary": true}]},
            {"id": "ann", "name": "Ann", "profile": "others-1", "role": "rep"}
        ],
        "records": [{"type": "account", "id": "a", "owner": "ann"}]
    });
    let slice = Governance::load(&slice_of(&org, "somebody-1")).unwrap();
    let decision = slice
        .at(NOW.parse().unwrap())
        .explain("somebody-1", Action::View, RecordType::Account, Some("a"))
        .unwrap();
    assert_eq!(decision.grants[0].user.as_deref(), Some("somebody-2"));
}

#[test]
fn outside_the_gate_a_slice_has_nothing_but_the_user() {
    let mut org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "roles": [{"id": "r", "name": "Secret role"}],
        "jobRoles": [{"id": "j", "name": "Secret job"}],
        "profiles": [{"id": "p", "name": "P", "permissions": {"account": {"view": "all"}}}],
        "companies": [
            {"id": "c", "name": "Secret company"},
            {"id": "d", "name": "Secret managed", "accountOwnerEmail": "lou@example.com"}
        ],
        "users": [
            {"id": "lou", "name": "Lou", "email": "lou@example.com", "profile": "p", "role": "r", "jobRole": "j",
             "memberships": [{"company": "c", "tier": "sales", "primary": true}]}
        ],
        "views": [{"id": "v", "name": "Secret view", "user": "lou", "type": "account"}],
        "records": [{"type": "account", "id": "a", "name": "Secret account"}],
        "deals": [{"id": "d", "name": "Secret deal", "company": "c", "owner": "lou"}]
    });
    let secrets = |org: &Value| {
        let slice = slice_of(org, "lou");
        let at = |part: &[u8]| slice.windows(part.len()).any(|window| window == part);
        assert!(at(b"Lou"));
        at(b"Secret")
    };
    assert!(secrets(&org));
    org["users"][0]["status"] = json!("locked");
    assert!(!secrets(&org));
    org["users"][0]["status"] = json!("active");
    org["users"][0]["guest"] = json!({"claimed": true, "expiresAt": NOW});
    assert!(!secrets(&org));
}

#[test]
fn a_partner_user_is_not_told_that_nobody_holds_what_is_held_by_somebody_who_is_not_shown() {
    let org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "roles": [{"id": "r", "name": "R"}, {"id": "s", "name": "S"}],
        "profiles": [{"id": "p", "name": "P", "permissions": {"account": {"view": "all", "edit": "reports"}}}],
        "companies": [{"id": "c", "name": "C"}],
        "users": [
            {"id": "pat", "name": "Pat", "profile": "p", "role": "r",
             "memberships": [{"company": "c", "tier": "sales", "primary": true}]},
            {"id": "ann", "name": "Ann", "profile": "p", "role": "s"}
        ],
        "records": [
            {"type": "account", "id": "held", "owner": "ann"},
            {"type": "account", "id": "unheld"},
            {"type": "account", "id": "left", "owner": "ghost"}
        ]
    });
    let slice = Governance::load(&slice_of(&org, "pat")).unwrap();
    let told = |id: &str| refused_edit(&slice, "pat", id);
    assert_eq!(
        told("held"),
        "None of those who hold this account reports to Pat."
    );
    assert!(told("unheld").starts_with("Nobody holds this account"));
    // Of whom the organisation does not have any more, a partner user is told nothing.
    assert_eq!(told("left"), told("unheld"));
}

#[test]
fn a_colleague_is_told_that_an_owner_is_gone_and_not_who_it_was() {
    let org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "roles": [{"id": "r", "name": "R"}],
        "profiles": [{"id": "p", "name": "P", "permissions": {"account": {"view": "all", "edit": "reports"}}}],
        "users": [{"id": "ada", "name": "Ada", "profile": "p", "role": "r"}],
        "records": [{"type": "account", "id": "left", "owner": "ghost", "assigned": ["phantom"]}]
    });
    let whole = Governance::load(org.to_string().as_bytes()).unwrap();
    let slice = Governance::load(&slice_of(&org, "ada")).unwrap();
    for organisation in [whole, slice] {
        assert_eq!(
            refused_edit(&organisation, "ada", "left"),
            "The record owner no longer exists, and nobody else holds this account."
        );
    }
}

/// What a user is told who may not edit an account.
fn refused_edit(organisation: &Governance, user: &str, id: &str) -> String {
    let at = organisation.at(NOW.parse().unwrap());
    let decision = at.explain(user, Action::Edit, RecordType::Account, Some(id));
    decision.unwrap().obstacles[0].text.clone()
}

#[test]
fn a_record_whose_people_are_not_shown_is_not_told_to_be_orphaned() {
    let org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "profiles": [{"id": "all", "name": "All", "permissions": {"task": {"view": "all"}}}],
        "companies": [{"id": "c", "name": "C"}],
        "users": [
            {"id": "pat", "name": "Pat", "profile": "all",
             "memberships": [{"company": "c", "tier": "sales", "primary": true}]},
            {"id": "ann", "name": "Ann", "profile": "all"}
        ],
        "records": [
            {"type": "task", "id": "unheld"},
            {"type": "task", "id": "held", "owner": "ann"},
            {"type": "task", "id": "lost", "owner": "ghost"}
        ]
    });
    let whole = Governance::load(org.to_string().as_bytes()).unwrap();
    let slice = Governance::load(&slice_of(&org, "pat")).unwrap();
    for organisation in [whole, slice] {
        let diagnostics = organisation.at(NOW.parse().unwrap()).diagnose();
        let mut orphaned = diagnostics
            .iter()
            .filter(|one| one.code == "orphaned-record");
        let subjects = &orphaned.next().unwrap().subjects;
        let ids: Vec<_> = subjects.iter().map(|subject| subject.id.as_str()).collect();
        assert_eq!(ids, ["unheld", "lost"]);
    }
}

#[test]
fn a_slice_tells_a_deal_owners_tier_only_to_who_is_compared_with_it() {
    let member = |id: &str, company: &str, tier: &str| {
        json!({"id": id, "name": id, "profile": "p",
               "memberships": [{"company": company, "tier": tier, "primary": true}]})
    };
    let org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "profiles": [{"id": "p", "name": "P"}],
        "companies": [{"id": "north", "name": "North"}, {"id": "south", "name": "South"}],
        "users": [
            member("manager", "north", "manager"), member("sales", "north", "sales"),
            member("other", "south", "sales")
        ],
        "deals": [
            {"id": "below", "company": "north", "owner": "sales"},
            {"id": "elsewhere", "company": "south", "owner": "other", "registeredBy": "manager"},
            {"id": "registered", "company": "north", "owner": "manager", "registeredBy": "sales"}
        ]
    });
    let told = |viewer: &str| {
        let slice = Governance::load(&slice_of(&org, viewer)).unwrap();
        let deals = slice
            .deals()
            .map(|deal| (deal.id, deal.owner_tier.is_some()));
        deals.collect::<Vec<_>>()
    };
    let deals = |told: &[(&str, bool)]| {
        let told = told.iter().map(|&(id, is_told)| (id.to_owned(), is_told));
        told.collect::<Vec<_>>()
    };
    assert_eq!(
        told("manager"),
        deals(&[("below", true), ("elsewhere", false), ("registered", true)])
    );
    assert_eq!(
        told("sales"),
        deals(&[("below", false), ("registered", false)])
    );
}

/// What a slice says, as `slice/bytes.rs` describes it, sound until something in it is changed.
struct Said {
    changed: usize,
    document: Value,
    roles: Vec<u8>,
    people: usize,
    unnamed: usize,
    users: Vec<String>,
    profiles: Vec<u8>,
    roles_of_people: Vec<u8>,
    job_roles_of_people: Vec<u8>,
    statuses: Vec<u8>,
    types: Vec<Tasks>,
}

/// Columns of tasks. Users, fields and texts by their numbers; owners, job roles and accounts by one more.
#[derive(Clone)]
struct Tasks {
    ids: Vec<String>,
    id_lengths: Vec<u8>,
    names: Vec<u8>,
    owners: Vec<u8>,
    lengths: Vec<u8>,
    assigned: Vec<u8>,
    job_roles: Vec<u8>,
    accounts: Vec<u8>,
    field_names: Vec<String>,
    texts: Vec<String>,
    /// How many of the names have columns: the first of codes, the second of floats.
    columns: usize,
    kinds: [u8; 2],
    codes: Vec<u8>,
    floats: Vec<u64>,
    numbers: Vec<f64>,
    fields: Vec<u16>,
    named: Vec<u8>,
    values: Vec<u8>,
}

/// A slice of Una's, who has a role, with Ben, who is only mentioned, and two tasks.
fn said() -> Said {
    let tasks = Tasks {
        ids: texts(&["t", "s"]),
        id_lengths: vec![1, 1],
        names: vec![],
        owners: vec![1, 0],
        lengths: vec![2, 0],
        assigned: vec![0, 1],
        job_roles: vec![1, 0],
        accounts: vec![],
        field_names: texts(&["c", "n", "f", "g"]),
        texts: texts(&["text"]),
        columns: 2,
        kinds: [1, 0],
        codes: vec![4, 0],
        floats: vec![u64::MAX - 1, (-0.5_f64).to_bits()],
        numbers: vec![1.5],
        fields: vec![2, 1],
        named: vec![2, 3, 2],
        values: vec![0, 4, 1],
    };
    Said {
        changed: 0,
        document: json!({
            "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
            "jobRoles": [{"id": "j", "name": "J"}], "users": [],
            "profiles": [{"id": "p", "name": "P", "permissions": {"task": {"view": "owned"}}}]
        }),
        roles: vec![0],
        people: 1,
        unnamed: 0,
        users: texts(&["una", "ben"]),
        profiles: vec![0],
        roles_of_people: vec![1],
        job_roles_of_people: vec![1],
        statuses: vec![1],
        types: vec![tasks],
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7F {
        bytes.push(u8::try_from(number & 0x7F).unwrap() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap());
    bytes
}

fn text(text: &str) -> Vec<u8> {
    [number(text.len()), text.into()].concat()
}

/// A column of numbers of one byte, or of none.
fn column(numbers: &[u8]) -> Vec<u8> {
    let width = u8::from(!numbers.is_empty());
    [&[width], numbers].concat()
}

fn ids(ids: &[String]) -> Vec<u8> {
    ids_with(&lengths(ids), ids)
}

fn ids_with(lengths: &[u8], ids: &[String]) -> Vec<u8> {
    [number(ids.len()), column(lengths), ids.concat().into()].concat()
}

fn lengths(texts: &[String]) -> Vec<u8> {
    let lengths = texts.iter().map(|text| u8::try_from(text.len()).unwrap());
    lengths.collect()
}

impl Tasks {
    fn bytes(&self) -> Vec<u8> {
        let numbers = self.numbers.iter().flat_map(|number| number.to_le_bytes());
        let fields = self.fields.iter().flat_map(|length| length.to_le_bytes());
        let floats = self.floats.iter().flat_map(|float| float.to_le_bytes());
        let columns = [column(&self.codes), floats.collect()];
        let columns = self.kinds.iter().zip(columns);
        let columns: Vec<_> = columns
            .map(|(&kind, column)| [vec![kind], column].concat())
            .take(self.columns)
            .collect();
        [
            text("task"),
            ids_with(&self.id_lengths, &self.ids),
            column(&self.names),
            column(&self.owners),
            column(&self.lengths),
            column(&self.assigned),
            column(&self.job_roles),
            column(&self.accounts),
            column(&[]),
            ids(&self.field_names),
            ids(&self.texts),
            number(self.columns),
            columns.concat(),
            number(self.numbers.len()),
            numbers.collect(),
            [2].into_iter().chain(fields).collect(),
            column(&self.named),
            column(&self.values),
        ]
        .concat()
    }
}

impl Said {
    /// Loads what is said, of which the checksum is right.
    fn loaded(&self) -> Result<Governance, Code> {
        let types: Vec<_> = self.types.iter().map(Tasks::bytes).collect();
        let body = [
            text("una"),
            number(self.changed),
            text(&self.document.to_string()),
            ids(&texts(&["r"])),
            column(&[1]),
            b"R".to_vec(),
            column(&self.roles),
            number(self.people),
            number(self.unnamed),
            ids(&self.users),
            column(&[3]),
            b"Una".to_vec(),
            column(&self.profiles),
            column(&self.roles_of_people),
            column(&self.job_roles_of_people),
            column(&self.statuses),
            types.concat(),
        ]
        .concat();
        let checksum = XxHash64::oneshot(0, &body).to_le_bytes();
        let bytes = [b"\xF5slice\x03".as_slice(), &checksum, &body].concat();
        Governance::load(&bytes).map_err(|error| error.code())
    }
}

#[test]
fn a_slice_is_what_its_columns_say() {
    let slice = said().loaded().unwrap();
    let una = slice.user("una").unwrap();
    assert_eq!((una.name.as_str(), una.profile.as_str()), ("Una", "p"));
    assert_eq!(
        (una.role.as_deref(), una.job_role.as_deref()),
        (Some("r"), Some("j"))
    );
    assert_eq!(una.status, Status::Locked);
    assert!(slice.user("ben").is_none());
    let task = serde_json::to_value(slice.record(RecordType::Task, "t").unwrap()).unwrap();
    assert_eq!(
        task,
        json!({
            "type": "task", "id": "t", "owner": "una",
            "assigned": [{"user": "una", "jobRole": "j"}, "ben"],
            "fields": {"c": "text", "f": 1.5, "g": "text", "n": null}
        })
    );
    let task = serde_json::to_value(slice.record(RecordType::Task, "s").unwrap()).unwrap();
    assert_eq!(
        task,
        json!({"type": "task", "id": "s", "fields": {"f": null, "n": -0.5}})
    );
}

/// A change to what is said, and what it is called or refused as.
type Fault<W> = (W, fn(&mut Said));

#[test]
fn a_slice_names_nothing_that_is_not_in_it_and_nothing_twice() {
    fn tasks(said: &mut Said) -> &mut Tasks {
        said.types.first_mut().unwrap()
    }
    let faults: [Fault<&str>; 42] = [
        ("a parent", |said| said.roles = vec![2]),
        ("more people than ids", |said| said.people = 3),
        ("more unnamed than people", |said| said.unnamed = 2),
        ("a mark that is none", |said| said.changed = 2),
        ("a user twice", |said| said.users = texts(&["una", "una"])),
        ("no profile", |said| said.profiles = vec![]),
        ("a profile", |said| said.profiles = vec![1]),
        ("a role", |said| said.roles_of_people = vec![2]),
        ("a job role", |said| said.job_roles_of_people = vec![2]),
        ("a status", |said| said.statuses = vec![2]),
        ("somebody described", |said| {
            said.document["users"] = json!([{"id": "ben", "name": "Ben", "profile": "p"}]);
        }),
        ("a role in the document", |said| {
            said.document["roles"] = json!([{"id": "q", "name": "Q"}]);
        }),
        ("records in the document", |said| {
            said.document["records"] = json!([])
        }),
        ("a type twice", |said| {
            let again = tasks(said).clone();
            said.types.push(again);
        }),
        ("nothing of a type", |said| {
            *tasks(said) = Tasks {
                ids: vec![],
                id_lengths: vec![],
                owners: vec![],
                lengths: vec![],
                assigned: vec![],
                job_roles: vec![],
                columns: 0,
                fields: vec![],
                named: vec![],
                values: vec![],
                numbers: vec![],
                ..tasks(said).clone()
            };
        }),
        ("a record twice", |said| {
            tasks(said).ids = texts(&["t", "t"])
        }),
        ("an id that is cut in two", |said| {
            tasks(said).ids = texts(&["\u{e9}", ""]);
            tasks(said).id_lengths = vec![1, 1];
        }),
        ("a name that is longer than all", |said| {
            tasks(said).names = vec![9, 0]
        }),
        ("an owner", |said| tasks(said).owners = vec![3, 0]),
        ("more assigned users", |said| {
            tasks(said).lengths = vec![3, 0]
        }),
        ("an assigned user", |said| tasks(said).assigned = vec![0, 2]),
        ("an assigned user twice", |said| {
            tasks(said).assigned = vec![1, 1]
        }),
        ("a job role of one", |said| {
            tasks(said).job_roles = vec![2, 0]
        }),
        ("an account", |said| tasks(said).accounts = vec![1, 0]),
        ("a field", |said| tasks(said).named = vec![2, 4, 2]),
        ("a field twice", |said| tasks(said).named = vec![2, 2, 2]),
        ("fields out of order", |said| {
            tasks(said).named = vec![3, 2, 2]
        }),
        ("a field that has a column", |said| {
            tasks(said).named = vec![1, 2, 2]
        }),
        ("a text", |said| tasks(said).values = vec![0, 5, 1]),
        ("a number too many", |said| {
            tasks(said).values = vec![0, 0, 1]
        }),
        ("a number that no field has", |said| {
            tasks(said).values = vec![1, 4, 1]
        }),
        ("a text of a column", |said| tasks(said).codes = vec![5, 0]),
        ("a column that is too short", |said| {
            tasks(said).codes = vec![4]
        }),
        ("a column of codes that nobody has", |said| {
            tasks(said).codes = vec![0, 0]
        }),
        ("a column of floats that nobody has", |said| {
            tasks(said).floats = vec![u64::MAX; 2]
        }),
        ("a kind of column", |said| tasks(said).kinds = [2, 0]),
        ("another kind of column", |said| tasks(said).kinds = [1, 1]),
        ("more columns than fields", |said| {
            tasks(said).field_names = texts(&["c"]);
            (tasks(said).fields, tasks(said).numbers) = (vec![0, 0], vec![]);
            (tasks(said).named, tasks(said).values) = (vec![], vec![]);
        }),
        ("a float that is endless", |said| {
            tasks(said).floats = vec![f64::INFINITY.to_bits(), 0]
        }),
        ("a float that is none", |said| {
            tasks(said).floats = vec![f64::NAN.to_bits(), 0]
        }),
        ("a float beside what stands for none", |said| {
            tasks(said).floats = vec![u64::MAX - 2, 0]
        }),
        ("a number that is none", |said| {
            tasks(said).numbers = vec![f64::NAN]
        }),
    ];
    for (what, make) in faults {
        let mut said = said();
        make(&mut said);
        assert_eq!(said.loaded().err(), Some(Code::DamagedSlice), "{what}");
    }
}

#[test]
fn what_a_slice_says_is_held_to_the_rules_for_documents() {
    let faults: [Fault<Code>; 4] = [
        (Code::EmptyId, |said| said.users = texts(&["", "una"])),
        (Code::UnknownProfile, |said| {
            said.document["users"] = json!([{"id": "una", "name": "Una", "profile": "q"}]);
        }),
        (Code::EmptyId, |said| {
            let tasks = said.types.first_mut().unwrap();
            tasks.ids = texts(&["t", ""]);
            tasks.id_lengths = vec![1, 0];
        }),
        (Code::DuplicateId, |said| {
            let company = json!({"id": "c", "name": "C"});
            said.document["companies"] = json!([company, company]);
        }),
    ];
    for (code, make) in faults {
        let mut said = said();
        make(&mut said);
        assert_eq!(said.loaded().err(), Some(code));
    }
    let mut said = said();
    said.users = texts(&["una", ""]);
    assert!(said.loaded().is_ok(), "what names nobody may be empty");
}

#[test]
fn a_slice_has_no_more_texts_people_and_roles_than_the_limits_say() {
    let mut org = org();
    org["roles"] = json!([{"id": "lead", "name": "Lead"}]);
    org["users"][0]["role"] = json!("lead");
    org["records"][1]["owner"] = json!("phantom of");
    let bytes = slice_of(&org, "ada");
    let loaded = |set: fn(&mut Limits)| {
        let mut limits = Limits::default();
        set(&mut limits);
        Governance::load_within(&bytes, &limits)
            .err()
            .map(|error| error.code())
    };
    assert_eq!(loaded(|limits| limits.users = 2), None);
    assert_eq!(loaded(|limits| limits.users = 1), Some(Code::TooManyUsers));
    assert_eq!(loaded(|limits| limits.roles = 0), Some(Code::TooManyRoles));
    assert_eq!(loaded(|limits| limits.text = 10), None);
    assert_eq!(loaded(|limits| limits.text = 9), Some(Code::TextTooLong));
}

#[test]
fn a_slice_has_no_more_fields_than_a_module_can_hold() {
    const EACH: u16 = 1 << 8;
    let section = |more: u16| {
        let mut said = said();
        let tasks = said.types.first_mut().unwrap();
        let of_all = (0..=u8::MAX).collect::<Vec<_>>().repeat(1 << 16);
        tasks.ids = (0..=1 << 16)
            .map(|number: u32| number.to_string())
            .collect();
        tasks.id_lengths = lengths(&tasks.ids);
        tasks.owners = vec![];
        (tasks.lengths, tasks.assigned, tasks.job_roles) = (vec![], vec![], vec![]);
        tasks.field_names = (0..EACH).map(|number| number.to_string()).collect();
        tasks.numbers = vec![];
        tasks.columns = 0;
        tasks.fields = [vec![EACH; 1 << 16], vec![more]].concat();
        tasks.named = [of_all, (0..more).map(|_| 0).collect()].concat();
        tasks.values = vec![1; tasks.named.len()];
        said.loaded()
            .map(|slice| slice.record_count(RecordType::Task))
    };
    assert_eq!(section(0), Ok((1 << 16) + 1));
    assert_eq!(section(1), Err(Code::TooManyItems));
}
