use unplugged::{fake::scenario, strict_fake};

#[strict_fake]
trait Store {
    fn get(&self, key: &str) -> u32;
}

fn main() {
    let ((), _log) = scenario(|script| {
        script.expect(store_calls::Gett { key: "a".to_owned() }).reply(1);
        script.expect(store_calls::Get { kye: "a".to_owned() }).reply(1);
        FakeStore(script.handle()).gett("a");
    });
}
