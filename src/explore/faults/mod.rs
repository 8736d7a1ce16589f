//! A stream, each of whose operations fails in every way.

mod faulty;
mod plan;

use std::{any::type_name_of_val, sync::Arc};

pub use self::faulty::FaultyPipe;
use self::plan::{Case, Plan};
use super::{case, cases::Cases, environment::Entry, explored::Explored, texts};
use crate::{
    Sim, guard,
    sim::Notes,
    transport::{Pipe, PipeBuilder},
    violation::SourceLocation,
};

/// Runs a test's body over a pipe of which one operation goes wrong, once for each operation and each way, each in a
/// sim of its own; first without a fault. The body gives the faulty end to the code under test, keeps the other,
/// and asserts what must hold whatever happens.
///
/// The ways: a read or write is reset, or times out (so are all operations after it, and the peer sees the same); the
/// connection is cut (what is in flight is lost, both sides see a clean end); it is short (takes one byte of many,
/// which is no error at all). A flush or shutdown is reset.
///
/// # Example: an echo that trusts its peer
/// ```
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use unplugged::explore;
///
/// let explored = explore::faults(async |sim, mut server, mut client| {
///     let served = sim.spawn(async move {
///         let mut heard = [0; 4];
///         server.read_exact(&mut heard).await?;
///         server.write_all(&heard).await
///     });
///     let _fails_sometimes = client.write_all(b"ping").await;
///     let mut answer = Vec::new();
///     let read = client.read_to_end(&mut answer).await;
///     let served = served.await.unwrap();
///     assert!(b"ping".starts_with(&*answer));
///     assert!(served.is_err() || read.is_err() || answer == b"ping");
/// });
/// explored.assert_cases(9); // none, and four ways for the read and the write
/// ```
///
/// # Panics
/// With the first case that fails, in the order of the operations; if a run does not come to the operation that is to
/// fail.
#[track_caller]
pub fn faults(body: impl AsyncFnMut(Sim, FaultyPipe, Pipe)) -> Explored {
    faults_with(&Pipe::builder().names("faulty", "peer"), body)
}

/// Runs [`faults`] over a pipe with settings of its own, such as little room; its first end is the faulty one.
///
/// # Panics
/// As [`faults`] does.
#[track_caller]
pub fn faults_with(pipe: &PipeBuilder, mut body: impl AsyncFnMut(Sim, FaultyPipe, Pipe)) -> Explored {
    let made_at = SourceLocation::caller();
    let entry = Entry::here("faults", type_name_of_val(&body));
    let notes = Notes::default();
    let mut run = |case: Case| {
        let plan = Arc::new(Plan::new(case));
        let result = case::in_sim(Sim::builder().notes(&notes), |sim| {
            let (faulty, peer) = pipe.clone().pair_at(made_at);
            let faulty = FaultyPipe::new(faulty, Arc::clone(&plan));
            sim.run_test(|sim| body(sim, faulty, peer));
            if !plan.is_done() {
                texts::fault_not_reached(&case).raise();
            }
        });
        (result, plan.cases())
    };
    let mut cases = Cases::begin(&entry, "cases");
    let (result, faults) = run(Case::NONE);
    let of = faults.len() + 1;
    if faults.is_empty() && result.is_ok() {
        guard::raise(&texts::stream_not_used());
    }
    cases.first(of, Case::NONE, result, || run(Case::NONE).0);
    for (index, case) in faults.into_iter().enumerate() {
        let number = index + 2;
        if cases.wants(number) {
            let (result, _) = run(case);
            cases.ran(number, Some(of), case, result, || run(case).0);
        }
    }
    cases.must_exist(of);
    let explored = cases.end();
    explored.judge_rules(&notes.rules);
    explored
}
