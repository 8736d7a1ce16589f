//! `interpose!`: which functions of the C library are defined in the test binary. They are not in this library, so that
//! nothing changes where the macro is not written.

/// Defines functions of the C library in this binary. On a thread on which a `Sim` runs they ask the sim; everywhere
/// else the kernel answers.
///
/// | part | what leads to the sim |
/// |---|---|
/// | `randomness` | `getrandom`, `getentropy` |
/// | `clocks` | `clock_gettime` |
/// | `syscalls` | `syscall`, for randomness; x86-64 only |
/// | `names` | `getaddrinfo`; needs `threads` |
/// | `threads` | `pthread_create`, so that a sim knows the threads that are started on its thread |
/// | `sockets` | sockets, and what polls them: `socket`, `connect`, `read`, `epoll_wait`, `close` and so on |
///
/// `interpose!()` takes all parts, `interpose!(except(clocks))` all but those, `interpose!(clocks)` those and
/// `randomness`.
///
/// It is written once, at the top level of a test binary. A second one, or another crate that defines the same
/// functions, does not link. On another system than Linux it does not compile, with the reason.
#[cfg(target_os = "linux")]
#[macro_export]
macro_rules! interpose {
    () => {
        $crate::interpose!(except());
    };
    (except($($part:ident),* $(,)?)) => {
        $($crate::interpose!(@known $part);)*
        $crate::interpose!(@unless randomness [$($part)*]);
        $crate::interpose!(@unless clocks [$($part)*]);
        $crate::interpose!(@unless syscalls [$($part)*]);
        $crate::interpose!(@unless sockets [$($part)*]);
        $crate::interpose!(@unless threads [$($part)*]);
        $crate::interpose!(@unless names [$($part)*]);
    };
    ($($part:ident),+ $(,)?) => {
        $($crate::interpose!(@known $part);)+
        $crate::interpose!(@if randomness [randomness]);
        $crate::interpose!(@if clocks [$($part)+]);
        $crate::interpose!(@if syscalls [$($part)+]);
        $crate::interpose!(@if sockets [$($part)+]);
        $crate::interpose!(@if threads [$($part)+]);
        $crate::interpose!(@if names [$($part)+]);
    };

    // The names of the parts.
    (@known randomness) => {};
    (@known clocks) => {};
    (@known syscalls) => {};
    (@known sockets) => {};
    (@known threads) => {};
    (@known names) => {};
    (@known $other:ident) => {
        ::core::compile_error!(::core::concat!(
            "unplugged-system knows the parts `randomness`, `clocks`, `syscalls`, `sockets`, `threads` and `names`, not `",
            ::core::stringify!($other),
            "`"
        ));
    };

    // A part, if it is in the list.
    (@if $part:ident []) => {};
    (@if randomness [randomness $($rest:ident)*]) => { $crate::__interpose_part!(randomness); };
    (@if clocks [clocks $($rest:ident)*]) => { $crate::__interpose_part!(clocks); };
    (@if syscalls [syscalls $($rest:ident)*]) => { $crate::__interpose_part!(syscalls); };
    (@if sockets [sockets $($rest:ident)*]) => { $crate::__interpose_part!(sockets); };
    (@if threads [threads $($rest:ident)*]) => { $crate::__interpose_part!(threads); };
    (@if names [names $($rest:ident)*]) => { $crate::__interpose_part!(names); };
    (@if $part:ident [$other:ident $($rest:ident)*]) => { $crate::interpose!(@if $part [$($rest)*]); };

    // A part, unless it is in the list.
    (@unless syscalls []) => {
        // Elsewhere there is none to leave out.
        #[cfg(target_arch = "x86_64")]
        $crate::__interpose_part!(syscalls);
    };
    (@unless $part:ident []) => { $crate::__interpose_part!($part); };
    (@unless randomness [randomness $($rest:ident)*]) => {};
    (@unless clocks [clocks $($rest:ident)*]) => {};
    (@unless syscalls [syscalls $($rest:ident)*]) => {};
    (@unless sockets [sockets $($rest:ident)*]) => {};
    (@unless threads [threads $($rest:ident)*]) => {};
    (@unless names [names $($rest:ident)*]) => {};
    (@unless $part:ident [$other:ident $($rest:ident)*]) => { $crate::interpose!(@unless $part [$($rest)*]); };

    ($($anything:tt)*) => {
        ::core::compile_error!("write `interpose!()`, `interpose!(clocks)` or `interpose!(except(clocks))`");
    };
}

/// Does not compile here.
#[cfg(not(target_os = "linux"))]
#[macro_export]
macro_rules! interpose {
    ($($anything:tt)*) => {
        ::core::compile_error!(
            "unplugged-system interposes on Linux only: write #[cfg(target_os = \"linux\")] before it"
        );
    };
}
