use unplugged::inject::Exit;

/// Ends the process: with 0 if `f` gives true, with 1 if not.
pub fn exit_with_result(f: impl FnOnce() -> bool) -> ! {
    EXITER.exit_with_result(f)
}

/// The instance that the public function uses.
pub(crate) static EXITER: Exiter = Exiter { exit: Exit::real() };

pub(crate) struct Exiter {
    pub(crate) exit: Exit,
}

impl Exiter {
    pub(crate) fn exit_with_result(&self, f: impl FnOnce() -> bool) -> ! {
        self.exit.exit(if f() { 0 } else { 1 })
    }
}
