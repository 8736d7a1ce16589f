//! `#[strict_fake]` and the names of its user.

use network::fake::scenario;

mod arguments {
    use network::strict_fake;

    #[strict_fake(crate = network)]
    pub(super) trait Map {
        fn route(&self, here: u32, there: u32) -> bool;
        fn all(&self, handle: u32, place: &str, value: Option<&str>, f: &[u8], call: Vec<u8>) -> bool;
        fn kept<T: std::fmt::Debug + PartialEq + Send + Sync + 'static>(&self, of: u32) -> Vec<T>;
    }
}

#[test]
fn an_argument_called_here() {
    use arguments::{FakeMap, Map, map_calls::Route};
    let (is_there, _log) = scenario(|script| {
        script.expect(Route { here: 1, there: 2 }).reply(true);
        FakeMap(script.handle()).route(1, 2)
    });
    assert!(is_there);
}

#[test]
fn arguments_called_as_locals_might_be() {
    use arguments::{FakeMap, Map, map_calls::All};
    let (is_there, _log) = scenario(|script| {
        let all = All {
            handle: 1,
            place: "a".to_owned(),
            value: Some("b".to_owned()),
            f: b"c".to_vec().into(),
            call: b"d".to_vec().into(),
        };
        script.expect(all).reply(true);
        FakeMap(script.handle()).all(1, "a", Some("b"), b"c", b"d".to_vec())
    });
    assert!(is_there);
}

#[test]
fn an_argument_called_of_beside_a_type_that_no_argument_tells() {
    use arguments::{FakeMap, Map, map_calls::Kept};
    let (kept, _log) = scenario(|script| {
        script.expect(Kept::<u8>::new(1)).reply(vec![7]);
        FakeMap(script.handle()).kept::<u8>(1)
    });
    assert_eq!(kept, [7]);
}

mod methods {
    #![allow(clippy::new_ret_no_self, clippy::wrong_self_convention, reason = "the names are what is tested")]

    use std::time::Duration;

    use network::strict_fake;

    #[strict_fake(crate = network)]
    pub(super) trait Settings {
        fn duration(&self, least: Duration) -> Duration;
        fn option(&self, name: &str) -> Option<u32>;
        fn t<T: std::fmt::Debug + PartialEq + Send + Sync + 'static>(&self, t: T) -> T;
        fn clone(&self) -> u32;
        fn fmt(&self) -> u32;
        fn new(&self) -> u32;
        fn über(&self) -> u32;
        fn _0(&self) -> u32;
        fn __(&self) -> u32;
        fn self_(&self) -> u32;
        fn r#type(&self, r#type: u32) -> u32;
    }
}

#[test]
fn a_method_may_be_called_as_a_type_of_the_trait() {
    use std::time::Duration;

    use methods::{FakeSettings, Settings, settings_calls};
    let (found, _log) = scenario(|script| {
        let least = Duration::from_secs(1);
        script.expect(settings_calls::DurationCall { least }).reply(least);
        script.expect(settings_calls::OptionCall { name: "a".to_owned() }).reply(Some(1));
        script.expect(settings_calls::TCall { t: 7 }).reply(8);
        let settings = FakeSettings(script.handle());
        (settings.duration(least), settings.option("a"), settings.t(7))
    });
    assert_eq!(found, (Duration::from_secs(1), Some(1), 8));
}

