//! The calls that were made, as a scenario keeps them.

use std::{iter, ptr, sync::Arc};

use super::{
    at::At,
    call::{Caller, ErasedCall},
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

    /// Returns the calls in order. `exact` finds the call that an entry expects.
    pub(super) fn iter<'s>(
        &'s self,
        exact: impl (Fn(At) -> &'s dyn ErasedCall) + 's,
    ) -> impl Iterator<Item = LoggedCall<'s>> {
        self.runs.iter().flat_map(move |run| {
            let call = match &run.args {
                LoggedArgs::AsScripted(at) => exact(*at),
                LoggedArgs::Own(call) => &**call,
            };
            iter::repeat_n(LoggedCall { call, caller: run.caller }, run.length)
        })
    }
}
