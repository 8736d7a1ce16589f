//! Finds the relay's addresses: on a simulated network, or with the system's resolver.

use std::{io, net::SocketAddr};

use unplugged::{
    clock::TokioClock,
    net::{RealNet, Resolver},
};

use super::mail::{Mailer, Resolve};

/// Where relays listen.
///
/// Source: RFC 5321, section 4.5.4.2.
pub(crate) const SMTP: u16 = 25;

impl Resolve for Resolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        let addresses = self.addresses(host).await?;
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, SMTP)).collect())
    }
}

/// Asks the system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct System;

impl Resolve for System {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, SMTP)).await?.collect())
    }
}

/// Makes the mailer of production. No other place names the real network.
pub(crate) fn production() -> Mailer<System, RealNet, TokioClock> {
    Mailer { resolver: System, dialer: RealNet, clock: TokioClock::new() }
}
