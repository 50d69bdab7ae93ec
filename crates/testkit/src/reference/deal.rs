//! §6: the partner pipeline.

use std::collections::BTreeMap;

use serde_json::Value;
use sidelight_governance::org::{Company, Deal, Tier, User};
use sidelight_governance::{Amount, Toggle};

use super::list::{Sortable, in_list, sort, text_matches};
use super::{Decision, Grant, Reference};

/// One visible deal.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'a> {
    /// The deal.
    pub deal: &'a Deal,
    /// Its registrar: the deal owner, where the deal names nobody.
    pub registrar: &'a str,
    /// The words of the rules that show it.
    pub grants: Vec<&'static str>,
    /// What the viewer may do with it.
    pub interactions: Vec<&'static str>,
}

/// What the visible deals of one stage and currency come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// The stage, empty where there is none.
    pub stage: String,
    /// The currency, if any.
    pub currency: Option<String>,
    /// How many deals.
    pub count: usize,
    /// Their sum, as text: `1.50` and `1.5` are different answers.
    pub amount: String,
}

impl<'a> Reference<'a> {
    fn deal(self, id: &str) -> Option<&'a Deal> {
        self.org.deals.iter().find(|deal| deal.id == id)
    }

    fn company(self, id: &str) -> Option<&'a Company> {
        self.org.companies.iter().find(|company| company.id == id)
    }

    pub(super) fn tier(self, u: &User, c: &Company) -> Option<Tier> {
        u.memberships
            .iter()
            .find(|membership| membership.company == c.id)
            .map(|membership| membership.tier)
    }

    pub(super) fn primary(self, u: &User) -> Option<&'a Company> {
        u.memberships
            .iter()
            .find(|membership| membership.primary)
            .and_then(|membership| self.company(&membership.company))
    }

    fn rank(self, d: &Deal) -> Option<Tier> {
        let current = || self.tier(self.user(&d.owner)?, self.company(&d.company)?);
        current().or(d.owner_tier)
    }

    pub(super) fn managed(self, u: &User) -> Vec<&'a Company> {
        let manages = |c: &&Company| self.tier(u, c) == Some(Tier::Owner) || is_same_email(c, u);
        self.org.companies.iter().filter(manages).collect()
    }

    fn registrar(self, d: &'a Deal) -> &'a str {
        match &d.registered_by {
            Some(registrar) if self.user(registrar).is_some() => registrar,
            _ => &d.owner,
        }
    }

    /// `t = tier(u, primary(u)) ∈ {manager, executive} ∧ d.company = primary(u) ∧ rank(d) < t`
    fn is_above(self, u: &User, d: &Deal) -> bool {
        let Some(primary) = self.primary(u).filter(|c| c.id == d.company) else {
            return false;
        };
        match self.tier(u, primary) {
            Some(t @ (Tier::Manager | Tier::Executive)) => {
                self.rank(d).is_some_and(|rank| rank < t)
            }
            _ => false,
        }
    }

    /// `d.company ∈ managed(u) ∧ rank(d) ∈ {none, sales, manager, executive}`
    fn manages(self, u: &User, d: &Deal) -> bool {
        self.managed(u).iter().any(|c| c.id == d.company) && self.rank(d) != Some(Tier::Owner)
    }

    /// The formula of `pipeline(u,d)` behind the gate, a grant for each part of it that holds.
    fn clauses(self, u: &User, d: &'a Deal) -> Vec<Grant<'a>> {
        let clauses = [
            (u.id == d.owner, Grant::of("deal-owner")),
            (u.id == self.registrar(d), Grant::of("registrar")),
            (self.is_above(u, d), Grant::of("tier").at(&d.company)),
            (
                self.manages(u, d),
                Grant::of("account-owner").at(&d.company),
            ),
            (self.toggle(u, Toggle::AllDeals), Grant::of("vendor")),
        ];
        let holding = clauses.into_iter().filter(|(holds, _)| *holds);
        holding.map(|(_, grant)| grant).collect()
    }

    /// Why no clause of the formula holds.
    fn clause_obstacle(self, u: &User, d: &Deal) -> &'static str {
        let company = self.company(&d.company);
        let (primary, managed) = (self.primary(u), self.managed(u));
        if primary.is_none() && managed.is_empty() {
            return "no-tier";
        }
        let Some(c) = company.filter(|c| primary == Some(c) || managed.contains(c)) else {
            return "other-company";
        };
        if managed.contains(&c) {
            return "lateral";
        }
        match (self.rank(d), self.tier(u, c)) {
            (None, _) => "no-tier",
            (rank, tier) if rank == tier => "lateral",
            _ => "higher-tier",
        }
    }

    /// Whether the user sees the deal, with the reasons.
    pub fn explain_deal(self, user: &str, id: &str) -> Decision<'a> {
        let Some(u) = self.user(user) else {
            return Decision::of(Vec::new(), vec!["unknown-user".into()]);
        };
        let mut obstacles = self.gate_obstacles(u);
        let Some(d) = self.deal(id) else {
            obstacles.push("unknown-record".into());
            return Decision::of(Vec::new(), obstacles);
        };
        let grants = self.clauses(u, d);
        if grants.is_empty() {
            obstacles.push(self.clause_obstacle(u, d).into());
        }
        Decision::of(grants, obstacles)
    }

    /// Everyone who sees the deal, with the reasons, in the users' order.
    pub fn deal_viewers(self, id: &str) -> Vec<(&'a str, Vec<Grant<'a>>)> {
        let decided = self
            .org
            .users
            .iter()
            .map(|u| (u.id.as_str(), self.explain_deal(&u.id, id)));
        decided
            .filter(|(_, decision)| decision.allowed())
            .map(|(user, decision)| (user, decision.grants))
            .collect()
    }

    /// §6.6: whom a registration of the deal, or a change of it, is told, in the users' order.
    pub fn deal_notifications(self, id: &str, actor: &str) -> Vec<&'a str> {
        let Some(d) = self.deal(id) else {
            return Vec::new();
        };
        let is_manager = |u: &User| {
            let primary = self.primary(u).filter(|c| c.id == d.company);
            primary.is_some_and(|c| self.tier(u, c) == Some(Tier::Manager))
        };
        let is_account_owner = |u: &User| self.managed(u).iter().any(|c| c.id == d.company);
        let users = self.org.users.iter().filter(|u| self.is_open(u));
        users
            .filter(|u| u.id == d.owner || is_manager(u) || is_account_owner(u))
            .filter(|u| u.id != actor && !self.toggle(u, Toggle::AllDeals))
            .map(|u| u.id.as_str())
            .collect()
    }

    /// The deals that the user sees and the query (the contract's JSON, without limit and cursor) asks for.
    pub fn pipeline(self, user: &str, query: &Value) -> Vec<Row<'a>> {
        let mut rows = Vec::new();
        for deal in &self.org.deals {
            let decision = self.explain_deal(user, &deal.id);
            if decision.allowed() && asked_for(deal, query) {
                let grants: Vec<&str> = decision.grants.iter().map(|grant| grant.rule).collect();
                rows.push(Row {
                    deal,
                    registrar: self.registrar(deal),
                    interactions: interactions(&grants),
                    grants,
                });
            }
        }
        sort(&mut rows, query.get("sort"), |row, by| match by {
            "id" => Sortable::Text(row.deal.id.clone()),
            "name" => row.deal.name.clone().into(),
            "company" => Sortable::Text(row.deal.company.clone()),
            "owner" => Sortable::Text(row.deal.owner.clone()),
            "registeredBy" => Sortable::Text(row.registrar.to_owned()),
            "stage" => row.deal.stage.clone().into(),
            "amount" => row.deal.amount.map_or(Sortable::Absent, Sortable::Amount),
            "currency" => row.deal.currency.clone().into(),
            "expectedClose" => row.deal.expected_close.clone().into(),
            _ => Sortable::Absent,
        });
        rows
    }
}

