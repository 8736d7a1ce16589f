//! Small real programs, each tested on virtual time: code to copy.
//!
//! | program | shows |
//! |---|---|
//! | [`exchange_rate`] | a web page over data that a background task fetches |

pub mod exchange_rate;
