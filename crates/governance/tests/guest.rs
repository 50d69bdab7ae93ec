//! Guests: what an operation answers besides the state, and what nobody can do (§7).
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::{Value, json};
use sidelight_governance::guest::{
    ClaimLinks, EndOfTerm, GuestCode, GuestQuery, GuestState, Invitation, OwnProfile,
    PasswordRules, SignIn, TokenDigest,
};
use sidelight_governance::org::User;
use sidelight_governance::{At, Change, Code, Governance, Instant};

const NOW: &str = "2026-11-21T12:00:00Z";
const FIRST: TokenDigest = TokenDigest::new([1; 32]);
const SECOND: TokenDigest = TokenDigest::new([2; 32]);

fn governance() -> Governance {
    let org = json!({
        "format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
        "profiles": [{"id": "p", "name": "P"}, {"id": "admin", "name": "Admin", "admin": true}],
        "roles": [{"id": "r", "name": "R"}],
        "users": [
            {"id": "ada", "name": "Ada", "email": "ada@o.example", "profile": "admin"},
            {"id": "noor", "name": "Noor Haddad", "email": "noor@g.example", "profile": "p",
             "role": "gone", "jobRole": "gone", "license": "Light", "region": "EMEA",
             "guest": {"claimed": true, "expiresAt": "2026-11-28T12:00:00Z", "sponsor": "gone"},
             "memberships": [{"company": "gone", "tier": "sales"}]},
            {"id": "omar", "name": "Omar", "profile": "p", "status": "locked",
             "guest": {"claimed": true, "expiresAt": "2026-11-28T12:00:01Z", "sponsor": "ada"}},
            {"id": "pia", "name": "Pia", "email": "pia@g.example", "profile": "p",
             "guest": {"claimed": false, "expiresAt": "2026-11-24T00:00:00Z", "sponsor": "ada"}}
        ]
    });
    Governance::load(org.to_string().as_bytes()).unwrap()
}

fn now() -> Instant {
    NOW.parse().unwrap()
}

fn invitation() -> Invitation {
    Invitation {
        user: "new".to_owned(),
        first_name: " Rosa ".to_owned(),
        last_name: "Lind".to_owned(),
        email: "rosa@g.example".to_owned(),
        role: "r".to_owned(),
        profile: "p".to_owned(),
        license: "Light".to_owned(),
        sponsor: "ada".to_owned(),
    }
}

fn end(days: i32) -> EndOfTerm {
    EndOfTerm {
        at: now().saturating_add_days(days),
        latest: now().saturating_add_days(90),
    }
}

#[test]
fn an_invitation_is_an_account_and_a_link() {
    let governance = governance();
    let step = governance
        .at(now())
        .invite("ada", &invitation(), end(3), FIRST)
        .unwrap();
    assert_eq!(
        serde_json::to_value(&step).unwrap(),
        json!({
            "state": "invited",
            "changes": [{"op": "put", "kind": "user", "value": {
                "id": "new", "name": "Rosa Lind", "email": "rosa@g.example", "profile": "p",
                "role": "r", "license": "Light",
                "guest": {"claimed": false, "expiresAt": "2026-11-24T12:00:00Z", "sponsor": "ada"}
            }}],
            // The link does not outlive the term.
            "links": [{"digest": "01".repeat(32), "expiresAt": "2026-11-24T12:00:00Z", "state": "open"}],
            "effects": [{"effect": "sendLink", "user": "new", "digest": "01".repeat(32),
                         "expiresAt": "2026-11-24T12:00:00Z"}]
        })
    );
    // The changes are those that anyone may send.
    let json = serde_json::to_string(&step.changes).unwrap();
    assert_eq!(Change::list_from_json(&json).unwrap(), step.changes);
}

