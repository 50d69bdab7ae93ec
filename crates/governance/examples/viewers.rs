//! Who sees an account of the demo organisation, and why.

use sidelight_governance::{Action, Governance, RecordType};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let governance = Governance::load(&std::fs::read("demo/organisation.json")?)?;
    let now = governance.at("2026-11-21T12:00:00Z".parse()?);
    for viewer in now.viewers(RecordType::Account, "acme", Action::View)? {
        let reasons: Vec<_> = viewer
            .grants
            .iter()
            .map(|grant| grant.text.as_str())
            .collect();
        println!("{}: {}", viewer.user, reasons.join(" "));
    }
    Ok(())
}
