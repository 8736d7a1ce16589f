//! The panic hook of the program.

use std::{
    io, panic,
    sync::{Mutex, mpsc},
};

use crate::support::{LONG, running};

/// A hook belongs to the process: one test at a time sets one.
static HOOK: Mutex<()> = Mutex::new(());

#[test]
fn the_hook_that_was_set_is_still_called() {
    let _one_at_a_time = HOOK.lock().unwrap();
    let (sender, heard) = mpsc::channel();
    let sender = Mutex::new(sender);
    let blocking = running();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() == Some("heard by the hook") {
            sender.lock().unwrap().send(()).unwrap();
        }
        before(info);
    }));
    let panicked =
        blocking.run(async { if true { panic!("heard by the hook") } else { Ok::<(), io::Error>(()) } });
    panicked.wait(LONG).unwrap_err();
    heard.recv().unwrap();
}

#[test]
fn a_refused_wait_calls_no_hook() {
    let _one_at_a_time = HOOK.lock().unwrap();
    let blocking = running();
    let here = blocking.clone();
    // A hook that prints would tell of the question that the bridge asks of tokio.
    let refused = blocking.run(async move {
        let result = here.wait_for(LONG, async { Ok::<_, io::Error>(()) });
        result.map_err(|error| error.to_string())
    });
    let error = refused.wait(LONG).unwrap_err().to_string();
    assert!(
        error.starts_with("the operation failed: a wait would block the tasks of this thread"),
        "{error}"
    );
}
