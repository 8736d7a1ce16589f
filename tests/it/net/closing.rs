//! How connections end, in halves and whole.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    clock::{ClockExt, hours, millis, nanos, secs},
    net::{KeepAlive, Net, Verdict},
    trace::PacketKind,
};

use super::{connected, packets_sent, two};

/// How the ends of this host's connections stand.
fn ends(net: &Net, host: &str) -> Vec<String> {
    let own = format!("`{host}` 10.");
    let lines = net.netstat().into_iter().filter(|line| line.starts_with(&own));
    lines.map(|line| line.split(": ").nth(1).unwrap().split(',').next().unwrap().to_owned()).collect()
}

#[test]
fn an_end_is_listed_until_its_own_host_has_closed_it() {
    let (sim, net, client, server) = two();
    let (near, mut far) = sim.run(async move { connected(&client, &server).await });
    assert_eq!((ends(&net, "client"), ends(&net, "server")), (vec!["open".into()], vec!["open".into()]));
    drop(near);
    assert_eq!((ends(&net, "client").len(), ends(&net, "server")), (0, vec!["open".into()]));
    sim.advance(millis(1));
    assert_eq!(ends(&net, "server"), ["closed by the other end"]);
    sim.run(async move {
        assert_eq!(far.read(&mut [0; 8]).await.unwrap(), 0);
        assert_eq!(far.read(&mut [0; 8]).await.unwrap(), 0);
        far.write_u8(1).await.unwrap(); // nobody knows yet that it is in vain
        tokio::time::sleep(millis(3)).await;
        assert_eq!(far.write_u8(1).await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
    assert_eq!(net.netstat().len(), 0);
}

#[test]
fn what_was_written_before_a_close_is_read_and_then_the_end() {
    let (sim, _net, client, server) = two();
    let clock = sim.clock();
    sim.run(async move {
        let (mut near, mut far) = connected(&client, &server).await;
        near.write_all(b"bye").await.unwrap();
        drop(near);
        let begun = clock.since_start();
        let mut heard = Vec::new();
        far.read_to_end(&mut heard).await.unwrap();
        assert_eq!((&heard[..], clock.since_start() - begun), (&b"bye"[..], millis(1)));
    });
}

#[test]
fn a_close_with_unread_bytes_is_a_reset_a_latency_later() {
    let (sim, _net, client, server) = two();
    let (near, far) = sim.run(async move { connected(&client, &server).await });
    near.try_write(b"unread").unwrap();
    sim.advance(millis(5));
    drop(far);
    sim.advance(millis(1) - nanos(1));
    assert_eq!(near.try_read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    sim.advance(nanos(1));
    assert_eq!(near.try_read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn the_second_write_after_a_close_fails_a_round_trip_later() {
    let (sim, _net, client, server) = two();
    let (near, far) = sim.run(async move { connected(&client, &server).await });
    drop(far);
    sim.advance(millis(1));
    assert_eq!(near.try_read(&mut [0]).unwrap(), 0);
    assert_eq!(near.try_write(b"first").unwrap(), 5);
    sim.advance(millis(2) - nanos(1));
    assert_eq!(near.try_write(b"in time").unwrap(), 7);
    sim.advance(nanos(1));
    assert_eq!(near.try_write(b"late").unwrap_err().kind(), ErrorKind::BrokenPipe);
}

#[test]
fn a_direction_that_is_ended_leaves_the_other_open() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (mut near, mut far) = connected(&client, &server).await;
        near.write_all(&[1, 2, 3]).await.unwrap();
        near.shutdown().await.unwrap();
        assert_eq!(near.write_u8(4).await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        let mut heard = Vec::new();
        far.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, [1, 2, 3]);
        tokio::time::sleep(secs(3600)).await;
        for number in 0..3 {
            far.write_u8(number).await.unwrap();
            assert_eq!(near.read_u8().await.unwrap(), number);
        }
    });
}

#[test]
fn a_write_of_nothing_sends_nothing() {
    let (sim, _net, client, server) = two();
    let (mut near, mut far) = sim.run(async move { connected(&client, &server).await });
    let packets = packets_sent(&sim);
    let mut near = sim.run(async move {
        assert_eq!(near.write(&[]).await.unwrap(), 0);
        near
    });
    sim.advance(secs(1));
    assert_eq!(packets_sent(&sim), packets);
    sim.run(async move {
        near.write_u8(1).await.unwrap();
        assert_eq!(far.read_u8().await.unwrap(), 1); // and nothing before it, no end either
    });
}

#[test]
fn a_reset_wakes_who_reads_and_who_waits_to_write() {
    let (sim, net, client, server) = two();
    net.set_window(4);
    let (mut near, far) = sim.run(async move { connected(&client, &server).await });
    let (mut read, mut write) = far.into_split();
    let reading = sim.watch(async move { read.read(&mut [0; 4]).await });
    let writing = sim.watch(async move { write.write_all(b"too long for it").await });
    sim.advance(secs(1));
    reading.assert_pending();
    writing.assert_pending();
    near = sim.run(async move {
        near.peek(&mut [0; 4]).await.unwrap();
        near
    });
    drop(near); // with bytes unread
    sim.advance(millis(1));
    let kinds = [reading.assert_failure().kind(), writing.assert_failure().kind()];
    assert_eq!(kinds, [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe]); // told once, then the stream is over
}

#[test]
fn a_dropped_writing_half_is_an_end_and_a_dropped_reading_half_is_nothing() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (near, mut far) = connected(&client, &server).await;
        let (read, mut write) = near.into_split();
        drop(read);
        far.write_all(b"nobody reads it").await.unwrap();
        write.write_all(b"still here").await.unwrap();
        let mut heard = [0; 10];
        far.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"still here");
    });
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (near, mut far) = connected(&client, &server).await;
        let (mut read, write) = near.into_split();
        drop(write);
        assert_eq!(far.read(&mut [0]).await.unwrap(), 0);
        far.write_u8(7).await.unwrap();
        assert_eq!(read.read_u8().await.unwrap(), 7);
    });
}

