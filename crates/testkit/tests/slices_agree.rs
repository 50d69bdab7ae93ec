//! A slice answers its viewer as the whole organisation does, and has nothing in it that the viewer
//! may not see (§11).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestCaseResult;
use serde_json::{Value, json};
use sidelight_governance::org::{FieldValue, Org};
use sidelight_governance::{
    Action, At, Decision, Governance, Instant, ObstacleCode, PipelineQuery, Query, RecordType,
};
use sidelight_testkit::agreement::{ON_RECORDS, everyone, everything};
use sidelight_testkit::fuzz;
use sidelight_testkit::generate::{self, Sample, query};
use sidelight_testkit::reference::Reference;

fn whole(org: &Org) -> Governance {
    Governance::from_org(org.clone()).unwrap()
}

fn sliced(at: At<'_>, user: &str) -> Governance {
    Governance::load(&at.slice(user).unwrap()).unwrap()
}

/// Whether the viewer is not told everybody's name: then the slice has somebody in their place.
fn is_partner(org: &Org, user: &str) -> bool {
    let mut users = org.users.iter();
    users.any(|known| known.id == user && !known.memberships.is_empty())
}

/// The decision without what a slice leaves out: remedies, and who it is whom a partner user is not shown.
fn told(decision: &Decision, hides_people: bool) -> Value {
    let mut told = serde_json::to_value(decision).unwrap();
    told["remedies"] = json!([]);
    if hides_people {
        for reason in ["grants", "obstacles"] {
            for reason in told[reason].as_array_mut().unwrap() {
                for member in ["user", "holders", "text"] {
                    reason.as_object_mut().unwrap().remove(member);
                }
            }
        }
        // Several who are not shown follow those who are, so the order of the reasons is theirs.
        let grants = told["grants"].as_array_mut().unwrap();
        grants.sort_by_key(Value::to_string);
    }
    told
}

fn same_answers(org: &Org, on: (At<'_>, At<'_>), user: &str) -> TestCaseResult {
    let (whole, slice) = on;
    let hides_people = is_partner(org, user);
    prop_assert_eq!(slice.governance().viewer(), Some(user));
    prop_assert_eq!(slice.gate(user), whole.gate(user));
    for (kind, id) in everything(org) {
        prop_assert_eq!(
            slice.actions(user, kind, id),
            whole.actions(user, kind, id),
            "actions {:?} {} {:?}",
            user,
            kind,
            id
        );
        let is_there = slice.governance().record(kind, id).is_some();
        for action in ON_RECORDS {
            let [ours, theirs] =
                [slice, whole].map(|at| at.explain(user, action, kind, Some(id)).unwrap());
            prop_assert_eq!(
                slice.can(user, action, kind, Some(id)),
                Ok(ours.allowed),
                "can {:?} {} {} {:?}",
                user,
                action,
                kind,
                id
            );
            prop_assert!(!ours.advisory && ours.remedies.is_empty());
            if is_there {
                prop_assert_eq!(
                    told(&ours, hides_people),
                    told(&theirs, hides_people),
                    "explain {:?} {} {} {:?}",
                    user,
                    action,
                    kind,
                    id
                );
            } else if org.users.iter().any(|known| known.id == user) {
                prop_assert!(!ours.allowed);
                let codes: Vec<_> = ours
                    .obstacles
                    .iter()
                    .map(|obstacle| obstacle.code)
                    .collect();
                prop_assert!(
                    codes.contains(&ObstacleCode::UnknownRecord),
                    "what is not seen is unknown: {:?}",
                    codes
                );
            }
        }
        let [ours, theirs] = [slice, whole].map(|at| at.assignees(user, kind, id));
        prop_assert_eq!(ours, theirs, "assignees {:?} {} {:?}", user, kind, id);
    }
    for &kind in RecordType::ALL {
        let [ours, theirs] =
            [slice, whole].map(|at| at.explain(user, Action::Create, kind, None).unwrap());
        prop_assert_eq!(told(&ours, false), told(&theirs, false));
        for action in ON_RECORDS {
            let query = Query {
                action: Some(action),
                ..Query::default()
            };
            let [ours, theirs] = [slice, whole].map(|at| at.visible(user, kind, &query).unwrap());
            prop_assert_eq!(&ours, &theirs, "visible {:?} {} {}", user, action, kind);
            let indices = slice.visible_indices(user, kind, action).unwrap();
            let records: Vec<_> = slice.governance().records(kind).collect();
            let ids: Vec<_> = indices
                .iter()
                .map(|&index| records[index as usize].id.clone())
                .collect();
            prop_assert_eq!(&ids, &theirs.ids);
        }
    }
    for deal in &org.deals {
        let [ours, theirs] = [slice, whole].map(|at| at.explain_deal(user, &deal.id));
        prop_assert_eq!(
            ours.allowed,
            theirs.allowed,
            "deal {:?} {:?}",
            user,
            deal.id
        );
        prop_assert!(!ours.advisory);
        if theirs.allowed {
            prop_assert_eq!(told(&ours, hides_people), told(&theirs, hides_people));
        }
    }
    let query = PipelineQuery::default();
    let [ours, theirs] = [slice, whole].map(|at| at.pipeline(user, &query).unwrap());
    prop_assert_eq!(ours, theirs, "pipeline {:?}", user);
    Ok(())
}

