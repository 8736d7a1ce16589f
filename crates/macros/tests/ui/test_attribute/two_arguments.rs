#[unplugged::test]
async fn a_test_of_two(sim: unplugged::Sim, other: u32) {}

fn main() {}
