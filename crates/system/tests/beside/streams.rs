//! Calls on streams, and their errors.

use super::{
    Log, World,
    calls::{Fd, address_of},
    check,
};

/// A connection, both ends.
async fn pair(world: World) -> (Fd, Fd) {
    let (listener, port) = Fd::listener();
    let client = Fd::tcp();
    client.connect(port);
    world.pause().await;
    let server = listener.accept().unwrap();
    (client, server)
}

#[test]
fn calls_in_the_wrong_state() {
    check(async |world: World| {
        let mut log = Log::default();
        let (listener, port) = Fd::listener();
        log.note("a listener connects", listener.connect(port));
        log.note("a listener reads", listener.recv(8));
        log.note("a listener sends", listener.send("x"));
        log.note("a listener listens again", listener.listen(4));
        log.note("a listener binds again", listener.bind(0));
        log.note("its peer", listener.peer());
        log.note("its name", listener.name());
        log.note("its unread bytes", listener.unread());
        let second = Fd::tcp();
        log.note("its port is taken", (second.bind(port) != "0" || second.listen(4) != "0").to_string());
        log.note("an address of another", Fd::tcp().bind_to(&address_of([192, 0, 2, 1], 0)));
        let (client, server) = pair(world).await;
        log.note("a connection listens", client.listen(4));
        log.note("a connection binds", client.bind(0));
        log.note("a connection accepts", client.accept().err().unwrap());
        log.note("names", format!("{} {}", client.name(), client.peer()));
        log.note("of the other", format!("{} {}", server.name(), server.peer()));
        log.note("a bad shutdown", client.shutdown(7));
        let datagrams = Fd::udp();
        log.note("datagrams listen", datagrams.listen(4));
        log.note("datagrams accept", datagrams.accept().err().unwrap());
        log.note("datagrams are shut down", datagrams.shutdown(libc::SHUT_WR));
        log.note("a closed descriptor", {
            let closed = Fd(client.dup().0);
            let number = closed.0;
            closed.close();
            let gone = std::mem::ManuallyDrop::new(Fd(number));
            gone.recv(1)
        });
        log
    });
}

#[test]
fn reads_and_peeks() {
    check(async |world: World| {
        let mut log = Log::default();
        let (client, server) = pair(world).await;
        log.note("no room for nothing", server.recv(0));
        client.send("abcdef");
        world.pause().await;
        log.note("unread", server.unread());
        log.note("peek", server.recv_with(3, libc::MSG_PEEK));
        log.note("peek again", server.recv_with(9, libc::MSG_PEEK));
        log.note("read", server.recv(4));
        log.note("unread", server.unread());
        log.note("no room", server.recv(0));
        log.note("rest", server.recv(9));
        log.note("nothing sent", client.send(""));
        log.note("nothing came", server.recv(4));
        log.note("flags", server.flags());
        client.send("x");
        world.pause().await;
        log.note("without reading", server.shutdown(libc::SHUT_RD));
        log.note("what was there", server.recv(4));
        log.note("then the end", server.recv(4));
        log.note("polled", server.poll(libc::POLLIN | libc::POLLOUT));
        log.note("written all the same", server.send("y"));
        log
    });
}

#[test]
fn an_end_that_is_hard() {
    check(async |world: World| {
        let mut log = Log::default();
        let (client, server) = pair(world).await;
        client.set_linger(0);
        client.close();
        world.pause().await;
        log.note("polled", server.poll(libc::POLLIN | libc::POLLOUT));
        log.note("reset", server.recv(4));
        log.note("send", server.send("x"));
        let (client, server) = pair(world).await;
        client.send("last");
        client.shutdown(libc::SHUT_RDWR);
        world.pause().await;
        log.note("polled", server.poll(libc::POLLIN | libc::POLLOUT));
        log.note("last bytes", server.recv(8));
        log.note("end", server.recv(8));
        log.note("its own", client.recv(8));
        log.note("its own send", client.send("x"));
        let (client, server) = pair(world).await;
        let other = client.dup();
        client.close();
        world.pause().await;
        log.note("one descriptor is left", server.recv(8));
        other.close();
        world.pause().await;
        log.note("none is left", server.recv(8));
        log.note("a send into nothing", server.send("x"));
        world.pause().await;
        log.note("and another", server.send("x"));
        log
    });
}
