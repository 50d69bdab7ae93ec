//! Opening an organisation: from the page's own folder at first, later from a file.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::Uint8Array;
use sidelight_governance::{Code, Governance, Limits};
use sidelight_sidebar::model::Organisation;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, Response};
use yew::Callback;

use crate::catalogue::{Catalogue, Kind};
use crate::message;

/// An organisation that is open.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Open {
    pub(crate) organisation: Organisation,
    pub(crate) catalogue: Rc<Catalogue>,
}

/// Why an organisation was not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The file's name.
    pub(crate) name: String,
    /// The stable code, for a fault in the document.
    pub(crate) code: Option<&'static str>,
    /// Where in the document.
    pub(crate) path: Option<String>,
    /// What is wrong.
    pub(crate) message: String,
}

/// How far the opening has come, or how it ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Progress {
    Step(String),
    Done(Open, String),
    Refused(Refusal),
}

/// Where the organisation comes from.
pub(crate) enum Source {
    /// The file beside the page.
    Beside(&'static str),
    File(File),
}

/// Opens an organisation, telling each step before it is taken.
pub(crate) async fn open(source: Source, tell: Callback<Progress>) {
    let name = match &source {
        Source::Beside(name) => (*name).to_owned(),
        Source::File(file) => file.name(),
    };
    let end = match opened(source, &name, &tell).await {
        Ok(end) => end,
        Err(refusal) => Progress::Refused(refusal),
    };
    tell.emit(end);
}

async fn opened(
    source: Source,
    name: &str,
    tell: &Callback<Progress>,
) -> Result<Progress, Refusal> {
    step(tell, message::reading(name)).await;
    let limits = Limits::in_browser();
    if let Source::File(file) = &source
        && file.size() > limits.document as f64
    {
        return Err(Refusal {
            code: Some(Code::DocumentTooLarge.as_str()),
            ..refused(
                name,
                message::too_large(file.size() as usize, limits.document),
            )
        });
    }
    let bytes = read(source)
        .await
        .map_err(|error| refused(name, text_of(&error)))?;

    if bytes.trim_ascii().is_empty() {
        return Err(Refusal {
            code: Some(Code::MalformedJson.as_str()),
            ..refused(name, message::EMPTY.to_owned())
        });
    }

    step(tell, message::checking(name, bytes.len())).await;
    let governance = Governance::load_within(&bytes, &limits).map_err(|error| Refusal {
        name: name.to_owned(),
        code: Some(error.code().as_str()),
        path: Some(error.path().as_str().to_owned()).filter(|path| !path.is_empty()),
        message: error.message().to_owned(),
    })?;
    drop(bytes);

    let count = |kind| match kind {
        Kind::Record(kind) => governance.record_count(kind),
        Kind::Deal => 0,
    };
    let records = Kind::all().map(count).sum();
    let (users, deals) = (governance.users().count(), governance.deal_count());
    step(tell, message::indexing(name, records)).await;
    let organisation = Organisation::new(governance);
    let catalogue = Rc::new(Catalogue::new(&organisation));
    Ok(Progress::Done(
        Open {
            organisation,
            catalogue,
        },
        message::opened(name, users, records, deals),
    ))
}

/// Tells a step and lets the browser draw it: the rules then work in one go, and nothing is drawn while they do.
async fn step(tell: &Callback<Progress>, text: String) {
    tell.emit(Progress::Step(text));
    TimeoutFuture::new(20).await;
}

async fn read(source: Source) -> Result<Vec<u8>, JsValue> {
    let buffer = match source {
        Source::File(file) => {
            let blob: &Blob = &file;
            JsFuture::from(blob.array_buffer()).await?
        }
        Source::Beside(name) => {
            let window =
                web_sys::window().ok_or_else(|| JsValue::from_str("there is no window"))?;
            let response: Response = JsFuture::from(window.fetch_with_str(name))
                .await?
                .dyn_into()?;
            if !response.ok() {
                return Err(JsValue::from_str(&format!(
                    "the server answered {}",
                    response.status()
                )));
            }
            JsFuture::from(response.array_buffer()?).await?
        }
    };
    Ok(Uint8Array::new(&buffer).to_vec())
}

fn refused(name: &str, message: String) -> Refusal {
    Refusal {
        name: name.to_owned(),
        code: None,
        path: None,
        message,
    }
}

fn text_of(error: &JsValue) -> String {
    error
        .as_string()
        .or_else(|| {
            error
                .dyn_ref::<js_sys::Error>()
                .map(|error| String::from(error.message()))
        })
        .unwrap_or_else(|| format!("{error:?}"))
}
