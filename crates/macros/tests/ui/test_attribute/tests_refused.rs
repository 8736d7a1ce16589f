#[unplugged::test]
fn a_test_that_is_not_async() {}

#[unplugged::test]
async fn a_generic_test<T>() {}

#[unplugged::test]
async unsafe fn an_unsafe_test() {}

#[unplugged::test]
async fn a_test_of_two(sim: unplugged::Sim, other: u32) {}

#[unplugged::test]
async fn a_test_of_two_sims(one: unplugged::Sim, two: unplugged::Sim) {}

#[unplugged::test]
async fn a_sim_that_is_lent(sim: &unplugged::Sim) {}

#[unplugged::test]
async fn a_script_that_is_not_lent(sim: unplugged::Sim, script: unplugged::fake::Script) {}

#[unplugged::test]
#[test]
async fn two_test_attributes() {}

fn main() {}
