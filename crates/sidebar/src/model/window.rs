//! Which rows of a long table are drawn, and which row the keyboard goes to next.
//!
//! All rows have one height, so the rows in view follow from the scroll position alone, and a table
//! of a hundred thousand rows costs what its visible part costs.

use std::ops::Range;

/// The measures of a scrolled list, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    /// How far the list is scrolled down.
    pub scrolled: f64,
    /// The height of the part in view.
    pub height: f64,
    /// The height of a row, above 0.
    pub row: f64,
}

/// Rows drawn above and below those in view, so that a quick scroll shows no blank.
const OVERSCAN: usize = 8;

impl Viewport {
    /// The rows to draw out of `total`.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float becomes the nearest integer in range, NaN becomes 0")]
    pub fn rows(self, total: usize) -> Range<usize> {
        let first = (self.scrolled / self.row).floor() as usize;
        let count = (self.height / self.row).ceil() as usize + 1;
        let start = first.saturating_sub(OVERSCAN).min(total);
        let end = first.saturating_add(count).saturating_add(OVERSCAN).min(total);
        start..end.max(start)
    }

    /// How many rows a page key moves by: those in view but one, so that the eye keeps its place.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float becomes the nearest integer in range, NaN becomes 0")]
    pub fn page(self) -> usize {
        ((self.height / self.row).floor() as usize).saturating_sub(1).max(1)
    }

    /// The scroll position that brings a row into view with the least movement; `None` if it is in view.
    #[expect(clippy::cast_precision_loss, reason = "no list has 2^52 rows")]
    pub fn reveal(self, row: usize) -> Option<f64> {
        let top = row as f64 * self.row;
        let bottom = top + self.row;
        if top < self.scrolled {
            Some(top)
        } else if bottom > self.scrolled + self.height {
            Some(bottom - self.height)
        } else {
            None
        }
    }
}

/// A movement of the keyboard through rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To the row above.
    Up,
    /// To the row below.
    Down,
    /// Up by a page.
    PageUp,
    /// Down by a page.
    PageDown,
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

impl Step {
    /// The step for a key's name as the browser tells it.
    pub fn from_key(key: &str) -> Option<Self> {
        Some(match key {
            "ArrowUp" => Self::Up,
            "ArrowDown" => Self::Down,
            "PageUp" => Self::PageUp,
            "PageDown" => Self::PageDown,
            "Home" => Self::First,
            "End" => Self::Last,
            _ => return None,
        })
    }

    /// Where the step leads from a row, out of `total`; `None` if there are no rows. Without a row
    /// to start from, a step leads to the end that it comes from.
    pub fn from(self, row: Option<usize>, total: usize, page: usize) -> Option<usize> {
        let last = total.checked_sub(1)?;
        let Some(row) = row else {
            return Some(if matches!(self, Self::Up | Self::PageUp | Self::Last) { last } else { 0 });
        };
        Some(match self {
            Self::Up => row.saturating_sub(1),
            Self::Down => row.saturating_add(1).min(last),
            Self::PageUp => row.saturating_sub(page),
            Self::PageDown => row.saturating_add(page).min(last),
            Self::First => 0,
            Self::Last => last,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewport(scrolled: f64) -> Viewport {
        Viewport { scrolled, height: 300.0, row: 30.0 }
    }

    #[test]
    fn every_row_in_view_is_drawn_and_few_others() {
        for total in [0, 1, 5, 10, 11, 10_000] {
            for scrolled in [0.0, 1.0, 29.9, 30.0, 1_000.0, 299_700.0, 1e12] {
                let rows = viewport(scrolled).rows(total);
                assert!(rows.end <= total && rows.start <= rows.end, "{rows:?} of {total}");
                assert!(rows.len() <= 10 + 2 + 2 * OVERSCAN, "{rows:?}");
                for row in 0..total {
                    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                    let top = row as f64 * 30.0;
                    if top + 30.0 > scrolled && top < scrolled + 300.0 {
                        assert!(rows.contains(&row), "row {row} of {total} at {scrolled} is not in {rows:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_viewport_without_measures_draws_a_few_rows_rather_than_all() {
        let unmeasured = Viewport { scrolled: f64::NAN, height: 0.0, row: 30.0 };
        assert_eq!(unmeasured.rows(10_000), 0..1 + OVERSCAN);
        assert_eq!(unmeasured.page(), 1);
    }

    #[test]
    fn a_row_is_revealed_with_the_least_movement() {
        assert_eq!(viewport(300.0).reveal(10), None);
        assert_eq!(viewport(300.0).reveal(19), None);
        assert_eq!(viewport(300.0).reveal(9), Some(270.0));
        assert_eq!(viewport(300.0).reveal(20), Some(330.0));
    }

    #[test]
    fn steps_stay_within_the_rows() {
        for (step, row, expected) in [
            (Step::Up, Some(0), 0),
            (Step::Down, Some(99), 99),
            (Step::Down, Some(3), 4),
            (Step::PageUp, Some(4), 0),
            (Step::PageDown, Some(4), 13),
            (Step::PageDown, Some(95), 99),
            (Step::First, Some(50), 0),
            (Step::Last, Some(50), 99),
            (Step::Down, None, 0),
            (Step::Up, None, 99),
        ] {
            assert_eq!(step.from(row, 100, 9), Some(expected), "{step:?} from {row:?}");
        }
        assert_eq!(Step::Down.from(None, 0, 9), None);
        assert_eq!(Step::Up.from(Some(4), 0, 9), None);
    }

    #[test]
    fn keys_are_steps_or_nothing() {
        assert_eq!(Step::from_key("End"), Some(Step::Last));
        assert_eq!(Step::from_key("e"), None);
    }
}
