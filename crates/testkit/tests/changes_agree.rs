//! Changes, predictions and remedies agree with the naive change of the organisation (§4, §10.2, §11).
//!
//! A failure prints the smallest organisation that proptest found, as JSON, and the changes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use sidelight_governance::org::Org;
use sidelight_governance::{
    Action, Change, Decision, EditOutcome, Governance, PredictOptions, Prediction, RecordType,
    Remedy, Scope, Sights,
};
use sidelight_testkit::agreement::{self, ON_RECORDS, everyone};
use sidelight_testkit::generate::change::{changed_organisation, edited_organisation};
use sidelight_testkit::generate::sized::{self, Size};
use sidelight_testkit::generate::{self, Sample};
use sidelight_testkit::reference::{Reference, change};

fn reference(org: &Org) -> Reference<'_> {
    Reference {
        org,
        now: generate::now(),
    }
}

proptest! {
    #![proptest_config(generate::cases(2_000))]

    /// What is refused, at which change and why; that it changes nothing; and that what is made is
    /// the same as a fresh load of the changed organisation.
    #[test]
    fn apply_agrees((Sample(org), changes) in changed_organisation()) {
        agreement::change::applied(&mut Governance::from_org(org).unwrap(), &changes)?;
    }

    /// What a bulk edit answers, and that it leaves exactly that: natively, as its list of changes
    /// and as a fresh load (§5.3).
    #[test]
    fn bulk_edits_agree((Sample(org), edits) in edited_organisation()) {
        let now = generate::now();
        let mut governance = Governance::from_org(org).unwrap();
        for (actor, edit) in &edits {
            let (before, revision) = (governance.to_org(), governance.revision());
            agreement::bulk_edit(governance.at(now), reference(&before), actor, edit)?;
            let planned = governance.at(now).predict_assigned(actor, edit);
            prop_assert_eq!(governance.to_org(), before.clone());
            let mut by_changes = governance.clone();
            let made = governance.edit_assigned(now, actor, edit);
            prop_assert_eq!(&made, &planned);
            match reference(&before).edit_assigned(actor, edit) {
                Err(_) => prop_assert_eq!(governance.to_org(), before),
                Ok((_, after)) => {
                    let edited = made.unwrap();
                    by_changes.apply(&edited.changes).unwrap();
                    prop_assert_eq!(governance.to_org(), after.clone());
                    prop_assert_eq!(by_changes.to_org(), after.clone());
                    prop_assert_eq!(
                        governance.revision() > revision,
                        edited.results.iter().any(|it| it.outcome == EditOutcome::Changed)
                    );
                    agreement::lists(governance.at(now), reference(&after))?;
                    // The same edit again finds everything done.
                    let again = governance.at(now).predict_assigned(actor, edit).unwrap();
                    prop_assert!(again.changes.is_empty(), "{:?}", again);
                }
            }
        }
    }

    /// Changes made one by one leave the same as changes made at once.
    #[test]
    fn a_batch_is_its_changes_in_their_order((Sample(org), changes) in changed_organisation()) {
        let (mut at_once, mut one_by_one) = (
            Governance::from_org(org.clone()).unwrap(),
            Governance::from_org(org).unwrap(),
        );
        let made = at_once.apply(&changes);
        let each = changes
            .iter()
            .try_for_each(|change| one_by_one.apply(std::slice::from_ref(change)));
        prop_assert_eq!(made.is_ok(), each.is_ok());
        if made.is_ok() {
            prop_assert_eq!(at_once.to_org(), one_by_one.to_org());
        }
    }

    #[test]
    fn predict_agrees(
        (Sample(org), changes) in changed_organisation(),
        action in prop::sample::select(ON_RECORDS.to_vec()),
    ) {
        agreement::change::predicted(&Governance::from_org(org).unwrap(), &changes, action)?;
    }
}

