//! Tests of string_transport.
