//! Keep-alive and the user timeout of a stream.

use std::{io, time::Duration};

use super::{KeepAlive, TcpStream};
use crate::net::texts;

/// Keep-alive and the user timeout.
impl TcpStream {
    /// Turns keep-alive on or off. It is off unless set. Its probes are packets; its timer does not keep the sim busy.
    ///
    /// # Errors
    /// `InvalidInput` if the idle time or the interval is zero or more than 32767 seconds, or the probes are none or
    /// more than 127.
    pub fn set_keep_alive(&self, setting: Option<KeepAlive>) -> io::Result<()> {
        setting.map_or(Ok(()), |setting| setting.check())?;
        self.with_end(|conn, side, wire| conn.set_keep_alive(side, setting, wire));
        Ok(())
    }

    /// Returns the keep-alive settings; `None` if it is off. Never fails; the `Result` is tokio's signature.
    ///
    /// # Errors
    /// None.
    pub fn keep_alive(&self) -> io::Result<Option<KeepAlive>> {
        Ok(self.with_end(|conn, side, _| conn.keep_alive(side)))
    }

    /// Sets how long bytes that were written may stay unacknowledged before the stream fails with `TimedOut`; unless
    /// set, 15 attempts: some 15 minutes. With [keep-alive](Self::set_keep_alive) it is also how long silence may be,
    /// whatever the number of probes, as of the next one.
    ///
    /// Source: Linux 6.18, tcp(7), `TCP_USER_TIMEOUT`.
    ///
    /// # Errors
    /// `InvalidInput` if it is zero.
    pub fn set_user_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        if limit.is_some_and(|limit| limit.is_zero()) {
            return Err(texts::no_user_timeout());
        }
        self.with_end(|conn, side, _| conn.set_user_timeout(side, limit));
        Ok(())
    }

    /// Returns the user timeout. Never fails; the `Result` is tokio's signature.
    ///
    /// # Errors
    /// None.
    pub fn user_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(self.with_end(|conn, side, _| conn.user_timeout(side)))
    }
}
