//! `#[unplugged::test]` and the names of its user.

use network::Sim;

mod a_helper_called_body {
    use std::cell::Cell;

    thread_local! {
        static CALLS: Cell<u32> = const { Cell::new(0) };
    }

    fn body() -> &'static str {
        CALLS.set(CALLS.get() + 1);
        "hello"
    }

    #[network::test(crate = network)]
    async fn a_user_may_have_a_helper_called_body() {
        body();
        assert_eq!(CALLS.get(), 1);
    }

    #[network::test(crate = network)]
    async fn its_value_is_the_users(_sim: super::Sim) {
        assert_eq!(body(), "hello");
    }
}

mod a_helper_that_fails {
    fn body() {
        panic!("the helper was called");
    }

    #[network::test(crate = network)]
    #[should_panic(expected = "the helper was called")]
    async fn fails_its_test() {
        body();
    }
}

mod items_called_as_locals_might_be {
    #![allow(
        non_upper_case_globals,
        non_camel_case_types,
        dead_code,
        reason = "the names are what is tested"
    )]

    use super::Sim;

    const builder: u32 = 1;
    static sim: u32 = 2;
    const output: u32 = 3;
    fn run() -> u32 {
        4
    }
    struct world;

    #[network::test(crate = network, seed = 1, limit = "1h")]
    async fn a_constant_may_be_called_as_a_local_might_be(own: Sim) {
        let world = world;
        let _: world = world;
        assert_eq!((builder, sim, output, run(), own.seed().value()), (1, 2, 3, 4, 1));
    }
}

mod everything_is_shadowed {
    #![allow(dead_code, unused_macros, reason = "the names are what is tested")]

    mod core {}
    mod std {}
    mod alloc {}
    mod network {}
    mod unplugged {}
    struct Option;
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    struct String;
    struct Vec;
    struct Box;
    struct Sim;
    struct Duration;
    type Result = u32;
    trait Fn {}
    trait FnOnce {}
    trait AsyncFn {}
    trait AsyncFnOnce {}
    trait Future {}
    trait Send {}
    trait Sync {}
    trait Sized {}
    fn drop() {}
    fn test() {}
    fn main() {}
    macro_rules! env {
        ($($any:tt)*) => {
            compile_error!("the user's own")
        };
    }
    macro_rules! concat {
        ($($any:tt)*) => {
            compile_error!("the user's own")
        };
    }
    macro_rules! stringify {
        ($($any:tt)*) => {
            compile_error!("the user's own")
        };
    }
    macro_rules! module_path {
        ($($any:tt)*) => {
            compile_error!("the user's own")
        };
    }
    macro_rules! vec {
        ($($any:tt)*) => {
            compile_error!("the user's own")
        };
    }
    macro_rules! panic {
        ($($any:tt)*) => {
            compile_error!("the user's own")
        };
    }

    #[::network::test(crate = ::network, seed = 5, limit = "1h", manual)]
    async fn no_name_of_the_expansion_is_the_users(sim: ::network::Sim) {
        assert_eq!(sim.seed().value(), 5);
    }

    #[::network::test(crate = ::network)]
    async fn nor_without_an_argument() {}
}

#[network::test(crate = network)]
async fn body(_sim: Sim) {
    async fn body() -> u32 {
        7
    }
    assert_eq!(body().await, 7);
}

#[network::test(crate = network)]
async fn a_test_may_return_a_result() -> Result<(), std::num::ParseIntError> {
    let number: u32 = "7".parse()?;
    if number == 7 {
        return Ok(());
    }
    panic!("{number}");
}

#[network::test(crate = network)]
async fn a_test_without_a_result_may_return_early() {
    if std::hint::black_box(true) {
        return;
    }
    panic!("it went on");
}

#[network::test(crate = network)]
async fn attributes_inside_of_the_body_hold() {
    #![allow(unused_variables, reason = "this is what is tested")]
    let unused = 1;
}

#[network::test(crate = network)]
async fn r#match() {}

#[network::test(crate = network)]
async fn an_argument_may_be_a_pattern(mut sim: Sim) {
    let sim = &mut sim;
    assert_eq!(sim.seed(), network::seed::Seed::DEFAULT);
}
