//! Chapter 05: bodies. A state machine finds the end of a body.
//!
//! Two readers that disagree on where a body ends take a part of one request for another one: that is request
//! smuggling. So doubtful framing is refused, never repaired.
//!
//! ```
//! use workbook::ch05_bodies::{BodyDecoder, BodyLimits, Framing, Taken};
//!
//! let mut body = Vec::new();
//! let mut decoder = BodyDecoder::new(Framing::Chunked, BodyLimits::default());
//! let taken = decoder.push(b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\nGET", &mut body)?;
//! assert!(matches!(taken, Taken::Done { used: 20, .. }));
//! assert_eq!(body, b"hello");
//! # Ok::<(), workbook::ch05_bodies::BadFraming>(())
//! ```

mod chunk_line;
mod decoder;
mod framing;
mod messages;

pub use self::{
    decoder::{BodyDecoder, BodyLimits, Taken},
    framing::{BadFraming, Framing, request_framing},
    messages::Messages,
};
