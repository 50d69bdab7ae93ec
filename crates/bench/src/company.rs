//! An organisation to be measured, and what it is asked.

#![expect(
    clippy::indexing_slicing,
    reason = "numbers come from the very tables that they are looked up in"
)]

use std::collections::{HashMap, HashSet};

use sidelight_governance::org::{CrmRecord, FieldValue, Org};
use sidelight_governance::{
    Change, FieldTest, Filter, Governance, Instant, Query, RecordType, Sort,
};
use sidelight_testkit::generate::now;
use sidelight_testkit::generate::sized::{Organisation, SEED, Size};

use crate::Failure;

/// The one type of record that these organisations have.
pub const KIND: RecordType = RecordType::Opportunity;

/// An organisation, and the people and records that questions are about.
pub struct Company {
    /// What it was made from.
    pub organisation: Organisation,
    /// Its size.
    pub size: Size,
    /// Its people, without records and deals.
    pub people: Org,
    /// How many people each leader of a role reaches, oneself not counted, by the number of the role.
    below: Vec<usize>,
    /// The parent of each role.
    parents: Vec<Option<usize>>,
}

/// One question: whether the viewer sees the record.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The id of the user who asks.
    pub viewer: String,
    /// What is asked about.
    pub record: CrmRecord,
}

impl Company {
    /// The organisation of this size, with the seed of all measurements.
    pub fn new(size: Size) -> Self {
        let organisation = Organisation::new(size, SEED);
        let people = organisation.people();
        let number: HashMap<&str, usize> = (0..)
            .zip(&people.roles)
            .map(|(n, role)| (role.id.as_str(), n))
            .collect();
        let parents: Vec<Option<usize>> = people
            .roles
            .iter()
            .map(|role| number.get(role.parent.as_deref()?).copied())
            .collect();
        let mut within = vec![0_usize; parents.len()];
        let roles = people.users.iter().filter_map(|user| user.role.as_deref());
        for role in roles.filter_map(|role| number.get(role)) {
            within[*role] += 1;
        }
        let own = within.clone();
        // A parent comes before its children.
        for (role, parent) in parents.iter().enumerate().rev() {
            if let Some(parent) = *parent {
                within[parent] += within[role];
            }
        }
        let below = within.iter().zip(own).map(|(all, own)| all - own).collect();
        Self {
            organisation,
            size,
            people,
            below,
            parents,
        }
    }

    /// The document.
    ///
    /// # Errors
    /// As [`serde_json::to_vec`] says.
    pub fn document(&self) -> Result<Vec<u8>, Failure> {
        Ok(serde_json::to_vec(&self.organisation)?)
    }

    /// The organisation, loaded from its document.
    ///
    /// # Errors
    /// As [`Governance::load`] says.
    pub fn governance(&self) -> Result<Governance, Failure> {
        Ok(Governance::load(&self.document()?)?)
    }

    /// The instant that everything is asked at.
    pub fn now() -> Instant {
        now()
    }

    /// The user who reaches the share of the users that is nearest to this one, of those who reach anybody. The first user of
    /// each role leads it.
    pub fn viewer_reaching(&self, share: f64) -> &str {
        let wanted = share * self.people.users.len() as f64;
        let off = |(_, below): &(usize, &usize)| (**below as f64 - wanted).abs();
        let leads = self
            .below
            .iter()
            .enumerate()
            .filter(|(_, below)| **below > 0);
        let nearest = leads.min_by(|one, other| off(one).total_cmp(&off(other)));
        &self.people.users[nearest.map_or(0, |(role, _)| role)].id
    }

