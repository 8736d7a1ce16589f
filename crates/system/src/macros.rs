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
    };
    ($($part:ident),+ $(,)?) => {
        $($crate::interpose!(@known $part);)+
        $crate::interpose!(@if randomness [randomness]);
        $crate::interpose!(@if clocks [$($part)+]);
        $crate::interpose!(@if syscalls [$($part)+]);
    };

    // The names of the parts.
    (@known randomness) => {};
    (@known clocks) => {};
    (@known syscalls) => {};
    (@known $other:ident) => {
        ::core::compile_error!(::core::concat!(
            "unplugged-system knows the parts `randomness`, `clocks` and `syscalls`, not `",
            ::core::stringify!($other),
            "`"
        ));
    };

    // A part, if it is in the list.
    (@if $part:ident []) => {};
    (@if randomness [randomness $($rest:ident)*]) => { $crate::__interpose_part!(randomness); };
    (@if clocks [clocks $($rest:ident)*]) => { $crate::__interpose_part!(clocks); };
    (@if syscalls [syscalls $($rest:ident)*]) => { $crate::__interpose_part!(syscalls); };
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
    (@unless $part:ident [$other:ident $($rest:ident)*]) => { $crate::interpose!(@unless $part [$($rest)*]); };

    ($($anything:tt)*) => {
        ::core::compile_error!("write `interpose!()`, `interpose!(clocks)` or `interpose!(except(clocks))`");
    };
}

/// Defines the functions of one part.
#[cfg(target_os = "linux")]
#[doc(hidden)]
#[macro_export]
macro_rules! __interpose_part {
    (randomness) => {
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
    (clocks) => {
        #[cfg(not(target_pointer_width = "64"))]
        ::core::compile_error!("unplugged-system interposes clocks on 64-bit Linux only");

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

            // SAFETY: the section is the loader's list of pointers to functions, called before `main`.
            #[used]
            #[unsafe(link_section = ".init_array")]
            static PIN: extern "C" fn() = $crate::__private::pin_virtual_time;
        };
    };
    (syscalls) => {
        #[cfg(not(all(target_arch = "x86_64", target_pointer_width = "64")))]
        ::core::compile_error!("unplugged-system interposes `syscall` on x86-64 only");

        // As the C library's: the number and its arguments move down by one register, and the sixth comes from the
        // stack. Rust has no stable way to define a variadic function, and nothing but the registers may be touched.
        #[cfg(all(target_arch = "x86_64", target_pointer_width = "64"))]
        ::core::arch::global_asm!(
            ".pushsection .text.syscall, \"ax\", @progbits",
            ".globl syscall",
            ".type syscall, @function",
            "syscall:",
            ".cfi_startproc",
            "endbr64",
            "cmp rdi, {number}",
            "je 2f",
            "mov rax, rdi",
            "mov rdi, rsi",
            "mov rsi, rdx",
            "mov rdx, rcx",
            "mov r10, r8",
            "mov r8, r9",
            "mov r9, qword ptr [rsp + 8]",
            "syscall",
            "cmp rax, -4095",
            "jae 3f",
            "ret",
            "2:",
            "mov rdi, rsi",
            "mov rsi, rdx",
            "mov edx, ecx",
            "jmp {getrandom}",
            "3:",
            "neg eax",
            "mov edi, eax",
            "jmp {failed}",
            ".cfi_endproc",
            ".size syscall, . - syscall",
            ".popsection",
            number = const $crate::__private::SYS_getrandom,
            getrandom = sym $crate::__private::getrandom,
            failed = sym $crate::__private::failed,
        );
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
