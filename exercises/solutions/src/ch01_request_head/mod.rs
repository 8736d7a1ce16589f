//! Chapter 01: the head of a request, bytes in and a value out.
//!
//! Uses no socket: the caller has the bytes, and "not yet" is an answer, not an error.
//!
//! ```
//! use workbook::ch01_request_head::parse_head;
//!
//! let bytes = b"GET /a HTTP/1.1\r\nHost: example.org\r\n\r\nand what follows";
//! let (head, used) = parse_head(bytes)?.expect("the whole head is here");
//! assert_eq!((head.method.as_str(), head.target.as_str(), head.minor), ("GET", "/a", 1));
//! assert_eq!(head.headers.get("host"), Some(&b"example.org"[..]));
//! assert_eq!(&bytes[used..], b"and what follows");
//! # Ok::<(), workbook::ch01_request_head::ParseError>(())
//! ```

mod bytes;
mod error;
mod field;
mod headers;
mod lines;
mod request_line;

pub use self::{error::ParseError, headers::Headers};

use self::lines::Lines;

/// The first line of a request and its header fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The method, as it was sent: `GET` and `get` are two methods.
    pub method: String,
    /// The target, as it was sent: not decoded, not empty, no spaces.
    pub target: String,
    /// The version after `HTTP/1.`. The server treats all above 1 as 1.
    pub minor: u8,
    /// The header fields, in their order.
    pub headers: Headers,
}

/// Reads one head from the beginning of `buf`. Returns it with the number of bytes that it took, or `None` until its
/// end has come.
///
/// Checks each line when it has ended, so that a bad one is refused before the rest has come. The cost of a call grows
/// with `buf`: when bytes come one by one, call again only after a line feed.
///
/// Source: RFC 9112, 2.1 and 2.2.
///
/// # Errors
/// [`ParseError`], for a mistake of the client; each has its status.
pub fn parse_head(buf: &[u8]) -> Result<Option<(Head, usize)>, ParseError> {
    let mut lines = Lines::new(buf);
    // An empty line before the request is ignored: old clients sent one after a body. Source: RFC 9112, 2.2.
    let request_line = loop {
        match lines.next()? {
            None => return Ok(None),
            Some([]) => {}
            Some(line) => break line,
        }
    };
    let (method, target, minor) = request_line::parse(request_line)?;
    let Some(headers) = read_headers(&mut lines)? else { return Ok(None) };
    Ok(Some((Head { method: method.to_owned(), target: target.to_owned(), minor, headers }, lines.used())))
}

/// Reads header fields up to and including the empty line that ends them. The same section ends a chunked body, and
/// follows the status line of a response.
///
/// Source: RFC 9112, 2.1 and 5.
///
/// # Errors
/// [`ParseError::BadRequest`] for a field that breaks the rules.
pub fn parse_headers(buf: &[u8]) -> Result<Option<(Headers, usize)>, ParseError> {
    let mut lines = Lines::new(buf);
    Ok(read_headers(&mut lines)?.map(|headers| (headers, lines.used())))
}

fn read_headers(lines: &mut Lines<'_>) -> Result<Option<Headers>, ParseError> {
    let mut headers = Headers::default();
    loop {
        match lines.next()? {
            None => return Ok(None),
            Some([]) => return Ok(Some(headers)),
            Some(line) => {
                let (name, value) = field::parse(line)?;
                headers.push(name, value);
            }
        }
    }
}
