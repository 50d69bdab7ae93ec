//! regorus, on its virtual machine: the policy is compiled once into a program, the data is set once, and one machine
//! answers every question, as in its own benchmark of hot evaluation. Whom a viewer reaches is data, a set for each; the
//! questions' inputs are made beforehand.

use std::collections::{BTreeSet, HashSet};

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Value};
use serde_json::json;

use crate::Failure;
use crate::company::{Company, Pair, holders};

const POLICY: &str = "
package visibility
default allow := false
allow if {
    some holder in input.holders
    data.reached[input.viewer][holder]
}
";
const ENTRY: &str = "data.visibility.allow";

/// The machine, and the inputs that are to be decided.
pub struct Regorus {
    machine: RegoVM,
    inputs: Vec<Value>,
}

impl Regorus {
    /// Prepares the questions.
    ///
    /// # Errors
    /// Where regorus refuses what is told here.
    pub fn new(company: &Company, pairs: &[Pair]) -> Result<Self, Failure> {
        let mut engine = Engine::new();
        engine.add_policy("visibility.rego".to_owned(), POLICY.to_owned())?;
        let compiled = engine.compile_with_entrypoint(&ENTRY.into())?;
        let mut machine = RegoVM::new();
        machine.load_program(Compiler::compile_from_policy(&compiled, &[ENTRY])?);
        let viewers: BTreeSet<&str> = pairs.iter().map(|pair| pair.viewer.as_str()).collect();
        let reached = viewers.into_iter().map(|viewer| {
            let people: HashSet<&str> = company.reached(viewer);
            let people = people
                .into_iter()
                .map(|user| (user.to_owned(), json!(true)));
            (viewer.to_owned(), people.collect())
        });
        let data = json!({ "reached": reached.collect::<serde_json::Map<_, _>>() });
        machine.set_data(Value::from_json_str(&data.to_string())?)?;
        let input = |Pair { viewer, record }: &Pair| {
            let holders: Vec<_> = holders(record).collect();
            Value::from_json_str(&json!({ "viewer": viewer, "holders": holders }).to_string())
        };
        Ok(Self {
            machine,
            inputs: pairs.iter().map(input).collect::<Result<_, _>>()?,
        })
    }

    /// The answer to each question, in order.
    pub fn answers(&mut self) -> impl Iterator<Item = bool> + '_ {
        let Self { machine, inputs } = self;
        inputs.iter().map(|input| {
            machine.set_input(input.clone());
            machine
                .execute()
                .is_ok_and(|answer| answer == Value::from(true))
        })
    }
}
