//! The script at play, as a pure state machine: bytes and the time go in, bytes and a verdict come out.
//!
//! Nobody runs it in the background. It catches up whenever it is asked, and each step still happens at its own
//! instant: a step begins when the one before it ended, however late that is noticed.

use std::{collections::VecDeque, io, sync::Arc, time::Duration};

use bytes::{Buf, Bytes, BytesMut};

use super::{
    script::{Action, PeerScript, Step},
    texts::{self, Fault},
};
use crate::{
    transport::{Segmentation, segmentation::Cutter},
    violation::Violation,
};

/// What the code can write ahead while the peer waits.
const ROOM: usize = 64 * 1024;

pub(super) struct Play {
    pub(super) name: Arc<str>,
    pub(super) steps: Arc<Vec<Step>>,
    pub(super) segmentation: Segmentation,
    cutter: Cutter,
    pipelined: bool,
    /// The time, once there is a clock.
    pub(super) now: Option<Duration>,
    /// The index of the step under way.
    pub(super) at: usize,
    begun: Duration,
    /// Written by the code, and not yet judged.
    arrived: BytesMut,
    arrived_at: Duration,
    /// How many bytes of the step under way are judged.
    judged: usize,
    /// What each `expect_until` took.
    heard: Vec<Bytes>,
    code: Code,
    code_ended_at: Duration,
    /// The indexes of the steps whose bytes are sent and not read, and how many of the first one's are read.
    unread: VecDeque<usize>,
    first_read: usize,
    peer: Peer,
    /// Whether the code has met the end that the script made, if it made one.
    end_is_met: Option<bool>,
    fault: Option<Fault>,
    changed: bool,
}

/// What the code did with its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Code {
    Open,
    Shut,
    Gone,
}

/// What the peer did with its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Peer {
    Open,
    HalfClosed,
    Closed,
    Reset,
}

