//! An example with a test of its own.

fn main() {}

#[cfg(test)]
mod tests {
    #[unplugged::test(seeds = 0..40)]
    async fn searched(sim: unplugged::Sim) {
        unplugged_replayed::draw(sim).await;
    }
}
