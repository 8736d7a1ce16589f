//! The functions themselves, as C code calls them.
#![cfg(target_os = "linux")]
#![expect(unsafe_code, reason = "calls the C library")]
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "each passes a buffer and its length, or what must fail"
)]

mod common;

use std::{ffi::c_void, io, ptr};

use common::{draw, in_two_processes, seeded};

unplugged_system::interpose!(randomness);

fn getrandom(buffer: &mut [u8], flags: u32) -> isize {
    unsafe { libc::getrandom(buffer.as_mut_ptr().cast::<c_void>(), buffer.len(), flags) }
}

fn getentropy(buffer: &mut [u8]) -> i32 {
    unsafe { libc::getentropy(buffer.as_mut_ptr().cast::<c_void>(), buffer.len()) }
}

/// In and outside of a sim.
fn in_both(claim: impl Fn()) {
    claim();
    seeded(7).run(async { claim() });
}

#[test]
fn a_buffer_is_filled_to_its_last_byte() {
    in_both(|| {
        for length in [1, 7, 8, 9, 255, 256, 257, 4099] {
            let mut buffer = vec![0; length];
            assert_eq!(getrandom(&mut buffer, 0), isize::try_from(length).unwrap());
            assert!(length < 8 || buffer[length - 8..] != [0; 8], "{length}");
        }
    });
}

#[test]
fn no_byte_is_given_where_none_is_asked_for() {
    in_both(|| {
        assert_eq!(unsafe { libc::getrandom(ptr::null_mut(), 0, 0) }, 0);
        assert_eq!(getentropy(&mut []), 0);
    });
}

#[test]
fn every_flag_of_the_kernel_is_known() {
    in_both(|| {
        for flags in [libc::GRND_NONBLOCK, libc::GRND_RANDOM, libc::GRND_INSECURE] {
            assert_eq!(getrandom(&mut [0; 4], flags), 4);
        }
    });
}

#[test]
fn a_bad_call_is_refused_as_the_kernel_does() {
    in_both(|| {
        assert_eq!(getrandom(&mut [0; 4], 0x4000), -1);
        assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::EINVAL));
        assert_eq!(unsafe { libc::getrandom(ptr::null_mut(), 4, 0) }, -1);
        assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::EFAULT));
        assert_eq!(getentropy(&mut [0; 257]), -1);
        assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::EIO));
    });
}

#[test]
fn getentropy_draws_from_the_seed_in_a_sim_only() {
    in_two_processes(
        "getentropy_draws_from_the_seed_in_a_sim_only",
        || {
            let draws = || {
                let mut buffer = [0; 256];
                assert_eq!(getentropy(&mut buffer), 0);
                u64::from_le_bytes(buffer[248..].try_into().unwrap())
            };
            format!("{} {}", seeded(7).run(async { draws() }), draws())
        },
        |[one, other]| {
            let [one, other] = [&one, &other].map(|answer| answer.split_once(' ').unwrap());
            assert_eq!(one.0, other.0);
            assert_ne!(one.1, other.1);
        },
    );
}

/// It would draw what its parent draws.
#[test]
fn a_forked_process_draws_for_real() {
    let forked = || {
        seeded(7).run(async {
            let mut ends = [0; 2];
            assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
            let pid = unsafe { libc::fork() };
            if pid == 0 {
                let drawn = draw().to_le_bytes();
                unsafe {
                    libc::write(ends[1], drawn.as_ptr().cast(), drawn.len());
                    libc::_exit(0);
                }
            }
            let (mut drawn, mut status) = ([0; 8], 0);
            assert_eq!(unsafe { libc::read(ends[0], drawn.as_mut_ptr().cast(), 8) }, 8);
            assert_eq!(unsafe { libc::waitpid(pid, &mut status, 0) }, pid);
            for end in ends {
                assert_eq!(unsafe { libc::close(end) }, 0);
            }
            (u64::from_le_bytes(drawn), draw())
        })
    };
    let (first, second) = (forked(), forked());
    assert_eq!(first.1, second.1, "the parent's");
    assert_ne!(first.0, second.0, "the forked one's");
    assert_ne!(first.0, first.1);
}
