//! The contract of datagram sockets.

use std::{any::type_name, rc::Rc, time::Duration};

use unplugged_seam::Datagram;

use super::{
    probe::{Flag, is_woken, pend, within},
    report::Report,
    rule::{LocalFuture, Rule, Seen, ensure, judge, rule},
};

/// Tries the contract of datagram sockets. The maker returns two sockets, each of which reaches the other without loss at
/// its local address.
///
/// # Example
/// ```
/// use unplugged::{Sim, contract};
///
/// let sim = Sim::new();
/// let host = sim.net().host("host");
/// let make = async || (host.bind_udp(0).unwrap(), host.bind_udp(0).unwrap());
/// sim.run(contract::datagram(make)).assert_held();
/// ```
pub async fn datagram<A: Datagram + 'static, B: Datagram + 'static>(
    maker: impl AsyncFn() -> (A, B),
) -> Report {
    const LIMIT: Duration = Duration::from_secs(10);
    let mut report = Report::new(format!("datagram socket `{}`", type_name::<A>()));
    let maker = Rc::new(maker);
    let make = Box::new(move || -> LocalFuture<'_, Pair> {
        let maker = Rc::clone(&maker);
        Box::pin(async move {
            let (a, b) = maker().await;
            (Box::new(a) as Box<dyn Datagram>, Box::new(b) as Box<dyn Datagram>)
        })
    });
    let worlds = [(None, World { make })];
    for rule in rules() {
        judge(&mut report, LIMIT, &rule, &worlds).await;
    }
    report
}

type Pair = (Box<dyn Datagram>, Box<dyn Datagram>);

struct World<'a> {
    make: Box<dyn Fn() -> LocalFuture<'a, Pair> + 'a>,
}

fn rules<'a>() -> Vec<Rule<World<'a>>> {
    vec![
        rule!("boundaries", boundaries, "each datagram is received by itself", "RFC 768; POSIX recvfrom"),
        rule!("empty-datagram", empty, "an empty datagram arrives", "RFC 768; Linux udp(7)"),
        rule!("cut-datagram", cut, "what a buffer cannot hold is lost, and nothing else", "POSIX recvfrom"),
        rule!(
            "sender-address",
            sender,
            "a datagram tells where it came from, and an answer reaches it",
            "POSIX recvfrom"
        ),
        rule!(
            "cancelled-receive",
            cancelled,
            "a receive that was given up has taken nothing",
            "tokio's docs of UdpSocket::recv_from"
        ),
        rule!(
            "receive-wakes",
            wakes,
            "a pending receive is woken by a datagram, in the task that polled last",
            "std's docs of Future::poll"
        ),
    ]
}

const PATIENCE: Duration = Duration::from_millis(100);

async fn send(from: &dyn Datagram, to: &dyn Datagram, payload: &[u8]) -> Seen {
    let address = to.local_addr().map_err(|error| format!("a local address that failed: {error}"))?;
    let sent = from.send_to(payload, address.into()).await;
    let is_whole = sent.as_ref().is_ok_and(|count| *count == payload.len());
    ensure(is_whole, || format!("a send of {} bytes that returned {sent:?}", payload.len()))
}

async fn expect(at: &dyn Datagram, room: usize, expected: &[u8]) -> Seen {
    let mut buffer = vec![0; room];
    let (count, _) =
        at.recv_from(&mut buffer).await.map_err(|error| format!("a receive that failed: {error}"))?;
    let heard =
        buffer.get(..count).ok_or_else(|| format!("a receive into {room} bytes that returned {count}"))?;
    ensure(heard == expected, || {
        format!("\"{}\" was received, and \"{}\" was expected", heard.escape_ascii(), expected.escape_ascii())
    })
}

async fn boundaries(world: &World<'_>) -> Seen {
    let (a, b) = (world.make)().await;
    for payload in [&b"one"[..], b"two", b"three"] {
        send(&*a, &*b, payload).await?;
    }
    for payload in [&b"one"[..], b"two", b"three"] {
        expect(&*b, 64, payload).await?;
    }
    Ok(())
}

async fn empty(world: &World<'_>) -> Seen {
    let (a, b) = (world.make)().await;
    send(&*a, &*b, b"").await?;
    expect(&*b, 64, b"").await
}

async fn cut(world: &World<'_>) -> Seen {
    let (a, b) = (world.make)().await;
    send(&*a, &*b, b"too long").await?;
    send(&*a, &*b, b"next").await?;
    expect(&*b, 3, b"too").await?;
    expect(&*b, 64, b"next").await
}

async fn sender(world: &World<'_>) -> Seen {
    let (a, b) = (world.make)().await;
    send(&*a, &*b, b"question").await?;
    let from = b.recv_from(&mut [0; 64]).await.map_err(|error| format!("a receive that failed: {error}"))?.1;
    let port = a.local_addr().map_err(|error| error.to_string())?.port();
    ensure(from.port() == port, || format!("a datagram from {from}, and it was sent from port {port}"))?;
    b.send_to(b"answer", from.into()).await.map_err(|error| format!("a send that failed: {error}"))?;
    expect(&*a, 64, b"answer").await
}

async fn cancelled(world: &World<'_>) -> Seen {
    let (a, b) = (world.make)().await;
    let early = within(PATIENCE, b.recv_from(&mut [0; 1])).await;
    ensure(early.is_none(), || format!("a receive that returned {early:?}"))?;
    send(&*a, &*b, b"all of it").await?;
    expect(&*b, 64, b"all of it").await
}

async fn wakes(world: &World<'_>) -> Seen {
    let (a, b) = (world.make)().await;
    let mut buffer = [0; 64];
    let mut receive = b.recv_from(&mut buffer);
    let mut last: Option<std::sync::Arc<Flag>> = None;
    for _ in 0..2 {
        last = pend(|cx| receive.as_mut().poll(cx)).await;
        ensure(last.is_some(), || "a receive that is not pending while nothing was sent".into())?;
    }
    send(&*a, &*b, b"x").await?;
    let is_woken = is_woken(PATIENCE, &*last.ok_or("it is pending")?).await;
    ensure(is_woken, || "the last waker of a pending receive was not woken by a datagram".into())
}
