//! Results that are put away under an id, for another request or another thread.

use std::{
    any::Any,
    collections::BTreeMap,
    error::Error,
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The id of a stashed result: 128 bits from the system's randomness, which cannot be guessed.
///
/// As text, it is 32 lower-case hexadecimal digits; [`FromStr`] reads them back.
///
/// ```
/// use unplugged_blocking::Id;
/// let id: Id = "00000000000000000000000000c0ffee".parse()?;
/// assert_eq!(id.to_string(), "00000000000000000000000000c0ffee");
/// assert_eq!("c0ffee".parse::<Id>().unwrap_err().to_string(), "an id has 32 hexadecimal digits, lower case; this has 6 bytes");
/// # Ok::<(), unplugged_blocking::ParseIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u128);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl FromStr for Id {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        match u128::from_str_radix(text, 16) {
            Ok(number) if text.len() == 32 && text.bytes().all(is_digit) => Ok(Self(number)),
            _ => Err(ParseIdError { len: text.len() }),
        }
    }
}

/// A text that is no [`Id`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseIdError {
    len: usize,
}

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an id has 32 hexadecimal digits, lower case; this has {} bytes", self.len)
    }
}

impl Error for ParseIdError {}

/// Why no result was retrieved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetrieveError {
    /// There is no such id, or its result was retrieved before.
    UnknownId(Id),
    /// The result has another type. It is still there.
    OtherType {
        /// The type that was asked for.
        asked: &'static str,
        /// The type that was stashed.
        stashed: &'static str,
    },
}

impl fmt::Display for RetrieveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownId(id) => write!(f, "no result is stashed as {id}: the id is unknown, or was used"),
            Self::OtherType { asked, stashed } => {
                write!(
                    f,
                    "the stashed result is `{stashed}`, and was asked for as `{asked}`; it is still there"
                )
            }
        }
    }
}

impl Error for RetrieveError {}

/// All that is stashed, of any type.
#[derive(Clone, Default)]
pub(crate) struct Stash(Arc<Mutex<BTreeMap<Id, Stashed>>>);

/// A result of any type.
pub(crate) struct Stashed {
    pub(crate) value: Box<dyn Any + Send + Sync>,
    pub(crate) type_name: &'static str,
    /// Reports the value if it is a failure that was not read.
    pub(crate) report: fn(&(dyn Any + Send + Sync)),
}

impl Stash {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Id, Stashed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[expect(clippy::expect_used, reason = "without randomness no id is safe to give out")]
    pub(crate) fn put(&self, stashed: Stashed) -> Id {
        let mut number = [0; 16];
        getrandom::fill(&mut number).expect("the system gives randomness");
        let id = Id(u128::from_le_bytes(number));
        self.lock().insert(id, stashed);
        id
    }

    /// Takes a value out, if it has the type.
    pub(crate) fn take<V: Any>(&self, id: Id, asked: &'static str) -> Result<Box<V>, RetrieveError> {
        let mut all = self.lock();
        let Stashed { value, type_name, report } = all.remove(&id).ok_or(RetrieveError::UnknownId(id))?;
        value.downcast().map_err(|value| {
            all.insert(id, Stashed { value, type_name, report });
            RetrieveError::OtherType { asked, stashed: type_name }
        })
    }

    /// Reports what has failed and was never retrieved. It stays retrievable.
    pub(crate) fn report_unread(&self) {
        let all = std::mem::take(&mut *self.lock());
        all.values().for_each(|stashed| (stashed.report)(&*stashed.value));
        self.lock().extend(all);
    }
}
