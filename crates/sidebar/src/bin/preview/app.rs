//! The page: its state, and how the parts come together.

use gloo_events::{EventListener, EventListenerOptions};
use sidelight_governance::{Instant, RecordType};
use sidelight_sidebar::components::{
    Choice, HEADLINE, SidebarProps, Tab, bring_into_view, focus, once_drawn, paragraph,
};
use sidelight_sidebar::element::{self, Mounted};
use sidelight_sidebar::model::Subject;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, DragEvent, Element, File, Window};
use yew::platform::spawn_local;
use yew::prelude::*;

use crate::address::{Place, Theme};
use crate::catalogue::Kind;
use crate::message;
use crate::notice::{Notice, notice_view};
use crate::opening::{Open, Progress, Source, open};
use crate::record_list::RecordList;
use crate::record_page::{TITLE, record_page};
use crate::top_bar::{FILE, TopBar, top_bar};

/// The organisation that the page opens first.
const DEMO: &str = "organisation.json";

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct AppProps {
    /// The present as it was when the page was opened: a clock that ran on would change answers while they are read.
    pub(crate) present: Instant,
}

#[component]
pub(crate) fn App(props: &AppProps) -> Html {
    let place = use_state_eq(|| Place::read(&hash()));
    let opened = use_state_eq(|| None::<Open>);
    let notice = use_state_eq(|| None::<Notice>);
    let now = place.now.unwrap_or(props.present);

    let tell = {
        let (place, opened, notice) = (place.clone(), opened.clone(), notice.clone());
        Callback::from(move |progress| match progress {
            Progress::Step(text) => notice.set(Some(Notice::Busy(text))),
            Progress::Refused(refusal) => notice.set(Some(Notice::Refused(refusal))),
            Progress::Done(open, text) => {
                notice.set(Some(Notice::Opened(text)));
                // What was chosen in one organisation is not looked for in the next.
                if opened.is_some() {
                    let mut kept = Place::read(&hash());
                    kept.viewer = kept
                        .viewer
                        .filter(|id| open.organisation.user(id).is_some());
                    kept.subject = kept.subject.filter(|subject| exists(&open, subject));
                    keep(&kept, Kept::Beside);
                    place.set(kept);
                }
                opened.set(Some(open));
            }
        })
    };
    let on_file = {
        let tell = tell.clone();
        Callback::from(move |file: File| spawn_local(open(Source::File(file), tell.clone())))
    };
    use_effect_with((), move |()| spawn_local(open(Source::Beside(DEMO), tell)));
    use_address(&place);
    use_theme(place.theme);
    let is_dropping = use_drop(on_file.clone());

    // What the address asks for, as far as this organisation has it.
    let viewer = (*opened).as_ref().and_then(|open| viewer_of(open, &place));
    let subject = (*opened).as_ref().and_then(|open| subject_of(open, &place));
    let missing = (*opened)
        .as_ref()
        .map(|open| missing(open, &place, viewer.as_ref(), subject.as_ref()))
        .unwrap_or_default();
    let change = {
        let place = place.clone();
        move |kept: Kept, change: &dyn Fn(&mut Place)| {
            let mut changed = (*place).clone();
            change(&mut changed);
            keep(&changed, kept);
            if kept != Kept::Beside
                && let Some(host) = sidebar_host()
            {
                host.set_scroll_top(0);
            }
            place.set(changed);
        }
    };
    let on_choose = {
        let change = change.clone();
        Callback::from(move |choice| {
            change(Kept::Step, &|place| match &choice {
                Choice::Tab(tab) => place.tab = *tab,
                Choice::Viewer(viewer) => place.viewer = Some(viewer.to_string()),
                Choice::Subject(subject) => place.subject = Some(subject.clone()),
            });
        })
    };
    use_sidebar((*opened).as_ref().map(|open| SidebarProps {
        organisation: open.organisation.clone(),
        now,
        viewer: viewer.clone().map(AttrValue::from),
        subject: subject.clone(),
        tab: place.tab,
        on_choose: on_choose.clone(),
    }));

    let on_open = on_choose.reform(|subject| {
        once_drawn(HEADLINE, bring_into_view);
        Choice::Subject(subject)
    });
    // The link of a related record is not on that record's own page.
    let on_related = on_choose.reform(|subject| {
        once_drawn(TITLE, focus);
        Choice::Subject(subject)
    });
    // Whoever walks by keys stays in sight.
    let on_walk = {
        let change = change.clone();
        Callback::from(move |subject: Subject| {
            change(Kept::Walk, &|place| place.subject = Some(subject.clone()));
        })
    };
    let on_viewer = on_choose.reform(|viewer: String| Choice::Viewer(viewer.into()));
    let on_now = {
        let change = change.clone();
        Callback::from(move |now: Option<Instant>| change(Kept::Beside, &|place| place.now = now))
    };
    let on_theme = Callback::from(move |theme: Theme| {
        change(Kept::Beside, &|place| place.theme = theme);
    });
    let organisation = (*opened)
        .as_ref()
        .map(|open| (open.organisation.name().to_owned(), open.catalogue.clone()));
    let named = (*opened)
        .as_ref()
        .zip(viewer.clone())
        .map(|(open, viewer)| (viewer.clone(), open.organisation.user_name(&viewer)));
    let on_dismiss = {
        let notice = notice.clone();
        Callback::from(move |_: MouseEvent| {
            notice.set(None);
            focus(FILE);
        })
    };
    let bar = TopBar {
        organisation,
        viewer: named,
        now,
        is_fixed: place.now.is_some(),
        theme: place.theme,
        on_viewer,
        on_now,
        on_theme,
        on_file,
    };
    html! {
        <>
            { top_bar(bar) }
            { notice_view((*notice).as_ref(), (*opened).as_ref().map(|open| open.organisation.name()), &missing, &on_dismiss) }
            if let Some((open, viewer)) = (*opened).clone().zip(viewer) {
                <RecordList organisation={open.organisation.clone()} catalogue={open.catalogue.clone()} {now} viewer={viewer.clone()} subject={subject.clone()} {on_open} {on_walk} />
                { record_page(&open, now, &viewer, subject.as_ref(), &on_related) }
            } else {
                <main class="crm-main">{ paragraph("crm-empty", if matches!(&*notice, Some(Notice::Busy(_))) { "" } else { message::NO_ORGANISATION }) }</main>
            }
            if is_dropping { { paragraph("crm-drop", message::DROP) } }
        </>
    }
}

