//! The script at play, as a pure state machine: bytes and the time go in, bytes and the result come out.
//!
//! Nothing runs in the background. The play catches up when it is asked, and each step still happens at its own instant:
//! a step begins when the one before it ended, however late that is noticed.

mod steps;

use std::{
    io::{self, IoSlice},
    sync::Arc,
    time::Duration,
};

use bytes::{Bytes, BytesMut};

use super::{
    script::PeerScript,
    step::{Action, Step},
    texts::{self, Fault, Scene},
    unread::Unread,
};
use crate::{
    transport::segmentation::{Cutter, Segmentation},
    violation::Violation,
};

/// How many bytes the code can write ahead while the peer waits: 64 KiB.
const ROOM: usize = 64 * 1024;

pub(super) struct Play {
    name: Arc<str>,
    steps: Arc<Vec<Step>>,
    segmentation: Segmentation,
    cutter: Cutter,
    pipelined: bool,
    /// The time, once there is a clock.
    now: Option<Duration>,
    /// The index of the current step, and when it began.
    at: usize,
    begun: Duration,
    /// Written by the code, and not yet compared with the script.
    arrived: BytesMut,
    arrived_at: Duration,
    /// How many bytes of the current step are compared.
    compared: usize,
    /// The bytes that each `expect_until` took.
    heard: Vec<Bytes>,
    code: Code,
    code_ended_at: Duration,
    unread: Unread,
    peer: Peer,
    /// If the script has ended the stream: true once the code has seen that.
    end_is_seen: Option<bool>,
    fault: Option<Fault>,
    changed: bool,
}

/// How the code has left its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Code {
    Open,
    Shut,
    Gone,
}

/// How the peer has left its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Peer {
    Open,
    HalfClosed,
    Closed,
    Reset,
}

impl Play {
    pub(super) fn new(script: PeerScript) -> Self {
        Self {
            name: script.name,
            steps: Arc::new(script.steps),
            cutter: script.settings.segmentation.cutter(),
            segmentation: script.settings.segmentation,
            pipelined: script.settings.pipelined,
            now: None,
            at: 0,
            begun: Duration::ZERO,
            arrived: BytesMut::new(),
            arrived_at: Duration::ZERO,
            compared: 0,
            heard: Vec::new(),
            code: Code::Open,
            code_ended_at: Duration::ZERO,
            unread: Unread::default(),
            peer: Peer::Open,
            end_is_seen: None,
            fault: None,
            changed: false,
        }
    }

    // Time.

    /// Sets the time at which the first step begins.
    pub(super) fn begin(&mut self, now: Duration) {
        self.begun = now;
    }

    /// Catches up with the time.
    pub(super) fn tick(&mut self, now: Option<Duration>) {
        self.now = self.now.max(now);
        self.play();
    }

    /// When the current step ends by itself.
    pub(super) fn deadline(&self) -> Option<Duration> {
        match self.steps.get(self.at)?.action {
            Action::Wait(time) | Action::ExpectNothing(time) => Some(self.begun.saturating_add(time)),
            _ => None,
        }
    }

    // The code.

    /// Reads the next bytes: none at the end of the stream, `None` while there is nothing to read.
    pub(super) fn read(&mut self, most: usize, sink: impl FnOnce(&[u8])) -> Option<io::Result<()>> {
        if self.fault.is_some() {
            return Some(Err(self.refusal()));
        }
        if let Some(piece) = self.unread.front(&self.steps) {
            let count = self.cutter.next_piece(piece.len().min(most));
            sink(&piece[..count]);
            self.cutter.took(count);
            if self.unread.took(count, &self.steps) {
                self.changed = true;
                self.play();
            }
            return Some(Ok(()));
        }
        if self.peer == Peer::Open {
            return None;
        }
        self.see_end();
        Some(if self.peer == Peer::Reset { Err(self.refusal()) } else { Ok(()) })
    }

