//! The demo organisation: Brightquay, an invented company that shows every rule on people with names.
//!
//! `demo/organisation.json` is exactly what [`organisation`] makes, and `demo/README.md` says what
//! to look at. Everything that a reader is meant to find is written out by hand; only the mass
//! around it is drawn from a seeded source, so the file is the same on every machine.

mod deal;
mod hierarchy;
mod people;
mod record;

use sidelight_governance::instant::Instant;
use sidelight_governance::org::{JobRole, Org};

/// The demo organisation, the same at each call.
pub fn organisation() -> Org {
    let mut random = Random(2026);
    let mut org = Org::new("brightquay", "Brightquay", "America/New_York");
    let account_manager = JobRole {
        id: "tam".to_owned(),
        name: "Technical Account Manager".to_owned(),
    };
    let mut job_roles = JobRole::initial();
    job_roles.push(account_manager);
    org.job_roles = Some(job_roles);
    org.roles = hierarchy::roles();
    org.profiles.extend(hierarchy::profiles());
    org.users = people::users();
    org.companies = people::companies();
    org.records = record::records(&mut random);
    org.deals = deal::deals(&mut random);
    org
}

#[expect(
    clippy::expect_used,
    reason = "only literals and zero-padded numbers of this file come here; the tests read every one of them"
)]
fn instant(text: &str) -> Instant {
    text.parse().expect("an instant of this file")
}

/// The item of a table at `index`, counted round and round.
#[expect(
    clippy::indexing_slicing,
    reason = "the remainder is below the length, and every table of this file has rows"
)]
fn at<T: Copy>(table: &[T], index: usize) -> T {
    table[index % table.len()]
}

/// SplitMix64: five lines that will draw the same numbers in ten years, whatever a library does.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a remainder by a table's length fits its index"
    )]
    fn pick<T: Copy>(&mut self, table: &[T]) -> T {
        at(table, self.below(table.len() as u64) as usize)
    }

    /// A month and a day that every year has.
    fn day(&mut self) -> String {
        format!("{:02}-{:02}", 1 + self.below(12), 1 + self.below(28))
    }
}

/// A day around the demo's own, 2026-11-21: before it for what is closed, after it for what is open.
fn closing(random: &mut Random, closed: bool) -> String {
    if closed {
        format!(
            "2026-{:02}-{:02}",
            7 + random.below(4),
            1 + random.below(28)
        )
    } else {
        format!(
            "2027-{:02}-{:02}",
            1 + random.below(6),
            1 + random.below(28)
        )
    }
}
