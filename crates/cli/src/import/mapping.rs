//! The mapping file: how the rows of a CRM's exports become an organisation.
//!
//! `docs/guide/import.md` is its manual. Keys are spelled as in the organisation's own document.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use sidelight_governance::RecordType;
use sidelight_governance::org::{Permissions, Settings, Toggles};

use super::template::Template;

/// A whole mapping file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Mapping {
    pub(crate) organisation: Organisation,
    #[serde(default)]
    pub(crate) sources: BTreeMap<String, Source>,
    #[serde(default)]
    pub(crate) job_roles: Vec<JobRoleRule>,
    #[serde(default)]
    pub(crate) profiles: Vec<ProfileRule>,
    #[serde(default)]
    pub(crate) roles: Vec<RoleRule>,
    #[serde(default)]
    pub(crate) companies: Vec<CompanyRule>,
    #[serde(default)]
    pub(crate) users: Vec<UserRule>,
    #[serde(default)]
    pub(crate) memberships: Vec<MembershipRule>,
    #[serde(default)]
    pub(crate) records: Vec<RecordRule>,
    #[serde(default)]
    pub(crate) assigned: Vec<AssignedRule>,
    #[serde(default)]
    pub(crate) deals: Vec<DealRule>,
}

impl Mapping {
    /// Every rule, whatever it makes.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &dyn Rule> {
        fn all<R: Rule>(rules: &[R]) -> impl Iterator<Item = &dyn Rule> {
            rules.iter().map(|rule| rule as &dyn Rule)
        }
        all(&self.job_roles)
            .chain(all(&self.profiles))
            .chain(all(&self.roles))
            .chain(all(&self.companies))
            .chain(all(&self.users))
            .chain(all(&self.memberships))
            .chain(all(&self.records))
            .chain(all(&self.assigned))
            .chain(all(&self.deals))
    }
}

/// What no row tells.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Organisation {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) time_zone: String,
    #[serde(default)]
    pub(crate) settings: Settings,
}

/// One exported file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Source {
    pub(crate) file: String,
    /// Default: by the file's ending.
    pub(crate) format: Option<Format>,
    /// For JSON: where the list of rows is.
    #[serde(default)]
    pub(crate) rows: String,
    /// For CSV; one ASCII character.
    #[serde(default = "comma")]
    pub(crate) delimiter: char,
    /// Whether the file may be missing.
    #[serde(default)]
    pub(crate) optional: bool,
    /// Columns that may be missing; they then read as blank.
    #[serde(default)]
    pub(crate) optional_columns: Vec<String>,
    /// Only rows whose column has one of these values.
    #[serde(default)]
    pub(crate) only: BTreeMap<String, Vec<String>>,
    /// Values that mean "nothing here".
    #[serde(default)]
    pub(crate) blank: Vec<String>,
    /// Whether white space around a value is dropped.
    #[serde(default)]
    pub(crate) trim: bool,
}

fn comma() -> char {
    ','
}

/// The format of an exported file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Format {
    Csv,
    Json,
}

/// Columns of another source, found by a key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Join {
    pub(crate) source: String,
    /// The column of that source that is compared.
    pub(crate) key: String,
    /// What it is compared with, from this row.
    pub(crate) on: Template,
}

/// What all rules have in common: which rows they are applied to.
pub(crate) trait Rule {
    /// The source whose rows make one thing each; without one, the rule makes one thing of its constants.
    fn from(&self) -> Option<&str>;
    /// Whether several rows may make the same thing.
    fn distinct(&self) -> bool;
    fn joins(&self) -> &BTreeMap<String, Join>;
    /// Every template, save those of the joins.
    fn templates(&self) -> Vec<&Template>;
}

