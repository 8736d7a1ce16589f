use super::{BadFraming, Framing, chunk_line};
use crate::ch01_request_head::{Headers, parse_headers};

/// The largest allowed sizes of a body's parts, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a limit for each part: a new part needs a decision")]
pub struct BodyLimits {
    /// The content, without what the chunks add.
    pub body: u64,
    /// The line before a chunk, with its end: the size and the extensions.
    pub chunk_line: usize,
    /// The fields after the last chunk, with the empty line.
    pub trailers: usize,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { body: 16 << 20, chunk_line: 1024, trailers: 8 << 10 }
    }
}

/// The answer of [`BodyDecoder::push`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: a body has ended, or it has not")]
pub enum Taken {
    /// It took all bytes, and the end of the body is still to come.
    NeedMore {
        /// The number of bytes that were taken.
        used: usize,
    },
    /// The body has ended. What follows belongs to the next request.
    Done {
        /// The number of bytes that were taken.
        used: usize,
        /// The fields after the last chunk. They never become header fields.
        trailers: Headers,
    },
}

/// Finds the end of a body, and extracts the content from its framing.
#[derive(Clone, Debug)]
pub struct BodyDecoder {
    part: Part,
    limits: BodyLimits,
    /// The size of the content so far.
    content: u64,
    /// The part of the line, or of the trailers, that is here.
    line: Vec<u8>,
}

/// The part of the body that comes next.
#[derive(Clone, Debug)]
enum Part {
    /// This number of bytes of a body with a length.
    Length(u64),
    ChunkLine,
    /// This number of bytes of a chunk.
    Chunk(u64),
    /// The line end after a chunk.
    ChunkEnd,
    Trailers,
    End(Headers),
}

impl BodyDecoder {
    /// Creates a decoder at the beginning of a body.
    #[must_use]
    pub fn new(framing: Framing, limits: BodyLimits) -> Self {
        let part = match framing {
            Framing::None => Part::Length(0),
            Framing::Length(length) => Part::Length(length),
            Framing::Chunked => Part::ChunkLine,
        };
        Self { part, limits, content: 0, line: Vec::new() }
    }

    /// Takes bytes from the beginning of `buf`, up to the end of the body or all. Appends content to `out`.
    ///
    /// # Errors
    /// [`BadFraming`], if the framing is broken or a limit is passed. Do not use the decoder after an error.
    pub fn push(&mut self, buf: &[u8], out: &mut Vec<u8>) -> Result<Taken, BadFraming> {
        let mut rest = buf;
        loop {
            let used = buf.len() - rest.len();
            rest = match &self.part {
                Part::End(trailers) => return Ok(Taken::Done { used, trailers: trailers.clone() }),
                Part::Length(0) => {
                    self.part = Part::End(Headers::default());
                    rest
                }
                Part::Length(left) if self.content.saturating_add(*left) > self.limits.body => {
                    return Err(BadFraming::TooLarge);
                }
                _ if rest.is_empty() => return Ok(Taken::NeedMore { used }),
                Part::Length(left) => self.take_content(*left, Part::Length, rest, out),
                Part::Chunk(0) => {
                    self.part = Part::ChunkEnd;
                    rest
                }
                Part::Chunk(left) => self.take_content(*left, Part::Chunk, rest, out),
                Part::ChunkLine => self.take_chunk_line(rest)?,
                Part::ChunkEnd => self.take_chunk_end(rest)?,
                Part::Trailers => self.take_trailer(rest)?,
            };
        }
    }

    fn take_content<'a>(
        &mut self,
        left: u64,
        next: fn(u64) -> Part,
        rest: &'a [u8],
        out: &mut Vec<u8>,
    ) -> &'a [u8] {
        let count = usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
        let (content, rest) = rest.split_at(count);
        out.extend_from_slice(content);
        self.content += count as u64;
        self.part = next(left - count as u64);
        rest
    }

    fn take_chunk_line<'a>(&mut self, rest: &'a [u8]) -> Result<&'a [u8], BadFraming> {
        let (rest, ended) = self.take_line(rest);
        if self.line.len() > self.limits.chunk_line || !self.line[0].is_ascii_hexdigit() {
            return Err(BadFraming::Malformed);
        }
        if ended {
            let line = self.line.strip_suffix(b"\r\n").ok_or(BadFraming::Malformed)?;
            let size = chunk_line::size(line)?;
            self.line.clear();
            self.begin_chunk(size)?;
        }
        Ok(rest)
    }

    /// Refuses a chunk that would pass the limit before any of it is read.
    fn begin_chunk(&mut self, size: u64) -> Result<(), BadFraming> {
        if self.content.saturating_add(size) > self.limits.body {
            return Err(BadFraming::TooLarge);
        }
        self.part = if size == 0 { Part::Trailers } else { Part::Chunk(size) };
        Ok(())
    }

    /// Checks both bytes of the line end: a byte that is skipped unchecked allows smuggling.
    fn take_chunk_end<'a>(&mut self, rest: &'a [u8]) -> Result<&'a [u8], BadFraming> {
        let (byte, rest) = rest.split_at(1);
        self.line.extend_from_slice(byte);
        if !b"\r\n".starts_with(&self.line) {
            return Err(BadFraming::Malformed);
        }
        if self.line.len() == 2 {
            self.line.clear();
            self.part = Part::ChunkLine;
        }
        Ok(rest)
    }

    /// Takes a line of the trailers, and checks it like a line of a head.
    ///
    /// Source: RFC 9112, 7.1.2.
    fn take_trailer<'a>(&mut self, rest: &'a [u8]) -> Result<&'a [u8], BadFraming> {
        let (rest, ended) = self.take_line(rest);
        if self.line.len() > self.limits.trailers {
            return Err(BadFraming::TrailersTooLarge);
        }
        if ended {
            if let Some((trailers, _)) = parse_headers(&self.line).map_err(|_| BadFraming::Malformed)? {
                self.part = Part::End(trailers);
            }
        }
        Ok(rest)
    }

    /// Appends to the line up to its end. The caller checks the length afterwards, so the line holds at most the limit
    /// and one read.
    fn take_line<'a>(&mut self, rest: &'a [u8]) -> (&'a [u8], bool) {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (line, rest) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
        self.line.extend_from_slice(line);
        (rest, end.is_some())
    }
}
