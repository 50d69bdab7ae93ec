//! Sentences for people say what the rules do (§6).

use sidelight_governance::org::Tier;
use sidelight_governance::{grouped, tier_interacts, tier_is_notified, tier_sees};

/// From the lowest to the highest.
const TIERS: [Tier; 4] = [Tier::Sales, Tier::Manager, Tier::Executive, Tier::Owner];

#[test]
fn a_tier_is_said_to_see_those_below_it_and_not_another_of_its_own() {
    for (rank, tier) in TIERS.into_iter().enumerate() {
        let sentence = tier_sees(tier);
        assert!(sentence.starts_with("Sees "), "{sentence}");
        for (other_rank, other) in TIERS.into_iter().enumerate() {
            let is_named = sentence.contains(other.label());
            let (is_below, is_own) = (other_rank < rank, other_rank == rank && rank > 0);
            assert_eq!(is_named, is_below || is_own, "{sentence} {other}");
        }
        assert_eq!(
            sentence.contains(&format!("not those of another {}", tier.label())),
            tier != Tier::Sales,
            "{sentence}"
        );
    }
}

#[test]
fn every_tier_but_sales_is_said_to_reassign() {
    for tier in TIERS {
        let sentence = tier_interacts(tier);
        assert!(sentence.starts_with("May edit "), "{sentence}");
        assert_eq!(
            sentence.contains("reassign"),
            tier != Tier::Sales,
            "{sentence}"
        );
    }
}

#[test]
fn managers_and_account_owners_are_said_to_hear_of_any_deal() {
    for tier in TIERS {
        let sentence = tier_is_notified(tier);
        assert!(sentence.starts_with("Is notified when "), "{sentence}");
        let hears_of_any = matches!(tier, Tier::Manager | Tier::Owner);
        assert_eq!(sentence.contains("any deal"), hears_of_any, "{sentence}");
    }
}

#[test]
fn digits_are_grouped_by_three_from_the_right() {
    let numbers = [0, 12, 999, 1_000, 8_800, 123_456, 1_234_567];
    let told = ["0", "12", "999", "1,000", "8,800", "123,456", "1,234,567"];
    assert_eq!(numbers.map(grouped), told);
}
