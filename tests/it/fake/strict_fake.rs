//! `#[strict_fake]`: the shapes that it takes. Those that it refuses are in `crates/macros/tests/ui`.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
};

use pretty_assertions::assert_eq;
use unplugged::{
    Sim,
    fake::{FakeHandle, scenario},
    outcome::promise,
    strict_fake,
};

use super::{broken, panic_text};

#[strict_fake]
trait Files: Send + Sync {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    fn write(&mut self, path: &Path, data: &[u8], mode: Option<&str>) -> io::Result<()>;
    fn rename(self: Arc<Self>, from: String, to: String);
    fn list(&self, below: &[PathBuf], sizes: &BTreeMap<String, u64>, raw: Vec<u8>) -> usize;
    fn close(self);
}

#[test]
fn arguments_are_kept_as_owned_copies() {
    use files_calls::{Close, List, Read, Rename, Write};
    let ((), _log) = scenario(|script| {
        let path = PathBuf::from("/tmp/a");
        script.expect(Read { path: path.clone() }).reply(Ok(b"hi".to_vec()));
        script
            .expect(Write { path: path.clone(), data: "yo".into(), mode: Some("w".to_owned()) })
            .reply(Err(io::ErrorKind::StorageFull.into()));
        script.expect(Rename { from: "a".into(), to: "b".into() }).reply(());
        let sizes = BTreeMap::from([("a".to_owned(), 1)]);
        script
            .expect(List { below: vec![path.clone()], sizes: sizes.clone(), raw: vec![1, 2].into() })
            .reply(2);
        script.expect(Close).reply(());

        let mut files = FakeFiles(script.handle());
        assert_eq!(files.read(&path).unwrap(), b"hi");
        assert!(files.write(&path, b"yo", Some("w")).is_err());
        Arc::new(files.clone()).rename("a".into(), "b".into());
        assert_eq!(files.list(std::slice::from_ref(&path), &sizes, vec![1, 2]), 2);
        files.close();
    });
}

#[test]
fn bytes_are_reported_as_a_byte_string() {
    let report = broken(line!(), |script| {
        let write = files_calls::Write { path: "/a".into(), data: "a\r\n".into(), mode: None };
        script.expect(write).reply(Ok(()));
        drop(FakeFiles(script.handle()).write(Path::new("/a"), b"a\r\x00", None));
    });
    let expected = "call 1, `Files::write`, differs from the script in `data`, at byte 2 (entry 1 of 1)\n  \
                    expected Write { path: \"/a\", data: b\"a\\r\\n\", mode: None }\n  \
                    got      Write { path: \"/a\", data: b\"a\\r\\0\", mode: None }\n";
    assert!(report.starts_with(expected), "{report}");
}

#[strict_fake]
trait Ask {
    fn ask(&self, what: &str) -> u32;
}

#[test]
fn the_caller_is_named_where_it_can_be_known() {
    let base = line!();
    let report = broken(base, |script| {
        script.expect(ask_calls::Ask { what: "a".into() }).times(2).reply(1);
        let fake = FakeAsk(script.handle());
        fake.ask("a");
        let dynamic: &dyn Ask = &fake;
        dynamic.ask("a");
        panic_text(|| fake.ask("b"));
    });
    let calls: Vec<&str> = report.lines().rev().skip(1).take(3).collect();
    assert_eq!(
        calls,
        [
            r#"           3: Ask { what: "b" }, from +7"#,
            r#"           2: Ask { what: "a" }, from above, the fake's own line: `dyn` hides the caller"#,
            r#"  calls    1: Ask { what: "a" }, from +4"#,
        ]
    );
}

#[strict_fake]
trait Fetch: Send + Sync {
    async fn head(&self, url: &str) -> Result<u16, String>;
    fn get(&self, url: &str) -> impl Future<Output = Result<String, String>> + Send;
    fn post(&self, body: &[u8]) -> Pin<Box<dyn Future<Output = u16> + Send + '_>>;
}

#[unplugged::test]
async fn async_methods_reply_now_or_later(sim: Sim) {
    use fetch_calls::{Get, Head, Post};
    let ((), _log) = unplugged::fake::scenario_async(async |script| {
        let (promise, later) = promise();
        script.expect(Head { url: "/".into() }).reply(Ok(204));
        script.expect(Get { url: "/".into() }).reply_async(later);
        script.expect(Post { body: "x".into() }).reply(201);
        let fake = FakeFetch(script.handle());
        assert_eq!(fake.head("/").await, Ok(204));
        let getting = sim.watch({
            let fake = fake.clone();
            async move { fake.get("/").await }
        });
        sim.settle().await;
        getting.assert_pending();
        promise.fail("gone".to_owned());
        sim.settle().await;
        assert_eq!(getting.assert_failure(), "gone");
        assert_eq!(fake.post(b"x").await, 201);
    })
    .await;
}

