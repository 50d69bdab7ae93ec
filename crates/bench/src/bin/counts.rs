//! Operations for callgrind to count the instructions of: `counts DOCUMENT`, that of the size M.
//!
//! Each is a function of its own that is never inlined, so that the count of what it calls stands at its name. What it
//! prints is how many units each did; `cargo xtask counts` divides, and compares.

use std::fs;
use std::hint::black_box;

use serde_json::json;
use sidelight_bench::Failure;
use sidelight_bench::company::{Company, KIND, Pair};
use sidelight_governance::{Action, At, Governance, Sights};
use sidelight_testkit::generate::sized::Size;

/// How much of the document the yardstick is made of.
const YARDSTICK_BYTES: usize = 1 << 18;

/// How often what takes few instructions is done: what it finds in the allocator's lists, left there by others, is
/// otherwise parts of a hundred of it.
const ROUNDS: usize = 20;

fn main() -> Result<(), Failure> {
    let file = std::env::args_os()
        .nth(1)
        .ok_or("the document is missing")?;
    let document = fs::read(file)?;
    operation::yardstick(document.get(..YARDSTICK_BYTES).unwrap_or_default());
    let company = Company::new(Size::M);
    let mut governance = operation::load(&document)?;
    let at = governance.at(Company::now());
    let sees = |pair: &Pair| {
        at.can(&pair.viewer, Action::View, KIND, Some(&pair.record.id))
            .unwrap_or(false)
    };
    let viewers = company.viewers();
    let pairs = company.pairs(&viewers, 400);
    let (seen, unseen): (Vec<Pair>, Vec<Pair>) = pairs.iter().cloned().partition(sees);
    let (seen, unseen) = (first(&seen, 100), first(&unseen, 5));
    let ids: Vec<&str> = pairs.iter().map(|pair| pair.record.id.as_str()).collect();
    let (wide, narrow) = (company.viewer_reaching(0.4), company.viewer_reaching(0.02));

    operation::can(at, &pairs)?;
    operation::can_many(at, wide, &ids)?;
    let mut sights = Sights::default();
    let numbered = numbers(&governance, &pairs).ok_or("a record is missing")?;
    // Who holds a record is kept the second time.
    for _ in 0..2 {
        ask(at, &mut sights, &numbered)?;
    }
    operation::can_again(at, &mut sights, &numbered)?;
    operation::explain_allowed(at, seen)?;
    operation::explain_refused(at, unseen)?;
    operation::viewers(at, seen)?;
    operation::visible_wide(at, wide)?;
    operation::visible_narrow(at, narrow)?;
    operation::first_page(at, &viewers)?;
    operation::sorted_page(at, wide)?;
    let [assign, unassign] = company.assignment().ok_or("nobody can be assigned")?;
    operation::predict_assignment(at, std::slice::from_ref(&assign))?;
    let moved = company
        .move_of_role_with(80)
        .ok_or("no role can be moved")?;
    operation::predict_move(at, &[moved])?;
    let slice = operation::slice(at, narrow)?;
    let sliced: Governance = operation::load_slice(&slice)?;
    operation::apply(&mut governance, &[assign, unassign])?;
    drop(sliced);

    let units = json!({
        "yardstick": 1,
        "load": Size::M.records,
        "can": pairs.len(),
        "can_many": ids.len(),
        "can_again": ROUNDS * pairs.len(),
        "explain_allowed": seen.len(),
        "explain_refused": unseen.len(),
        "viewers": seen.len(),
        "visible_wide": 1,
        "visible_narrow": 1,
        "first_page": viewers.len(),
        "sorted_page": 1,
        "predict_assignment": ROUNDS,
        "predict_move": 1,
        "slice": 1,
        "load_slice": 1,
        "apply": 2 * ROUNDS,
    });
    println!("{units}");
    Ok(())
}

/// The numbers of users and records.
fn numbers(governance: &Governance, pairs: &[Pair]) -> Option<Vec<(u32, u32)>> {
    let numbers = |Pair { viewer, record }: &Pair| {
        let record = governance.record_number(KIND, &record.id)?;
        Some((governance.user_number(viewer)?, record))
    };
    pairs.iter().map(numbers).collect()
}

#[inline(always)]
fn ask(at: At<'_>, sights: &mut Sights, numbers: &[(u32, u32)]) -> Result<(), Failure> {
    for &(user, record) in numbers {
        black_box(sights.can(at, user, Action::View, KIND, record)?);
    }
    Ok(())
}

fn first(pairs: &[Pair], count: usize) -> &[Pair] {
    pairs.get(..count).unwrap_or(pairs)
}

