//! The functions of the package, over one bridge. One test: the bridge belongs to the process.

use std::io;

use unplugged_blocking::{self as blocking, SetupError, WaitError};

use crate::support::LONG;

#[test]
fn the_functions_are_a_face_over_one_bridge() {
    let early = blocking::run(async { Ok::<_, io::Error>(1) });
    assert!(matches!(early.wait(LONG), Err(WaitError::NotRunning)));
    blocking::no_setup().unwrap();
    assert!(matches!(blocking::setup(), Err(SetupError::Forbidden)));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    blocking::use_runtime(runtime.handle().clone()).unwrap();
    assert_eq!(blocking::wait_for(LONG, async { Ok::<_, io::Error>(2) }).unwrap(), 2);
    blocking::stop().unwrap();

    blocking::setup().unwrap();
    let id = blocking::run(async { Ok::<_, io::Error>(3) }).stash();
    assert_eq!(*blocking::retrieve::<i32>(id).unwrap().wait(LONG).unwrap(), 3);
    drop(blocking::stop_on_drop());
    let late = blocking::default_bridge().run(async { Ok::<_, io::Error>(4) });
    assert!(matches!(late.wait(LONG), Err(WaitError::NotRunning)));
}
