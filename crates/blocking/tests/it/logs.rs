//! `LogBridge`: records of `log` and `tracing` reach one sink, in order, on a thread of its own.

use std::{
    io,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use tracing_subscriber::layer::SubscriberExt;
use unplugged_blocking::{LogBridge, Record};

use crate::support::{LONG, running};

/// A sink that keeps what it gets.
fn keeping() -> (Arc<Mutex<Vec<Record>>>, LogBridge) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&kept);
    (kept, LogBridge::start(move |record| sink.lock().unwrap().push(record.clone())).unwrap())
}

fn texts(kept: &Mutex<Vec<Record>>) -> Vec<String> {
    kept.lock().unwrap().iter().map(ToString::to_string).collect()
}

fn log(logger: &dyn log::Log, level: log::Level, text: &str) {
    logger.log(&log::Record::builder().level(level).target("shop").args(format_args!("{text}")).build());
}

#[test]
fn both_crates_reach_one_sink_in_order_with_their_levels() {
    let (kept, bridge) = keeping();
    let logger = bridge.logger();
    assert!(logger.enabled(&log::Metadata::builder().build()));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(bridge.layer()), || {
        log(&*logger, log::Level::Error, "one");
        tracing::warn!(target: "shop", port = 80, name = "a", "two");
        log(&*logger, log::Level::Info, "three");
        tracing::debug!(target: "shop", "four {}", 4);
        log(&*logger, log::Level::Trace, "five");
    });
    assert!(bridge.flush(LONG));
    assert_eq!(
        texts(&kept),
        [
            "ERROR shop: one",
            "WARN  shop: two port=80 name=\"a\"",
            "INFO  shop: three",
            "DEBUG shop: four 4",
            "TRACE shop: five",
        ]
    );
}

#[test]
fn every_level_is_mapped() {
    let (kept, bridge) = keeping();
    let logger = bridge.logger();
    for level in log::Level::iter() {
        log(&*logger, level, "");
    }
    tracing::subscriber::with_default(tracing_subscriber::registry().with(bridge.layer()), || {
        tracing::error!("");
        tracing::warn!("");
        tracing::info!("");
        tracing::debug!("");
        tracing::trace!("");
    });
    drop(bridge);
    let levels: Vec<_> = kept.lock().unwrap().iter().map(|record| record.level.to_string()).collect();
    let five = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];
    assert_eq!(levels, [five, five].concat());
}

#[test]
fn a_record_names_the_thread_that_made_it_and_the_sink_runs_on_another() {
    let (sender, threads) = mpsc::channel();
    let bridge = LogBridge::start(move |record| {
        let sink = thread::current().name().map(str::to_owned);
        sender.send((record.thread.clone(), sink)).unwrap();
    });
    let bridge = bridge.unwrap();
    let logger: Arc<dyn log::Log> = bridge.logger().into();
    let blocking = running();
    let there = Arc::clone(&logger);
    blocking.wait_for(LONG, async { Ok::<_, io::Error>(()) }).unwrap();
    let logged = blocking.run(async move {
        log(&*there, log::Level::Info, "from the event loop");
        Ok::<_, io::Error>(())
    });
    logged.wait(LONG).unwrap();
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(threads.recv().unwrap(), (name("unplugged-blocking"), name("unplugged-log")));
}

#[test]
fn a_sink_that_blocks_delays_neither_the_event_loop_nor_a_timer_and_loses_nothing() {
    let (release, released) = mpsc::channel::<()>();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&kept);
    let bridge = LogBridge::start(move |record| {
        let _until_released = released.recv();
        sink.lock().unwrap().push(record.message.clone());
    });
    let bridge = bridge.unwrap();
    let logger: Arc<dyn log::Log> = bridge.logger().into();
    let blocking = running();
    let ticks = blocking.run(async move {
        for tick in 0..3 {
            log(&*logger, log::Level::Info, &format!("tick {tick}"));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok::<_, io::Error>(3)
    });
    assert_eq!(*ticks.wait(LONG).unwrap(), 3);
    assert!(kept.lock().unwrap().is_empty());
    assert!(!bridge.flush(Duration::from_millis(1)));
    drop(release);
    assert!(bridge.flush(LONG));
    assert_eq!(*kept.lock().unwrap(), ["tick 0", "tick 1", "tick 2"]);
}

#[test]
fn a_sink_that_panics_loses_no_later_record() {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&kept);
    let bridge = LogBridge::start(move |record| {
        assert!(record.message != "bad", "the sink panics");
        sink.lock().unwrap().push(record.message.clone());
    });
    let bridge = bridge.unwrap();
    let logger = bridge.logger();
    for text in ["good", "bad", "better"] {
        log(&*logger, log::Level::Info, text);
    }
    drop(bridge);
    assert_eq!(*kept.lock().unwrap(), ["good", "better"]);
}

#[test]
fn all_is_written_when_the_bridge_is_dropped_and_a_late_record_is_not_lost_in_silence() {
    let (kept, bridge) = keeping();
    let logger = bridge.logger();
    for number in 0..1000 {
        log(&*logger, log::Level::Info, &number.to_string());
    }
    drop(bridge);
    assert_eq!(kept.lock().unwrap().len(), 1000);
    log(&*logger, log::Level::Info, "after the end: this goes to stderr");
    logger.flush();
    assert_eq!(kept.lock().unwrap().len(), 1000);
}

#[test]
fn a_sink_that_logs_does_not_feed_itself() {
    let logger: Arc<Mutex<Option<Box<dyn log::Log>>>> = Arc::default();
    let inner = Arc::clone(&logger);
    let count = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&count);
    let bridge = LogBridge::start(move |_| {
        *counted.lock().unwrap() += 1;
        log(
            &**inner.lock().unwrap().as_ref().unwrap(),
            log::Level::Info,
            "from the sink: this goes to stderr",
        );
    });
    let bridge = bridge.unwrap();
    *logger.lock().unwrap() = Some(bridge.logger());
    let outer = bridge.logger();
    log(&*outer, log::Level::Info, "one");
    assert!(bridge.flush(LONG));
    drop(bridge);
    assert_eq!(*count.lock().unwrap(), 1);
}
