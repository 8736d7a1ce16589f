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
    let ((), log) = scenario(|script| script.expect_no_calls());
    log.assert_never_caled(&get(), |get| get.key == "a");
}
