//! Which mutant is switched on. This file becomes a module of the copy that has every mutant in it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::env;
use std::fs::File;
use std::io::Write;
use std::sync::LazyLock;
use std::thread;

struct Run {
    /// The number of the mutant; 0 for none.
    on: u32,
    /// Where it is written which functions are reached.
    reached: Option<File>,
}

static RUN: LazyLock<Run> = LazyLock::new(|| Run {
    on: env::var("MUTANT").map_or(0, |number| number.parse().expect("`MUTANT` is a number")),
    reached: env::var_os("MUTANTS_REACHED").map(|path| {
        let file = File::options().create(true).append(true).open(path);
        file.expect("`MUTANTS_REACHED` can be written")
    }),
});

/// The mutant that is switched on, for a function that has some.
pub(crate) fn on(function: u32) -> u32 {
    if let Some(file) = &RUN.reached {
        note(file, function);
    }
    RUN.on
}

/// Writes down, once, that this thread reached the function. The thread of a test has the name of the test.
fn note(mut file: &File, function: u32) {
    thread_local! {
        static NOTED: RefCell<BTreeSet<u32>> = const { RefCell::new(BTreeSet::new()) };
    }
    if NOTED.with_borrow_mut(|noted| noted.insert(function)) {
        let thread = thread::current();
        let line = format!("{function} {}\n", thread.name().unwrap_or_default());
        file.write_all(line.as_bytes()).expect("`MUTANTS_REACHED` can be written");
    }
}

/// One of two iterators: a function that returns `impl Iterator` returns one type, whichever mutant is switched on.
#[derive(Clone)]
pub(crate) enum Either<A, B> {
    Left(A),
    Right(B),
}

impl<A: Iterator<Item = B::Item>, B: Iterator> Iterator for Either<A, B> {
    // The function's own body is on the right; of a mutant's, such as `empty()`, it may not be clear what it gives.
    type Item = B::Item;

    fn next(&mut self) -> Option<B::Item> {
        match self {
            Self::Left(left) => left.next(),
            Self::Right(right) => right.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Left(left) => left.size_hint(),
            Self::Right(right) => right.size_hint(),
        }
    }
}
