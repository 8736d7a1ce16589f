#[unplugged::test(seed = 0x1_0000_0000_0000_0000)]
async fn a_test_with_a_seed_of_65_bits() {}

fn main() {}
