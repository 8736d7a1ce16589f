//! Chapter 01: the head of a request, bytes in and a value out. The page is `exercises/chapters/ch01_request_head.md`,
//! the tests are `exercises/tests/ch01_request_head.rs`: make them green one by one, in their order.
//!
//! ```text
//! GET /index.html HTTP/1.1\r\n          the request line: method, target, version
//! Host: example.org\r\n                 header fields: name, colon, value
//! Accept: */*\r\n
//! \r\n                                  an empty line ends the head
//! ```
//!
//! Nothing here uses a socket. The caller has the bytes and calls [`parse_head`]. While the end of the head has not
//! come, the answer is "not yet", which is no error.

/// The first line of a request and its header fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The method, as it was sent: `GET` and `get` are two methods.
    pub method: String,
    /// The target, as it was sent: not decoded, not empty, no spaces.
    pub target: String,
    /// The version after `HTTP/1.`.
    pub minor: u8,
    /// The header fields, in their order.
    pub headers: Headers,
}

/// Header fields, in the order in which they came. Names are compared without regard to case.
///
/// You decide what it holds and how it is filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {}

impl Headers {
    /// Returns the value of the first field with this name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        exercise!("ch01", "Headers::get({name:?}): the value of the first field with this name")
    }

    /// Returns the values of all fields with this name, in their order.
    pub fn get_all(&self, name: &str) -> Vec<&[u8]> {
        exercise!(
            "ch01",
            "Headers::get_all({name:?}): the values of all fields with this name, in their order"
        )
    }

    /// Returns all names, as they were sent, with their values, in their order.
    pub fn pairs(&self) -> Vec<(&str, &[u8])> {
        exercise!("ch01", "Headers::pairs(): all names with their values, in their order")
    }

    /// Returns the number of fields.
    pub fn len(&self) -> usize {
        exercise!("ch01", "Headers::len(): the number of fields")
    }

    /// Returns `true` if there are no fields.
    pub fn is_empty(&self) -> bool {
        exercise!("ch01", "Headers::is_empty(): whether there are no fields")
    }
}

/// Why a head is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// It breaks the grammar: the answer will be 400.
    BadRequest,
    /// It is well formed, but its version is not HTTP/1.x: the answer will be 505.
    VersionNotSupported,
}

/// Reads one head from the beginning of `buf`. Returns it with the number of bytes that it took, up to and including
/// its empty line; or `Ok(None)` until its end has come.
///
/// # Errors
/// [`ParseError`], for a mistake of the client.
pub fn parse_head(buf: &[u8]) -> Result<Option<(Head, usize)>, ParseError> {
    exercise!(
        "ch01",
        "parse_head({} bytes): the head and how many bytes it took; Ok(None) until all is here",
        buf.len()
    )
}

/// Reads header fields up to and including the empty line that ends them. The same section ends a chunked body
/// (chapter 05), so it is a function of its own; `parse_head` can call it.
///
/// # Errors
/// [`ParseError::BadRequest`] for a field that breaks the rules.
pub fn parse_headers(buf: &[u8]) -> Result<Option<(Headers, usize)>, ParseError> {
    exercise!(
        "ch01",
        "parse_headers({} bytes): the fields up to the empty line, and how many bytes they took",
        buf.len()
    )
}