    /// Whom the user reaches for viewing, by the rule of §3 in plain words: oneself, and with `reports` whoever has a role
    /// strictly below.
    pub fn reached(&self, viewer: &str) -> HashSet<&str> {
        let viewer = self.people.users.iter().find(|user| user.id == viewer);
        let Some(viewer) = viewer else {
            return HashSet::new();
        };
        let mut reached = HashSet::from([viewer.id.as_str()]);
        if viewer.profile == "lead" {
            let above: HashSet<&str> = viewer.role.as_deref().into_iter().collect();
            let mut below = above.clone();
            // A parent comes before its children.
            for role in &self.people.roles {
                if role
                    .parent
                    .as_deref()
                    .is_some_and(|parent| below.contains(parent))
                {
                    below.insert(&role.id);
                }
            }
            let is_below = |role: &str| below.contains(role) && !above.contains(role);
            let users = self.people.users.iter();
            let users = users.filter(|user| user.role.as_deref().is_some_and(is_below));
            reached.extend(users.map(|user| user.id.as_str()));
        }
        reached
    }

    /// Pairs of a viewer and a record, each record once, from all over the organisation. In every second one the viewer sees
    /// the record, where one of the viewers does: questions about random ones are mostly refused.
    pub fn pairs(&self, viewers: &[&str], count: usize) -> Vec<Pair> {
        let reached: Vec<_> = viewers.iter().map(|viewer| self.reached(viewer)).collect();
        let step = (self.size.records / count.max(1)).max(1);
        let records = self.organisation.records().step_by(step).take(count);
        let pair = |(n, record): (usize, CrmRecord)| {
            let sees =
                |viewer: &usize| holders(&record).any(|holder| reached[*viewer].contains(holder));
            // The viewers in turn, beginning with another one each time.
            let from = n / 2 % viewers.len();
            let mut turn = (from..viewers.len()).chain(0..from);
            let seeing = turn.find(sees).filter(|_| n % 2 == 0);
            let viewer = seeing.unwrap_or(from);
            Pair {
                viewer: viewers[viewer].to_owned(),
                record,
            }
        };
        records.enumerate().map(pair).collect()
    }

    /// Viewers from the widest to those who reach nobody.
    pub fn viewers(&self) -> Vec<&str> {
        let shares = [0.4, 0.2, 0.1, 0.05, 0.02, 0.005];
        let mut viewers: Vec<_> = shares.map(|share| self.viewer_reaching(share)).into();
        let last = self.people.users.len() - 1;
        viewers.push(&self.people.users[last].id);
        viewers.push(&self.people.users[last / 2].id);
        viewers.dedup();
        viewers
    }

    /// The change that assigns somebody who is not there yet to some record, and the one that takes it back.
    pub fn assignment(&self) -> Option<[Change; 2]> {
        let record = self.organisation.records().nth(5)?;
        let users = self.people.users.iter().rev();
        let user = users
            .map(|user| &user.id)
            .find(|id| holders(&record).all(|holder| holder != *id))?;
        let (kind, id) = (KIND, record.id.clone());
        Some([
            Change::Assign {
                kind,
                id: id.clone(),
                user: user.clone(),
                job_role: None,
            },
            Change::Unassign {
                kind,
                id,
                user: user.clone(),
            },
        ])
    }

    /// The change that makes a root of the role with about so many people in it and below.
    pub fn move_of_role_with(&self, people: usize) -> Option<Change> {
        let roles = self.below.iter().zip(&self.parents).enumerate();
        let below_another = roles.filter(|(_, (_, parent))| parent.is_some());
        let nearest = below_another.min_by_key(|(_, (below, _))| below.abs_diff(people));
        Some(Change::MoveRole {
            role: self.people.roles[nearest?.0].id.clone(),
            parent: None,
        })
    }
}

/// The first fifty, in load order.
pub fn first_page() -> Query {
    Query {
        limit: Some(50),
        ..Query::default()
    }
}

/// The first fifty of one stage, the most valuable first.
pub fn sorted_page() -> Query {
    Query {
        filter: Some(Filter::Field(FieldTest {
            field: "stage".to_owned(),
            is: Some(FieldValue::Text("Quote".to_owned())),
            ..FieldTest::default()
        })),
        sort: Some(vec![Sort {
            by: "amount".to_owned(),
            descending: true,
        }]),
        ..first_page()
    }
}

/// The ids of a record's holders, the owner first.
pub fn holders(record: &CrmRecord) -> impl Iterator<Item = &str> {
    let assigned = record.assigned.iter().map(|one| one.user.as_str());
    record.owner.as_deref().into_iter().chain(assigned)
}
