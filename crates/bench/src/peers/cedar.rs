//! Cedar, with policies parsed once and entities held, so that only the question crosses.
//!
//! The hierarchy does the work: a record is in its holders, and a holder is in "those below" of each role above, whose
//! transitive closure Cedar makes when it is given the entities. All people are held, and the records that are asked about:
//! more of them would only make Cedar's tables larger. No schema is given, since validating the request against one takes
//! longer; requests are made beforehand.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression,
};

use crate::Failure;
use crate::company::{Company, Pair, holders};

const POLICIES: &str = r#"
permit (principal, action == Action::"view", resource is Opportunity)
when { resource in principal };
permit (principal, action == Action::"view", resource is Opportunity)
when { principal has below && resource in principal.below };
"#;

/// The policies, the entities, and the requests that are to be decided.
pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    requests: Vec<Request>,
}

impl Cedar {
    /// Prepares the questions.
    ///
    /// # Errors
    /// Where Cedar refuses what is told here.
    pub fn new(company: &Company, pairs: &[Pair]) -> Result<Self, Failure> {
        let mut entities = Vec::new();
        let roles = &company.people.roles;
        let parents: HashMap<&str, Option<&str>> = roles
            .iter()
            .map(|role| (role.id.as_str(), role.parent.as_deref()))
            .collect();
        for role in roles {
            let above = role.parent.as_deref().map(|above| uid("Below", above));
            let above = above.transpose()?.into_iter().collect();
            entities.push(Entity::new_no_attrs(uid("Below", &role.id)?, above));
        }
        for user in &company.people.users {
            let role = user.role.as_deref().ok_or("a user has no role")?;
            let above = parents.get(role).copied().flatten();
            let above = above.map(|above| uid("Below", above)).transpose()?;
            let mut attributes = HashMap::new();
            if user.profile == "lead" {
                let below = RestrictedExpression::new_entity_uid(uid("Below", role)?);
                attributes.insert("below".to_owned(), below);
            }
            let above = above.into_iter().collect();
            entities.push(Entity::new(uid("User", &user.id)?, attributes, above)?);
        }
        for Pair { record, .. } in pairs {
            let holders = holders(record).map(|holder| uid("User", holder));
            let holders = holders.collect::<Result<HashSet<_>, _>>()?;
            entities.push(Entity::new_no_attrs(
                uid("Opportunity", &record.id)?,
                holders,
            ));
        }
        let view = uid("Action", "view")?;
        let request = |Pair { viewer, record }: &Pair| -> Result<Request, Failure> {
            let (viewer, record) = (uid("User", viewer)?, uid("Opportunity", &record.id)?);
            Ok(Request::new(
                viewer,
                view.clone(),
                record,
                Context::empty(),
                None,
            )?)
        };
        Ok(Self {
            authorizer: Authorizer::new(),
            policies: POLICIES.parse()?,
            entities: Entities::from_entities(entities, None)?,
            requests: pairs.iter().map(request).collect::<Result<_, _>>()?,
        })
    }

    /// The answer to each question, in order.
    pub fn answers(&self) -> impl Iterator<Item = bool> + '_ {
        self.requests.iter().map(|request| {
            let response = self
                .authorizer
                .is_authorized(request, &self.policies, &self.entities);
            response.decision() == Decision::Allow
        })
    }
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, Failure> {
    let kind: EntityTypeName = kind.parse()?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}
