//! What the page shows, as the part of its address after `#`, so that it can be linked and reloaded.

use sidelight_governance::{Instant, RecordType};
use sidelight_sidebar::components::Tab;
use sidelight_sidebar::model::Subject;

/// Everything that a person chooses on the page.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Place {
    /// The id of the user to look as.
    pub(crate) viewer: Option<String>,
    /// The record or deal on the page.
    pub(crate) subject: Option<Subject>,
    /// The sidebar's tab.
    pub(crate) tab: Tab,
    /// The instant to ask at; `None` for the present.
    pub(crate) now: Option<Instant>,
    pub(crate) theme: Theme,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Theme {
    /// As the system has it.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub(crate) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == word)
    }
}

const DEAL: &str = "deal";

impl Place {
    /// Reads an address. What it does not tell, or tells wrongly, is left to the page.
    pub(crate) fn read(hash: &str) -> Self {
        let hash = hash.strip_prefix('#').unwrap_or(hash);
        let value = |wanted: &str| {
            let mut values = form_urlencoded::parse(hash.as_bytes());
            values
                .find(|(key, _)| key == wanted)
                .map(|(_, value)| value.into_owned())
        };
        let subject = value("id").and_then(|id| match value("type")?.as_str() {
            DEAL => Some(Subject::Deal { id }),
            word => Some(Subject::Record {
                kind: RecordType::from_word(word)?,
                id,
            }),
        });
        Self {
            subject,
            tab: value("tab")
                .and_then(|tab| Tab::from_word(&tab))
                .unwrap_or_default(),
            now: value("now").and_then(|now| now.parse().ok()),
            theme: value("theme")
                .and_then(|theme| Theme::from_word(&theme))
                .unwrap_or_default(),
            viewer: value("as"),
        }
    }

    /// The address, from `#` on.
    pub(crate) fn write(&self) -> String {
        let mut values = form_urlencoded::Serializer::for_suffix(String::from("#"), 1);
        if let Some(viewer) = &self.viewer {
            values.append_pair("as", viewer);
        }
        if let Some(subject) = &self.subject {
            let kind = match subject {
                Subject::Record { kind, .. } => kind.as_str(),
                Subject::Deal { .. } => DEAL,
            };
            values
                .append_pair("type", kind)
                .append_pair("id", subject.id());
        }
        if self.tab != Tab::default() {
            values.append_pair("tab", self.tab.as_str());
        }
        if let Some(now) = self.now {
            values.append_pair("now", &now.to_string());
        }
        if self.theme != Theme::default() {
            values.append_pair("theme", self.theme.as_str());
        }
        values.finish()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn an_address_leads_back_to_its_place() {
        let places = [
            Place::default(),
            Place {
                viewer: Some("a&b=c#d %00 \u{1f600}".to_owned()),
                subject: Some(Subject::Deal {
                    id: "__proto__".to_owned(),
                }),
                ..Place::default()
            },
            Place {
                viewer: Some("alice".to_owned()),
                subject: Some(Subject::Record {
                    kind: RecordType::Opportunity,
                    id: "../x?y".to_owned(),
                }),
                tab: Tab::Pipeline,
                now: Some("2026-11-21T09:00:00Z".parse().unwrap()),
                theme: Theme::Dark,
            },
        ];
        for place in places {
            let address = place.write();
            assert_eq!(Place::read(&address), place);
            assert!(!address.starts_with("#&"), "{address}");
        }
    }

    #[test]
    fn what_an_address_tells_wrongly_is_left_open() {
        for hash in [
            "",
            "#",
            "#type=account",
            "#id=x",
            "#type=planet&id=x",
            "#now=today&tab=&theme=pink",
            "#%ff%fe=%zz&&&",
        ] {
            assert_eq!(Place::read(hash), Place::default(), "{hash}");
        }
    }
}
