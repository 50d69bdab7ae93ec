//! How the parts of a document are read (§10.1): which members each has, and which must be there.

use super::{
    Assignment, AssignmentText, Company, CrmRecord, Deal, FieldText, FieldTexts, FieldValue,
    Format, Guest, JobRole, Membership, Org, Permissions, Profile, RecordText, Role, SavedView,
    Settings, Text, Tier, Toggles, User,
};
use crate::error::{Code, UnknownWord};
use crate::instant::{Instant, is_calendar_day};
use crate::profile::{Action, Scope, Toggle, inapplicable};
use crate::reader::{FromJson, Members, Refused, Scalar, Shape, Source, deserialize_as_read};
use crate::record::RecordType;

deserialize_as_read!(
    Org,
    Settings,
    JobRole,
    Role,
    Profile,
    Permissions,
    Toggles,
    User,
    Guest,
    Membership,
    Company,
    CrmRecord,
    FieldValue,
    Assignment,
    Deal,
    SavedView,
);

impl<'de, Records: FromJson<'de> + Default> FromJson<'de> for Org<Records> {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::open(
            6,
            &[
                "format",
                "id",
                "name",
                "timeZone",
                "profiles",
                "users",
                "settings",
                "jobRoles",
                "roles",
                "companies",
                "records",
                "deals",
                "views",
            ],
        );
        let mut org = Self {
            format: Format::V1,
            id: String::new(),
            name: String::new(),
            time_zone: String::new(),
            settings: Settings::default(),
            job_roles: None,
            roles: Vec::new(),
            profiles: Vec::new(),
            users: Vec::new(),
            companies: Vec::new(),
            records: Records::default(),
            deals: Vec::new(),
            views: Vec::new(),
        };
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "format" => org.format = value.read()?,
                "id" => org.id = value.read()?,
                "name" => org.name = value.read()?,
                "timeZone" => org.time_zone = value.read()?,
                "settings" => org.settings = value.read()?,
                "jobRoles" => org.job_roles = Some(value.read()?),
                "roles" => org.roles = value.read()?,
                "profiles" => org.profiles = value.read()?,
                "users" => org.users = value.read()?,
                "companies" => org.companies = value.read()?,
                "records" => org.records = value.read()?,
                "deals" => org.deals = value.read()?,
                _ => org.views = value.read()?,
            }
            Ok(())
        })?;
        Ok(org)
    }
}

impl<'de> FromJson<'de> for Settings {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::open(0, &["multiUserAssignment", "reportsReach"]);
        let mut settings = Self::default();
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "reportsReach" => settings.reports_reach = value.read()?,
                _ => settings.multi_user_assignment = value.read()?,
            }
            Ok(())
        })?;
        Ok(settings)
    }
}

impl<'de> FromJson<'de> for JobRole {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::open(2, &["id", "name"]);
        let (mut id, mut name) = Default::default();
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "id" => id = value.read()?,
                _ => name = value.read()?,
            }
            Ok(())
        })?;
        Ok(Self { id, name })
    }
}

impl<'de> FromJson<'de> for Role {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::open(2, &["id", "name", "parent"]);
        let (mut id, mut name, mut parent) = Default::default();
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "id" => id = value.read()?,
                "name" => name = value.read()?,
                _ => parent = Some(value.read()?),
            }
            Ok(())
        })?;
        Ok(Self { id, name, parent })
    }
}

impl<'de> FromJson<'de> for Profile {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members =
            Members::open(2, &["id", "name", "admin", "permissions", "toggles"]);
        let mut profile = Self {
            id: String::new(),
            name: String::new(),
            admin: false,
            permissions: Permissions::default(),
            toggles: Toggles::default(),
        };
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "id" => profile.id = value.read()?,
                "name" => profile.name = value.read()?,
                "admin" => profile.admin = value.read()?,
                "permissions" => profile.permissions = value.read()?,
                _ => profile.toggles = value.read()?,
            }
            Ok(())
        })?;
        Ok(profile)
    }
}

impl<'de> FromJson<'de> for Permissions {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        let mut permissions = Self::default();
        let shape = Shape::Any("an object from record types to scopes by action");
        from.members(shape, &mut |kind, by_action| {
            let kind = word(kind)?;
            by_action.unless_null(&mut |by_action| {
                let shape = Shape::Any("an object from actions to scopes");
                by_action.members(shape, &mut |action, scope| {
                    set_scope(&mut permissions, kind, word(action)?, scope.nullable()?)
                })
            })
        })?;
        Ok(permissions)
    }
}

