//! Functions of the C library itself, which those of this package stand before.

#![expect(unsafe_code, reason = "asks the loader")]

use std::ffi::CStr;

/// Returns the address of the next function of this name; 0 if there is none.
pub(super) fn of_c(name: &CStr) -> usize {
    // SAFETY: the name ends with a zero.
    (unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) }) as usize
}
