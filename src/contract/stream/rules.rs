//! The rules of byte streams, each with its name and its source.

use super::{
    bytes, ends, pressure, wakers,
    world::{Can, World},
};
use crate::contract::rule::{Rule, rule};

type Needs = fn(&Can) -> bool;

const TOKIO_READ: &str = "tokio's docs of AsyncRead::poll_read";
const TOKIO_WRITE: &str = "tokio's docs of AsyncWrite";

/// Returns all rules, in the order in which they are tried, each with what a stream must be able to do.
pub(super) fn all<'a>() -> Vec<(Needs, Rule<World<'a>>)> {
    let always: Needs = |_| true;
    let two_ways: Needs = |can| can.two_ways;
    let half_close: Needs = |can| can.two_ways && can.half_close;
    let pressure: Needs = |can| can.back_pressure;
    let budget: Needs = |can| can.budget;
    let resets: Needs = |can| can.two_ways && can.resets;
    let mut rules = of_bytes(always, two_ways);
    rules.extend(of_ends(always, half_close, resets));
    rules.extend(of_wakers(always, budget));
    rules.extend(of_pressure(pressure, |can| can.two_ways && can.back_pressure));
    rules
}

fn of_bytes<'a>(always: Needs, two_ways: Needs) -> Vec<(Needs, Rule<World<'a>>)> {
    vec![
        (
            always,
            rule!(
                "bytes-arrive",
                bytes::arrive,
                "all bytes arrive unchanged, in order, once",
                "trio check_two_way_stream; nettest BasicIO; RFC 9293, 3.8"
            ),
        ),
        (
            two_ways,
            rule!(
                "both-ways-at-once",
                bytes::both_ways,
                "both directions work at the same time",
                "trio check_two_way_stream; nettest PingPong"
            ),
        ),
        (
            always,
            rule!(
                "flush-delivers",
                bytes::flush_delivers,
                "what was flushed reaches a peer that waits for it",
                "tokio's docs of AsyncWrite::poll_flush"
            ),
        ),
        (
            always,
            rule!(
                "write-count",
                bytes::write_count,
                "a write returns how many bytes it took: 1 to the length",
                TOKIO_WRITE
            ),
        ),
        (
            always,
            rule!(
                "empty-write",
                bytes::empty_write,
                "an empty write returns 0 and sends nothing",
                "trio check_one_way_stream; POSIX write"
            ),
        ),
        (
            always,
            rule!(
                "vectored-write",
                bytes::vectored,
                "a vectored write takes slices in order and skips empty ones",
                "POSIX writev; std's docs of Write::write_vectored"
            ),
        ),
        (
            always,
            rule!(
                "empty-read",
                bytes::empty_read,
                "a read into no room loses nothing",
                "std's docs of Read::read; POSIX read"
            ),
        ),
        (
            always,
            rule!(
                "read-appends",
                bytes::read_appends,
                "a read leaves the filled part of its buffer alone",
                TOKIO_READ
            ),
        ),
        (
            always,
            rule!(
                "idle-read-waits",
                bytes::idle_waits,
                "a read is pending while there is nothing to read",
                TOKIO_READ
            ),
        ),
    ]
}

fn of_ends<'a>(always: Needs, half_close: Needs, resets: Needs) -> Vec<(Needs, Rule<World<'a>>)> {
    vec![
        (
            always,
            rule!(
                "end-after-bytes",
                ends::after_bytes,
                "after a shutdown the peer reads all bytes, then the end, also late",
                "trio check_one_way_stream; RFC 9293, 3.6"
            ),
        ),
        (always, rule!("end-stays", ends::stays, "after the end, every read is at the end", TOKIO_READ)),
        (
            always,
            rule!(
                "shutdown-flushes",
                ends::flushes,
                "a shutdown sends what was written and not flushed",
                "tokio's docs of AsyncWrite::poll_shutdown"
            ),
        ),
        (
            always,
            rule!(
                "end-without-bytes",
                ends::without_bytes,
                "a shutdown before any byte is an end, not an error",
                "trio check_half_closeable_stream"
            ),
        ),
        (
            always,
            rule!(
                "end-after-drop",
                ends::after_drop,
                "after a shutdown and a drop, all bytes arrive, then the end",
                "trio check_one_way_stream; RFC 9293, 3.6"
            ),
        ),
        (
            always,
            rule!(
                "drop-ends",
                ends::drop_ends,
                "a reader whose peer is dropped is done: the end or an error",
                "trio check_one_way_stream, forceful close; nettest CloseTimeout"
            ),
        ),
        (
            always,
            rule!(
                "write-after-shutdown",
                ends::write_after_shutdown,
                "a write after the own shutdown fails",
                "trio check_half_closeable_stream; POSIX EPIPE"
            ),
        ),
        (
            always,
            rule!(
                "shutdown-twice",
                ends::shutdown_twice,
                "a second shutdown does no harm",
                "trio check_half_closeable_stream, send_eof again"
            ),
        ),
        (
            always,
            rule!(
                "write-to-dropped",
                ends::write_to_dropped,
                "writes fail in the end after the reader was dropped, and go on failing",
                "trio check_one_way_stream; POSIX EPIPE"
            ),
        ),
        (
            half_close,
            rule!(
                "half-close",
                ends::half_close,
                "after a shutdown the other direction still works, to its own end",
                "trio check_half_closeable_stream; RFC 9293, 3.6"
            ),
        ),
        (
            resets,
            rule!(
                "reset-with-unread",
                ends::resets,
                "a drop with unread bytes is an error at the peer, no clean end",
                "RFC 1122, 4.2.2.13; Linux tcp_close"
            ),
        ),
    ]
}

