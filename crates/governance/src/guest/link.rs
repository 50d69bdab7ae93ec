//! Claim links as data: single-use, expiring, voided by the next one (§7.3).
//!
//! The link carries a random token, which the caller draws and sends; only its digest is kept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::operation::{GuestCode, GuestRefusal};
use crate::error::{Excerpt, Pointer};
use crate::instant::Instant;
use crate::word::vocabulary;

/// How many days of 24 hours a claim link works (§7.3), unless the term ends before.
const LIFETIME_DAYS: i32 = 7;

/// The SHA-256 digest of a claim link's token, as 64 hexadecimal digits in lower case.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest with these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is not the digest of a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not 64 hexadecimal digits in lower case", Excerpt(text))]
pub struct InvalidDigest {
    text: String,
}

impl FromStr for TokenDigest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs
            .iter()
            .map(|&[high, low]| Some(digit(high)? * 16 + digit(low)?))
            .collect();
        bytes
            .filter(|_| rest.is_empty())
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| InvalidDigest {
                text: text.to_owned(),
            })
    }
}

impl Serialize for TokenDigest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TokenDigest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// A claim link that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimLink {
    /// The digest of its token.
    pub digest: TokenDigest,
    /// The first instant at which it does not work any more.
    pub expires_at: Instant,
    /// Whether it can still be used, time apart.
    pub state: LinkState,
}

vocabulary! {
    /// Whether a claim link can still be used, time apart.
    LinkState, InvalidField, "link state" {
        /// It can.
        Open = "open",
        /// It was used.
        Used = "used",
        /// A later link, or the end of the guest's access, took its place.
        Voided = "voided",
    }
}

/// The claim links of one guest, in the order in which they were sent.
///
/// The caller keeps them; each operation answers them as they are afterwards.
// INVARIANT: at most one link is open, and it is the last one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<ClaimLink>", into = "Vec<ClaimLink>")]
pub struct ClaimLinks(Vec<ClaimLink>);

impl ClaimLinks {
    /// The links, in the order in which they were sent.
    pub fn iter(&self) -> impl Iterator<Item = &ClaimLink> {
        self.0.iter()
    }

    /// The links after another one was sent, which voids the others.
    ///
    /// # Errors
    /// [`GuestCode::DigestReused`] where an earlier link has the same token.
    pub(super) fn send(
        &self,
        digest: TokenDigest,
        now: Instant,
        term_ends: Instant,
    ) -> Result<Self, GuestRefusal> {
        if self.0.iter().any(|link| link.digest == digest) {
            return Err(GuestRefusal::new(
                GuestCode::DigestReused,
                Pointer::root().member("digest"),
                "an earlier link has the same token",
            ));
        }
        let mut links = self.void();
        links.0.push(ClaimLink {
            digest,
            expires_at: now.saturating_add_days(LIFETIME_DAYS).min(term_ends),
            state: LinkState::Open,
        });
        Ok(links)
    }

    /// The links after all that were open are voided.
    #[must_use]
    pub fn void(&self) -> Self {
        let mut links = self.clone();
        for link in &mut links.0 {
            if link.state == LinkState::Open {
                link.state = LinkState::Voided;
            }
        }
        links
    }

    /// The links after the one with this digest was used.
    ///
    /// # Errors
    /// `link-unknown`, `link-used`, `link-voided` or `link-expired`.
    pub fn redeem(&self, digest: TokenDigest, now: Instant) -> Result<Self, GuestRefusal> {
        let refuse = |code, message: &str| {
            Err(GuestRefusal::new(
                code,
                Pointer::root().member("digest"),
                message,
            ))
        };
        let mut links = self.clone();
        let Some(link) = links.0.iter_mut().find(|link| link.digest == digest) else {
            return refuse(GuestCode::LinkUnknown, "no such link was sent");
        };
        match link.state {
            LinkState::Used => refuse(GuestCode::LinkUsed, "the link was used already"),
            LinkState::Voided => refuse(GuestCode::LinkVoided, "the link was voided"),
            LinkState::Open if now >= link.expires_at => {
                refuse(GuestCode::LinkExpired, "the link does not work any more")
            }
            LinkState::Open => {
                link.state = LinkState::Used;
                Ok(links)
            }
        }
    }
}

impl From<ClaimLinks> for Vec<ClaimLink> {
    fn from(links: ClaimLinks) -> Self {
        links.0
    }
}

impl TryFrom<Vec<ClaimLink>> for ClaimLinks {
    type Error = &'static str;

    fn try_from(links: Vec<ClaimLink>) -> Result<Self, Self::Error> {
        let earlier = links.iter().rev().skip(1);
        if earlier.clone().any(|link| link.state == LinkState::Open) {
            return Err("a link before the last one is open");
        }
        let is_repeated = |(index, link): (usize, &ClaimLink)| {
            let mut before = links.iter().take(index);
            before.any(|other| other.digest == link.digest)
        };
        if links.iter().enumerate().any(is_repeated) {
            return Err("two links have the same token");
        }
        Ok(Self(links))
    }
}