#[test]
fn an_invitation_is_refused_with_a_code_and_a_place() {
    let governance = governance();
    let at = governance.at(now());
    let check = |change: fn(&mut Invitation), code: &str, place: &str| {
        let mut invitation = invitation();
        change(&mut invitation);
        let error = at.invite("ada", &invitation, end(3), FIRST).unwrap_err();
        assert_eq!(
            (error.code(), error.path().as_str()),
            (code, place),
            "{error}"
        );
    };
    check(
        |i| i.first_name = " ".to_owned(),
        "empty-field",
        "/firstName",
    );
    check(|i| i.license = String::new(), "empty-field", "/license");
    check(|i| i.email = "rosa".to_owned(), "invalid-email", "/email");
    check(|i| i.email = "a@b@c".to_owned(), "invalid-email", "/email");
    check(
        |i| i.email = "a@b.example, c@d.example".to_owned(),
        "invalid-email",
        "/email",
    );
    for email in [
        "ro sa@g.example",
        "rosa@g\u{7f}.example",
        "rosa@",
        "@g.example",
    ] {
        let with_email = Invitation {
            email: email.to_owned(),
            ..invitation()
        };
        let error = at.invite("ada", &with_email, end(3), FIRST).unwrap_err();
        assert_eq!(
            (error.code(), error.path().as_str()),
            ("invalid-email", "/email"),
            "{email:?}"
        );
    }
    check(
        |i| i.email = "ADA@O.example".to_owned(),
        "email-taken",
        "/email",
    );
    check(|i| i.user = "noor".to_owned(), "id-taken", "/user");
    check(
        |i| i.sponsor = "noor".to_owned(),
        "sponsor-is-guest",
        "/sponsor",
    );
    check(|i| i.user = String::new(), "empty-id", "/0/value/id");
    check(
        |i| i.role = "gone".to_owned(),
        "unknown-role",
        "/0/value/role",
    );
    check(
        |i| i.profile = "gone".to_owned(),
        "unknown-profile",
        "/0/value/profile",
    );
    check(
        |i| i.sponsor = "gone".to_owned(),
        "unknown-user",
        "/0/value/guest/sponsor",
    );

    let error = at.invite("noor", &invitation(), end(3), FIRST).unwrap_err();
    assert_eq!(
        (error.code(), error.path().as_str()),
        ("not-permitted", "/actor")
    );
    assert_eq!(
        error.to_string(),
        "`noor` may not manage guests at `/actor`"
    );
    for (days, code) in [(0, "term-over"), (91, "term-too-long")] {
        let error = at
            .invite("ada", &invitation(), end(days), FIRST)
            .unwrap_err();
        assert_eq!((error.code(), error.path().as_str()), (code, "/end"));
    }
}

/// A caller that resolves the zone wrongly cannot make a term of years.
#[test]
fn no_calendar_makes_90_days_longer_than_92_times_24_hours() {
    let governance = governance();
    let at = governance.at(now());
    let of = |days| EndOfTerm {
        at: now().saturating_add_days(days),
        latest: now().saturating_add_days(1_000),
    };
    assert!(at.extend("ada", "noor", of(92)).is_ok());
    let error = at.extend("ada", "noor", of(93)).unwrap_err();
    assert_eq!(error.code(), "term-too-long");
}

#[test]
fn a_link_works_once_until_it_expires_or_another_is_sent() {
    let mut governance = governance();
    let sent = governance
        .at(now())
        .send_claim_link("ada", "pia", &ClaimLinks::default(), FIRST)
        .unwrap();
    let links = sent.links.unwrap();
    let again = governance
        .at(now())
        .send_claim_link("ada", "pia", &links, SECOND)
        .unwrap();
    assert_eq!(
        serde_json::to_value(again.effects.first()).unwrap(),
        json!({"effect": "voidLinks", "user": "pia"})
    );
    let links = again.links.unwrap();
    let code = |at: At<'_>, links: &ClaimLinks, digest| {
        at.claim("pia", links, digest, SignIn::Sso)
            .map_err(|error| error.code())
    };
    let at = governance.at(now());
    assert_eq!(code(at, &links, FIRST).unwrap_err(), "link-voided");
    assert_eq!(
        code(at, &links, TokenDigest::new([3; 32])).unwrap_err(),
        "link-unknown"
    );
    let late = governance.at("2026-11-24T00:00:00Z".parse().unwrap());
    assert_eq!(code(late, &links, SECOND).unwrap_err(), "link-expired");
    let error = at.send_claim_link("ada", "pia", &links, FIRST).unwrap_err();
    assert_eq!(error.code(), "digest-reused");

    let claimed = code(at, &links, SECOND).unwrap();
    assert_eq!(claimed.state, GuestState::Active);
    governance.apply(&claimed.changes).unwrap();
    let links = claimed.links.unwrap();
    assert_eq!(
        code(governance.at(now()), &links, SECOND).unwrap_err(),
        "link-used"
    );
}

