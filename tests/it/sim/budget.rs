//! The kit's streams take part in tokio's cooperative budget: a task whose streams are always ready lets others run.
//!
//! Each loop counts its turns, so that a test without the budget fails instead of hanging.

use std::{future::Future, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream},
    time::timeout,
};
use unplugged::{
    Sim,
    clock::{FakeClock, secs},
    outcome,
    transport::{ScriptedPeer, pipe},
};

/// More turns than any budget allows between two turns of the others.
const TOO_MANY: u32 = 1_000_000;

struct Turns(u32);

impl Turns {
    fn count(&mut self) {
        self.0 += 1;
        assert!(self.0 < TOO_MANY, "nothing else has a turn");
    }
}

/// Takes the end of the stream for "no bytes yet".
async fn until_a_byte_comes(mut stream: impl AsyncRead + Unpin) {
    let mut turns = Turns(0);
    while stream.read(&mut [0; 8]).await.unwrap() == 0 {
        turns.count();
    }
}

/// Whether another branch of a biased `select!` has a turn.
async fn lets_the_other_branch_run(busy: impl Future<Output = ()>) {
    tokio::select! { biased;
        () = busy => panic!("it has no end"),
        () = tokio::task::yield_now() => {}
    }
}

#[test]
fn a_loop_at_the_end_of_a_pipe_lets_a_select_go_on() {
    Sim::new().run(async {
        let (near, far) = pipe();
        drop(far);
        lets_the_other_branch_run(until_a_byte_comes(near)).await;
    });
}

#[test]
fn a_pipe_spends_the_budget_in_any_tokio_runtime_as_a_duplex_does() {
    fn runs(stream: impl AsyncRead + Unpin) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(lets_the_other_branch_run(until_a_byte_comes(stream)));
    }
    let (near, far): (DuplexStream, DuplexStream) = tokio::io::duplex(64);
    drop(far);
    runs(near);
    let (near, far) = pipe();
    drop(far);
    runs(near);
}

#[test]
fn a_loop_at_the_end_of_a_connection_lets_a_select_go_on() {
    let sim = Sim::new();
    let (client, server) = (sim.net().host("client"), sim.net().host("server"));
    sim.run(async move {
        let listener = server.listen(80).unwrap();
        let near = client.connect("server:80").await.unwrap();
        drop(listener.accept().await.unwrap());
        let (near, _write) = near.into_split();
        lets_the_other_branch_run(until_a_byte_comes(near)).await;
    });
}

#[test]
fn a_loop_that_asks_for_readiness_lets_a_select_go_on() {
    let sim = Sim::new();
    let (client, server) = (sim.net().host("client"), sim.net().host("server"));
    sim.run(async move {
        let listener = server.listen(80).unwrap();
        let near = client.connect("server:80").await.unwrap();
        let far = listener.accept().await.unwrap().0;
        let mut turns = Turns(0);
        lets_the_other_branch_run(async {
            loop {
                near.writable().await.unwrap();
                turns.count();
            }
        })
        .await;
        drop(far);
        let mut turns = Turns(0);
        near.readable().await.unwrap();
        lets_the_other_branch_run(async {
            loop {
                near.readable().await.unwrap();
                assert_eq!(near.try_read(&mut [0; 8]).unwrap(), 0);
                turns.count();
            }
        })
        .await;
        let mut turns = Turns(0);
        lets_the_other_branch_run(async {
            loop {
                assert_eq!(near.peek(&mut [0; 8]).await.unwrap(), 0);
                turns.count();
            }
        })
        .await;
    });
}

#[test]
fn a_loop_at_the_end_of_a_unix_socket_lets_a_select_go_on() {
    let sim = Sim::new();
    let host = sim.net().host("alone");
    sim.run(async move {
        let listener = host.listen_unix("/run/it").unwrap();
        let near = host.connect_unix("/run/it").await.unwrap();
        drop(listener.accept().await.unwrap());
        lets_the_other_branch_run(until_a_byte_comes(near)).await;
    });
}

