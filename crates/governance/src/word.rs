//! The closed vocabularies of the rules, spelled once for Rust, JSON and messages.

/// Declares an enum whose variants have one spelling each, the one of the semantics page.
macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        $name:ident, $code:ident, $noun:literal {
            $( $(#[$variant_meta:meta])* $variant:ident = $word:literal ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( $(#[$variant_meta])* $variant ),+
        }

        impl $name {
            /// Every value, in the order of the semantics page.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for this value in JSON, in errors and in the interface.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value that `word` spells, compared byte for byte.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::error::UnknownWord;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::from_word(word).ok_or_else(|| {
                    $crate::error::UnknownWord::new(
                        $crate::error::Code::$code,
                        $noun,
                        word,
                        Self::ALL.iter().map(|value| value.as_str()),
                    )
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::reader::FromJson<'de> for $name {
            fn from_json(
                from: &mut dyn $crate::reader::Source<'de>,
            ) -> Result<Self, $crate::reader::Refused> {
                let word = from.text(concat!("a ", $noun))?;
                word.parse().map_err($crate::error::UnknownWord::into_de)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::reader::deserialize(from)
            }
        }
    };
}

pub(crate) use vocabulary;
