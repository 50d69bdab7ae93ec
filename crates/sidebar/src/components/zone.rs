//! Calendar days in an organisation's time zone, by the browser's own table of zones.

use js_sys::{Date, Function, Object, Reflect};
use sidelight_governance::Instant;
use wasm_bindgen::{JsCast, JsValue};

use crate::model::day;

/// The last day of what ends at an instant, as the zone counts days; the instant where the browser does not know the zone.
#[expect(
    clippy::cast_precision_loss,
    reason = "an instant has fewer than 2^53 milliseconds"
)]
pub(super) fn last_day(ends: Instant, zone: &str) -> String {
    let last = Date::new(&JsValue::from_f64((ends.as_millisecond() - 1) as f64));
    let written = || {
        let options = Object::new();
        Reflect::set(&options, &"timeZone".into(), &zone.into())?;
        let write: Function = Reflect::get(&last, &"toLocaleDateString".into())?.dyn_into()?;
        // Sweden writes days as ISO 8601 does.
        write.call2(&last, &"sv".into(), &options)
    };
    let day = written().ok().and_then(|day| day.as_string());
    day.map_or_else(|| ends.to_string(), |day| day::shown(&day))
}
