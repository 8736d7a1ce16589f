use super::session::Session;
use std::sync::Arc;
use unplugged::clock::{FakeClock, hours, nanos};

#[test]
fn a_session_ends_after_two_hours() {
    let clock = FakeClock::new();
    let session = Session::open(Arc::new(clock.clone()));
    clock.advance(hours(2) - nanos(1));
    assert!(session.is_alive());
    clock.advance(nanos(1));
    assert!(!session.is_alive());
}
