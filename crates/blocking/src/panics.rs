//! Panics that cross from one thread to another, with their text and their place.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    fmt,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook},
    pin::pin,
    sync::{Arc, Mutex, Once, PoisonError},
};

thread_local! {
    static HEARD: RefCell<Option<String>> = const { RefCell::new(None) };
    static WISH: Cell<Wish> = const { Cell::new(Wish::None) };
}

/// The hook's task for a panic of this thread.
#[derive(Clone, Copy, PartialEq)]
enum Wish {
    None,
    /// It notes the place, and tells the hook before it.
    Note,
    /// It says nothing.
    Quiet,
}

/// Puts a hook before the one that is set, once a process: it notes the place of a panic in a bridged task.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            let wish = WISH.try_with(Cell::get).unwrap_or(Wish::None);
            if wish == Wish::Note {
                let place = info
                    .location()
                    .map(|place| format!("{}:{}:{}", place.file(), place.line(), place.column()));
                let _ = HEARD.try_with(|heard| heard.replace(place));
            }
            if wish != Wish::Quiet {
                before(info);
            }
        }));
    });
}

fn with<T>(wish: Wish, body: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    let before = WISH.replace(wish);
    let result = catch_unwind(AssertUnwindSafe(body));
    WISH.set(before);
    result
}

/// Returns whether the body panics. The panic is not printed.
pub(crate) fn is_panic(body: impl FnOnce()) -> bool {
    with(Wish::Quiet, body).is_err()
}

/// Runs a future, and gives its panic back as a value.
pub(crate) async fn caught<F: Future>(future: F) -> Result<F::Output, Panic> {
    let mut future = pin!(future);
    poll_fn(|context| match with(Wish::Note, || future.as_mut().poll(context)) {
        Ok(poll) => poll.map(Ok),
        Err(payload) => Err(Panic::new(payload, HEARD.take())).into(),
    })
    .await
}

/// A panic of a task: its text, its place, and its payload.
#[derive(Clone)]
pub struct Panic(Arc<Inner>);

struct Inner {
    message: String,
    location: Option<String>,
    payload: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Panic {
    pub(crate) fn new(payload: Box<dyn Any + Send>, location: Option<String>) -> Self {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = text.or_else(|| payload.downcast_ref::<String>().cloned());
        let message = message.unwrap_or_else(|| "a payload that is no text".to_owned());
        Self(Arc::new(Inner { message, location, payload: Mutex::new(Some(payload)) }))
    }

    /// Returns the text that the panic was given.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns where the code panicked, as `file:line:column`.
    ///
    /// `None` where the program has replaced the panic hook after the first `setup`.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.0.location.as_deref()
    }

    /// Continues the panic on this thread, with its original payload the first time and its text after that.
    ///
    /// # Panics
    /// Always. The panic hook is not called again.
    pub fn resume(&self) -> ! {
        let payload = self.0.payload.lock().unwrap_or_else(PoisonError::into_inner).take();
        resume_unwind(payload.unwrap_or_else(|| Box::new(self.0.message.clone())))
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match &self.0.location {
            Some(location) => write!(f, " (at {location})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panic")
            .field("message", &self.0.message)
            .field("location", &self.0.location)
            .finish_non_exhaustive()
    }
}
