//! What each partner tier sees, may do and is told of (§6), as data.

use sidelight_governance::org::Tier;
use sidelight_governance::{tier_interacts, tier_is_notified, tier_sees};

use super::Organisation;
use crate::message;

/// What one tier is, in sentences for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierDescription {
    /// What the tier is called.
    pub label: &'static str,
    /// What it sees, what it may do, and what it is notified of.
    pub sentences: Vec<&'static str>,
    /// Where the viewer has this tier, in one sentence each.
    pub standings: Vec<String>,
}

/// Every tier, the highest first, and where the viewer stands.
pub fn descriptions(organisation: &Organisation, viewer: &str) -> Vec<TierDescription> {
    let user = organisation.user(viewer);
    let standings = |tier: Tier| {
        let memberships = user.iter().flat_map(|user| user.memberships.iter().map(move |membership| (&user.name, membership)));
        memberships
            .filter(|(_, membership)| membership.tier == tier)
            .map(|(name, membership)| message::standing(name, tier.label(), &organisation.company_name(&membership.company), membership.primary))
            .collect()
    };
    Tier::ALL
        .iter()
        .rev()
        .map(|&tier| TierDescription {
            label: tier.label(),
            sentences: vec![tier_sees(tier), tier_interacts(tier), tier_is_notified(tier)],
            standings: standings(tier),
        })
        .collect()
}
