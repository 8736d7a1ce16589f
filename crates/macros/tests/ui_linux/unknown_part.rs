unplugged_system::interpose!(clocks, clock);

fn main() {}
