//! Tests of `Segmentation`.

use bytes::Bytes;
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use unplugged::{seed::Seed, transport::Segmentation};

fn lengths(segmentation: &Segmentation, total: usize) -> Vec<usize> {
    segmentation.cut(&vec![0; total].into()).iter().map(Bytes::len).collect()
}

fn pieces(segmentation: &Segmentation, bytes: &'static str) -> Vec<Bytes> {
    segmentation.cut(&bytes.into())
}

#[test]
fn whole_cuts_nothing() {
    assert_eq!(pieces(&Segmentation::whole(), "abc"), ["abc"]);
    assert_eq!(Segmentation::default(), Segmentation::whole());
}

#[test]
fn one_byte_cuts_everywhere() {
    assert_eq!(pieces(&Segmentation::one_byte(), "abc"), ["a", "b", "c"]);
}

#[test]
fn at_cuts_before_each_offset() {
    assert_eq!(pieces(&Segmentation::at([1, 3]), "abcd"), ["a", "bc", "d"]);
}

#[test]
fn the_order_of_the_offsets_does_not_matter_and_twice_is_once() {
    assert_eq!(Segmentation::at([3, 1, 3]), Segmentation::at([1, 3]));
}

#[test]
fn offsets_at_an_end_or_past_it_cut_nothing() {
    assert_eq!(pieces(&Segmentation::at([0, 3, 4, usize::MAX]), "abc"), ["abc"]);
    assert_eq!(pieces(&Segmentation::at([]), "abc"), ["abc"]);
    assert_eq!(pieces(&Segmentation::at([2]), "abc"), ["ab", "c"]);
}

#[test]
fn an_empty_stream_has_no_pieces() {
    let seeded = Segmentation::seeded(Seed::DEFAULT);
    for cut in [Segmentation::whole(), Segmentation::one_byte(), Segmentation::at([0, 1]), seeded] {
        assert_eq!(pieces(&cut, ""), [""; 0], "{cut}");
    }
}

#[test]
fn cutting_copies_nothing() {
    let bytes = Bytes::from(vec![7; 10]);
    let pieces = Segmentation::at([4]).cut(&bytes);
    assert_eq!(pieces[0].as_ptr(), bytes.as_ptr());
    assert_eq!(pieces[1].as_ptr(), bytes[4..].as_ptr());
}

#[test]
fn a_seed_gives_the_same_cut_on_every_machine() {
    let cut = lengths(&Segmentation::seeded(Seed::DEFAULT), 4000);
    assert_eq!(cut, SEEDED);
    assert_eq!(cut, lengths(&Segmentation::seeded(Seed::DEFAULT), 4000));
}

/// The pieces of 4000 bytes with the seed 0x5eed.
const SEEDED: [usize; 12] = [13, 11, 472, 405, 9, 55, 936, 52, 1023, 167, 13, 844];

#[test]
fn another_seed_gives_another_cut() {
    assert_ne!(lengths(&Segmentation::seeded(Seed::new(1)), 4000), SEEDED);
}

#[test]
fn a_longer_stream_begins_with_the_same_seeded_cut() {
    let longer = lengths(&Segmentation::seeded(Seed::DEFAULT), 8000);
    assert_eq!(longer[..SEEDED.len() - 1], SEEDED[..SEEDED.len() - 1]);
}

#[test]
fn seeded_pieces_are_small_and_large() {
    let cut = lengths(&Segmentation::seeded(Seed::new(7)), 1_000_000);
    assert!(cut.iter().all(|length| (1..=1024).contains(length)));
    let small = cut.iter().filter(|length| **length <= 16).count() * 100 / cut.len();
    assert!((45..=57).contains(&small), "{small} % are of no more than 16 bytes");
    assert!(cut.contains(&1) && cut.iter().any(|length| *length > 1000));
}

#[test]
fn every_is_whole_byte_by_byte_and_each_cut_into_two() {
    let cuts: Vec<_> = Segmentation::every(b"abc").collect();
    let expected =
        [Segmentation::whole(), Segmentation::one_byte(), Segmentation::at([1]), Segmentation::at([2])];
    assert_eq!(cuts, expected);
    assert_eq!(Segmentation::every(b"").count(), 2);
    assert_eq!(Segmentation::every(b"a").count(), 2);
}

#[test]
fn a_cut_shows_itself_as_text() {
    let name = |cut: Segmentation| cut.to_string();
    assert_eq!(name(Segmentation::whole()), "whole");
    assert_eq!(name(Segmentation::one_byte()), "byte by byte");
    assert_eq!(name(Segmentation::at([7])), "cut at 7");
    assert_eq!(name(Segmentation::at([7, 3])), "cut at 3, 7");
    assert_eq!(name(Segmentation::seeded(Seed::DEFAULT)), "cut with seed 0x5eed");
}

proptest! {
    #[test]
    fn pieces_are_never_empty_and_give_the_whole(
        bytes in proptest::collection::vec(any::<u8>(), 0..500),
        offsets in proptest::collection::vec(0_usize..600, 0..10),
        seed in any::<u64>(),
    ) {
        let bytes = Bytes::from(bytes);
        for cut in [Segmentation::at(offsets.clone()), Segmentation::seeded(Seed::new(seed)), Segmentation::one_byte()] {
            let pieces = cut.cut(&bytes);
            prop_assert!(pieces.iter().all(|piece| !piece.is_empty()), "{}", cut);
            prop_assert_eq!(pieces.concat(), &bytes[..], "{}", cut);
        }
    }

    #[test]
    fn at_cuts_exactly_at_its_offsets(offsets in proptest::collection::btree_set(1_usize..100, 0..10)) {
        let mut at = 0;
        let mut ends: Vec<_> = lengths(&Segmentation::at(offsets.clone()), 100)
            .into_iter()
            .map(|length| { at += length; at })
            .collect();
        prop_assert_eq!(ends.pop(), Some(100));
        prop_assert_eq!(ends, offsets.into_iter().collect::<Vec<_>>());
    }
}
