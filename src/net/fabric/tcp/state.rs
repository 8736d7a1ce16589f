//! The states of a TCP endpoint.

use crate::net::TcpState;

/// The transitions of RFC 9293, figure 5. The end of a direction is a FIN.
impl TcpState {
    /// Returns the state after the endpoint has sent its FIN.
    pub(super) const fn fin_sent(self) -> Self {
        match self {
            Self::SynReceived | Self::Established => Self::FinWait1,
            Self::CloseWait => Self::LastAck,
            other => other,
        }
    }

    /// Returns the state after the peer's FIN has arrived.
    pub(super) const fn fin_arrived(self) -> Self {
        match self {
            Self::SynReceived | Self::Established => Self::CloseWait,
            Self::FinWait1 => Self::Closing,
            Self::FinWait2 => Self::TimeWait,
            other => other,
        }
    }

    /// Returns the state after the peer has acknowledged the FIN.
    pub(super) const fn fin_acknowledged(self) -> Self {
        match self {
            Self::FinWait1 => Self::FinWait2,
            Self::Closing => Self::TimeWait,
            Self::LastAck => Self::Closed,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: RFC 9293, section 3.6, cases 1 to 3.
    #[test]
    fn a_close_takes_the_states_of_the_rfc() {
        let open = TcpState::Established;
        let active = open.fin_sent();
        assert_eq!(active, TcpState::FinWait1);
        assert_eq!(active.fin_acknowledged(), TcpState::FinWait2);
        assert_eq!(active.fin_acknowledged().fin_arrived(), TcpState::TimeWait);
        assert_eq!(active.fin_arrived(), TcpState::Closing); // both at once
        assert_eq!(active.fin_arrived().fin_acknowledged(), TcpState::TimeWait);
        let passive = open.fin_arrived();
        assert_eq!(passive, TcpState::CloseWait);
        assert_eq!(passive.fin_sent(), TcpState::LastAck);
        assert_eq!(passive.fin_sent().fin_acknowledged(), TcpState::Closed);
    }
}
