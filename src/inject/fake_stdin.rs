//! The fake behind a `Stdin`.

use std::sync::Arc;

use bytes::{Buf, Bytes};
use unplugged_seam::__private::{Caller, StdinHook};

use super::{process_state::ProcessState, texts};

/// The standard input of a fake process.
pub(super) struct FakeStdin {
    process: Arc<ProcessState>,
    /// The bytes that were shown last.
    shown: Bytes,
}

impl FakeStdin {
    pub(super) const fn new(process: Arc<ProcessState>) -> Self {
        Self { process, shown: Bytes::new() }
    }
}

impl StdinHook for FakeStdin {
    fn rest(&mut self, used_at: Caller) -> &[u8] {
        let mut state = self.process.state();
        let Some(stdin) = &mut state.stdin else {
            let fault = texts::undeclared("the standard input was read", "stdin", used_at.into());
            self.process.broken(state, fault)
        };
        self.shown = stdin.using().clone();
        drop(state);
        &self.shown
    }

    fn consume(&mut self, amount: usize) {
        if let Some(stdin) = &mut self.process.state().stdin {
            stdin.value.advance(amount);
        }
    }
}