/// What became of a step: over at this time, or not yet.
type Played = Result<Option<Duration>, Fault>;

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
            judged: 0,
            heard: Vec::new(),
            code: Code::Open,
            code_ended_at: Duration::ZERO,
            unread: VecDeque::new(),
            first_read: 0,
            peer: Peer::Open,
            end_is_met: None,
            fault: None,
            changed: false,
        }
    }

    // Time.

    /// Says what time it is when the first step begins.
    pub(super) fn begin(&mut self, now: Duration) {
        self.begun = now;
    }

    /// Catches up with the time.
    pub(super) fn tick(&mut self, now: Option<Duration>) {
        self.now = self.now.max(now);
        self.play();
    }

    /// When the step under way ends by itself.
    pub(super) fn deadline(&self) -> Option<Duration> {
        match self.steps.get(self.at)?.action {
            Action::Wait(time) | Action::ExpectNothing(time) => Some(self.begun.saturating_add(time)),
            _ => None,
        }
    }

    // The code.

    /// Reads the next bytes; none at the end of the stream; `None` while there is nothing.
    pub(super) fn read(&mut self, most: usize, sink: impl FnOnce(&[u8])) -> Option<io::Result<()>> {
        if self.fault.is_some() {
            return Some(Err(self.refusal()));
        }
        if let Some(&step) = self.unread.front() {
            let piece = &sent(&self.steps[step])[self.first_read..];
            let count = self.cutter.next_piece(piece.len().min(most));
            sink(&piece[..count]);
            self.cutter.took(count);
            self.first_read += count;
            if count == piece.len() {
                self.unread.pop_front();
                self.first_read = 0;
                self.changed = true;
                self.play();
            }
            return Some(Ok(()));
        }
        if self.peer == Peer::Open {
            return None;
        }
        self.meet_end();
        Some(if self.peer == Peer::Reset { Err(self.refusal()) } else { Ok(()) })
    }

    /// Takes bytes from the code; `None` while there is no room.
    pub(super) fn write(&mut self, slices: &[&[u8]]) -> Option<io::Result<usize>> {
        if self.fault.is_none() && self.code != Code::Open {
            return Some(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if self.fault.is_some() || matches!(self.peer, Peer::Closed | Peer::Reset) {
            self.meet_end();
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
            self.fail(texts::wrote_ahead(self, &self.unread_bytes(), &self.arrived));
        }
        self.play();
        Some(if self.fault.is_some() { Err(self.refusal()) } else { Ok(count) })
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
            self.fail(texts::unread(self, &self.unread_bytes()));
        }
        self.play();
        if self.verdict().is_none() && self.at == self.steps.len() {
            self.fail(texts::end_not_met(self));
        }
    }

    fn meet_end(&mut self) {
        self.end_is_met = self.end_is_met.map(|_| true);
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

    /// How it went, once that is known.
    pub(super) fn verdict(&self) -> Option<Result<Vec<Bytes>, Violation>> {
        if let Some(fault) = &self.fault {
            return Some(Err(fault.told()));
        }
        let is_over = self.at == self.steps.len() && self.unread.is_empty();
        (is_over && self.end_is_met != Some(false)).then(|| Ok(self.heard.clone()))
    }

    /// Ends the play with this fault, unless it had one before.
    pub(super) fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
        self.unread.clear();
        self.first_read = 0;
        self.arrived.clear();
        self.changed = true;
    }

    /// Whether anybody who waits should look again; asked once.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Whether the code still holds the stream.
    pub(super) fn is_held(&self) -> bool {
        self.code != Code::Gone
    }

    /// The bytes that were sent and not read.
    pub(super) fn unread_bytes(&self) -> Unread {
        let sent: Vec<u8> = self.unread.iter().flat_map(|step| sent(&self.steps[*step])).copied().collect();
        let step = self.unread.front().copied().unwrap_or(self.at);
        Unread { step, bytes: sent[self.first_read..].to_vec() }
    }

    pub(super) fn unread_count(&self) -> usize {
        self.unread.iter().map(|step| sent(&self.steps[*step]).len()).sum::<usize>() - self.first_read
    }

    /// The index of the step that ends what the peer sends.
    pub(super) fn end_step(&self) -> usize {
        let ends = |step: &Step| matches!(step.action, Action::CloseWrite | Action::Close | Action::Reset);
        self.steps.iter().position(ends).unwrap_or(self.steps.len() - 1)
    }

    // The steps.

    /// Goes on as far as it can.
    fn play(&mut self) {
        let steps = Arc::clone(&self.steps);
        while let (None, Some(step)) = (&self.fault, steps.get(self.at)) {
            match self.play_step(&step.action) {
                Ok(None) => return,
                Ok(Some(ended)) => {
                    self.begun = ended;
                    self.at += 1;
                    self.judged = 0;
                    self.changed = true;
                }
                Err(fault) => self.fail(fault),
            }
        }
        if self.at == steps.len() && self.peer != Peer::Reset {
            self.peer = Peer::Closed;
        }
    }

    fn play_step(&mut self, action: &Action) -> Played {
        match action {
            Action::Expect(bytes) => self.play_expect(bytes),
            Action::ExpectUntil { delimiter, most } => self.play_expect_until(delimiter, *most),
            Action::ExpectNothing(time) => self.play_expect_nothing(*time),
            Action::ExpectClose => self.play_expect_close(),
            Action::Send(bytes) => self.play_send(bytes),
            Action::Wait(time) => self.play_wait(*time),
            Action::CloseWrite => self.play_end(Peer::HalfClosed),
            Action::Close => self.play_end(Peer::Closed),
            Action::Reset if self.unread.is_empty() => self.play_end(Peer::Reset),
            Action::Reset => self.nothing_more().map(|()| None),
        }
    }

    fn play_expect(&mut self, bytes: &Bytes) -> Played {
        let wanted = &bytes[self.judged..];
        let count = wanted.len().min(self.arrived.len());
        let same = wanted.iter().zip(&self.arrived).take_while(|(wanted, got)| wanted == got).count();
        if same < count {
            let got = [&bytes[..self.judged], &self.arrived].concat();
            return Err(texts::differs(self, bytes, &got, self.judged + same));
        }
        self.arrived.advance(count);
        self.judged += count;
        if self.judged == bytes.len() {
            return self.heard_enough();
        }
        if self.code != Code::Open {
            return Err(texts::ended_within(self, bytes, self.judged));
        }
        Ok(None)
    }

    fn play_expect_until(&mut self, delimiter: &Bytes, most: usize) -> Played {
        let within = most.min(self.arrived.len());
        let from = (self.judged + 1).saturating_sub(delimiter.len());
        let found = self.arrived[from..within].windows(delimiter.len()).position(|part| part == delimiter);
        if let Some(position) = found {
            let taken = self.arrived.split_to(from + position + delimiter.len());
            self.heard.push(taken.freeze());
            return self.heard_enough();
        }
        self.judged = within;
        if within == most {
            return Err(texts::no_delimiter(self, delimiter, most, &self.arrived));
        }
        if self.code != Code::Open {
            return Err(texts::ended_before(self, delimiter, &self.arrived));
        }
        Ok(None)
    }

    fn heard_enough(&self) -> Played {
        Ok(Some(self.begun.max(self.arrived_at)))
    }

    fn play_expect_nothing(&mut self, time: Duration) -> Played {
        let Some(now) = self.now else { return Err(texts::no_clock(self)) };
        let ends = self.begun.saturating_add(time);
        if !self.arrived.is_empty() {
            let after = self.arrived_at.saturating_sub(self.begun);
            return Err(texts::not_silent(self, time, after, &self.arrived));
        }
        if self.code != Code::Open {
            let after = self.code_ended_at.saturating_sub(self.begun);
            return Err(texts::closed_in_silence(self, time, after));
        }
        Ok((now >= ends).then_some(ends))
    }

    fn play_expect_close(&mut self) -> Played {
        self.nothing_more()?;
        Ok((self.code != Code::Open).then_some(self.begun.max(self.code_ended_at)))
    }

    fn play_send(&mut self, bytes: &Bytes) -> Played {
        if self.code == Code::Gone {
            return Err(texts::hung_up(self));
        }
        if !self.pipelined && !self.arrived.is_empty() {
            let early = Unread { step: self.at, bytes: bytes.to_vec() };
            return Err(texts::wrote_ahead(self, &early, &self.arrived));
        }
        self.unread.push_back(self.at);
        Ok(Some(self.begun))
    }

    fn play_wait(&mut self, time: Duration) -> Played {
        let Some(now) = self.now else { return Err(texts::no_clock(self)) };
        let ends = self.begun.saturating_add(time);
        Ok((now >= ends).then_some(ends))
    }

    fn play_end(&mut self, how: Peer) -> Played {
        if how != Peer::HalfClosed {
            self.nothing_more()?;
        }
        if self.code == Code::Gone {
            return Err(texts::hung_up(self));
        }
        self.peer = how;
        self.end_is_met.get_or_insert(false);
        Ok(Some(self.begun))
    }

    /// A step at which no byte may be left that the code wrote.
    fn nothing_more(&self) -> Result<(), Fault> {
        if self.arrived.is_empty() { Ok(()) } else { Err(texts::unexpected(self, &self.arrived)) }
    }
}

/// What a step sends.
fn sent(step: &Step) -> &[u8] {
    if let Action::Send(bytes) = &step.action { bytes } else { &[] }
}

/// Bytes that the code has not read, and the step that sent the first of them.
pub(super) struct Unread {
    pub(super) step: usize,
    pub(super) bytes: Vec<u8>,
}
