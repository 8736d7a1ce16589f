//! `interpose!(randomness)`: what draws from the seed of a sim, and what does not.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)] // the macro's own is the package's

mod common;

use std::{cell::RefCell, fmt::Debug, future::pending, rc::Rc, sync::Mutex, thread};

use common::{draw, in_two_processes, on_a_fresh_thread, order_of_a_map, seeded};
use rand::Rng;
use unplugged::{
    Sim,
    clock::{ClockExt, millis},
    explore,
    seed::Seed,
};

unplugged_system::interpose!(randomness);

/// Runs `draws` in a sim of seed 7 in two processes: they are the same.
#[track_caller]
fn is_decided_by_the_seed<D: Debug>(test: &str, draws: impl AsyncFn() -> D) {
    in_two_processes(test, || format!("{:?}", seeded(7).run(draws())), |[one, other]| assert_eq!(one, other));
}

/// The same for draws that are real: they differ.
#[track_caller]
fn is_real<D: Debug>(test: &str, draws: impl Fn() -> D) {
    in_two_processes(test, || format!("{:?}", draws()), |[one, other]| assert_ne!(one, other));
}

// What is reached.

#[test]
fn a_binary_with_the_macro_is_interposed() {
    unplugged_system::assert_interposed();
}

#[test]
fn the_order_of_a_std_map_is_the_seeds() {
    is_decided_by_the_seed("the_order_of_a_std_map_is_the_seeds", async || order_of_a_map());
}

#[test]
fn draws_of_getrandom_0_3_and_0_4_are_the_seeds() {
    is_decided_by_the_seed("draws_of_getrandom_0_3_and_0_4_are_the_seeds", async || {
        (getrandom::u64().unwrap(), getrandom_0_3::u64().unwrap())
    });
}

#[test]
fn draws_of_rand_are_the_seeds() {
    is_decided_by_the_seed("draws_of_rand_are_the_seeds", async || rand::rng().random::<u64>());
}

/// In a process of its own: tokio counts its runtimes, and the count goes into the order.
#[test]
fn the_order_of_select_is_the_seeds() {
    is_decided_by_the_seed("the_order_of_select_is_the_seeds", async || {
        let mut order = String::new();
        for _ in 0..64 {
            tokio::select! {
                () = async {} => order.push('a'),
                () = async {} => order.push('b'),
            }
        }
        assert!(order.contains("ab") && order.contains("ba"), "{order}");
        order
    });
}

#[test]
fn a_sim_draws_the_same_again_on_the_same_thread() {
    let draws = || seeded(7).run(async { [draw(), draw()] });
    let [first, second] = draws();
    assert_ne!(first, second);
    assert_eq!(draws(), [first, second]);
}

#[test]
fn another_seed_draws_others() {
    assert_ne!(seeded(7).run(async { draw() }), seeded(8).run(async { draw() }));
    let order = |seed| on_a_fresh_thread(move || seeded(seed).run(async { order_of_a_map() }));
    assert_ne!(order(7), order(8));
}

#[test]
fn what_is_drawn_is_the_stream_sim_entropy_of_the_seed() {
    let mut bytes = [0; 12];
    seeded(7).run(async { getrandom::fill(&mut bytes).unwrap() });
    let mut stream = Seed::new(7).rng("sim.entropy");
    let whole = [stream.next_u64(), stream.next_u64()].map(u64::to_le_bytes).concat();
    assert_eq!(bytes, whole[..12]);
}

#[test]
fn tasks_and_moves_of_time_draw_from_the_sim() {
    let draws = || {
        let sim = seeded(7);
        let watch = sim.watch(async {
            tokio::time::sleep(unplugged::clock::secs(1)).await;
            (draw(), tokio::spawn(async { draw() }).await.unwrap())
        });
        sim.advance(unplugged::clock::secs(1));
        *watch.assert_ready()
    };
    assert_eq!(draws(), draws());
}

#[test]
fn what_is_drawn_when_a_sim_ends_is_its_own() {
    struct DrawsInDrop(Rc<RefCell<Vec<u64>>>);
    impl Drop for DrawsInDrop {
        fn drop(&mut self) {
            self.0.borrow_mut().push(draw());
        }
    }
    let drawn = Rc::new(RefCell::new(Vec::new()));
    for _ in 0..2 {
        let sim = seeded(7);
        let guard = DrawsInDrop(Rc::clone(&drawn));
        sim.spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        sim.settle();
    }
    let drawn = drawn.borrow();
    assert_eq!(drawn.len(), 2);
    assert_eq!(drawn[0], drawn[1]);
}

