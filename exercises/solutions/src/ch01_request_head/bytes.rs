//! Which bytes may stand where: tables, made when the program is compiled.

/// Where a byte may stand.
struct Class {
    token: bool,
    target: bool,
    value: bool,
}

static CLASSES: [Class; 256] = {
    const NOWHERE: Class = Class { token: false, target: false, value: false };
    let mut classes = [NOWHERE; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = class(byte as u8);
        byte += 1;
    }
    classes
};

const fn class(byte: u8) -> Class {
    let token = matches!(
        byte,
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z'
            | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
    );
    let visible = matches!(byte, b'!'..=b'~');
    Class { token, target: visible, value: visible || matches!(byte, b' ' | b'\t' | 0x80..) }
}

/// Whether these bytes are the name of something: at least one, and no delimiters.
///
/// Source: RFC 9110, 5.6.2.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| CLASSES[usize::from(*byte)].token)
}

/// Whether these bytes can be the target of a request: at least one, no spaces, no controls, ASCII.
///
/// Source: RFC 9112, 3.2; RFC 3986, 2.
pub(super) fn is_target(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| CLASSES[usize::from(*byte)].target)
}

/// Whether these bytes may stand in the value of a field. A carriage return, line feed or zero byte is dangerous,
/// and the other controls are of no use; the bytes above ASCII are kept.
///
/// Source: RFC 9110, 5.5.
pub(super) fn is_value(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| CLASSES[usize::from(*byte)].value)
}
