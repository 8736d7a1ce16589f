//! Tests of pipe.
