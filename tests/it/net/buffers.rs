//! The send buffer, the receive window, slow start and Nagle's algorithm.

use std::{
    io::{self, ErrorKind},
    time::Duration,
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{ClockExt, micros, millis, secs},
    net::TcpStream,
};

use super::{connected, hears, two};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Writes until a write would wait, in virtual time enough for all that can arrive. Returns how many bytes were taken.
async fn clog(sim: &Sim, stream: &TcpStream) -> usize {
    let mut written = 0;
    for _ in 0..100 {
        while let Ok(count) = stream.try_write(&[7; 64 * KIB]) {
            written += count;
        }
        sim.clock().sleep(millis(100)).await;
    }
    written
}

/// Sends so many bytes to a server 75 ms away that reads all. Returns when the last was written, and when it was heard.
async fn upload(sim: &Sim, count: usize) -> (Duration, Duration) {
    let [a, b] = sim.net().hosts(["a", "b"]);
    sim.net().between("a", "b").latency(millis(75)).keep();
    let (mut near, mut far) = connected(&a, &b).await;
    let (clock, began) = (sim.clock(), sim.clock().since_start());
    let written = sim.spawn(async move {
        near.write_all(&vec![7; count]).await.unwrap();
        let written = clock.since_start() - began;
        near.shutdown().await.unwrap();
        written
    });
    let mut heard = Vec::new();
    far.read_to_end(&mut heard).await.unwrap();
    assert!(heard == vec![7; count], "{} of {count} bytes", heard.len());
    (written.await.unwrap(), sim.clock().since_start() - began)
}

/// Source: RFC 6928: 10, 20, 40 .. segments in a round trip; a megabyte has 685.
#[test]
fn a_megabyte_takes_the_round_trips_of_slow_start() {
    let sim = Sim::new();
    let (_, heard) = sim.run(async { upload(&sim, 1_000_000).await });
    assert_eq!(heard, millis(150) * 6 + millis(75)); // 10 + 20 + .. + 640 segments
}

#[test]
fn without_slow_start_the_receive_window_is_all_that_holds_a_sender_back() {
    let sim = Sim::new();
    sim.net().set_slow_start(false);
    let (written, heard) = sim.run(async { upload(&sim, 1_000_000).await });
    // 128 KiB, then twice as much in each round trip. All is written at once.
    assert_eq!((written, heard), (Duration::ZERO, millis(150) * 3 + millis(75)));
}

#[test]
fn a_window_that_was_set_goes_out_in_each_round_trip_and_does_not_grow() {
    let sim = Sim::new();
    sim.net().set_slow_start(false);
    sim.net().set_window(64 * KIB);
    let (written, heard) = sim.run(async { upload(&sim, 10 * 64 * KIB).await });
    assert_eq!((written, heard), (millis(150) * 9, millis(150) * 9 + millis(75)));
}

/// 4 MiB of send buffer are what bounds a connection whose peer keeps up.
#[test]
fn a_long_transfer_moves_a_whole_send_buffer_in_a_round_trip() {
    let sim = Sim::new();
    let (_, heard) = sim.run(async { upload(&sim, 64 * MIB).await });
    assert!((millis(150) * 16..millis(150) * 32).contains(&heard), "{heard:?}");
}

#[test]
fn before_a_peer_that_reads_nothing_a_writer_waits_after_send_buffer_and_window() {
    let (sim, _net, client, server) = two();
    let host = client.clone();
    let written = sim.run(async {
        let (near, _far) = connected(&host, &host).await;
        clog(&sim, &near).await
    });
    assert_eq!(written, 2_626_560 + 128 * KIB); // loopback
    let sim = Sim::new();
    let [client, server] = [client.name(), server.name()].map(|name| sim.net().host(name));
    let written = sim.run(async {
        let (near, _far) = connected(&client, &server).await;
        clog(&sim, &near).await
    });
    // The congestion window has grown by the segments that the receive window took.
    assert!((600 * KIB..1_100 * KIB).contains(&written), "{written}");
}

