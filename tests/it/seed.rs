//! Seeds, and the generators that they open.

use std::num::NonZeroU64;

use unplugged::{
    Sim,
    seed::{ParseSeedError, Seed},
};

#[test]
fn a_seed_prints_and_parses() {
    assert_eq!(Seed::DEFAULT.to_string(), "0x5eed");
    assert_eq!(Seed::default(), Seed::DEFAULT);
    for text in ["0x5eed", "24301", "0x5_eed", "24_301", "0x5EED", "0x_5eed", "24301_"] {
        assert_eq!(text.parse(), Ok(Seed::DEFAULT), "{text}");
    }
    assert_eq!("0".parse(), Ok(Seed::new(0)));
    assert_eq!("0xffffffffffffffff".parse(), Ok(Seed::new(u64::MAX)));
    assert_eq!(Seed::new(7).value(), 7);
}

#[test]
fn a_text_that_is_no_seed_is_refused() {
    for text in
        ["", "0x", "x", "-1", "+1", "0x+1", "0x-1", "1.5", " 1", "_", "_1", "0x1_0000_0000_0000_0000", "é"]
    {
        let error: ParseSeedError = text.parse::<Seed>().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{text:?} is not a seed: write a number up to 64 bits, as 24301 or as 0x5eed")
        );
    }
}

#[test]
fn the_draws_of_a_stream_are_the_same_on_every_machine_for_ever() {
    let mut stream = Seed::DEFAULT.rng("cuts");
    let drawn: Vec<u64> = (0..4).map(|_| stream.next_u64()).collect();
    assert_eq!(drawn, STREAM);
}

#[test]
fn names_and_seeds_give_unrelated_streams() {
    let first = |seed: u64, name: &str| Seed::new(seed).rng(name).next_u64();
    let draws = [first(1, "a"), first(1, "b"), first(2, "a"), first(2, "b"), first(1, ""), first(0, "")];
    for (index, draw) in draws.iter().enumerate() {
        assert!(!draws[..index].contains(draw), "{index}");
    }
}

#[test]
fn a_draw_stays_below_its_bound_and_reaches_every_number() {
    let mut stream = Seed::DEFAULT.rng("dice");
    let mut seen = [0_u32; 6];
    for _ in 0..6000 {
        seen[usize::try_from(stream.below(NonZeroU64::new(6).unwrap())).unwrap()] += 1;
    }
    assert!(seen.iter().all(|count| (900..1100).contains(count)), "{seen:?}");
    assert_eq!(stream.below(NonZeroU64::MIN), 0);
    // Of the largest bounds half the draws are rejected, and none comes out too large.
    let large = NonZeroU64::new((1 << 63) + 1).unwrap();
    assert!((0..1000).all(|_| stream.below(large) < large.get()));
}

/// Drawn by another implementation of the same generators.
const STREAM: [u64; 4] = [
    17_113_452_641_200_442_223,
    2_794_480_876_306_498_700,
    2_535_703_799_077_897_388,
    14_441_734_570_848_692_904,
];

#[test]
fn a_sim_never_gives_the_same_numbers_twice_and_begins_as_its_seed_does() {
    let sim = Sim::new();
    let drawn = [(); 3].map(|()| sim.rng("x").next_u64());
    assert_eq!(drawn[0], sim.seed().rng("x").next_u64());
    assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2] && drawn[0] != drawn[2]);
    let again = Sim::new();
    assert_eq!([(); 3].map(|()| again.rng("x").next_u64()), drawn);
}