proptest! {
    // Everything is asked after each change, at several instants.
    #![proptest_config(generate::cases(100))]

    /// What is kept of users is that of the state, and of the instant, that is asked about.
    #[test]
    fn sights_agree_whatever_was_asked_before((Sample(org), changes) in changed_organisation()) {
        let ends = org.users.iter().filter_map(|user| Some(user.guest.as_ref()?.expires_at));
        let mut instants: Vec<_> = ends.chain([generate::now()]).collect();
        instants.dedup();
        let mut sights = Sights::default();
        let original = Governance::from_org(org.clone()).unwrap();
        let mut changed = original.clone();
        for change in &changes {
            // One that is refused leaves it as it was.
            let _ = changed.apply(std::slice::from_ref(change));
            // One state at one instant after the other, and one instant of one state after the other.
            let by_state = [&original, &changed]
                .into_iter()
                .flat_map(|governance| instants.iter().map(|&now| governance.at(now)));
            let by_instant = instants
                .iter()
                .flat_map(|&now| [&original, &changed].map(|governance| governance.at(now)));
            agreement::sights(&by_state.collect::<Vec<_>>(), &mut sights)?;
            agreement::sights(&by_instant.collect::<Vec<_>>(), &mut sights)?;
        }
    }
}

proptest! {
    // Each refusal of each organisation is tried with every remedy, and with what should be one.
    #![proptest_config(generate::cases(300))]

    /// Every remedy is one that the rules accept and that grants, and the narrowest of its kind;
    /// where assigning the viewer or widening one setting would grant, that is among them.
    #[test]
    fn remedies_grant(Sample(org) in generate::organisation()) {
        let governance = Governance::from_org(org.clone()).unwrap();
        let at = governance.at(generate::now());
        for user in everyone(&org) {
            for record in &org.records {
                for action in ON_RECORDS {
                    let decision = at
                        .explain(user, action, record.kind, Some(&record.id))
                        .unwrap();
                    let asked = Asked {
                        user,
                        action,
                        kind: record.kind.as_str(),
                        id: &record.id,
                    };
                    let grants = |changed: &Org| {
                        reference(changed).can(user, action, record.kind, Some(&record.id))
                    };
                    remedies(&org, &asked, &decision, grants)?;
                    single_changes(&org, user, &decision, record.kind, &record.id, grants)?;
                }
            }
            for &kind in RecordType::ALL {
                let decision = at.explain(user, Action::Create, kind, None).unwrap();
                let asked = Asked {
                    user,
                    action: Action::View,
                    kind: "none",
                    id: "",
                };
                let grants =
                    |changed: &Org| reference(changed).can(user, Action::Create, kind, None);
                remedies(&org, &asked, &decision, grants)?;
            }
            for deal in &org.deals {
                let decision = at.explain_deal(user, &deal.id);
                let asked = Asked {
                    user,
                    action: Action::View,
                    kind: "deal",
                    id: &deal.id,
                };
                let grants =
                    |changed: &Org| reference(changed).explain_deal(user, &deal.id).allowed();
                remedies(&org, &asked, &decision, grants)?;
            }
        }
    }
}

/// What was refused.
struct Asked<'a> {
    user: &'a str,
    action: Action,
    kind: &'static str,
    id: &'a str,
}