#[test]
fn a_reader_that_keeps_up_gets_a_larger_window_and_a_slow_one_does_not() {
    for (pause, most) in [(Duration::ZERO, 4 * MIB), (secs(1), 1_100 * KIB)] {
        let (sim, _net, client, server) = two();
        let unread = sim.run(async {
            let (mut near, mut far) = connected(&client, &server).await;
            let reads = async {
                let mut buffer = vec![0; 8 * KIB];
                for _ in 0..3000 {
                    far.read_exact(&mut buffer).await.unwrap();
                    if !pause.is_zero() {
                        sim.clock().sleep(pause).await;
                    }
                }
            };
            let chunk = vec![7; 64 * KIB];
            tokio::select! {
                () = reads => {}
                error = async { loop { if let Err(error) = near.write_all(&chunk).await { break error; } } } => panic!("{error}"),
            }
            clog(&sim, &near).await;
            sim.net().sockets().iter().map(|socket| socket.in_flight).max().unwrap()
        });
        match pause.is_zero() {
            true => assert!(unread > most, "{unread}"),
            false => assert!(unread < most, "{unread}"),
        }
    }
}

// The end of a stream whose bytes wait in the send buffer.

#[test]
fn what_waits_in_the_send_buffer_of_a_dropped_stream_still_arrives() {
    for latency in [micros(1), millis(100)] {
        let (sim, net, client, server) = two();
        net.everywhere().latency(latency).keep();
        sim.run(async move {
            let (mut near, mut far) = connected(&client, &server).await;
            net.set_slow_start(false);
            near.write_all(&vec![7; 3 * MIB]).await.unwrap();
            drop(near);
            let mut heard = Vec::new();
            far.read_to_end(&mut heard).await.unwrap();
            assert!(heard == vec![7; 3 * MIB], "{}", heard.len());
        });
    }
}

#[test]
fn a_half_close_comes_after_what_waits_in_the_send_buffer() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (mut near, mut far) = connected(&client, &server).await;
        near.write_all(&[7; 200_000]).await.unwrap();
        near.shutdown().await.unwrap();
        assert_eq!(near.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        let mut heard = Vec::new();
        far.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard.len(), 200_000);
        far.write_all(b"all").await.unwrap();
        hears(&mut near, b"all").await;
    });
}

/// Source: Linux 6.18, `tcp_probe_timer`: an orphan probes a shut window until the timeout is `TCP_RTO_MAX`.
#[test]
fn a_dropped_stream_gives_up_what_nobody_reads_and_the_reader_hears_of_it() {
    for (pause, gives_up) in [(secs(190), false), (secs(210), true)] {
        let (sim, _net, client, server) = two();
        sim.run(async {
            let (near, mut far) = connected(&client, &server).await;
            let written = clog(&sim, &near).await; // ten seconds
            drop(near);
            sim.clock().sleep(pause).await;
            let mut heard = Vec::new();
            let end = far.read_to_end(&mut heard).await.map_err(|error| error.kind());
            match gives_up {
                true => assert_eq!((heard.len(), end), (128 * KIB, Err(ErrorKind::ConnectionReset))),
                false => assert_eq!((heard.len(), end), (written, Ok(written))),
            }
        });
    }
}

#[test]
fn a_reset_throws_away_what_waits_in_the_send_buffer() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (near, mut far) = connected(&client, &server).await;
        while near.try_write(&[7; 64 * KIB]).is_ok() {}
        near.reset();
        let error = far.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
}

// News that do not come.

#[test]
fn an_acknowledgement_that_is_held_lets_the_sender_go_on_with_the_release() {
    for nodelay in [false, true] {
        let (sim, net, client, server) = two();
        let (near, mut far) = sim.run(async move { connected(&client, &server).await });
        near.set_nodelay(nodelay).unwrap();
        let hold = net.link("server", "client").hold();
        let heard = sim.watch(async move {
            let mut heard = Vec::new();
            far.read_to_end(&mut heard).await.map(|_| heard.len())
        });
        sim.run(async move {
            let mut near = near;
            for part in [1, 1, 40_000] {
                near.write_all(&vec![7; part]).await.unwrap();
            }
            near.shutdown().await.unwrap();
        });
        sim.advance(secs(60));
        heard.assert_pending();
        drop(hold);
        sim.advance(secs(1));
        assert_eq!(heard.assert_success(), &40_002);
    }
}

