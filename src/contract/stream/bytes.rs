//! Rules about bytes: what is written is read.

use std::{future::poll_fn, io::IoSlice, pin::Pin, task::Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::world::World;
use crate::contract::{
    probe::{
        End, both, drawn, failed, flush, read, read_exact, read_to_end, send, shutdown, within, write,
        write_vectored,
    },
    rule::{Seen, ensure},
};

const MUCH: usize = 128 * 1024;

/// Sends drawn bytes in pieces of drawn lengths.
async fn send_pieces(end: &mut End, bytes: &[u8], lengths: &[u8]) -> Result<(), String> {
    let (mut rest, mut lengths) = (bytes, lengths.iter().cycle());
    while !rest.is_empty() {
        let length = lengths.next().map_or(1, |length| usize::from(*length) * 64 + 1);
        let (piece, after) = rest.split_at(length.min(rest.len()));
        send(end, piece).await?;
        rest = after;
    }
    Ok(())
}

fn same(sent: &[u8], heard: &[u8]) -> Seen {
    if let Some(at) = sent.iter().zip(heard).position(|(sent, heard)| sent != heard) {
        return Err(format!("byte {at} is {:#04x}, and {:#04x} was sent", heard[at], sent[at]));
    }
    ensure(sent.len() == heard.len(), || {
        format!("{} bytes arrived, and {} were sent", heard.len(), sent.len())
    })
}

pub(super) async fn arrive(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    let (bytes, lengths) = (drawn("bytes", MUCH), drawn("lengths", 64));
    let sending = async {
        send_pieces(&mut writer, &bytes, &lengths).await?;
        shutdown(&mut writer).await.map_err(failed("a shutdown"))
    };
    let (sent, heard) = both(sending, read_to_end(&mut reader)).await;
    same(&bytes, &heard?).and(sent)
}

pub(super) async fn both_ways(world: &World<'_>) -> Seen {
    let (mut a, mut b) = world.pair().await;
    for turn in 0..100_u8 {
        let (ping, pong) = ([turn; 8], [!turn; 8]);
        send(&mut a, &ping).await?;
        same(&ping, &read_exact(&mut b, 8).await?)?;
        send(&mut b, &pong).await?;
        same(&pong, &read_exact(&mut a, 8).await?)?;
    }
    // Less than any window of TCP, more than most buffers: each end writes and reads by turns.
    let (there, back) = (drawn("there", 64 * 1024), drawn("back", 64 * 1024));
    for (there, back) in there.chunks(512).zip(back.chunks(512)) {
        let (from_a, from_b) = both(in_turn(&mut a, there), in_turn(&mut b, back)).await;
        same(back, &from_a?)?;
        same(there, &from_b?)?;
    }
    Ok(())
}

/// Writes these bytes and reads as many, whichever is possible.
async fn in_turn(end: &mut End, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let (mut heard, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() || heard.len() < bytes.len() {
        let mut room = [0; 64];
        let mut buffer = ReadBuf::new(&mut room);
        let done = poll_fn(|cx| {
            if !rest.is_empty() {
                if let Poll::Ready(count) = Pin::new(&mut *end).poll_write(cx, rest) {
                    return Poll::Ready(count.map(Some));
                }
            }
            Pin::new(&mut *end).poll_read(cx, &mut buffer).map_ok(|()| None)
        });
        match done.await.map_err(failed("a read or a write"))? {
            Some(count) => rest = rest.get(count..).ok_or("a write that returned too much")?,
            None if buffer.filled().is_empty() => return Err("the end of the stream".into()),
            None => heard.extend_from_slice(buffer.filled()),
        }
        if rest.is_empty() {
            flush(end).await.map_err(failed("a flush"))?;
        }
    }
    Ok(heard)
}

pub(super) async fn flush_delivers(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    for length in [1, 2, 3, 100] {
        let bytes = drawn("flushed", length);
        let both = both(send(&mut writer, &bytes), read_exact(&mut reader, length));
        let done = within(world.patience, both).await;
        let (sent, heard) = done.ok_or_else(|| format!("{length} flushed bytes that did not arrive"))?;
        same(&bytes, &heard?).and(sent)?;
    }
    Ok(())
}

pub(super) async fn write_count(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    let (bytes, mut sent) = (drawn("counted", 1000), Vec::new());
    for length in [1, 2, 500] {
        let count = write(&mut writer, &bytes[..length]).await.map_err(failed("a write"))?;
        ensure((1..=length).contains(&count), || format!("a write of {length} bytes that returned {count}"))?;
        sent.extend_from_slice(&bytes[..count]);
    }
    shutdown(&mut writer).await.map_err(failed("a shutdown"))?;
    same(&sent, &read_to_end(&mut reader).await?)
}

pub(super) async fn empty_write(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    let count = write(&mut writer, b"").await.map_err(failed("an empty write"))?;
    ensure(count == 0, || format!("an empty write that returned {count}"))?;
    let early = within(world.patience, read(&mut reader, 8)).await;
    ensure(early.is_none(), || format!("after an empty write, a read that returned {early:?}"))?;
    send(&mut writer, b"after").await?;
    same(b"after", &read_exact(&mut reader, 5).await?)
}

pub(super) async fn vectored(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    let all = b"onetwothree";
    let slices = [&b""[..], b"one", b"", b"two", b"three"].map(IoSlice::new);
    let count = write_vectored(&mut writer, &slices).await.map_err(failed("a vectored write"))?;
    ensure((1..=all.len()).contains(&count), || {
        format!("a vectored write of 11 bytes that returned {count}")
    })?;
    shutdown(&mut writer).await.map_err(failed("a shutdown"))?;
    same(&all[..count], &read_to_end(&mut reader).await?)
}

pub(super) async fn empty_read(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    send(&mut writer, b"kept").await?;
    same(b"k", &read_exact(&mut reader, 1).await?)?;
    let nothing = read(&mut reader, 0).await.map_err(failed("a read into no room"))?;
    same(b"", &nothing)?;
    same(b"ept", &read_exact(&mut reader, 3).await?)
}

pub(super) async fn read_appends(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    send(&mut writer, b"new").await?;
    let mut room = [0; 8];
    let mut buffer = ReadBuf::new(&mut room);
    buffer.put_slice(b"old");
    while buffer.filled().len() < 6 {
        let before = buffer.filled().len();
        poll_fn(|cx| Pin::new(&mut reader).poll_read(cx, &mut buffer)).await.map_err(failed("a read"))?;
        let filled = buffer.filled();
        ensure(filled.len() > before && filled.starts_with(b"old"), || {
            format!("a buffer of {:?} after {before} filled bytes", filled.escape_ascii().to_string())
        })?;
    }
    same(b"oldnew", buffer.filled())
}

pub(super) async fn idle_waits(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    let early = within(world.patience, read(&mut reader, 8)).await;
    ensure(early.is_none(), || format!("a read that returned {early:?}"))?;
    send(&mut writer, b"now").await?;
    same(b"now", &read_exact(&mut reader, 3).await?)
}
