//! The partner pipeline: who sees which deal, and what they may do to it (§6).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::amount::Amount;
use crate::at::At;
use crate::decision::{Decision, Grant, Obstacle, ObstacleCode, Rule, Viewer};
use crate::error::AskError;
use crate::governance::DealRow;
use crate::message;
use crate::org::Tier;
use crate::profile::Toggle;
use crate::reader::{FromJson, Members, Refused as Unread, Source, deserialize_as_read};
use crate::remedy::Refused;
use crate::set::members;
use crate::table::{CompanyIx, DealIx, Ix, UserIx};
use crate::view::{Cursors, Order, Sort, Value, read_question};
use crate::word::vocabulary;

/// Deals, by number.
pub(crate) type DealSet = fixedbitset::FixedBitSet;

/// Which of the deals that a user sees are wanted, and in which order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PipelineQuery {
    /// Only deals in one of these stages.
    pub stage: Option<Vec<String>>,
    /// Only deals of one of these companies.
    pub company: Option<Vec<String>>,
    /// Only deals of one of these deal owners.
    pub owner: Option<Vec<String>>,
    /// Only deals whose name, or id where there is no name, contains this text without regard to case.
    pub text: Option<String>,
    /// The order, most significant first, by a column of [`PipelineRow`] or `createdAt`; equal deals stay in load order.
    pub sort: Option<Vec<Sort>>,
    /// At most so many rows; absent: all.
    pub limit: Option<usize>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

deserialize_as_read!(PipelineQuery);

impl<'de> FromJson<'de> for PipelineQuery {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Unread> {
        const MEMBERS: Members = Members::closed(
            0,
            &[
                "stage", "company", "owner", "text", "sort", "limit", "cursor",
            ],
        );
        let mut query = Self::default();
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "stage" => query.stage = Some(value.read()?),
                "company" => query.company = Some(value.read()?),
                "owner" => query.owner = Some(value.read()?),
                "text" => query.text = Some(value.read()?),
                "sort" => query.sort = Some(value.read()?),
                "limit" => query.limit = Some(value.read()?),
                _ => query.cursor = Some(value.read()?),
            }
            Ok(())
        })?;
        Ok(query)
    }
}

impl PipelineQuery {
    /// Reads the contract's JSON for a query.
    ///
    /// # Errors
    /// An [`AskError`] with the code and the place of the fault.
    pub fn from_json(json: &str) -> Result<Self, AskError> {
        read_question(json)
    }
}

/// The deals that a user sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pipeline {
    /// How many deals there are on all pages together.
    pub total: usize,
    /// The deals on this page.
    pub rows: Vec<PipelineRow>,
    /// Count and sum of the deals on all pages, by stage and currency (§6.7), in the order of both.
    pub totals: Vec<Total>,
    /// What to ask the next page with; absent on the last one.
    pub cursor: Option<String>,
}

/// One deal, as a user sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineRow {
    /// The deal's id.
    pub id: String,
    /// The deal's name; empty without one.
    pub name: String,
    /// The id of the deal's company.
    pub company: String,
    /// The id of the deal owner.
    pub owner: String,
    /// The id of the registrar, who is the deal owner unless somebody else is named.
    pub registered_by: String,
    /// The stage; empty without one.
    pub stage: String,
    /// The amount.
    pub amount: Option<Amount>,
    /// The amount's currency.
    pub currency: Option<String>,
    /// A calendar day, or an instant.
    pub expected_close: Option<String>,
    /// The rules by which the user sees the deal.
    pub grants: Vec<Rule>,
    /// What the user may do to the deal (§6.5).
    pub interactions: Vec<Interaction>,
}

/// The deals of one stage in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Total {
    /// The stage; empty for deals without one.
    pub stage: String,
    /// The currency; amounts of different currencies are never added.
    pub currency: Option<String>,
    /// How many deals.
    pub count: usize,
    /// Their amounts together, exactly; a deal without an amount adds nothing.
    pub amount: Amount,
}

