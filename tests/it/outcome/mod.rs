//! Tests of `Watch` and `promise`.
