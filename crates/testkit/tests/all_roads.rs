//! Every road to an answer is held to one accessibility set (§11). The same organisations are put to
//! the npm package in Node and in Chromium.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use sidelight_testkit::roads;

#[test]
fn every_road_agrees_with_the_accessibility_set() {
    let mut answers = 0;
    let roads = roads::some(300);
    for (number, roads) in roads.iter().enumerate() {
        match roads.hold() {
            Ok(held) => answers += held,
            Err(fault) => {
                let org = serde_json::to_string_pretty(roads);
                panic!(
                    "organisation {number}: {fault}\n{}",
                    org.unwrap_or_default()
                );
            }
        }
    }
    let changed = roads.iter().filter(|roads| roads.before != roads.after);
    assert!(
        changed.count() > roads.len() / 4,
        "changes that change nothing show nothing"
    );
    println!("{answers} answers on {} organisations", roads.len());
}
