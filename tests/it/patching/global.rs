pub(crate) mod process {
    use std::{
        mem,
        sync::{Mutex, MutexGuard, PoisonError, RwLock},
    };

    type ExitFn = fn(i32) -> !;

    static EXIT: RwLock<ExitFn> = RwLock::new(std::process::exit);
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    /// Stands in for `std::process::exit`.
    pub fn exit(code: i32) -> ! {
        let exit = *EXIT.read().unwrap();
        exit(code)
    }

    /// Replaces the exit, for the whole process, until the guard is dropped.
    pub fn patch(exit: ExitFn) -> Patch {
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        Patch { before: mem::replace(&mut *EXIT.write().unwrap(), exit), _turn: turn }
    }

    #[must_use = "dropping it restores the exit"]
    pub struct Patch {
        before: ExitFn,
        _turn: MutexGuard<'static, ()>,
    }

    impl Drop for Patch {
        fn drop(&mut self) {
            *EXIT.write().unwrap() = self.before;
        }
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