#[test]
fn a_method_may_have_any_name() {
    use methods::{FakeSettings, Settings, settings_calls};
    let (sum, _log) = scenario(|script| {
        script.expect(settings_calls::Clone).reply(1);
        script.expect(settings_calls::Fmt).reply(2);
        script.expect(settings_calls::New).reply(3);
        script.expect(settings_calls::Über).reply(4);
        script.expect(settings_calls::Call0).reply(5);
        script.expect(settings_calls::Call).reply(6);
        script.expect(settings_calls::SelfCall).reply(7);
        script.expect(settings_calls::Type { r#type: 8 }).reply(9);
        let settings = &FakeSettings(script.handle());
        let first = Settings::clone(settings) + Settings::fmt(settings) + settings.new() + settings.über();
        first + settings._0() + settings.__() + settings.self_() + settings.r#type(8)
    });
    assert_eq!(sum, 1 + 2 + 3 + 4 + 5 + 6 + 7 + 9);
}

mod paths {
    use network as kit;

    #[derive(Clone, Debug, PartialEq)]
    pub(crate) struct Key(pub(crate) u32);

    #[allow(unused_qualifications, reason = "the paths are what is tested")]
    pub(crate) mod inner {
        use network::strict_fake;

        #[derive(Clone, Debug, PartialEq)]
        pub(crate) struct Value(pub(crate) u32);

        #[strict_fake(crate = super::kit)]
        pub(crate) trait Store {
            fn put(&self, key: super::Key, value: self::Value, old: &super::super::paths::Key) -> super::Key;
        }
    }
}

#[test]
fn a_type_may_be_named_from_super_and_self() {
    use paths::{
        Key,
        inner::{FakeStore, Store, Value, store_calls::Put},
    };
    let (key, _log) = scenario(|script| {
        script.expect(Put { key: Key(1), value: Value(2), old: Key(3) }).reply(Key(4));
        FakeStore(script.handle()).put(Key(1), Value(2), &Key(3))
    });
    assert_eq!(key, Key(4));
}

mod everything_is_shadowed {
    #![allow(dead_code, unused_macros, non_upper_case_globals, reason = "the names are what is tested")]

    mod core {}
    mod std {}
    mod alloc {}
    mod network {}
    mod unplugged {}
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    struct PhantomData;
    struct Bytes;
    struct FakeHandle;
    struct Call;
    struct Box;
    type Result = u32;
    trait Clone {}
    trait Debug {}
    trait PartialEq {}
    trait ToOwned {}
    trait Fn {}
    trait FnOnce {}
    trait Future {}
    trait Send {}
    trait Sync {}
    trait Sized {}
    fn here() {}
    static handle: u32 = 1;
    static value: u32 = 2;
    static f: u32 = 3;
    macro_rules! unimplemented {
        ($($any:tt)*) => {
            compile_error!("the user's own")
        };
    }
    macro_rules! panic {
        ($($any:tt)*) => {
            compile_error!("the user's own")
        };
    }

    #[::network::strict_fake(crate = ::network, Id = u64)]
    pub(super) trait Store<K> {
        type Id;
        fn put(&self, key: K, text: Option<&str>, data: &[u8], old: &::std::time::Duration) -> Self::Id;
        fn made<
            T: ::std::fmt::Debug + ::std::cmp::PartialEq + ::std::marker::Send + ::std::marker::Sync + 'static,
        >(
            &self,
        ) -> Option<T>;
        async fn get(&self, key: K) -> u32;
        fn later(&self) -> impl ::std::future::Future<Output = u32> + ::std::marker::Send;
        fn boxed(&self) -> ::std::pin::Pin<::std::boxed::Box<dyn ::std::future::Future<Output = u32>>>;
    }
}

#[test]
fn no_name_of_the_expansion_is_the_users() {
    use everything_is_shadowed::{
        FakeStore, Store,
        store_calls::{Made, Put},
    };
    let (id, _log) = scenario(|script| {
        let old = std::time::Duration::from_secs(1);
        let data = b"data".to_vec().into();
        script.expect(Put { key: 1_u8, text: Some("a".to_owned()), data, old }).reply(9);
        script.expect(Made::<u16>::new()).reply(Some(3));
        let store = FakeStore::new(script.handle());
        let id = store.put(1_u8, Some("a"), b"data", &old);
        assert_eq!(store.made::<u16>(), Some(3));
        id
    });
    assert_eq!(id, 9);
}
