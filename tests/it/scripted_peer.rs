//! Tests of scripted_peer.
