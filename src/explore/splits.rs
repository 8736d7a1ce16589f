//! Every way to cut some bytes.

use std::{
    any::type_name_of_val,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{case, cases::Cases, environment::Entry, explored::Explored, texts};
use crate::{Sim, guard, sim::Notes, transport::Segmentation};

/// Up to so many bytes are also cut in two places.
const SHORT: usize = 32;

/// Runs a test's body once for each way to cut these bytes, each in a sim of its own: whole, cut in each place,
/// cut in each two places (up to 32 bytes), and byte by byte. The body sees to it that its bytes are cut so, as
/// [`PipeBuilder::segmentation`](crate::transport::PipeBuilder::segmentation) and
/// [`TestConnection`](crate::transport::TestConnection) do.
///
/// Code that takes one read for one message fails in its first cut.
///
/// # Panics
/// With the first case that fails, of those with the fewest pieces; if there are no bytes.
#[track_caller]
pub fn splits(bytes: impl AsRef<[u8]>, body: impl AsyncFn(Sim, Segmentation)) -> Explored {
    let entry = Entry::here("splits", type_name_of_val(&body));
    let cuts = every(bytes.as_ref().len());
    let mut cases = Cases::begin(&entry, "cuts");
    let (notes, has_cut) = (Notes::default(), Arc::new(AtomicBool::new(false)));
    cases.all_of(&cuts, |cut| {
        case::in_sim(Sim::builder().notes(&notes), |sim| sim.run_test(|sim| body(sim, cut.probed(&has_cut))))
    });
    let explored = cases.end();
    if explored.is_whole() && cuts.len() > 1 && !has_cut.load(Ordering::Relaxed) {
        guard::raise(&texts::no_cut_made());
    }
    explored.judge_rules(&notes.rules);
    explored
}

/// From the fewest pieces to the most.
fn every(length: usize) -> Vec<Segmentation> {
    if length == 0 {
        return Vec::new();
    }
    let mut cuts = vec![Segmentation::whole()];
    cuts.extend((1..length).map(|at| Segmentation::at([at])));
    let is_short = length <= SHORT;
    if is_short {
        cuts.extend(
            (1..length)
                .flat_map(|first| (first + 1..length).map(move |second| Segmentation::at([first, second]))),
        );
    }
    // Of so few bytes it is there already.
    if length > 3 {
        cuts.push(Segmentation::one_byte());
    }
    cuts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bytes::Bytes;

    use super::*;

    #[test]
    fn no_cut_is_tried_twice_and_each_has_no_fewer_pieces_than_the_last() {
        for length in 0..=40 {
            let bytes = Bytes::from(vec![0; length]);
            let pieces: Vec<Vec<usize>> =
                every(length).iter().map(|cut| cut.cut(&bytes).iter().map(Bytes::len).collect()).collect();
            assert!(pieces.is_sorted_by_key(Vec::len), "{pieces:?}");
            assert_eq!(pieces.iter().collect::<BTreeSet<_>>().len(), pieces.len());
        }
    }
}