fn is_same_email(c: &Company, u: &User) -> bool {
    match (&c.account_owner_email, &u.email) {
        (Some(a), Some(b)) => !a.is_empty() && a.to_lowercase() == b.to_lowercase(),
        _ => false,
    }
}

fn asked_for(deal: &Deal, query: &Value) -> bool {
    let stage = deal.stage.as_deref().unwrap_or_default();
    in_list(query, "stage", stage)
        && in_list(query, "company", &deal.company)
        && in_list(query, "owner", &deal.owner)
        && query
            .get("text")
            .and_then(Value::as_str)
            .is_none_or(|text| text_matches(text, deal.name.as_deref(), &deal.id))
}

fn interactions(grants: &[&str]) -> Vec<&'static str> {
    let by_rank = grants
        .iter()
        .any(|rule| matches!(*rule, "tier" | "account-owner" | "vendor"));
    if by_rank {
        vec!["view", "edit", "reassign"]
    } else if grants.contains(&"deal-owner") {
        vec!["view", "edit"]
    } else {
        vec!["view"]
    }
}

/// The totals of these rows, by stage and currency.
pub fn totals(rows: &[Row<'_>]) -> Vec<Total> {
    let mut groups: BTreeMap<(String, Option<String>), Vec<Amount>> = BTreeMap::new();
    for row in rows {
        let key = (
            row.deal.stage.clone().unwrap_or_default(),
            row.deal.currency.clone(),
        );
        groups
            .entry(key)
            .or_default()
            .push(row.deal.amount.unwrap_or_default());
    }
    let total = |((stage, currency), amounts): ((String, Option<String>), Vec<Amount>)| Total {
        stage,
        currency,
        count: amounts.len(),
        amount: amounts.into_iter().sum::<Amount>().to_string(),
    };
    groups.into_iter().map(total).collect()
}