vocabulary! {
    /// What a user may do to a deal (§6.5).
    Interaction, InvalidField, "interaction" {
        /// See it.
        View = "view",
        /// Change it.
        Edit = "edit",
        /// Give it to another deal owner.
        Reassign = "reassign",
    }
}

impl Interaction {
    /// What a grant lets a user do (§6.5).
    fn by(rule: Rule) -> &'static [Self] {
        match rule {
            Rule::Tier | Rule::AccountOwner | Rule::Vendor => {
                &[Self::View, Self::Edit, Self::Reassign]
            }
            Rule::DealOwner => &[Self::View, Self::Edit],
            Rule::Registrar => &[Self::View],
            _ => &[],
        }
    }
}

/// Whether a tier sees the deals of those below it (§6).
fn leads(tier: Tier) -> bool {
    matches!(tier, Tier::Manager | Tier::Executive)
}

impl<'g> At<'g> {
    /// The deals that the user sees, with the reasons, what the user may do, and totals (§6).
    ///
    /// # Errors
    /// An [`AskError`] for a cursor of another question.
    ///
    /// # Complexity
    /// In the number of deals that are the user's own or of the user's companies; of all deals with `allDeals`.
    pub fn pipeline(self, user: &str, query: &PipelineQuery) -> Result<Pipeline, AskError> {
        let deals = &self.governance.deals;
        let cursors = Cursors::new(
            self.governance,
            &(
                user,
                &query.stage,
                &query.company,
                &query.owner,
                &query.text,
                &query.sort,
            ),
        );
        let viewer = self.governance.users.find(user);
        let after = cursors.read(query.cursor.as_deref(), |id| {
            let deal = deals.find(id)?;
            self.sees_deal(viewer?, deal).then_some(deal)
        })?;
        let text = query.text.as_ref().map(|text| text.to_lowercase());
        let visible = viewer
            .map(|viewer| self.visible_deals(viewer))
            .unwrap_or_default();
        let matched: Vec<_> = members(&visible)
            .filter(|&deal| {
                deals
                    .get(deal)
                    .is_some_and(|row| self.is_wanted(deal, row, query, text.as_deref()))
            })
            .collect();

        let totals = self.totals(&matched);
        let sort = query.sort.as_deref().unwrap_or_default();
        let keys = |deal: DealIx, keys: &mut Vec<_>| {
            keys.extend(sort.iter().map(|sort| self.column(deal, &sort.by)));
        };
        let order = Order {
            descending: sort.iter().map(|sort| sort.descending).collect(),
        };
        let (total, page, more) = order.page(matched, keys, after, query.limit);
        Ok(Pipeline {
            total,
            totals,
            cursor: page
                .last()
                .filter(|_| more)
                .map(|&last| cursors.write(deals.id(last))),
            rows: page
                .into_iter()
                .filter_map(|deal| self.pipeline_row(viewer?, deal))
                .collect(),
        })
    }

    /// The decision whether the user sees the deal, with every reason, or every gate that failed (§4, §6).
    pub fn explain_deal(self, user: &str, id: &str) -> Decision {
        self.decide_deal(user, id).given_to(self, user)
    }

    fn decide_deal(self, user: &str, id: &str) -> Decision {
        let Some(viewer) = self.governance.users.find(user) else {
            return Decision::refused(vec![Obstacle::new(
                ObstacleCode::UnknownUser,
                message::unknown_user(user),
            )]);
        };
        let mut obstacles = self.gate_obstacles(viewer);
        let Some((deal, row)) = self.find_deal(id) else {
            obstacles.push(Obstacle::new(
                ObstacleCode::UnknownRecord,
                message::unknown_deal(id),
            ));
            return Decision::refused(obstacles);
        };
        if self.sees_deal(viewer, deal) {
            return Decision::allowed(self.deal_grants(viewer, row));
        }
        if self.deal_rules(viewer, row).next().is_none() {
            obstacles.push(self.deal_obstacle(viewer, row));
        }
        Decision::refused_with(obstacles, self.remedies(viewer, Refused::Deal(id)))
    }

