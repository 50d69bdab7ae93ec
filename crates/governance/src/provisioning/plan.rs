//! The plan for a request: tasks with their values filled in, and what colleagues have (§8.4).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ProvisioningCode, ProvisioningError, Request, System};
use crate::at::At;
use crate::error::Pointer;
use crate::org::{Status, User};
use crate::word::vocabulary;

/// What is to be done for one system, as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskTemplate {
    /// The system.
    pub system: System,
    /// What is to be done, in words.
    pub title: String,
    /// What has to be entered there.
    pub fields: Vec<FieldTemplate>,
}

/// One thing that has to be entered in a system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldTemplate {
    /// What the system calls it.
    pub name: String,
    /// Where its value comes from.
    pub value: Fill,
}

/// Where a value comes from. What people have is joined with commas, each different value once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fill {
    /// The people's emails.
    Emails,
    /// The people's names.
    Names,
    /// The names of their job roles.
    JobRole,
    /// The names of their roles.
    Role,
    /// The names of their profiles.
    Profile,
    /// Their licenses.
    License,
    /// Their regions.
    Region,
    /// The same for everybody.
    Fixed(String),
}

impl TaskTemplate {
    /// The templates that there are from the start: Chorus, DataFox, Clari and Salesforce (§8.4).
    pub fn initial() -> Vec<Self> {
        let fixed = |text: &str| Fill::Fixed(text.to_owned());
        let template = |system, title: &str, fields: Vec<(&str, Fill)>| Self {
            system,
            title: title.to_owned(),
            fields: fields
                .into_iter()
                .map(|(name, value)| FieldTemplate {
                    name: name.to_owned(),
                    value,
                })
                .collect(),
        };
        vec![
            template(
                System::Chorus,
                "Invite to Chorus",
                vec![
                    ("emails", Fill::Emails),
                    ("role", Fill::JobRole),
                    ("team", Fill::Role),
                    ("license", Fill::License),
                ],
            ),
            template(
                System::Datafox,
                "Add to DataFox",
                vec![
                    ("emails", Fill::Emails),
                    ("status", fixed("Member")),
                    ("bulk account sync", fixed("yes")),
                ],
            ),
            template(
                System::Clari,
                "Add to Clari",
                vec![("emails", Fill::Emails), ("role", Fill::Role)],
            ),
            template(
                System::Salesforce,
                "Create in Salesforce",
                vec![
                    ("emails", Fill::Emails),
                    ("names", Fill::Names),
                    ("role", Fill::Role),
                    ("profile", Fill::Profile),
                    ("license", Fill::License),
                ],
            ),
        ]
    }
}

/// What is to be done for a request, and what colleagues have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// One task for each of the request's, in its order.
    pub tasks: Vec<PlannedTask>,
    /// For each person of the request, in its order: role, profile and license, where colleagues have one.
    pub suggestions: Vec<Suggestion>,
}

/// One task with its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedTask {
    /// The system.
    pub system: System,
    /// What is to be done, in words.
    pub title: String,
    /// Whether it is done.
    pub done: bool,
    /// What has to be entered.
    pub fields: Vec<FilledField>,
}

/// One thing to be entered, with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilledField {
    /// What the system calls it.
    pub name: String,
    /// The value; empty where nobody has one.
    pub value: String,
    /// The ids of the people who have none, or one that would not stay one in a list with commas.
    pub missing: Vec<String>,
}

/// What most colleagues with the same job role and region have (§8.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suggestion {
    /// The id of the person for whom it is suggested.
    pub person: String,
    /// What is suggested.
    pub what: SuggestedField,
    /// The id of the role or profile, or the license.
    pub value: String,
    /// How many colleagues have it.
    pub having: usize,
    /// How many colleagues there are.
    pub of: usize,
    /// The evidence as one English sentence.
    pub evidence: String,
}

vocabulary! {
    /// What is suggested from colleagues.
    SuggestedField, InvalidField, "suggested field" {
        /// A role.
        Role = "role",
        /// A profile.
        Profile = "profile",
        /// A license.
        License = "license",
    }
}

