//! The programs: what they do, how they are drawn, and how one is played in a world.

use std::{io, num::NonZeroU64};

use unplugged::seed::Seed;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Tcp,
    Udp,
    Unix,
}

/// Where the ends, listeners and datagram sockets of a program lie.
pub(super) const LISTENERS: usize = 2;
pub(super) const ENDS: usize = 6;
pub(super) const SOCKETS: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Listen {
        family: Family,
        at: usize,
    },
    CloseListener {
        at: usize,
    },
    /// Removes the path of a Unix listener.
    Unlink {
        at: usize,
    },
    Connect {
        family: Family,
        to: usize,
        end: usize,
    },
    Accept {
        at: usize,
        end: usize,
    },
    Write {
        end: usize,
        size: usize,
        fill: u8,
    },
    Read {
        end: usize,
        size: usize,
    },
    Peek {
        end: usize,
        size: usize,
    },
    Shutdown {
        end: usize,
    },
    Drop {
        end: usize,
    },
    Reset {
        end: usize,
    },
    Peer {
        end: usize,
    },
    Bind {
        socket: usize,
    },
    ConnectTo {
        socket: usize,
        to: usize,
    },
    Send {
        socket: usize,
        size: usize,
        fill: u8,
    },
    SendTo {
        socket: usize,
        to: usize,
        size: usize,
        fill: u8,
    },
    Receive {
        socket: usize,
        size: usize,
    },
    PeerOf {
        socket: usize,
    },
    Close {
        socket: usize,
    },
}

/// What plays a program. After each operation both sides have settled.
pub(super) trait World {
    /// Does it, and returns what is observed. An operation on nothing does nothing.
    fn act(&mut self, op: Op) -> String;
}

#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) family: Family,
    pub(super) ops: Vec<Op>,
}

impl Program {
    /// The program of a seed. Most of its operations are on what is open by then.
    pub(super) fn drawn(family: Family, seed: u64) -> Self {
        let mut rng = Seed::new(seed).rng("program");
        let mut below =
            |bound: usize| usize::try_from(rng.below(NonZeroU64::new(bound as u64).unwrap())).unwrap();
        let (mut ops, mut is_open) = (Vec::new(), [false; ENDS]);
        match family {
            Family::Udp => ops.extend((0..SOCKETS).map(|socket| Op::Bind { socket })),
            family => ops.push(Op::Listen { family, at: 0 }),
        }
        let length = 10 + below(40);
        for number in 0..length {
            let fill = u8::try_from(number).unwrap();
            let size = [0, 1, 10, 1000, 9000][below(5)];
            let at = usize::from(below(5) == 0);
            let (socket, to) = (below(SOCKETS), below(SOCKETS));
            let datagram = [0, 1, 100, 1500, 65_508][below(5)];
            let mut drawn = |wanted: bool| {
                let first = below(ENDS);
                let ends = (first..ENDS).chain(0..first);
                ends.into_iter().find(|end| is_open[*end] == wanted).unwrap_or(first)
            };
            let (open, free) = (drawn(true), drawn(false));
            let op = match (family, below(100)) {
                (Family::Udp, 0..8) => Op::Bind { socket },
                (Family::Udp, 8..25) => Op::ConnectTo { socket, to },
                (Family::Udp, 25..47) => Op::Send { socket, size: datagram, fill },
                (Family::Udp, 47..64) => Op::SendTo { socket, to, size: datagram, fill },
                (Family::Udp, 64..91) => Op::Receive { socket, size: [0, 50, 2000][below(3)] },
                (Family::Udp, 91..95) => Op::PeerOf { socket },
                (Family::Udp, _) => Op::Close { socket },
                (family, 0..6) => Op::Listen { family, at },
                (_, 6..10) => Op::CloseListener { at },
                (Family::Unix, 10..12) => Op::Unlink { at },
                (family, 10..18) => Op::Connect { family, to: at, end: free },
                (_, 18..29) => Op::Accept { at, end: free },
                (_, 29..53) => Op::Write { end: open, size, fill },
                (_, 53..73) => Op::Read { end: open, size: [0, 1, 100, 20_000][below(4)] },
                (Family::Tcp, 73..78) => Op::Peek { end: open, size: [0, 1, 100][below(3)] },
                (_, 73..84) => Op::Shutdown { end: open },
                (_, 84..91) => Op::Drop { end: open },
                (Family::Tcp, 91..95) => Op::Reset { end: open },
                _ => Op::Peer { end: open },
            };
            match op {
                Op::Connect { end, .. } | Op::Accept { end, .. } => is_open[end] = true,
                Op::Drop { end } | Op::Reset { end } => is_open[end] = false,
                _ => {}
            }
            ops.push(op);
        }
        Self { family, ops }
    }

    /// All that is played: at the end what is left is read.
    fn played(&self) -> Vec<Op> {
        let mut ops = self.ops.clone();
        for _ in 0..2 {
            match self.family {
                Family::Udp => ops.extend((0..SOCKETS).map(|socket| Op::Receive { socket, size: 2000 })),
                _ => ops.extend((0..ENDS).map(|end| Op::Read { end, size: 100_000 })),
            }
        }
        ops
    }

    /// The operations in words.
    pub(super) fn lines(&self) -> Vec<String> {
        self.played().iter().map(|op| format!("{op:?}")).collect()
    }
}

/// Plays a program and returns what each operation observes.
pub(super) fn observe(program: &Program, world: &mut impl World) -> Vec<String> {
    program.played().into_iter().map(|op| world.act(op)).collect()
}

// What is observed, in words that both sides share.

pub(super) fn told<T>(result: io::Result<T>, show: impl FnOnce(T) -> String) -> String {
    match result {
        Ok(value) => show(value),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => "would block".into(),
        Err(error) => format!("{:?} ({:?})", error.kind(), error.raw_os_error()),
    }
}

/// The bytes of a read: how many, and from which writes they are.
pub(super) fn shown(bytes: &[u8]) -> String {
    let parts: Vec<String> =
        bytes.chunk_by(|one, other| one == other).map(|part| format!("{}x{}", part.len(), part[0])).collect();
    format!("{} bytes [{}]", bytes.len(), parts.join(" "))
}

pub(super) const NOTHING: &str = "-";