/// The user that the address names, else the organisation's first.
fn viewer_of(open: &Open, place: &Place) -> Option<String> {
    let wanted = place
        .viewer
        .clone()
        .filter(|viewer| open.organisation.user(viewer).is_some());
    wanted.or_else(|| open.organisation.users().next().map(|user| user.id))
}

/// The record or deal that the address names, else the first account, else the first of anything.
fn subject_of(open: &Open, place: &Place) -> Option<Subject> {
    let first = || {
        let account = Kind::Record(RecordType::Account);
        let mut kinds = [account].into_iter().chain(Kind::all());
        kinds.find_map(|kind| Some(kind.subject(open.catalogue.entries(kind).first()?.id.clone())))
    };
    place
        .subject
        .clone()
        .filter(|subject| exists(open, subject))
        .or_else(first)
}

fn exists(open: &Open, subject: &Subject) -> bool {
    match subject {
        Subject::Record { kind, id } => open.organisation.record(*kind, id).is_some(),
        Subject::Deal { id } => open.organisation.deal(id).is_some(),
    }
}

/// What the address asks for and is not there, in a sentence each.
fn missing(
    open: &Open,
    place: &Place,
    viewer: Option<&String>,
    subject: Option<&Subject>,
) -> Vec<String> {
    let organisation = &open.organisation;
    let mut sentences = Vec::new();
    if let Some((wanted, shown)) = place.viewer.as_ref().zip(viewer)
        && wanted != shown
    {
        let shown = organisation.user_name(shown);
        sentences.push(message::missing(message::PERSON, wanted, &shown));
    }
    if let Some((wanted, shown)) = place.subject.as_ref().zip(subject)
        && wanted != shown
    {
        let shown = shown.name(organisation);
        sentences.push(message::missing(wanted.noun(), wanted.id(), &shown));
    }
    sentences
}

fn window() -> Option<Window> {
    web_sys::window()
}

