unplugged_entropy::interpose!(clocks, clock);

fn main() {}
