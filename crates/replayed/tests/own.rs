//! A harness that is not libtest: it runs what its arguments name.

use unplugged::explore;
use unplugged_replayed::draw;

fn main() {
    if std::env::args().any(|argument| argument == "--only=searched") {
        explore::seeds(0..40, async |sim| draw(sim).await);
    }
}
