//! Roles, and the profiles that tell what they are good for.

use sidelight_governance::org::{Permissions, Profile, Role};
use sidelight_governance::profile::{Action, Scope, Toggle, applicable};
use sidelight_governance::record::RecordType;

/// Id, name, parent. Five levels from the CRO to SMB EAST RAMP, and a second root beside.
const ROLES: &[(&str, &str, Option<&str>)] = &[
    ("cro", "CHIEF REVENUE OFFICER", None),
    ("vp-smb", "VP SMB", Some("cro")),
    ("smb-east-lead", "SMB EAST LEAD", Some("vp-smb")),
    ("smb-east", "SMB EAST", Some("smb-east-lead")),
    ("smb-east-ramp", "SMB EAST RAMP", Some("smb-east")),
    ("smb-west-lead", "SMB WEST LEAD", Some("vp-smb")),
    ("smb-west", "SMB WEST", Some("smb-west-lead")),
    ("vp-enterprise", "VP ENTERPRISE", Some("cro")),
    ("emea-lead", "ENTERPRISE EMEA LEAD", Some("vp-enterprise")),
    ("emea", "ENTERPRISE EMEA", Some("emea-lead")),
    ("apac-lead", "ENTERPRISE APAC LEAD", Some("vp-enterprise")),
    ("apac", "ENTERPRISE APAC", Some("apac-lead")),
    ("sdr-lead", "SALES DEVELOPMENT LEAD", Some("cro")),
    ("sdr", "SALES DEVELOPMENT", Some("sdr-lead")),
    ("cs-lead", "CUSTOMER SUCCESS LEAD", Some("cro")),
    ("cs", "CUSTOMER SUCCESS", Some("cs-lead")),
    ("revops", "REVENUE OPERATIONS", Some("cro")),
    ("partner-programme", "PARTNER PROGRAMME", None),
    ("channel", "CHANNEL", Some("partner-programme")),
];

/// Every role, from the top down.
pub(super) fn roles() -> Vec<Role> {
    ROLES.iter().map(role).collect()
}

fn role(&(id, name, parent): &(&str, &str, Option<&str>)) -> Role {
    Role {
        id: id.to_owned(),
        name: name.to_owned(),
        parent: parent.map(str::to_owned),
    }
}

/// The profiles beside the three that every organisation starts with.
pub(super) fn profiles() -> [Profile; 7] {
    use RecordType::{Account, Call, Meeting, Opportunity, Prospect};
    /// What leads share with their people; tasks, sequences and mailings stay personal.
    const SHARED: &[RecordType] = &[Account, Prospect, Opportunity, Call, Meeting];
    const CUSTOMERS: &[RecordType] = &[Account, Prospect, Opportunity];

    let rep = everywhere(Scope::Owned).collect::<Permissions>();
    let mut pod = rep.clone();
    let mut lead = rep.clone();
    let mut executive = everywhere(Scope::Reports).collect::<Permissions>();
    let mut revops = rep.clone();
    let mut partner = Permissions::default();
    for &kind in CUSTOMERS {
        pod.set(kind, Action::View, Scope::Peers);
        revops.set(kind, Action::View, Scope::All);
        revops.set(kind, Action::Edit, Scope::All);
        revops.set(kind, Action::Assign, Scope::All);
        executive.set(kind, Action::Delete, Scope::Reports);
        partner.set(kind, Action::View, Scope::Owned);
    }
    for &kind in SHARED {
        for action in [Action::View, Action::Edit, Action::Assign] {
            if applicable(kind, action).contains(&Scope::Reports) {
                lead.set(kind, action, Scope::Reports);
            }
        }
    }

    use Toggle::{
        AllDeals, Export, ManageCompanies, ManageGuests, ManageRoles, ManageUsers, ModifyJobRoles,
        ProspectsInAccount, Provision,
    };
    [
        profile("rep", "Rep", rep.clone(), &[ProspectsInAccount]),
        profile("pod", "Sales Development Pod", pod, &[ProspectsInAccount]),
        profile("lead", "Team Lead", lead, &[ProspectsInAccount, Export]),
        profile("executive", "Executive", executive, &[Export]),
        profile(
            "revops",
            "Revenue Operations",
            revops,
            &[ModifyJobRoles, ManageUsers, ManageRoles, Provision, Export],
        ),
        profile(
            "channel",
            "Channel",
            rep,
            &[AllDeals, ManageCompanies, ManageGuests],
        ),
        profile("partner", "Partner", partner, &[]),
    ]
}

/// `widest` for each view, edit and assign, or the widest scope within it that applies; create for all.
fn everywhere(widest: Scope) -> impl Iterator<Item = (RecordType, Action, Scope)> {
    RecordType::ALL.iter().flat_map(move |&kind| {
        [
            (Action::View, widest),
            (Action::Create, Scope::All),
            (Action::Edit, widest),
            (Action::Assign, widest),
        ]
        .into_iter()
        .filter_map(move |(action, widest)| {
            let scope = applicable(kind, action)
                .iter()
                .filter(|scope| **scope <= widest)
                .max()?;
            Some((kind, action, *scope))
        })
    })
}

fn profile(id: &str, name: &str, permissions: Permissions, toggles: &[Toggle]) -> Profile {
    Profile {
        id: id.to_owned(),
        name: name.to_owned(),
        admin: false,
        permissions,
        toggles: toggles.iter().map(|&toggle| (toggle, true)).collect(),
    }
}
