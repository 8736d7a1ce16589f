use unplugged::fake::{Script, scenario};

fn main() {
    let mut kept: Option<&Script> = None;
    let ((), _log) = scenario(|script| kept = Some(script));
    kept.unwrap().expect_no_calls();
}