/// Takes a scope that applies to its setting (§1.5), once.
fn set_scope(
    permissions: &mut Permissions,
    kind: RecordType,
    action: Action,
    scope: Option<Scope>,
) -> Result<(), Refused> {
    let Some(scope) = scope else { return Ok(()) };
    if let Some(message) = inapplicable(kind, action, scope) {
        return Err(Refused::coded(Code::ScopeNotApplicable, message));
    }
    if permissions.get(kind, action).is_some() {
        return Err(Refused::duplicate(action.as_str()));
    }
    permissions.set(kind, action, scope);
    Ok(())
}

impl<'de> FromJson<'de> for Toggles {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        let mut toggles = Self::default();
        let shape = Shape::Any("an object from toggles to true or false");
        from.members(shape, &mut |name, permitted| {
            let toggle: Toggle = word(name)?;
            if let Some(permitted) = permitted.nullable()? {
                if toggles.get(toggle).is_some() {
                    return Err(Refused::duplicate(name));
                }
                toggles.set(toggle, permitted);
            }
            Ok(())
        })?;
        Ok(toggles)
    }
}

/// A key that is a word of a vocabulary.
fn word<T: std::str::FromStr<Err = UnknownWord>>(key: &str) -> Result<T, Refused> {
    key.parse().map_err(UnknownWord::into_de)
}

impl<'de> FromJson<'de> for User {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::open(
            3,
            &[
                "id",
                "name",
                "profile",
                "email",
                "role",
                "jobRole",
                "license",
                "region",
                "status",
                "guest",
                "memberships",
            ],
        );
        let mut user = Self::new("", "", "");
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "id" => user.id = value.read()?,
                "name" => user.name = value.read()?,
                "profile" => user.profile = value.read()?,
                "email" => user.email = Some(value.read()?),
                "role" => user.role = Some(value.read()?),
                "jobRole" => user.job_role = Some(value.read()?),
                "license" => user.license = Some(value.read()?),
                "region" => user.region = Some(value.read()?),
                "status" => user.status = value.read()?,
                "guest" => user.guest = Some(value.read()?),
                _ => user.memberships = value.read()?,
            }
            Ok(())
        })?;
        Ok(user)
    }
}

impl<'de> FromJson<'de> for Guest {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members =
            Members::open(2, &["claimed", "expiresAt", "revokedAt", "sponsor"]);
        let mut guest = Self {
            claimed: false,
            expires_at: Instant::EPOCH,
            revoked_at: None,
            sponsor: None,
        };
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "claimed" => guest.claimed = value.read()?,
                "expiresAt" => guest.expires_at = value.read()?,
                "revokedAt" => guest.revoked_at = Some(value.read()?),
                _ => guest.sponsor = Some(value.read()?),
            }
            Ok(())
        })?;
        Ok(guest)
    }
}

impl<'de> FromJson<'de> for Membership {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::open(2, &["company", "tier", "primary"]);
        let mut membership = Self {
            company: String::new(),
            tier: Tier::Sales,
            primary: false,
        };
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "company" => membership.company = value.read()?,
                "tier" => membership.tier = value.read()?,
                _ => membership.primary = value.read()?,
            }
            Ok(())
        })?;
        Ok(membership)
    }
}

impl<'de> FromJson<'de> for Company {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::open(2, &["id", "name", "accountOwnerEmail"]);
        let (mut id, mut name, mut account_owner_email) = Default::default();
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "id" => id = value.read()?,
                "name" => name = value.read()?,
                _ => account_owner_email = Some(value.read()?),
            }
            Ok(())
        })?;
        Ok(Self {
            id,
            name,
            account_owner_email,
        })
    }
}

impl<'de> FromJson<'de> for RecordText<'de> {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::open(
            2,
            &[
                "type", "id", "name", "owner", "assigned", "account", "fields",
            ],
        );
        let mut record = Self {
            kind: RecordType::Account,
            id: Text::default(),
            name: None,
            owner: None,
            assigned: Vec::new(),
            account: None,
            fields: FieldTexts::default(),
        };
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "type" => record.kind = value.read()?,
                "id" => record.id = value.read()?,
                "name" => record.name = Some(value.read()?),
                "owner" => record.owner = Some(value.read()?),
                "assigned" => record.assigned = value.read()?,
                "account" => record.account = Some(value.read()?),
                _ => record.fields = value.read()?,
            }
            Ok(())
        })?;
        Ok(record)
    }
}

