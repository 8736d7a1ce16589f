#[unplugged::test(start_paused = true)]
async fn a_setting_of_tokios() {}

#[unplugged::test(limit = "30")]
async fn a_limit_without_its_unit() {}

#[unplugged::test(seed = 0x1_0000_0000_0000_0000)]
async fn a_seed_of_65_bits() {}

#[unplugged::test(seed = "7")]
async fn a_seed_in_quotes() {}

#[unplugged::test(seed = 7, seeds = 0..100)]
async fn a_seed_beside_seeds() {}

#[unplugged::test(seeds = 100)]
async fn seeds_without_a_range() {}

#[unplugged::test(seeds = 5..5)]
async fn seeds_without_a_seed() {}

#[unplugged::test(manual, manual = false)]
async fn a_setting_said_twice() {}

#[unplugged::test(real_io = 1)]
async fn a_flag_with_a_number() {}

#[unplugged::test(trace)]
async fn a_trace_without_its_length() {}

#[unplugged::test(max_steps_per_instant = -1)]
async fn less_than_no_step() {}

fn main() {}
