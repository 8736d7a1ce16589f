//! Messages over a connection: each has its length before it.
//!
//! Source: RFC 1035, section 4.2.2.

use std::{future::poll_fn, io};

use tokio::io::ReadBuf;

use crate::net::TcpStream;

/// Puts the length of a message before it.
pub(super) fn with_length(message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), message].concat()
}

/// Takes the first whole message out of what was read.
pub(super) fn take_message(unread: &mut Vec<u8>) -> Option<Vec<u8>> {
    let length = usize::from(u16::from_be_bytes([*unread.first()?, *unread.get(1)?]));
    let message = unread.get(2..2 + length)?.to_vec();
    unread.drain(..2 + length);
    Some(message)
}

pub(super) async fn write_all(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = poll_fn(|cx| stream.poll_write_shared(cx, &[bytes])).await?;
        bytes = &bytes[written..];
    }
    Ok(())
}

/// Reads what is there, or waits for it, and appends it. Returns false at the end.
pub(super) async fn read_more(stream: &TcpStream, unread: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0; 4096];
    let mut read = ReadBuf::new(&mut chunk);
    poll_fn(|cx| stream.poll_read_shared(cx, &mut read)).await?;
    unread.extend_from_slice(read.filled());
    Ok(!read.filled().is_empty())
}