#[test]
fn halves_join_again_from_either_side_and_show_what_the_stream_shows() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (near, far) = connected(&client, &server).await;
        let addresses = (near.local_addr().unwrap(), near.peer_addr().unwrap());
        let ((read, write), (far_read, far_write)) = (near.into_split(), far.into_split());
        assert_eq!((read.as_ref().local_addr().unwrap(), write.as_ref().peer_addr().unwrap()), addresses);
        let (write, far_read) = write.reunite(far_read).unwrap_err();
        let mut near = write.reunite(read).unwrap();
        let mut far = far_read.reunite(far_write).unwrap();
        near.write_u8(1).await.unwrap();
        assert_eq!(far.read_u8().await.unwrap(), 1);
    });
}

#[test]
fn halves_of_tokio_wait_each_for_itself() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (near, mut far) = connected(&client, &server).await;
        let (mut read, mut write) = tokio::io::split(near);
        let reading = tokio::spawn(async move {
            let mut answer = [0; 3];
            read.read_exact(&mut answer).await.unwrap();
            answer
        });
        tokio::task::yield_now().await; // it waits
        write.write_all(b"hello").await.unwrap();
        let mut heard = [0; 5];
        far.read_exact(&mut heard).await.unwrap();
        far.write_all(b"hi!").await.unwrap();
        assert_eq!((&heard, &reading.await.unwrap()), (b"hello", b"hi!"));
    });
}

/// Loses the first packet of this kind from the server.
fn lose_first(net: &Net, kind: PacketKind) {
    let mut is_lost = false;
    let decide = move |packet: &unplugged::net::Packet<'_>| {
        let loses = packet.kind == kind && !std::mem::replace(&mut is_lost, true);
        if loses { Verdict::Drop } else { Verdict::Pass }
    };
    net.link("server", "client").inspect(decide).keep();
}

