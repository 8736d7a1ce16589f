//! A program with a test of its own.

fn main() {}

#[cfg(test)]
mod tests {
    #[test]
    fn searched() {
        unplugged::explore::seeds(0..40, async |sim| unplugged_replayed::draw(sim).await);
    }
}
