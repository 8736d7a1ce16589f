//! Panics of tasks: tokio swallows them, a sim does not.
//!
//! A panic hook, chained before the one that was there, notes every panic on a thread while its sim runs.
//! `resume_unwind` calls no hook and is not counted. Where other code replaces the hook, panics are missed.

use std::{
    cell::RefCell,
    panic,
    sync::{Arc, Once, Weak},
};

use super::world::World;
use crate::sync::lock;

thread_local! {
    /// The sim that runs on this thread.
    static RUNNING: RefCell<Weak<World>> = const { RefCell::new(Weak::new()) };
}

/// Notes panics on this thread for `world`, until it is dropped.
pub(super) struct Listening(Weak<World>);

pub(super) fn listen(world: &Arc<World>) -> Listening {
    static CHAINED: Once = Once::new();
    CHAINED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            note(info);
            previous(info);
        }));
    });
    Listening(RUNNING.replace(Arc::downgrade(world)))
}

impl Drop for Listening {
    fn drop(&mut self) {
        RUNNING.set(std::mem::take(&mut self.0));
    }
}

fn note(info: &panic::PanicHookInfo<'_>) {
    let Ok(Some(world)) = RUNNING.try_with(|running| running.try_borrow().ok()?.upgrade()) else { return };
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("a panic without a text").to_owned();
    let place = info.location().map_or_else(String::new, |place| {
        format!("{}:{}:{}", place.file().replace('\\', "/"), place.line(), place.column())
    });
    lock(&world.panics).push((text, place));
}
