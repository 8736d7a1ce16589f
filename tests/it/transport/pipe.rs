//! Tests of `pipe()`. What holds for any stream is also run over tokio's duplex and over loopback TCP.

use std::{
    io::{self, ErrorKind, IoSlice, Read, Write},
    time::Duration,
};

use bytes::Bytes;
use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use unplugged::{
    Sim, outcome,
    seed::Seed,
    transport::{Pipe, Segmentation, pipe},
};

trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

/// Checks what every connected pair of streams does.
async fn contract<A: Stream, B: Stream>(mut first: A, mut second: B) -> io::Result<()> {
    // Bytes arrive, in order, both ways.
    first.write_all(b"ping").await?;
    let mut heard = [0; 4];
    second.read_exact(&mut heard).await?;
    assert_eq!(&heard, b"ping");
    second.write_all(b"pong").await?;
    first.read_exact(&mut heard).await?;
    assert_eq!(&heard, b"pong");

    // An empty read is ready at once, and takes nothing.
    first.write_all(b"x").await?;
    assert_eq!(second.read(&mut []).await?, 0);
    assert_eq!(second.read_u8().await?, b'x');

    // After a shutdown the other end reads what is left, then the end, again and again; its own direction goes on.
    first.write_all(b"bye").await?;
    first.shutdown().await?;
    let mut rest = Vec::new();
    second.read_to_end(&mut rest).await?;
    assert_eq!(rest, b"bye");
    assert_eq!(second.read(&mut [0]).await?, 0);
    assert_eq!(second.read(&mut [0]).await?, 0);
    second.write_all(b"still here").await?;
    drop(second);
    rest.clear();
    first.read_to_end(&mut rest).await?;
    assert_eq!(rest, b"still here");
    assert_eq!(first.write(b"late").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    Ok(())
}

#[tokio::test]
async fn a_pipe_does_what_every_stream_does() -> io::Result<()> {
    let (first, second) = pipe();
    contract(first, second).await
}

#[tokio::test]
async fn a_pipe_that_is_cut_into_ones_does_what_every_stream_does() -> io::Result<()> {
    let (first, second) = Pipe::builder().segmentation(Segmentation::one_byte()).pair();
    contract(first, second).await
}

#[tokio::test]
async fn tokio_duplex_does_what_every_stream_does() -> io::Result<()> {
    let (first, second) = tokio::io::duplex(64);
    contract(first, second).await
}

#[tokio::test]
async fn loopback_tcp_does_what_every_stream_does() -> io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let first = tokio::net::TcpStream::connect(listener.local_addr()?).await?;
    let (second, _) = listener.accept().await?;
    contract(first, second).await
}

#[test]
fn its_ends_can_go_anywhere() {
    fn check<T: Unpin + Send + Sync + std::fmt::Debug + 'static>() {}
    check::<Pipe>();
}

#[test]
fn a_full_pipe_makes_the_writer_wait_and_a_read_wakes_it() {
    let (mut client, mut server) = Pipe::builder().capacity(4).pair();
    let mut write = task::spawn(client.write_all(b"12345678"));
    assert_pending!(write.poll());
    let mut buffer = [0; 3];
    assert_eq!(assert_ready_ok!(task::spawn(server.read(&mut buffer)).poll()), 3);
    assert!(write.is_woken());
    assert_pending!(write.poll());
    assert_eq!(assert_ready_ok!(task::spawn(server.read(&mut buffer)).poll()), 3);
    assert_ready_ok!(write.poll());
}

#[test]
fn a_write_wakes_the_reader() {
    let (mut client, mut server) = pipe();
    let mut buffer = [0; 8];
    let mut read = task::spawn(server.read(&mut buffer));
    assert_pending!(read.poll());
    assert_ready_ok!(task::spawn(client.write(b"x")).poll());
    assert!(read.is_woken());
    assert_eq!(assert_ready_ok!(read.poll()), 1);
}

