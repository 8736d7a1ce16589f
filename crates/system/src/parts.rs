//! The parts of `interpose!`: the definitions of the C library's functions, each of which hands its call on to this package.

/// Defines the functions of one part.
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
                time: *mut $crate::__private::libc::timespec,
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
            number = const $crate::__private::libc::SYS_getrandom,
            getrandom = sym $crate::__private::getrandom,
            failed = sym $crate::__private::failed,
        );
    };
    (sockets) => {
        #[cfg(not(target_pointer_width = "64"))]
        ::core::compile_error!("unplugged-system interposes sockets on 64-bit Linux only");

        #[cfg(target_pointer_width = "64")]
        const _: () = {
            use ::core::ffi::{c_int, c_uint, c_ulong, c_void};

            use $crate::__private::libc::{
                epoll_event, iovec, mmsghdr, msghdr, nfds_t, pollfd, sigset_t, sockaddr, socklen_t, timespec,
            };

            $crate::__interpose_part!(@define
                fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int;
                fn bind(fd: c_int, address: *const sockaddr, length: socklen_t) -> c_int;
                fn listen(fd: c_int, backlog: c_int) -> c_int;
                fn accept(fd: c_int, address: *mut sockaddr, length: *mut socklen_t) -> c_int;
                fn accept4(fd: c_int, address: *mut sockaddr, length: *mut socklen_t, flags: c_int) -> c_int;
                fn connect(fd: c_int, address: *const sockaddr, length: socklen_t) -> c_int;
                fn getsockname(fd: c_int, address: *mut sockaddr, length: *mut socklen_t) -> c_int;
                fn getpeername(fd: c_int, address: *mut sockaddr, length: *mut socklen_t) -> c_int;
                fn shutdown(fd: c_int, how: c_int) -> c_int;
                fn recv(fd: c_int, start: *mut c_void, length: usize, flags: c_int) -> isize;
                fn recvfrom(
                    fd: c_int, start: *mut c_void, length: usize, flags: c_int,
                    from: *mut sockaddr, from_length: *mut socklen_t,
                ) -> isize;
                fn recvmsg(fd: c_int, message: *mut msghdr, flags: c_int) -> isize;
                fn recvmmsg(
                    fd: c_int, messages: *mut mmsghdr, count: c_uint, flags: c_int, timeout: *mut timespec,
                ) -> c_int;
                fn read(fd: c_int, start: *mut c_void, length: usize) -> isize;
                fn readv(fd: c_int, parts: *const iovec, count: c_int) -> isize;
                fn send(fd: c_int, start: *const c_void, length: usize, flags: c_int) -> isize;
                fn sendto(
                    fd: c_int, start: *const c_void, length: usize, flags: c_int,
                    to: *const sockaddr, to_length: socklen_t,
                ) -> isize;
                fn sendmsg(fd: c_int, message: *const msghdr, flags: c_int) -> isize;
                fn sendmmsg(fd: c_int, messages: *mut mmsghdr, count: c_uint, flags: c_int) -> c_int;
                fn write(fd: c_int, start: *const c_void, length: usize) -> isize;
                fn writev(fd: c_int, parts: *const iovec, count: c_int) -> isize;
                fn setsockopt(
                    fd: c_int, level: c_int, name: c_int, value: *const c_void, length: socklen_t,
                ) -> c_int;
                fn getsockopt(
                    fd: c_int, level: c_int, name: c_int, value: *mut c_void, length: *mut socklen_t,
                ) -> c_int;
                fn ioctl(fd: c_int, request: c_ulong, argument: usize) -> c_int;
                fn fcntl(fd: c_int, command: c_int, argument: usize) -> c_int;
                fn close(fd: c_int) -> c_int;
                fn dup(fd: c_int) -> c_int;
                fn dup2(fd: c_int, other: c_int) -> c_int;
                fn dup3(fd: c_int, other: c_int, flags: c_int) -> c_int;
                fn epoll_create(size: c_int) -> c_int;
                fn epoll_create1(flags: c_int) -> c_int;
                fn epoll_ctl(epoll: c_int, operation: c_int, fd: c_int, event: *mut epoll_event) -> c_int;
                fn epoll_wait(epoll: c_int, events: *mut epoll_event, most: c_int, timeout: c_int) -> c_int;
                fn epoll_pwait(
                    epoll: c_int, events: *mut epoll_event, most: c_int, timeout: c_int,
                    signals: *const sigset_t,
                ) -> c_int;
                fn poll(entries: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int;
                fn ppoll(
                    entries: *mut pollfd, count: nfds_t, limit: *const timespec, signals: *const sigset_t,
                ) -> c_int;
            );

            // As `fcntl`, by the name that C code for large files has.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn fcntl64(fd: c_int, command: c_int, argument: usize) -> c_int {
                // SAFETY: the caller's promise, handed on.
                unsafe { $crate::__private::fcntl(fd, command, argument) }
            }

            extern "C" fn begin() {
                $crate::__private::interpose_sockets();
            }

            // SAFETY: the section is the loader's list of pointers to functions, called before `main`.
            #[used]
            #[unsafe(link_section = ".init_array")]
            static BEGIN: extern "C" fn() = begin;
        };
    };
    (threads) => {
        const _: () = {
            #[unsafe(no_mangle)]
            unsafe extern "C" fn pthread_create(
                thread: *mut $crate::__private::libc::pthread_t,
                attributes: *const $crate::__private::libc::pthread_attr_t,
                start: extern "C" fn(*mut ::core::ffi::c_void) -> *mut ::core::ffi::c_void,
                argument: *mut ::core::ffi::c_void,
            ) -> ::core::ffi::c_int {
                // SAFETY: the caller's promise, handed on.
                unsafe { $crate::__private::pthread_create(thread, attributes, start, argument) }
            }

            extern "C" fn begin() {
                $crate::__private::interpose_threads();
            }

            // SAFETY: the section is the loader's list of pointers to functions, called before `main`.
            #[used]
            #[unsafe(link_section = ".init_array")]
            static BEGIN: extern "C" fn() = begin;
        };
    };
    (names) => {
        const _: () = {
            #[unsafe(no_mangle)]
            unsafe extern "C" fn getaddrinfo(
                node: *const ::core::ffi::c_char,
                service: *const ::core::ffi::c_char,
                hints: *const $crate::__private::libc::addrinfo,
                found: *mut *mut $crate::__private::libc::addrinfo,
            ) -> ::core::ffi::c_int {
                // SAFETY: the caller's promise, handed on.
                unsafe { $crate::__private::getaddrinfo(node, service, hints, found) }
            }
        };
    };
    (@define $(fn $name:ident($($argument:ident: $type:ty),* $(,)?) -> $result:ty;)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: $type),*) -> $result {
            // SAFETY: the caller's promise, handed on.
            unsafe { $crate::__private::$name($($argument),*) }
        }
    )*};
}