/// A user, and something that opens to them, by kind and id.
type Opened = (String, &'static str, String);

/// What a remedy opens beside what was asked for: to view, or to the asked action.
fn opened(org: &Org, changed: &Org, asked: &Asked<'_>) -> BTreeSet<Opened> {
    let mut opened = BTreeSet::new();
    for action in [Action::View, asked.action] {
        for row in change::predict(reference(org), reference(changed), action) {
            opened.extend(
                row.gained
                    .into_iter()
                    .map(|id| (row.user.clone(), row.kind, id)),
            );
        }
    }
    opened.remove(&(asked.user.to_owned(), asked.kind, asked.id.to_owned()));
    opened
}

fn remedies(
    org: &Org,
    asked: &Asked<'_>,
    decision: &Decision,
    grants: impl Fn(&Org) -> bool,
) -> TestCaseResult {
    prop_assert!(!decision.allowed || decision.remedies.is_empty());
    let mut sizes = Vec::new();
    for remedy in &decision.remedies {
        let changed = change::apply(org, &remedy.changes);
        prop_assert!(
            changed.is_ok(),
            "{:?} is refused: {:?}",
            remedy,
            changed.err()
        );
        let changed = changed.unwrap();
        prop_assert!(grants(&changed), "{:?} does not grant", remedy);
        if let [
            Change::SetPermission {
                profile,
                kind,
                action,
                scope,
            },
        ] = remedy.changes.as_slice()
        {
            for &scope in Scope::ALL.iter().filter(|narrower| *narrower < scope) {
                let narrower = Change::SetPermission {
                    profile: profile.clone(),
                    kind: *kind,
                    action: *action,
                    scope,
                };
                let works = change::apply(org, &[narrower]).is_ok_and(|changed| grants(&changed));
                prop_assert!(
                    !works,
                    "a narrower scope than that of {:?} grants as well",
                    remedy
                );
            }
        }
        let opened = opened(org, &changed, asked);
        let people: BTreeSet<_> = opened.iter().map(|(user, ..)| user).collect();
        let things: BTreeSet<_> = opened.iter().map(|(_, kind, id)| (kind, id)).collect();
        let deals = things.iter().filter(|(kind, _)| **kind == "deal").count();
        prop_assert_eq!(
            counts(&remedy.text),
            [things.len() - deals, deals, people.len()],
            "{:?} opens {:?}",
            remedy,
            opened
        );
        sizes.push(opened.len());
    }
    prop_assert!(
        sizes.is_sorted(),
        "{:?} open {:?}",
        decision.remedies,
        sizes
    );
    Ok(())
}

/// How many records and deals, and to how many people, a remedy's sentence says that it opens.
fn counts(text: &str) -> [usize; 3] {
    let (_, also) = text.rsplit_once("also opens ").unwrap_or_default();
    let also = also.trim_end_matches('.').replace(',', "");
    let words: Vec<&str> = also.split(' ').collect();
    let counted = |one: &str, many: &str| {
        let mut pairs = words.windows(2);
        let told = pairs.find_map(|pair| match pair {
            ["1", noun] => (*noun == one).then_some(1),
            [count, noun] if *noun == many => count.parse().ok(),
            _ => None,
        });
        told.unwrap_or(0)
    };
    [
        counted("record", "records"),
        counted("deal", "deals"),
        counted("person", "people"),
    ]
}

/// The changes of which §4 says that a refusal carries them, if they grant.
fn single_changes(
    org: &Org,
    user: &str,
    decision: &Decision,
    kind: RecordType,
    id: &str,
    grants: impl Fn(&Org) -> bool,
) -> TestCaseResult {
    let Some(viewer) = org.users.iter().find(|known| known.id == user) else {
        return Ok(());
    };
    if decision.allowed {
        return Ok(());
    }
    let offered = |is_it: &dyn Fn(&Change) -> bool| {
        decision
            .remedies
            .iter()
            .any(|remedy| remedy.changes.iter().any(is_it))
    };
    let assign = Change::Assign {
        kind,
        id: id.to_owned(),
        user: user.to_owned(),
        job_role: None,
    };
    if change::apply(org, std::slice::from_ref(&assign)).is_ok_and(|changed| grants(&changed)) {
        prop_assert!(
            offered(&|change| matches!(change, Change::Assign { .. })),
            "assigning the viewer grants, offered are {:?}",
            decision.remedies
        );
    }
    let mut widening: BTreeMap<&str, bool> = BTreeMap::new();
    for action in ON_RECORDS {
        for &scope in Scope::ALL {
            let change = Change::SetPermission {
                profile: viewer.profile.clone(),
                kind,
                action,
                scope,
            };
            let works = change::apply(org, &[change]).is_ok_and(|changed| grants(&changed));
            *widening.entry(action.as_str()).or_default() |= works;
        }
    }
    for (action, _) in widening.into_iter().filter(|(_, works)| *works) {
        let is_it = |change: &Change| match change {
            Change::SetPermission {
                action: offered, ..
            } => offered.as_str() == action,
            _ => false,
        };
        prop_assert!(
            offered(&is_it),
            "widening {} grants, offered are {:?}",
            action,
            decision.remedies
        );
    }
    Ok(())
}

/// What a remedy opens is told exactly up to the bound, and as more than that beyond it; those come last (§4).
#[test]
fn remedies_in_a_large_organisation_are_counted_up_to_the_bound() {
    let org = sized::organisation(Size::S, sized::SEED);
    let governance = Governance::from_org(org.clone()).unwrap();
    let at = governance.at(generate::now());
    let (mut exact, mut beyond) = (0, 0);
    for (user, record) in org.users.iter().flat_map(|user| {
        let records = org.records.iter().step_by(150);
        records.map(move |record| (user, record))
    }) {
        let decision = at
            .explain(&user.id, Action::View, record.kind, Some(&record.id))
            .unwrap();
        let mut sizes = Vec::new();
        for remedy in decision.remedies {
            let prediction = at
                .predict(&remedy.changes, &PredictOptions::default())
                .unwrap();
            // The record that was asked about is one of them.
            let pairs = prediction.gained - 1;
            let own_only = prediction
                .rows
                .iter()
                .filter(|row| row.user == user.id && row.gained == 1);
            let people =
                prediction.rows.iter().filter(|row| row.gained > 0).count() - own_only.count();
            if pairs > Remedy::PAIRS_COUNTED {
                beyond += 1;
                let end = "; also opens more than 2,500 records, each counted for everybody who gains it.";
                assert!(remedy.text.ends_with(end), "{} opens {pairs}", remedy.text);
            } else {
                exact += 1;
                assert_eq!(
                    counts(&remedy.text)[2],
                    people,
                    "{} opens {pairs}",
                    remedy.text
                );
            }
            sizes.push(pairs.min(Remedy::PAIRS_COUNTED + 1));
        }
        assert!(sizes.is_sorted(), "{sizes:?}");
    }
    assert!(exact > 100 && beyond > 50, "{exact} exact, {beyond} beyond");
}

/// The people whose reach differs are compared by holders where few differ and by whole sets where many do: an organisation
/// of some size takes both ways, for changes of one person and of a branch, with a record that changes as well.
#[test]
fn predictions_agree_with_the_sets_of_a_large_organisation() {
    let size = Size {
        users: 60,
        roles: 20,
        ..Size::S
    };
    let org = sized::organisation(size, sized::SEED);
    let governance = Governance::from_org(org.clone()).unwrap();
    let now = generate::now();
    let record = &org.records.first().unwrap().id;
    let mut compared = 0;
    for (index, role) in org.roles.iter().enumerate() {
        let moves = org
            .roles
            .iter()
            .step_by(3)
            .map(|to| Some(to.id.clone()))
            .chain([None]);
        for parent in moves {
            let person = org.users.get(index).unwrap().id.clone();
            let lists = [
                vec![Change::MoveRole {
                    role: role.id.clone(),
                    parent: parent.clone(),
                }],
                vec![
                    Change::SetRole {
                        user: person.clone(),
                        role: parent.clone(),
                    },
                    Change::Assign {
                        kind: RecordType::Opportunity,
                        id: record.clone(),
                        user: person,
                        job_role: None,
                    },
                ],
            ];
            for changes in lists {
                let Ok(prediction) = governance
                    .at(now)
                    .predict(&changes, &PredictOptions::default())
                else {
                    continue;
                };
                let mut after = governance.clone();
                after.apply(&changes).unwrap();
                compared += agreement_of_sets(&prediction, &governance, &after);
            }
        }
    }
    assert!(compared > 200, "only {compared} rows were compared");
}

/// Holds each row of a prediction to the sets before and after, and tells how many rows there were.
fn agreement_of_sets(prediction: &Prediction, before: &Governance, after: &Governance) -> usize {
    let now = generate::now();
    let kind = RecordType::Opportunity;
    let mut rows = prediction.rows.iter();
    for user in before.users() {
        let [seen_before, seen_after] = [before, after].map(|governance| {
            let set = governance
                .at(now)
                .visible_indices(&user.id, kind, Action::View);
            set.unwrap().into_iter().collect::<BTreeSet<u32>>()
        });
        let gained = seen_after.difference(&seen_before).count();
        let lost = seen_before.difference(&seen_after).count();
        if gained + lost > 0 {
            let row = rows.next().unwrap();
            assert_eq!((&row.user, row.gained, row.lost), (&user.id, gained, lost));
        }
    }
    assert_eq!(rows.next(), None);
    prediction.rows.len()
}
