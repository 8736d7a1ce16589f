//! The program itself: the one place that names the real implementations.

use unplugged_production::{Outside, run};
use unplugged_seam::Process;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    run(Outside::real(), Process::real()).await;
}
