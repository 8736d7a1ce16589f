#[unplugged::test(start_paused = true)]
async fn a_test_with_tokios_setting() {}

fn main() {}
