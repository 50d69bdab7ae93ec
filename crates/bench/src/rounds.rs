//! Timing: contestants take turns, round by round, so that the machine's moods hit all alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Who takes part: work that is timed, and how many units of what is counted it does.
pub struct Contestant<'a> {
    units: usize,
    work: Box<dyn FnMut() -> usize + 'a>,
}

impl<'a> Contestant<'a> {
    /// What the work gives back is used, so that it is not optimised away.
    pub fn new(units: usize, work: impl FnMut() -> usize + 'a) -> Self {
        Self {
            units,
            work: Box::new(work),
        }
    }
}

/// Runs each contestant once to warm up, and then once in every round. There are as many rounds as were asked for, or, where
/// they take longer than the budget, fewer, but never less than three.
///
/// The answer is nanoseconds for each unit, by contestant and round.
pub fn rounds(count: usize, budget: Duration, contestants: &mut [Contestant<'_>]) -> Vec<Vec<f64>> {
    for contestant in contestants.iter_mut() {
        black_box((contestant.work)());
    }
    let mut times = vec![Vec::new(); contestants.len()];
    let begun = Instant::now();
    for round in 0..count {
        if round >= LEAST && begun.elapsed() > budget {
            break;
        }
        for (contestant, times) in contestants.iter_mut().zip(&mut times) {
            let started = Instant::now();
            black_box((contestant.work)());
            let elapsed = started.elapsed().as_nanos() as f64;
            times.push(elapsed / contestant.units as f64);
        }
    }
    times
}

const LEAST: usize = 3;

/// The one in the middle.
pub fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
