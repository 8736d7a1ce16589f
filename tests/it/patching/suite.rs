//! A small tool and its tests. The integration tests compile and run it, before and after a refactoring.

mod process {
    pub use std::process::*;

    #[cfg(test)]
    pub fn exit(code: i32) -> ! {
        std::panic::resume_unwind(Box::new(code))
    }
}

pub mod tool {
    use crate::process;

    /// Ends the process: with 0 if `f` gives true, with 1 if not.
    pub fn exit_with_result(f: impl FnOnce() -> bool) -> ! {
        process::exit(if f() { 0 } else { 1 })
    }

    /// The port that a text names.
    pub fn port(text: &str) -> Option<u16> {
        text.trim().parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use crate::tool::{exit_with_result, port};

    #[test]
    fn a_number_is_a_port() {
        assert_eq!(port("80"), Some(80));
    }

    #[test]
    fn a_result_becomes_an_exit_code() {
        let exited = std::panic::catch_unwind(|| exit_with_result(|| true));
        assert_eq!(exited.unwrap_err().downcast_ref(), Some(&0));
    }

    #[test]
    fn port_0_is_refused() {
        assert_eq!(port("0"), None);
    }

    #[test]
    fn spaces_are_refused() {
        assert_eq!(port(" 80"), None);
    }
}
