//! A binary without the macro: the package is linked, and nothing changes.

mod common;

use common::in_two_processes;
use unplugged::Sim;

#[test]
fn draws_in_a_sim_are_real() {
    in_two_processes(
        "draws_in_a_sim_are_real",
        || Sim::new().run(async { common::order_of_a_map() }),
        |[one, other]| assert_ne!(one, other),
    );
}

#[test]
fn a_binary_without_the_macro_is_told_so() {
    let panic = std::panic::catch_unwind(unplugged_system::assert_interposed).unwrap_err();
    assert_eq!(
        panic.downcast_ref::<String>().unwrap(),
        "a sim's seed does not decide what `getrandom` gives in this binary\n  \
         expected the same keys of a `HashMap` in two sims of one seed\n  \
         got      two pairs of keys\n  \
         next     write `unplugged_system::interpose!();` at the top level of the test binary\n  \
         next     link std into the binary (no `-C prefer-dynamic`), for a target of glibc"
    );
}
