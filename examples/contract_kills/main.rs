//! Plants one slip at a time, and shows which rule of the contract catches it. Fails if one survives.

#![allow(clippy::print_stdout, reason = "the table is what it is for")]

mod streams;

use unplugged::contract;

use streams::Slip;

/// Each slip, and the rule that is named for it.
const STREAMS: [(Slip, &str); 37] = [
    (Slip::RepeatsBytes, "bytes-arrive"),
    (Slip::SwapsBytes, "bytes-arrive"),
    (Slip::FlipsBits, "bytes-arrive"),
    (Slip::FlushKeepsLastByte, "flush-delivers"),
    (Slip::ShutdownDropsLastByte, "shutdown-flushes"),
    (Slip::EndOvertakesBytes, "end-after-bytes"),
    (Slip::EmptyWriteEnds, "empty-write"),
    (Slip::EmptyReadEats, "empty-read"),
    (Slip::ClearsReadBuffer, "read-appends"),
    (Slip::ClaimsMoreThanItGot, "write-count"),
    (Slip::ClaimsAllOfHalf, "write-count"),
    (Slip::VectoredBackwards, "vectored-write"),
    (Slip::VectoredFirstOnly, "vectored-write"),
    (Slip::EndThenError, "end-stays"),
    (Slip::EndThenSilence, "end-stays"),
    (Slip::EndThenBytes, "end-stays"),
    (Slip::EndIsError, "end-without-bytes"),
    (Slip::IdleIsEnd, "idle-read-waits"),
    (Slip::WritesAfterShutdown, "write-after-shutdown"),
    (Slip::SecondShutdownFails, "shutdown-twice"),
    (Slip::FlushHangs, "flush-delivers"),
    (Slip::ShutdownHangs, "end-after-bytes"),
    (Slip::ShutdownDoesNothing, "end-after-bytes"),
    (Slip::ShutdownEndsReading, "half-close"),
    (Slip::ForgetsReadWaker, "read-wakes-on-bytes"),
    (Slip::KeepsFirstReadWaker, "read-waker-renewed"),
    (Slip::ForgetsWriteWaker, "write-wakes-on-room"),
    (Slip::KeepsFirstWriteWaker, "write-waker-renewed"),
    (Slip::OneWakerForBoth, "wakers-apart"),
    (Slip::CancelledReadEats, "cancelled-read"),
    (Slip::CancelledWriteStays, "cancelled-write"),
    (Slip::NeverFull, "back-pressure"),
    (Slip::GoneReaderIsIgnored, "write-to-dropped"),
    (Slip::GoneReaderHangsWriter, "drop-wakes-writer"),
    (Slip::SpendsNoBudget, "budget"),
    (Slip::PanicsAtEnd, "end-without-bytes"),
    (Slip::WakesItselfForEver, "idle-read-waits"),
];

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut survivors = Vec::new();
    for (slip, rule) in STREAMS {
        let report = contract::stream(async || streams::pair(slip)).run().await;
        let caught = report.breaks(rule);
        println!(
            "{:<24} {:<22} {} of {} rules broken",
            format!("{slip:?}"),
            rule,
            report.faults().len(),
            report.held().len() + report.faults().len()
        );
        if !caught {
            survivors.push(format!("{slip:?} is not caught by `{rule}`: {:?}", report.check_held()));
        }
    }
    drop(std::panic::take_hook());
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
    contract::stream(async || tokio::io::duplex(4096)).run().await.assert_held();
    println!("{} slips, each caught by the rule named for it", STREAMS.len());
}
