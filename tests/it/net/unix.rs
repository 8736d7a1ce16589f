//! Unix sockets of one host, in a sim and beside real ones.

use std::{future::Future, io::ErrorKind, time::Duration};

use futures_core::Stream as _;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{ClockExt, millis, secs},
    net::{Host, UnixListener, UnixStream},
};

use super::{assert_os_error, hears, packets_sent, two};

const PATH: &str = "/run/app.sock";

fn one() -> (Sim, Host, UnixListener) {
    let sim = Sim::new();
    let app = sim.net().host("app");
    let listener = app.listen_unix(PATH).unwrap();
    (sim, app, listener)
}

async fn pair(app: &Host, listener: &UnixListener) -> (UnixStream, UnixStream) {
    let near = app.connect_unix(PATH).await.unwrap();
    (near, listener.accept().await.unwrap().0)
}

#[test]
fn its_types_can_go_anywhere() {
    fn check<T: Unpin + Send + Sync + std::fmt::Debug + 'static>() {}
    check::<UnixStream>();
    check::<UnixListener>();
}

#[test]
fn bytes_are_there_at_once_and_no_packet_is_sent() {
    let (sim, app, listener) = one();
    let clock = sim.clock();
    sim.run(async move {
        let (mut near, mut far) = pair(&app, &listener).await;
        near.write_all(b"question").await.unwrap();
        let mut heard = [0; 8];
        far.read_exact(&mut heard).await.unwrap();
        far.write_all(b"answer").await.unwrap();
        assert_eq!(near.try_read(&mut heard).unwrap(), 6);
        assert_eq!(&heard, b"answeron");
        assert_eq!(clock.since_start(), Duration::ZERO);
    });
    assert_eq!(packets_sent(&sim), 0);
}

#[test]
fn no_rule_of_a_link_concerns_it() {
    let (sim, app, listener) = one();
    sim.net().everywhere().partition().may_be_idle().keep();
    sim.run(async move {
        let (mut near, mut far) = pair(&app, &listener).await;
        near.write_all(b"x").await.unwrap();
        assert_eq!(far.read_u8().await.unwrap(), b'x');
    });
}

#[test]
fn a_path_belongs_to_one_host() {
    let (sim, _net, client, server) = two();
    let _listener = server.listen_unix(PATH).unwrap();
    let _other = client.listen_unix("/run/other.sock").unwrap();
    let error = sim.run(async move { client.connect_unix(PATH).await }).unwrap_err();
    assert_os_error(&error, 2, ErrorKind::NotFound);
}

#[test]
fn a_path_stays_when_its_listener_goes_until_it_is_unlinked() {
    let (sim, app, listener) = one();
    drop(listener);
    let host = app.clone();
    let refused = sim.run(async move { host.connect_unix(PATH).await }).unwrap_err();
    assert_os_error(&refused, 111, ErrorKind::ConnectionRefused);
    let taken = app.listen_unix(PATH).unwrap_err();
    assert_os_error(&taken, 98, ErrorKind::AddrInUse);
    app.unlink(PATH).unwrap();
    let error = app.unlink(PATH).unwrap_err();
    assert_os_error(&error, 2, ErrorKind::NotFound);
    let _again = app.listen_unix(PATH).unwrap();
    sim.run(async move { app.connect_unix(PATH).await }).unwrap();
}

#[test]
fn an_unlinked_listener_keeps_its_connections_and_its_path_can_be_anothers() {
    let (sim, app, old) = one();
    sim.run(async move {
        let early = app.connect_unix(PATH).await.unwrap();
        app.unlink(PATH).unwrap();
        let new = app.listen_unix(PATH).unwrap();
        let _late = app.connect_unix(PATH).await.unwrap();
        early.try_write(b"early").unwrap();
        let (far, _) = old.accept().await.unwrap();
        assert_eq!(far.try_read(&mut [0; 8]).unwrap(), 5);
        drop(old);
        assert!(app.connect_unix(PATH).await.is_ok()); // the path of the new one is still there
        assert!(format!("{new:?}").contains("waiting: 2"), "{new:?}");
    });
}

