//! The bytes that are allowed in each part of a head.

/// The bytes of a token: letters, digits and a few signs. A table that is made at compile time.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = matches!(
            byte as u8,
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z'
                | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        );
        byte += 1;
    }
    table
};

/// Returns `true` if these bytes are a token: at least one byte, and no delimiters.
///
/// Source: RFC 9110, 5.6.2.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| TOKEN[usize::from(*byte)])
}

/// Returns `true` if these bytes can be a request target: at least one byte, all visible ASCII.
///
/// Source: RFC 9112, 3.2; RFC 3986, 2.
pub(super) fn is_target(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| matches!(byte, b'!'..=b'~'))
}

/// Returns `true` if these bytes may be a field's value. A carriage return, line feed or zero byte is dangerous, the
/// other control characters have no use, and the bytes above ASCII are kept.
///
/// Source: RFC 9110, 5.5.
pub(super) fn is_value(bytes: &[u8]) -> bool {
    // `all` stops at the first bad byte; `fold` looks at every byte, so that the compiler can check sixteen at once.
    bytes.iter().fold(true, |good, byte| good & matches!(byte, b' '..=b'~' | b'\t' | 0x80..))
}
