//! The attribute macros of `unplugged`. Everything that they write can be written by hand.

mod strict_fake;
mod test_attribute;

use proc_macro::TokenStream;

/// Runs an async test in a simulated world of its own.
///
/// The test takes `sim: Sim`, `script: &Script`, both or neither. It returns nothing or a `Result`.
/// A script is verified at the end of the test, when all tasks of the sim are gone.
///
/// ```
/// use unplugged::{Sim, clock::secs};
///
/// #[unplugged::test(seed = 7, limit = "10m")]
/// async fn a_timer_fires_at_its_deadline(sim: Sim) {
///     let nap = sim.watch(tokio::time::sleep(secs(60)));
///     sim.advance(secs(60)).await;
///     nap.assert_ready();
/// }
/// ```
///
/// # Settings
/// All are optional. A flag stands alone or has a value: `manual`, `manual = true`.
///
/// | setting | effect |
/// |---|---|
/// | `seed = 7` | sets the seed; `UNPLUGGED_SEED` overrides it |
/// | `seeds = 0..100` | runs the test once for each seed, on all cores, as `explore::seeds` does |
/// | `limit = "24h"` | limits the virtual time in which nothing happens; units `ms`, `s`, `m`, `h` |
/// | `manual` | lets time move only when the test says so |
/// | `trace = 1000` | keeps so many events for `Sim::trace` |
/// | `real_io` | allows real sockets |
/// | `real_threads` | allows `spawn_blocking` and what is built on it |
/// | `shuffle_ties` | lets the seed draw the order of what is due at one instant; `seeds` does it anyway |
/// | `max_steps_per_instant = 1000` | limits how often a task runs at one instant |
/// | `allow_panics = "text"` | allows panics whose text holds this, as `SimBuilder::allow_panics` does |
/// | `audit` | fails the test if something is left over one second of virtual time after it succeeds |
/// | `crate = path` | names the path of `unplugged`, where it is not `::unplugged` |
///
/// # Other attributes
/// `#[should_panic(expected = "..")]`, `#[ignore]` and the like work as with `#[test]`. With `rstest`, write this
/// attribute above `#[rstest]`; or write it below, and mark the sim and the script as `#[ignore]`:
///
/// ```text
/// #[unplugged::test]                              #[rstest]
/// #[rstest]                                       #[case(1)]
/// #[case(1)]                                      #[unplugged::test]
/// async fn t(sim: Sim, #[case] n: u32) {}         async fn t(#[ignore] sim: Sim, #[case] n: u32) {}
/// ```
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    test_attribute::expand(arguments.into(), item.into())
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}

/// Writes a strict fake of a trait, as one would by hand.
///
/// For a trait `Store` these are the struct `FakeStore(FakeHandle)` and the module `store_calls`. The module holds
/// one struct for each method, whose fields are the arguments.
///
/// ```
/// use unplugged::{fake::scenario, strict_fake};
///
/// #[strict_fake]
/// trait Store {
///     fn get(&self, key: &str) -> Option<u32>;
/// }
///
/// let (found, _log) = scenario(|script| {
///     script.expect(store_calls::Get { key: "a".into() }).reply(Some(1));
///     FakeStore(script.handle()).get("a")
/// });
/// assert_eq!(found, Some(1));
/// ```
///
/// # Settings
/// All are optional: `Name = Type` for each associated type; `crate = path` for the path of `unplugged`, where it is
/// not `::unplugged`.
///
/// # Shapes
/// | in the trait | in the fake |
/// |---|---|
/// | `&str`, `&Path`, `&T`, `&[T]`, `Option<&T>` | the owned copy |
/// | `&[u8]`, `Vec<u8>` | `bytes::Bytes`, which a report shows as a byte string |
/// | any other argument, by value | the argument itself: `Debug + PartialEq + Send + Sync + 'static` |
/// | `async fn`, `-> impl Future<Output = T>`, `-> Pin<Box<dyn Future<Output = T>>>`, `-> BoxFuture<'_, T>` | replies now or later |
/// | the same with `#[async_trait]`, which stands below `#[strict_fake]` | replies now or later |
/// | a parameter of the trait, or of a method | a parameter of the call; a method must bound it by `Debug + PartialEq + Send + Sync + 'static`. A type that no argument names is said to `new`: `Subscribe::<Created>::new(..)` |
/// | a method called as a type of the trait: `fn duration(&self) -> Duration` | the call `DurationCall` |
///
/// What cannot be strict does not compile, with the reason: default bodies, functions without `self`, `&mut` and
/// `impl Trait` arguments, replies that borrow. A fake written by hand can do most of these.
#[proc_macro_attribute]
pub fn strict_fake(arguments: TokenStream, item: TokenStream) -> TokenStream {
    strict_fake::expand(arguments.into(), item.into())
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}
