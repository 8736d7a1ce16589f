//! `poll`, of sockets of a sim and of others.
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "each passes memory that is there")]

use super::{
    Log, World,
    calls::{Fd, mask},
    check,
};

fn poll(entries: &mut [libc::pollfd]) -> String {
    let count = unsafe { libc::poll(entries.as_mut_ptr(), entries.len() as u64, 0) };
    let seen: Vec<_> = entries.iter().map(|one| mask(u32::from(one.revents as u16))).collect();
    format!("{count} {}", seen.join(", "))
}

#[test]
fn several_at_once() {
    check(async |world: World| {
        let mut log = Log::default();
        let (listener, port) = Fd::listener();
        let client = Fd::tcp();
        let mut ends = [0; 2];
        assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
        let pipe = ends.map(Fd);
        let mut entries = [listener.0, client.0, pipe[0].0, pipe[1].0, -1].map(|fd| libc::pollfd {
            fd,
            events: libc::POLLIN | libc::POLLOUT,
            revents: 0,
        });
        log.note("before", poll(&mut entries));
        client.connect(port);
        world.pause().await;
        log.note("connected", poll(&mut entries));
        let server = listener.accept().unwrap();
        log.note("accepted", poll(&mut entries));
        server.send("x");
        world.pause().await;
        log.note("bytes", poll(&mut entries));
        entries[1].events = 0;
        log.note("nothing asked", poll(&mut entries));
        server.close();
        world.pause().await;
        log.note("closed", poll(&mut entries));
        log
    });
}
