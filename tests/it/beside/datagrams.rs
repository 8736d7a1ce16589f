//! What a datagram takes in memory, where a datagram socket can be bound, and which of several errors comes first, on the
//! network and on the real loopback of Linux.
#![cfg(target_os = "linux")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::sockets::{ALL_FOUR, Datagrams, FOUR, SIX, System, at, on_both, pause, soon, told};

/// A socket that is connected to a port where nobody is.
async fn to_nobody<S: System>(system: &S, own: SocketAddr) -> S::Datagrams {
    let gone = system.bind(at(own.ip(), 0)).await.unwrap();
    let socket = system.bind(own).await.unwrap();
    socket.connect(gone.local().unwrap()).await.unwrap();
    socket
}

async fn what_comes_before_a_refusal<S: System>(system: &S) -> Vec<String> {
    let mut seen = Vec::new();
    let socket = to_nobody(system, at(FOUR, 0)).await;
    seen.push(told(socket.send(b"x").await));
    pause().await;
    // None of these takes the refusal.
    seen.push(told(socket.send(&[0; 65_508]).await));
    seen.push(told(socket.send(&[0; 70_000]).await));
    seen.push(told(socket.send_to(&[0; 65_508], at(FOUR, 9)).await));
    seen.push(told(socket.send_to(b"x", at(FOUR, 0)).await));
    seen.push(told(socket.send_to(b"x", at(Ipv4Addr::BROADCAST, 9)).await));
    seen.push(told(socket.send_to(b"x", at(SIX, 9)).await));
    // This does, and the next is sent.
    seen.push(told(socket.send(b"x").await));
    seen.push(told(socket.send(b"x").await));
    pause().await;
    seen.push(soon(socket.recv_from(&mut [0; 8])).await);
    seen
}

async fn what_comes_before_a_refusal_over_ipv6<S: System>(system: &S) -> Vec<String> {
    let mut seen = Vec::new();
    let socket = to_nobody(system, at(SIX, 0)).await;
    seen.push(told(socket.send(b"x").await));
    pause().await;
    seen.push(told(socket.send(&[0; 65_528]).await));
    seen.push(told(socket.send_to(b"x", at(FOUR, 9)).await));
    seen.push(told(socket.send(&[0; 65_527]).await));
    seen
}

async fn errors_without_a_destination<S: System>(system: &S) -> Vec<String> {
    let socket = system.bind(at(ALL_FOUR, 0)).await.unwrap();
    let mut seen = vec![told(socket.send(b"x").await), told(socket.send(&[0; 65_508]).await)];
    seen.push(told(socket.send(&[0; 65_536]).await));
    seen.push(told(socket.send_to(&[0; 65_536], at(FOUR, 0)).await));
    seen.push(told(socket.send_to(&[0; 65_508], at(FOUR, 0)).await));
    seen.push(told(socket.send_to(&[0; 65_508], at(Ipv4Addr::BROADCAST, 9)).await));
    seen
}

async fn binds_for_many<S: System>(system: &S) -> Vec<String> {
    let mut seen = Vec::new();
    let addresses: [IpAddr; 4] = [
        Ipv4Addr::BROADCAST.into(),
        Ipv4Addr::new(224, 0, 0, 251).into(),
        Ipv4Addr::new(239, 255, 255, 250).into(),
        Ipv4Addr::new(198, 51, 100, 9).into(),
    ];
    for address in addresses {
        let socket = system.bind(at(address, 0)).await;
        seen.push(told(socket.as_ref().map(|socket| socket.local().unwrap().ip()).map_err(copy)));
        let Ok(socket) = socket else { continue };
        // It takes its port from no other address, and sends from the address of the host.
        let port = socket.local().unwrap().port();
        seen.push(told(system.bind(at(FOUR, port)).await.map(drop)));
        seen.push(told(system.bind(at(address, port)).await.map(drop)));
        let heard = system.bind(at(FOUR, 0)).await.unwrap();
        seen.push(told(socket.send_to(b"x", heard.local().unwrap()).await));
        seen.push(soon(async { Ok(heard.recv_from(&mut [0; 8]).await?.1.ip()) }).await);
        // What is for the host alone it does not hear.
        seen.push(told(heard.send_to(b"x", at(FOUR, port)).await));
        seen.push(soon(socket.recv_from(&mut [0; 8])).await);
        // As does a listener.
        seen.push(told(system.listen(at(address, 0), 8).await.map(drop)));
    }
    seen
}

fn copy(error: &std::io::Error) -> std::io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), std::io::Error::from_raw_os_error)
}