    /// Takes bytes from the code; `None` while there is no room.
    pub(super) fn write(&mut self, slices: &[IoSlice<'_>]) -> Option<io::Result<usize>> {
        if self.fault.is_none() && self.code != Code::Open {
            return Some(Err(io::ErrorKind::BrokenPipe.into()));
        }
        self.expect_no_more(slices);
        if self.fault.is_some() || matches!(self.peer, Peer::Closed | Peer::Reset) {
            self.see_end();
            return Some(Err(self.refusal()));
        }
        let mut room = self.room();
        let before = self.arrived.len();
        for slice in slices {
            let count = slice.len().min(room);
            self.arrived.extend_from_slice(&slice[..count]);
            room -= count;
        }
        let count = self.arrived.len() - before;
        if count == 0 {
            return slices.iter().all(|slice| slice.is_empty()).then_some(Ok(0));
        }
        self.arrived_at = self.now.unwrap_or_default();
        if !self.pipelined && !self.unread.is_empty() {
            let step = self.unread.first_step().unwrap_or(self.at);
            self.fail(texts::wrote_ahead(&self.scene(), step, &self.unread_bytes(), &self.arrived));
        }
        self.play();
        Some(if self.fault.is_some() { Err(self.refusal()) } else { Ok(count) })
    }

    /// Fails on bytes that no step expects, the same in one write and in two. Code that has seen the end may try.
    fn expect_no_more(&mut self, slices: &[IoSlice<'_>]) {
        if self.fault.is_some() || self.peer != Peer::Closed || self.end_is_seen == Some(true) {
            return;
        }
        if let Some(slice) = slices.iter().find(|slice| !slice.is_empty()) {
            let last = Scene { at: self.steps.len() - 1, ..self.scene() };
            self.fail(texts::unexpected(&last, slice));
        }
    }

    /// How many bytes the peer takes now.
    fn room(&self) -> usize {
        match self.steps.get(self.at) {
            Some(Step { action: Action::Wait(_), .. }) => ROOM.saturating_sub(self.arrived.len()),
            _ => usize::MAX,
        }
    }

    /// The code ends its direction.
    pub(super) fn shut(&mut self) -> io::Result<()> {
        if self.code == Code::Open {
            self.code = Code::Shut;
            self.code_ended_at = self.now.unwrap_or_default();
            self.changed = true;
            self.play();
        }
        if self.fault.is_some() { Err(self.refusal()) } else { Ok(()) }
    }

    /// The code drops the stream.
    pub(super) fn hang_up(&mut self) {
        self.code = Code::Gone;
        self.code_ended_at = self.now.unwrap_or_default();
        self.changed = true;
        if self.fault.is_none() && !self.unread.is_empty() {
            self.fail(texts::unread(&self.scene(), &self.unread_bytes()));
        }
        self.play();
        if self.result().is_none() && self.at == self.steps.len() {
            self.fail(texts::end_not_met(&self.scene()));
        }
    }

    fn see_end(&mut self) {
        self.end_is_seen = self.end_is_seen.map(|_| true);
        self.changed = true;
    }

    /// Why the code gets an error.
    fn refusal(&self) -> io::Error {
        match &self.fault {
            Some(fault) => io::Error::new(io::ErrorKind::ConnectionReset, fault.headline().to_owned()),
            None if self.peer == Peer::Reset => io::ErrorKind::ConnectionReset.into(),
            None => io::ErrorKind::BrokenPipe.into(),
        }
    }

    // The test.

    /// The result, once it is known: what each `expect_until` took.
    pub(super) fn result(&self) -> Option<Result<Vec<Bytes>, Violation>> {
        if let Some(fault) = &self.fault {
            return Some(Err(fault.to_violation()));
        }
        let is_over = self.at == self.steps.len() && self.unread.is_empty();
        (is_over && self.end_is_seen != Some(false)).then(|| Ok(self.heard.clone()))
    }

    /// Ends the play with this fault. The first fault is kept.
    pub(super) fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
        self.unread.clear();
        self.arrived.clear();
        self.changed = true;
    }

    /// True if the tasks that wait should look again. Asked once.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// True if the code has not dropped the stream.
    pub(super) fn is_held(&self) -> bool {
        self.code != Code::Gone
    }

    /// How far the script has come.
    pub(super) fn scene(&self) -> Scene<'_> {
        Scene {
            name: &self.name,
            steps: &self.steps,
            at: self.at,
            unread: self.unread.count(&self.steps),
            unread_step: self.unread.first_step(),
            segmentation: &self.segmentation,
            now: self.now,
        }
    }

    fn unread_bytes(&self) -> Vec<u8> {
        self.unread.bytes(&self.steps)
    }
}
