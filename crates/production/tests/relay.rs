//! The program of this package, in a simulated network; and what it links.

use std::{process::Command, sync::Arc};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use unplugged::{
    Sim,
    clock::{millis, secs},
    inject::FakeProcess,
    net::Host,
};
use unplugged_production::{Outside, PORT, STORE_LIMIT, run};

/// The outside of a program that runs on this host.
fn on(host: &Host) -> Outside {
    Outside {
        clock: Arc::new(host.clock()),
        dial: Arc::new(host.clone()),
        listen: Arc::new(host.clone()),
        bind: Arc::new(host.clone()),
        tasks: Arc::new(host.clone()),
    }
}

/// A store that says `ok` to each reading.
async fn store(host: Host) {
    let listener = host.listen(9000).expect("the port is free");
    while let Ok((stream, _from)) = listener.accept().await {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        if stream.read_line(&mut line).await.is_ok() {
            let _gone = stream.write_all(b"ok\n").await;
        }
    }
}

async fn count(client: Host) -> std::io::Result<String> {
    let mut text = String::new();
    client.connect(("relay", PORT)).await?.read_to_string(&mut text).await?;
    Ok(text)
}

#[test]
fn a_reading_reaches_the_store_and_a_silent_store_loses_it() {
    let sim = Sim::new();
    let net = sim.net();
    let (sensor, relay, far) = (net.host("sensor"), net.host("relay"), net.host("store"));
    far.start(store);
    let fake = FakeProcess::new().env("STORE", "store:9000");
    let outside = on(&relay);
    let running = sim.watch(fake.run_async(|process| run(outside, process)));
    sim.settle();

    let socket = sensor.bind_udp(0).unwrap();
    socket.try_send_to(b"21.5", ("relay", PORT)).unwrap();
    sim.advance(secs(1));
    assert_eq!(sim.run(count(sensor.clone())).unwrap(), "1\n");

    far.crash();
    socket.try_send_to(b"22.0", ("relay", PORT)).unwrap();
    sim.advance(STORE_LIMIT + millis(1));
    far.restart();
    socket.try_send_to(b"22.5", ("relay", PORT)).unwrap();
    sim.advance(secs(1));
    assert_eq!(sim.run(count(sensor)).unwrap(), "2\n", "the second reading is lost, the third is not");

    relay.crash(); // what the relay has spawned through the seam goes with its host
    sim.advance(secs(1));
    running.assert_ready().assert_code(3);
    drop(running);
    fake.finish();
}

#[test]
fn without_a_store_it_exits_with_two() {
    let sim = Sim::new();
    let host = sim.net().host("relay");
    let fake = FakeProcess::new().env_absent("STORE");
    sim.watch(fake.run_async(|process| run(on(&host), process))).assert_ready().assert_code(2);
    fake.finish();
}

#[test]
fn its_defaults_are_the_real_ones() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    assert!(runtime.block_on(async { Outside::real() }).is_real());
    assert!(!on(&Sim::new().net().host("relay")).is_real());
}

#[test]
fn it_links_neither_the_kit_nor_test_util() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let tree = Command::new(cargo)
        .args([
            "tree",
            "--offline",
            "-e",
            "normal,features",
            "-p",
            "unplugged-production",
            "--prefix",
            "none",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("unplugged-seam v") && tree.contains("tokio feature \"time\""), "{tree}");
    for forbidden in ["unplugged v", "unplugged feature", "test-util"] {
        assert!(!tree.contains(forbidden), "{forbidden}:\n{tree}");
    }
}
