//! The calls that were made, as a scenario keeps them.

use std::{iter, ptr, sync::Arc};

use super::{
    call::{Caller, ErasedCall},
    state::{At, Shared},
};

/// All calls in their order.
#[derive(Clone, Default)]
pub(super) struct Log {
    runs: Vec<Run>,
    count: usize,
}

/// Equal calls of one entry and one line, one after the other. A test may make many thousands.
#[derive(Clone)]
struct Run {
    args: LoggedArgs,
    caller: Caller,
    length: usize,
}

/// The arguments of a call that was made.
#[derive(Clone)]
pub(super) enum LoggedArgs {
    /// The call equals this entry, which is exact: nothing is copied.
    AsScripted(At),
    Own(Arc<dyn ErasedCall>),
}

/// A call that was made, to be shown.
#[derive(Clone, Copy)]
pub(super) struct LoggedCall<'s> {
    pub(super) call: &'s dyn ErasedCall,
    pub(super) caller: Caller,
}

impl Log {
    /// Adds a call, and gives its number.
    #[inline]
    pub(super) fn push(&mut self, args: LoggedArgs, caller: Caller) -> usize {
        self.count += 1;
        if let (Some(last), LoggedArgs::AsScripted(at)) = (self.runs.last_mut(), &args) {
            // One line may have two addresses: then these are two runs.
            let is_same_line = ptr::eq(last.caller.place.location(), caller.place.location());
            if is_same_line && matches!(&last.args, LoggedArgs::AsScripted(known) if known == at) {
                last.length += 1;
                return self.count;
            }
        }
        self.runs.push(Run { args, caller, length: 1 });
        self.count
    }

    pub(super) const fn len(&self) -> usize {
        self.count
    }

    pub(super) fn iter<'s>(&'s self, shared: &'s Shared) -> impl Iterator<Item = LoggedCall<'s>> {
        self.runs.iter().flat_map(move |run| iter::repeat_n(run.shown(shared), run.length))
    }
}

impl Run {
    fn shown<'s>(&'s self, shared: &'s Shared) -> LoggedCall<'s> {
        let call = match &self.args {
            LoggedArgs::AsScripted(at) => {
                shared.step(*at).expected.exact().expect("only a call of an exact entry is logged so")
            }
            LoggedArgs::Own(call) => &**call,
        };
        LoggedCall { call, caller: self.caller }
    }
}
