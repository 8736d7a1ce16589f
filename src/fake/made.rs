//! The calls that were made, as the log keeps them.

use std::{iter, ptr, sync::Arc};

use super::{
    call::{Caller, Inside},
    state::{At, Shared},
};

/// A call that was made; or several, if they are the same and came from the same line, one after the other.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) kept: Kept,
    pub(super) caller: Caller,
    times: usize,
}

/// The arguments.
#[derive(Clone)]
pub(super) enum Kept {
    /// Those of an exact entry, which the call equals: then nothing is copied.
    AsScripted(At),
    Own(Arc<dyn Inside>),
}

/// One call, to be shown.
#[derive(Clone, Copy)]
pub(super) struct Seen<'s> {
    pub(super) call: &'s dyn Inside,
    pub(super) caller: Caller,
}

#[derive(Default)]
pub(super) struct Log {
    made: Vec<Made>,
    count: usize,
}

impl Log {
    /// Adds a call, and gives its number.
    #[inline]
    pub(super) fn push(&mut self, kept: Kept, caller: Caller) -> usize {
        self.count += 1;
        if let (Some(last), Kept::AsScripted(at)) = (self.made.last_mut(), &kept) {
            // The same line may have two addresses: then these are two.
            let is_same_line = ptr::eq(last.caller.place.location(), caller.place.location());
            if is_same_line && matches!(&last.kept, Kept::AsScripted(known) if known == at) {
                last.times += 1;
                return self.count;
            }
        }
        self.made.push(Made { kept, caller, times: 1 });
        self.count
    }

    pub(super) fn take(&mut self) -> Vec<Made> {
        std::mem::take(&mut self.made)
    }

    pub(super) fn copy(&self) -> Vec<Made> {
        self.made.clone()
    }
}

impl Made {
    pub(super) fn seen<'s>(&'s self, shared: &'s Shared) -> Seen<'s> {
        let call = match &self.kept {
            Kept::AsScripted(at) => {
                shared.step(*at).expected.exact().expect("only an exact entry is kept so")
            }
            Kept::Own(call) => &**call,
        };
        Seen { call, caller: self.caller }
    }
}

/// Every single call.
pub(super) fn each<'s>(made: &'s [Made], shared: &'s Shared) -> impl Iterator<Item = Seen<'s>> {
    made.iter().flat_map(move |made| iter::repeat_n(made.seen(shared), made.times))
}
