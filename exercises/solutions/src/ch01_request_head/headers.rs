use std::{fmt, str};

/// Header fields, in the order in which they came. Names are compared without regard to case.
///
/// One buffer holds all of them, so that a head of twenty fields costs two allocations instead of forty.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    bytes: Vec<u8>,
    fields: Vec<Field>,
}

/// The place of a field in the buffer: its name is `start..colon`, its value `colon..end`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Field {
    start: usize,
    colon: usize,
    end: usize,
}

impl Headers {
    /// Returns the value of the first field with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|field| self.is_named(**field, name)).map(|field| self.value(*field))
    }

    /// Returns the values of all fields with this name, in their order.
    #[must_use]
    pub fn get_all(&self, name: &str) -> Vec<&[u8]> {
        self.fields
            .iter()
            .filter(|field| self.is_named(**field, name))
            .map(|field| self.value(*field))
            .collect()
    }

    /// Returns all names, as they were sent, with their values.
    ///
    /// # Panics
    /// Never: a name is a token, and a token is ASCII.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&str, &[u8])> {
        let text = |name| str::from_utf8(name).expect("a name is a token, and a token is ASCII");
        self.fields.iter().map(|field| (text(self.name(*field)), self.value(*field))).collect()
    }

    /// Returns the number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Returns `true` if there are no fields.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub(super) fn push(&mut self, name: &[u8], value: &[u8]) {
        if self.fields.is_empty() {
            // Room for the head of most clients: growing in small steps would cost more than the parsing.
            self.bytes.reserve(512);
            self.fields.reserve(8);
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        let colon = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.fields.push(Field { start, colon, end: self.bytes.len() });
    }

    fn is_named(&self, field: Field, name: &str) -> bool {
        self.name(field).eq_ignore_ascii_case(name.as_bytes())
    }

    fn name(&self, field: Field) -> &[u8] {
        &self.bytes[field.start..field.colon]
    }

    fn value(&self, field: Field) -> &[u8] {
        &self.bytes[field.colon..field.end]
    }
}

/// Formats a map of names to byte strings, not to lists of numbers.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(name, value): (_, &[u8])| (name, value.escape_ascii().to_string());
        f.debug_map().entries(self.pairs().into_iter().map(shown)).finish()
    }
}
