//! Slices that were altered: see `sidelight_testkit::fuzz::slices`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sidelight_testkit::fuzz;

fuzz_target!(|bytes: &[u8]| {
    if let Err(difference) = fuzz::slices(bytes) {
        panic!("{difference}");
    }
});
