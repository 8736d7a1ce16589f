//! Reading, writing, and the end of a direction.

use std::{ffi::c_int, net::SocketAddr};

use super::{Address, Kind, Socket, State, number};
use crate::epoll::edge;

/// The longest datagram over IPv4.
///
/// Source: RFC 768 and RFC 791: a length of 16 bits, less both headers.
const LONGEST_DATAGRAM: usize = 65_507;

/// What was received.
#[derive(Debug, Default)]
pub(crate) struct Received {
    /// How long the copy is, or with `MSG_TRUNC` the datagram.
    pub(crate) count: usize,
    pub(crate) from: Option<SocketAddr>,
    /// A datagram was longer than the room for it.
    pub(crate) is_cut: bool,
}

impl Socket {
    /// `recvmsg(2)`, with room for `most` bytes. Never waits.
    pub(crate) fn receive(
        &self,
        most: usize,
        flags: c_int,
        mut sink: impl FnMut(&[u8]),
    ) -> Result<Received, c_int> {
        let is_peek = flags & libc::MSG_PEEK != 0;
        let state = self.lock();
        match &*state {
            State::Stream(connection) => {
                let read = connection.stream.read(most, is_peek, &mut sink);
                match read.map_err(|error| number(&error)) {
                    Ok(count) => Ok(Received { count, ..Received::default() }),
                    Err(libc::EAGAIN) if connection.is_read_shut => Ok(Received::default()),
                    Err(error) => Err(error),
                }
            }
            State::Datagrams(socket) => {
                let (whole, from) = socket.receive(most, is_peek, sink).map_err(|error| number(&error))?;
                let count = if flags & libc::MSG_TRUNC != 0 { whole } else { whole.min(most) };
                Ok(Received { count, from: Some(from), is_cut: whole > most })
            }
            // Unbound, it hears nothing.
            State::Fresh { .. } if self.kind == Kind::Datagram => Err(libc::EAGAIN),
            State::Fresh { .. } | State::Listening(..) => Err(libc::ENOTCONN),
        }
    }

    /// `sendmsg(2)`. Never waits.
    pub(crate) fn send(&self, slices: &[&[u8]], to: Option<&Address>) -> Result<usize, c_int> {
        let mut state = self.lock();
        if self.kind == Kind::Datagram {
            return self.send_datagram(&mut state, slices, to);
        }
        match &*state {
            State::Stream(connection) if connection.stream.is_connecting() => Err(libc::EAGAIN),
            State::Stream(connection) => connection.stream.write(slices).map_err(|error| number(&error)),
            State::Fresh { .. } if self.family == super::Family::Unix => Err(libc::ENOTCONN),
            _ => Err(libc::EPIPE),
        }
    }

    fn send_datagram(
        &self,
        state: &mut State,
        slices: &[&[u8]],
        to: Option<&Address>,
    ) -> Result<usize, c_int> {
        let length: usize = slices.iter().map(|slice| slice.len()).sum();
        if length > LONGEST_DATAGRAM + 20 {
            return Err(libc::EMSGSIZE);
        }
        let to = match to {
            None | Some(Address::Unspecified) => None,
            Some(to) => Some(self.inet(to)?),
        };
        if to.is_none() && matches!(state, State::Fresh { .. }) {
            return Err(libc::EDESTADDRREQ);
        }
        self.open_if_fresh(state)?;
        let State::Datagrams(socket) = &*state else { return Err(libc::EINVAL) };
        let joined;
        let payload = match slices {
            [one] => one,
            several => {
                joined = several.concat();
                &joined[..]
            }
        };
        let sent = match to {
            Some(to) => socket.socket().try_send_to(payload, to),
            None => socket.socket().try_send(payload),
        };
        let sent = sent.map_err(|error| number(&error))?;
        self.mark(edge::WRITABLE); // its memory is free again: Linux's `sock_wfree`
        Ok(sent)
    }

    /// `shutdown(2)`
    ///
    /// Source: Linux 6.18, `inet_shutdown`: whoever polls is told, even where there is no connection.
    pub(crate) fn shut_down(&self, how: c_int) -> Result<(), c_int> {
        if !matches!(how, libc::SHUT_RD | libc::SHUT_WR | libc::SHUT_RDWR) {
            return Err(libc::EINVAL);
        }
        let done = self.lock().shut_down(how);
        self.mark(edge::ANY);
        done
    }

    /// `FIONREAD`: how many bytes a read gets.
    pub(crate) fn unread(&self) -> Result<usize, c_int> {
        match &*self.lock() {
            State::Stream(connection) => Ok(connection.stream.unread()),
            State::Datagrams(socket) => Ok(socket.unread()),
            State::Fresh { .. } => Ok(0),
            State::Listening(..) => Err(libc::EINVAL),
        }
    }

    /// `SO_ERROR`: takes the error that is pending.
    pub(crate) fn take_error(&self) -> c_int {
        let error = match &*self.lock() {
            State::Stream(connection) => connection.stream.take_error(),
            State::Datagrams(socket) => socket.take_error(),
            State::Fresh { .. } | State::Listening(..) => None,
        };
        error.map_or(0, |error| number(&error))
    }
}

impl State {
    fn shut_down(&mut self, how: c_int) -> Result<(), c_int> {
        match self {
            Self::Stream(connection)
                if !connection.stream.is_broken() && !connection.stream.is_connecting() =>
            {
                if how != libc::SHUT_RD {
                    connection.stream.shut_down_write();
                }
                connection.is_read_shut |= how != libc::SHUT_WR;
                Ok(())
            }
            Self::Datagrams(socket) if socket.socket().peer_addr().is_ok() => Ok(()),
            Self::Listening(..) => {
                if how != libc::SHUT_WR {
                    *self = Self::Fresh { bound: None }; // it may listen again
                }
                Ok(())
            }
            _ => Err(libc::ENOTCONN),
        }
    }
}