/// What is counted. The answers are used, so that nothing is optimised away.
mod operation {
    use std::collections::BTreeMap;
    use std::hint::black_box;

    use super::ROUNDS;
    use sidelight_bench::Failure;
    use sidelight_bench::company::{self, KIND, Pair};
    use sidelight_governance::{Action, At, Change, Governance, PredictOptions, Sights};

    /// No rules: what the compiler, the C library and the processor make of searching, comparing, sorting, allocating and
    /// copying, so that another of these is not taken for another engine.
    #[inline(never)]
    pub(super) fn yardstick(text: &[u8]) {
        let mut words: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let mut copies: Vec<Vec<u8>> = Vec::new();
        for word in text.split(|byte| !byte.is_ascii_alphanumeric()) {
            *words.entry(word.to_vec()).or_default() += 1;
        }
        for part in text.chunks(5_000) {
            let mut copy = part.to_vec();
            copy.extend_from_slice(text.get(..30_000).unwrap_or_default());
            copy.sort_unstable();
            copies.push(copy);
        }
        copies.sort_unstable();
        black_box((words, copies));
    }

    #[inline(never)]
    pub(super) fn load(document: &[u8]) -> Result<Governance, Failure> {
        Ok(Governance::load(document)?)
    }

    #[inline(never)]
    pub(super) fn can(at: At<'_>, pairs: &[Pair]) -> Result<(), Failure> {
        for Pair { viewer, record } in pairs {
            black_box(at.can(viewer, Action::View, KIND, Some(&record.id))?);
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn can_many(at: At<'_>, viewer: &str, ids: &[&str]) -> Result<(), Failure> {
        black_box(at.can_many(viewer, Action::View, KIND, ids)?);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn can_again(
        at: At<'_>,
        sights: &mut Sights,
        numbers: &[(u32, u32)],
    ) -> Result<(), Failure> {
        (0..ROUNDS).try_for_each(|_| super::ask(at, sights, numbers))
    }

    #[inline(never)]
    pub(super) fn explain_allowed(at: At<'_>, pairs: &[Pair]) -> Result<(), Failure> {
        explain(at, pairs)
    }

    #[inline(never)]
    pub(super) fn explain_refused(at: At<'_>, pairs: &[Pair]) -> Result<(), Failure> {
        // The same call twice would be merged into one function.
        black_box(pairs);
        explain(at, pairs)
    }

    #[inline(always)]
    fn explain(at: At<'_>, pairs: &[Pair]) -> Result<(), Failure> {
        for Pair { viewer, record } in pairs {
            black_box(at.explain(viewer, Action::View, KIND, Some(&record.id))?);
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn viewers(at: At<'_>, pairs: &[Pair]) -> Result<(), Failure> {
        for Pair { record, .. } in pairs {
            black_box(at.viewers(KIND, &record.id, Action::View)?);
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn visible_wide(at: At<'_>, viewer: &str) -> Result<(), Failure> {
        black_box(at.visible_indices(viewer, KIND, Action::View)?);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn visible_narrow(at: At<'_>, viewer: &str) -> Result<(), Failure> {
        black_box(viewer);
        black_box(at.visible_indices(viewer, KIND, Action::View)?);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn first_page(at: At<'_>, viewers: &[&str]) -> Result<(), Failure> {
        for viewer in viewers {
            black_box(at.visible(viewer, KIND, &company::first_page())?);
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn sorted_page(at: At<'_>, viewer: &str) -> Result<(), Failure> {
        black_box(at.visible(viewer, KIND, &company::sorted_page())?);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn predict_assignment(at: At<'_>, changes: &[Change]) -> Result<(), Failure> {
        for _ in 0..ROUNDS {
            black_box(at.predict(changes, &PredictOptions::default())?);
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn predict_move(at: At<'_>, changes: &[Change]) -> Result<(), Failure> {
        black_box(changes);
        black_box(at.predict(changes, &PredictOptions::default())?);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn slice(at: At<'_>, viewer: &str) -> Result<Vec<u8>, Failure> {
        Ok(at.slice(viewer)?)
    }

    #[inline(never)]
    pub(super) fn load_slice(slice: &[u8]) -> Result<Governance, Failure> {
        black_box(slice);
        Ok(Governance::load(slice)?)
    }

    #[inline(never)]
    pub(super) fn apply(governance: &mut Governance, changes: &[Change]) -> Result<(), Failure> {
        for change in std::iter::repeat_n(changes, ROUNDS).flatten() {
            governance.apply(std::slice::from_ref(change))?;
        }
        Ok(())
    }
}
