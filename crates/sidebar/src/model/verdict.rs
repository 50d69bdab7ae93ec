//! Whether the viewer may do something, with every reason (§4).

use std::rc::Rc;

use sidelight_governance::{
    Action, AskError, Decision, Instant, Interaction, ObstacleCode, PipelineQuery, RecordType,
    Relation, Remedy, Rule,
};

use super::{Organisation, Subject, amount, day};
use crate::message;

/// The answer to "may this viewer do that, and why?".
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Whether the viewer may.
    pub allowed: bool,
    /// The answer in one sentence.
    pub headline: String,
    /// Everything that the viewer may or may not do with it.
    pub permissions: Vec<Permission>,
    /// Why: all grants, or all obstacles.
    pub reasons: Vec<Reason>,
    /// What would turn a refusal into a grant, from the rules.
    pub remedies: Vec<Rc<Remedy>>,
    /// Whether such changes were looked for: on a slice nothing tells what they would open.
    pub is_searched: bool,
}

/// One thing that a viewer may or may not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// The action to ask about; `None` where the rules have no question of their own for it.
    pub action: Option<Action>,
    /// What it is called.
    pub label: &'static str,
    /// Whether the viewer may.
    pub granted: bool,
}

/// One reason for the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Which kind of reason.
    pub cause: Cause,
    /// The reason in one sentence, from the rules.
    pub text: String,
    /// The names of the roles from the viewer's down to the holder's; empty where no path leads to anybody.
    pub path: Vec<String>,
    /// The record's holders, each with its relation to the viewer.
    pub holders: Vec<Holder>,
}

/// Which kind of reason it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A rule that grants.
    Grant(Rule),
    /// A gate that failed.
    Obstacle(ObstacleCode),
}

/// A holder of a record that the viewer may not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The holder's name; the id of one who does not exist.
    pub name: String,
    /// How the holder stands to the viewer.
    pub relation: Relation,
}

impl Verdict {
    /// Whether `viewer` may do `action` to the record or deal at `now`.
    ///
    /// The rules know no actions on deals but to see them; `action` then counts as that.
    ///
    /// # Errors
    /// If `action` is to create, which is never asked about a record.
    pub fn new(
        organisation: &Organisation,
        now: Instant,
        viewer: &str,
        action: Action,
        subject: &Subject,
    ) -> Result<Self, AskError> {
        let at = organisation.at(now);
        let (action, decision, permissions) = match subject {
            Subject::Record { kind, id } => {
                let granted = at.actions(viewer, *kind, id);
                (
                    action,
                    at.explain(viewer, action, *kind, Some(id))?,
                    permissions(*kind, &granted),
                )
            }
            Subject::Deal { id } => {
                // The rules tell interactions by row; filtering by the deal's name leaves few of them.
                let query = PipelineQuery {
                    text: Some(organisation.deal_name(id)),
                    ..PipelineQuery::default()
                };
                let row = at
                    .pipeline(viewer, &query)?
                    .rows
                    .into_iter()
                    .find(|row| row.id == *id);
                let granted = row.map(|row| row.interactions).unwrap_or_default();
                (
                    Action::View,
                    at.explain_deal(viewer, id),
                    interactions(&granted),
                )
            }
        };
        Ok(Self {
            allowed: decision.allowed,
            headline: message::headline(
                &organisation.user_name(viewer),
                action,
                subject.noun(),
                decision.allowed,
            ),
            permissions,
            reasons: reasons(organisation, &decision),
            remedies: decision.remedies.into_iter().map(Rc::new).collect(),
            is_searched: at.governance().viewer().is_none(),
        })
    }

    /// The verdict with its reasons as text that can stand elsewhere: what is shown beside it, and nothing else. `tried` is
    /// the remedy that it is the verdict with, if one is tried.
    pub fn as_text(&self, noun: &str, title: &str, tried: Option<&Remedy>) -> String {
        let mut text = String::new();
        if let Some(remedy) = tried {
            line(&mut text, &[&message::trial(&remedy.text)]);
        }
        line(&mut text, &[&self.headline]);
        line(&mut text, &[noun, ": ", title]);
        line(&mut text, &[]);
        line(&mut text, &[message::because(self.allowed), ":"]);
        for reason in &self.reasons {
            line(&mut text, &["- ", &reason.text]);
            if !reason.path.is_empty() {
                let path = reason.path.join(" › ");
                line(&mut text, &["  ", message::ROLE_PATH, ": ", &path]);
            }
            for holder in &reason.holders {
                let relation = message::relation(holder.relation);
                line(&mut text, &["  - ", &holder.name, ", ", relation]);
            }
        }
        if self.tells_remedies() {
            line(&mut text, &[]);
            line(
                &mut text,
                &[message::ADMINISTRATORS, ": ", message::NOT_SHOWN],
            );
            line(&mut text, &[message::REMEDIES, ":"]);
            if self.remedies.is_empty() {
                line(&mut text, &["- ", message::NO_REMEDY]);
            }
            for remedy in &self.remedies {
                line(&mut text, &["- ", &remedy.text]);
            }
        }
        message::unturned(text)
    }

