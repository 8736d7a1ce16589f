//! The bytes that a scripted peer has sent and the code has not read.

use std::collections::VecDeque;

use super::step::Step;

/// The steps whose bytes are sent and not read, by index, and how much of the first one is read.
#[derive(Default)]
pub(super) struct Unread {
    steps: VecDeque<usize>,
    read: usize,
}

impl Unread {
    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The index of the step that sent the first unread byte.
    pub(super) fn first_step(&self) -> Option<usize> {
        self.steps.front().copied()
    }

    pub(super) fn push(&mut self, step: usize) {
        self.steps.push_back(step);
    }

    /// The unread bytes of the first step.
    pub(super) fn front<'a>(&self, steps: &'a [Step]) -> Option<&'a [u8]> {
        self.first_step().map(|step| &steps[step].sent()[self.read..])
    }

    /// The code has read `count` bytes of the first step. True if it has read all of it.
    pub(super) fn took(&mut self, count: usize, steps: &[Step]) -> bool {
        self.read += count;
        let is_over = self.first_step().is_some_and(|step| self.read == steps[step].sent().len());
        if is_over {
            self.steps.pop_front();
            self.read = 0;
        }
        is_over
    }

    pub(super) fn count(&self, steps: &[Step]) -> usize {
        self.steps.iter().map(|step| steps[*step].sent().len()).sum::<usize>() - self.read
    }

    pub(super) fn bytes(&self, steps: &[Step]) -> Vec<u8> {
        let sent: Vec<u8> = self.steps.iter().flat_map(|step| steps[*step].sent()).copied().collect();
        sent[self.read..].to_vec()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
