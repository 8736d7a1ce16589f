//! The network of `unplugged` beside its peers: the same work on each, in turns, in one process.
//!
//! `cargo beside [part of a row's name]` prints, per operation, the median of our runs, that of each peer's, and their
//! ratio (below 1: ours is cheaper). It is processor time of the one thread that works. Nothing is asserted:
//! machines differ, and one that is busy lies.

mod duplex;
mod floor;
#[cfg(madsim)]
mod madsim;
mod memory;
mod ours;
mod rows;
mod table;
mod turmoil;
mod turmoil_net;
mod work;

fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some(memory::ARGUMENT) => memory::measure_here(arguments.next().as_deref()),
        wanted => {
            let mut table = table::Table::new(wanted);
            rows::all(&mut table);
            memory::all(&mut table);
        }
    }
}
