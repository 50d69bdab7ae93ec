//! casbin, with few rules that stand for many, as its page "Performance Optimization" asks for: one for each profile.
//!
//! A registered function decides by a set that was worked out before, so that the role manager is not walked at each
//! question. Functions are plain ones here, so the sets are handed over with the question: whom the viewer reaches, and the
//! holders. Both are made beforehand, and shared instead of copied.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use casbin::function_map::OperatorFunction;
use casbin::rhai::Dynamic;
use casbin::{CoreApi, DefaultModel, Enforcer, StringAdapter};

use crate::Failure;
use crate::company::{Company, Pair, holders};

const MODEL: &str = "
[request_definition]
r = profile, reached, type, holders, act
[policy_definition]
p = profile, type, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.profile == p.profile && r.type == p.type && r.act == p.act && reaches(r.reached, r.holders)
";

/// The enforcer, and the requests that are to be decided.
pub struct Casbin {
    enforcer: Enforcer,
    requests: Vec<Vec<Dynamic>>,
}

impl Casbin {
    /// Prepares the questions.
    ///
    /// # Errors
    /// Where casbin refuses what is told here.
    pub fn new(company: &Company, pairs: &[Pair]) -> Result<Self, Failure> {
        let rules = company.people.profiles.iter();
        let rules: Vec<_> = rules
            .map(|profile| format!("p, {}, opportunity, view", profile.id))
            .collect();
        let mut enforcer = pollster::block_on(async {
            let model = DefaultModel::from_str(MODEL).await?;
            Enforcer::new(model, StringAdapter::new(rules.join("\n"))).await
        })?;
        enforcer.add_function("reaches", OperatorFunction::Arg2(reaches));
        let profiles: HashMap<&str, &str> = company
            .people
            .users
            .iter()
            .map(|user| (user.id.as_str(), user.profile.as_str()))
            .collect();
        let mut reached: HashMap<&str, Reached> = HashMap::new();
        let mut request = |Pair { viewer, record }: &Pair| -> Result<Vec<Dynamic>, Failure> {
            let viewer = profiles.get_key_value(viewer.as_str());
            let (&viewer, &profile) = viewer.ok_or("there is no such user")?;
            let reached = reached.entry(viewer).or_insert_with(|| {
                let people = company.reached(viewer).into_iter();
                Arc::new(people.map(str::to_owned).collect())
            });
            let holders: Holders = holders(record).map(str::to_owned).collect();
            Ok(vec![
                profile.to_owned().into(),
                Dynamic::from(Arc::clone(reached)),
                "opportunity".into(),
                Dynamic::from(holders),
                "view".into(),
            ])
        };
        let requests = pairs.iter().map(&mut request).collect::<Result<_, _>>()?;
        Ok(Self { enforcer, requests })
    }

    /// The answer to each question, in order.
    pub fn answers(&self) -> impl Iterator<Item = bool> + '_ {
        let answer =
            |request: &Vec<Dynamic>| self.enforcer.enforce(request.clone()).unwrap_or(false);
        self.requests.iter().map(answer)
    }
}

type Reached = Arc<HashSet<String>>;
type Holders = Arc<[String]>;

fn reaches(reached: Dynamic, holders: Dynamic) -> Dynamic {
    let given = (
        reached.read_lock::<Reached>(),
        holders.read_lock::<Holders>(),
    );
    let (Some(reached), Some(holders)) = given else {
        return false.into();
    };
    holders.iter().any(|holder| reached.contains(holder)).into()
}