#[test]
fn a_cancelled_read_loses_nothing() {
    let (mut client, mut server) = pipe();
    let mut buffer = [0; 8];
    {
        let mut read = task::spawn(server.read(&mut buffer));
        assert_pending!(read.poll());
        assert_ready_ok!(task::spawn(client.write(b"kept")).poll());
        assert!(read.is_woken());
    }
    assert_eq!(assert_ready_ok!(task::spawn(server.read(&mut buffer)).poll()), 4);
}

#[test]
fn vectored_writes_arrive_joined() {
    let (mut client, mut server) = pipe();
    assert!(client.is_write_vectored());
    let slices = [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cd")];
    assert_eq!(assert_ready_ok!(task::spawn(client.write_vectored(&slices)).poll()), 4);
    let mut buffer = [0; 8];
    assert_eq!(assert_ready_ok!(task::spawn(server.read(&mut buffer)).poll()), 4);
    assert_eq!(&buffer[..4], b"abcd");
}

#[test]
fn bytes_move_without_being_copied() {
    let (mut client, mut server) = pipe();
    let sent = Bytes::from(vec![7; 100_000]);
    let address = sent.as_ptr();
    assert_ready_ok!(task::spawn(client.write_bytes(sent)).poll());
    let received = assert_ready_ok!(task::spawn(server.read_bytes()).poll()).unwrap();
    assert_eq!((received.as_ptr(), received.len()), (address, 100_000));
}

#[test]
fn moved_and_copied_bytes_keep_their_order() {
    let (mut client, mut server) = pipe();
    assert_ready_ok!(task::spawn(client.write_all(b"a")).poll());
    assert_ready_ok!(task::spawn(client.write_bytes(Bytes::from_static(b"b"))).poll());
    assert_ready_ok!(task::spawn(client.write_all(b"c")).poll());
    let mut buffer = [0; 8];
    assert_eq!(assert_ready_ok!(task::spawn(server.read(&mut buffer)).poll()), 3);
    assert_eq!(&buffer[..3], b"abc");
}

#[test]
fn a_reset_drops_bytes_in_flight_and_both_ends_get_an_error() {
    let (mut client, mut server) = pipe();
    assert_ready_ok!(task::spawn(client.write_all(b"lost")).poll());
    client.reset();
    let error = |result: io::Result<usize>| result.unwrap_err().kind();
    let mut buffer = [0; 8];
    assert_eq!(
        assert_ready_err!(task::spawn(server.read(&mut buffer)).poll()).kind(),
        ErrorKind::ConnectionReset
    );
    assert_eq!(assert_ready_err!(task::spawn(server.write(b"x")).poll()).kind(), ErrorKind::ConnectionReset);
    assert_eq!(
        assert_ready_err!(task::spawn(client.read(&mut buffer)).poll()).kind(),
        ErrorKind::ConnectionAborted
    );
    assert_eq!(error(ready(client.write(b""))), ErrorKind::ConnectionAborted);
}

/// Returns the output of a future that must be ready at once.
fn ready<F: Future>(future: F) -> F::Output {
    match task::spawn(future).poll() {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("it should be ready at once"),
    }
}

#[test]
fn a_held_direction_keeps_bytes_and_end_until_it_is_released() {
    let (mut client, mut server) = pipe();
    let wire = client.outgoing();
    wire.hold();
    assert_ready_ok!(task::spawn(client.write_all(b"late")).poll());
    drop(client);
    let mut rest = Vec::new();
    let mut read = task::spawn(server.read_to_end(&mut rest));
    assert_pending!(read.poll());
    assert_eq!(wire.in_flight(), 4);
    wire.release();
    assert!(read.is_woken());
    assert_eq!(assert_ready_ok!(read.poll()), 4);
}

#[test]
fn a_cut_direction_ends_cleanly_without_what_was_in_flight() {
    let (mut client, mut server) = pipe();
    assert_ready_ok!(task::spawn(client.write_all(b"lost")).poll());
    server.incoming().cut();
    let mut buffer = [0; 8];
    assert_eq!(assert_ready_ok!(task::spawn(server.read(&mut buffer)).poll()), 0);
    assert_eq!(assert_ready_err!(task::spawn(client.write(b"x")).poll()).kind(), ErrorKind::BrokenPipe);
    // The other direction goes on.
    assert_ready_ok!(task::spawn(server.write_all(b"y")).poll());
    assert_eq!(assert_ready_ok!(task::spawn(client.read(&mut buffer)).poll()), 1);
}

#[test]
fn an_injected_error_comes_after_the_bytes_in_flight() {
    let (mut client, mut server) = pipe();
    assert_ready_ok!(task::spawn(client.write_all(b"ok")).poll());
    client.outgoing().fail(ErrorKind::TimedOut);
    let mut buffer = [0; 8];
    assert_eq!(assert_ready_ok!(task::spawn(server.read(&mut buffer)).poll()), 2);
    assert_eq!(assert_ready_err!(task::spawn(server.read(&mut buffer)).poll()).kind(), ErrorKind::TimedOut);
    assert_eq!(assert_ready_err!(task::spawn(client.write(b"x")).poll()).kind(), ErrorKind::TimedOut);
}

#[test]
fn a_segmented_direction_hands_out_its_pieces() {
    let (mut client, mut server) = pipe();
    client.outgoing().segment(&Segmentation::at([1, 4]));
    assert_ready_ok!(task::spawn(client.write_all(b"abcdef")).poll());
    let mut pieces = Vec::new();
    for _ in 0..3 {
        pieces.push(assert_ready_ok!(task::spawn(server.read_bytes()).poll()).unwrap());
    }
    assert_eq!(pieces, ["a", "bcd", "ef"]);
}

#[test]
fn the_ends_know_their_addresses() {
    let (client, server) = pipe();
    assert_eq!(client.local_addr().to_string(), "192.0.2.1:49152");
    assert_eq!((client.local_addr(), client.peer_addr()), (server.peer_addr(), server.local_addr()));
}

#[test]
fn a_watch_names_the_stream_that_it_waits_for() {
    let (client, server) = Pipe::builder().names("mail client", "mail server").pair();
    let made = line!() - 1;
    let reading = outcome::watch(async move {
        let mut server = server;
        server.read_u8().await
    });
    assert_eq!(
        reading.check_success().unwrap_err().detail("waits").unwrap(),
        format!("read from `mail server`, made at tests/it/transport/pipe.rs:{made}:80")
    );
    drop(client);
    assert_eq!(reading.assert_failure().kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn its_debug_text_shows_the_state() {
    let (mut client, _server) = pipe();
    assert_ready_ok!(task::spawn(client.write_all(b"four")).poll());
    client.outgoing().hold();
    assert_eq!(
        format!("{client:?}"),
        "Pipe { name: \"client\", outgoing: 4 of 65536 bytes, held, incoming: 0 of 65536 bytes }"
    );
}

#[test]
fn a_pipe_without_room_is_refused() {
    let refused = std::panic::catch_unwind(|| Pipe::builder().capacity(0)).unwrap_err();
    assert_eq!(
        refused.downcast_ref::<&str>(),
        Some(&"the capacity of a pipe is zero: nothing could ever be written")
    );
}

#[test]
fn a_blocking_read_without_an_answer_times_out() {
    let (client, _server) = pipe();
    let mut client = client.into_blocking(Duration::from_millis(5));
    let error = client.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "the other end of `client` let a read wait for 5ms of real time");
}

#[test]
fn blocking_ends_talk_across_threads() {
    let (client, server) = Pipe::builder().capacity(3).pair();
    let [mut client, mut server] = [client, server].map(|end| end.into_blocking(Duration::from_secs(10)));
    let echo = std::thread::spawn(move || io::copy(&mut server, &mut io::sink()));
    client.write_all(&[1; 1000]).unwrap();
    drop(client);
    assert_eq!(echo.join().unwrap().unwrap(), 1000);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn any_bytes_arrive_under_any_cut_and_capacity(
        bytes in proptest::collection::vec(any::<u8>(), 0..2000),
        writes in proptest::collection::vec(1_usize..300, 1..20),
        capacity in 1_usize..200,
        seed in any::<u64>(),
    ) {
        let (mut client, mut server) = Pipe::builder()
            .capacity(capacity)
            .segmentation(Segmentation::seeded(Seed::new(seed)))
            .pair();
        let sent = bytes.clone();
        let received = Sim::new().run(async move {
            let write = async move {
                let mut rest = &sent[..];
                for length in writes.iter().cycle() {
                    let (piece, more) = rest.split_at((*length).min(rest.len()));
                    client.write_all(piece).await.unwrap();
                    rest = more;
                    if rest.is_empty() {
                        break;
                    }
                }
                drop(client);
            };
            let mut received = Vec::new();
            let (_, read) = tokio::join!(write, server.read_to_end(&mut received));
            read.unwrap();
            received
        });
        prop_assert_eq!(received, bytes);
    }
}

#[test]
fn a_blocking_read_gives_the_very_bytes() {
    let (client, server) = pipe();
    let [mut client, mut server] = [client, server].map(|end| end.into_blocking(Duration::from_secs(10)));
    client.write_all(b"ping").unwrap();
    let mut heard = [0; 8];
    let count = server.read(&mut heard).unwrap();
    assert_eq!(&heard[..count], b"ping");
}

#[test]
fn the_addresses_of_the_ends_are_those_that_were_set() {
    let [first, second] = ["10.0.0.1:1111", "10.0.0.2:2222"].map(|address| address.parse().unwrap());
    let (near, far) = Pipe::builder().addresses(first, second).pair();
    assert_eq!([near.local_addr(), near.peer_addr()], [first, second]);
    assert_eq!([far.local_addr(), far.peer_addr()], [second, first]);
}

/// Fills a pipe, and waits to write one byte more.
fn a_writer_that_waits(sim: &Sim) -> (outcome::Watch<()>, Pipe) {
    let (mut near, far) = Pipe::builder().capacity(4).pair();
    let writing = sim.watch(async move {
        assert_eq!(near.write(b"full").await.unwrap(), 4);
        assert_eq!(near.write_all(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
    sim.settle();
    writing.assert_pending();
    (writing, far)
}

#[test]
fn a_writer_that_waits_is_woken_when_the_reader_goes() {
    let sim = Sim::new();
    let (writing, far) = a_writer_that_waits(&sim);
    let direction = far.incoming();
    assert_eq!(direction.in_flight(), 4);
    drop(far);
    sim.settle();
    writing.assert_ready();
    assert_eq!(direction.in_flight(), 0);
}

#[test]
fn a_cut_wakes_both_ends_also_of_a_direction_that_was_held() {
    let sim = Sim::new();
    let (writing, mut far) = a_writer_that_waits(&sim);
    let direction = far.incoming();
    direction.hold();
    let reading = sim.watch(async move { far.read(&mut [0; 8]).await });
    sim.settle();
    reading.assert_pending();
    direction.cut();
    sim.settle();
    assert_eq!(*reading.assert_success(), 0);
    writing.assert_ready();
}

#[test]
fn a_failure_wakes_both_ends_also_of_a_direction_that_was_held() {
    let sim = Sim::new();
    let (mut near, mut far) = Pipe::builder().capacity(4).pair();
    let direction = far.incoming();
    direction.hold();
    let writing = sim.watch(async move { near.write_all(b"fills").await });
    let reading = sim.watch(async move { far.read_to_end(&mut Vec::new()).await });
    sim.settle();
    direction.fail(ErrorKind::TimedOut);
    sim.settle();
    assert_eq!(reading.assert_failure().kind(), ErrorKind::TimedOut);
    writing.assert_failure();
}

#[test]
fn a_direction_that_was_closed_takes_no_more() {
    let sim = Sim::new();
    let (mut near, mut far) = pipe();
    sim.run(async move {
        near.close_write();
        assert_eq!(near.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(far.read(&mut [0]).await.unwrap(), 0);
    });
}
