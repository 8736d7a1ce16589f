//! Datagrams.

use super::{
    Log, World,
    calls::{ALL, EDGE, Epoll, Fd, address},
    check,
};

#[test]
fn datagrams_and_their_edges() {
    check(async |world: World| {
        let (mut log, epoll) = (Log::default(), Epoll::new());
        let (near, far) = (Fd::udp(), Fd::udp());
        log.note("bind", far.bind(0));
        log.note("bind again", far.bind(0));
        let port = far.port();
        epoll.add(&far, ALL | EDGE, 1);
        epoll.add(&near, ALL | EDGE, 2);
        log.note("idle", epoll.wait());
        log.note("no destination", near.send("x"));
        log.note("nothing there", near.recv(8));
        log.note("sent", near.send_to("one", &address(port)));
        log.note("a name of its own", near.name());
        world.pause().await;
        log.note("came", epoll.wait());
        near.send_to("two", &address(port));
        near.send_to("", &address(port));
        world.pause().await;
        log.note("more came", epoll.wait());
        log.note("unread", far.unread());
        log.note("peek", far.recv_with(2, libc::MSG_PEEK));
        log.note("cut", far.recv(2));
        log.note("by its length", far.recv_with(1, libc::MSG_TRUNC));
        log.note("an empty one", far.recv(8));
        log.note("none", far.recv(8));
        log.note("too long", near.send_to(&"x".repeat(70_000), &address(port)));
        log.note("connect", near.connect(port));
        log.note("peer", near.peer());
        log.note("send", near.send("three"));
        world.pause().await;
        log.note("came", epoll.wait());
        log.note("read", far.recv(8));
        far.close();
        log.note("send", near.send("lost"));
        world.pause().await;
        log.note("refused", epoll.wait());
        log.note("polled", near.poll(libc::POLLIN | libc::POLLOUT));
        log.note("its error", near.error());
        log.note("once", near.error());
        log.note("read", near.recv(8));
        log.note("send", near.send("lost"));
        world.pause().await;
        log.note("a read tells", near.recv(8));
        log.note("once", near.recv(8));
        log.note("send", near.send("lost"));
        world.pause().await;
        log.note("a send tells", near.send("lost"));
        log
    });
}
