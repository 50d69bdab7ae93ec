//! The organisation that JavaScript holds by a handle.

use std::cell::Cell;

use sidelight_governance::error::Code;
use sidelight_governance::{
    Action, AssignedEdit, At, Change, Governance, Instant, Limits, PipelineQuery, PredictOptions,
    Query, RecordType, Sights, ids_from_json,
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::crossing::{Failure, answer, word};
use crate::letterbox::Letterbox;
use crate::remembered::Remembered;

/// A compiled organisation, and the instant that it is asked at.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Organisation {
    governance: Governance,
    /// `None`: the clock that comes with each question.
    now: Option<Instant>,
    /// What the clock told last, and the instant that it is: a division that most questions do without.
    last: Cell<(f64, Instant)>,
    letterbox: Letterbox,
    remembered: Remembered,
    sights: Sights,
}

#[wasm_bindgen]
impl Organisation {
    /// Loads an organisation from its JSON, or a slice from its bytes.
    ///
    /// # Errors
    /// What [`Governance::load`] refuses.
    pub fn load(bytes: &[u8]) -> Result<Self, Failure> {
        make_room(bytes.len());
        Ok(Self {
            governance: Governance::load_within(bytes, &Limits::in_browser())?,
            now: None,
            last: Cell::new((0.0, instant(0.0)?)),
            letterbox: Letterbox::new(),
            remembered: Remembered::default(),
            sights: Sights::default(),
        })
    }

    /// Sets the instant that questions are asked at, as RFC 3339.
    ///
    /// # Errors
    /// [`Code::InvalidInstant`] for another text.
    #[wasm_bindgen(js_name = setNow)]
    pub fn set_now(&mut self, now: &str) -> Result<(), Failure> {
        let now = now
            .parse()
            .map_err(|error| Failure::argument("now", Code::InvalidInstant, &error))?;
        self.now = Some(now);
        Ok(())
    }

    /// Sets the instant that questions are asked at, in milliseconds since 1970.
    ///
    /// # Errors
    /// [`Code::InvalidInstant`] for one that cannot be told.
    #[wasm_bindgen(js_name = setNowMilliseconds)]
    pub fn set_now_milliseconds(&mut self, now: f64) -> Result<(), Failure> {
        self.now = Some(instant(now)?);
        Ok(())
    }

    /// Asks questions at the clock's instant again.
    #[wasm_bindgen(js_name = followClock)]
    pub fn follow_clock(&mut self) {
        self.now = None;
    }

    /// [`At::can`]
    ///
    /// # Errors
    /// As there, and an unknown action or type.
    pub fn can(
        &self,
        clock: f64,
        user: &str,
        action: &str,
        kind: &str,
        id: Option<String>,
    ) -> Result<bool, Failure> {
        let (action, kind) = (action_named(action)?, type_named(kind)?);
        Ok(self.at(clock)?.can(user, action, kind, id.as_deref())?)
    }

    /// Where to leave the id of a quick question.
    pub fn letterbox(&self) -> *const u8 {
        self.letterbox.address()
    }

    /// [`Governance::user_number`], for an id in the letterbox, whose length is given.
    #[wasm_bindgen(js_name = userNumber)]
    pub fn user_number(&self, id: usize) -> Option<u32> {
        self.governance.user_number(self.letterbox.text(id)?)
    }

    /// [`Governance::record_number`], for the number of a type and an id in the letterbox, whose length is given.
    #[wasm_bindgen(js_name = recordNumber)]
    pub fn record_number(&self, kind: usize, id: usize) -> Option<u32> {
        let kind = *RecordType::ALL.get(kind)?;
        self.governance
            .record_number(kind, self.letterbox.text(id)?)
    }

    /// Whether answers depend on the instant at all, so that a question needs the clock.
    #[wasm_bindgen(js_name = needsClock)]
    pub fn needs_clock(&self) -> bool {
        self.now.is_none() && self.governance.has_terms()
    }

    /// [`Sights::can`], for the numbers of an action and a type. Nothing where that is no question:
    /// [`can`](Self::can) tells why.
    #[wasm_bindgen(js_name = canQuickly)]
    pub fn can_quickly(
        &mut self,
        clock: f64,
        user: u32,
        action: usize,
        kind: usize,
        record: u32,
    ) -> Option<bool> {
        let (action, kind) = (*Action::ALL.get(action)?, *RecordType::ALL.get(kind)?);
        let at = self.governance.at(self.now(clock).ok()?);
        self.sights.can(at, user, action, kind, record).ok()
    }

