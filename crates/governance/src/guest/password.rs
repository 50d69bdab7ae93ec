//! What an organisation asks of a guest's password, as data (§7.3).

use serde::{Deserialize, Serialize};

use crate::org::User;
use crate::word::vocabulary;

/// What a password has to be. Characters are Unicode scalar values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PasswordRules {
    /// The fewest characters. Default: 12.
    pub min_length: usize,
    /// The most characters. Default: 256.
    pub max_length: usize,
    /// Whether it needs a lower-case letter.
    pub lower_case: bool,
    /// Whether it needs an upper-case letter.
    pub upper_case: bool,
    /// Whether it needs a digit.
    pub digit: bool,
    /// Whether it needs a character that is neither letter, digit nor white space.
    pub symbol: bool,
    /// Whether the user's name or email may be part of it. Default: they may not.
    pub own_name_allowed: bool,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self {
            min_length: 12,
            max_length: 256,
            lower_case: false,
            upper_case: false,
            digit: false,
            symbol: false,
            own_name_allowed: false,
        }
    }
}

vocabulary! {
    /// One of the rules for a password.
    PasswordRule, InvalidField, "password rule" {
        /// It has fewer characters than the fewest.
        MinLength = "min-length",
        /// It has more characters than the most.
        MaxLength = "max-length",
        /// It has no lower-case letter.
        LowerCase = "lower-case",
        /// It has no upper-case letter.
        UpperCase = "upper-case",
        /// It has no digit.
        Digit = "digit",
        /// It has no symbol.
        Symbol = "symbol",
        /// It contains a part of the user's name, or the part of the email before the `@`.
        OwnName = "own-name",
    }
}

impl PasswordRules {
    /// Every rule that the password does not meet, in the order of [`PasswordRule`].
    pub fn unmet(&self, password: &str, user: &User) -> Vec<PasswordRule> {
        let length = password.chars().count();
        let lacks = |kind: fn(char) -> bool| !password.chars().any(kind);
        let symbol = |character: char| !character.is_alphanumeric() && !character.is_whitespace();
        let broken = |rule| match rule {
            PasswordRule::MinLength => length < self.min_length,
            PasswordRule::MaxLength => length > self.max_length,
            PasswordRule::LowerCase => self.lower_case && lacks(char::is_lowercase),
            PasswordRule::UpperCase => self.upper_case && lacks(char::is_uppercase),
            PasswordRule::Digit => self.digit && lacks(|one| one.is_ascii_digit()),
            PasswordRule::Symbol => self.symbol && lacks(symbol),
            PasswordRule::OwnName => !self.own_name_allowed && contains_own_name(password, user),
        };
        let rules = PasswordRule::ALL.iter().copied();
        rules.filter(|&rule| broken(rule)).collect()
    }
}

/// Whether the password contains a word of the user's name or the local part of the email, in any
/// case. Words of one or two letters are in too many passwords to mean anything.
fn contains_own_name(password: &str, user: &User) -> bool {
    const SHORTEST: usize = 3;
    let password = password.to_lowercase();
    let local = user
        .email
        .as_deref()
        .and_then(|email| email.split('@').next());
    let mut words = user.name.split_whitespace().chain(local);
    words.any(|word| word.chars().count() >= SHORTEST && password.contains(&word.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_that_is_not_met_is_told() {
        let mut rose = User::new("rose", "Rose Li", "default");
        rose.email = Some("r.okafor@example.com".to_owned());
        let strict = PasswordRules {
            lower_case: true,
            upper_case: true,
            digit: true,
            symbol: true,
            ..PasswordRules::default()
        };
        let unmet = |password: &str| {
            let unmet = strict.unmet(password, &rose);
            unmet
                .iter()
                .map(|rule| rule.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(unmet("Blue-Lantern-42"), "");
        assert_eq!(unmet(""), "min-length lower-case upper-case digit symbol");
        assert_eq!(unmet("my ROSE garden 7!"), "own-name");
        assert_eq!(unmet("R.Okafor: 2026!"), "own-name");
        // Two letters are no name, and white space is no symbol.
        assert_eq!(unmet("Li 2026 lanterns"), "symbol");
        assert_eq!(unmet(&"aB3!".repeat(65)), "max-length");
    }

    #[test]
    fn length_is_counted_in_characters() {
        let rules = PasswordRules {
            min_length: 3,
            max_length: 3,
            ..PasswordRules::default()
        };
        let nobody = User::new("n", "", "default");
        assert_eq!(rules.unmet("ééé", &nobody), []);
        assert_eq!(rules.unmet("éé", &nobody), [PasswordRule::MinLength]);
    }
}
