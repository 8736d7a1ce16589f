//! What a stream does, checked on the network and on real loopback sockets: a fake that lies is a bug.

use std::io::ErrorKind;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use unplugged::{clock::millis, net::TcpStream};

use crate::net::{connected, two};

trait Socket: AsyncRead + AsyncWrite + Unpin {
    /// Drops it with a reset.
    fn reset(self);
}

impl Socket for TcpStream {
    fn reset(self) {
        Self::reset(self);
    }
}

impl Socket for tokio::net::TcpStream {
    fn reset(self) {
        self.set_zero_linger().unwrap();
    }
}

/// The kind of an error, and its number.
fn numbered(error: std::io::Error) -> (ErrorKind, Option<i32>) {
    (error.kind(), error.raw_os_error())
}

/// What is observed of a pair, as text.
async fn observe<S: Socket>(case: &str, mut near: S, mut far: S) -> Vec<String> {
    let mut seen = Vec::new();
    let mut buffer = [0; 8];
    match case {
        "half-close" => {
            near.write_all(b"bye").await.unwrap();
            near.shutdown().await.unwrap();
            near.shutdown().await.unwrap();
            seen.push(format!("{:?}", near.write(b"late").await.map_err(numbered)));
            for _ in 0..3 {
                seen.push(format!("{:?}", far.read(&mut buffer).await.map_err(numbered)));
            }
            far.write_all(b"still here").await.unwrap();
            seen.push(format!("{:?}", near.read(&mut buffer).await.map_err(numbered)));
        }
        "reset" => {
            near.reset();
            for _ in 0..2 {
                seen.push(format!("{:?}", far.read(&mut buffer).await.map_err(numbered)));
            }
            seen.push(format!("{:?}", far.write(b"x").await.map_err(numbered)));
        }
        "reset behind bytes" => {
            near.write_all(b"first").await.unwrap();
            pause().await;
            near.reset();
            pause().await;
            for _ in 0..3 {
                seen.push(format!("{:?}", far.read(&mut buffer).await.map_err(numbered)));
            }
        }
        "write after a reset" => {
            near.reset();
            pause().await;
            for _ in 0..2 {
                seen.push(format!("{:?}", far.write(b"x").await.map_err(numbered)));
            }
            seen.push(format!("{:?}", far.read(&mut buffer).await.map_err(numbered)));
        }
        "close with unread bytes" => {
            far.write_all(b"unread").await.unwrap();
            pause().await;
            drop(near);
            pause().await;
            for _ in 0..2 {
                seen.push(format!("{:?}", far.read(&mut buffer).await.map_err(numbered)));
            }
        }
        "second write after a close" => {
            drop(near);
            pause().await;
            for _ in 0..3 {
                seen.push(format!("{:?}", far.write(b"x").await.map_err(numbered)));
                pause().await;
            }
            seen.push(format!("{:?}", far.read(&mut buffer).await.map_err(numbered)));
        }
        "nothing" => {
            seen.push(format!("{:?}", near.write(b"").await.map_err(numbered)));
        }
        other => panic!("no case is called {other}"),
    }
    seen
}

/// Long enough for a packet to arrive, on both.
async fn pause() {
    tokio::time::sleep(millis(20)).await;
}

async fn loopback() -> (tokio::net::TcpStream, tokio::net::TcpStream) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (near, listener.accept().await.unwrap().0)
}

/// Linux is what the network models; other systems differ in what they tell after a reset.
#[cfg(target_os = "linux")]
#[test]
fn both_do_the_same() {
    let real = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for case in [
        "half-close",
        "reset",
        "reset behind bytes",
        "write after a reset",
        "close with unread bytes",
        "second write after a close",
        "nothing",
    ] {
        let (sim, _net, client, server) = two();
        let ours = sim.run(async move {
            let (near, far) = connected(&client, &server).await;
            observe(case, near, far).await
        });
        let theirs = real.block_on(async move {
            let (near, far) = loopback().await;
            observe(case, near, far).await
        });
        assert_eq!(ours, theirs, "{case}");
    }
}

#[test]
fn a_refused_and_an_unresolvable_connect_fail_with_the_kinds_of_the_system() {
    let real = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let refused = real.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        tokio::net::TcpStream::connect(address).await.unwrap_err().kind()
    });
    assert_eq!(refused, ErrorKind::ConnectionRefused);
    let malformed = real.block_on(tokio::net::TcpStream::connect("server")).unwrap_err().kind();
    let (sim, _net, client, _server) = two();
    let ours = sim.run(async move {
        let refused = client.connect("server:80").await.unwrap_err().kind();
        (refused, client.connect("server").await.unwrap_err().kind())
    });
    assert_eq!(ours, (refused, malformed));
}
