//! What each partner tier sees, may do and is told of (§6), as data.

use sidelight_governance::org::{Tier, User};
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

/// Every tier, the highest first, and where the viewer stands: by membership, and as the account owner whom a company
/// names by email.
pub fn descriptions(organisation: &Organisation, viewer: &str) -> Vec<TierDescription> {
    let user = organisation.user(viewer);
    let managed: Vec<_> = user
        .iter()
        .flat_map(|user| managed_by_email(organisation, user))
        .collect();
    let standings = |tier: Tier| {
        let memberships = user.iter().flat_map(|user| {
            user.memberships
                .iter()
                .map(move |membership| (&user.name, membership))
        });
        memberships
            .filter(|(_, membership)| membership.tier == tier)
            .map(|(name, membership)| {
                message::standing(
                    name,
                    tier.label(),
                    &organisation.company_name(&membership.company),
                    membership.primary,
                )
            })
            .chain(managed.iter().filter(|_| tier == Tier::Owner).cloned())
            .collect()
    };
    Tier::ALL
        .iter()
        .rev()
        .map(|&tier| TierDescription {
            label: tier.label(),
            sentences: vec![
                tier_sees(tier),
                tier_interacts(tier),
                tier_is_notified(tier),
            ],
            standings: standings(tier),
        })
        .collect()
}

/// The companies that the user manages by the email of their account owner alone.
fn managed_by_email<'a>(
    organisation: &'a Organisation,
    user: &'a User,
) -> impl Iterator<Item = String> + 'a {
    let is_owner_of = |id: &str| {
        let mut memberships = user.memberships.iter();
        memberships.any(|membership| membership.company == id && membership.tier == Tier::Owner)
    };
    let managed = organisation.managed(&user.id);
    let managed = managed.filter(move |company| !is_owner_of(&company.id));
    managed.map(|company| message::managed(&user.name, Tier::Owner.label(), &company.name))
}
