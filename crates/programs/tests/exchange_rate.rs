//! The exchange rate page, over two virtual days and a bad upstream.
#![expect(clippy::unwrap_used, reason = "a test may fail in any line")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use unplugged::{
    Sim,
    clock::{ClockExt, hours, millis, secs},
    net::{Host, RuleGuard},
};
use unplugged_programs::exchange_rate::{Outside, Settings, run};

/// The simulated upstream: what it says, after which pause, and how often it was asked.
#[derive(Clone)]
struct Upstream(Arc<Mutex<State>>);

struct State {
    answer: String,
    pause: Duration,
    asked: usize,
}

impl Upstream {
    fn start(host: &Host) -> Self {
        let upstream =
            Self(Arc::new(Mutex::new(State { answer: rate("1.0842"), pause: Duration::ZERO, asked: 0 })));
        let it = upstream.clone();
        host.start(move |host| it.clone().serve(host));
        upstream
    }

    async fn serve(self, host: Host) {
        let listener = host.listen(80).unwrap();
        loop {
            let (stream, _from) = listener.accept().await.unwrap();
            let it = self.clone();
            host.spawn(async move { it.answer(BufReader::new(stream)).await });
        }
    }

    async fn answer(self, mut stream: BufReader<unplugged::net::TcpStream>) {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        assert_eq!(line, "GET /latest?base=EUR&symbols=USD HTTP/1.1\r\n");
        while line != "\r\n" {
            line.clear();
            stream.read_line(&mut line).await.unwrap();
        }
        let (answer, pause) = {
            let mut state = self.0.lock().unwrap();
            state.asked += 1;
            (state.answer.clone(), state.pause)
        };
        tokio::time::sleep(pause).await;
        // The program may have given up.
        let _gone = stream.write_all(answer.as_bytes()).await;
    }

    fn says(&self, answer: impl Into<String>) {
        self.0.lock().unwrap().answer = answer.into();
    }

    fn takes(&self, pause: Duration) {
        self.0.lock().unwrap().pause = pause;
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().asked
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn rate(rate: &str) -> String {
    ok(&format!(r#"{{"base":"EUR","rates":{{"USD":{rate}}}}}"#))
}

/// The program on its host, its upstream, and a reader of the page, 20 ms from it.
struct World {
    sim: Sim,
    upstream: Upstream,
    rates: Host,
    reader: Host,
    _latency: RuleGuard,
}

fn world() -> World {
    let sim = Sim::new();
    let net = sim.net();
    let [page, rates, reader] = ["page", "rates", "reader"].map(|name| net.host(name));
    let latency = net.between("reader", "page").latency(millis(20));
    let upstream = Upstream::start(&rates);
    let outside = Outside {
        clock: Arc::new(page.clock()),
        dial: Arc::new(page.clone()),
        listen: Arc::new(page.clone()),
        tasks: Arc::new(page.clone()),
    };
    let settings = Settings {
        page: ([0, 0, 0, 0], 80).into(),
        upstream: "rates:80".to_owned(),
        pair: ["EUR".to_owned(), "USD".to_owned()],
        every: secs(30),
        limit: secs(10),
    };
    page.start(move |_host| {
        let running = run(outside.clone(), settings.clone());
        async move { running.await.unwrap() }
    });
    World { sim, upstream, rates, reader, _latency: latency }
}

impl World {
    /// What the page shows now, without its tags.
    fn page(&self) -> Vec<String> {
        let reader = self.reader.clone();
        let answer = self.sim.run(async move {
            let mut stream = reader.connect("page:80").await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nhost: page\r\nconnection: close\r\n\r\n").await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        });
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let body = answer.split("</title>").nth(1).unwrap();
        body.split("<p>").skip(1).map(|line| line.trim_end_matches("</p>").to_owned()).collect()
    }
}

#[test]
fn before_the_first_rate_the_page_says_so() {
    let world = world();
    world.upstream.takes(secs(5));
    assert_eq!(world.page(), ["unavailable, please refresh the page"]);
    world.sim.advance(secs(5));
    assert_eq!(world.page(), ["1 EUR = 1.0842 USD", "0 s ago"]);
}

#[test]
fn over_two_days_the_page_follows_the_upstream_every_30_seconds() {
    let world = world();
    for hour in 0..48 {
        world.upstream.says(rate(&format!("1.{hour:02}")));
        world.sim.advance_to(hours(hour) + secs(45));
        assert_eq!(world.page()[0], format!("1 EUR = 1.{hour:02} USD"));
        world.sim.advance_to(hours(hour + 1) - millis(1));
    }
    // At the start, and every 30 seconds since.
    assert_eq!(world.upstream.asked(), 2 * 24 * 120);
}

#[test]
fn the_page_tells_the_age_of_the_rate() {
    let world = world();
    world.sim.advance_to(secs(17));
    assert_eq!(world.page(), ["1 EUR = 1.0842 USD", "17 s ago"]);
    world.sim.advance_to(secs(31));
    assert_eq!(world.page(), ["1 EUR = 1.0842 USD", "1 s ago"]);
}

#[test]
fn a_failure_keeps_the_last_rate_with_its_age() {
    let failures = [
        (
            "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n".to_owned(),
            "the upstream answered with 503",
        ),
        (
            "HTTP/1.1 301 Moved Permanently\r\nlocation: https://other.example/\r\ncontent-length: 0\r\n\r\n"
                .to_owned(),
            "the upstream has moved to https://other.example/",
        ),
        ("HTTP/1.1 302 Found\r\n\r\n".to_owned(), "the upstream has moved to a place that it does not name"),
        (ok("<html>"), "the answer is no JSON"),
        (ok(r#"{"base":"<b>"}"#), "the answer is for &lt;b&gt;"),
        (ok(&"x".repeat(64 * 1024 + 1)), "the answer is longer than 65536 bytes"),
        ("no HTTP\r\n\r\n".to_owned(), "the answer is broken: invalid HTTP version parsed"),
        (String::new(), "the answer is broken: connection closed before message completed"),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_owned(),
            "the answer is broken: error reading a body from connection",
        ),
    ];
    for (answer, text) in failures {
        let world = world();
        world.sim.advance(secs(1));
        world.upstream.says(answer);
        world.sim.advance_to(secs(35));
        let failed = format!("the last attempt failed: {text}");
        assert_eq!(world.page(), ["1 EUR = 1.0842 USD", "35 s ago", &failed]);
        // The next success heals it.
        world.upstream.says(rate("1.1"));
        world.sim.advance_to(secs(65));
        assert_eq!(world.page(), ["1 EUR = 1.1 USD", "5 s ago"]);
    }
}

#[test]
fn an_upstream_that_is_silent_or_gone_never_blocks_the_page() {
    let world = world();
    world.sim.advance(secs(1));
    world.upstream.takes(hours(1));
    world.sim.advance_to(secs(35));
    let clock = world.sim.clock();
    let before = clock.since_start();
    assert_eq!(world.page(), ["1 EUR = 1.0842 USD", "35 s ago"]);
    assert_eq!(clock.since_start() - before, millis(80), "two round trips of the reader, and nothing else");
    world.sim.advance_to(secs(41));
    assert_eq!(world.page()[2], "the last attempt failed: no answer within 10s");

    world.rates.crash();
    world.sim.advance_to(secs(75));
    assert_eq!(
        world.page(),
        ["1 EUR = 1.0842 USD", "75 s ago", "the last attempt failed: no answer within 10s"]
    );
}
