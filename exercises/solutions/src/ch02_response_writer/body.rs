use super::{Body, framing::Framing};

/// Writes the body in the way that the head announced.
pub(super) fn write(body: &Body, framing: Framing, out: &mut Vec<u8>) {
    match body {
        Body::Full(bytes) => out.extend_from_slice(bytes),
        Body::Chunks(chunks) if framing == Framing::Chunked => write_chunks(chunks, out),
        Body::Chunks(chunks) => chunks.iter().for_each(|chunk| out.extend_from_slice(chunk)),
    }
}

/// Writes chunks, and the last chunk.
///
/// Source: RFC 9112, 7.1.
fn write_chunks(chunks: &[Vec<u8>], out: &mut Vec<u8>) {
    // An empty chunk ends the body, so an empty piece is not written.
    for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
        out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
}
