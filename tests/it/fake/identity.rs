//! Which fake is called: two of one trait, lanes and their callers, and what the log shows of a call.

use std::{
    path::{Path, PathBuf},
    pin::Pin,
};

use unplugged::{
    fake::{Call, check_scenario, scenario},
    outcome, strict_fake,
};

use super::{FakeStore, Store, broken, get, put, store};

/// Copies a value, as code under test does.
fn back_up(source: &dyn Store, backup: &dyn Store) {
    if let Some(value) = source.get("k") {
        backup.put("k", value);
    }
}

#[test]
fn two_fakes_of_one_trait_are_called_in_one_order() {
    let ((), log) = scenario(|script| {
        let (source, backup) = (script.fake("source"), script.fake("backup"));
        source.expect(get("k")).reply(Some(1));
        backup.expect(put("k", 1)).reply(());
        back_up(&FakeStore(source.handle()), &FakeStore(backup.handle()));
    });
    log.assert_calls(&[&get("k"), &put("k", 1)]);
    let report = broken(line!(), |script| {
        let (source, backup) = (script.fake("source"), script.fake("backup"));
        backup.expect(put("k", 1)).reply(());
        source.expect(get("k")).reply(Some(1));
        back_up(&FakeStore(source.handle()), &FakeStore(backup.handle()));
    });
    assert!(report.starts_with("call 1, `Store::get`, is out of order\n"), "{report}");
}

#[test]
fn two_fakes_without_names_are_not_taken_for_each_other() {
    // Each is called: by their script they could be the wrong way round.
    let report = broken(line!(), |script| {
        script.expect(get("k")).reply(Some(1));
        script.expect(put("k", 1)).reply(());
        back_up(&store(script), &store(script));
    });
    assert!(
        report.starts_with("2 fakes of `Store` were called, and the script does not tell them apart\n"),
        "{report}"
    );
    // In a lane as well.
    let report = broken(line!(), |script| {
        let lane = script.lane("night");
        lane.expect(get("k")).reply(Some(1));
        lane.expect(put("k", 1)).reply(());
        back_up(&FakeStore(lane.handle()), &FakeStore(lane.handle()));
    });
    assert!(report.starts_with("2 fakes of `Store` were called, "), "{report}");
    // Beside a named one, that without a name is another.
    let report = broken(line!(), |script| {
        let backup = script.fake("backup");
        script.expect(get("k")).reply(Some(1));
        backup.expect(put("k", 1)).reply(());
        back_up(&FakeStore(backup.handle()), &store(script));
    });
    assert!(
        report.starts_with("call 1, `Store::get`, was made on `backup`, and is expected of a fake without a name (entry 1 of 2)\n"),
        "{report}"
    );
}

/// One after the other, or clones: no two that could be taken for each other.
#[test]
fn one_fake_at_a_time_needs_no_name() {
    let ((), _log) = scenario(|script| {
        script.expect(get("a")).times(4).reply(None);
        assert_eq!([(); 2].map(|()| store(script).get("a")), [None; 2]);
        let store = store(script);
        let clone = store.clone();
        assert_eq!((store.get("a"), clone.get("a")), (None, None));
    });
}

#[test]
fn a_fake_that_is_named_is_called_or_expects_no_calls() {
    let report = broken(line!(), |script| {
        script.expect(get("a")).reply(None);
        let _unused = FakeStore(script.fake("spare").handle());
        store(script).get("a");
    });
    assert!(report.starts_with("the fake `spare` is empty\n"), "{report}");
    let report = broken(line!(), |script| {
        script.expect(get("a")).reply(None);
        script.fake("spare").expect_no_calls();
        store(script).get("a");
    });
    assert!(
        report.starts_with("`expect_no_calls()` proves nothing: the fake `spare` gave out no handle\n"),
        "{report}"
    );
    let report = broken(line!(), |script| {
        let spare = script.fake("spare");
        spare.expect_no_calls();
        spare.expect(get("a")).reply(None);
        FakeStore(spare.handle()).get("a");
    });
    assert!(report.starts_with("the fake `spare` expects no calls, and `Store::get`\n"), "{report}");
    let ((), _log) = scenario(|script| {
        script.expect(get("a")).reply(None);
        let spare = script.fake("spare");
        spare.expect_no_calls();
        let _unused = FakeStore(spare.handle());
        store(script).get("a");
    });
}

#[test]
fn a_named_fake_has_its_place_in_a_lane_too() {
    let body = |first: &'static str| {
        check_scenario(move |script| {
            let lane = script.lane("night");
            lane.fake("source").expect(get("k")).reply(Some(1));
            lane.fake("backup").expect(put("k", 1)).reply(());
            let second = if first == "source" { "backup" } else { "source" };
            back_up(&FakeStore(lane.fake(first).handle()), &FakeStore(lane.fake(second).handle()));
        })
    };
    assert!(body("source").is_ok());
    let violation = body("backup").unwrap_err();
    assert!(
        violation
            .to_string()
            .contains("was made on `backup`, and is expected of `source` (entry 1 of 2 in lane `night`)"),
        "{violation}"
    );
}