    /// [`can_quickly`](Self::can_quickly) for many records; a byte of 0 or 1 for each.
    #[wasm_bindgen(js_name = canManyQuickly)]
    pub fn can_many_quickly(
        &mut self,
        clock: f64,
        user: u32,
        action: usize,
        kind: usize,
        records: &[u32],
    ) -> Option<Vec<u8>> {
        let may = |&record| Some(self.can_quickly(clock, user, action, kind, record)?.into());
        records.iter().map(may).collect()
    }

    /// [`At::can_many`], for a JSON array of ids; a byte of 0 or 1 for each.
    ///
    /// # Errors
    /// As there, and an unknown action or type, and ids that are no array of texts.
    #[wasm_bindgen(js_name = canMany)]
    pub fn can_many(
        &self,
        clock: f64,
        user: &str,
        action: &str,
        kind: &str,
        ids: &str,
    ) -> Result<Vec<u8>, Failure> {
        let (action, kind) = (action_named(action)?, type_named(kind)?);
        let ids = ids_from_json(ids)
            .map_err(|error| Failure::argument("ids", error.code(), &error.message()))?;
        let answers = self.at(clock)?.can_many(user, action, kind, &ids)?;
        Ok(answers.into_iter().map(u8::from).collect())
    }

    /// [`At::actions`]
    ///
    /// # Errors
    /// An unknown type.
    pub fn actions(&self, clock: f64, user: &str, kind: &str, id: &str) -> Result<String, Failure> {
        answer(&self.at(clock)?.actions(user, type_named(kind)?, id))
    }

    /// [`At::explain`]
    ///
    /// # Errors
    /// As there, and an unknown action or type.
    pub fn explain(
        &self,
        clock: f64,
        user: &str,
        action: &str,
        kind: &str,
        id: Option<String>,
    ) -> Result<String, Failure> {
        let (action, kind) = (action_named(action)?, type_named(kind)?);
        answer(&self.at(clock)?.explain(user, action, kind, id.as_deref())?)
    }

    /// [`At::visible`]
    ///
    /// # Errors
    /// As there, an unknown type, and a query that is none.
    pub fn visible(
        &self,
        clock: f64,
        user: &str,
        kind: &str,
        query: Option<String>,
    ) -> Result<String, Failure> {
        let query = query
            .map(|json| Query::from_json(&json))
            .transpose()?
            .unwrap_or_default();
        answer(&self.at(clock)?.visible(user, type_named(kind)?, &query)?)
    }

    /// [`At::visible_indices`]
    ///
    /// # Errors
    /// As there, and an unknown action or type.
    #[wasm_bindgen(js_name = visibleIndices)]
    pub fn visible_indices(
        &self,
        clock: f64,
        user: &str,
        kind: &str,
        action: &str,
    ) -> Result<Vec<u32>, Failure> {
        let (action, kind) = (action_named(action)?, type_named(kind)?);
        let at = self.at(clock)?;
        self.remembered.ask(at, user, kind, action)?;
        Ok(self.remembered.latest().to_vec())
    }

    /// [`At::visible_indices`] for a user's id in the letterbox, whose length is given, and the numbers of an action and
    /// a type: how many there are, to be read at [`positions`](Self::positions). Nothing where that is no question:
    /// [`visible_indices`](Self::visible_indices) tells why.
    #[wasm_bindgen(js_name = visibleQuickly)]
    pub fn visible_quickly(
        &self,
        clock: f64,
        user: usize,
        action: usize,
        kind: usize,
    ) -> Option<usize> {
        let user = self.letterbox.text(user)?;
        let (action, kind) = (*Action::ALL.get(action)?, *RecordType::ALL.get(kind)?);
        let at = self.at(clock).ok()?;
        self.remembered.ask(at, user, kind, action).ok()?;
        Some(self.remembered.latest().len())
    }

    /// Where in the module's memory the positions are that were asked for last.
    pub fn positions(&self) -> *const u32 {
        self.remembered.latest().as_ptr()
    }

    /// [`At::viewers`]
    ///
    /// # Errors
    /// As there, and an unknown action or type.
    pub fn viewers(
        &self,
        clock: f64,
        kind: &str,
        id: &str,
        action: &str,
    ) -> Result<String, Failure> {
        let (action, kind) = (action_named(action)?, type_named(kind)?);
        answer(&self.at(clock)?.viewers(kind, id, action)?)
    }

