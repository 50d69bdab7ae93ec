//! The tabs of the sidebar, by the WAI-ARIA pattern: one stop for the Tab key, arrows between them.

use yew::prelude::*;

use super::focus::focus;
use super::markup::span;
use crate::message;

/// A view of the sidebar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    /// The verdict on the record, its people and who else sees it.
    #[default]
    Record,
    /// The viewer's partner pipeline.
    Pipeline,
    /// What the partner tiers see.
    Tiers,
}

impl Tab {
    /// Every tab, in its order on the screen.
    pub const ALL: [Self; 3] = [Self::Record, Self::Pipeline, Self::Tiers];

    /// The word for it in an address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Pipeline => "pipeline",
            Self::Tiers => "tiers",
        }
    }

    /// The tab that a word of an address names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.as_str() == word)
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Record => message::TAB_RECORD,
            Self::Pipeline => message::TAB_PIPELINE,
            Self::Tiers => message::TAB_TIERS,
        }
    }

    pub(super) fn id(self) -> String {
        format!("sidelight-tab-{}", self.as_str())
    }

    pub(super) fn panel_id(self) -> String {
        format!("sidelight-panel-{}", self.as_str())
    }

    /// Where a key leads from this tab.
    fn after(self, key: &str) -> Option<Self> {
        let tabs = Self::ALL.into_iter();
        match key {
            "ArrowRight" => tabs.cycle().skip_while(|tab| *tab != self).nth(1),
            "ArrowLeft" => tabs.rev().cycle().skip_while(|tab| *tab != self).nth(1),
            "Home" => tabs.into_iter().next(),
            "End" => tabs.into_iter().next_back(),
            _ => None,
        }
    }
}

/// The tabs, with the name of what they belong to.
pub(super) fn tabs(chosen: Tab, on_choose: &Callback<Tab>) -> Html {
    let onkeydown = {
        let on_choose = on_choose.clone();
        Callback::from(move |event: KeyboardEvent| {
            let Some(tab) = chosen.after(&event.key()) else {
                return;
            };
            event.prevent_default();
            on_choose.emit(tab);
            focus(&tab.id());
        })
    };
    let tab = |tab: Tab| {
        let selected = tab == chosen;
        let onclick = on_choose.reform(move |_: MouseEvent| tab);
        html! {
            <button key={tab.as_str()} type="button" role="tab" class="sl-tab" id={tab.id()} aria-controls={selected.then(|| tab.panel_id())}
                aria-selected={selected.to_string()} tabindex={if selected { "0" } else { "-1" }} {onclick}>
                { tab.label() }
            </button>
        }
    };
    html! {
        <div class="sl-bar">
            <div class="sl-tabs" role="tablist" aria-label={message::TABS} {onkeydown}>
                { for Tab::ALL.into_iter().map(tab) }
            </div>
            { span("sl-brand", message::BRAND) }
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_round_and_other_keys_stay() {
        for (from, key, to) in [
            (Tab::Record, "ArrowRight", Some(Tab::Pipeline)),
            (Tab::Tiers, "ArrowRight", Some(Tab::Record)),
            (Tab::Record, "ArrowLeft", Some(Tab::Tiers)),
            (Tab::Tiers, "Home", Some(Tab::Record)),
            (Tab::Record, "End", Some(Tab::Tiers)),
            (Tab::Record, "Enter", None),
        ] {
            assert_eq!(from.after(key), to, "{key} from {from:?}");
        }
    }

    #[test]
    fn a_word_names_the_tab_that_wrote_it() {
        for tab in Tab::ALL {
            assert_eq!(Tab::from_word(tab.as_str()), Some(tab));
        }
        assert_eq!(Tab::from_word("Record"), None);
    }
}