    /// Whom a registration of the deal, or a change of its owner, stage, amount or expected close, is told (§6.6):
    /// the deal owner, each Manager whose primary company is the deal's, and the company's account owners; not
    /// the one who acted, nobody outside the gate, and nobody with `allDeals`. In the users' load order.
    ///
    /// # Complexity
    /// In the number of users.
    pub fn deal_notifications(self, id: &str, actor: &str) -> Vec<String> {
        let Some((_, deal)) = self.find_deal(id) else {
            return Vec::new();
        };
        let actor = self.governance.users.find(actor);
        let concerned = |user: UserIx| {
            user == deal.owner
                || self.primary(user) == Some((deal.company, Tier::Manager))
                || self.manages(user, deal.company)
        };
        let told = |user: &UserIx| {
            concerned(*user)
                && Some(*user) != actor
                && self.passes_gate(*user)
                && !self.toggle(*user, Toggle::AllDeals)
        };
        self.governance
            .users
            .iter()
            .filter(told)
            .map(|user| self.user_id(user))
            .collect()
    }

    /// Everyone who sees the deal, in the users' load order, with every reason. Nobody for a deal that does not exist.
    ///
    /// # Complexity
    /// In the number of users.
    pub fn deal_viewers(self, id: &str) -> Vec<Viewer> {
        let Some((deal, row)) = self.find_deal(id) else {
            return Vec::new();
        };
        let users = self
            .governance
            .users
            .iter()
            .filter(|&user| self.sees_deal(user, deal));
        users
            .map(|user| Viewer {
                user: self.user_id(user),
                grants: self.deal_grants(user, row),
            })
            .collect()
    }

    fn find_deal(self, id: &str) -> Option<(DealIx, &'g DealRow)> {
        let deals = &self.governance.deals;
        let deal = deals.find(id)?;
        Some((deal, deals.get(deal)?))
    }

    /// Who registered the deal: the deal owner, unless somebody else who exists is named (§6). A slice names
    /// only those who exist, and need not have the person in it.
    pub(crate) fn registrar(self, deal: &DealRow) -> UserIx {
        let named = deal.registered_by.filter(|&user| {
            self.governance.users.exists(user) || self.governance.viewer().is_some()
        });
        named.unwrap_or(deal.owner)
    }

    /// `pipeline(u, d)`
    pub(crate) fn sees_deal(self, user: UserIx, deal: DealIx) -> bool {
        self.passes_gate(user)
            && self
                .governance
                .deals
                .get(deal)
                .is_some_and(|row| self.deal_rules(user, row).next().is_some())
    }

    /// The parts of `pipeline(u, d)` that hold, gate aside.
    fn deal_rules(self, user: UserIx, deal: &DealRow) -> impl Iterator<Item = Rule> {
        let rank = self.rank(deal);
        let is_above = |(company, tier): (CompanyIx, Tier)| {
            company == deal.company && leads(tier) && rank.is_some_and(|rank| rank < tier)
        };
        let rules = [
            (Rule::DealOwner, user == deal.owner),
            (Rule::Registrar, user == self.registrar(deal)),
            (Rule::Tier, self.primary(user).is_some_and(is_above)),
            (
                Rule::AccountOwner,
                rank != Some(Tier::Owner) && self.manages(user, deal.company),
            ),
            (Rule::Vendor, self.toggle(user, Toggle::AllDeals)),
        ];
        let holding = rules.into_iter().filter(|&(_, holds)| holds);
        holding.map(|(rule, _)| rule)
    }

    /// `tier(u, c)`; nobody has a tier at a company that does not exist.
    pub(crate) fn tier_at(self, user: UserIx, company: CompanyIx) -> Option<Tier> {
        let standings = &self.governance.users.get(user)?.standings;
        let standing = standings
            .iter()
            .find(|standing| standing.company == company)?;
        self.governance
            .companies
            .exists(company)
            .then_some(standing.tier)
    }

