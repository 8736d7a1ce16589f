//! Rules about pending reads: wakers, cancellation, the cooperative budget.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, ReadBuf};

use super::world::World;
use crate::contract::{
    probe::{End, Flag, failed, flush, is_woken, pend, read, read_exact, send, shutdown, within, write},
    rule::{Seen, ensure},
};

/// Polls a read into `room` bytes until it is pending.
async fn pending(end: &mut End, room: usize) -> Result<Arc<Flag>, String> {
    let mut bytes = vec![0; room];
    let poll = |cx: &mut Context<'_>| Pin::new(&mut *end).poll_read(cx, &mut ReadBuf::new(&mut bytes));
    pend(poll).await.ok_or_else(|| "a read that is not pending while there is nothing to read".into())
}

async fn woken(world: &World<'_>, flag: &Flag, by: &str) -> Seen {
    let is_woken = is_woken(world.patience, flag).await;
    ensure(is_woken, || format!("the waker of a pending read was not woken by {by}"))
}

pub(super) async fn on_bytes(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    for _ in 0..3 {
        let flag = pending(&mut reader, 1).await?;
        send(&mut writer, b"x").await?;
        woken(world, &flag, "a byte").await?;
        read_exact(&mut reader, 1).await?;
    }
    Ok(())
}

pub(super) async fn on_end(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    let flag = pending(&mut reader, 8).await?;
    shutdown(&mut writer).await.map_err(failed("a shutdown"))?;
    woken(world, &flag, "the end").await
}

pub(super) async fn on_drop(world: &World<'_>) -> Seen {
    let (writer, mut reader) = world.pair().await;
    let flag = pending(&mut reader, 8).await?;
    drop(writer);
    woken(world, &flag, "the drop of its peer").await
}

pub(super) async fn renewed(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    let _first = pending(&mut reader, 8).await?;
    let second = pending(&mut reader, 8).await?;
    send(&mut writer, b"x").await?;
    woken(world, &second, "a byte, after an earlier poll with another waker").await
}

pub(super) async fn cancelled_read(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    for room in [4096, 1] {
        pending(&mut reader, room).await?;
        let given_up = within(world.patience, read(&mut reader, room)).await;
        ensure(given_up.is_none(), || format!("a read that returned {given_up:?}"))?;
        send(&mut writer, b"all of it").await?;
        let heard = read_exact(&mut reader, 9).await?;
        ensure(heard == b"all of it", || format!("{:?} arrived", heard.escape_ascii().to_string()))?;
    }
    Ok(())
}

/// How many reads a task may do in a row: tokio's budget is 128.
const IN_A_ROW: usize = 1000;

pub(super) async fn budget(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    let endless = [b'x'; IN_A_ROW];
    let filled = async {
        let mut rest = &endless[..];
        while !rest.is_empty() {
            let count = write(&mut writer, rest).await.map_err(failed("a write"))?;
            rest = rest.get(count..).ok_or("a write that returned too much")?;
        }
        flush(&mut writer).await.map_err(failed("a flush"))
    };
    // A stream with less room than that pushes back by itself, so that its readers wait anyway.
    let Some(sent) = within(world.patience, filled).await else { return Ok(()) };
    sent?;
    within(world.patience, std::future::pending::<()>()).await;
    let in_a_row = poll_fn(|cx| {
        let mut byte = [0];
        for count in 0..IN_A_ROW {
            if Pin::new(&mut reader).poll_read(cx, &mut ReadBuf::new(&mut byte)).is_pending() {
                return Poll::Ready(count);
            }
        }
        Poll::Ready(IN_A_ROW)
    });
    let count = in_a_row.await;
    ensure(count < IN_A_ROW, || format!("{count} reads in one poll of a task, none of them pending"))
}
