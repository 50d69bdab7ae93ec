//! Profiles: what a user may do to which records, by scope (§1.3 to §1.5).

use crate::org::{Permissions, Profile, Toggles};
use crate::record::RecordType;
use crate::word::vocabulary;

vocabulary! {
    /// How far a permission reaches; each value contains the one before (§1.4).
    Scope, UnknownScope, "scope" {
        /// Nothing.
        Denied = "denied",
        /// What the user holds.
        Owned = "owned",
        /// What the user, or anyone in a role below the user's, holds.
        Reports = "reports",
        /// The same, and what others with the user's own role hold.
        Peers = "peers",
        /// Everything.
        All = "all",
    }
}

impl Scope {
    /// The label that people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Denied => "Denied",
            Self::Owned => "Owned Records",
            Self::Reports => "Owned and Reports’ Records",
            Self::Peers => "Owned and Peers’ Records",
            Self::All => "All Records",
        }
    }
}

vocabulary! {
    /// What a user does to a record.
    Action, UnknownAction, "action" {
        /// See it.
        View = "view",
        /// Make a new one of its type. Asked about a type, never about a saved record.
        Create = "create",
        /// Change it.
        Edit = "edit",
        /// Remove it.
        Delete = "delete",
        /// Choose its assigned users.
        Assign = "assign",
    }
}

impl Action {
    /// The actions on a saved record, in the order of §1.5: all but `create`, which is asked about a type.
    pub const ON_RECORDS: [Self; 4] = [Self::View, Self::Edit, Self::Delete, Self::Assign];
}

vocabulary! {
    /// A permission that is a plain yes or no.
    Toggle, UnknownToggle, "toggle" {
        /// See the prospects of an account that one sees (§3).
        ProspectsInAccount = "prospectsInAccount",
        /// See and change every partner deal (§6).
        AllDeals = "allDeals",
        /// Change the catalogue of job roles.
        ModifyJobRoles = "modifyJobRoles",
        /// Change users.
        ManageUsers = "manageUsers",
        /// Change roles.
        ManageRoles = "manageRoles",
        /// Change profiles.
        ManageProfiles = "manageProfiles",
        /// Invite, extend and revoke guests.
        ManageGuests = "manageGuests",
        /// Change partner companies.
        ManageCompanies = "manageCompanies",
        /// Change triggers.
        ManageTriggers = "manageTriggers",
        /// Work on access requests.
        Provision = "provision",
        /// Take data out.
        Export = "export",
    }
}

/// The scopes that may be stored for a setting (§1.5); none where the action does not exist for the type.
pub fn applicable(kind: RecordType, action: Action) -> &'static [Scope] {
    use Scope::{All, Denied, Owned};
    match (kind, action) {
        (_, Action::Create) => &[Denied, All],
        (RecordType::Task, Action::View | Action::Edit | Action::Delete) => &[Denied, Owned, All],
        (kind, Action::Assign) if !kind.has_assigned_users() => &[],
        _ => Scope::ALL,
    }
}

/// Why a scope may not be stored for a setting, if it may not.
pub(crate) fn inapplicable(kind: RecordType, action: Action, scope: Scope) -> Option<String> {
    (!applicable(kind, action).contains(&scope))
        .then(|| format!("scope `{scope}` does not apply to `{action}` on `{kind}`"))
}

impl Profile {
    /// The profile Default, which every organisation has from the start (§1.3).
    pub fn standard() -> Self {
        Self::initial("default", "Default", Scope::Owned, Scope::Denied, &[])
    }

    /// The profile Leadership, which every organisation has from the start (§1.3).
    pub fn leadership() -> Self {
        Self::initial(
            "leadership",
            "Leadership",
            Scope::Reports,
            Scope::Reports,
            &[Toggle::Export],
        )
    }

    /// The profile Admin, which every organisation has from the start (§1.3).
    pub fn administrator() -> Self {
        Self {
            id: "admin".to_owned(),
            name: "Admin".to_owned(),
            admin: true,
            permissions: Permissions::default(),
            toggles: Toggles::default(),
        }
    }

    fn initial(id: &str, name: &str, rest: Scope, assign: Scope, toggles: &[Toggle]) -> Self {
        let scope = |kind: RecordType, action| match (kind, action) {
            (_, Action::Create) => Scope::All,
            (_, Action::Assign) => assign,
            (kind, Action::View | Action::Edit)
                if kind.has_assigned_users() || kind == RecordType::Task =>
            {
                Scope::All
            }
            // A task's scopes leave out the hierarchy: the widest that applies below `all` is `owned`.
            (RecordType::Task, _) => Scope::Owned,
            _ => rest,
        };
        let settings = RecordType::ALL
            .iter()
            .flat_map(|&kind| Action::ALL.iter().map(move |&action| (kind, action)));
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            admin: false,
            permissions: settings
                .filter(|&(kind, action)| !applicable(kind, action).is_empty())
                .map(|(kind, action)| (kind, action, scope(kind, action)))
                .collect(),
            toggles: toggles.iter().map(|&toggle| (toggle, true)).collect(),
        }
    }
}
