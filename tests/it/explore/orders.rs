//! The order of what is due at one instant: a seed of a search draws it.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    rc::Rc,
    sync::{Arc, Mutex},
};

use pretty_assertions::assert_eq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{ClockExt, millis},
    explore,
    seed::Seed,
};

/// Runs a scenario under many seeds, and returns the orders that it shows.
fn orders(seeds: u64, scenario: impl AsyncFn(&Sim, &dyn Fn(u8)) + Sync) -> BTreeSet<Vec<u8>> {
    let seen = Mutex::new(BTreeSet::new());
    explore::seeds(0..seeds, async |sim: Sim| {
        let order = RefCell::new(Vec::new());
        scenario(&sim, &|number| order.borrow_mut().push(number)).await;
        seen.lock().unwrap().insert(order.take());
    });
    seen.into_inner().unwrap()
}

#[test]
fn four_tasks_of_hosts_with_one_await_each_show_all_orders_within_a_thousand_seeds() {
    let seen = orders(1000, async |sim, note| {
        let order = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..4)
            .map(|number| {
                let order = Arc::clone(&order);
                sim.net().host(format!("host-{number}")).spawn(async move {
                    tokio::task::yield_now().await;
                    order.lock().unwrap().push(number);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        order.lock().unwrap().iter().for_each(|number| note(*number));
    });
    assert_eq!(seen.len(), 24);
}

#[test]
fn tasks_of_the_sim_begin_in_each_order() {
    let seen = orders(200, async |sim, note| {
        let order = Rc::new(RefCell::new(Vec::new()));
        for number in 0..3 {
            let order = Rc::clone(&order);
            sim.spawn(async move { order.borrow_mut().push(number) });
        }
        sim.settle().await;
        order.borrow().iter().for_each(|number| note(*number));
    });
    assert_eq!(seen.len(), 6);
}

#[test]
fn timers_of_the_clock_at_one_instant_fire_in_each_order() {
    let seen = orders(200, async |sim, note| {
        let order = RefCell::new(Vec::new());
        let sleep = async |number: u8| {
            sim.clock().sleep(millis(5)).await;
            order.borrow_mut().push(number);
        };
        let ((), (), ()) = tokio::join!(sleep(0), sleep(1), sleep(2));
        let _polled_in_the_order_of_the_join = order.take();
        let order = Rc::new(RefCell::new(Vec::new()));
        for number in 0..3 {
            let (order, clock) = (Rc::clone(&order), sim.clock());
            sim.spawn(async move {
                clock.sleep(millis(5)).await;
                order.borrow_mut().push(number);
            });
        }
        sim.advance(millis(5)).await;
        order.borrow().iter().for_each(|number| note(*number));
    });
    assert_eq!(seen.len(), 6);
}

#[test]
fn connections_that_race_are_accepted_in_each_order_and_keep_their_own() {
    let seen = orders(200, async |sim, note| {
        let [one, two, three, server] = sim.net().hosts(["one", "two", "three", "server"]);
        let listener = server.listen(80).unwrap();
        for (number, host) in [one, two, three].into_iter().enumerate() {
            let host_of_task = host.clone();
            host.spawn(async move {
                let mut stream = host_of_task.connect("server:80").await.unwrap();
                for part in 0..3 {
                    stream.write_all(&[u8::try_from(number).unwrap() * 10 + part]).await.unwrap();
                }
            });
        }
        for _connection in 0..3 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = Vec::new();
            stream.read_to_end(&mut heard).await.unwrap();
            assert!(heard.is_sorted() && heard.len() == 3, "{heard:?}");
            note(heard[0] / 10);
        }
    });
    assert_eq!(seen.len(), 6);
}

#[test]
fn the_seed_zero_takes_what_comes_first() {
    let first = orders(1, async |sim, note| {
        let order = Rc::new(RefCell::new(Vec::new()));
        for number in 0..8 {
            let order = Rc::clone(&order);
            sim.spawn(async move { order.borrow_mut().push(number) });
        }
        sim.settle().await;
        order.borrow().iter().for_each(|number| note(*number));
    });
    assert_eq!(first, BTreeSet::from([(0..8).collect()]));
}

#[test]
fn a_sim_with_that_seed_and_setting_repeats_the_order_of_a_search() {
    let begin = |sim: &Sim| {
        let server = sim.net().host("server");
        let _listener = server.listen(80).unwrap();
        for number in 0..5 {
            let host = sim.net().host(format!("host-{number}"));
            let host_of_task = host.clone();
            host.spawn(async move { host_of_task.connect("server:80").await.map(drop) });
        }
    };
    let searched = Mutex::new(Vec::new());
    let explored = explore::seeds(1..9, async |sim: Sim| {
        begin(&sim);
        sim.advance(millis(9)).await;
        searched.lock().unwrap().push((sim.seed().value(), sim.digest()));
    });
    let mut searched = searched.into_inner().unwrap();
    searched.sort_unstable();
    for (seed, expected) in &searched {
        let sim = Sim::builder().seed(Seed::new(*seed)).shuffle_ties(true).build();
        sim.run(async {
            begin(&sim);
            sim.advance(millis(9)).await;
        });
        assert_eq!(sim.digest(), *expected, "seed {seed}");
    }
    let distinct: BTreeSet<u64> = searched.iter().map(|(_, digest)| *digest).collect();
    assert_eq!(explored.distinct_runs(), distinct.len());
    assert!(distinct.len() > 1, "{searched:?}");
    assert_eq!(explored.to_string(), format!("8 seeds, {} distinct runs", distinct.len()));
}
