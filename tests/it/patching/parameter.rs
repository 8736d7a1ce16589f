/// Ends the process: with 0 if `f` gives true, with 1 if not.
pub fn exit_with_result(f: impl FnOnce() -> bool) -> ! {
    exit_with_result_by(f, std::process::exit)
}

/// Public for our tests. Do not use it.
pub fn exit_with_result_by(f: impl FnOnce() -> bool, exit: fn(i32) -> !) -> ! {
    exit(if f() { 0 } else { 1 })
}
