//! A relay of readings, as a program might have it: datagrams come in, and go out over a connection.
//!
//! It takes everything from the outside as a value of `unplugged-seam`, links no simulator, and its tests run it in one.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use unplugged_seam::{Accept, BindUdp, Clock, ClockExt, Dial, Listen, Process, Spawn};

/// How long the store may take to accept one reading.
pub const STORE_LIMIT: Duration = Duration::from_secs(5);

/// The port on which the relay takes readings, and tells its count.
pub const PORT: u16 = 7000;

/// Everything that the program takes from the outside.
#[derive(Clone)]
pub struct Outside {
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// Connects to the store.
    pub dial: Arc<dyn Dial>,
    /// Opens the port that tells the count.
    pub listen: Arc<dyn Listen>,
    /// Opens the socket that takes readings.
    pub bind: Arc<dyn BindUdp>,
    /// Starts its tasks.
    pub tasks: Arc<dyn Spawn>,
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").field("is_real", &self.is_real()).finish()
    }
}

impl Outside {
    /// Returns the real outside.
    #[must_use]
    pub fn real() -> Self {
        use unplugged_seam::{RealNet, TokioClock, TokioSpawn};
        Self {
            clock: Arc::new(TokioClock::new()),
            dial: Arc::new(RealNet),
            listen: Arc::new(RealNet),
            bind: Arc::new(RealNet),
            tasks: Arc::new(TokioSpawn),
        }
    }

    /// Returns true if all of it is real.
    #[must_use]
    pub fn is_real(&self) -> bool {
        self.clock.is_real()
            && self.dial.is_real()
            && self.listen.is_real()
            && self.bind.is_real()
            && self.tasks.is_real()
    }
}

/// Runs the relay; the environment names the store. Exits with 2 if it does not, and with 3 if the relay fails.
///
/// # Panics
/// As a fake process does, if it is not declared what the relay uses.
pub async fn run(outside: Outside, process: Process) {
    let Ok(store) = process.env.var("STORE") else { process.exit.exit(2) };
    if relay(&outside, store).await.is_err() {
        process.exit.exit(3);
    }
}

async fn relay(outside: &Outside, store: String) -> io::Result<()> {
    let any = SocketAddr::from(([0, 0, 0, 0], PORT));
    let (readings, questions) = (outside.bind.bind_udp(any).await?, outside.listen.listen(any).await?);
    let count = Arc::new(AtomicU64::new(0));
    let _answering = outside.tasks.spawn(Box::pin(answer(questions, Arc::clone(&count))));
    let mut buffer = [0; 512];
    loop {
        let (length, _from) = readings.recv_from(&mut buffer).await?;
        let forwarding = forward(&*outside.dial, &store, &buffer[..length]);
        // A store that is slow or away loses a reading, and stops nothing.
        if let Ok(Ok(())) = outside.clock.timeout(STORE_LIMIT, forwarding).named("store").await {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn forward(network: &dyn Dial, store: &str, reading: &[u8]) -> io::Result<()> {
    let stream = network.dial(store.into()).await?;
    let mut stream = BufReader::new(stream);
    stream.write_all(reading).await?;
    stream.write_all(b"\n").await?;
    let mut answer = String::new();
    stream.read_line(&mut answer).await?;
    if answer == "ok\n" { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// Tells the count to every client.
async fn answer(questions: Box<dyn Accept>, count: Arc<AtomicU64>) {
    while let Ok((mut client, _from)) = questions.accept().await {
        let line = format!("{}\n", count.load(Ordering::Relaxed));
        let _gone = client.write_all(line.as_bytes()).await;
    }
}