#[test]
fn a_password_obeys_the_rules_and_single_sign_on_needs_none() {
    let governance = governance();
    let at = governance.at(now());
    let links = at.send_claim_link("ada", "pia", &ClaimLinks::default(), FIRST);
    let links = links.unwrap().links.unwrap();
    let rules = PasswordRules {
        digit: true,
        ..PasswordRules::default()
    };
    let claim = |password| {
        at.claim(
            "pia",
            &links,
            FIRST,
            SignIn::Password {
                password,
                rules: &rules,
            },
        )
    };
    let error = claim("I am pia").unwrap_err();
    assert_eq!(error.code(), GuestCode::PasswordRules.as_str());
    assert_eq!(
        error.to_string(),
        "the password does not meet `min-length`, `digit`, `own-name` at `/password`"
    );
    assert!(claim("9 blue lanterns").is_ok());
    assert!(at.claim("pia", &links, FIRST, SignIn::Sso).is_ok());
}

#[test]
fn revoking_and_removing_end_sessions_and_links() {
    let mut governance = governance();
    let step = governance
        .at(now())
        .revoke("ada", "noor", &ClaimLinks::default())
        .unwrap();
    let effects = json!([
        {"effect": "voidLinks", "user": "noor"}, {"effect": "endSessions", "user": "noor"}
    ]);
    assert_eq!(serde_json::to_value(&step.effects).unwrap(), effects);
    governance.apply(&step.changes).unwrap();
    assert!(!governance.at(now()).gate("noor"));

    let removed = governance
        .at(now())
        .remove_guest("ada", "noor", &ClaimLinks::default())
        .unwrap();
    assert_eq!(removed.state, GuestState::Removed);
    assert_eq!(serde_json::to_value(&removed.effects).unwrap(), effects);
    governance.apply(&removed.changes).unwrap();
    let error = governance
        .at(now())
        .reinstate("ada", "noor", Some(end(3)))
        .unwrap_err();
    assert_eq!(error.code(), "unknown-guest");
}

#[test]
fn reinstating_after_the_term_needs_another_end() {
    let mut governance = governance();
    let step = governance
        .at(now())
        .revoke("ada", "noor", &ClaimLinks::default())
        .unwrap();
    governance.apply(&step.changes).unwrap();
    let later = governance.at(now().saturating_add_days(20));
    assert_eq!(
        later.reinstate("ada", "noor", None).unwrap_err().code(),
        "term-over"
    );
    let step = later.reinstate("ada", "noor", Some(end(30))).unwrap();
    assert_eq!(step.state, GuestState::Active);
}

/// The document's references that name nothing do not stand in a guest's way.
#[test]
fn a_guest_edits_the_own_name_and_preferences_and_nothing_else() {
    let mut governance = governance();
    let edit: OwnProfile = serde_json::from_value(json!({
        "firstName": "Nour", "lastName": "Haddad", "preferences": {"language": "de"}
    }))
    .unwrap();
    let step = governance
        .at(now())
        .edit_own_profile("noor", &edit)
        .unwrap();
    assert_eq!(
        serde_json::to_value(&step.effects).unwrap(),
        json!([{"effect": "savePreferences", "user": "noor", "preferences": {"language": "de"}}])
    );
    let before = governance.user("noor").unwrap();
    governance.apply(&step.changes).unwrap();
    let after = governance.user("noor").unwrap();
    assert_eq!(after.name, "Nour Haddad");
    assert_eq!(
        (
            after.email,
            after.profile,
            after.status,
            after.license,
            after.region
        ),
        (
            before.email,
            before.profile,
            before.status,
            before.license,
            before.region
        )
    );

    for member in ["email", "profile", "role", "guest", "status", "memberships"] {
        let edit: Result<OwnProfile, _> = serde_json::from_value(json!({ member: null }));
        assert!(
            edit.unwrap_err().to_string().contains("unknown field"),
            "{member}"
        );
    }
    let at = governance.at(now());
    let edit = |user: &str, edit: Value| {
        let edit: OwnProfile = serde_json::from_value(edit).unwrap();
        at.edit_own_profile(user, &edit).unwrap_err().code()
    };
    assert_eq!(edit("noor", json!({"firstName": "N"})), "empty-field");
    assert_eq!(edit("omar", json!({})), "locked");
    assert_eq!(edit("pia", json!({})), "wrong-state");
    assert_eq!(edit("ada", json!({})), "unknown-guest");
}

#[test]
fn a_guest_never_becomes_a_standard_user_nor_the_other_way_round() {
    let mut governance = governance();
    let term = governance.user("omar").unwrap().guest;
    for (id, guest) in [("omar", None), ("ada", term)] {
        let user = User {
            guest,
            ..governance.user(id).unwrap()
        };
        let put = json!([{"op": "put", "kind": "user", "value": user}]);
        let changes = Change::list_from_json(&put.to_string()).unwrap();
        let error = governance.apply(&changes).unwrap_err();
        assert_eq!(error.code(), Code::GuestConversion, "{error}");
        assert_eq!(governance.user(id).unwrap().guest.is_some(), id == "omar");
    }
}

