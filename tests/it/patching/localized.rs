mod process {
    pub use std::process::*; // re-exports everything ...

    /// ... except this: an item of the module itself takes precedence over one of a glob.
    #[cfg(test)]
    pub fn exit(code: i32) -> ! {
        std::panic::resume_unwind(Box::new(code))
    }
}

/// Ends the process: with 0 if `f` gives true, with 1 if not.
pub fn exit_with_result(f: impl FnOnce() -> bool) -> ! {
    process::exit(if f() { 0 } else { 1 })
}

/// Ends the process because nothing can be done any more.
pub fn give_up() -> ! {
    process::exit(70)
}

/// The number of this process.
pub fn number() -> u32 {
    process::id()
}
