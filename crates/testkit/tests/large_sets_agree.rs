//! Of tens of thousands of records, sets are put together in another way than of a few (§11): from what bundles of
//! users hold. They hold what questions about one record say, before and after changes of every kind that matters.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::BTreeSet;

use sidelight_governance::org::{Assignment, CrmRecord, Org, Settings};
use sidelight_governance::{
    Action, Change, Governance, PredictOptions, Query, RecordType, Removal, Thing,
};
use sidelight_testkit::generate::now;
use sidelight_testkit::generate::sized::{self, SEED, Size};

const KIND: RecordType = RecordType::Opportunity;

const SIZE: Size = Size {
    name: "large-sets",
    users: 120,
    roles: 30,
    records: 60_000,
    has_fields: false,
    companies: 0,
    deals: 0,
    ..Size::S
};

/// Users who reach many and few: the leaders of roles, and some of those without anybody below them.
fn viewers(org: &Org) -> Vec<&str> {
    let leaders = org.users.iter().take(8);
    let others = org.users.iter().skip(8).step_by(17);
    leaders.chain(others).map(|user| user.id.as_str()).collect()
}

/// Every set holds what single questions say, and some of them are not empty and not everything.
fn assert_sets_agree(governance: &Governance, viewers: &[&str]) {
    let at = governance.at(now());
    let ids: Vec<String> = governance.records(KIND).map(|record| record.id).collect();
    let mut sizes = Vec::new();
    for viewer in viewers {
        let told = at.visible_indices(viewer, KIND, Action::View).unwrap();
        let answers = at.can_many(viewer, Action::View, KIND, &ids).unwrap();
        let seen = (0..).zip(answers).filter(|(_, sees)| *sees);
        assert!(
            seen.map(|(position, _)| position).eq(told.iter().copied()),
            "{viewer}"
        );
        assert_pages_agree(governance, viewer, &ids, &told);
        sizes.push(told.len());
    }
    assert!(
        sizes
            .iter()
            .any(|&size| size > ids.len() / 4 && size < ids.len())
    );
    assert!(sizes.iter().any(|&size| size > 0 && size < ids.len() / 40));
}

/// Pages, and the total that they tell, are those of the set: a few of the first, and all that are large.
fn assert_pages_agree(governance: &Governance, viewer: &str, ids: &[String], told: &[u32]) {
    let at = governance.at(now());
    let wanted: Vec<&str> = told
        .iter()
        .map(|&position| ids[position as usize].as_str())
        .collect();
    for (limit, most) in [(40, 3), ((wanted.len() / 9).max(40), 10)] {
        let mut query = Query {
            limit: Some(limit),
            ..Query::default()
        };
        let mut pages = 0;
        for expected in wanted.chunks(limit).take(most) {
            let page = at.visible(viewer, KIND, &query).unwrap();
            assert_eq!(page.ids, expected, "{viewer}");
            assert_eq!(page.total, wanted.len(), "{viewer}");
            pages += 1;
            let is_last = pages * limit >= wanted.len();
            assert_eq!(page.cursor.is_none(), is_last, "{viewer}");
            query.cursor = page.cursor;
        }
    }
}

/// Changes of who holds what and of where people stand.
fn changes(org: &Org) -> Vec<Change> {
    let user = |number: usize| org.users[number].id.clone();
    let id = |number: usize| org.records[number].id.clone();
    let mut changes = Vec::new();
    for number in 0..300 {
        let (one, other) = (user(number * 7 % 120), user(number * 13 % 120));
        changes.push(Change::Assign {
            kind: KIND,
            id: id(number * 31),
            user: one.clone(),
            job_role: None,
        });
        changes.push(Change::Unassign {
            kind: KIND,
            id: id(number * 31 + 1),
            user: other.clone(),
        });
        changes.push(Change::SetOwner {
            kind: KIND,
            id: id(number * 31 + 2),
            owner: (number % 5 > 0).then_some(other.clone()),
        });
        changes.push(Change::Remove(Removal::Record {
            kind: KIND,
            id: id(number * 31 + 3),
        }));
        let assigned = vec![Assignment {
            user: one,
            job_role: None,
        }];
        changes.push(Change::Put(Thing::Record(Box::new(CrmRecord {
            id: format!("new-{number}"),
            owner: Some(other),
            assigned,
            ..org.records[0].clone()
        }))));
    }
    for number in 0..20 {
        changes.push(Change::SetRole {
            user: user(20 + number * 3),
            role: (number % 4 > 0).then(|| org.roles[number].id.clone()),
        });
    }
    changes.push(Change::MoveRole {
        role: org.roles[25].id.clone(),
        parent: Some(org.roles[2].id.clone()),
    });
    changes
}

