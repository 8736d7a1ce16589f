//! Runs a test in every way that matters, and shows the smallest one in which it fails.
//!
//! | | each case | to replay |
//! |---|---|---|
//! | [`seeds`] | another seed | `UNPLUGGED_SEED` |
//! | [`determinism`] | the same run twice: is it the same? | `UNPLUGGED_SEED` |
//! | [`splits`] | the bytes cut in other places | `UNPLUGGED_CASE` |
//! | [`cancellations`] | a future dropped at another await | `UNPLUGGED_CASE` |
//! | [`faults`] | another operation of a stream fails, in another way | `UNPLUGGED_CASE` |
//!
//! All are called in a plain `#[test]`, and make a sim of their own for each case. A case fails if it panics; a
//! hang is a panic, since a [`Sim`](crate::Sim) notices it. The report holds the text of the first failure, in the
//! order of the cases, which is from small to large. A search that found no case to run fails, too.
//!
//! # The lines that run a case again
//! Before a report is printed, the case runs a second time. If it passes, the report says that the case is not the
//! cause. Else it ends with two lines:
//!
//! ```text
//!   replay   UNPLUGGED_SEED=0x15 target/debug/deps/shop-5c1f09 --exact storms::lost
//!   rebuild  UNPLUGGED_SEED=0x15 cargo test -p shop -- --exact storms::lost
//! ```
//!
//! - `replay` runs the binary that failed, so it has the features and the profile of the build. Where the test's name
//!   is not known (a harness of your own, a thread with a name of yours), it has the arguments of the run that failed.
//! - `rebuild` builds first, for after a change of the code: add the features that your tests need.
//! - rustdoc deletes the binary of a doc test: its one line runs the doc tests by cargo, and knows no features.
//!
//! # Example
//! ```
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use unplugged::{explore, transport::Pipe};
//!
//! let request = b"GET / HTTP/1.1\r\n\r\n";
//! let explored = explore::splits(request, async |sim, cut| {
//!     let (mut client, mut server) = Pipe::builder().segmentation(cut).pair();
//!     sim.spawn(async move { client.write_all(request).await });
//!     let mut head = [0; 18];
//!     server.read_exact(&mut head).await.unwrap();
//!     assert_eq!(&head, request);
//! });
//! explored.assert_cases(155);
//! ```
//!
//! # Replaying, widening, sharing
//! Nothing but this module and `#[unplugged::test]` reads the environment, and only these variables:
//!
//! - `UNPLUGGED_SEED=0x2a`: `seeds` runs this one only, `determinism` runs it instead of the default one.
//! - `UNPLUGGED_CASE=7`: `splits`, `cancellations` and `faults` run this case only. The case must exist, so let each
//!   such test hold one of them.
//! - `UNPLUGGED_SEARCH`: which seeds `seeds` takes. `10000` takes so many: fewer than the test says, or more, which
//!   go on from its last one. `5000..6000` takes these instead. `3/8` takes the third of eight shares. They combine:
//!   `10000,3/8`.
//!
//! A night on eight machines, as GitHub runs it. The first job gives each machine a share of each search; the second
//! gives each machine a share of the tests (a partition of nextest), and each search whole:
//!
//! ```yaml
//! on: { schedule: [{ cron: "0 2 * * *" }] }
//! jobs:
//!   shares-of-seeds:
//!     runs-on: ubuntu-latest
//!     strategy: { fail-fast: false, matrix: { share: [1, 2, 3, 4, 5, 6, 7, 8] } }
//!     env: { UNPLUGGED_SEARCH: "100000,${{ matrix.share }}/8" }
//!     steps:
//!       - uses: actions/checkout@v4
//!       - run: cargo test --release
//!   shares-of-tests:
//!     runs-on: ubuntu-latest
//!     strategy: { fail-fast: false, matrix: { share: [1, 2, 3, 4, 5, 6, 7, 8] } }
//!     env: { UNPLUGGED_SEARCH: "10000" }
//!     steps:
//!       - uses: actions/checkout@v4
//!       - uses: taiki-e/install-action@nextest
//!       - run: cargo nextest run --release --partition count:${{ matrix.share }}/8
//! ```
//!
//! The shares of a search, and ranges that meet (`0..5000`, `5000..10000`), are together all of it, and no seed runs
//! twice.
//!
//! # Common mistakes
//! - **A test that cannot fail.** Assert what must hold in every case, also after a fault: nothing hangs by itself,
//!   and no panic comes, in code that does nothing.
//! - **A search in an async test.** It would run a sim inside of a sim, which is refused.

mod cancellations;
mod case;
mod cases;
mod determinism;
mod environment;
mod explored;
mod faults;
mod progress;

mod seeds;
mod splits;
mod texts;

pub use self::{
    cancellations::cancellations,
    determinism::determinism,
    explored::Explored,
    faults::{FaultyPipe, faults, faults_with},
    seeds::{seeds, seeds_with},
    splits::splits,
};
pub(crate) use self::{
    seeds::{seeds_alone, seeds_of},
    texts::NOT_THE_CAUSE,
};
