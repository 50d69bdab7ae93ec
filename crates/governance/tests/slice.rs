//! What a viewer's slice has in it, and what is refused (§11).
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::{Value, json};
use sidelight_governance::org::Status;
use sidelight_governance::{Action, Code, Governance, Limits, RecordType};
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

/// The slice of somebody with one task, which has one field, before the section of its records.
fn without_records() -> Vec<u8> {
    let org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "profiles": [{"id": "p", "name": "P", "permissions": {"task": {"view": "owned"}}}],
        "users": [{"id": "u", "name": "U", "profile": "p"}],
        "records": [{"type": "task", "id": "t", "owner": "u", "fields": {"f": true}}]
    });
    let mut bytes = slice_of(&org, "u");
    let section = tasks(&[row(b't', 1, 0, 1)]);
    assert!(bytes.ends_with(&section));
    bytes.truncate(bytes.len() - section.len());
    bytes
}

/// The section of the tasks, as `slice/bytes.rs` describes it.
fn tasks(rows: &[Vec<u8>]) -> Vec<u8> {
    let mut section = b"\x04task".to_vec();
    section.push(u8::try_from(rows.len()).unwrap());
    section.extend(rows.concat());
    section
}

/// A record without a name and without assigned users, each field of which is the first one and true.
fn row(id: u8, owner: u8, account: u8, fields: usize) -> Vec<u8> {
    let mut row = vec![1, id, 0, owner, 0, account, 0];
    let mut count = fields;
    while count > 0x7F {
        row.push(u8::try_from(count & 0x7F).unwrap() | 0x80);
        count >>= 7;
    }
    row.push(u8::try_from(count).unwrap());
    row.extend([0, 2].repeat(fields));
    row
}

/// Loads bytes that are sound but for what they say.
fn loaded(mut bytes: Vec<u8>) -> Result<usize, Code> {
    const BODY: usize = 6 + 1 + 8;
    let checksum = XxHash64::oneshot(0, bytes.get(BODY..).unwrap()).to_le_bytes();
    bytes.splice(BODY - 8..BODY, checksum);
    let slice = Governance::load(&bytes).map_err(|error| error.code())?;
    Ok(slice.record_count(RecordType::Task))
}

#[test]
fn a_slice_names_nothing_that_is_not_in_it_and_no_type_twice() {
    let with = |sections: &[Vec<u8>]| loaded([without_records(), sections.concat()].concat());
    let sound = row(b't', 1, 0, 1);
    assert_eq!(with(&[tasks(&[sound.clone(), row(b's', 0, 0, 0)])]), Ok(2));
    for (what, sections) in [
        ("an owner", vec![tasks(&[row(b't', 2, 0, 0)])]),
        ("an account", vec![tasks(&[row(b't', 1, 1, 0)])]),
        (
            "a type twice",
            vec![tasks(&[sound]), tasks(&[row(b's', 1, 0, 0)])],
        ),
    ] {
        assert_eq!(with(&sections), Err(Code::DamagedSlice), "{what}");
    }
}

#[test]
fn a_slice_has_no_more_fields_than_a_module_can_hold() {
    let section = |last: usize| {
        let mut rows: Vec<_> = (b'a'..b'p').map(|id| row(id, 0, 0, 1 << 20)).collect();
        rows.push(row(b'z', 0, 0, last));
        loaded([without_records(), tasks(&rows)].concat())
    };
    assert_eq!(section(1 << 20), Ok(16));
    assert_eq!(section((1 << 20) + 1), Err(Code::TooManyItems));
}
