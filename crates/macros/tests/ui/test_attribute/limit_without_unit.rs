#[unplugged::test(limit = "30")]
async fn a_test_with_half_a_limit() {}

fn main() {}
