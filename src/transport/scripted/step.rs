//! The steps of a script.

use std::{fmt, time::Duration};

use bytes::Bytes;

use crate::violation::{SourceLocation, escaped};

/// A step, and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) action: Action,
    pub(super) scripted: SourceLocation,
}

#[derive(Clone, Debug)]
pub(super) enum Action {
    Expect(Bytes),
    ExpectUntil { delimiter: Bytes, most: usize },
    ExpectNothing(Duration),
    ExpectClose,
    Send(Bytes),
    Wait(Duration),
    CloseWrite,
    Close,
    Reset,
}

impl Step {
    /// The bytes that the step sends, if it sends any.
    pub(super) fn sent(&self) -> &[u8] {
        if let Action::Send(bytes) = &self.action { bytes } else { &[] }
    }

    /// True if the step ends what the peer sends.
    pub(super) fn ends_sending(&self) -> bool {
        matches!(self.action, Action::CloseWrite | Action::Close | Action::Reset)
    }

    /// The step without its bytes, for a list.
    pub(super) fn brief(&self) -> String {
        match &self.action {
            Action::Expect(bytes) => format!("expect {}", length(bytes.len())),
            Action::Send(bytes) => format!("send {}", length(bytes.len())),
            action => action.to_string(),
        }
    }
}

/// Shows the method of the script, with its argument.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expect(bytes) => write!(f, "expect {}", escaped(bytes)),
            Self::ExpectUntil { delimiter, most } => {
                write!(f, "expect_until {} within {}", escaped(delimiter), length(*most))
            }
            Self::ExpectNothing(time) => write!(f, "expect_nothing_for {time:?}"),
            Self::ExpectClose => f.write_str("expect_close"),
            Self::Send(bytes) => write!(f, "send {}", escaped(bytes)),
            Self::Wait(time) => write!(f, "wait {time:?}"),
            Self::CloseWrite => f.write_str("close_write"),
            Self::Close => f.write_str("close"),
            Self::Reset => f.write_str("reset"),
        }
    }
}

pub(super) fn length(bytes: usize) -> String {
    if bytes == 1 { "1 byte".into() } else { format!("{bytes} bytes") }
}