#[test]
fn an_abstract_name_goes_with_its_listener() {
    let (sim, app, _listener) = one();
    let listener = app.listen_unix("\0app").unwrap();
    assert_eq!(listener.local_addr().unwrap().as_pathname(), None);
    assert_eq!(format!("{listener:?}"), "UnixListener { path: @app, waiting: 0 }");
    assert_os_error(&app.unlink("\0app").unwrap_err(), 2, ErrorKind::NotFound);
    drop(listener);
    let host = app.clone();
    let error = sim.run(async move { host.connect_unix("\0app").await }).unwrap_err();
    assert_os_error(&error, 111, ErrorKind::ConnectionRefused);
    let _again = app.listen_unix("\0app").unwrap();
}

#[test]
fn what_is_no_path_is_refused() {
    let (sim, app, _listener) = one();
    let long = "x".repeat(108);
    let mut texts = Vec::new();
    for path in ["", "a\0b", &long, &format!("\0{long}")] {
        let error = app.listen_unix(path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{path:?}");
        let (host, owned) = (app.clone(), path.to_owned());
        let other = sim.run(async move { host.connect_unix(owned).await }).unwrap_err();
        assert_eq!(other.to_string(), error.to_string());
        texts.push(error.to_string());
    }
    assert_eq!(
        texts,
        [
            "a Unix socket needs a path",
            "paths must not contain interior null bytes",
            "path must be shorter than SUN_LEN",
            "path must be shorter than SUN_LEN",
        ]
    );
    let _longest = app.listen_unix(&long[1..]).unwrap();
    let _longest = app.listen_unix(format!("\0{}", &long[1..])).unwrap();
}

#[test]
fn a_full_backlog_says_so_at_once_and_takes_one_again_after_an_accept() {
    let (sim, app, _listener) = one();
    sim.run(async move {
        let listener = app.listen_unix_with_backlog("/run/two.sock", 1).unwrap(); // and one more
        let ends = [app.connect_unix("/run/two.sock").await, app.connect_unix("/run/two.sock").await];
        let full = app.connect_unix("/run/two.sock").await.unwrap_err();
        assert_os_error(&full, 11, ErrorKind::WouldBlock);
        let _accepted = listener.accept().await.unwrap();
        let _third = app.connect_unix("/run/two.sock").await.unwrap();
        assert!(ends.iter().all(Result::is_ok));
    });
}

#[test]
fn connections_are_accepted_in_order_also_as_a_stream_and_by_one_who_waits() {
    let (sim, app, listener) = one();
    let mut listener = Box::pin(listener);
    let accepted = sim.watch(async move {
        let mut first = Vec::new();
        for _ in 0..2 {
            let next = std::future::poll_fn(|cx| listener.as_mut().poll_next(cx)).await.unwrap();
            first.push(next.unwrap().read_u8().await.unwrap());
        }
        first
    });
    sim.advance(secs(1));
    accepted.assert_pending();
    let _ends = sim.run(async move {
        let ends = [app.connect_unix(PATH).await.unwrap(), app.connect_unix(PATH).await.unwrap()];
        ends[1].try_write(b"2").unwrap();
        ends[0].try_write(b"1").unwrap();
        ends
    });
    sim.settle();
    assert_eq!(accepted.assert_ready(), b"12");
}

#[test]
fn the_ends_know_where_they_are() {
    let (sim, app, listener) = one();
    sim.run(async move {
        assert_eq!(listener.local_addr().unwrap().as_pathname().unwrap().to_str(), Some(PATH));
        let near = app.connect_unix(PATH).await.unwrap();
        let (far, from) = listener.accept().await.unwrap();
        assert!(from.is_unnamed() && near.local_addr().unwrap() == from && far.peer_addr().unwrap() == from);
        assert_eq!(near.peer_addr().unwrap(), listener.local_addr().unwrap());
        assert_eq!(far.local_addr().unwrap(), listener.local_addr().unwrap());
        assert_eq!(format!("{from:?} {:?}", near.peer_addr().unwrap()), "(unnamed) /run/app.sock");
        near.try_write(b"four").unwrap();
        assert_eq!(
            format!("{far:?}"),
            "UnixStream { path: /run/app.sock, state: open, 4 bytes unread, 0 of 65536 bytes under way }"
        );
    });
}

#[test]
fn a_full_window_makes_the_writer_wait_until_bytes_are_read() {
    let (sim, app, listener) = one();
    sim.net().set_window(1000);
    let (mut near, far) = sim.run(async move { pair(&app, &listener).await });
    let written = sim.watch(async move { near.write_all(&[7; 1500]).await.map(|()| near) });
    sim.advance(secs(10));
    written.assert_pending();
    assert_eq!(far.try_read(&mut [0; 500]).unwrap(), 500);
    sim.settle();
    let near = written.assert_success();
    assert_eq!(near.try_write(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
    let writable = sim.run(async {
        let (writable, read) = tokio::join!(near.writable(), async { far.try_read(&mut [0; 1]) });
        writable.is_ok() && read.is_ok()
    });
    assert!(writable);
}

#[test]
fn a_writer_that_waits_is_told_of_the_close() {
    let (sim, app, listener) = one();
    sim.net().set_window(4);
    let (mut near, far) = sim.run(async move { pair(&app, &listener).await });
    let written = sim.watch(async move { near.write_all(b"12345").await });
    sim.settle();
    written.assert_pending();
    drop(far);
    sim.settle();
    assert_eq!(written.assert_failure().kind(), ErrorKind::BrokenPipe);
}

#[test]
fn a_mebibyte_each_way_at_once_arrives_whole() {
    let (sim, app, listener) = one();
    sim.net().set_window(10_000);
    sim.run(async move {
        let (near, far) = pair(&app, &listener).await;
        let exchange = |stream: UnixStream, byte: u8| async move {
            let (mut read, mut write) = tokio::io::split(stream);
            let writing = tokio::spawn(async move {
                write.write_all(&vec![byte; 1 << 20]).await.unwrap();
                write.shutdown().await.unwrap();
            });
            let mut heard = Vec::new();
            read.read_to_end(&mut heard).await.unwrap();
            writing.await.unwrap();
            heard
        };
        let (ours, theirs) = tokio::join!(exchange(near, 1), exchange(far, 2));
        assert!(ours == [2; 1 << 20] && theirs == [1; 1 << 20]);
    });
}

#[test]
fn a_crash_ends_all_of_it_and_leaves_the_path() {
    let (sim, app, listener) = one();
    let abstract_one = app.listen_unix("\0app").unwrap();
    let (net, host) = (sim.net(), app.clone());
    sim.run(async move {
        let (mut near, far) = pair(&host, &listener).await;
        let made = line!() - 1;
        let _unaccepted = host.connect_unix(PATH).await.unwrap();
        host.crash();
        let place = "tests/it/net/unix.rs";
        let orphaned_sockets = host.orphaned_sockets();
        assert_eq!(
            orphaned_sockets[0],
            format!("stream from unnamed to /run/app.sock, made at {place}:25:20")
        );
        assert!(orphaned_sockets[1].starts_with("stream from /run/app.sock to unnamed, made at "), "{made}");
        assert_eq!(orphaned_sockets[3..], ["listener on /run/app.sock", "listener on @app"]);
        let aborted = ErrorKind::ConnectionAborted;
        assert_eq!(near.read(&mut [0]).await.unwrap_err().kind(), aborted);
        assert_eq!(far.try_write(b"x").unwrap_err().kind(), aborted);
        assert_eq!(listener.accept().await.unwrap_err().kind(), aborted);
        let error = host.connect_unix(PATH).await.unwrap_err();
        assert_os_error(&error, 103, aborted);
        let error = host.listen_unix("/run/new.sock").unwrap_err();
        assert_os_error(&error, 103, aborted);
        host.restart();
        assert_eq!(host.connect_unix(PATH).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        host.unlink(PATH).unwrap();
        let _again = host.listen_unix(PATH).unwrap();
        let _again = host.listen_unix("\0app").unwrap();
        drop((near, far, listener, abstract_one));
        assert_eq!(host.orphaned_sockets().len(), 1); // the one that was not accepted
    });
    assert!(format!("{net:?}").contains("connections: 0"), "{net:?}");
}

#[test]
fn what_waits_is_woken_by_a_crash() {
    let (sim, app, listener) = one();
    let (mut near, far) = {
        let host = app.clone();
        sim.run(async move { (pair(&host, &listener).await, listener) }).0
    };
    let reading = sim.watch(async move { near.read(&mut [0]).await });
    sim.settle();
    app.crash();
    sim.settle();
    assert_eq!(reading.assert_failure().kind(), ErrorKind::ConnectionAborted);
    drop(far);
}

#[test]
fn reports_show_paths() {
    let (sim, app, listener) = one();
    let net = sim.net();
    let mut lines = Vec::new();
    let accepting = sim.watch(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut byte = [0];
        stream.read(&mut byte).await.map(|_| (listener, stream))
    });
    sim.settle();
    lines.push(accepting.check_success().unwrap_err().detail("waits").unwrap().to_owned());
    let _near = sim.run(async move { app.connect_unix(PATH).await }).unwrap();
    sim.settle();
    lines.push(accepting.check_success().unwrap_err().detail("waits").unwrap().to_owned());
    let place = "made at tests/it/net/unix.rs:20:24";
    assert_eq!(
        lines,
        [format!("connection on `/run/app.sock`, {place}"), format!("read from `/run/app.sock`, {place}")]
    );
    assert_eq!(
        net.netstat(),
        [
            "`app` listens on /run/app.sock, 0 wait to be accepted, since +0ns",
            "`app` unnamed to /run/app.sock: open, 0 bytes unread, 0 of 65536 bytes under way, since +0ns",
            "`app` /run/app.sock to unnamed: open, 0 bytes unread, 0 of 65536 bytes under way, since +0ns",
        ]
    );
}

#[test]
fn the_transcript_tells_of_it_and_the_digest_too() {
    let run = |payload: &'static [u8]| {
        let (sim, app, listener) = one();
        sim.run(async move {
            let (mut near, mut far) = pair(&app, &listener).await;
            near.write_all(payload).await.unwrap();
            hears(&mut far, payload).await;
            far.write_all(b"x").await.unwrap();
            far.shutdown().await.unwrap();
            assert_eq!(near.read(&mut [0; 9]).await.unwrap(), 1);
            assert_eq!(near.read(&mut [0; 9]).await.unwrap(), 0);
            near.write_all(b"unread").await.unwrap();
            drop((far, near));
        });
        (sim.transcript().lines(), sim.digest())
    };
    let (lines, digest) = run(b"hello");
    assert_eq!(
        lines,
        [
            "+0ns `app` listens at /run/app.sock",
            "+0ns `app` connects to /run/app.sock",
            "+0ns `app` accepts at /run/app.sock",
            "+0ns `app` to /run/app.sock: 5 bytes written",
            "+0ns `app` to /run/app.sock: 5 bytes read",
            "+0ns `app` from /run/app.sock: 1 byte written",
            "+0ns `app` from /run/app.sock: end written",
            "+0ns `app` from /run/app.sock: 1 byte read",
            "+0ns `app` from /run/app.sock: end read",
            "+0ns `app` to /run/app.sock: 6 bytes written",
            "+0ns `app` from /run/app.sock: reset",
        ]
    );
    assert_eq!(run(b"hullo").1, digest); // not the bytes themselves
    assert_ne!(run(b"hello, world").1, digest);
}

#[test]
fn an_audit_names_paths() {
    let (sim, app, listener) = one();
    let host = app.clone();
    let waiting = line!() + 3;
    let (_near, far) = sim.run(async move {
        let ends = pair(&host, &listener).await;
        let waits = host.connect_unix(PATH).await.unwrap();
        ends.0.try_write(b"unread").unwrap();
        std::mem::forget((listener, waits));
        ends
    });
    let left: Vec<String> = sim.audit().leftovers().iter().map(ToString::to_string).collect();
    let made = "made at tests/it/net/unix.rs";
    assert_eq!(
        left[..2],
        [
            format!(
                "`app` /run/app.sock to unnamed: open, 6 bytes unread, 0 of 65536 bytes under way, since +0ns, \
                 {made}:20:24"
            ),
            format!(
                "`app` /run/app.sock: a connection from `app` unnamed is not accepted by the listener {made}:20:24, \
                 since +0ns, {made}:{waiting}:26"
            ),
        ]
    );
    assert_eq!(left.len(), 4); // and the ends of the two clients
    let expected: Vec<String> = sim.audit().expected().iter().map(ToString::to_string).collect();
    assert!(expected[0].contains("listener on /run/app.sock"), "{expected:?}");
    drop(far);
}

/// What is observed of a pair, as text.
async fn observe<S: AsyncRead + AsyncWrite + Unpin + Ready>(
    case: &str,
    mut near: S,
    mut far: S,
) -> Vec<String> {
    let mut seen = Vec::new();
    let mut buffer = [0; 8];
    macro_rules! see {
        ($($what:expr),*) => {
            $(seen.push(format!("{:?}", $what.await.map_err(|error| (error.kind(), error.raw_os_error()))));)*
        };
    }
    match case {
        "half-close" => {
            near.write_all(b"bye").await.unwrap();
            near.shutdown().await.unwrap();
            see!(near.write(b"late"), far.read(&mut buffer), far.read(&mut buffer), far.write(b"still here"));
            see!(near.read(&mut buffer));
        }
        "close" => {
            near.write_all(b"bye").await.unwrap();
            drop(near);
            see!(far.write(b"x"), far.write(b"x"), far.read(&mut buffer), far.read(&mut buffer));
        }
        "close with unread bytes" => {
            far.write_all(b"unread").await.unwrap();
            near.write_all(b"last").await.unwrap();
            drop(near);
            see!(far.write(b"x"), far.read(&mut buffer), far.read(&mut buffer), far.read(&mut buffer));
        }
        "half-close, then close with unread bytes" => {
            far.write_all(b"unread").await.unwrap();
            near.shutdown().await.unwrap();
            see!(far.read(&mut buffer));
            drop(near);
            see!(far.read(&mut buffer), far.read(&mut buffer), far.write(b"x"));
        }
        "shutdown after the peer's close" => {
            drop(near);
            see!(far.shutdown(), far.read(&mut buffer));
        }
        "nothing" => {
            see!(near.write(b""));
        }
        "full, then a shutdown" => {
            fill(&mut near).await;
            near.shutdown().await.unwrap();
            seen.push(is_writable(&near).await);
            while soon(far.read(&mut [0; 65_536])).await.is_ok_and(|count| count > 0) {}
            seen.push(is_writable(&near).await);
            see!(near.write(b"x"));
        }
        "full, then a shutdown of both" => {
            fill(&mut near).await;
            near.shutdown().await.unwrap();
            far.shutdown().await.unwrap();
            seen.push(is_writable(&near).await);
        }
        "full, then a shutdown of the other" => {
            fill(&mut near).await;
            far.shutdown().await.unwrap();
            seen.push(is_writable(&near).await);
        }
        "full, then the other goes" => {
            fill(&mut near).await;
            near.shutdown().await.unwrap();
            drop(far);
            seen.push(is_writable(&near).await);
            see!(near.write(b"x"));
        }
        other => panic!("no case is called {other}"),
    }
    seen
}

/// What both have, beside tokio's traits.
trait Ready {
    async fn ready_to_write(&self) -> std::io::Result<()>;
}

impl Ready for UnixStream {
    async fn ready_to_write(&self) -> std::io::Result<()> {
        self.writable().await
    }
}

impl Ready for tokio::net::UnixStream {
    async fn ready_to_write(&self) -> std::io::Result<()> {
        self.writable().await
    }
}

async fn soon<T>(outcome: impl Future<Output = std::io::Result<T>>) -> std::io::Result<T> {
    tokio::time::timeout(millis(50), outcome).await.unwrap_or_else(|_| Err(ErrorKind::WouldBlock.into()))
}

async fn is_writable(stream: &impl Ready) -> String {
    format!("{:?}", soon(stream.ready_to_write()).await.map_err(|error| error.kind()))
}

/// Writes until there is no room.
async fn fill(stream: &mut (impl AsyncWrite + Unpin)) {
    while soon(stream.write(&[0; 4096])).await.is_ok() {}
}

/// Linux is what the network models.
#[cfg(target_os = "linux")]
#[test]
fn real_ones_do_the_same() {
    let real = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for case in [
        "half-close",
        "close",
        "close with unread bytes",
        "half-close, then close with unread bytes",
        "shutdown after the peer's close",
        "nothing",
        "full, then a shutdown",
        "full, then a shutdown of both",
        "full, then a shutdown of the other",
        "full, then the other goes",
    ] {
        let (sim, app, listener) = one();
        let ours = sim.run(async move {
            let (near, far) = pair(&app, &listener).await;
            observe(case, near, far).await
        });
        let theirs = real.block_on(async move {
            let (near, far) = tokio::net::UnixStream::pair().unwrap();
            observe(case, near, far).await
        });
        assert_eq!(ours, theirs, "{case}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn real_ones_fail_with_the_same_kinds() {
    let real = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let path = std::env::temp_dir().join(format!("unplugged-{}.sock", std::process::id()));
    let theirs = real.block_on(async {
        use tokio::net::{UnixListener, UnixStream};
        let missing = UnixStream::connect(&path).await.unwrap_err().kind();
        let listener = UnixListener::bind(&path).unwrap();
        let taken = UnixListener::bind(&path).unwrap_err().kind();
        let mut unaccepted = UnixStream::connect(&path).await.unwrap();
        drop(listener);
        let reset = unaccepted.read(&mut [0]).await.unwrap_err().kind();
        let gone = UnixStream::connect(&path).await.unwrap_err().kind();
        let stale = UnixListener::bind(&path).unwrap_err().kind();
        std::fs::remove_file(&path).unwrap();
        let empty = UnixStream::connect("").await.is_err();
        let long = UnixListener::bind("x".repeat(108)).unwrap_err().kind();
        (missing, taken, reset, gone, stale, empty, long)
    });
    let sim = Sim::new();
    let app = sim.net().host("app");
    let ours = sim.run(async move {
        let missing = app.connect_unix(PATH).await.unwrap_err().kind();
        let listener = app.listen_unix(PATH).unwrap();
        let taken = app.listen_unix(PATH).unwrap_err().kind();
        let mut unaccepted = app.connect_unix(PATH).await.unwrap();
        drop(listener);
        let reset = unaccepted.read(&mut [0]).await.unwrap_err().kind();
        let gone = app.connect_unix(PATH).await.unwrap_err().kind();
        let stale = app.listen_unix(PATH).unwrap_err().kind();
        app.unlink(PATH).unwrap();
        let empty = app.connect_unix("").await.is_err();
        let long = app.listen_unix("x".repeat(108)).unwrap_err().kind();
        (missing, taken, reset, gone, stale, empty, long)
    });
    assert_eq!(ours, theirs);
}

#[cfg(target_os = "linux")]
#[test]
fn real_ones_let_as_many_wait() {
    let real = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let path = std::env::temp_dir().join(format!("unplugged-backlog-{}.sock", std::process::id()));
    for backlog in 0..4 {
        let theirs = real.block_on(async {
            let socket = tokio::net::UnixSocket::new_stream().unwrap();
            socket.bind(&path).unwrap();
            let _listener = socket.listen(backlog).unwrap();
            let mut ends = Vec::new();
            loop {
                match tokio::net::UnixStream::connect(&path).await {
                    Ok(end) => ends.push(end),
                    Err(error) => break (ends.len(), (error.kind(), error.raw_os_error())),
                }
            }
        });
        std::fs::remove_file(&path).unwrap();
        let (sim, app, _listener) = one();
        let ours = sim.run(async move {
            let _listener = app.listen_unix_with_backlog("/run/few.sock", backlog as usize).unwrap();
            let mut ends = Vec::new();
            loop {
                match app.connect_unix("/run/few.sock").await {
                    Ok(end) => ends.push(end),
                    Err(error) => break (ends.len(), (error.kind(), error.raw_os_error())),
                }
            }
        });
        assert_eq!(ours, theirs, "a backlog of {backlog}");
    }
}

#[test]
fn reads_of_two_connections_at_one_path_are_two_lines() {
    let (sim, app, listener) = one();
    sim.run(async move {
        let (first, second) = (pair(&app, &listener).await, pair(&app, &listener).await);
        for ends in [&first, &second] {
            ends.0.try_write(b"ab").unwrap();
        }
        for end in [&first.1, &first.1, &second.1] {
            end.try_read(&mut [0]).unwrap();
        }
    });
    let reads = sim.transcript().lines().into_iter().filter(|line| line.ends_with("read"));
    assert_eq!(
        reads.collect::<Vec<_>>(),
        ["+0ns `app` to /run/app.sock: 2 bytes read", "+0ns `app` to /run/app.sock: 1 byte read"]
    );
}

#[test]
fn a_path_that_is_read_byte_by_byte_keeps_the_others_in_the_record() {
    let (sim, app, listener) = one();
    sim.run(async move {
        let (near, far) = pair(&app, &listener).await;
        near.try_write(&[7; 500]).unwrap();
        for _ in 0..500 {
            far.try_read(&mut [0]).unwrap();
        }
        drop((near, far));
    });
    assert_eq!(
        sim.transcript().lines()[..2],
        ["+0ns `app` listens at /run/app.sock", "+0ns `app` connects to /run/app.sock",]
    );
}