#[test]
fn guests_within_7_days_of_their_end_are_expiring() {
    let governance = governance();
    let query: GuestQuery = serde_json::from_value(json!({
        "sort": [{"by": "ends", "descending": true}], "limit": 2
    }))
    .unwrap();
    let at = governance.at(now());
    let page = at.guests(&query).unwrap();
    assert_eq!(page.total, 3);
    assert_eq!(
        serde_json::to_value(&page.rows).unwrap(),
        json!([
            {"user": "omar", "name": "Omar", "state": "active", "locked": true,
             "ends": "2026-11-28T12:00:01Z", "expiring": false, "sponsor": "ada", "profile": "p"},
            {"user": "noor", "name": "Noor Haddad", "state": "active", "locked": false,
             "ends": "2026-11-28T12:00:00Z", "expiring": true, "sponsor": null, "profile": "p"}
        ])
    );
    // The next page may have another length.
    let next = at
        .guests(&GuestQuery {
            cursor: page.cursor.clone(),
            limit: Some(5),
            ..query
        })
        .unwrap();
    assert_eq!((next.rows.len(), next.cursor), (1, None));
    // A cursor belongs to its question.
    let other = GuestQuery {
        cursor: page.cursor,
        ..GuestQuery::default()
    };
    assert_eq!(at.guests(&other).unwrap_err().code(), Code::InvalidCursor);
    // The end of the term that is asked for is the first instant that is not wanted.
    let ends = |from: &str, before: &str| {
        let query = json!({"endsFrom": from, "endsBefore": before});
        let page = at.guests(&serde_json::from_value(query).unwrap()).unwrap();
        let users = page.rows.into_iter().map(|row| row.user);
        users.collect::<Vec<_>>()
    };
    let (noor, omar) = ("2026-11-28T12:00:00Z", "2026-11-28T12:00:01Z");
    assert_eq!(ends(noor, omar), ["noor"]);
    assert_eq!(ends(omar, "2026-12-01T00:00:00Z"), ["omar"]);
    // Of one user the same is told; of whoever is no guest, nothing.
    let expiring = ["noor", "omar", "ada", "nobody"].map(|user| at.is_expiring_guest(user));
    assert_eq!(expiring, [true, false, false, false]);
    let end = governance.at(noor.parse().unwrap());
    assert!(!end.is_expiring_guest("noor"), "the term is over");
    // Words are strict.
    let misspelt = serde_json::from_value::<GuestQuery>(json!({"state": ["gone"]}));
    assert!(misspelt.is_err());
}

#[test]
fn the_labels_are_written_as_they_were_read() {
    let governance = governance();
    let anew = Governance::from_org(governance.to_org()).unwrap();
    assert_eq!(anew.to_org(), governance.to_org());
    let noor = governance.user("noor").unwrap();
    assert_eq!(
        (noor.license.as_deref(), noor.region.as_deref()),
        (Some("Light"), Some("EMEA"))
    );
}

#[test]
fn links_that_could_not_have_been_sent_are_not_read() {
    let link = |digest: &str, state: &str| json!({"digest": digest.repeat(32), "expiresAt": NOW, "state": state});
    let read =
        |links: Value| serde_json::from_value::<ClaimLinks>(links).map_err(|e| e.to_string());
    assert!(read(json!([link("0a", "voided"), link("0b", "open")])).is_ok());
    let error = read(json!([link("0a", "open"), link("0b", "open")])).unwrap_err();
    assert_eq!(error, "a link before the last one is open");
    let error = read(json!([link("0a", "used"), link("0a", "open")])).unwrap_err();
    assert_eq!(error, "two links have the same token");
    // Every byte of a digest is written as it was read.
    let digest = TokenDigest::new(std::array::from_fn(|at| u8::try_from(at * 8 + 7).unwrap()));
    let text = "070f171f272f373f474f575f676f777f878f979fa7afb7bfc7cfd7dfe7eff7ff";
    assert_eq!(digest.to_string(), text);
    assert_eq!(format!("{digest:?}"), text);
    assert_eq!(text.parse(), Ok(digest));
    assert!(read(json!([link("0A", "open")])).is_err());
    assert!(read(json!([link("0", "open")])).is_err());
}