    /// [`At::assignees`]
    ///
    /// # Errors
    /// An unknown type.
    pub fn assignees(
        &self,
        clock: f64,
        viewer: &str,
        kind: &str,
        id: &str,
    ) -> Result<String, Failure> {
        answer(&self.at(clock)?.assignees(viewer, type_named(kind)?, id))
    }

    /// [`At::pipeline`]
    ///
    /// # Errors
    /// As there, and a query that is none.
    pub fn pipeline(
        &self,
        clock: f64,
        user: &str,
        query: Option<String>,
    ) -> Result<String, Failure> {
        let query = query
            .map(|json| PipelineQuery::from_json(&json))
            .transpose()?
            .unwrap_or_default();
        answer(&self.at(clock)?.pipeline(user, &query)?)
    }

    /// [`At::explain_deal`]
    ///
    /// # Errors
    /// None but a clock that tells no instant.
    #[wasm_bindgen(js_name = explainDeal)]
    pub fn explain_deal(&self, clock: f64, user: &str, id: &str) -> Result<String, Failure> {
        answer(&self.at(clock)?.explain_deal(user, id))
    }

    /// [`At::deal_viewers`]
    ///
    /// # Errors
    /// None but a clock that tells no instant.
    #[wasm_bindgen(js_name = dealViewers)]
    pub fn deal_viewers(&self, clock: f64, id: &str) -> Result<String, Failure> {
        answer(&self.at(clock)?.deal_viewers(id))
    }

    /// [`At::deal_notifications`]
    ///
    /// # Errors
    /// None but a clock that tells no instant.
    #[wasm_bindgen(js_name = dealNotifications)]
    pub fn deal_notifications(&self, clock: f64, id: &str, actor: &str) -> Result<String, Failure> {
        answer(&self.at(clock)?.deal_notifications(id, actor))
    }

    /// [`At::predict`], for a JSON array of changes.
    ///
    /// # Errors
    /// As there, and changes or options that are none.
    pub fn predict(
        &self,
        clock: f64,
        changes: &str,
        options: Option<String>,
    ) -> Result<String, Failure> {
        let changes = Change::list_from_json(changes)?;
        let options = options
            .map(|json| PredictOptions::from_json(&json))
            .transpose()?
            .unwrap_or_default();
        answer(&self.at(clock)?.predict(&changes, &options)?)
    }

    /// [`Governance::apply`], for a JSON array of changes.
    ///
    /// # Errors
    /// As there, and changes that are none.
    pub fn apply(&mut self, changes: &str) -> Result<(), Failure> {
        let changes = Change::list_from_json(changes)?;
        self.remembered.forget();
        Ok(self.governance.apply(&changes)?)
    }

    /// [`At::slice`]
    ///
    /// # Errors
    /// As there.
    pub fn slice(&self, clock: f64, user: &str) -> Result<Vec<u8>, Failure> {
        Ok(self.at(clock)?.slice(user)?)
    }

    /// [`Governance::viewer`]
    pub fn viewer(&self) -> Option<String> {
        self.governance.viewer().map(str::to_owned)
    }

    /// [`At::predict_assigned`], for an edit as JSON.
    ///
    /// # Errors
    /// As there, and an edit that is none.
    #[wasm_bindgen(js_name = predictAssigned)]
    pub fn predict_assigned(&self, clock: f64, actor: &str, edit: &str) -> Result<String, Failure> {
        let edit = AssignedEdit::from_json(edit)?;
        answer(&self.at(clock)?.predict_assigned(actor, &edit)?)
    }

    /// [`Governance::edit_assigned`], for an edit as JSON.
    ///
    /// # Errors
    /// As there, and an edit that is none.
    #[wasm_bindgen(js_name = editAssigned)]
    pub fn edit_assigned(
        &mut self,
        clock: f64,
        actor: &str,
        edit: &str,
    ) -> Result<String, Failure> {
        let now = self.at(clock)?.now();
        let edit = AssignedEdit::from_json(edit)?;
        self.remembered.forget();
        answer(&self.governance.edit_assigned(now, actor, &edit)?)
    }

    /// [`Governance::revision`]
    pub fn revision(&self) -> f64 {
        // Exact up to 2^53 changes, which nobody lives to make.
        self.governance.revision() as f64
    }

    /// [`At::next_change`], as RFC 3339.
    ///
    /// # Errors
    /// None but a clock that tells no instant.
    #[wasm_bindgen(js_name = nextChange)]
    pub fn next_change(&self, clock: f64) -> Result<Option<String>, Failure> {
        let next = self.at(clock)?.next_change();
        Ok(next.map(|next| next.to_string()))
    }

