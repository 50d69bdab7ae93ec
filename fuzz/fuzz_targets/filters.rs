//! Questions: see `sidelight_testkit::fuzz::filters`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sidelight_testkit::fuzz;

fuzz_target!(|bytes: &[u8]| {
    if let Err(difference) = fuzz::filters(bytes) {
        panic!("{difference}");
    }
});