    /// Whether there is something to say of what would turn the answer.
    pub fn tells_remedies(&self) -> bool {
        !self.allowed && self.is_searched
    }

    /// Whether the viewer sees the record or deal, whatever the verdict is about.
    pub fn sees(&self) -> bool {
        let view = message::action(Action::View);
        self.permissions
            .iter()
            .any(|permission| permission.granted && permission.label == view)
    }
}

/// Writes a line of text. The line ends of a name would make lines of its own.
fn line(text: &mut String, parts: &[&str]) {
    for part in parts {
        for one in part.chars() {
            text.push(if one.is_control() { ' ' } else { one });
        }
    }
    text.push('\n');
}

fn permissions(kind: RecordType, granted: &[Action]) -> Vec<Permission> {
    [Action::View, Action::Edit, Action::Delete, Action::Assign]
        .into_iter()
        .filter(|&action| action != Action::Assign || kind.has_assigned_users())
        .map(|action| Permission {
            action: Some(action),
            label: message::action(action),
            granted: granted.contains(&action),
        })
        .collect()
}

fn interactions(granted: &[Interaction]) -> Vec<Permission> {
    let permission = |&one: &Interaction| Permission {
        action: None,
        label: message::interaction(one),
        granted: granted.contains(&one),
    };
    Interaction::ALL.iter().map(permission).collect()
}

/// Every grant or obstacle of a decision, with names for its ids.
pub fn reasons(organisation: &Organisation, decision: &Decision) -> Vec<Reason> {
    let grants = decision.grants.iter().map(|grant| {
        let path: Vec<_> = grant
            .roles
            .iter()
            .flatten()
            .map(|role| organisation.role_name(role))
            .collect();
        Reason {
            cause: Cause::Grant(grant.rule),
            text: without_path(&grant.text, &path),
            path,
            holders: Vec::new(),
        }
    });
    let obstacles = decision.obstacles.iter().map(|obstacle| Reason {
        cause: Cause::Obstacle(obstacle.code),
        text: obstacle.text.clone(),
        path: Vec::new(),
        holders: obstacle
            .holders
            .iter()
            .flatten()
            .map(|holder| Holder {
                name: organisation.user_name(&holder.user),
                relation: holder.relation,
            })
            .collect(),
    });
    grants.chain(obstacles).collect()
}

/// Why the viewer has no access of any kind at `now` (§2); empty for one who passes the gate.
pub fn gate(organisation: &Organisation, now: Instant, viewer: &str) -> Vec<Reason> {
    let at = organisation.at(now);
    if at.gate(viewer) {
        return Vec::new();
    }
    // Asked about a deal that cannot exist, since ids are never empty: what else is wrong is the gate's.
    let mut decision = at.explain_deal(viewer, "");
    decision
        .obstacles
        .retain(|obstacle| obstacle.code != ObstacleCode::UnknownRecord);
    reasons(organisation, &decision)
}

/// The sentence without the path of roles in it: the path is shown as a list of its own, and not told twice.
fn without_path(text: &str, path: &[String]) -> String {
    if path.is_empty() {
        return text.to_owned();
    }
    let path = path.join(" › ");
    text.replacen(&format!(": {path}"), "", 1)
        .replacen(&format!(" ({path})"), "", 1)
}

/// What is known of a deal, as label and value.
pub fn deal_facts(organisation: &Organisation, id: &str) -> Vec<(&'static str, String)> {
    let Some(deal) = organisation.deal(id) else {
        return Vec::new();
    };
    let registrar = deal.registered_by.as_deref().unwrap_or(&deal.owner);
    let amount = deal.amount.map_or_else(
        || message::NOTHING.to_owned(),
        |amount| amount::shown(amount, deal.currency.as_deref()),
    );
    vec![
        ("Company", organisation.company_name(&deal.company)),
        ("Deal owner", organisation.user_name(&deal.owner)),
        ("Registered by", organisation.user_name(registrar)),
        (
            "Stage",
            deal.stage.unwrap_or_else(|| message::NOTHING.to_owned()),
        ),
        ("Amount", amount),
        (
            "Expected close",
            deal.expected_close
                .as_deref()
                .map_or_else(|| message::NOTHING.to_owned(), day::shown),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_listed_is_not_told_as_well() {
        let path = ["LEAD".to_owned(), "REP (EAST)".to_owned()];
        for (text, expected) in [
            (
                "Bo holds it and reports to Ada: LEAD › REP (EAST).",
                "Bo holds it and reports to Ada.",
            ),
            (
                "Bo reports to Ada (LEAD › REP (EAST)) and can view all accounts.",
                "Bo reports to Ada and can view all accounts.",
            ),
            ("Bo holds it.", "Bo holds it."),
        ] {
            assert_eq!(without_path(text, &path), expected);
        }
        assert_eq!(without_path("Bo (): it.", &[]), "Bo (): it.");
    }
}
