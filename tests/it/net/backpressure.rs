//! What a writer can do when its bytes get nowhere.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    clock::{ClockExt, hours, millis, mins, secs},
    net::TcpStream,
};

use super::{connected, two};

/// Writes four single bytes into a window of four, and then finds it full.
#[track_caller]
fn fill(stream: &TcpStream) {
    stream.set_nodelay(true).unwrap();
    for _ in 0..4 {
        assert_eq!(stream.try_write(b"x").unwrap(), 1);
    }
    assert_eq!(stream.try_write(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_held_link_fills_the_window_and_its_release_empties_it() {
    let (sim, net, client, server) = two();
    net.set_window(4);
    let (mut near, mut far) = sim.run(async move { connected(&client, &server).await });
    let hold = net.link("client", "server").hold();
    fill(&near);
    let reading = sim.watch(async move {
        let mut heard = Vec::new();
        far.read_to_end(&mut heard).await.map(|_| heard)
    });
    sim.advance(secs(60));
    assert_eq!(near.try_write(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(hold);
    let clock = sim.clock();
    sim.run(async move {
        let begun = clock.since_start();
        near.writable().await.unwrap();
        assert_eq!(clock.since_start() - begun, millis(1)); // the word that they were read
        near.write_all(b"y").await.unwrap();
        near.shutdown().await.unwrap();
    });
    sim.advance(millis(1));
    assert_eq!(reading.assert_success(), b"xxxxy");
}

#[test]
fn a_reader_that_never_reads_fills_the_window_and_nothing_empties_it() {
    let (sim, net, client, server) = two();
    net.set_window(4);
    let (near, far) = sim.run(async move { connected(&client, &server).await });
    fill(&near);
    sim.advance(secs(3600));
    assert_eq!(near.try_write(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(far.try_read(&mut [0; 8]).unwrap(), 4);
}

#[test]
fn more_than_the_window_gets_through_where_somebody_reads() {
    let (sim, net, client, server) = two();
    net.set_window(4);
    sim.run(async move {
        let (mut near, mut far) = connected(&client, &server).await;
        let reading = tokio::spawn(async move {
            let mut heard = Vec::new();
            far.read_to_end(&mut heard).await.map(|_| heard)
        });
        let sent: Vec<u8> = (0..100).collect();
        for byte in &sent {
            near.write_all(&[*byte]).await.unwrap();
        }
        near.shutdown().await.unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), sent);
    });
}

#[test]
fn a_cut_of_one_way_fills_its_window_and_leaves_the_other_way_alone() {
    let (sim, net, client, server) = two();
    net.set_window(4);
    let (mut near, mut far) = sim.run(async move { connected(&client, &server).await });
    let _cut = net.link("client", "server").partition();
    fill(&near);
    let clock = sim.clock();
    sim.run(async move {
        let begun = clock.since_start();
        far.write_all(b"hey!").await.unwrap();
        let mut heard = [0; 4];
        near.read_exact(&mut heard).await.unwrap();
        assert_eq!((&heard, clock.since_start() - begun), (b"hey!", millis(1)));
        assert_eq!(near.try_write(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

#[test]
fn a_window_holds_on_one_host_too() {
    let (sim, net, client, _server) = two();
    net.set_window(4);
    sim.run(async move {
        let (mut near, mut far) = connected(&client, &client).await;
        fill(&near);
        let mut heard = [0; 4];
        far.read_exact(&mut heard).await.unwrap();
        near.writable().await.unwrap();
        near.write_all(b"y").await.unwrap();
        assert_eq!(far.read_u8().await.unwrap(), b'y');
    });
}

#[test]
fn a_window_that_grows_lets_the_writer_go_on() {
    let (sim, net, client, server) = two();
    net.set_window(4);
    let (near, far) = sim.run(async move { connected(&client, &server).await });
    fill(&near);
    let writing = sim.watch(async move { near.writable().await.map(|()| near) });
    sim.advance(secs(1));
    writing.assert_pending();
    net.set_window(1000); // the reader tells of room at 250 bytes only
    sim.advance(millis(0));
    assert_eq!(writing.assert_success().try_write(&[0; 1000]).unwrap(), 996);
    sim.advance(millis(1));
    assert_eq!(far.try_read(&mut [0; 2000]).unwrap(), 1000);
}

#[test]
fn news_of_room_that_is_held_arrives_with_the_release() {
    let (sim, net, client, server) = two();
    net.set_window(4);
    let (near, far) = sim.run(async move { connected(&client, &server).await });
    fill(&near);
    sim.advance(millis(1));
    for held_for in [secs(1), hours(2)] {
        let hold = net.link("server", "client").hold();
        assert_eq!(far.try_read(&mut [0; 8]).unwrap(), 4);
        sim.advance(held_for);
        assert_eq!(near.try_write(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
        drop(hold);
        sim.settle();
        fill(&near);
        sim.advance(millis(1));
    }
    let _hold = net.link("server", "client").hold();
    assert_eq!(far.try_read(&mut [0; 8]).unwrap(), 4);
    assert!(net.in_flight()[0].deliver()); // by hand
    fill(&near);
}

#[test]
fn a_window_that_stays_shut_over_a_partition_ends_the_stream_as_silence_does() {
    let (sim, net, client, server) = two();
    net.set_window(4);
    let (mut near, far) = sim.run(async move { connected(&client, &server).await });
    fill(&near);
    sim.advance(millis(1));
    let cut = net.everywhere().partition();
    assert_eq!(far.try_read(&mut [0; 8]).unwrap(), 4);
    let begun = sim.clock().since_start();
    let error = sim.run(async move { near.write_all(b"y").await }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let lasted = sim.clock().since_start() - begun;
    assert!((mins(13)..mins(20)).contains(&lasted), "{lasted:?}");
    drop(cut);
}

#[test]
fn a_writer_before_a_shut_window_learns_that_the_reader_has_died() {
    for (restarts, expected) in [(true, ErrorKind::ConnectionReset), (false, ErrorKind::TimedOut)] {
        let (sim, net, client, server) = two();
        net.set_window(4);
        let host = server.clone();
        let (mut near, _far) = sim.run(async move { connected(&client, &server).await });
        fill(&near);
        sim.advance(millis(1)); // all has arrived: no segment is sent again
        host.crash();
        if restarts {
            host.restart();
        }
        assert_eq!(sim.run(async move { near.write_all(b"y").await }).unwrap_err().kind(), expected);
    }
}