impl At<'_> {
    /// What is to be done for a request: its tasks with the values filled in, and what colleagues have.
    ///
    /// # Errors
    /// `no-template` for a task whose system has none.
    ///
    /// # Complexity
    /// The people of the request times the users.
    pub fn plan(
        self,
        request: &Request,
        templates: &[TaskTemplate],
    ) -> Result<Plan, ProvisioningError> {
        let fields = request.fields();
        let person = |id: &String| (id.clone(), self.governance.user(id));
        let people: Vec<_> = fields.people.iter().map(person).collect();
        let planned = |(index, task): (usize, &super::Task)| {
            let template = templates
                .iter()
                .find(|template| template.system == task.system)
                .ok_or_else(|| {
                    let place = Pointer::root().member("tasks").item(index);
                    let message = format!("no template is for `{}`", task.system);
                    ProvisioningError::new(ProvisioningCode::NoTemplate, place, message)
                })?;
            let filled = template
                .fields
                .iter()
                .map(|field| self.filled(field, &people));
            Ok(PlannedTask {
                system: task.system,
                title: template.title.clone(),
                done: task.done,
                fields: filled.collect(),
            })
        };
        let tasks = fields.tasks.iter().enumerate().map(planned);
        let suggestions = people
            .iter()
            .filter_map(|(_, person)| person.as_ref())
            .flat_map(|person| self.suggestions(person, &fields.people));
        Ok(Plan {
            tasks: tasks.collect::<Result<_, _>>()?,
            suggestions: suggestions.collect(),
        })
    }

    fn filled(self, field: &FieldTemplate, people: &[(String, Option<User>)]) -> FilledField {
        let name = field.name.clone();
        if let Fill::Fixed(value) = &field.value {
            return FilledField {
                name,
                value: value.clone(),
                missing: Vec::new(),
            };
        }
        let mut values: Vec<String> = Vec::new();
        let mut missing = Vec::new();
        for (id, person) in people {
            let value = person
                .as_ref()
                .and_then(|user| self.value_of(user, &field.value));
            match value.filter(|value| !value.is_empty() && !value.contains(',')) {
                None => missing.push(id.clone()),
                Some(value) if values.contains(&value) => {}
                Some(value) => values.push(value),
            }
        }
        FilledField {
            name,
            value: values.join(", "),
            missing,
        }
    }

    /// What a person has; `None` for a reference that names nothing.
    fn value_of(self, user: &User, fill: &Fill) -> Option<String> {
        match fill {
            Fill::Emails => user.email.clone(),
            Fill::Names => Some(user.name.clone()),
            Fill::JobRole => self.job_role_name(user.job_role.as_deref()?),
            Fill::Role => self.name_of(SuggestedField::Role, user.role.as_deref()?),
            Fill::Profile => self.name_of(SuggestedField::Profile, &user.profile),
            Fill::License => user.license.clone(),
            Fill::Region => user.region.clone(),
            Fill::Fixed(value) => Some(value.clone()),
        }
    }

    fn job_role_name(self, id: &str) -> Option<String> {
        let job_roles = &self.governance.job_roles;
        let name = job_roles.name(job_roles.table.find(id)?);
        name.map(str::to_owned)
    }

    fn name_of(self, what: SuggestedField, value: &str) -> Option<String> {
        let governance = self.governance;
        match what {
            SuggestedField::Role => {
                let role = governance.roles.table.find(value)?;
                governance.roles.get(role).map(|row| row.name.clone())
            }
            SuggestedField::Profile => {
                let profile = governance.profiles.find(value)?;
                let row = governance.profiles.get(profile)?;
                Some(row.profile.name.clone())
            }
            SuggestedField::License => Some(value.to_owned()),
        }
    }

    /// What most colleagues have: other active standard users with the same job role and region, those
    /// of the request apart. Of values that are equally frequent, the first in the order of their bytes.
    fn suggestions(self, person: &User, people: &[String]) -> Vec<Suggestion> {
        let job_role = person.job_role.as_deref();
        let (Some(job_role), Some(region)) = (
            job_role.and_then(|job_role| self.job_role_name(job_role)),
            person.region.as_deref(),
        ) else {
            return Vec::new();
        };
        let colleagues: Vec<User> = self
            .governance
            .users()
            .filter(|user| {
                user.job_role == person.job_role
                    && user.region == person.region
                    && user.status == Status::Active
                    && user.guest.is_none()
                    && !people.contains(&user.id)
            })
            .collect();
        let of = colleagues.len();
        let suggested = |&what: &SuggestedField| {
            let mut frequency: BTreeMap<&str, usize> = BTreeMap::new();
            for value in colleagues
                .iter()
                .filter_map(|user| self.suggestible(user, what))
            {
                *frequency.entry(value).or_default() += 1;
            }
            // The last of the largest, and so in reverse the first.
            let (&value, &having) = frequency.iter().rev().max_by_key(|&(_, having)| having)?;
            let group = if of == 1 { "" } else { "s" };
            let have = if having == 1 { "has" } else { "have" };
            let name = self.name_of(what, value)?;
            Some(Suggestion {
                person: person.id.clone(),
                what,
                value: value.to_owned(),
                having,
                of,
                evidence: format!(
                    "{having} of {of} {job_role}{group} in {region} {have} {what} {name}."
                ),
            })
        };
        SuggestedField::ALL.iter().filter_map(suggested).collect()
    }

    /// A colleague's role, profile or license, if it can be suggested: an admin profile is not.
    fn suggestible(self, user: &User, what: SuggestedField) -> Option<&str> {
        let governance = self.governance;
        match what {
            SuggestedField::Role => {
                let exists = |role: &&str| governance.roles.table.find(role).is_some();
                user.role.as_deref().filter(exists)
            }
            SuggestedField::Profile => {
                let profile = governance.profiles.find(&user.profile)?;
                let row = governance.profiles.get(profile)?;
                Some(user.profile.as_str()).filter(|_| !row.profile.admin)
            }
            SuggestedField::License => user.license.as_deref(),
        }
    }
}
