//! §4: explanations, with every reason.

use sidelight_governance::org::{CrmRecord, Status, User};
use sidelight_governance::{Action, RecordType, Scope};

use super::Reference;

/// One reason why something is allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Grant<'a> {
    /// The rule's word.
    pub rule: &'static str,
    /// The holder, or the report who lifts.
    pub user: Option<&'a str>,
    /// The roles from the viewer's down to that user's.
    pub roles: Option<Vec<&'a str>>,
    /// The account of the account edge.
    pub account: Option<&'a str>,
    /// The company of a tier.
    pub company: Option<&'a str>,
}

impl<'a> Grant<'a> {
    pub(super) fn of(rule: &'static str) -> Self {
        Self {
            rule,
            ..Self::default()
        }
    }

    pub(super) fn by(self, user: &'a User) -> Self {
        Self {
            user: Some(&user.id),
            ..self
        }
    }

    pub(super) fn along(self, roles: Vec<&'a str>) -> Self {
        Self {
            roles: Some(roles),
            ..self
        }
    }

    pub(super) fn through(self, account: &'a CrmRecord) -> Self {
        Self {
            account: Some(&account.id),
            ..self
        }
    }

    pub(super) fn at(self, company: &'a str) -> Self {
        Self {
            company: Some(company),
            ..self
        }
    }
}

/// One reason why something is refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Obstacle<'a> {
    /// The code's word.
    pub code: &'static str,
    /// For `outside-reports`: each holder's relation to the viewer.
    pub holders: Option<Vec<(&'a str, &'static str)>>,
}

impl From<&'static str> for Obstacle<'_> {
    fn from(code: &'static str) -> Self {
        Self {
            code,
            holders: None,
        }
    }
}

/// A decision: allowed where nothing stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision<'a> {
    /// Every reason for it; empty when refused.
    pub grants: Vec<Grant<'a>>,
    /// Every reason against it; empty when allowed.
    pub obstacles: Vec<Obstacle<'a>>,
}

impl<'a> Decision<'a> {
    /// Whether it is allowed.
    pub fn allowed(&self) -> bool {
        self.obstacles.is_empty()
    }

    pub(super) fn of(grants: Vec<Grant<'a>>, obstacles: Vec<Obstacle<'a>>) -> Self {
        Self {
            grants: if obstacles.is_empty() {
                grants
            } else {
                Vec::new()
            },
            obstacles,
        }
    }
}

impl<'a> Reference<'a> {
    /// The decision of [`can`](Self::can), with its reasons.
    pub fn explain(
        self,
        user: &str,
        action: Action,
        kind: RecordType,
        id: Option<&str>,
    ) -> Decision<'a> {
        let Some(u) = self.user(user) else {
            return Decision::of(Vec::new(), vec!["unknown-user".into()]);
        };
        let mut obstacles = self.gate_obstacles(u);
        if action == Action::Create {
            if self.scope(u, kind, action) != Scope::All {
                obstacles.push(self.denied(u));
            }
            return Decision::of(vec![Grant::of("create")], obstacles);
        }
        let Some(r) = id.and_then(|id| self.record(kind, id)) else {
            obstacles.push("unknown-record".into());
            return Decision::of(Vec::new(), obstacles);
        };
        let mut view = self.reasons(u, r, Action::View);
        view.extend(self.account(u, r).map(|c| Grant::of("account").through(c)));
        if action != Action::View && view.is_empty() {
            obstacles.push("view-denied".into());
        }
        let grants = if action == Action::View {
            view
        } else {
            self.reasons(u, r, action)
        };
        if grants.is_empty() {
            obstacles.push(self.obstacle(u, r, action));
        }
        Decision::of(grants, obstacles)
    }

    pub(super) fn gate_obstacles(self, u: &User) -> Vec<Obstacle<'a>> {
        let mut obstacles = Vec::new();
        if u.status == Status::Locked {
            obstacles.push("locked".into());
        }
        if let Some(guest) = &u.guest {
            if !guest.claimed {
                obstacles.push("guest-unclaimed".into());
            }
            if guest.revoked_at.is_some() {
                obstacles.push("guest-revoked".into());
            }
            if self.is_over(guest) {
                obstacles.push("guest-expired".into());
            }
        }
        obstacles
    }

    /// The reasons of `direct` and `lifted`.
    fn reasons(self, u: &'a User, r: &'a CrmRecord, a: Action) -> Vec<Grant<'a>> {
        let scope = self.scope(u, r.kind, a);
        let holders = self.holders(r).into_iter().filter_map(|id| self.user(id));
        let holders: Vec<&User> = holders.collect();
        let (below, peers) = (self.below(u), self.peers(u));
        let mut grants = Vec::new();
        if scope >= Scope::Owned && r.owner.as_ref() == Some(&u.id) {
            grants.push(Grant::of("owner"));
        }
        if scope >= Scope::Owned && self.assigned(r).contains(&u.id.as_str()) {
            grants.push(Grant::of("assigned"));
        }
        if matches!(scope, Scope::Reports | Scope::Peers) {
            let reports = holders.iter().filter(|v| below.contains(v));
            grants.extend(reports.map(|v| Grant::of("report").by(v).along(self.path(u, v))));
        }
        if scope == Scope::Peers {
            let peers = holders.iter().filter(|v| peers.contains(v));
            grants.extend(peers.map(|v| Grant::of("peer").by(v)));
        }
        if scope == Scope::All {
            grants.push(Grant::of("all"));
        }
        let lifting = self.lifting(u, r.kind, a).into_iter();
        grants.extend(lifting.map(|v| Grant::of("lifted").by(v).along(self.path(u, v))));
        grants
    }

    /// The roles from `u`'s down to that of `v`, who is below `u`.
    fn path(self, u: &User, v: &User) -> Vec<&'a str> {
        let (Some(top), Some(role)) = (self.role(u), self.role(v)) else {
            return Vec::new();
        };
        let mut path = vec![role.id.as_str()];
        for above in self.ancestors(role) {
            path.push(&above.id);
            if above == top {
                break;
            }
        }
        path.reverse();
        path
    }

    /// Why neither `direct` nor `lifted` holds.
    fn obstacle(self, u: &User, r: &'a CrmRecord, a: Action) -> Obstacle<'a> {
        match self.scope(u, r.kind, a) {
            Scope::Denied => self.denied(u),
            Scope::Reports | Scope::Peers if self.role(u).is_some() => Obstacle {
                code: "outside-reports",
                holders: Some(
                    self.holders(r)
                        .into_iter()
                        .map(|holder| (holder, self.relation(u, holder)))
                        .collect(),
                ),
            },
            _ => "not-a-holder".into(),
        }
    }

    fn denied(self, u: &User) -> Obstacle<'a> {
        if self.is_guest_admin(u) {
            "guest-admin".into()
        } else {
            "permission-denied".into()
        }
    }

    fn relation(self, u: &User, holder: &str) -> &'static str {
        let Some(holder) = self.user(holder) else {
            return "unknown";
        };
        match (self.role(u), self.role(holder)) {
            (_, None) => "no-role",
            (Some(own), Some(role)) if own == role => "same-role",
            (Some(own), Some(role)) if self.descends(own, role) => "above",
            _ => "other-branch",
        }
    }
}
