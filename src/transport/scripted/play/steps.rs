//! The steps of a script at play: what each does once it is its turn.

use std::{sync::Arc, time::Duration};

use bytes::{Buf, Bytes};

use super::{Code, Peer, Play};
use crate::transport::scripted::{
    step::Action,
    texts::{self, Fault},
};

/// The result of a step: finished at this time, or not yet.
type Played = Result<Option<Duration>, Fault>;

impl Play {
    /// Plays the steps that can be played now.
    pub(super) fn play(&mut self) {
        let steps = Arc::clone(&self.steps);
        while let (None, Some(step)) = (&self.fault, steps.get(self.at)) {
            match self.play_step(&step.action) {
                Ok(None) => return,
                Ok(Some(ended)) => {
                    self.begun = ended;
                    self.at += 1;
                    self.compared = 0;
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
        let wanted = &bytes[self.compared..];
        let count = wanted.len().min(self.arrived.len());
        let same = wanted.iter().zip(&self.arrived).take_while(|(wanted, got)| wanted == got).count();
        if same < count {
            let got = [&bytes[..self.compared], &self.arrived].concat();
            return Err(texts::differs(&self.scene(), bytes, &got, self.compared + same));
        }
        self.arrived.advance(count);
        self.compared += count;
        if self.compared == bytes.len() {
            return self.matched();
        }
        if self.code != Code::Open {
            return Err(texts::ended_within(&self.scene(), bytes, self.compared));
        }
        Ok(None)
    }

    fn play_expect_until(&mut self, delimiter: &Bytes, most: usize) -> Played {
        let within = most.min(self.arrived.len());
        let from = (self.compared + 1).saturating_sub(delimiter.len());
        let found = self.arrived[from..within].windows(delimiter.len()).position(|part| part == delimiter);
        if let Some(position) = found {
            let taken = self.arrived.split_to(from + position + delimiter.len());
            self.heard.push(taken.freeze());
            return self.matched();
        }
        self.compared = within;
        if within == most {
            return Err(texts::no_delimiter(&self.scene(), delimiter, most, &self.arrived));
        }
        if self.code != Code::Open {
            return Err(texts::ended_before(&self.scene(), delimiter, &self.arrived));
        }
        Ok(None)
    }

    fn matched(&self) -> Played {
        Ok(Some(self.begun.max(self.arrived_at)))
    }

    fn play_expect_nothing(&mut self, time: Duration) -> Played {
        let Some(now) = self.now else { return Err(texts::no_clock(&self.scene())) };
        let ends = self.begun.saturating_add(time);
        if !self.arrived.is_empty() {
            let after = self.arrived_at.saturating_sub(self.begun);
            return Err(texts::not_silent(&self.scene(), time, after, &self.arrived));
        }
        if self.code != Code::Open {
            let after = self.code_ended_at.saturating_sub(self.begun);
            return Err(texts::closed_in_silence(&self.scene(), time, after));
        }
        Ok((now >= ends).then_some(ends))
    }

    fn play_expect_close(&mut self) -> Played {
        self.nothing_more()?;
        Ok((self.code != Code::Open).then_some(self.begun.max(self.code_ended_at)))
    }

    fn play_send(&mut self, bytes: &Bytes) -> Played {
        if self.code == Code::Gone {
            return Err(texts::hung_up(&self.scene()));
        }
        if !self.pipelined && !self.arrived.is_empty() {
            return Err(texts::wrote_ahead(&self.scene(), self.at, bytes, &self.arrived));
        }
        self.unread.push(self.at);
        Ok(Some(self.begun))
    }

    fn play_wait(&mut self, time: Duration) -> Played {
        let Some(now) = self.now else { return Err(texts::no_clock(&self.scene())) };
        let ends = self.begun.saturating_add(time);
        Ok((now >= ends).then_some(ends))
    }

    fn play_end(&mut self, how: Peer) -> Played {
        if how != Peer::HalfClosed {
            self.nothing_more()?;
        }
        if self.code == Code::Gone {
            return Err(texts::hung_up(&self.scene()));
        }
        self.peer = how;
        self.end_is_seen.get_or_insert(false);
        Ok(Some(self.begun))
    }

    /// Checks that the code has written nothing that no step expects.
    fn nothing_more(&self) -> Result<(), Fault> {
        if self.arrived.is_empty() { Ok(()) } else { Err(texts::unexpected(&self.scene(), &self.arrived)) }
    }
}