    /// `primary(u)`, with the user's tier there.
    pub(crate) fn primary(self, user: UserIx) -> Option<(CompanyIx, Tier)> {
        let standings = &self.governance.users.get(user)?.standings;
        let primary = standings.iter().find(|standing| standing.primary)?;
        self.governance
            .companies
            .exists(primary.company)
            .then_some((primary.company, primary.tier))
    }

    /// `rank(d)`
    pub(crate) fn rank(self, deal: &DealRow) -> Option<Tier> {
        self.tier_at(deal.owner, deal.company).or(deal.owner_tier)
    }

    /// `c ∈ managed(u)`
    pub(crate) fn manages(self, user: UserIx, company: CompanyIx) -> bool {
        self.governance.users.managed(user).contains(&company)
    }

    fn deal_grants(self, viewer: UserIx, deal: &DealRow) -> Vec<Grant> {
        let company = || Some(self.governance.companies.id(deal.company).to_owned());
        let grant = |rule| match rule {
            Rule::DealOwner => Grant::new(rule, message::deal_owner(self, viewer)),
            Rule::Registrar => Grant::new(rule, message::registrar(self, viewer, deal.owner)),
            Rule::Tier => {
                let (own, theirs) = self
                    .tier_at(viewer, deal.company)
                    .zip(self.rank(deal))
                    .unwrap_or((Tier::Sales, Tier::Sales));
                Grant {
                    company: company(),
                    ..Grant::new(
                        rule,
                        message::tier(self, viewer, deal.owner, own, theirs, deal.company),
                    )
                }
            }
            Rule::AccountOwner => Grant {
                company: company(),
                ..Grant::new(rule, message::account_owner(self, viewer, deal.company))
            },
            _ => Grant::new(rule, message::vendor(self, viewer)),
        };
        self.deal_rules(viewer, deal).map(grant).collect()
    }

    /// Why no part of `pipeline(u, d)` holds.
    fn deal_obstacle(self, viewer: UserIx, deal: &DealRow) -> Obstacle {
        let primary = self.primary(viewer);
        let manages = self.manages(viewer, deal.company);
        let managed_any = !self.governance.users.managed(viewer).is_empty();
        // Whoever manages the company stands there as an Account Owner, whatever the tier on paper.
        let standing = if manages {
            Some(Tier::Owner)
        } else {
            primary
                .filter(|&(company, _)| company == deal.company)
                .map(|(_, tier)| tier)
        };
        match (standing, self.rank(deal)) {
            (None, _) if primary.is_none() && !managed_any => {
                Obstacle::new(ObstacleCode::NoTier, message::no_tier(self, viewer))
            }
            (None, _) => Obstacle::new(
                ObstacleCode::OtherCompany,
                message::other_company(self, viewer, deal.company),
            ),
            (Some(_), None) => Obstacle::new(
                ObstacleCode::NoTier,
                message::no_rank(self, deal.owner, deal.company),
            ),
            (Some(own), Some(theirs)) if theirs > own => Obstacle::new(
                ObstacleCode::HigherTier,
                message::higher_tier(self, viewer, deal.owner, own, theirs, deal.company),
            ),
            (Some(_), Some(theirs)) => Obstacle::new(
                ObstacleCode::Lateral,
                message::lateral(self, viewer, deal.owner, theirs, deal.company),
            ),
        }
    }

    /// `{ d : pipeline(u, d) }`
    pub(crate) fn visible_deals(self, user: UserIx) -> DealSet {
        let deals = &self.governance.deals;
        let mut visible = DealSet::with_capacity(deals.ids.len());
        if !self.passes_gate(user) {
            return visible;
        }
        if self.toggle(user, Toggle::AllDeals) {
            visible.extend(deals.presence.iter().map(DealIx::at));
            return visible;
        }
        let seen = self
            .deals_near(user)
            .filter(|&deal| self.sees_deal(user, deal));
        visible.extend(seen.map(DealIx::at));
        visible
    }