#[test]
fn an_entry_of_a_lane_with_handles_is_for_these_only() {
    let report = broken(line!(), |script| {
        let worker = script.lane("worker");
        worker.expect(get("done")).reply(None);
        let _idle = FakeStore(worker.handle());
        store(script).get("done");
    });
    assert!(report.starts_with("call 1, `Store::get`, is out of order\n"), "{report}");
    let report = broken(line!(), |script| {
        script.expect(get("hello")).reply(None);
        script.lane("admin").expect_no_calls(); // no handle of it is given out
        store(script).get("hello");
    });
    assert!(
        report.starts_with("`expect_no_calls()` proves nothing: the lane `admin` gave out no handle\n"),
        "{report}"
    );
}

#[strict_fake]
trait Disk {
    fn remove(&self, path: &Path);
    fn set(&self, value: f64);
}

/// Equal to all others of its kind, as an id that leaves out what the test is about.
#[derive(Debug)]
struct Kind(u8);

impl PartialEq for Kind {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[derive(Debug, PartialEq)]
struct Open(Kind);

impl Call for Open {
    type Reply = ();
    const NAME: &'static str = "Door::open";
}

#[test]
fn the_log_shows_what_was_called_not_what_was_scripted() {
    use disk_calls::{Remove, Set};
    let ((), log) = scenario(|script| {
        script.expect(Remove { path: "/srv/data".into() }).reply(());
        script.expect(Set { value: 0.0 }).times(2).reply(());
        let fake = FakeDisk(script.handle());
        fake.remove(Path::new("/srv/data/./"));
        fake.set(-0.0);
        fake.set(0.0);
    });
    assert_eq!(
        format!("{log:?}"),
        r#"["Remove { path: \"/srv/data/./\" }", "Set { value: -0.0 }", "Set { value: 0.0 }"]"#
    );
    let ends_so = |call: &Remove| call.path.to_string_lossy().ends_with('/');
    let was_called = log.check_never_called(&Remove { path: "/x/".into() }, ends_so).unwrap_err();
    assert_eq!(was_called.headline(), "call 1, `Disk::remove`, is one that must not happen");
    assert!(log.check_never_called(&Set { value: -0.0 }, |call| call.value.is_sign_negative()).is_err());

    let ((), log) = scenario(|script| {
        script.expect(Open(Kind(1))).reply(());
        script.handle().call(Open(Kind(2)));
    });
    assert!(log.check_never_called(&Open(Kind(2)), |open| open.0.0 == 2).is_err());
}

#[derive(Debug, PartialEq)]
struct Created;
#[derive(Debug, PartialEq)]
struct Deleted;

/// As `futures` has it.
type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Neither `Clone` nor `Copy`: a token that is handed over.
#[derive(Debug, PartialEq)]
struct Token(u32);

#[strict_fake]
trait Bus {
    fn subscribe<E: std::fmt::Debug + PartialEq + Send + Sync + 'static>(&self, queue: &str);
    fn read<const N: usize>(&self, at: u32);
    fn decode<E: std::fmt::Debug + PartialEq + Send + Sync + 'static, const N: usize>(
        &self,
        from: PathBuf,
    ) -> u8;
    fn fetch(&self, url: &str) -> BoxFuture<'static, Result<u32, String>>;
    fn lend(&self, url: &str) -> BoxFuture<'_, u32>;
    fn put(&self, token: Token) -> bool;
}

#[test]
fn every_generic_parameter_of_a_method_is_part_of_its_call() {
    use bus_calls::{Decode, Read, Subscribe};
    let ((), _log) = scenario(|script| {
        script.expect(Subscribe::<Created>::new("q".into())).reply(());
        script.expect(Read::<512> { at: 0 }).reply(());
        script.expect(Decode::<Deleted, 2>::new("/a".into())).reply(1);
        let bus = FakeBus(script.handle());
        bus.subscribe::<Created>("q");
        bus.read::<512>(0);
        assert_eq!(bus.decode::<Deleted, 2>("/a".into()), 1);
    });
    let report = broken(line!(), |script| {
        script.expect(Subscribe::<Created>::new("q".into())).reply(());
        FakeBus(script.handle()).subscribe::<Deleted>("q");
    });
    assert!(report.starts_with("call 1, `Bus::subscribe`, is not in the script\n"), "{report}");
    assert!(report.contains("Created") && report.contains("Deleted"), "{report}");
    for wrong in [true, false] {
        let report = broken(line!(), |script| {
            script.expect(Read::<512> { at: 0 }).reply(());
            let bus = FakeBus(script.handle());
            if wrong { bus.read::<4096>(0) } else { bus.read::<0>(0) }
        });
        assert!(report.starts_with("call 1, `Bus::read`, is not in the script\n"), "{report}");
    }
}

#[test]
fn a_boxed_future_by_its_name_is_one() {
    use bus_calls::{Fetch, Lend};
    let ((), _log) = scenario(|script| {
        script.expect(Fetch { url: "a".into() }).reply(Ok(1));
        script.expect(Lend { url: "b".into() }).reply_async(async { 2 });
        let bus = FakeBus(script.handle());
        assert_eq!(outcome::watch(bus.fetch("a")).assert_success(), &1);
        let lent = bus.clone();
        assert_eq!(outcome::watch(async move { lent.lend("b").await }).assert_ready(), &2);
    });
}

#[test]
fn an_argument_by_value_need_not_be_clone() {
    let (taken, _log) = scenario(|script| {
        script.expect(bus_calls::Put { token: Token(1) }).reply(true);
        FakeBus(script.handle()).put(Token(1))
    });
    assert!(taken);
}
