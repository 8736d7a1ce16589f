//! Sockets at paths: abstract names, which leave no file.

use super::{
    Log, World,
    calls::{ALL, EDGE, Epoll, Fd},
    check,
};

fn unix() -> Fd {
    Fd::of(libc::AF_UNIX, libc::SOCK_STREAM)
}

#[test]
fn a_connection_at_a_name() {
    check(async |world: World| {
        let (mut log, epoll) = (Log::default(), Epoll::new());
        let name = format!("@unplugged-beside-{}", std::process::id());
        log.note("no listener", unix().at_path(&name, false));
        let listener = unix();
        log.note("bind", listener.at_path(&name, true));
        log.note("bind again", listener.at_path(&name, true));
        log.note("listen", listener.listen(4));
        log.note("taken", {
            let other = unix();
            (other.at_path(&name, true) == "0" && other.listen(4) == "0").to_string()
        });
        epoll.add(&listener, ALL | EDGE, 1);
        log.note("idle", epoll.wait());
        let client = unix();
        epoll.add(&client, ALL | EDGE, 2);
        log.note("fresh", epoll.wait());
        log.note("connect", client.at_path(&name, false));
        log.note("again", client.at_path(&name, false));
        log.note("connected", epoll.wait());
        let server = listener.accept().unwrap();
        epoll.add(&server, ALL | EDGE, 3);
        log.note("accepted", epoll.wait());
        log.note("send", client.send("hello"));
        log.note("came", epoll.wait());
        log.note("read", server.recv(16));
        log.note("none", server.recv(16));
        log.note("shut down", client.shutdown(libc::SHUT_WR));
        log.note("the peer has ended", epoll.wait());
        log.note("end", server.recv(8));
        log.note("back", server.send("late"));
        log.note("read", client.recv(8));
        server.close();
        world.pause().await;
        log.note("closed", epoll.wait());
        log.note("end", client.recv(8));
        log.note("send", client.send("x"));
        let client = unix();
        client.at_path(&name, false);
        let server = listener.accept().unwrap();
        epoll.add(&server, ALL | EDGE, 4);
        epoll.wait();
        server.send("unread");
        client.close();
        log.note("reset", epoll.wait());
        log.note("read", server.recv(8));
        log.note("read again", server.recv(8));
        log.note("send", server.send("x"));
        log
    });
}
