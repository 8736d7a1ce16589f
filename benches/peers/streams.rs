//! Byte streams: `pipe()` beside tokio's duplex.

use std::hint::black_box;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
use unplugged::transport::pipe;

use super::tasks::paused;
use crate::Table;

const CAPACITY: usize = 64 * 1024;

pub(crate) fn all(table: &mut Table) {
    let runtime = paused();
    for (size, writes) in [(64, 16_384_u32), (1024, 4096), (CAPACITY, 1024)] {
        table.row(
            &format!("one write of {size} bytes, read in order"),
            "tokio duplex",
            (21, writes),
            || runtime.block_on(one_way(pipe(), size, writes)),
            || runtime.block_on(one_way(duplex(CAPACITY), size, writes)),
        );
    }
    const TRIPS: u32 = 10_000;
    table.row(
        "round trip of 1 byte",
        "tokio duplex",
        (21, TRIPS),
        || runtime.block_on(round_trips(pipe(), TRIPS)),
        || runtime.block_on(round_trips(duplex(CAPACITY), TRIPS)),
    );
    const PAIRS: u32 = 1000;
    table.row(
        "make and drop a pair",
        "tokio duplex",
        (21, PAIRS),
        || (0..PAIRS).for_each(|_| drop(black_box(pipe()))),
        || (0..PAIRS).for_each(|_| drop(black_box(duplex(CAPACITY)))),
    );
}

#[expect(clippy::expect_used, reason = "a bench may fail")]
async fn one_way<A, B>((mut from, mut to): (A, B), size: usize, writes: u32)
where
    A: AsyncWrite + Unpin,
    B: AsyncRead + Unpin,
{
    let (block, mut room) = (vec![1; size], vec![0; CAPACITY]);
    let mut left = size * usize::try_from(writes).expect("a small number");
    let writing = async {
        for _ in 0..writes {
            from.write_all(&block).await.expect("the peer reads");
        }
    };
    let reading = async {
        while left > 0 {
            left -= to.read(&mut room).await.expect("the peer writes");
        }
    };
    tokio::join!(writing, reading);
}

#[expect(clippy::expect_used, reason = "a bench may fail")]
async fn round_trips<A, B>((mut here, mut there): (A, B), trips: u32)
where
    A: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    B: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let echo = tokio::spawn(async move {
        let mut byte = [0];
        for _ in 0..trips {
            there.read_exact(&mut byte).await.expect("a byte");
            there.write_all(&byte).await.expect("the peer reads");
        }
    });
    let mut byte = [1];
    for _ in 0..trips {
        here.write_all(&byte).await.expect("the peer reads");
        here.read_exact(&mut byte).await.expect("a byte");
    }
    echo.await.expect("the echo ends");
}
