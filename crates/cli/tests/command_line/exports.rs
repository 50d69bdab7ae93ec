//! Imports of real exports, where they are at hand: their licences do not let them be copied here.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::sidelight::{root, sidelight};

/// The folder of a data set, or nothing, said aloud, where there is none.
fn data(name: &str) -> Option<PathBuf> {
    let folder = root().join("../shared/data").join(name);
    if !folder.is_dir() {
        eprintln!("skipped: no data set `{name}` at {}", folder.display());
        return None;
    }
    Some(folder)
}

struct Imported {
    folder: TempDir,
    report: Value,
}

impl Imported {
    fn new(data: &Path, mapping: &str, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("org.json");
        let mapping = format!("demo/mappings/{mapping}.toml");
        let arguments = [
            "import".as_ref(),
            data.as_os_str(),
            "--mapping".as_ref(),
            mapping.as_ref(),
        ];
        let more = more.iter().map(|more| more.as_ref());
        let output = ["--json".as_ref(), "--output".as_ref(), output.as_os_str()];
        let report = sidelight(arguments.into_iter().chain(more).chain(output))
            .ok()
            .json();
        Self { folder, report }
    }

    fn path(&self) -> String {
        self.folder
            .path()
            .join("org.json")
            .to_str()
            .unwrap()
            .to_owned()
    }

    fn org(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.path()).unwrap()).unwrap()
    }

    fn made(&self, kind: &str) -> u64 {
        let made = self.report["made"].as_array().unwrap();
        made.iter()
            .find(|made| made["kind"] == kind)
            .map_or(0, |made| made["count"].as_u64().unwrap())
    }

    fn reference(&self, field: &str) -> Option<&Value> {
        self.report["references"]
            .as_array()
            .unwrap()
            .iter()
            .find(|reference| reference["field"] == field)
    }

    fn sees(&self, user: &str, kind: &str) -> u64 {
        let run = sidelight([
            "visible",
            &self.path(),
            "--user",
            user,
            "--type",
            kind,
            "--limit",
            "0",
            "--json",
        ]);
        run.ok().json()["total"].as_u64().unwrap()
    }
}

#[test]
fn maven_is_imported_whole_and_nothing_is_invented() {
    let Some(maven) = data("maven_crm") else {
        return;
    };
    let maven = Imported::new(&maven, "maven", &[]);
    for (kind, count) in [
        ("opportunities", 8_800),
        ("accounts", 85),
        ("users", 41),
        ("roles", 15),
        ("deals", 0),
    ] {
        assert_eq!(maven.made(kind), count, "{kind}");
    }
    assert_eq!(
        maven.report["references"],
        json!([
            {"field": "opportunity.product", "file": "sales_pipeline.csv", "names": "`product` of products.csv", "blankRows": 0,
             "unresolvedRows": 1480, "unresolved": [{"value": "GTXPro", "rows": 1480, "reason": "unknown"}]},
            {"field": "opportunity.account", "file": "sales_pipeline.csv", "names": "accounts", "blankRows": 1425,
             "unresolvedRows": 0, "unresolved": []},
        ]),
    );
    let org = maven.org();
    let records = org["records"].as_array().unwrap();
    assert!(
        records
            .iter()
            .all(|record| record["type"] != "account" || record["owner"].is_null()),
        "no account has an owner"
    );
    let role = |id: &str| {
        org["roles"]
            .as_array()
            .unwrap()
            .iter()
            .find(|role| role["id"] == id)
            .unwrap()
            .clone()
    };
    assert_eq!(
        role("team/Melvin Marxen")["parent"],
        "manager/Melvin Marxen"
    );
    assert_eq!(role("manager/Melvin Marxen")["parent"], "office/Central");
    assert_eq!(role("office/Central")["parent"], Value::Null);
}

