//! `interpose!`: the definitions of the C library's functions, in the test binary. They are not in this library, so
//! that nothing changes where nobody asks.

/// Defines `getrandom` and `getentropy` in this binary: on a thread on which a `Sim` runs they draw from its seed,
/// everywhere else they are the system's. `interpose!(clocks)` defines `clock_gettime`, too, and
/// `interpose!(syscalls)` what draws by `syscall`; `interpose!(clocks, syscalls)` all of it.
///
/// It is written once, at the top level of a test binary. A second one, or another crate that defines these
/// functions, does not link. On another system than Linux it does not compile, with the reason.
#[cfg(target_os = "linux")]
#[macro_export]
macro_rules! interpose {
    () => {
        const _: () = {
            #[unsafe(no_mangle)]
            unsafe extern "C" fn getrandom(
                buffer: *mut ::core::ffi::c_void,
                length: usize,
                flags: ::core::ffi::c_uint,
            ) -> isize {
                // SAFETY: the caller's promise, handed on.
                unsafe { $crate::__private::getrandom(buffer, length, flags) }
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn getentropy(
                buffer: *mut ::core::ffi::c_void,
                length: usize,
            ) -> ::core::ffi::c_int {
                // SAFETY: the caller's promise, handed on.
                unsafe { $crate::__private::getentropy(buffer, length) }
            }
        };
    };
    ($($more:ident),+ $(,)?) => {
        $crate::interpose!();
        $($crate::interpose!(@$more);)+
    };
    (@clocks) => {
        #[cfg(not(target_pointer_width = "64"))]
        ::core::compile_error!("unplugged-entropy interposes clocks on 64-bit Linux only");

        #[cfg(target_pointer_width = "64")]
        const _: () = {
            #[unsafe(no_mangle)]
            unsafe extern "C" fn clock_gettime(
                clock: ::core::ffi::c_int,
                time: *mut $crate::__private::timespec,
            ) -> ::core::ffi::c_int {
                // SAFETY: the caller's promise, handed on.
                unsafe { $crate::__private::clock_gettime(clock, time) }
            }
        };
    };
    (@$other:ident) => {
        ::core::compile_error!(::core::concat!(
            "unplugged-entropy knows `clocks` and `syscalls`, not `",
            ::core::stringify!($other),
            "`"
        ));
    };
}

/// Does not compile here.
#[cfg(not(target_os = "linux"))]
#[macro_export]
macro_rules! interpose {
    ($($anything:tt)*) => {
        ::core::compile_error!(
            "unplugged-entropy interposes on Linux only: write #[cfg(target_os = \"linux\")] before it"
        );
    };
}
