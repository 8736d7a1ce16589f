//! The whole server, explored: with every cut, dropped in every wait, with every fault of its stream, over many seeds.
//! It never hangs and never panics, and each answer is well-formed.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

#[path = "../src/bin/serve/app.rs"]
mod app;

use std::{
    io::{self, ErrorKind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{Clock, ClockExt, millis, mins, secs},
    explore,
    net::{FaultKind, KeepAlive, Latency, Probability},
    transport::{Drive, Pipe, Segmentation, Socket, drive, pipe},
};
use workbook::{
    ch03_connection::Connection,
    ch06_limits::BoundedMessages,
    ch07_time::Deadlines,
    ch08_application::{AppConfig, Router, ServerFactory},
    ch09_shutdown::{Server, stop_signal},
};

/// Pipelined requests: with a body in chunks, an answer without its body, one in chunks, a slow one, and the last.
const REQUESTS: [(&str, &str); 5] = [
    (
        "POST",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n",
    ),
    ("HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("GET", "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("GET", "GET /slow?ms=50 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("POST", "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"),
];

fn requests() -> String {
    REQUESTS.map(|(_, request)| request).concat()
}

/// A small buffer, so that the server often has unsent bytes.
const NARROW: usize = 100;

/// Each request alone.
fn one_by_one() -> Segmentation {
    let mut end = 0;
    Segmentation::at(REQUESTS.map(|(_, request)| {
        end += request.len();
        end
    }))
}

type Running = Connection<Router, BoundedMessages, Deadlines>;

fn factory(clock: Arc<dyn Clock>) -> ServerFactory<impl Fn() -> Router> {
    let app_clock = Arc::clone(&clock);
    ServerFactory::new(AppConfig::default(), clock, move || app::routes(Arc::clone(&app_clock)))
}

/// Runs the server's connection over a stream.
fn serve<S: Socket>(sim: &Sim, stream: S) -> Drive<Running, S, Arc<dyn Clock>> {
    let clock: Arc<dyn Clock> = Arc::new(sim.clock());
    drive(factory(Arc::clone(&clock)).build(), stream, clock).linger(secs(2), 1 << 20)
}

/// Returns what a client receives that sends everything at once, and how it ended.
async fn ask<S: Socket>(mut stream: S, said: String) -> (Vec<u8>, io::Result<()>) {
    let mut heard = Vec::new();
    let mut said = stream.write_all(said.as_bytes()).await;
    if said.is_ok() {
        said = stream.shutdown().await;
    }
    let read = stream.read_to_end(&mut heard).await;
    (heard, said.and(read.map(drop)))
}

/// Checks that the answers are whole and well-formed, and returns their statuses.
#[track_caller]
fn answers(heard: &[u8]) -> Vec<u16> {
    let (mut rest, mut statuses) = (heard, Vec::new());
    let mut methods = REQUESTS.iter().map(|(method, _)| *method);
    while !rest.is_empty() {
        let method = methods.next().expect("no more answers than requests");
        let mut fields = [httparse::EMPTY_HEADER; 16];
        let mut response = httparse::Response::new(&mut fields);
        let head = response.parse(rest).expect("a well-formed head");
        let httparse::Status::Complete(length) = head else { panic!("half a head: {}", rest.escape_ascii()) };
        rest = &rest[length..];
        statuses.push(response.code.unwrap());
        let field = |name: &str| {
            let field = response.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name));
            field.map(|field| std::str::from_utf8(field.value).unwrap())
        };
        if method == "HEAD" {
            continue;
        }
        match (field("content-length"), field("transfer-encoding")) {
            (Some(length), None) => {
                rest = rest.split_at_checked(length.parse().unwrap()).expect("a whole body").1
            }
            (None, Some("chunked")) => rest = after_chunks(rest),
            framing => panic!("what ends the body? {framing:?}"),
        }
    }
    statuses
}

fn after_chunks(mut rest: &[u8]) -> &[u8] {
    loop {
        let Ok(httparse::Status::Complete((head, length))) = httparse::parse_chunk_size(rest) else {
            panic!("no chunk: {}", rest.escape_ascii())
        };
        let (chunk, after) =
            rest[head..].split_at_checked(usize::try_from(length).unwrap() + 2).expect("a whole chunk");
        assert!(chunk.ends_with(b"\r\n"), "{}", chunk.escape_ascii());
        rest = after;
        if length == 0 {
            return rest;
        }
    }
}

/// Returns what a client receives without cuts and faults.
fn undisturbed() -> Vec<u8> {
    let sim = Sim::new();
    sim.run(async {
        let (near, far) = pipe();
        sim.spawn(serve(&sim, far));
        let (heard, ended) = ask(near, requests()).await;
        ended.unwrap();
        heard
    })
}

#[test]
fn undisturbed_each_request_has_its_answer() {
    assert_eq!(answers(&undisturbed()), [200, 200, 200, 200, 404]);
}

#[test]
fn wherever_the_requests_are_cut_the_answers_are_the_same() {
    let expected = undisturbed();
    let explored = explore::splits(requests(), async |sim: Sim, cut| {
        let (near, far) = pipe();
        far.incoming().segment(&cut);
        let served = sim.spawn(serve(&sim, far));
        let (heard, ended) = ask(near, requests()).await;
        ended.unwrap();
        assert_eq!(heard.escape_ascii().to_string(), expected.escape_ascii().to_string());
        served.await.unwrap().1.unwrap();
    });
    // Whole, cut at each place, byte by byte.
    explored.assert_cases(1 + (requests().len() - 1) + 1);
}

/// A refused request gets its answer, for every cut, and the connection ends with it.
#[test]
fn wherever_a_bad_request_is_cut_it_is_refused() {
    const SMUGGLED: &str =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    explore::splits(SMUGGLED, async |sim: Sim, cut| {
        let (near, far) = pipe();
        far.incoming().segment(&cut);
        sim.spawn(serve(&sim, far));
        let (heard, _) = ask(near, SMUGGLED.into()).await;
        assert_eq!(answers(&heard), [400]);
    });
}

#[test]
fn whatever_fails_a_client_hears_the_beginning_of_the_right_answers() {
    let expected = undisturbed();
    let narrow = Pipe::builder().capacity(NARROW);
    let explored = explore::faults_with(&narrow, async |sim: Sim, far, near: Pipe| {
        near.outgoing().segment(&one_by_one());
        let served = sim.spawn(serve(&sim, far));
        let (heard, ended) = ask(near, requests()).await;
        assert!(expected.starts_with(&heard), "{}", heard.escape_ascii());
        let served = served.await.unwrap().1;
        if ended.is_ok() && served.is_ok() {
            answers(&heard); // no fault is known: all answers are whole
        }
    });
    // No fault; four faults for each of 6 reads and 10 writes, one for each of 2 flushes and the shutdown.
    explored.assert_cases(1 + 4 * (6 + 10) + 2 + 1);
}

#[test]
fn a_connection_that_is_dropped_leaves_whole_answers_or_a_reset() {
    let expected = undisturbed();
    let mut answered = Vec::new();
    let explored = explore::cancellations(
        |sim: &Sim| {
            let (near, far) = Pipe::builder().capacity(NARROW).pair();
            near.outgoing().segment(&one_by_one());
            (serve(sim, far), sim.spawn(ask(near, requests())))
        },
        async |_sim, client, served: Option<_>| {
            let (heard, ended) = client.await.unwrap();
            assert!(expected.starts_with(&heard), "{}", heard.escape_ascii());
            match ended.map_err(|error| error.kind()) {
                Ok(()) => answered.push(answers(&heard).len()),
                Err(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => assert!(served.is_none()),
                Err(error) => panic!("{error:?}"),
            }
        },
    );
    // To its end, dropped unpolled, and dropped in each of 12 waits.
    explored.assert_cases(14);
    assert_eq!(answered[0], REQUESTS.len());
}

/// Random cuts, through a pipe of a few bytes, from a slow client.
#[test]
fn a_slow_and_narrow_way_changes_no_answer() {
    let expected = undisturbed();
    let explored = explore::seeds(0..200, async |sim: Sim| {
        let mut draws = sim.rng("way");
        let capacity = usize::try_from(draws.next_u64() % 64 + 1).unwrap();
        let cuts = Segmentation::seeded(sim.seed());
        let (near, far) = Pipe::builder().capacity(capacity).segmentation(cuts).pair();
        let served = sim.spawn(serve(&sim, far));
        let (mut reading, mut writing) = tokio::io::split(near);
        let clock = sim.clock();
        let said = sim.spawn(async move {
            for piece in requests().into_bytes().chunks(capacity) {
                clock.sleep(millis(draws.next_u64() % 20)).await;
                writing.write_all(piece).await?;
            }
            writing.shutdown().await
        });
        let mut heard = Vec::new();
        reading.read_to_end(&mut heard).await.unwrap();
        assert_eq!(answers(&heard), [200, 200, 200, 200, 404]);
        assert_eq!(heard.len(), expected.len()); // the dates differ
        said.await.unwrap().unwrap();
        served.await.unwrap().1.unwrap();
    });
    explored.assert_cases(200);
}

/// Over a network where packets are lost, late and out of order: a stream turns all of that into delay.
#[test]
fn a_bad_network_changes_no_answer() {
    let expected = undisturbed();
    let explored = explore::seeds(0..100, async |sim: Sim| {
        let net = sim.net();
        let (server, client) = (net.host("server"), net.host("client"));
        net.everywhere().latency(Latency::uniform(millis(20), millis(400))).keep();
        net.everywhere().loss(Probability::percent(10)).keep();
        let listener = server.listen(80).unwrap();
        let mut stream = client.connect("server:80").await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        let served = sim.spawn(serve(&sim, accepted));
        stream.write_all(requests().as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        assert_eq!(answers(&heard), [200, 200, 200, 200, 404]);
        assert_eq!(heard.len(), expected.len()); // the dates differ
        served.await.unwrap().1.unwrap();
    });
    explored.assert_cases(100);
}

/// Removes the dates, which depend on the time.
fn without_dates(heard: &[u8]) -> String {
    let text = String::from_utf8_lossy(heard);
    text.split_inclusive("\r\n").filter(|line| !line.starts_with("Date: ")).collect()
}

/// The whole server in five minutes of chaos, which cuts, holds, delays and loses, and pauses hosts for a while. A
/// client receives the beginning of the right answers, and at most a 408 or 503 after it. After the chaos every client
/// is served, and the server stops and leaves nothing behind.
///
/// No host crashes: a server that is local to its thread cannot be given to one.
#[test]
fn a_storm_changes_no_answer_and_after_it_everybody_is_served() {
    const STORM: [FaultKind; 6] = [
        FaultKind::Partition,
        FaultKind::OneWayPartition,
        FaultKind::Hold,
        FaultKind::Loss,
        FaultKind::Delay,
        FaultKind::Pause,
    ];
    let expected = without_dates(&undisturbed());
    let [whole, part, none] = [const { AtomicUsize::new(0) }; 3];
    let explored = explore::seeds(0..200, async |sim: Sim| {
        let net = sim.net();
        let (server, client) = (net.host("server"), net.host("client"));
        let clock: Arc<dyn Clock> = Arc::new(server.clock());
        let listener = server.listen(80).unwrap();
        let (stopper, stop) = stop_signal();
        let served = sim.spawn_background(Server::new(listener, factory(clock)).run(stop));
        let storm = sim.spawn(net.chaos(mins(5)).every(secs(4)).max_duration(secs(20)).faults(STORM).run());
        let mut clients = Vec::new();
        for _ in 0..10 {
            let connected = client.connect("server:80");
            clients.push(sim.spawn(async move {
                match connected.await {
                    Ok(stream) => {
                        // The reset of a server that gave up may be lost, and nobody sends it again: a client that only
                        // reads finds out by asking.
                        stream.set_keep_alive(Some(KeepAlive::after(mins(1)))).unwrap();
                        ask(stream, requests()).await
                    }
                    Err(error) => (Vec::new(), Err(error)),
                }
            }));
            sim.advance(secs(30)).await;
        }
        storm.await.unwrap();
        for client in clients {
            let (heard, ended) = client.await.unwrap();
            let heard = without_dates(&heard);
            let answers = heard.split("HTTP/1.1 408 ").next().unwrap();
            assert!(expected.starts_with(answers), "{}", heard.escape_debug());
            let of = match (answers.len(), ended.is_ok()) {
                (0, _) => &none,
                (length, true) if length == expected.len() => &whole,
                _ => &part,
            };
            of.fetch_add(1, Ordering::Relaxed);
        }

        let stream = client.connect("server:80").await.unwrap();
        let (heard, ended) = ask(stream, requests()).await;
        ended.unwrap();
        assert_eq!(without_dates(&heard), expected);
        stopper.stop();
        let report = served.await.unwrap();
        assert!((1..=11).contains(&report.accepted), "{report:?}");
        sim.advance(secs(1)).await; // the last bytes arrive
        sim.audit().assert_clean();
    });
    explored.assert_cases(200);
    // Each kind was seen, and most clients receive everything: the network's faults end.
    let [whole, part, none] = [whole, part, none].map(AtomicUsize::into_inner);
    assert!(whole > 1000 && part > 0 && none > 0, "{whole} whole, {part} in part, {none} not at all");
}

#[test]
fn two_runs_of_the_server_are_the_same_byte_for_byte() {
    let explored = explore::determinism(async |sim: Sim| {
        let (near, far) = pipe();
        sim.spawn(serve(&sim, far));
        ask(near, requests()).await.1.unwrap();
    });
    assert!(explored.cases() > 10, "{explored}");
}
