//! Rules about full streams: back-pressure, and pending writes.

use std::{pin::Pin, sync::Arc, task::Context};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::world::World;
use crate::contract::{
    probe::{
        End, Flag, both, drawn, failed, flush, is_woken, pend, read, read_exact, read_to_end, send, shutdown,
        within, write,
    },
    rule::{Seen, ensure},
};

/// A stream takes no more than this while nobody reads.
const MOST: usize = 16 * 1024 * 1024;

/// Writes until nothing more goes in, and returns how many bytes did.
async fn clog(world: &World<'_>, writer: &mut End) -> Result<usize, String> {
    let (piece, mut taken) = ([b'-'; 4096], 0);
    while let Some(count) = within(world.patience, write(writer, &piece)).await {
        taken += count.map_err(failed("a write"))?;
        ensure(taken <= MOST, || format!("{taken} bytes were taken while nobody reads"))?;
    }
    Ok(taken)
}

async fn clogged(world: &World<'_>) -> Result<(End, End, usize), String> {
    let (mut writer, reader) = world.pair().await;
    let taken = clog(world, &mut writer).await?;
    Ok((writer, reader, taken))
}

/// Polls a write of these bytes, which is pending.
async fn pending(end: &mut End, bytes: &[u8]) -> Result<Arc<Flag>, String> {
    let poll = |cx: &mut Context<'_>| Pin::new(&mut *end).poll_write(cx, bytes);
    pend(poll).await.ok_or_else(|| "a write that is not pending although the stream is full".into())
}

/// Reads what is in a full stream, so that there is room.
async fn drain(world: &World<'_>, reader: &mut End, taken: usize) -> Seen {
    let mut rest = taken;
    while rest > 0 {
        let more = within(world.patience * 10, read(reader, rest.min(65_536))).await;
        let more = more.ok_or_else(|| format!("{rest} of {taken} bytes that did not arrive"))?;
        let more = more.map_err(failed("a read"))?;
        ensure(!more.is_empty(), || format!("the end of the stream before {rest} of {taken} bytes"))?;
        rest -= more.len();
    }
    Ok(())
}

async fn woken(world: &World<'_>, flag: &Flag, by: &str) -> Seen {
    let is_woken = is_woken(world.patience, flag).await;
    ensure(is_woken, || format!("the waker of a pending write was not woken by {by}"))
}

pub(super) async fn pushes_back(world: &World<'_>) -> Seen {
    let (mut writer, _reader, _) = clogged(world).await?;
    let more = within(world.patience, write(&mut writer, b"x")).await;
    ensure(more.is_none(), || format!("a write into a full stream returned {more:?}"))
}

pub(super) async fn wakes_on_room(world: &World<'_>) -> Seen {
    let (mut writer, mut reader, taken) = clogged(world).await?;
    let flag = pending(&mut writer, b"x").await?;
    drain(world, &mut reader, taken).await?;
    woken(world, &flag, "room").await
}

pub(super) async fn renewed(world: &World<'_>) -> Seen {
    let (mut writer, mut reader, taken) = clogged(world).await?;
    let _first = pending(&mut writer, b"x").await?;
    let second = pending(&mut writer, b"x").await?;
    drain(world, &mut reader, taken).await?;
    woken(world, &second, "room, after an earlier poll with another waker").await
}

pub(super) async fn cancelled(world: &World<'_>) -> Seen {
    let (mut writer, mut reader, taken) = clogged(world).await?;
    pending(&mut writer, b"given up").await?;
    drain(world, &mut reader, taken).await?;
    send(&mut writer, b"sent now").await?;
    let heard = read_exact(&mut reader, 8).await?;
    ensure(heard == b"sent now", || {
        format!("{:?} arrived after a write of \"given up\" was given up", heard.escape_ascii().to_string())
    })
}

pub(super) async fn drop_wakes(world: &World<'_>) -> Seen {
    let (mut writer, reader, _) = clogged(world).await?;
    let flag = pending(&mut writer, b"x").await?;
    drop(reader);
    woken(world, &flag, "the drop of its reader").await?;
    let done = within(world.patience, write(&mut writer, b"x")).await;
    ensure(done.is_some(), || "a write that stays pending after its reader was dropped".into())
}

pub(super) async fn bytes_arrive(world: &World<'_>) -> Seen {
    let (mut writer, mut reader, taken) = clogged(world).await?;
    let last = drawn("last", 100);
    let sending = async {
        send(&mut writer, &last).await?;
        flush(&mut writer).await.map_err(failed("a flush"))?;
        shutdown(&mut writer).await.map_err(failed("a shutdown"))
    };
    let (sent, heard) = both(sending, read_to_end(&mut reader)).await;
    sent?;
    let heard = heard?;
    ensure(heard.len() == taken + last.len() && heard.ends_with(&last), || {
        format!("{} bytes arrived, and {taken} and then {} were written", heard.len(), last.len())
    })
}

pub(super) async fn apart(world: &World<'_>) -> Seen {
    let (mut writer, mut reader, _) = clogged(world).await?;
    let mut room = [0];
    let read = pend(|cx| Pin::new(&mut writer).poll_read(cx, &mut ReadBuf::new(&mut room))).await;
    let read = read.ok_or("a read that is not pending while there is nothing to read")?;
    let _write = pending(&mut writer, b"x").await?;
    send(&mut reader, b"x").await?;
    let is_woken = is_woken(world.patience, &read).await;
    ensure(is_woken, || "the waker of a read was lost to a pending write".into())
}

pub(super) async fn one_way(world: &World<'_>) -> Seen {
    let (mut writer, mut reader, _) = clogged(world).await?;
    send(&mut reader, b"still free").await?;
    let heard = read_exact(&mut writer, 10).await?;
    ensure(heard == b"still free", || format!("{:?} arrived", heard.escape_ascii().to_string()))
}
