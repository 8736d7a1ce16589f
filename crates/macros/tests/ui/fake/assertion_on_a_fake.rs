use unplugged::fake::{Call, FakeHandle, scenario};

#[derive(Debug, PartialEq)]
struct Get {
    key: String,
}

impl Call for Get {
    type Reply = u32;
    const NAME: &'static str = "Store::get";
}

struct FakeStore(FakeHandle);

fn get() -> Get {
    Get { key: "a".to_owned() }
}

fn main() {
    let ((), _log) = scenario(|script| {
        let store = FakeStore(script.handle());
        store.assert_called(&get());
        store.0.assert_called(&get());
    });
}