fn of_wakers<'a>(always: Needs, budget: Needs) -> Vec<(Needs, Rule<World<'a>>)> {
    vec![
        (
            always,
            rule!(
                "read-wakes-on-bytes",
                wakers::on_bytes,
                "a pending read is woken by bytes",
                "std's docs of Future::poll"
            ),
        ),
        (
            always,
            rule!(
                "read-wakes-on-end",
                wakers::on_end,
                "a pending read is woken by the end",
                "std's docs of Future::poll"
            ),
        ),
        (
            always,
            rule!(
                "read-wakes-on-drop",
                wakers::on_drop,
                "a pending read is woken when its peer is dropped",
                "trio check_one_way_stream; nettest CloseTimeout"
            ),
        ),
        (
            always,
            rule!(
                "read-waker-renewed",
                wakers::renewed,
                "only the waker of the last poll counts: a read can move to another task",
                "std's docs of Future::poll; tokio's tests io_async_fd"
            ),
        ),
        (
            always,
            rule!(
                "cancelled-read",
                wakers::cancelled_read,
                "a read that was given up has taken nothing",
                "tokio's docs of AsyncReadExt::read, cancel safety"
            ),
        ),
        (
            budget,
            rule!(
                "budget",
                wakers::budget,
                "a reader of endless bytes lets other tasks run",
                "tokio's docs of task::coop; its tests coop_budget"
            ),
        ),
    ]
}

fn of_pressure<'a>(pressure: Needs, both: Needs) -> Vec<(Needs, Rule<World<'a>>)> {
    vec![
        (
            pressure,
            rule!(
                "back-pressure",
                pressure::pushes_back,
                "a writer waits while nobody reads",
                "trio, clogged maker; RFC 9293, 3.8.6"
            ),
        ),
        (
            pressure,
            rule!(
                "write-wakes-on-room",
                pressure::wakes_on_room,
                "a pending write is woken when its peer reads",
                "std's docs of Future::poll"
            ),
        ),
        (
            pressure,
            rule!(
                "write-waker-renewed",
                pressure::renewed,
                "only the waker of the last poll counts: a write can move to another task",
                "std's docs of Future::poll"
            ),
        ),
        (
            pressure,
            rule!(
                "cancelled-write",
                pressure::cancelled,
                "a write that was given up has sent nothing",
                "tokio's docs of AsyncWriteExt::write, cancel safety"
            ),
        ),
        (
            pressure,
            rule!(
                "drop-wakes-writer",
                pressure::drop_wakes,
                "a pending write is done when its reader is dropped",
                "trio, clogged maker; nettest CloseTimeout"
            ),
        ),
        (
            pressure,
            rule!(
                "clogged-bytes-arrive",
                pressure::bytes_arrive,
                "what a full stream took arrives once it is read",
                "trio, clogged maker"
            ),
        ),
        (
            both,
            rule!(
                "wakers-apart",
                pressure::apart,
                "a read and a write can be pending at once, each with its own waker",
                "tokio's docs of io::split; nettest RacyRead, RacyWrite"
            ),
        ),
        (
            both,
            rule!(
                "clogged-one-way",
                pressure::one_way,
                "a full direction leaves the other one free",
                "nettest ReadTimeout, WriteTimeout"
            ),
        ),
    ]
}
