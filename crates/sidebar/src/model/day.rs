//! Calendar days as people read them.

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `2027-01-04` as `4 Jan 2027`; text that does not begin with a day is given back as it is.
///
/// An instant is shown by its day, in the zone in which it is written.
pub fn shown(text: &str) -> String {
    let day = || {
        let (year, rest) = text.split_at_checked(4)?;
        let month: usize = rest.strip_prefix('-')?.get(..2)?.parse().ok()?;
        let day: u8 = rest.get(3..)?.strip_prefix('-')?.get(..2)?.parse().ok()?;
        let month = MONTHS.get(month.checked_sub(1)?)?;
        year.bytes().all(|digit| digit.is_ascii_digit()).then(|| format!("{day} {month} {year}"))
    };
    day().unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_instants_are_shown_by_their_day() {
        for (text, expected) in [
            ("2027-01-04", "4 Jan 2027"),
            ("2026-12-31T23:59:59Z", "31 Dec 2026"),
            ("2026-13-01", "2026-13-01"),
            ("2026-00-01", "2026-00-01"),
            ("soon", "soon"),
            ("", ""),
            ("日本語-01-01", "日本語-01-01"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }
}
