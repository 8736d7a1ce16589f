//! Edge-triggered masks: what tokio's driver is told.

use super::{
    Log, World,
    calls::{ALL, EDGE, Epoll, Fd, IN, OUT},
    check,
};

const TOKIO: i32 = ALL | EDGE;

#[test]
fn the_life_of_a_connection() {
    check(async |world: World| {
        let (mut log, epoll) = (Log::default(), Epoll::new());
        let (listener, port) = Fd::listener();
        epoll.add(&listener, TOKIO, 1);
        log.note("idle listener", epoll.wait());
        let client = Fd::tcp();
        log.note("connect", client.connect(port));
        epoll.add(&client, TOKIO, 2);
        world.pause().await;
        log.note("connected", epoll.wait());
        log.note("its error", client.error());
        log.note("again", epoll.wait());
        log.note("connect after success", client.connect(port));
        log.note("connect once more", client.connect(port));
        let server = listener.accept().unwrap();
        log.note("accept again", listener.accept().err().unwrap());
        epoll.add(&server, TOKIO, 3);
        log.note("accepted", epoll.wait());
        log.note("nothing to read", server.recv(8));
        log.note("send", client.send("hello"));
        world.pause().await;
        log.note("bytes came", epoll.wait());
        log.note("read a part", server.recv(2));
        log.note("then", epoll.wait());
        log.note("send", client.send("more"));
        world.pause().await;
        log.note("more came beside unread bytes", epoll.wait());
        log.note("read all", server.recv(64));
        log.note("shut down", client.shutdown(libc::SHUT_WR));
        world.pause().await;
        log.note("one's own end, and the peer's", epoll.wait());
        log.note("the end is read", server.recv(8));
        log.note("and again", server.recv(8));
        log.note("then", epoll.wait());
        log.note("send after the peer's end", server.send("late"));
        world.pause().await;
        log.note("late bytes", epoll.wait());
        log.note("read", client.recv(64));
        log.note("shut down", server.shutdown(libc::SHUT_WR));
        world.pause().await;
        log.note("both have ended", epoll.wait());
        log.note("send", server.send("x"));
        log.note("read", client.recv(8));
        log.note("polled", format!("{} {}", client.poll(libc::POLLIN), server.poll(libc::POLLOUT)));
        log
    });
}

#[test]
fn a_reset() {
    check(async |world: World| {
        let (mut log, epoll) = (Log::default(), Epoll::new());
        let (listener, port) = Fd::listener();
        let client = Fd::tcp();
        client.connect(port);
        epoll.add(&client, TOKIO, 4);
        world.pause().await;
        log.note("connected", epoll.wait());
        let server = listener.accept().unwrap();
        client.send("unread");
        world.pause().await;
        log.note("sent", epoll.wait());
        server.close();
        world.pause().await;
        log.note("reset", epoll.wait());
        log.note("read", client.recv(8));
        log.note("read again", client.recv(8));
        log.note("send", client.send("x"));
        log.note("then", epoll.wait());
        log.note("its peer", client.peer());
        let client = Fd::tcp();
        client.connect(port);
        world.pause().await;
        let server = listener.accept().unwrap();
        client.send("unread");
        world.pause().await;
        server.close();
        world.pause().await;
        log.note("the error is taken", client.error());
        log.note("once", client.error());
        log.note("then the end is read", client.recv(8));
        client.close();
        listener.close();
        log.note("all closed", epoll.wait());
        log
    });
}

#[test]
fn a_refusal() {
    check(async |world: World| {
        let (mut log, epoll) = (Log::default(), Epoll::new());
        let (listener, port) = Fd::listener();
        listener.close();
        let client = Fd::tcp();
        log.note("connect", client.connect(port));
        epoll.add(&client, TOKIO, 5);
        world.pause().await;
        log.note("refused", epoll.wait());
        log.note("its error", client.error());
        log.note("once", client.error());
        log.note("read", client.recv(8));
        log.note("send", client.send("x"));
        log.note("connect again", client.connect(port));
        log.note("and again", client.connect(port));
        let client = Fd::tcp();
        client.connect(port);
        world.pause().await;
        log.note("connect after a refusal", client.connect(port));
        log.note("and again", client.connect(port));
        world.pause().await;
        log.note("read after a refusal", client.recv(8));
        log.note("and again", client.recv(8));
        log.note("a fresh name", client.name());
        log
    });
}

