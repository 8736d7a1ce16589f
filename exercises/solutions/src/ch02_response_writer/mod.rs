//! Chapter 02: a response, a value in and bytes out.
//!
//! The writer trusts no value: it refuses one that would continue in the next line, and it refuses a response whose
//! body's end would be unclear. Then nothing is written.
//!
//! ```
//! use workbook::ch02_response_writer::{Body, Response, WriteCtx, write_response};
//!
//! let response = Response { status: 200, headers: vec![], body: Body::Full(b"hello".to_vec()) };
//! let mut out = Vec::new();
//! write_response(&response, WriteCtx { method: "GET", minor: 1, keep_alive: true }, &mut out)?;
//! assert_eq!(out, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
//! # Ok::<(), workbook::ch02_response_writer::WriteError>(())
//! ```

mod body;
mod error;
mod fields;
mod framing;
mod reason;
mod response;

pub use self::{
    error::WriteError,
    response::{Body, Response, WriteCtx},
};

use self::framing::Framing;

/// Appends a response to `out`.
///
/// The response's own headers come first, in their order. Then the writer adds the framing of the body, and
/// `Connection` where the version's default differs.
///
/// Source: RFC 9112, 4 and 6.
///
/// # Errors
/// [`WriteError`]; then `out` is unchanged.
pub fn write_response(response: &Response, cx: WriteCtx<'_>, out: &mut Vec<u8>) -> Result<(), WriteError> {
    if !matches!(response.status, 100..=999) {
        return Err(WriteError::BadStatus(response.status));
    }
    fields::check(&response.headers)?;
    let framing = Framing::of(response, cx)?;

    let status = response.status;
    out.extend_from_slice(format!("HTTP/1.1 {status} {}\r\n", reason::phrase(status)).as_bytes());
    for (name, value) in &response.headers {
        fields::write(name, value, out);
    }
    framing.announce(out);
    if let Some(option) = connection_option(response, cx) {
        fields::write("Connection", option, out);
    }
    out.extend_from_slice(b"\r\n");
    if cx.method != "HEAD" && !framing::is_bodiless(status) {
        body::write(&response.body, framing, out);
    }
    Ok(())
}

/// Returns `true` if the connection ends with this response: because `cx` says so, because the response says so, or
/// because nothing else tells an HTTP/1.0 client where the body ends. An interim response (1xx) ends nothing.
///
/// Source: RFC 9112, 6.3 and 9.3.
#[must_use]
pub fn closes_after(response: &Response, cx: WriteCtx<'_>) -> bool {
    let is_final = response.status >= 200;
    let ends_with_body = Framing::of(response, cx) == Ok(Framing::UntilClose);
    is_final && (!cx.keep_alive || ends_with_body || fields::connection_says(&response.headers, "close"))
}

/// Returns the `Connection` option that must be added: 1.1 stays open and 1.0 closes, unless told otherwise.
///
/// Source: RFC 9112, 9.3.
fn connection_option(response: &Response, cx: WriteCtx<'_>) -> Option<&'static str> {
    let option = match (closes_after(response, cx), cx.minor) {
        (true, _) => "close",
        (false, 0) if response.status >= 200 => "keep-alive",
        (false, _) => return None,
    };
    (!fields::connection_says(&response.headers, option)).then_some(option)
}
