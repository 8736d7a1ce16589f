use super::{Limits, Reject};

/// Checks a head against the limits as it comes. It looks at each byte once, at those of the first line a little more
/// often.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    /// The number of bytes that were looked at.
    seen: usize,
    /// The beginning of the line that has not ended.
    line: usize,
    /// The number of lines that have ended.
    lines: usize,
}

/// A passed limit, or broken grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Over {
    /// The number of bytes that were enough to know it.
    pub(super) known_after: usize,
    pub(super) reject: Reject,
}

impl Scan {
    /// Continues with the head at the beginning of `bytes`. Returns `true` if a line has ended, so that parsing may
    /// find something new.
    ///
    /// # Errors
    /// [`Over`], if a limit is passed.
    pub(super) fn go_on(&mut self, bytes: &[u8], limits: &Limits) -> Result<bool, Over> {
        let before = self.lines;
        let allowed = &bytes[..bytes.len().min(limits.head_bytes)];
        loop {
            let line_feed = allowed[self.seen..].iter().position(|byte| *byte == b'\n');
            let end = line_feed.map_or(allowed.len(), |offset| self.seen + offset + 1);
            let line = &allowed[self.line..end];
            self.seen = end;
            if self.lines == 0 {
                check_request_line(line, limits)?;
            }
            if line_feed.is_none() {
                break;
            }
            if is_empty(line) {
                return Ok(true);
            }
            if self.lines > limits.headers {
                return Err(Over { known_after: end, reject: Reject::TooManyHeaders });
            }
            self.lines += 1;
            self.line = end;
        }
        if bytes.len() > allowed.len() {
            return Err(Over { known_after: allowed.len(), reject: Reject::HeadTooLarge });
        }
        Ok(self.lines > before)
    }
}

/// Returns `true` for an empty line. A bare line feed counts: the parser refuses it.
fn is_empty(line: &[u8]) -> bool {
    matches!(line, b"\r\n" | b"\n")
}

/// Checks a request line that may not have ended: refuses a byte that no method has at once, and a target as soon as it
/// is too long.
fn check_request_line(line: &[u8], limits: &Limits) -> Result<(), Over> {
    let method = line.iter().take_while(|byte| is_token(**byte)).count();
    match line.get(method) {
        None | Some(b'\r' | b'\n') => return Ok(()),
        Some(b' ') if method > 0 => {}
        Some(_) => return Err(Over { known_after: method, reject: Reject::Malformed }),
    }
    let start = method + 1;
    let target = line[start..].iter().take_while(|byte| !matches!(byte, b' ' | b'\r' | b'\n')).count();
    if target > limits.target {
        return Err(Over { known_after: start + limits.target, reject: Reject::TargetTooLong });
    }
    Ok(())
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