#[test]
fn a_large_set_holds_what_single_questions_say_before_and_after_changes() {
    let org = sized::organisation(SIZE, SEED);
    let original = Governance::from_org(org.clone()).unwrap();
    let viewers = viewers(&org);
    assert_sets_agree(&original, &viewers);

    let changes = changes(&org);
    let mut changed = original.clone();
    changed.apply(&changes).unwrap();
    assert_sets_agree(&changed, &viewers);
    // What a clone shares with its original was not touched.
    assert_sets_agree(&original, &viewers);

    // Nothing is shared any more, so that the next change writes into the sets themselves.
    let before = original.at(now());
    let prediction = before
        .predict(&changes, &PredictOptions::default())
        .unwrap();
    let sizes = |governance: &Governance, viewer: &str| {
        let at = governance.at(now());
        at.visible_indices(viewer, KIND, Action::View)
            .unwrap()
            .len()
    };
    for viewer in &viewers {
        let row = prediction.rows.iter().find(|row| row.user == *viewer);
        let (gained, lost) = row.map_or((0, 0), |row| (row.gained, row.lost));
        assert_eq!(
            sizes(&original, viewer) + gained,
            sizes(&changed, viewer) + lost,
            "{viewer}"
        );
    }
    drop(original);
    for change in changes.iter().take(50) {
        let again = match change {
            Change::Assign { kind, id, user, .. } => Change::Unassign {
                kind: *kind,
                id: id.clone(),
                user: user.clone(),
            },
            _ => continue,
        };
        changed.apply(&[again]).unwrap();
    }
    assert_sets_agree(&changed, &viewers);

    let one_holder = Settings {
        multi_user_assignment: false,
        ..changed.settings()
    };
    changed
        .apply(&[Change::Put(Thing::Settings(one_holder))])
        .unwrap();
    assert_sets_agree(&changed, &viewers);
}

/// What differs is found in two ways, from records one by one or from whole sets, by how much there is to look at.
#[test]
fn what_a_move_opens_and_closes_in_a_large_set_is_predicted() {
    let org = sized::organisation(SIZE, SEED);
    let governance = Governance::from_org(org.clone()).unwrap();
    let ids: Vec<&str> = org
        .records
        .iter()
        .map(|record| record.id.as_str())
        .collect();
    let role = |number: usize| org.roles[number].id.clone();
    let move_role = |number: usize, to: Option<usize>| Change::MoveRole {
        role: role(number),
        parent: to.map(role),
    };
    let set_role = |user: usize, to: Option<usize>| Change::SetRole {
        user: org.users[user].id.clone(),
        role: to.map(role),
    };
    let assign = |record: usize, user: usize| Change::Assign {
        kind: KIND,
        id: org.records[record].id.clone(),
        user: org.users[user].id.clone(),
        job_role: None,
    };
    let lists = [
        vec![move_role(25, Some(2))],
        vec![move_role(3, None)],
        vec![move_role(1, Some(29)), assign(7, 119)],
        vec![set_role(119, Some(4))],
        vec![set_role(60, None), assign(40_000, 0), assign(8, 60)],
        vec![set_role(0, Some(28)), move_role(29, Some(1))],
    ];
    let options = PredictOptions {
        sample: Some(ids.len()),
        ..PredictOptions::default()
    };
    for changes in lists {
        let mut changed = governance.clone();
        changed.apply(&changes).unwrap();
        let prediction = governance.at(now()).predict(&changes, &options).unwrap();
        let (mut gained, mut lost) = (0, 0);
        for user in org.users.iter().map(|user| user.id.as_str()) {
            let [before, after] = [&governance, &changed].map(|one| {
                let seen = one.at(now()).visible_indices(user, KIND, Action::View);
                seen.unwrap().into_iter().collect::<BTreeSet<u32>>()
            });
            let named = |one: &BTreeSet<u32>, other: &BTreeSet<u32>| -> Vec<&str> {
                let only = one.difference(other);
                only.map(|&position| ids[position as usize]).collect()
            };
            let row = prediction.rows.iter().find(|row| row.user == user);
            let told = row.map(|row| (row.gained_ids.clone(), row.lost_ids.clone()));
            let (gained_ids, lost_ids) = told.unwrap_or_default();
            assert_eq!(gained_ids, named(&after, &before), "{user}: {changes:?}");
            assert_eq!(lost_ids, named(&before, &after), "{user}: {changes:?}");
            gained += gained_ids.len();
            lost += lost_ids.len();
        }
        assert_eq!((gained, lost), (prediction.gained, prediction.lost));
        assert!(gained + lost > 0, "{changes:?}");
    }
}
