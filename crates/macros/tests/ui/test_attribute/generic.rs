#[unplugged::test]
async fn a_generic_test<T>() {}

fn main() {}