#[test]
fn a_fresh_socket() {
    check(async |_world: World| {
        let (mut log, epoll) = (Log::default(), Epoll::new());
        let fresh = Fd::tcp();
        epoll.add(&fresh, TOKIO, 6);
        log.note("told", epoll.wait());
        log.note("once", epoll.wait());
        log.note("read", fresh.recv(8));
        log.note("send", fresh.send("x"));
        log.note("shut down", fresh.shutdown(libc::SHUT_WR));
        log.note("accept", fresh.accept().err().unwrap());
        log.note("peer", fresh.peer());
        log.note("name", fresh.name());
        log.note("polled", fresh.poll(libc::POLLIN | libc::POLLOUT));
        let datagrams = Fd::udp();
        epoll.add(&datagrams, TOKIO, 7);
        log.note("datagrams", epoll.wait());
        log.note("polled", datagrams.poll(libc::POLLIN | libc::POLLOUT));
        log
    });
}

#[test]
fn room_to_write() {
    check(async |world: World| {
        let (mut log, epoll) = (Log::default(), Epoll::new());
        let (listener, port) = Fd::listener();
        let client = Fd::tcp();
        client.connect(port);
        world.pause().await;
        let server = listener.accept().unwrap();
        epoll.add(&client, TOKIO, 1);
        log.note("room", epoll.wait());
        log.note("filled", client.fill());
        log.note("no room", epoll.wait());
        log.note("polled", client.poll(libc::POLLOUT));
        world.pause().await;
        log.note("still", epoll.wait());
        // What is read makes room for what waits in the sender, which must be read, too.
        for _ in 0..8 {
            server.drain();
            world.pause().await;
        }
        log.note("room again", epoll.wait());
        log.note("polled", client.poll(libc::POLLOUT));
        log.note("send", client.send("x"));
        log
    });
}

#[test]
fn registrations() {
    check(async |world: World| {
        let (mut log, epoll) = (Log::default(), Epoll::new());
        let (listener, port) = Fd::listener();
        let client = Fd::tcp();
        client.connect(port);
        world.pause().await;
        let server = listener.accept().unwrap();
        log.note("change of none", epoll.change(&server, ALL, 1));
        log.note("removal of none", epoll.remove(&server));
        epoll.add(&server, IN | EDGE, 1);
        log.note("twice", epoll.control(libc::EPOLL_CTL_ADD, &server, IN, 2));
        log.note("quiet", epoll.wait());
        client.send("a");
        world.pause().await;
        log.note("only what is asked for", epoll.wait());
        log.note("once", epoll.wait());
        log.note("changed", epoll.change(&server, ALL | EDGE, 3));
        log.note("told again", epoll.wait());
        epoll.change(&server, OUT | EDGE, 4);
        log.note("only room", epoll.wait());
        client.send("b");
        world.pause().await;
        log.note("bytes that were not asked for", epoll.wait());
        epoll.change(&server, IN | EDGE | libc::EPOLLONESHOT, 5);
        log.note("one shot", epoll.wait());
        client.send("c");
        world.pause().await;
        log.note("no second", epoll.wait());
        epoll.change(&server, IN | libc::EPOLLONESHOT, 6);
        log.note("armed again", epoll.wait());
        log.note("and then", epoll.wait());
        epoll.change(&server, IN, 7);
        log.note("by level", epoll.wait());
        log.note("each time", epoll.wait());
        log.note("read", server.recv(64));
        log.note("until it is read", epoll.wait());
        log.note("removed", epoll.remove(&server));
        client.send("d");
        world.pause().await;
        log.note("no more", epoll.wait());
        let other = server.dup();
        epoll.add(&other, IN, 8);
        epoll.add(&server, IN | EDGE, 9);
        log.note("two of one socket", epoll.wait());
        log.note("the level", epoll.wait());
        drop(other);
        client.send("e");
        world.pause().await;
        log.note("read by the one that is left", server.recv(8));
        epoll.add(&client, 0, 10);
        log.note("nothing asked for", epoll.wait());
        server.close();
        world.pause().await;
        log.note("an end that was not asked for", epoll.wait());
        log.note("no place", epoll.wait_for(0));
        log
    });
}

#[test]
fn more_events_than_places() {
    check(async |world: World| {
        let (mut log, epoll) = (Log::default(), Epoll::new());
        let (listener, port) = Fd::listener();
        let clients = [(); 3].map(|()| Fd::tcp());
        for (client, data) in clients.iter().zip(1..) {
            client.connect(port);
            epoll.add(client, TOKIO, data);
        }
        world.pause().await;
        log.note("two", epoll.wait_for(2));
        log.note("the third", epoll.wait_for(2));
        log.note("none", epoll.wait_for(2));
        let servers = [(); 3].map(|()| listener.accept().unwrap());
        servers.iter().for_each(|server| _ = server.send("x"));
        world.pause().await;
        log.note("one", epoll.wait_for(1));
        log.note("the others", epoll.wait());
        for client in &clients {
            epoll.change(client, IN, 4);
        }
        log.note("by level, one", epoll.wait_for(1));
        log.note("by level, two", epoll.wait_for(2));
        log.note("by level, all", epoll.wait());
        log
    });
}
