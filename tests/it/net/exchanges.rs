//! Requests and answers over bad links, where each end is dropped as soon as it has done its part.
//!
//! `scripts/exchanges` runs ten thousand of them.

use std::{env, io, io::ErrorKind};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::millis,
    net::{Host, Probability},
    seed::Seed,
};

/// How many seeds are tried, unless `EXCHANGES` says it.
const SEEDS: u64 = 300;

/// How the ends learn that the other has said all.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// Both know the lengths, so that either may be the first to close.
    Lengths,
    /// The client ends its direction after the request, and reads up to the end.
    HalfClose,
    /// The client reads up to the end, so that the server is the first to close.
    ServerFirst,
}

#[derive(Clone, Copy, Debug)]
struct Exchange {
    shape: Shape,
    loss: u32,
    request: usize,
    answer: usize,
}

impl Exchange {
    fn of(seed: u64) -> Self {
        let drawn = |salt: u64| (seed ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        Self {
            shape: [Shape::Lengths, Shape::HalfClose, Shape::ServerFirst][(seed % 3) as usize],
            loss: u32::try_from(1 + drawn(1) % 30).unwrap(),
            request: 1 + (drawn(2) % 4_000) as usize,
            answer: 1 + (drawn(3) % 20_000) as usize,
        }
    }

    async fn ask(self, host: Host) -> io::Result<Vec<u8>> {
        let mut stream = host.connect("server:80").await?;
        stream.write_all(&vec![b'?'; self.request]).await?;
        let mut heard = Vec::new();
        match self.shape {
            Shape::Lengths => {
                heard.resize(self.answer, 0);
                stream.read_exact(&mut heard).await?;
            }
            Shape::HalfClose => {
                stream.shutdown().await?;
                stream.read_to_end(&mut heard).await?;
            }
            Shape::ServerFirst => drop(stream.read_to_end(&mut heard).await?),
        }
        Ok(heard)
    }

    async fn answer(self, host: Host) -> io::Result<()> {
        let listener = host.listen(80)?;
        let (mut stream, _) = listener.accept().await?;
        let mut heard = vec![0; self.request];
        match self.shape {
            Shape::HalfClose => drop(stream.read_to_end(&mut heard).await?),
            _ => drop(stream.read_exact(&mut heard).await?),
        }
        stream.write_all(&vec![b'!'; self.answer]).await
    }

    /// Returns what became of the exchange. A hang is a deadlock of the sim, which panics.
    fn run(self, seed: u64) -> io::Result<()> {
        let sim = Sim::builder().seed(Seed::new(seed)).build();
        let net = sim.net();
        let (client, server) = (net.host("client"), net.host("server"));
        let link = net.everywhere();
        link.loss(Probability::percent(self.loss)).keep();
        link.jitter(millis(20)).keep();
        link.reorder(Probability::percent(20), millis(30)).keep();
        link.duplicate(Probability::percent(10)).keep();
        sim.run(async move {
            let answering = tokio::spawn(self.answer(server));
            tokio::task::yield_now().await; // it listens
            let heard = self.ask(client).await?;
            assert!(heard == vec![b'!'; self.answer], "{} of {} bytes", heard.len(), self.answer);
            answering.await.unwrap()
        })
    }
}

/// Source: Linux gives `ETIMEDOUT` where its retries are used up.
#[test]
#[expect(clippy::print_stdout, reason = "`scripts/exchanges` shows it")]
fn every_exchange_over_a_bad_link_ends_with_the_whole_answer_or_with_retries_used_up() {
    let seeds = env::var("EXCHANGES").map_or(SEEDS, |count| count.parse().expect("a number of seeds"));
    let mut timed_out = 0;
    for seed in 0..seeds {
        let exchange = Exchange::of(seed);
        match exchange.run(seed) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::TimedOut && exchange.loss > 10 => timed_out += 1,
            Err(error) => panic!("seed {seed}: {exchange:?}: {error}"),
        }
    }
    assert!(timed_out * 100 <= seeds, "{timed_out} of {seeds} have used up their retries");
    println!("{seeds} exchanges, {timed_out} of them used up their retries");
}
