use unplugged::fake::scenario_async;

fn main() {
    tokio::spawn(scenario_async(async |script| script.expect_no_calls()));
}
