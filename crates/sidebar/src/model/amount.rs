//! Amounts as people read them.

use sidelight_governance::Amount;

/// The amount with its digits in groups of three, and its currency if it has one: `1,250.00 EUR`.
pub fn shown(amount: Amount, currency: Option<&str>) -> String {
    let plain = amount.to_string();
    let (integer, fraction) = plain.split_once('.').map_or((plain.as_str(), None), |(integer, fraction)| (integer, Some(fraction)));
    let (sign, digits) = integer.strip_prefix('-').map_or(("", integer), |digits| ("\u{2212}", digits));

    let mut text = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    if let Some(currency) = currency {
        text.push(' ');
        text.push_str(currency);
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn digits_are_grouped_and_none_is_lost() {
        for (amount, currency, expected) in [
            ("0", None, "0"),
            ("999", None, "999"),
            ("1000", Some("EUR"), "1,000 EUR"),
            ("1234567.80", Some("USD"), "1,234,567.80 USD"),
            ("-1250.5", None, "\u{2212}1,250.5"),
            ("-100", None, "\u{2212}100"),
            ("99999999999999999999.000000000001", None, "99,999,999,999,999,999,999.000000000001"),
        ] {
            assert_eq!(shown(amount.parse().unwrap(), currency), expected);
        }
    }
}