proptest! {
    #![proptest_config(generate::cases(1_000))]

    #[test]
    fn a_slice_answers_its_viewer_as_the_whole_does(
        Sample(org) in generate::organisation(),
        later in 0..3_i32,
    ) {
        let whole = whole(&org);
        let now = generate::now();
        let then: Instant = now.saturating_add_days(later * 40);
        for user in everyone(&org) {
            let slice = sliced(whole.at(now), user);
            for instant in [now, then] {
                same_answers(&org, (whole.at(instant), slice.at(instant)), user)?;
            }
            let again = sliced(slice.at(now), user);
            same_answers(&org, (whole.at(now), again.at(now)), user)?;
        }
    }

    #[test]
    fn a_slice_answers_queries_as_the_whole_does(
        Sample(org) in generate::organisation(),
        queries in prop::collection::vec(query::query(), 4),
        deals in prop::collection::vec(query::pipeline_query(), 2),
    ) {
        let whole = whole(&org);
        let now = generate::now();
        for user in everyone(&org) {
            let slice = sliced(whole.at(now), user);
            for (query, &kind) in queries.iter().cycle().zip(RecordType::ALL) {
                // An account that the viewer does not see is not named by what has it.
                if query.to_string().contains("account") {
                    continue;
                }
                let query = Query::from_json(&query.to_string()).unwrap();
                let [ours, theirs] =
                    [&slice, &whole].map(|one| one.at(now).visible(user, kind, &query).unwrap());
                prop_assert_eq!(ours, theirs, "{:?} {} {:?}", user, kind, query);
            }
            for query in &deals {
                let query = PipelineQuery::from_json(&query.to_string()).unwrap();
                let [ours, theirs] =
                    [&slice, &whole].map(|one| one.at(now).pipeline(user, &query).unwrap());
                prop_assert_eq!(ours, theirs, "{:?} {:?}", user, query);
            }
        }
    }

    #[test]
    fn nothing_that_the_viewer_may_not_see_is_in_a_slice(Sample(org) in generate::organisation()) {
        let org = unmistakable(&org);
        let whole = whole(&org);
        let now = generate::now();
        let reference = Reference { org: &org, now };
        for user in everyone(&org) {
            let bytes = whole.at(now).slice(user).unwrap();
            let allowed = allowed_marks(reference, user);
            for mark in marks(&bytes) {
                prop_assert!(allowed.contains(&mark), "{} is in the slice of {}", mark, user);
            }
            let slice = Governance::load(&bytes).unwrap();
            let shown = reference.shown_to(user);
            let records: BTreeSet<_> = RecordType::ALL
                .iter()
                .flat_map(|&kind| slice.records(kind).map(move |record| (kind, record.id)))
                .collect();
            let expected = shown.records.iter().map(|&(kind, id)| (kind, id.to_owned()));
            prop_assert_eq!(records, expected.collect::<BTreeSet<_>>());
        }
    }

    #[test]
    fn answers_of_a_slice_about_others_are_marked(Sample(org) in generate::organisation()) {
        let whole = whole(&org);
        let now = generate::now();
        for user in everyone(&org) {
            let mut slice = sliced(whole.at(now), user);
            for other in everyone(&org).filter(|other| *other != user) {
                let (kind, id) = everything(&org).next().unwrap();
                let decision = slice.at(now).explain(other, Action::View, kind, Some(id)).unwrap();
                prop_assert!(decision.advisory);
                prop_assert!(slice.at(now).explain_deal(other, "a").advisory);
                prop_assert!(slice.at(now).slice(other).is_err());
            }
            slice.apply(&[]).unwrap();
            prop_assert!(slice.at(now).explain_deal(user, "a").advisory, "a changed slice may differ");
        }
    }

    #[test]
    fn a_slice_that_was_altered_behind_its_checksum_is_refused_or_answers_on_every_road_the_same(
        bytes in prop::collection::vec(any::<u8>(), 3..30),
    ) {
        fuzz::slices(&bytes)?;
    }

    #[test]
    fn a_slice_that_is_cut_off_or_altered_is_refused(
        Sample(org) in generate::organisation(),
        places in prop::collection::vec((any::<Index>(), 1..=255_u8), 8),
    ) {
        let whole = whole(&org);
        let bytes = whole.at(generate::now()).slice(everyone(&org).next().unwrap()).unwrap();
        for (place, change) in places {
            let place = place.index(bytes.len());
            prop_assert!(Governance::load(&bytes[..place]).is_err(), "cut off at {}", place);
            let mut altered = bytes.clone();
            altered[place] ^= change;
            prop_assert!(Governance::load(&altered).is_err(), "altered at {}", place);
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        prop_assert!(Governance::load(&longer).is_err(), "something follows");
    }
}

/// The same organisation, where every id and text says in brackets what it is, so that it is found among bytes.
fn unmistakable(org: &Org) -> Org {
    let mut org = org.clone();
    let mark = |kind: &str, text: &mut String| *text = marked(kind, text);
    for item in org.job_roles.iter_mut().flatten() {
        mark("name of job role", &mut item.name);
        item.name = format!("{}{}", item.name, marked("job role", &item.id));
        mark("job role", &mut item.id);
    }
    for item in &mut org.roles {
        item.name = marked("name of role", &item.id);
        mark("role", &mut item.id);
        item.parent.iter_mut().for_each(|id| mark("role", id));
    }
    for item in &mut org.profiles {
        item.name = marked("name of profile", &item.id);
        mark("profile", &mut item.id);
    }
    for item in &mut org.users {
        item.name = marked("name of user", &item.id);
        mark("user", &mut item.id);
        mark("profile", &mut item.profile);
        item.role.iter_mut().for_each(|id| mark("role", id));
        item.job_role.iter_mut().for_each(|id| mark("job role", id));
        item.email.iter_mut().for_each(mark_email);
        item.guest
            .iter_mut()
            .flat_map(|guest| &mut guest.sponsor)
            .for_each(|id| mark("user", id));
        for membership in &mut item.memberships {
            mark("company", &mut membership.company);
        }
    }
    for item in &mut org.companies {
        item.name = marked("name of company", &item.id);
        mark("company", &mut item.id);
        item.account_owner_email.iter_mut().for_each(mark_email);
    }
    for item in &mut org.records {
        let kind = item.kind.as_str();
        item.name = item
            .name
            .as_ref()
            .map(|_| marked(&format!("name of {kind}"), &item.id));
        item.fields.insert(
            marked(&format!("field of {kind}"), &item.id),
            FieldValue::Text(marked(&format!("value of {kind}"), &item.id)),
        );
        mark(kind, &mut item.id);
        item.owner.iter_mut().for_each(|id| mark("user", id));
        for assignment in &mut item.assigned {
            mark("user", &mut assignment.user);
            assignment
                .job_role
                .iter_mut()
                .for_each(|id| mark("job role", id));
        }
        item.account.iter_mut().for_each(|id| mark("account", id));
    }
    for item in &mut org.views {
        item.name = marked("name of view", &item.id);
        mark("view", &mut item.id);
        mark("user", &mut item.user);
    }
    for item in &mut org.deals {
        item.name = item.name.as_ref().map(|_| marked("name of deal", &item.id));
        mark("deal", &mut item.id);
        mark("company", &mut item.company);
        mark("user", &mut item.owner);
        item.registered_by
            .iter_mut()
            .for_each(|id| mark("user", id));
    }
    org
}

fn marked(kind: &str, text: &str) -> String {
    format!("⟪{kind} {text}⟫")
}

/// The mark of a part of something, from the something's.
fn part(part: &str, id: &str) -> String {
    id.replacen('⟪', &format!("⟪{part} of "), 1)
}

/// Emails that were equal without regard to case stay so.
fn mark_email(email: &mut String) {
    if !email.is_empty() {
        *email = marked("email", &email.to_lowercase());
    }
}

/// Every mark among bytes.
fn marks(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.split('⟪')
        .skip(1)
        .filter_map(|rest| Some(format!("⟪{}⟫", rest.split_once('⟫')?.0)))
        .collect()
}

/// The marks that the viewer's slice may have in it.
fn allowed_marks(reference: Reference<'_>, viewer: &str) -> BTreeSet<String> {
    let shown = reference.shown_to(viewer);
    let mut allowed: BTreeSet<String> = [viewer.to_owned()].into();
    for id in &shown.people {
        allowed.extend([(*id).to_owned(), part("name", id)]);
    }
    allowed.extend(shown.mentioned.iter().map(|id| (*id).to_owned()));
    for id in &shown.roles {
        allowed.extend([(*id).to_owned(), part("name", id)]);
    }
    for id in &shown.companies {
        allowed.extend([(*id).to_owned(), part("name", id)]);
    }
    for id in &shown.deals {
        allowed.extend([(*id).to_owned(), part("name", id)]);
    }
    for job_role in reference.org.job_roles.iter().flatten() {
        if shown.job_roles.contains(job_role.id.as_str()) {
            allowed.insert(job_role.id.clone());
            allowed.extend(marks(job_role.name.as_bytes()));
        }
    }
    for &(_, id) in &shown.records {
        allowed.insert(id.to_owned());
        allowed.extend(["name", "field", "value"].map(|of| part(of, id)));
    }
    let views = reference.org.views.iter();
    for view in views.filter(|view| view.user == viewer) {
        allowed.extend([view.id.clone(), part("name", &view.id)]);
    }
    let own = reference.org.users.iter().find(|user| user.id == viewer);
    if let Some(own) = own {
        allowed.extend(own.email.clone());
        allowed.insert(own.profile.clone());
        let profile = reference
            .org
            .profiles
            .iter()
            .find(|profile| profile.id == own.profile);
        allowed.extend(profile.map(|profile| profile.name.clone()));
    }
    allowed
}