#[test]
fn an_acknowledgement_that_is_lost_holds_the_sender_back_until_the_segment_comes_again() {
    let (sim, net, client, server) = two();
    let (near, mut far) = sim.run(async move { connected(&client, &server).await });
    let cut = net.link("server", "client").partition();
    let heard = sim.watch(async move {
        let mut heard = Vec::new();
        far.read_to_end(&mut heard).await.map(|_| heard.len())
    });
    sim.run(async move {
        let mut near = near;
        near.write_all(&vec![7; 80_000]).await.unwrap();
    });
    sim.advance(secs(20));
    heard.assert_pending();
    drop(cut);
    sim.advance(secs(120));
    assert_eq!(heard.assert_success(), &80_000);
}

/// A crash leaves bytes in the send buffer of the peer: it probes the shut window, and is told.
#[test]
fn a_send_buffer_before_a_crashed_reader_is_not_kept_for_ever() {
    let is_over = async |near: &mut TcpStream| -> io::Error {
        loop {
            if let Err(error) = near.write(&[7; 64 * KIB]).await {
                return error;
            }
        }
    };
    for (restarts, kind) in [(true, ErrorKind::ConnectionReset), (false, ErrorKind::TimedOut)] {
        let (sim, _net, client, server) = two();
        sim.run(async {
            let (mut near, _far) = connected(&client, &server).await;
            clog(&sim, &near).await;
            server.crash();
            if restarts {
                server.restart();
            }
            assert_eq!(is_over(&mut near).await.kind(), kind);
        });
    }
}

// Nagle's algorithm.

/// Writes the parts one after the other. Returns when all of them were heard, since the first was written.
fn heard_after(parts: &'static [usize], nodelay: bool) -> Duration {
    let (sim, _net, client, server) = two();
    sim.run(async {
        let (mut near, mut far) = connected(&client, &server).await;
        near.set_nodelay(nodelay).unwrap();
        let began = sim.clock().since_start();
        for part in parts {
            near.write_all(&vec![7; *part]).await.unwrap();
        }
        far.read_exact(&mut vec![0; parts.iter().sum()]).await.unwrap();
        sim.clock().since_start() - began
    })
}

/// Source: RFC 9293, 3.7.4, and Linux 6.18, `tcp_minshall_check`.
#[test]
fn a_small_write_waits_for_the_answer_to_an_earlier_one() {
    assert_eq!(heard_after(&[10], false), millis(1));
    assert_eq!(heard_after(&[10, 10], false), millis(3));
    assert_eq!(heard_after(&[10, 10, 10], false), millis(3)); // the two go together
    assert_eq!(heard_after(&[10, 10, 10], true), millis(1));
    assert_eq!(heard_after(&[1460, 10], false), millis(1)); // whole segments do not count
    assert_eq!(heard_after(&[1460, 10, 10], false), millis(3));
    assert_eq!(heard_after(&[10, 1460], false), millis(1)); // nor do they wait
    assert_eq!(heard_after(&[10, 1470], false), millis(3)); // but for their rest
}

#[test]
fn what_nagle_holds_goes_out_with_nodelay_and_with_the_end() {
    for ends in [true, false] {
        let (sim, _net, client, server) = two();
        let (mut near, mut far) = sim.run(async move { connected(&client, &server).await });
        near.try_write(b"1").unwrap();
        near.try_write(b"2").unwrap();
        near = sim.run(async move {
            match ends {
                true => near.shutdown().await.unwrap(),
                false => near.set_nodelay(true).unwrap(),
            }
            near
        });
        sim.advance(millis(1));
        assert_eq!(far.try_read(&mut [0; 8]).unwrap(), 2);
        drop((near, &mut far));
    }
}

#[test]
fn nagle_holds_no_answer_to_a_question() {
    let (sim, _net, client, server) = two();
    sim.run(async {
        let (mut near, mut far) = connected(&client, &server).await;
        let began = sim.clock().since_start();
        for _ in 0..10 {
            near.write_all(b"question").await.unwrap();
            hears(&mut far, b"question").await;
            far.write_all(b"answer").await.unwrap();
            hears(&mut near, b"answer").await;
        }
        assert_eq!(sim.clock().since_start() - began, millis(20));
    });
}
