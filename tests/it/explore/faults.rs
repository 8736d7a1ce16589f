//! `explore::faults`.

use std::{io, sync::Mutex};

use pretty_assertions::assert_eq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    explore::{self, FaultyPipe},
    transport::Pipe,
};

use crate::support::{NOT_THE_CAUSE, panic_of, replay};

async fn echo(mut stream: FaultyPipe) -> io::Result<()> {
    let mut heard = [0; 4];
    stream.read_exact(&mut heard).await?;
    stream.write_all(&heard).await?;
    stream.shutdown().await
}

/// Says ping, and gives what comes back.
async fn ping(mut client: Pipe) -> io::Result<Vec<u8>> {
    client.write_all(b"ping").await?;
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await?;
    Ok(answer)
}

#[test]
fn an_error_that_nobody_expected_is_reported_word_for_word() {
    let made = line!() + 2;
    let text = panic_of(|| {
        explore::faults(async |sim: Sim, server, client| {
            sim.spawn(async move {
                echo(server).await.expect("an echo never fails"); // the planted bug
            });
            let _answer = ping(client).await;
        });
    });
    assert_eq!(
        text,
        format!(
            "explore::faults: case 2 of 10 fails: read 1 fails with ConnectionReset\n  \
             failure  a task of the sim panicked\n             \
             panic    an echo never fails: Kind(ConnectionReset)\n             \
             at       tests/it/explore/faults.rs:{at}:36\n             \
             next     if that is meant to happen, say `sim.expect_panic(\"...\")` before\n             \
             trace    +0ns wrote to `peer`, 4 bytes, made at tests/it/explore/faults.rs:{made}:9: b\"ping\"\n                      \
             +0ns began task, made at tests/it/explore/faults.rs:{spawned}:17\n                      \
             +0ns injected `read 1 fails with ConnectionReset`\n                      \
             +0ns dropped `faulty`, made at tests/it/explore/faults.rs:{made}:9\n                      \
             +0ns panic `an echo never fails: Kind(ConnectionReset)`\n             \
             now      +0ns, seed 0x5eed\n{replay}",
            at = made + 2,
            spawned = made + 1,
            replay = replay("UNPLUGGED_CASE=2"),
        )
    );
}

#[test]
fn a_reader_that_takes_what_comes_for_all_there_is_is_found() {
    let text = panic_of(|| {
        explore::faults(async |sim: Sim, mut server: FaultyPipe, client| {
            sim.spawn(async move {
                let mut heard = [0; 4];
                let length = server.read(&mut heard).await.unwrap_or(0); // the planted bug
                assert!(length == 0 || length == 4, "a piece of {length}");
            });
            let _answer = ping(client).await;
        });
    });
    assert!(text.starts_with("explore::faults: case 5 of 5 fails: read 1 takes one byte\n"), "{text}");
}

#[test]
fn an_echo_that_tells_its_errors_passes_every_case() {
    let seen = Mutex::new(Vec::new());
    let explored = explore::faults(async |sim: Sim, server, client| {
        let served = sim.spawn(echo(server));
        let answer = ping(client).await.map_err(|error| error.kind());
        let served = served.await.unwrap().map_err(|error| error.kind());
        seen.lock().unwrap().push((served, answer));
    });
    // None; four ways for the read, four for the write, one for the shutdown.
    assert_eq!(explored.cases(), 1 + 4 + 4 + 1);
    assert_eq!(explored.to_string(), "10 cases");
    use io::ErrorKind::{BrokenPipe, ConnectionReset, TimedOut, UnexpectedEof};
    let fine = (Ok(()), Ok(b"ping".to_vec()));
    let all = seen.into_inner().unwrap();
    assert_eq!(
        all,
        [
            fine.clone(),
            (Err(ConnectionReset), Err(ConnectionReset)), // the read
            (Err(TimedOut), Err(TimedOut)),
            (Err(UnexpectedEof), Ok(vec![])),
            fine.clone(),
            (Err(ConnectionReset), Err(ConnectionReset)), // the write
            (Err(TimedOut), Err(TimedOut)),
            (Err(BrokenPipe), Ok(vec![])),
            fine,
            (Err(ConnectionReset), Err(ConnectionReset)), // the shutdown
        ]
    );
}

#[test]
fn a_run_that_never_comes_to_the_fault_is_reported() {
    let mut run = 0;
    let text = panic_of(|| {
        explore::faults(async |_sim, mut server: FaultyPipe, _client: Pipe| {
            run += 1;
            if run == 1 {
                server.write_all(b"only once").await.unwrap();
            }
        });
    });
    assert!(
        text.starts_with(
            "explore::faults: case 2 of 5 fails: write 1 fails with ConnectionReset\n  \
             failure  the run never came to where write 1 fails with ConnectionReset\n             \
             next     it does not do the same in every run: see `explore::determinism`\n"
        ),
        "{text}"
    );
}

#[test]
fn a_failure_without_a_fault_is_the_first_case() {
    let text = panic_of(|| {
        explore::faults(async |_sim, _server, _client| panic!("by itself"));
    });
    assert!(text.starts_with("explore::faults: case 1 fails: no fault\n  failure  by itself\n"), "{text}");
}

#[test]
fn the_pipe_may_have_settings_of_its_own() {
    let narrow = Pipe::builder().capacity(2).names("server", "client");
    let explored = explore::faults_with(&narrow, async |sim: Sim, server, client| {
        let served = sim.spawn(echo(server));
        let _answer = ping(client).await;
        let _result = served.await.unwrap();
    });
    // None; four ways for each of two reads and two writes, one for the shutdown.
    explored.assert_cases(1 + 4 * (2 + 2) + 1);
}

#[test]
fn a_body_that_does_nothing_with_its_stream_is_no_search() {
    for text in [
        panic_of(|| _ = explore::faults(async |_sim, _faulty, _peer| {})),
        panic_of(|| {
            _ = explore::faults(async |_sim, _faulty, _peer| {
                let (mut server, mut client) = unplugged::transport::pipe(); // shadowed by an old line of the test
                AsyncWriteExt::write_all(&mut client, b"ping").await.unwrap();
                AsyncReadExt::read_exact(&mut server, &mut [0; 4]).await.unwrap();
            });
        }),
        panic_of(|| {
            _ = explore::faults(async |_sim, _faulty, mut peer| {
                drop(AsyncWriteExt::write_all(&mut peer, b"ping").await); // the wrong end
            });
        }),
    ] {
        assert!(
            text.starts_with("explore::faults: the run did no operation on the stream that it was given"),
            "{text}"
        );
    }
}

#[test]
fn a_fault_that_passes_when_it_runs_again_is_not_blamed() {
    let mut runs = 0;
    let text = panic_of(|| {
        explore::faults(async |_sim, mut server, client| {
            drop(client);
            let _heard = server.read(&mut [0; 4]).await;
            runs += 1;
            assert!(runs != 2, "the second run");
        });
    });
    let first = "explore::faults: case 2 of 5 failed and passes when it runs again, so the case is not the cause: read 1 \
                 fails with ConnectionReset\n  failure  the second run\n";
    assert!(text.starts_with(first), "{text}");
    assert!(text.ends_with(&format!("\n  next     {NOT_THE_CAUSE}")) && !text.contains("replay"), "{text}");
}
