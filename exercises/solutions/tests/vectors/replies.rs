//! Reads what a server wrote, as a strict client.

use std::str;

/// Returns the status and body of each final answer. Leaves out interim answers, which depend on how the request was
/// cut. Replaces spaces in bodies by underscores, and removes line ends.
///
/// # Panics
/// If an answer cannot be read, or its framing is not allowed.
pub(crate) fn replies(mut output: &[u8], to_heads: &[bool]) -> Vec<(u16, String)> {
    let mut replies = Vec::new();
    while !output.is_empty() {
        let end = find(output, b"\r\n\r\n").expect("a head ends with an empty line");
        let head = str::from_utf8(&output[..end]).unwrap();
        output = &output[end + 4..];
        let status = head.strip_prefix("HTTP/1.1 ").unwrap()[..3].parse().unwrap();
        let to_head = to_heads.get(replies.len()) == Some(&true);
        let body = if to_head || matches!(status, 100..=199 | 204 | 304) {
            Vec::new()
        } else {
            body(head, &mut output)
        };
        if status >= 200 {
            replies.push((status, shown(&body)));
        }
    }
    replies
}

fn body(head: &str, output: &mut &[u8]) -> Vec<u8> {
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    match (field("Content-Length"), field("Transfer-Encoding"), field("Connection")) {
        (Some(length), None, _) => take(output, length.parse().unwrap()),
        (None, Some("chunked"), _) => chunks(output),
        (None, None, Some("close")) => take(output, output.len()),
        framing => panic!("a response must have one framing: {framing:?}"),
    }
}

fn chunks(output: &mut &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = find(output, b"\r\n").expect("a chunk begins with its size");
        let size = usize::from_str_radix(str::from_utf8(&take(output, line)).unwrap(), 16).unwrap();
        assert_eq!(take(output, 2), b"\r\n");
        body.extend(take(output, size));
        assert_eq!(take(output, 2), b"\r\n");
        if size == 0 {
            return body;
        }
    }
}

fn take(output: &mut &[u8], count: usize) -> Vec<u8> {
    let (taken, rest) = output.split_at_checked(count).expect("the answer is whole");
    *output = rest;
    taken.to_vec()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn shown(body: &[u8]) -> String {
    body.escape_ascii().to_string().replace(' ', "_").replace("\\n", "").replace("\\r", "")
}
