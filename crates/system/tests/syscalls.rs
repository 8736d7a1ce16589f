//! `interpose!(clocks, syscalls)`: also what draws by `syscall`; every other call of the system is as it was.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![expect(unsafe_code, reason = "calls the C library")]
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "calls of the system, on memory that is there or must not be"
)]

mod common;

use std::{
    ffi::CStr,
    fs::File,
    io::{self, Write},
    os::fd::AsRawFd,
    ptr,
    sync::{Barrier, Condvar, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use common::{in_two_processes, seeded};
use rand_0_8::RngCore;
use unplugged::clock::{millis, secs};

unplugged_system::interpose!(clocks, syscalls);

fn draw_by_syscall() -> u64 {
    let mut drawn = [0; 8];
    assert_eq!(unsafe { libc::syscall(libc::SYS_getrandom, drawn.as_mut_ptr(), drawn.len(), 0) }, 8);
    u64::from_le_bytes(drawn)
}

#[test]
fn draws_of_getrandom_0_2_and_rand_0_8_are_the_seeds() {
    in_two_processes(
        "draws_of_getrandom_0_2_and_rand_0_8_are_the_seeds",
        || {
            let drawn = || (rand_0_8::rngs::OsRng.next_u64(), rand_0_8::thread_rng().next_u64());
            seeded(7).run(async { format!("{} {:?}", draw_by_syscall(), drawn()) })
        },
        |[one, other]| assert_eq!(one, other),
    );
}

#[test]
fn draws_by_syscall_come_from_the_one_stream() {
    let mixed = seeded(7).run(async { [common::draw(), draw_by_syscall(), common::draw()] });
    assert_eq!(mixed, seeded(7).run(async { [(); 3].map(|()| draw_by_syscall()) }));
    assert_ne!(mixed, seeded(8).run(async { [(); 3].map(|()| draw_by_syscall()) }));
}

#[test]
fn draws_by_syscall_are_real_outside_of_a_sim_and_on_other_threads() {
    in_two_processes(
        "draws_by_syscall_are_real_outside_of_a_sim_and_on_other_threads",
        || {
            let beside = seeded(7).run(async { thread::spawn(draw_by_syscall).join().unwrap() });
            format!("{} {beside}", draw_by_syscall())
        },
        |[one, other]| {
            let [one, other] = [&one, &other].map(|answer| answer.split_once(' ').unwrap());
            assert!(one.0 != other.0 && one.1 != other.1);
        },
    );
}

#[test]
fn a_call_that_fails_says_why() {
    let fails = || {
        assert_eq!(unsafe { libc::syscall(libc::SYS_close, -1) }, -1);
        assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::EBADF));
        assert_eq!(unsafe { libc::syscall(libc::SYS_getrandom, ptr::null::<u8>(), 8, 0) }, -1);
        assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::EFAULT));
        assert_eq!(unsafe { libc::syscall(libc::SYS_getrandom, &mut [0_u8; 8], 8, 0x4000) }, -1);
        assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::EINVAL));
        assert_eq!(unsafe { libc::syscall(4711) }, -1);
        assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::ENOSYS));
    };
    fails();
    seeded(7).run(async { fails() });
}

/// A mapping from an offset needs all six, the last of which comes over the stack.
#[test]
fn six_arguments_arrive() {
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap();
    let name: &CStr = c"unplugged";
    let file = unsafe { libc::syscall(libc::SYS_memfd_create, name.as_ptr(), 0) };
    let mut file: File = unsafe { std::os::fd::FromRawFd::from_raw_fd(i32::try_from(file).unwrap()) };
    file.write_all(&vec![b'a'; page]).unwrap();
    file.write_all(&vec![b'b'; page]).unwrap();
    let mapped = unsafe {
        libc::syscall(
            libc::SYS_mmap,
            ptr::null::<u8>(),
            page,
            libc::PROT_READ,
            libc::MAP_PRIVATE,
            file.as_raw_fd(),
            page,
        )
    };
    assert!(mapped > 0, "{}", io::Error::last_os_error());
    let mapped = ptr::with_exposed_provenance::<u8>(usize::try_from(mapped).unwrap());
    assert_eq!(unsafe { mapped.read() }, b'b');
    assert_eq!(unsafe { libc::munmap(mapped.cast_mut().cast(), page) }, 0);
}

/// std's locks and its timed waits are calls of `futex`.
#[test]
fn threads_meet_and_wait_as_before() {
    let (count, barrier) = (Mutex::new(0), Barrier::new(8));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                (0..10_000).for_each(|_| *count.lock().unwrap() += 1);
            });
        }
    });
    assert_eq!(*count.lock().unwrap(), 80_000);

    #[expect(clippy::disallowed_methods, reason = "the real clock is what is asked")]
    let elapsed = {
        let start = Instant::now();
        let (condvar, mutex) = (Condvar::new(), Mutex::new(()));
        let (_guard, result) = condvar.wait_timeout(mutex.lock().unwrap(), millis(10)).unwrap();
        assert!(result.timed_out());
        let (_sender, receiver) = mpsc::channel::<()>();
        assert_eq!(receiver.recv_timeout(millis(10)), Err(mpsc::RecvTimeoutError::Timeout));
        start.elapsed()
    };
    assert!((millis(20)..secs(60)).contains(&elapsed), "{elapsed:?}");
}

#[test]
fn a_sim_runs_as_before() {
    let sim = seeded(7);
    let slept = sim.watch(sim.spawn_blocking(|| thread::park_timeout(millis(5))));
    let later = sim.watch(async { tokio::time::sleep(Duration::from_secs(3)).await });
    sim.advance(secs(3));
    slept.assert_success();
    later.assert_ready();
}
