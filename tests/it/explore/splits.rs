//! `explore::splits`.

use std::cell::Cell;

use pretty_assertions::assert_eq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim, explore,
    transport::{Pipe, Segmentation},
};

use crate::support::{NOT_THE_CAUSE, panic_of, replay};

const LINE: &[u8] = b"GET /\r\n";

/// Sends the line, cut so, and gives what `read` makes of it.
async fn received(sim: &Sim, cut: Segmentation, read: impl AsyncFnOnce(&mut Pipe) -> Vec<u8>) -> Vec<u8> {
    let (mut client, mut server) = Pipe::builder().segmentation(cut).pair();
    sim.spawn(async move { client.write_all(LINE).await });
    read(&mut server).await
}

#[test]
fn one_read_for_one_message_is_reported_word_for_word() {
    let made = line!() - 7;
    let text = panic_of(|| {
        explore::splits(LINE, async |sim, cut| {
            let line = received(&sim, cut, async |stream| {
                let mut line = vec![0; 100];
                let length = stream.read(&mut line).await.unwrap(); // the planted bug
                line.truncate(length);
                line
            });
            assert!(line.await.ends_with(b"\n"), "no whole line");
        });
    });
    assert_eq!(
        text,
        format!(
            "explore::splits: case 2 of 23 fails: cut at 1\n  \
             failure  no whole line\n  \
             at       tests/it/explore/splits.rs:{at}:13\n  \
             trace    +0ns began task, made at tests/it/explore/splits.rs:{spawned}:9\n           \
             +0ns wrote to `client`, 7 bytes, made at tests/it/explore/splits.rs:{made}:70: b\"GET /\\r\\n\"\n           \
             +0ns dropped `client`, made at tests/it/explore/splits.rs:{made}:70\n           \
             +0ns ended task, made at tests/it/explore/splits.rs:{spawned}:9\n           \
             +0ns read from `server`, 1 byte, made at tests/it/explore/splits.rs:{made}:70\n           \
             +0ns dropped `server`, made at tests/it/explore/splits.rs:{made}:70\n           \
             +0ns panic `no whole line`\n  \
             now      +0ns, seed 0x5eed\n{replay}",
            spawned = made + 1,
            at = made + 16,
            replay = replay("UNPLUGGED_CASE=2"),
        )
    );
}

#[test]
fn a_reader_that_waits_for_the_line_passes_every_cut() {
    let explored = explore::splits(LINE, async |sim, cut| {
        let line = received(&sim, cut, async |stream| {
            let mut line = Vec::new();
            stream.read_to_end(&mut line).await.unwrap();
            line
        });
        assert_eq!(line.await, LINE);
    });
    // Whole, 6 cuts in one place, 15 in two, byte by byte.
    assert_eq!(explored.cases(), 1 + 6 + 15 + 1);
    assert_eq!(explored.to_string(), "23 cuts");
}

#[test]
fn many_bytes_are_cut_in_one_place() {
    let bytes = [0; 33];
    let explored = explore::splits(bytes, async |sim, cut| {
        let all = received(&sim, cut, async |stream| {
            let mut all = Vec::new();
            stream.read_to_end(&mut all).await.unwrap();
            all
        });
        all.await;
    });
    assert_eq!(explored.cases(), 1 + 32 + 1);
}

#[test]
fn no_bytes_are_refused() {
    let text = panic_of(|| {
        explore::splits("", async |_sim, _cut| ());
    });
    assert_eq!(text, "explore::splits: there is no case to run");
}

#[test]
fn a_body_that_cuts_nothing_is_no_search() {
    let none = "explore::splits: the run cut no bytes: the `Segmentation` that it was given was not used\n  \
                next     hand it to `Pipe::builder().segmentation(cut)`, `PeerScript::segmentation` or `TestConnection`";
    let unused = async |_sim: Sim, _cut| {};
    assert_eq!(panic_of(|| _ = explore::splits(b"GET /", unused)), none);
    let other_bytes = async |_sim: Sim, cut: Segmentation| {
        assert_eq!(cut.cut(&bytes::Bytes::from_static(b"G")).len(), 1); // too few to be cut
    };
    assert_eq!(panic_of(|| _ = explore::splits(b"GET /", other_bytes)), none);
    let made_and_not_written = async |_sim: Sim, cut| drop(Pipe::builder().segmentation(cut).pair());
    assert_eq!(panic_of(|| _ = explore::splits(b"GET /", made_and_not_written)), none);
}

#[test]
fn a_cut_that_passes_when_it_runs_again_is_not_blamed() {
    let runs = Cell::new(0);
    let text = panic_of(|| {
        explore::splits("ab", async |_sim, _cut| {
            runs.set(runs.get() + 1);
            assert!(runs.get() != 2, "the second run");
        });
    });
    let first = "explore::splits: case 2 of 2 failed and passes when it runs again, so the case is not the cause: cut at 1\n  \
                 failure  the second run\n";
    assert!(text.starts_with(first), "{text}");
    assert!(text.ends_with(&format!("\n  next     {NOT_THE_CAUSE}")) && !text.contains("replay"), "{text}");
}
