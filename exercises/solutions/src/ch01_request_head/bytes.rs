//! Which bytes may stand where.

/// The bytes of a token: letters, digits and a few signs. A table, made when the program is compiled.
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

/// Whether these bytes are the name of something: at least one, and no delimiters.
///
/// Source: RFC 9110, 5.6.2.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| TOKEN[usize::from(*byte)])
}

/// Whether these bytes can be the target of a request: at least one, no spaces, no controls, ASCII.
///
/// Source: RFC 9112, 3.2; RFC 3986, 2.
pub(super) fn is_target(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| matches!(byte, b'!'..=b'~'))
}

/// Whether these bytes may stand in the value of a field. A carriage return, line feed or zero byte is dangerous,
/// and the other controls are of no use; the bytes above ASCII are kept.
///
/// Source: RFC 9110, 5.5.
pub(super) fn is_value(bytes: &[u8]) -> bool {
    // `fold` looks at every byte where `all` would stop at the first bad one: the compiler then takes sixteen at once.
    bytes.iter().fold(true, |good, byte| good & matches!(byte, b' '..=b'~' | b'\t' | 0x80..))
}