#[test]
fn an_accept_loop_lets_a_select_go_on() {
    let sim = Sim::new();
    let host = sim.net().host("alone");
    sim.run(async move {
        let listener = host.listen_unix("/run/it").unwrap();
        let mut turns = 0;
        lets_the_other_branch_run(async {
            loop {
                let (_near, far) = tokio::join!(host.connect_unix("/run/it"), listener.accept());
                drop(far.unwrap());
                turns += 1;
                assert!(turns < 10_000, "nothing else has a turn");
            }
        })
        .await;
    });
}

#[test]
fn a_loop_over_datagrams_lets_a_select_go_on() {
    let sim = Sim::new();
    let host = sim.net().host("alone");
    sim.run(async move {
        let (near, far) = (host.bind_udp(1).unwrap(), host.bind_udp(2).unwrap());
        far.try_send_to(b"x", near.local_addr().unwrap()).unwrap();
        near.readable().await.unwrap();
        let mut turns = Turns(0);
        lets_the_other_branch_run(async {
            loop {
                near.peek_from(&mut [0; 8]).await.unwrap();
                turns.count();
            }
        })
        .await;
        let mut turns = Turns(0);
        lets_the_other_branch_run(async {
            loop {
                near.readable().await.unwrap();
                turns.count();
            }
        })
        .await;
        let mut turns = Turns(0);
        lets_the_other_branch_run(async {
            loop {
                near.send_to(b"x", "localhost:9").await.unwrap();
                turns.count();
            }
        })
        .await;
    });
}

#[test]
fn a_loop_at_the_end_of_a_script_lets_a_select_go_on() {
    Sim::new().run(async {
        let (stream, peer) = ScriptedPeer::script("peer").send("x").close().start();
        let mut stream = stream;
        assert_eq!(stream.read_u8().await.unwrap(), b'x');
        lets_the_other_branch_run(until_a_byte_comes(&mut stream)).await;
        drop(stream);
        peer.finish().await;
    });
}

#[test]
fn an_echo_over_a_pipe_lets_a_select_go_on() {
    Sim::new().run(async {
        let (mut near, mut far) = pipe();
        let mut turns = Turns(0);
        lets_the_other_branch_run(async {
            let mut bytes = [3; 512];
            loop {
                near.write_all(&bytes).await.unwrap();
                far.read_exact(&mut bytes).await.unwrap();
                turns.count();
            }
        })
        .await;
    });
}

#[test]
fn a_loop_at_the_end_in_a_task_lets_the_others_run() {
    Sim::new().run(async {
        let (near, far) = pipe();
        drop(far);
        let busy = tokio::spawn(until_a_byte_comes(near));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        busy.abort();
        assert!(busy.await.unwrap_err().is_cancelled());
    });
}

/// Time stands still while the loop runs: the sim reports it, and the timeout cannot fire.
#[test]
fn a_timeout_around_a_loop_at_the_end_is_reported() {
    let sim = Sim::builder().max_steps_per_instant(1000).build();
    let text = super::panic_text(|| {
        sim.run(async {
            let (near, far) = pipe();
            drop(far);
            drop(timeout(secs(1), until_a_byte_comes(near)).await);
        });
    });
    assert!(
        text.starts_with("the test is never idle: it was polled more than 1000 times at one instant\n"),
        "{text}"
    );
}

/// What the test polls by hand inside of a task is not held up by the budget of that task.
#[test]
fn what_a_test_asks_by_hand_spends_no_budget() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let many = |ends: (unplugged::transport::Pipe, unplugged::transport::Pipe)| async move {
            let (mut near, mut far) = ends;
            for _ in 0..1000 {
                near.write_all(b"x").await.unwrap();
                far.read_u8().await.unwrap();
            }
        };
        outcome::watch(many(pipe())).assert_ready();
        FakeClock::new().watch(many(pipe())).assert_ready();
        let clock = FakeClock::new();
        let late = clock.watch(many(pipe()));
        clock.advance(Duration::ZERO);
        late.assert_ready();
    });
}