fn document() -> Option<Document> {
    window()?.document()
}

fn hash() -> String {
    window()
        .and_then(|window| window.location().hash().ok())
        .unwrap_or_default()
}

/// How the browser's history keeps a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// Back undoes it.
    Step,
    /// Back undoes it with the others of its walk through a list, however long.
    Walk,
    /// It belongs to the step that is there.
    Beside,
}

/// Writes the place into the address.
fn keep(place: &Place, kept: Kept) {
    let address = place.write();
    if let Some(history) = window().and_then(|window| window.history().ok())
        && hash() != address
    {
        // A step knows whether it is a walk's.
        let (state, address) = (JsValue::from(kept == Kept::Walk), Some(address.as_str()));
        let goes_on = kept == Kept::Walk && history.state().is_ok_and(|state| state.is_truthy());
        let written = if goes_on || kept == Kept::Beside {
            history.replace_state_with_url(&state, "", address)
        } else {
            history.push_state_with_url(&state, "", address)
        };
        // It is refused only after hundreds of changes within seconds, and then the next one catches up.
        written.ok();
    }
}

/// Follows the address: Back, Forward, and what is typed into it.
#[hook]
fn use_address(place: &UseStateHandle<Place>) {
    let place = place.clone();
    use_effect_with((), move |()| {
        let listener = window().map(|window| {
            EventListener::new(&window, "popstate", move |_| {
                place.set(Place::read(&hash()));
            })
        });
        move || drop(listener)
    });
}

/// Overrides the system's choice of light or dark.
#[hook]
fn use_theme(theme: Theme) {
    use_effect_with(theme, |theme| {
        let Some(root) = document().and_then(|document| document.document_element()) else {
            return;
        };
        // An attribute of a plain name is never refused.
        match theme {
            Theme::System => root.remove_attribute("data-theme").ok(),
            Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.as_str()).ok(),
        };
    });
}

/// Takes files that are dropped anywhere; tells whether one is held above the page.
#[hook]
fn use_drop(on_file: Callback<File>) -> bool {
    let is_over = use_state_eq(|| false);
    let over = is_over.clone();
    use_effect_with((), move |()| {
        let listen = |kind: &'static str, callback: Box<dyn Fn(&DragEvent)>| {
            let options = EventListenerOptions::enable_prevent_default();
            window().map(|window| {
                EventListener::new_with_options(&window, kind, options, move |event| {
                    if let Some(event) = event.dyn_ref::<DragEvent>() {
                        callback(event);
                    }
                })
            })
        };
        let (entered, left, dropped) = (over.clone(), over.clone(), over);
        let listeners = [
            listen(
                "dragover",
                Box::new(move |event| {
                    event.prevent_default();
                    entered.set(true);
                }),
            ),
            // Left for another element of the page is not left.
            listen(
                "dragleave",
                Box::new(move |event| {
                    if event.related_target().is_none() {
                        left.set(false)
                    }
                }),
            ),
            listen(
                "drop",
                Box::new(move |event| {
                    event.prevent_default();
                    dropped.set(false);
                    let file = event
                        .data_transfer()
                        .and_then(|data| data.files())
                        .and_then(|files| files.item(0));
                    if let Some(file) = file {
                        on_file.emit(file);
                    }
                }),
            ),
        ];
        move || drop(listeners)
    });
    *is_over
}

/// The element beside the page that the sidebar is in.
fn sidebar_host() -> Option<Element> {
    document()?.get_element_by_id("sidelight")
}

/// Mounts the sidebar into its element beside the page, and keeps it up to date.
#[hook]
fn use_sidebar(props: Option<SidebarProps>) {
    let mounted = use_mut_ref(|| None::<Mounted>);
    use_effect_with(props, move |props| {
        let (Some(props), Some(host)) = (props.clone(), sidebar_host()) else {
            return;
        };
        // The style sheet gives a table more room than a record.
        host.set_attribute(
            "data-wide",
            if props.tab == Tab::Pipeline {
                "true"
            } else {
                "false"
            },
        )
        .ok();
        let mut mounted = mounted.borrow_mut();
        match mounted.as_mut() {
            Some(mounted) => mounted.update(props),
            None => *mounted = Some(element::mount(host, props)),
        }
    });
}