    /// The deals that are the user's own or of companies that the user leads or manages, some perhaps more than once:
    /// without `allDeals` the user sees no other.
    pub(crate) fn deals_near(self, user: UserIx) -> impl Iterator<Item = DealIx> + use<'g> {
        let deals = &self.governance.deals;
        let led = self.primary(user).filter(|&(_, tier)| leads(tier));
        let companies = self
            .governance
            .users
            .managed(user)
            .iter()
            .copied()
            .chain(led.map(|(company, _)| company));
        let of_companies = companies.flat_map(|company| deals.of_company.get(company));
        let near = deals.of_owner.get(user).iter();
        near.chain(deals.of_registrar.get(user))
            .chain(of_companies)
            .copied()
    }

    fn is_wanted(
        self,
        deal: DealIx,
        row: &DealRow,
        query: &PipelineQuery,
        text: Option<&str>,
    ) -> bool {
        let among = |wanted: &Option<Vec<String>>, value: &str| {
            wanted
                .as_ref()
                .is_none_or(|wanted| wanted.iter().any(|one| one == value))
        };
        among(&query.stage, row.stage.as_deref().unwrap_or_default())
            && among(&query.company, self.governance.companies.id(row.company))
            && among(&query.owner, self.governance.users.id(row.owner))
            && text.is_none_or(|text| {
                let name = row
                    .name
                    .as_deref()
                    .unwrap_or_else(|| self.governance.deals.id(deal));
                name.to_lowercase().contains(text)
            })
    }

    /// The value of a deal in a column, to sort by.
    fn column(&self, deal: DealIx, by: &str) -> Value<'_> {
        let Some(row) = self.governance.deals.get(deal) else {
            return Value::Absent;
        };
        match by {
            "id" => Value::Text(self.governance.deals.id(deal)),
            "name" => Value::text(row.name.as_deref()),
            "company" => Value::Text(self.governance.companies.id(row.company)),
            "owner" => Value::Text(self.governance.users.id(row.owner)),
            "registeredBy" => Value::Text(self.governance.users.id(self.registrar(row))),
            "stage" => Value::text(row.stage.as_deref()),
            "amount" => row.amount.map_or(Value::Absent, Value::Amount),
            "currency" => Value::text(row.currency.as_deref()),
            "expectedClose" => Value::text(row.expected_close.as_deref()),
            "createdAt" => row.created_at.map_or(Value::Absent, Value::Instant),
            _ => Value::Absent,
        }
    }

    fn pipeline_row(self, viewer: UserIx, deal: DealIx) -> Option<PipelineRow> {
        let row = self.governance.deals.get(deal)?;
        let grants: Vec<_> = self.deal_rules(viewer, row).collect();
        let interactions = Interaction::ALL.iter().copied();
        let interactions = interactions
            .filter(|interaction| {
                grants
                    .iter()
                    .any(|&rule| Interaction::by(rule).contains(interaction))
            })
            .collect();
        Some(PipelineRow {
            id: self.governance.deals.id(deal).to_owned(),
            name: row.name.clone().unwrap_or_default(),
            company: self.governance.companies.id(row.company).to_owned(),
            owner: self.user_id(row.owner),
            registered_by: self.user_id(self.registrar(row)),
            stage: row.stage.clone().unwrap_or_default(),
            amount: row.amount,
            currency: row.currency.clone(),
            expected_close: row.expected_close.clone(),
            grants,
            interactions,
        })
    }

    fn totals(self, deals: &[DealIx]) -> Vec<Total> {
        let mut totals: BTreeMap<_, (usize, Amount)> = BTreeMap::new();
        for row in deals
            .iter()
            .filter_map(|&deal| self.governance.deals.get(deal))
        {
            let (count, amount) = totals
                .entry((
                    row.stage.as_deref().unwrap_or_default(),
                    row.currency.as_deref(),
                ))
                .or_default();
            *count += 1;
            *amount = [*amount, row.amount.unwrap_or_default()].into_iter().sum();
        }
        let total = |((stage, currency), (count, amount)): ((&str, Option<&str>), _)| Total {
            stage: stage.to_owned(),
            currency: currency.map(str::to_owned),
            count,
            amount,
        };
        totals.into_iter().map(total).collect()
    }
}