// What is not.

#[test]
fn draws_outside_of_a_sim_are_real() {
    is_real("draws_outside_of_a_sim_are_real", || {
        let order = on_a_fresh_thread(order_of_a_map);
        let sim = seeded(7);
        let before = draw();
        sim.settle();
        let between = draw();
        drop(sim);
        assert_ne!(before, between);
        (order, before, between, draw())
    });
}

#[test]
fn draws_on_another_thread_are_real_while_a_sim_runs() {
    is_real("draws_on_another_thread_are_real_while_a_sim_runs", || {
        seeded(7).run(async { thread::spawn(|| (draw(), order_of_a_map())).join().unwrap() })
    });
}

#[test]
fn draws_on_another_thread_are_real_and_do_not_shift_the_sims() {
    let alone = seeded(7).run(async { [draw(), draw()] });
    let beside = seeded(7).run(async {
        let first = draw();
        let others = thread::spawn(|| [draw(), draw()]).join().unwrap();
        assert!(!others.contains(&first));
        [first, draw()]
    });
    assert_eq!(beside, alone);
}

#[test]
fn draws_of_a_blocking_task_are_real() {
    is_real("draws_of_a_blocking_task_are_real", || {
        let sim = seeded(7);
        let drawn = sim.watch(sim.spawn_blocking(draw));
        sim.settle();
        *drawn.assert_success()
    });
}

#[test]
fn two_sims_on_two_threads_draw_each_its_own() {
    let both = || {
        thread::scope(|scope| {
            let draws = |seed| scope.spawn(move || seeded(seed).run(async { [(); 100].map(|()| draw()) }));
            let [one, other] = [7, 8].map(draws);
            (one.join().unwrap(), other.join().unwrap())
        })
    };
    assert_eq!(both(), both());
    assert_ne!(both().0, both().1);
}

// The trap.

#[test]
fn a_map_made_earlier_on_the_thread_fixes_its_keys() {
    is_real("a_map_made_earlier_on_the_thread_fixes_its_keys", || {
        drop(order_of_a_map());
        seeded(7).run(async { order_of_a_map() })
    });
}

#[test]
fn a_thread_of_its_own_mends_that() {
    in_two_processes(
        "a_thread_of_its_own_mends_that",
        || {
            drop(order_of_a_map());
            on_a_fresh_thread(|| seeded(7).run(async { order_of_a_map() }))
        },
        |[one, other]| assert_eq!(one, other),
    );
}

#[test]
fn a_second_sim_on_a_thread_has_other_keys_and_a_thread_of_its_own_the_same() {
    let order = || seeded(7).run(async { order_of_a_map() });
    let [first, second] = on_a_fresh_thread(|| [order(), order()]);
    assert_ne!(first, second);
    assert_eq!(on_a_fresh_thread(order), first);
}

#[test]
fn each_seed_of_a_search_draws_as_a_test_of_that_seed_does() {
    let draws = async || (order_of_a_map(), rand::rng().random::<u64>(), draw());
    let searched = Mutex::new(Vec::new());
    let explored = explore::seeds(0..20, async |sim| {
        let drawn = draws().await;
        searched.lock().unwrap().push((sim.seed().value(), drawn));
    });
    explored.assert_cases(20);
    for (seed, drawn) in searched.into_inner().unwrap() {
        assert_eq!(on_a_fresh_thread(|| seeded(seed).run(draws())), drawn, "seed {seed}");
    }
}

#[test]
fn two_runs_that_follow_the_order_of_a_map_are_the_same() {
    let explored = explore::determinism(async |sim| {
        for letter in order_of_a_map().bytes() {
            sim.clock().sleep(millis(u64::from(letter))).await;
        }
    });
    assert!(explored.cases() > 1, "{explored}");
}

#[unplugged::test(seed = 7)]
async fn an_async_test_draws_from_its_sim(sim: Sim) {
    let elsewhere = on_a_fresh_thread(|| seeded(7).run(async { order_of_a_map() }));
    if sim.seed() == Seed::new(7) {
        assert_eq!(order_of_a_map(), elsewhere);
    }
}
