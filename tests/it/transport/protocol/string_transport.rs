//! Tests of `StringTransport` alone.

use std::io::ErrorKind;

use bytes::Bytes;
use pretty_assertions::assert_eq;
use unplugged::transport::{ConnectionState, ReadState, StringTransport, Transport};

use super::{named, placed};
use crate::support::panic_of;

type End = (&'static str, fn(&mut StringTransport));

#[test]
fn writes_are_joined_in_their_order() {
    let mut transport = StringTransport::new();
    transport.write(b"a");
    transport.write_bytes(Bytes::from_static(b"b"));
    transport.write_many(&[b"c", b"", b"d"]);
    assert_eq!(transport.value(), "abcd");
}

#[test]
fn value_keeps_the_bytes_and_take_removes_them() {
    let mut transport = StringTransport::new();
    transport.write(b"one");
    assert_eq!(transport.value(), "one");
    assert_eq!(transport.value(), "one");
    assert_eq!(transport.take(), "one");
    assert_eq!(transport.value(), "");
    transport.write(b"two");
    assert_eq!(transport.take(), "two");
}

#[test]
fn an_empty_write_is_ignored_even_after_the_end() {
    let mut transport = StringTransport::new();
    transport.close();
    transport.write(b"");
    transport.write_bytes(Bytes::new());
    transport.write_many(&[]);
    assert_eq!(transport.value(), "");
}

#[test]
fn a_write_after_the_end_panics() {
    let ends: [End; 3] =
        [("close", |t| t.close()), ("close_write", |t| t.close_write()), ("abort", |t| t.abort())];
    for (name, end) in ends {
        let mut transport = named();
        transport.write(b"before");
        end(&mut transport);
        assert_eq!(
            placed(&panic_of(|| transport.write(b"late\n"))),
            format!(
                "`server` was written to after `{name}`\n  made at  HERE\n  got      b\"late\\n\"\n  \
                 next     write before the connection ends; check `is_closing` before a late answer"
            )
        );
        assert_eq!(transport.value(), "before");
    }
}

#[test]
fn pausing_or_resuming_after_the_end_panics() {
    let ends: [End; 3] =
        [("close", |t| t.close()), ("abort", |t| t.abort()), ("stop_reading", |t| t.stop_reading())];
    for (name, end) in ends {
        let mut transport = named();
        end(&mut transport);
        let text = |call: &str| {
            format!(
                "`server` cannot `{call}` after `{name}`: nothing is read any more\n  made at  HERE\n  \
                 next     check `is_closing` before you pause or resume reading"
            )
        };
        assert_eq!(placed(&panic_of(|| transport.pause_reading())), text("pause_reading"));
        assert_eq!(placed(&panic_of(|| transport.resume_reading())), text("resume_reading"));
    }
}

#[test]
fn a_second_call_changes_nothing() {
    let mut transport = StringTransport::new();
    transport.pause_reading();
    transport.pause_reading();
    assert_eq!(transport.reading(), ReadState::Paused);
    transport.resume_reading();
    transport.resume_reading();
    assert_eq!(transport.reading(), ReadState::Reading);
    transport.stop_reading();
    transport.stop_reading();
    assert_eq!(transport.reading(), ReadState::Stopped);
    transport.close_write();
    transport.close_write();
    assert_eq!(transport.state(), ConnectionState::HalfClosed);
    transport.close();
    transport.close();
    transport.close_write();
    assert_eq!(transport.state(), ConnectionState::Closing);
    transport.abort();
    transport.abort();
    transport.close();
    assert_eq!(transport.state(), ConnectionState::Aborted);
}

#[test]
fn a_new_transport_is_open_and_reads() {
    let transport = StringTransport::new();
    assert_eq!(transport.state(), ConnectionState::Open);
    assert_eq!(transport.reading(), ReadState::Reading);
    assert!(!transport.is_closing());
}

#[test]
fn closing_is_seen_at_once() {
    let mut transport = StringTransport::new();
    transport.close_write();
    assert!(!transport.is_closing());
    transport.close();
    assert!(transport.is_closing());
    let mut aborted = StringTransport::new();
    aborted.abort();
    assert!(aborted.is_closing());
}

#[test]
fn it_has_the_given_addresses() {
    let transport = StringTransport::new();
    assert_eq!(transport.local_addr().to_string(), "192.0.2.2:80");
    assert_eq!(transport.peer_addr().to_string(), "192.0.2.1:49152");
    let (local, peer) = ("[2001:db8::1]:443".parse().unwrap(), "198.51.100.7:1".parse().unwrap());
    let transport = transport.addresses(local, peer);
    assert_eq!((transport.local_addr(), transport.peer_addr()), (local, peer));
}

#[test]
fn a_broken_connection_ignores_what_is_written() {
    let mut transport = StringTransport::new();
    transport.set_window(0);
    transport.write(b"lost");
    transport.reset_with(ErrorKind::ConnectionReset);
    transport.write(b"ignored");
    transport.close();
    transport.abort();
    assert_eq!(transport.state(), ConnectionState::Broken(ErrorKind::ConnectionReset));
    assert_eq!((transport.value(), transport.unsent()), (Bytes::from("lost"), 0));
}

#[test]
fn the_first_break_counts_and_an_own_abort_before_it() {
    let mut transport = StringTransport::new();
    transport.reset_with(ErrorKind::TimedOut);
    transport.reset_with(ErrorKind::ConnectionReset);
    assert_eq!(transport.state(), ConnectionState::Broken(ErrorKind::TimedOut));
    let mut transport = StringTransport::new();
    transport.abort();
    transport.reset_with(ErrorKind::ConnectionReset);
    assert_eq!(transport.state(), ConnectionState::Aborted);
}
