//! The sidebar as a whole.

use sidelight_governance::Instant;
use yew::prelude::*;

use super::focus::{focus, once_drawn};
use super::markup::paragraph;
use super::pipeline::PipelinePanel;
use super::record::RecordPanel;
use super::tabs::{Tab, tabs};
use super::tiers::tiers_panel;
use crate::message;
use crate::model::deals::TableState;
use crate::model::{Organisation, Subject};

/// What the sidebar shows, all of it chosen by the page that it stands beside.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct SidebarProps {
    /// Whose rules decide.
    pub organisation: Organisation,
    /// The instant that questions are asked at.
    pub now: Instant,
    /// The id of the user who looks; `None` while nobody has been chosen.
    pub viewer: Option<AttrValue>,
    /// The record or deal that the page shows, if it shows one.
    pub subject: Option<Subject>,
    /// The tab in front.
    pub tab: Tab,
    /// Told what a person chose. The page decides, and hands in new properties.
    #[prop_or_default]
    pub on_choose: Callback<Choice>,
}

/// What a person chose in the sidebar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// To bring another tab to the front.
    Tab(Tab),
    /// To look as another user, by id.
    Viewer(AttrValue),
    /// To open a record or deal in the page.
    Subject(Subject),
}

/// Whose eyes everything is seen with, and when.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    pub(super) organisation: Organisation,
    pub(super) now: Instant,
    pub(super) viewer: AttrValue,
}

impl Scene {
    pub(super) fn viewer_name(&self) -> String {
        self.organisation.user_name(&self.viewer)
    }
}

/// The id of the verdict's heading.
pub const HEADLINE: &str = "sidelight-headline";
/// The id of the pipeline's heading.
pub(super) const PIPELINE: &str = "sidelight-pipeline";

/// The sidebar beside a CRM page.
#[component]
pub fn Sidebar(props: &SidebarProps) -> Html {
    let SidebarProps {
        organisation,
        now,
        viewer,
        subject,
        tab,
        on_choose,
    } = props.clone();
    // Kept here, so that a look at another tab does not lose the filters.
    let table = use_state_eq(TableState::default);
    let on_table = {
        let table = table.clone();
        Callback::from(move |state| table.set(state))
    };

    let on_choose = Callback::from(move |choice| {
        // A chosen name is no button any more once its person looks: the focus goes to what they are told.
        if matches!(choice, Choice::Viewer(_)) {
            once_drawn(
                if tab == Tab::Record {
                    HEADLINE
                } else {
                    PIPELINE
                },
                focus,
            );
        }
        on_choose.emit(choice);
    });

    let panel = match (viewer, tab) {
        (None, _) => paragraph("sl-empty", message::NO_VIEWER),
        (Some(viewer), tab) => {
            let scene = Scene {
                organisation,
                now,
                viewer,
            };
            match (tab, subject) {
                (Tab::Record, None) => paragraph("sl-empty", message::NO_SUBJECT),
                (Tab::Record, Some(subject)) => {
                    html! { <RecordPanel {scene} {subject} on_choose={on_choose.clone()} /> }
                }
                (Tab::Pipeline, _) => {
                    html! { <PipelinePanel {scene} state={(*table).clone()} on_state={on_table} on_choose={on_choose.clone()} /> }
                }
                (Tab::Tiers, _) => tiers_panel(&scene),
            }
        }
    };
    html! {
        <div class="sidelight">
            { tabs(tab, &on_choose.reform(Choice::Tab)) }
            <div key={tab.as_str()} class="sl-panel" role="tabpanel" id={tab.panel_id()} aria-labelledby={tab.id()} tabindex="0">
                { panel }
            </div>
        </div>
    }
}
