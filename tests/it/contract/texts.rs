//! The texts of contracts, and what a suite does with a subject that hangs or panics.

#[expect(dead_code, reason = "the example plants all of them")]
#[path = "../../../examples/contract_kills/streams.rs"]
mod streams;

use unplugged::contract::{self, Report};

use streams::Slip;

fn report(slip: Slip) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(contract::stream(async || streams::pair(slip)).named("mine").run())
}

fn seen(slip: Slip, rule: &str) -> String {
    let report = report(slip);
    let fault = report.faults().iter().find(|fault| fault.detail("rule") == Some(rule));
    fault.unwrap().detail("seen").unwrap().to_owned()
}

#[test]
fn a_broken_rule_is_named_with_what_was_seen_and_its_source() {
    assert_eq!(
        report(Slip::EndThenError).faults()[0].to_string(),
        "stream `mine` breaks `end-stays`: after the end, every read is at the end
  rule     end-stays
  seen     read 2 at the end returned Err(Kind(BrokenPipe))
  source   tokio's docs of AsyncRead::poll_read"
    );
}

#[test]
fn a_report_sums_up_all_broken_rules() {
    let report = report(Slip::SecondShutdownFails);
    let broken = report.check_held().unwrap_err();
    assert_eq!(
        broken.to_string(),
        "stream `mine` holds 32 of 33 rules, 1 skipped
  broken   stream `mine` breaks `shutdown-twice`: a second shutdown does no harm
             seen: a second shutdown that failed: not connected (NotConnected)
             source: trio check_half_closeable_stream, send_eof again"
    );
    assert_eq!(broken.parts(), report.faults());
}

#[test]
#[should_panic(expected = "stream `mine` breaks `half-close`")]
fn an_asserted_report_panics_with_its_faults() {
    report(Slip::ShutdownEndsReading).assert_held();
}

#[test]
fn what_never_becomes_ready_is_a_fault_of_the_rule() {
    assert_eq!(
        seen(Slip::ShutdownHangs, "end-after-bytes"),
        "not done after 10s: something never became ready"
    );
}

#[test]
fn a_panic_of_the_subject_is_a_fault_of_the_rule() {
    assert_eq!(seen(Slip::PanicsAtEnd, "end-without-bytes"), "a panic: nobody thought of the end");
}

#[test]
fn what_wakes_itself_without_an_end_is_a_fault_of_the_rule() {
    assert_eq!(
        seen(Slip::WakesItselfForEver, "idle-read-waits"),
        "polled 60000 times and not done: something wakes itself without an end"
    );
}

#[test]
fn a_rule_that_the_suite_does_not_have_is_refused_with_the_nearest_name() {
    let report = report(Slip::SecondShutdownFails);
    let text = |rule: &str| crate::fake::panic_text(|| report.breaks(rule));
    assert_eq!(
        text("end-stay"),
        "stream `mine`: its contract has no rule `end-stay`\n  next     write `end-stays`"
    );
    assert_eq!(
        text("reorders"),
        "stream `mine`: its contract has no rule `reorders`\n  \
         next     see `Report::held`, `Report::faults` and `Report::skipped` for the names"
    );
}