#[strict_fake]
trait Queue<T, const N: usize> {
    fn push(&self, value: T) -> bool;
    fn pop(&self) -> Option<T>;
    fn capacity(&self) -> [u8; N];
    fn tag<K: std::fmt::Debug + PartialEq + Clone + Send + Sync + 'static>(&self, key: &K) -> usize;
}

#[test]
fn generics_are_parameters_of_the_calls() {
    use queue_calls::{Capacity, Pop, Push, Tag};
    let ((), _log) = scenario(|script| {
        script.expect(Push { value: 7_u8 }).reply(true);
        script.expect(Pop::<u8>::new()).reply(Some(7));
        script.expect(Capacity::<3>).reply([0; 3]);
        script.expect(Tag { key: "k" }).reply(1);
        let queue: FakeQueue<u8, 3> = FakeQueue::new(script.handle());
        assert!(queue.push(7));
        assert_eq!(queue.clone().pop(), Some(7));
        assert_eq!(queue.capacity(), [0; 3]);
        assert_eq!(queue.tag(&"k"), 1);
    });
}

#[strict_fake(Error = io::Error, Item = Vec<u8>)]
trait Source {
    type Error: std::error::Error;
    type Item;
    fn next(&self) -> Result<Option<Self::Item>, Self::Error>;
    fn unread(&self, item: Self::Item);
    fn other(&self) -> Self;
}

#[test]
fn associated_types_are_those_of_the_attribute() {
    use source_calls::{Next, Other, Unread};
    let ((), _log) = scenario(|script| {
        let other = script.fake("other");
        script.expect(Next).reply(Ok(Some(vec![1])));
        script.expect(Unread { item: vec![1].into() }).reply(());
        script.expect(Other).reply(FakeSource(other.handle()));
        other.expect(Next).reply(Ok(None));
        let source = FakeSource(script.handle());
        let item = source.next().unwrap().unwrap();
        source.unread(item);
        assert_eq!(source.other().next().unwrap(), None);
    });
}

mod elsewhere {
    pub(super) use unplugged as renamed;
}

#[strict_fake(crate = elsewhere::renamed)]
trait Renamed {
    fn call(&self);
}

#[test]
fn the_kit_may_have_another_name() {
    let ((), _log) = scenario(|script| {
        script.expect(renamed_calls::Call).reply(());
        FakeRenamed(script.handle()).call();
    });
}

mod visible {
    pub(super) struct Private;

    #[unplugged::strict_fake]
    pub(super) trait Gives {
        fn give(&self) -> Private;
    }
}

#[test]
fn calls_are_as_visible_as_their_trait() {
    use visible::{FakeGives, Gives, Private, gives_calls::Give};
    let ((), _log) = scenario(|script| {
        script.expect(Give).reply(Private);
        let Private = FakeGives(script.handle()).give();
    });
}

/// What the macro writes for `Ask`, by hand: the same report.
mod by_hand {
    use super::{Ask as Asks, FakeHandle};

    #[derive(Clone, Debug, PartialEq)]
    pub(super) struct Ask {
        pub(super) what: String,
    }

    impl unplugged::fake::Call for Ask {
        type Reply = u32;
        const NAME: &'static str = "Ask::ask";
    }

    pub(super) struct Fake(pub(super) FakeHandle);

    impl Asks for Fake {
        #[track_caller]
        fn ask(&self, what: &str) -> u32 {
            self.0.call(Ask { what: what.to_owned() })
        }
    }
}

#[test]
fn a_fake_by_hand_reports_the_same() {
    let by_macro = broken(line!(), |script| {
        script.expect(ask_calls::Ask { what: "a".into() }).reply(1);
        let fake = FakeAsk(script.handle());
        fake.ask("b");
    });
    let by_hand = broken(line!(), |script| {
        script.expect(by_hand::Ask { what: "a".into() }).reply(1);
        let fake = by_hand::Fake(script.handle());
        fake.ask("b");
    });
    assert_eq!(by_macro, by_hand);
}
