//! Amounts of money: exact decimals, never floating point (§6.7).

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::error::{Code, Excerpt};
use crate::reader::{FromJson, Refused, Source, deserialize_as_read};

/// An exact decimal amount, without its currency.
///
/// At most 20 digits before the point and 12 after it; sums of up to a million such amounts are
/// exact too. The digits after the point are kept as written, and a sum has as many as its most
/// precise part. `docs/decisions/0003-amounts.md` tells why this is not a library's type.
///
/// ```
/// use sidelight_governance::Amount;
/// let sum: Amount = ["0.10", "0.2", "1e3"].iter().filter_map(|text| text.parse().ok()).sum();
/// assert_eq!(sum.to_string(), "0.30"); // `1e3` is not a decimal as §10.1 means it
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Amount {
    /// The amount times 10^12.
    units: i128,
    /// Digits shown after the point, at most 12.
    decimals: u8,
}

const DECIMALS: usize = 12;
const INTEGER_DIGITS: usize = 20;

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), |sum, amount| Self {
            units: sum.units.saturating_add(amount.units),
            decimals: sum.decimals.max(amount.decimals),
        })
    }
}

impl PartialEq for Amount {
    fn eq(&self, other: &Self) -> bool {
        self.units == other.units
    }
}

impl Eq for Amount {}

impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Amount {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.units.cmp(&other.units)
    }
}

/// Text that is not a decimal amount, or one with more digits than an amount may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a decimal amount such as `1250.00`, of at most 20 digits before the point and 12 after it",
    Excerpt(text)
)]
pub struct InvalidAmount {
    text: String,
}

impl FromStr for Amount {
    type Err = InvalidAmount;

    fn from_str(text: &str) -> Result<Self, InvalidAmount> {
        parse(text).ok_or_else(|| InvalidAmount {
            text: text.to_owned(),
        })
    }
}

fn parse(text: &str) -> Option<Amount> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (integer, fraction) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (digits, ""),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if integer.is_empty()
        || integer.len() > INTEGER_DIGITS
        || fraction.len() > DECIMALS
        || !all_digits(integer)
        || !all_digits(fraction)
    {
        return None;
    }
    let zeros = std::iter::repeat_n(b'0', DECIMALS - fraction.len());
    let magnitude = integer
        .bytes()
        .chain(fraction.bytes())
        .chain(zeros)
        .fold(0_i128, |units, digit| units * 10 + i128::from(digit - b'0'));
    let decimals = u8::try_from(fraction.len()).ok()?;
    Some(Amount {
        units: if negative { -magnitude } else { magnitude },
        decimals,
    })
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SCALE: u128 = 10_u128.pow(DECIMALS as u32);
        let magnitude = self.units.unsigned_abs();
        let sign = if self.units < 0 { "-" } else { "" };
        write!(f, "{sign}{}", magnitude / SCALE)?;
        if self.decimals == 0 {
            return Ok(());
        }
        let digits = format!("{:0width$}", magnitude % SCALE, width = DECIMALS);
        write!(
            f,
            ".{}",
            digits.get(..usize::from(self.decimals)).unwrap_or(&digits)
        )
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

deserialize_as_read!(Amount);

impl<'de> FromJson<'de> for Amount {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        let text = from.text("a string")?;
        text.parse()
            .map_err(|error| Refused::coded(Code::InvalidAmount, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_was_read() {
        for text in [
            "0",
            "0.00",
            "12",
            "12.50",
            "-3.1",
            "99999999999999999999.999999999999",
            "9007199254740993.01",
        ] {
            assert_eq!(
                text.parse::<Amount>()
                    .map(|amount| amount.to_string())
                    .as_deref(),
                Ok(text)
            );
        }
        assert_eq!(
            "007.5"
                .parse::<Amount>()
                .map(|amount| amount.to_string())
                .as_deref(),
            Ok("7.5")
        );
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "+5",
            "1e3",
            "1,000",
            "1_000",
            "0x10",
            "NaN",
            "١",
            "100000000000000000000",
            "0.1234567890123",
            " 1",
        ] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_million_of_the_largest_amounts_add_up_exactly() {
        let largest: Option<Amount> = "99999999999999999999.999999999999".parse().ok();
        let sum: Amount = std::iter::repeat_n(largest.unwrap_or_default(), 1_000_000).sum();
        assert_eq!(sum.to_string(), "99999999999999999999999999.999999000000");
    }

    #[test]
    fn amounts_are_compared_by_what_they_are_worth() {
        let amount = |text: &str| text.parse::<Amount>().ok();
        assert_eq!(amount("1.5"), amount("1.50"));
        assert_ne!(amount("1.5"), amount("1.51"));
        assert!(amount("-2") < amount("1.5") && amount("10") > amount("9.99"));
    }
}