#[test]
fn an_end_that_meets_a_closed_program_costs_no_answer() {
    let (sim, net, client, server) = two();
    lose_first(&net, PacketKind::Segment);
    sim.run(async move {
        let (mut near, mut far) = connected(&client, &server).await;
        near.write_all(b"ask").await.unwrap();
        far.read_exact(&mut [0; 3]).await.unwrap();
        far.write_all(b"answer").await.unwrap(); // lost, and sent again
        drop(far);
        near.shutdown().await.unwrap();
        let mut heard = String::new();
        near.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "answer");
    });
}

#[test]
fn a_clean_close_sends_no_reset_whoever_is_first() {
    for server_first in [false, true] {
        let (sim, _net, client, server) = two();
        sim.run(async {
            let (near, far) = connected(&client, &server).await;
            let (first, mut second) = if server_first { (far, near) } else { (near, far) };
            drop(first);
            assert_eq!(second.read(&mut [0; 8]).await.unwrap(), 0);
            drop(second);
            sim.advance(secs(1)).await;
        });
        let transcript = sim.transcript().lines().join("\n");
        assert!(!transcript.contains("RST"), "{transcript}");
    }
}

#[test]
fn a_lost_reset_is_said_again_to_who_waits_for_room() {
    let (sim, net, client, server) = two();
    lose_first(&net, PacketKind::Rst);
    let (mut near, far) = sim.run(async move { connected(&client, &server).await });
    let written = sim.watch(async move { near.write_all(&vec![0; 16 << 20]).await });
    sim.advance(secs(1)); // the window is full
    drop(far); // with bytes unread
    sim.advance(hours(1));
    assert_eq!(written.assert_failure().kind(), ErrorKind::ConnectionReset);
}

/// A world that ends is not held up by TIME-WAIT, and a server starts again on the port of the last one.
#[test]
fn time_wait_holds_up_neither_the_time_nor_a_server_that_starts_again() {
    let (sim, _net, client, server) = two();
    let clock = sim.clock();
    sim.run(async move {
        let listener = server.listen(80).unwrap();
        let mut near = client.connect("server:80").await.unwrap();
        drop(listener.accept().await.unwrap()); // the server is the first to close
        drop(listener);
        assert_eq!(near.read(&mut [0]).await.unwrap(), 0);
        drop(near);
        drop(server.listen(80).unwrap());
    });
    sim.settle();
    assert!(clock.since_start() < millis(10), "{:?}", clock.since_start());
}

/// Found by a random program beside the kernel.
#[test]
fn a_reset_of_a_connection_that_has_ended_on_both_sides_is_not_heard() {
    for first_resets in [true, false] {
        let (sim, net, client, server) = two();
        let (mut near, mut far) = sim.run(async move { connected(&client, &server).await });
        let far = sim.run(async move {
            near.shutdown().await.unwrap();
            assert_eq!(far.read(&mut [0; 8]).await.unwrap(), 0);
            far.shutdown().await.unwrap();
            assert_eq!(near.read(&mut [0; 8]).await.unwrap(), 0);
            tokio::time::sleep(millis(10)).await;
            let (resets, mut other) = if first_resets { (near, far) } else { (far, near) };
            resets.reset();
            tokio::time::sleep(millis(10)).await;
            assert_eq!(other.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
            assert_eq!(other.read(&mut [0; 8]).await.unwrap(), 0);
            other
        });
        let lines = sim.transcript().lines();
        assert!(!lines.iter().any(|line| line.contains("RST")), "{lines:#?}");
        drop((net, far));
    }
}

/// Source: Linux 6.18: without keep-alive a socket that only reads sends nothing that could be answered.
#[test]
fn who_only_reads_hears_of_a_lost_reset_by_keep_alive_alone() {
    for probes in [false, true] {
        let (sim, net, client, server) = two();
        let (mut near, far) = sim.run(async move { connected(&client, &server).await });
        near.set_keep_alive(probes.then(|| KeepAlive::after(secs(60)))).unwrap();
        let lost = net.link("server", "client").partition();
        far.reset();
        sim.advance(secs(1));
        drop(lost);
        let reading = sim.watch(async move { near.read(&mut [0; 8]).await });
        sim.advance(hours(20));
        match probes {
            true => assert_eq!(reading.assert_failure().kind(), ErrorKind::ConnectionReset),
            false => reading.assert_pending(),
        }
    }
}
