//! Raw requests and the server's answers: bytes in, statuses out. Each runs whole, byte by byte, and cut in two at
//! every place, and must get the same answers each time.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

mod chunks;
mod fields;
mod fuzz;
mod keep_alive;
mod lengths;
mod limits;
mod methods;
mod replies;
mod request_line;
mod targets;

#[path = "../../src/bin/serve/app.rs"]
mod app;

use std::{num::NonZeroU64, sync::Arc};

use unplugged::{
    clock::FakeClock,
    seed::{Rng, Seed},
    transport::{ConnectionState, Segmentation, TestConnection},
};
use workbook::{
    ch06_limits::Limits,
    ch08_application::{AppConfig, ServerFactory},
};

use replies::replies;

/// A name, the bytes of the client, and the result: the answers in their order, `200` or, where the body matters,
/// `200:body`; then the state of the connection, `open` or `closed`.
type Case = (&'static str, &'static [u8], &'static str);

/// Small limits, so that the cases that pass them are small, too.
const LIMITS: Limits = Limits {
    target: 64,
    head_bytes: 512,
    headers: 8,
    body: 64,
    chunk_line: 32,
    trailers: 64,
    empty_lines: 2,
};

/// Returns what the server writes for `input`, cut in this way, and the state of the connection.
fn written(input: &[u8], cut: &Segmentation) -> (Vec<u8>, &'static str) {
    let clock = FakeClock::new();
    let mut config = AppConfig::default();
    config.limits = LIMITS;
    let app_clock = clock.clone();
    let factory =
        ServerFactory::new(config, Arc::new(clock.clone()), move || app::routes(Arc::new(app_clock.clone())));
    let mut server = TestConnection::on_clock(factory.build(), &clock);
    server.receive_cut(input, cut);
    let output = server.value().to_vec();
    (output, if server.state() == ConnectionState::Open { "open" } else { "closed" })
}

/// Returns the result in the form of the tables.
fn outcome(input: &[u8], cut: &Segmentation) -> String {
    let (output, state) = written(input, cut);
    let replies = replies(&output, &to_heads(input));
    replies.iter().map(|(status, body)| format!("{status}:{body} ")).chain([state.to_owned()]).collect()
}

/// Returns for each request line `true` if its method is `HEAD`, whose answer has no body.
fn to_heads(input: &[u8]) -> Vec<bool> {
    let lines = input.split(|byte| *byte == b'\n');
    let is_request_line = |line: &&[u8]| line.ends_with(b" HTTP/1.1\r") || line.ends_with(b" HTTP/1.0\r");
    lines.filter(is_request_line).map(|line| line.starts_with(b"HEAD ")).collect()
}

/// Returns `true` if an outcome is that of the table, which has only the bodies that matter.
fn fits(outcome: &str, wanted: &str) -> bool {
    let (outcome, wanted): (Vec<_>, Vec<_>) = (outcome.split(' ').collect(), wanted.split(' ').collect());
    let fits = |(got, wanted): (&&str, &&str)| got == wanted || got.split(':').next() == Some(wanted);
    outcome.len() == wanted.len() && outcome.iter().zip(&wanted).all(fits)
}

#[track_caller]
fn check(cases: &[Case]) {
    let mut wrong = Vec::new();
    for (name, input, wanted) in cases {
        for cut in Segmentation::every(input) {
            let outcome = outcome(input, &cut);
            if !fits(&outcome, wanted) {
                let input = input.escape_ascii();
                wrong.push(format!(
                    "{name} ({cut})\n  sent     {input}\n  expected {wanted}\n  got      {outcome}"
                ));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases are wrong\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// The number of mutations of each case.
const MUTANTS: usize = 8;

/// The server is its own oracle: for any bytes, the cut must not matter.
fn check_mutants(cases: &[Case]) {
    let mut stream = Seed::new(0x5eed).rng("mutants");
    for (name, input, _) in cases.iter().filter(|(_, input, _)| !input.is_empty()) {
        for _ in 0..MUTANTS {
            let mutant = mutated(input, &mut stream);
            let finally = |cut: &Segmentation| {
                let (output, state) = written(&mutant, cut);
                // A `100 Continue` depends on the bytes that are here already.
                let output = output.escape_ascii().to_string();
                (output.replace(r"HTTP/1.1 100 Continue\r\n\r\n", ""), state)
            };
            let whole = finally(&Segmentation::whole());
            let cuts = [Segmentation::one_byte(), Segmentation::at([below(&mut stream, mutant.len())])];
            for cut in cuts {
                let sent = mutant.escape_ascii();
                assert_eq!(finally(&cut), whole, "{name}, mutated ({cut})\n  sent {sent}");
            }
        }
    }
}

/// Mutates bytes: replaces, inserts, removes or repeats one or two of them.
fn mutated(input: &[u8], stream: &mut Rng) -> Vec<u8> {
    const BYTES: &[u8] = b"\r\n\r\n\0\t :;,=\"\\/%?#0159afGH\x7f\x80\xff";
    let mut mutant = input.to_vec();
    for _ in 0..=below(stream, 2) {
        let (at, byte) = (below(stream, mutant.len()), BYTES[below(stream, BYTES.len())]);
        match below(stream, 4) {
            0 => mutant[at] = byte,
            1 => mutant.insert(at, byte),
            2 if mutant.len() > 1 => drop(mutant.remove(at)),
            _ => mutant.extend_from_within(at..),
        }
    }
    mutant
}

fn below(stream: &mut Rng, limit: usize) -> usize {
    let limit = NonZeroU64::new(limit as u64).expect("not zero");
    usize::try_from(stream.below(limit)).unwrap()
}

macro_rules! tables {
    ($($name:ident: $claim:ident),* $(,)?) => {
        #[test]
        fn it_never_matters_how_bytes_are_cut() {
            check_mutants(&[$($name::CASES),*].concat());
        }

        #[test]
        fn mutated_requests_make_no_panic_and_no_slow_case() {
            fuzz::search(&[$($name::CASES),*].concat());
        }

        $(
            #[test]
            fn $claim() {
                check($name::CASES);
            }
        )*

        #[test]
        fn no_two_cases_have_one_name() {
            let mut names: Vec<&str> = [$($name::CASES),*].concat().iter().map(|case| case.0).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count);
        }

        #[test]
        fn there_are_many_cases() {
            let counts = [$($name::CASES.len()),*];
            assert!(counts.iter().sum::<usize>() >= 200, "{counts:?}");
        }
    };
}

tables! {
    request_line: request_lines_are_read_strictly,
    fields: fields_are_read_strictly,
    targets: targets_and_hosts_have_their_forms,
    lengths: lengths_leave_no_doubt,
    chunks: chunks_leave_no_doubt,
    limits: limits_are_exact,
    methods: methods_have_their_answers,
    keep_alive: connections_go_on_or_end,
}

/// A table that fits every outcome would prove nothing.
#[test]
fn an_outcome_fits_only_what_it_is() {
    assert!(fits("200:a open", "200 open") && fits("200:a open", "200:a open"));
    for wanted in ["200:b open", "200 closed", "404 open", "200 200 open", "open"] {
        assert!(!fits("200:a open", wanted), "{wanted}");
    }
}