impl<'de> FromJson<'de> for Text<'de> {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        from.text("a string").map(Self)
    }
}

impl<'de> FromJson<'de> for AssignmentText<'de> {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::open(1, &["user", "jobRole"]);
        const EXPECTED: &str = "a user's id or an object with `user` and `jobRole`";
        let (mut id, mut user, mut job_role) = (None, Text::default(), None);
        let shape = Shape::TextOr(EXPECTED, &MEMBERS, &mut id);
        from.members(shape, &mut |member, value| {
            match member.as_ref() {
                "user" => user = value.read()?,
                _ => job_role = Some(value.read()?),
            }
            Ok(())
        })?;
        Ok(Self {
            user: id.map_or(user, Text),
            job_role,
        })
    }
}

impl<'de> FromJson<'de> for FieldText<'de> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "numbers are JavaScript's: 64-bit floating point"
    )]
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        let value = from.scalar("text, a number, true, false or null")?;
        Ok(match value {
            Scalar::Null => Self::Null,
            Scalar::Flag(flag) => Self::Bool(flag),
            Scalar::Count(count) => Self::Number(count as f64),
            Scalar::Number(number) => Self::Number(number),
            Scalar::Text(text) => Self::Text(Text(text)),
        })
    }
}

impl<'de> FromJson<'de> for FieldTexts<'de> {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        let mut fields = Vec::new();
        from.members(Shape::Any("an object"), &mut |name, value| {
            fields.push((Text(name.clone()), value.read()?));
            Ok(())
        })?;
        Ok(Self(fields))
    }
}

impl<'de> FromJson<'de> for CrmRecord {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        RecordText::from_json(from).map(Self::from)
    }
}

impl<'de> FromJson<'de> for Assignment {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        AssignmentText::from_json(from).map(Self::from)
    }
}

impl<'de> FromJson<'de> for FieldValue {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        FieldText::from_json(from).map(Self::from)
    }
}

impl<'de> FromJson<'de> for Deal {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::open(
            3,
            &[
                "id",
                "company",
                "owner",
                "name",
                "registeredBy",
                "ownerTier",
                "stage",
                "amount",
                "currency",
                "expectedClose",
                "createdAt",
            ],
        );
        let mut deal = Self::new("", "", "");
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "id" => deal.id = value.read()?,
                "name" => deal.name = Some(value.read()?),
                "company" => deal.company = value.read()?,
                "owner" => deal.owner = value.read()?,
                "registeredBy" => deal.registered_by = Some(value.read()?),
                "ownerTier" => deal.owner_tier = Some(value.read()?),
                "stage" => deal.stage = Some(value.read()?),
                "amount" => deal.amount = Some(value.read()?),
                "currency" => deal.currency = Some(value.read()?),
                "expectedClose" => deal.expected_close = Some(day_or_instant(value)?),
                _ => deal.created_at = Some(value.read()?),
            }
            Ok(())
        })?;
        Ok(deal)
    }
}

fn day_or_instant(from: &mut dyn Source<'_>) -> Result<String, Refused> {
    let text: String = from.read()?;
    if !is_calendar_day(&text) {
        text.parse::<Instant>()
            .map_err(|error| Refused::coded(Code::InvalidInstant, error))?;
    }
    Ok(text)
}

impl<'de> FromJson<'de> for SavedView {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::open(
            4,
            &["id", "user", "name", "type", "where", "sort", "action"],
        );
        let mut view = Self {
            id: String::new(),
            user: String::new(),
            name: String::new(),
            kind: RecordType::Account,
            filter: None,
            sort: None,
            action: None,
        };
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "id" => view.id = value.read()?,
                "user" => view.user = value.read()?,
                "name" => view.name = value.read()?,
                "type" => view.kind = value.read()?,
                "where" => view.filter = Some(value.read()?),
                "sort" => view.sort = Some(value.read()?),
                _ => view.action = Some(value.read()?),
            }
            Ok(())
        })?;
        Ok(view)
    }
}