    /// [`At::diagnose`]
    ///
    /// # Errors
    /// None but a clock that tells no instant.
    pub fn diagnose(&self, clock: f64) -> Result<String, Failure> {
        answer(&self.at(clock)?.diagnose())
    }

    /// [`Governance::to_org`], as JSON.
    ///
    /// # Errors
    /// None.
    #[wasm_bindgen(js_name = toJson)]
    pub fn to_json(&self) -> Result<String, Failure> {
        answer(&self.governance.to_written_org())
    }

    fn at(&self, clock: f64) -> Result<At<'_>, Failure> {
        Ok(self.governance.at(self.now(clock)?))
    }

    /// The instant that is asked at.
    #[inline]
    fn now(&self, clock: f64) -> Result<Instant, Failure> {
        if let Some(now) = self.now {
            return Ok(now);
        }
        let (known, last) = self.last.get();
        if clock == known {
            return Ok(last);
        }
        let now = instant(clock)?;
        self.last.set((clock, now));
        Ok(now)
    }
}

/// Grows the module's memory at once by what an ordinary document of this size takes.
///
/// The allocator grows it page by page of 64 KiB, and an engine may take a millisecond for each: loading a
/// large organisation for the first time was mostly that. What is not needed stays free for the next one,
/// and is not touched, so that it costs addresses and no memory.
fn make_room(document: usize) {
    const TIMES_THE_DOCUMENT: usize = 6;
    let mut room: Vec<u8> = Vec::new();
    // Where there is no such room, the document may yet need less.
    let _ = room.try_reserve_exact(document.saturating_mul(TIMES_THE_DOCUMENT));
    std::hint::black_box(&room);
}

fn action_named(name: &str) -> Result<Action, Failure> {
    word("action", name)
}

fn type_named(name: &str) -> Result<RecordType, Failure> {
    word("type", name)
}

/// The millisecond that has begun. One too large for the number type is too large for an instant too.
fn instant(milliseconds: f64) -> Result<Instant, Failure> {
    let known = if milliseconds.is_nan() {
        None
    } else {
        Instant::from_millisecond(milliseconds.floor() as i64)
    };
    known.ok_or_else(|| {
        // Which number it is stays unsaid: to write any `f64` takes 15 kB of code, for this alone.
        let message = "so many milliseconds tell no instant between the years 0 and 9999";
        Failure::argument("now", Code::InvalidInstant, &message)
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn organisation() -> Organisation {
        Organisation::load(
            br#"{"format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
                "profiles": [{"id": "p", "name": "P", "permissions": {"account": {"view": "owned"}}}],
                "users": [{"id": "gil", "name": "Gil", "profile": "p", "guest": {"claimed": true, "expiresAt": "1970-01-01T00:00:01Z"}}],
                "records": [{"type": "account", "id": "a\"b", "owner": "gil"}]}"#,
        )
        .unwrap()
    }

    #[test]
    fn the_clock_decides_until_an_instant_is_set() {
        let mut organisation = organisation();
        let sees = |organisation: &Organisation, clock| {
            organisation
                .can(clock, "gil", "view", "account", Some("a\"b".to_owned()))
                .unwrap()
        };
        assert!(sees(&organisation, 999.0));
        assert!(
            sees(&organisation, 999.9),
            "the millisecond that has begun is the one that counts"
        );
        assert!(!sees(&organisation, 1000.0));
        organisation.set_now("1970-01-01T00:00:00Z").unwrap();
        assert!(sees(&organisation, 1000.0));
        organisation.set_now_milliseconds(2000.0).unwrap();
        assert!(!sees(&organisation, 999.0));
        organisation.follow_clock();
        assert!(sees(&organisation, -999.0));
    }

    #[test]
    fn a_number_that_tells_no_instant_is_refused() {
        for number in [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            1e300,
            -1e300,
            9e15,
        ] {
            assert!(
                organisation().set_now_milliseconds(number).is_err(),
                "{number}"
            );
            assert!(organisation().diagnose(number).is_err(), "{number}");
        }
    }

    #[test]
    fn ids_cross_as_one_text_with_and_without_escapes() {
        let organisation = organisation();
        let ask = |ids| organisation.can_many(0.0, "gil", "view", "account", ids);
        assert_eq!(
            ask(r#"["a\"b", "\u0061\"b", "ab", ""]"#),
            Ok(vec![1, 1, 0, 0])
        );
        assert_eq!(ask("[]"), Ok(vec![]));
        assert!(ask(r#"["a", 1]"#).is_err());
        assert!(ask(r#""a""#).is_err());
    }
}