#[test]
fn each_maven_manager_sees_what_the_agents_hold_and_each_agent_the_own() {
    let Some(folder) = data("maven_crm") else {
        return;
    };
    let maven = Imported::new(&folder, "maven", &[]);
    let mut teams = csv::Reader::from_path(folder.join("sales_teams.csv")).unwrap();
    let teams: Vec<(String, String, String)> = teams.deserialize().map(Result::unwrap).collect();
    let mut pipeline = csv::Reader::from_path(folder.join("sales_pipeline.csv")).unwrap();
    let owners: Vec<String> = pipeline
        .records()
        .map(|row| row.unwrap()[1].to_owned())
        .collect();
    let held = |agent: &str| owners.iter().filter(|owner| *owner == agent).count() as u64;

    let mut idle = 0;
    for (agent, _, _) in &teams {
        assert_eq!(maven.sees(agent, "opportunity"), held(agent), "{agent}");
        idle += u64::from(held(agent) == 0);
    }
    assert_eq!(idle, 5);
    let mut managers: Vec<_> = teams
        .iter()
        .map(|(_, manager, _)| manager.as_str())
        .collect();
    managers.dedup();
    assert_eq!(managers.len(), 6);
    let mut total = 0;
    for manager in managers {
        let agents = teams
            .iter()
            .filter(|(_, of, _)| of == manager)
            .map(|(agent, _, _)| held(agent));
        let expected: u64 = agents.sum();
        assert_eq!(maven.sees(manager, "opportunity"), expected, "{manager}");
        total += expected;
    }
    assert_eq!(total, 8_800);
    assert_eq!(maven.sees("Melvin Marxen", "opportunity"), 1_929);
    assert_eq!(maven.sees("Rocco Neubert", "opportunity"), 1_327);
}

#[test]
fn a_maven_manager_with_a_name_beyond_ascii_is_a_person_like_others() {
    let Some(maven) = data("maven_crm") else {
        return;
    };
    let maven = Imported::new(
        &maven,
        "maven",
        &["--source", "teams=sales_teams.extra_agent.csv"],
    );
    assert_eq!(maven.made("users"), 43);
    assert_eq!(maven.made("roles"), 17);
    assert_eq!(maven.sees("João Vitor", "opportunity"), 0);
    assert_eq!(maven.sees("Melvin Marxen", "opportunity"), 1_929);
    let org = maven.org();
    let joao = org["users"]
        .as_array()
        .unwrap()
        .iter()
        .find(|user| user["id"] == "João Vitor")
        .unwrap()
        .clone();
    assert_eq!(joao["role"], "manager/João Vitor");
}

#[test]
fn a_salesforce_hierarchy_comes_alone_and_a_blank_parent_is_a_root() {
    let Some(roles) = data("salesforce_roles19") else {
        return;
    };
    let roles = Imported::new(&roles, "salesforce", &[]);
    assert_eq!(roles.made("roles"), 19);
    assert_eq!(roles.made("users"), 0);
    let org = roles.org();
    let all = org["roles"].as_array().unwrap();
    let roots: Vec<_> = all
        .iter()
        .filter(|role| role["parent"].is_null())
        .map(|role| &role["name"])
        .collect();
    assert_eq!(roots, ["CEO"]);
    let parent = |name: &str| {
        let role = all.iter().find(|role| role["name"] == name).unwrap();
        all.iter()
            .find(|parent| parent["id"] == role["parent"])
            .unwrap()["name"]
            .clone()
    };
    assert_eq!(
        parent("Director, Direct Sales"),
        parent("Director, Channel Sales")
    );
    assert_eq!(parent("Eastern Sales Team"), "Director, Direct Sales");
}

#[test]
fn joins_that_do_not_resolve_widen_nobodys_access() {
    let Some(fivetran) = data("fivetran_salesforce") else {
        return;
    };
    let current = Imported::new(&fivetran, "fivetran-salesforce", &[]);
    assert_eq!(
        ["roles", "users", "accounts", "opportunities"].map(|kind| current.made(kind)),
        [8, 4, 1, 0]
    );

    let all = Imported::new(&fivetran, "fivetran-salesforce", &["--all-rows"]);
    for kind in ["roles", "users", "accounts", "opportunities"] {
        assert_eq!(all.made(kind), 10, "{kind}");
    }
    for (field, rows) in [
        ("account.owner", 10),
        ("opportunity.owner", 10),
        ("opportunity.account", 10),
        ("user.role", 8),
        ("role.parent", 6),
    ] {
        assert_eq!(
            all.reference(field).unwrap()["unresolvedRows"],
            rows,
            "{field}"
        );
    }
    for user in all.org()["users"].as_array().unwrap() {
        let user = user["id"].as_str().unwrap();
        assert_eq!(
            (all.sees(user, "account"), all.sees(user, "opportunity")),
            (0, 0),
            "{user}"
        );
    }
}