/// How many of 300 datagrams of each size are kept.
async fn bursts<S: System>(system: &S, own: IpAddr, sizes: &[usize]) -> Vec<(usize, usize)> {
    let mut seen = Vec::new();
    for size in sizes {
        let (near, far) = (system.bind(at(own, 0)).await.unwrap(), system.bind(at(own, 0)).await.unwrap());
        for _ in 0..300 {
            near.send_to(&vec![0; *size], far.local().unwrap()).await.unwrap();
        }
        pause().await;
        let mut kept = 0;
        while let Ok(Ok(_)) = tokio::time::timeout(unplugged::clock::millis(5), far.recv_from(&mut [0])).await
        {
            kept += 1;
        }
        seen.push((*size, kept));
    }
    seen
}

/// Each bound of a size of memory, just before and at it.
const OVER_IPV4: [usize; 20] = [
    0, 1, 100, 197, 198, 512, 645, 646, 1472, 1669, 1670, 3717, 3718, 7813, 7814, 16_005, 16_006, 20_000,
    40_000, 65_507,
];

const OVER_IPV6: [usize; 14] =
    [0, 184, 185, 632, 633, 1656, 1657, 3704, 3705, 7800, 7801, 15_992, 15_993, 65_527];

async fn bursts_over_ipv4<S: System>(system: &S) -> Vec<(usize, usize)> {
    bursts(system, FOUR.into(), &OVER_IPV4).await
}

async fn bursts_over_ipv6<S: System>(system: &S) -> Vec<(usize, usize)> {
    bursts(system, Ipv6Addr::LOCALHOST.into(), &OVER_IPV6).await
}

/// The small beside the large: the memory counts, not the number.
async fn a_mixed_burst<S: System>(system: &S) -> Vec<String> {
    let (near, far) = (system.bind(at(FOUR, 0)).await.unwrap(), system.bind(at(FOUR, 0)).await.unwrap());
    let to = far.local().unwrap();
    for round in 0..100_u8 {
        for size in [1, 1000, 9000] {
            near.send_to(&vec![round; size], to).await.unwrap();
        }
    }
    pause().await;
    let mut seen = Vec::new();
    let mut buffer = [0; 10_000];
    while let Ok(Ok((length, _))) =
        tokio::time::timeout(unplugged::clock::millis(5), far.recv_from(&mut buffer)).await
    {
        seen.push(format!("{length} of round {}", buffer[0]));
    }
    // What was read makes room.
    near.send_to(b"again", to).await.unwrap();
    seen.push(soon(async { Ok(far.recv_from(&mut buffer).await?.0) }).await);
    seen
}

#[test]
fn what_is_wrong_with_a_datagram_is_said_before_a_refusal() {
    let (ours, theirs) = on_both!(what_comes_before_a_refusal);
    assert_eq!(ours, theirs);
}

#[test]
fn what_is_wrong_with_a_datagram_over_ipv6_is_said_before_a_refusal() {
    let (ours, theirs) = on_both!(what_comes_before_a_refusal_over_ipv6);
    assert_eq!(ours, theirs);
}

#[test]
fn of_several_errors_of_a_datagram_the_same_comes_first() {
    let (ours, theirs) = on_both!(errors_without_a_destination);
    assert_eq!(ours, theirs);
}

#[test]
fn a_socket_is_bound_to_the_addresses_of_many_as_on_linux() {
    let (ours, theirs) = on_both!(binds_for_many);
    assert_eq!(ours, theirs);
}

/// Whether the machine has the memory for datagrams that the network has.
fn has_the_default_memory() -> bool {
    std::fs::read_to_string("/proc/sys/net/core/rmem_default").is_ok_and(|size| size.trim() == "212992")
}

#[test]
fn an_inbox_holds_as_many_datagrams_as_on_linux() {
    let (ours, theirs) = on_both!(bursts_over_ipv4);
    let numbers = [256, 256, 256, 256, 166, 166, 166, 92, 92, 92, 48, 48, 25, 25, 12, 12, 12, 10, 5, 3];
    let expected: Vec<_> = OVER_IPV4.into_iter().zip(numbers).collect();
    assert_eq!(ours, expected);
    assert!(!has_the_default_memory() || theirs == expected, "{theirs:?}");
}

#[test]
fn an_inbox_holds_as_many_datagrams_over_ipv6_as_on_linux() {
    let (ours, theirs) = on_both!(bursts_over_ipv6);
    let numbers = [256, 256, 166, 166, 92, 92, 48, 48, 25, 25, 12, 12, 12, 3];
    let expected: Vec<_> = OVER_IPV6.into_iter().zip(numbers).collect();
    assert_eq!(ours, expected);
    assert!(!has_the_default_memory() || theirs == expected, "{theirs:?}");
}

#[test]
fn an_inbox_of_small_and_large_datagrams_is_full_at_the_same_one() {
    let (ours, theirs) = on_both!(a_mixed_burst);
    assert!(ours.len() > 40, "{ours:?}");
    assert!(!has_the_default_memory() || ours == theirs, "{ours:?} {theirs:?}");
}