/// Declares a rule: its values, each made of templates, and what is the same for all its rows.
macro_rules! rule {
    (
        $(#[$meta:meta])*
        $name:ident {
            $( $(#[$value_meta:meta])* $value:ident : $type:ty ),+ $(,)?
        }
        $( + { $( $(#[$constant_meta:meta])* $constant:ident : $constant_type:ty ),+ $(,)? } )?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub(crate) struct $name {
            pub(crate) from: Option<String>,
            #[serde(default)]
            pub(crate) distinct: bool,
            #[serde(default)]
            pub(crate) join: BTreeMap<String, Join>,
            $( $(#[$value_meta])* pub(crate) $value: $type, )+
            $( $( $(#[$constant_meta])* pub(crate) $constant: $constant_type, )+ )?
        }

        impl Rule for $name {
            fn from(&self) -> Option<&str> {
                self.from.as_deref()
            }

            fn distinct(&self) -> bool {
                self.distinct
            }

            fn joins(&self) -> &BTreeMap<String, Join> {
                &self.join
            }

            fn templates(&self) -> Vec<&Template> {
                let mut templates = Vec::new();
                $( self.$value.collect_templates(&mut templates); )+
                templates
            }
        }
    };
}

rule! {
    /// Makes job roles.
    JobRoleRule { id: Text, name: Option<Text> }
}

rule! {
    /// Makes profiles; `like` names the profile whose permissions and toggles the new one starts with.
    ProfileRule { id: Text, name: Option<Text>, admin: Option<Text>, like: Option<Text> } + {
        #[serde(default)]
        permissions: Permissions,
        #[serde(default)]
        toggles: Toggles,
    }
}

rule! {
    /// Makes roles of the hierarchy.
    RoleRule { id: Text, name: Option<Text>, parent: Option<Reference> }
}

rule! {
    /// Makes partner companies.
    CompanyRule { id: Text, name: Option<Text>, account_owner_email: Option<Text> }
}

rule! {
    /// Makes users.
    UserRule {
        id: Text,
        name: Option<Text>,
        email: Option<Text>,
        profile: Reference,
        role: Option<Reference>,
        job_role: Option<Reference>,
        status: Option<Text>,
    }
}

rule! {
    /// Gives users their standing at companies.
    MembershipRule { user: Reference, company: Reference, tier: Text, primary: Option<Text> }
}

rule! {
    /// Makes records of one type.
    RecordRule {
        id: Text,
        name: Option<Text>,
        owner: Option<Reference>,
        account: Option<Reference>,
        #[serde(default)]
        fields: BTreeMap<String, Field>,
    } + {
        r#type: RecordType,
    }
}

rule! {
    /// Assigns users to records of one type.
    AssignedRule { record: Reference, user: Reference, job_role: Option<Reference> } + {
        r#type: RecordType,
    }
}

rule! {
    /// Makes partner deals.
    DealRule {
        id: Text,
        name: Option<Text>,
        company: Reference,
        owner: Reference,
        registered_by: Option<Reference>,
        owner_tier: Option<Text>,
        stage: Option<Text>,
        amount: Option<Text>,
        currency: Option<Text>,
        expected_close: Option<Dated>,
        created_at: Option<Dated>,
    }
}

/// Something made of templates.
trait Templated {
    fn collect_templates<'a>(&'a self, into: &mut Vec<&'a Template>);
}

impl<T: Templated> Templated for Option<T> {
    fn collect_templates<'a>(&'a self, into: &mut Vec<&'a Template>) {
        if let Some(value) = self {
            value.collect_templates(into);
        }
    }
}

impl<T: Templated> Templated for BTreeMap<String, T> {
    fn collect_templates<'a>(&'a self, into: &mut Vec<&'a Template>) {
        for value in self.values() {
            value.collect_templates(into);
        }
    }
}

impl Templated for Text {
    fn collect_templates<'a>(&'a self, into: &mut Vec<&'a Template>) {
        into.extend(&self.alternatives);
    }
}

/// A value: the first of the templates that gives anything, perhaps translated.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) alternatives: Vec<Template>,
    pub(crate) map: Option<BTreeMap<String, String>>,
    /// Used when the columns are blank, the map lacks the value, or a reference names nothing.
    pub(crate) otherwise: Option<String>,
}

/// A value that names something of another kind.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) text: Text,
    pub(crate) by: By,
}

/// What a reference is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum By {
    /// The ids of the other kind.
    #[default]
    Id,
    /// The names of the other kind.
    Name,
}

/// A day or an instant, in the form that `format` tells.
#[derive(Debug)]
pub(crate) struct Dated {
    pub(crate) text: Text,
    pub(crate) format: Option<String>,
}

/// The value of one of a record's fields.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) text: Text,
    pub(crate) kind: FieldKind,
    pub(crate) format: Option<String>,
}

/// What a field's text is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum FieldKind {
    #[default]
    Text,
    Number,
    Bool,
    Date,
}

macro_rules! templated_by_text {
    ($($type:ty),+) => {$(
        impl Templated for $type {
            fn collect_templates<'a>(&'a self, into: &mut Vec<&'a Template>) {
                self.text.collect_templates(into);
            }
        }
    )+};
}
templated_by_text!(Reference, Dated, Field);

/// Every way to write a value: `"{A}"`, `["{A}", "{B}"]`, or a table with `value` and more.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    value: Alternatives,
    map: Option<BTreeMap<String, String>>,
    otherwise: Option<String>,
    by: Option<By>,
    #[serde(rename = "type")]
    kind: Option<FieldKind>,
    format: Option<String>,
}

#[derive(Default)]
struct Alternatives(Vec<Template>);

impl<'de> Deserialize<'de> for Alternatives {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OneOrMore;
        impl<'de> Visitor<'de> for OneOrMore {
            type Value = Alternatives;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a template such as \"{Name}\", or a list of them")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Alternatives, E> {
                Ok(Alternatives(vec![text.parse().map_err(E::custom)?]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Alternatives, A::Error> {
                Ok(Alternatives(Deserialize::deserialize(
                    SeqAccessDeserializer::new(list),
                )?))
            }
        }
        from.deserialize_any(OneOrMore)
    }
}

impl Written {
    /// Reads any of the three ways; `keys` are those of a table that mean something here, beside `value`, `map` and `otherwise`.
    fn read<'de, D: Deserializer<'de>>(
        from: D,
        keys: &'static [&'static str],
    ) -> Result<Self, D::Error> {
        struct AnyWay;
        impl<'de> Visitor<'de> for AnyWay {
            type Value = Written;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a template such as \"{Name}\", a list of them, or a table with `value`",
                )
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Written, E> {
                let value = Alternatives(vec![text.parse().map_err(E::custom)?]);
                Ok(Written {
                    value,
                    ..Written::default()
                })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Written, A::Error> {
                let value =
                    Alternatives(Deserialize::deserialize(SeqAccessDeserializer::new(list))?);
                Ok(Written {
                    value,
                    ..Written::default()
                })
            }
            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Written, A::Error> {
                Written::deserialize(MapAccessDeserializer::new(table))
            }
        }
        let written = from.deserialize_any(AnyWay)?;
        let misplaced = [
            ("by", written.by.is_some()),
            ("type", written.kind.is_some()),
            ("format", written.format.is_some()),
        ]
        .into_iter()
        .find(|&(key, given)| given && !keys.contains(&key));
        if let Some((key, _)) = misplaced {
            return Err(de::Error::custom(format_args!(
                "`{key}` means nothing here"
            )));
        }
        if written.value.0.is_empty() && written.otherwise.is_none() {
            return Err(de::Error::custom("neither `value` nor `otherwise`"));
        }
        Ok(written)
    }

    fn into_text(self) -> Text {
        Text {
            alternatives: self.value.0,
            map: self.map,
            otherwise: self.otherwise,
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Written::read(from, &[])?.into_text())
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let written = Written::read(from, &["by"])?;
        Ok(Self {
            by: written.by.unwrap_or_default(),
            text: written.into_text(),
        })
    }
}

impl<'de> Deserialize<'de> for Dated {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut written = Written::read(from, &["format"])?;
        Ok(Self {
            format: written.format.take(),
            text: written.into_text(),
        })
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut written = Written::read(from, &["type", "format"])?;
        let (kind, format) = (written.kind.unwrap_or_default(), written.format.take());
        if format.is_some() && kind != FieldKind::Date {
            return Err(de::Error::custom(
                "`format` is for dates: add `type = \"date\"`",
            ));
        }
        Ok(Self {
            kind,
            format,
            text: written.into_text(),
        })
    }
}
