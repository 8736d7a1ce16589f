//! Rules about ends: shutdown, drop and reset.

use super::world::World;
use crate::contract::{
    probe::{End, failed, read, read_exact, read_to_end, send, shutdown, within, write},
    rule::{Seen, ensure},
};

async fn close(end: &mut End) -> Seen {
    shutdown(end).await.map_err(failed("a shutdown"))
}

fn same(expected: &[u8], heard: &[u8]) -> Seen {
    ensure(expected == heard, || {
        format!("{:?} arrived before the end, and {:?} was sent", show(heard), show(expected))
    })
}

fn show(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

pub(super) async fn after_bytes(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    send(&mut writer, b"the last words").await?;
    close(&mut writer).await?;
    // The reader comes late: everything has arrived.
    let nothing = std::future::pending::<()>();
    within(world.patience, nothing).await;
    same(b"the last words", &read_to_end(&mut reader).await?)
}

pub(super) async fn stays(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    send(&mut writer, b"x").await?;
    close(&mut writer).await?;
    read_to_end(&mut reader).await?;
    for time in 2..=4 {
        match within(world.patience, read(&mut reader, 8)).await {
            None => return Err(format!("read {time} at the end is pending")),
            Some(Ok(bytes)) if bytes.is_empty() => {}
            Some(other) => return Err(format!("read {time} at the end returned {other:?}")),
        }
    }
    Ok(())
}

pub(super) async fn flushes(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    let count = write(&mut writer, b"x").await.map_err(failed("a write"))?;
    ensure(count == 1, || format!("a write of 1 byte that returned {count}"))?;
    close(&mut writer).await?;
    same(b"x", &read_to_end(&mut reader).await?)
}

pub(super) async fn without_bytes(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    close(&mut writer).await?;
    same(b"", &read_to_end(&mut reader).await?)
}

pub(super) async fn after_drop(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    send(&mut writer, b"the last words").await?;
    close(&mut writer).await?;
    drop(writer);
    same(b"the last words", &read_to_end(&mut reader).await?)
}

pub(super) async fn drop_ends(world: &World<'_>) -> Seen {
    let (writer, mut reader) = world.pair().await;
    drop(writer);
    match read(&mut reader, 8).await {
        Ok(bytes) => same(b"", &bytes),
        Err(_) => Ok(()),
    }
}

pub(super) async fn write_after_shutdown(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    close(&mut writer).await?;
    let late = write(&mut writer, b"late").await;
    ensure(late.is_err(), || format!("a write after the shutdown returned {late:?}"))?;
    same(b"", &read_to_end(&mut reader).await?)
}

pub(super) async fn shutdown_twice(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    send(&mut writer, b"x").await?;
    close(&mut writer).await?;
    shutdown(&mut writer).await.map_err(failed("a second shutdown"))?;
    same(b"x", &read_to_end(&mut reader).await?)
}

pub(super) async fn write_to_dropped(world: &World<'_>) -> Seen {
    let (mut writer, reader) = world.pair().await;
    drop(reader);
    let mut tries = 0;
    while write(&mut writer, &[b'x'; 512]).await.is_ok() {
        tries += 1;
        ensure(tries < 10_000, || format!("{tries} writes of 512 bytes that nobody can read"))?;
        // A network tells the writer only later.
        within(world.patience / 10, std::future::pending::<()>()).await;
        ensure(tries < 200, || format!("{tries} writes after the reader was dropped"))?;
    }
    let again = write(&mut writer, b"x").await;
    ensure(again.is_err(), || format!("after a write that failed, one that returned {again:?}"))
}

pub(super) async fn half_close(world: &World<'_>) -> Seen {
    let (mut a, mut b) = world.pair().await;
    send(&mut a, b"question").await?;
    close(&mut a).await?;
    same(b"question", &read_to_end(&mut b).await?)?;
    send(&mut b, b"an ").await?;
    send(&mut b, b"answer").await?;
    close(&mut b).await?;
    same(b"an answer", &read_to_end(&mut a).await?)
}

pub(super) async fn resets(world: &World<'_>) -> Seen {
    let (mut writer, mut reader) = world.pair().await;
    send(&mut writer, b"unread").await?;
    // It has arrived.
    read_exact(&mut reader, 1).await?;
    drop(reader);
    match read(&mut writer, 8).await {
        Ok(bytes) => Err(format!("a read that returned {:?}", show(&bytes))),
        Err(_) => Ok(()),
    }
}
