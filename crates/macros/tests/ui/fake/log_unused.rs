#![deny(unused_must_use)]

use unplugged::fake::{Call, scenario};

#[derive(Debug, PartialEq)]
struct Get {
    key: String,
}

impl Call for Get {
    type Reply = u32;
    const NAME: &'static str = "Store::get";
}

fn get() -> Get {
    Get { key: "a".to_owned() }
}

fn main() {
    scenario(|script| {
        script.expect(get()).reply(1);
    });
}
