//! The contracts of clocks and datagram sockets, over the kit's and over the real ones, and with slips planted.

use std::{
    future::pending,
    time::{Duration, Instant, SystemTime},
};

use tokio::net::UdpSocket;
use unplugged::{Sim, clock::FakeClock, contract};
use unplugged_seam::{Clock, Sleep, SystemClock};

fn real() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_fake_clock_holds_the_contract() {
    let clock = FakeClock::new();
    Sim::new().run(contract::clock(&clock, async |time| clock.advance(time))).assert_held();
}

#[test]
fn the_clock_of_a_sim_holds_the_contract() {
    let sim = Sim::new();
    let clock = sim.clock();
    sim.run(contract::clock(&clock, async |time| tokio::time::sleep(time).await)).assert_held();
}

#[test]
fn the_real_clock_holds_the_contract() {
    real().block_on(contract::clock(&SystemClock, async |time| tokio::time::sleep(time).await)).assert_held();
}

#[test]
fn udp_of_the_kernel_holds_the_contract() {
    let make = async || {
        let bind = || UdpSocket::bind("127.0.0.1:0");
        (bind().await.unwrap(), bind().await.unwrap())
    };
    real().block_on(contract::datagram(make)).assert_held();
}

#[derive(Clone, Copy)]
enum Slip {
    StandsStill,
    StartMoves,
    WallStands,
    NeverWakes,
    AlwaysReady,
    EndsEarly,
}

struct Broken(FakeClock, Slip);

impl Clock for Broken {
    fn now(&self) -> Instant {
        if matches!(self.1, Slip::StandsStill) { self.0.start() } else { self.0.now() }
    }
    fn start(&self) -> Instant {
        if matches!(self.1, Slip::StartMoves) { self.0.now() } else { self.0.start() }
    }
    fn system_time(&self) -> SystemTime {
        if matches!(self.1, Slip::WallStands) { SystemTime::UNIX_EPOCH } else { self.0.system_time() }
    }
    fn sleep_until(&self, deadline: Instant) -> Sleep {
        match self.1 {
            Slip::NeverWakes => Sleep::from_future(pending()),
            Slip::AlwaysReady => Sleep::from_future(async {}),
            Slip::EndsEarly => self.0.sleep_until(deadline - Duration::from_millis(1)),
            _ => self.0.sleep_until(deadline),
        }
    }
}

#[test]
fn each_slip_of_a_clock_is_caught_by_the_rule_named_for_it() {
    for (slip, rule) in [
        (Slip::StandsStill, "time-passes"),
        (Slip::StartMoves, "start-stays"),
        (Slip::WallStands, "wall-follows"),
        (Slip::NeverWakes, "past-is-ready"),
        (Slip::AlwaysReady, "sleep-waits"),
        (Slip::EndsEarly, "sleep-ends"),
    ] {
        let broken = Broken(FakeClock::new(), slip);
        // In small steps, so that the sleep is polled between them.
        let pass = async |time: Duration| {
            for _ in 0..time.as_micros() / 500 {
                broken.0.advance(Duration::from_micros(500));
                tokio::task::yield_now().await;
            }
        };
        let report = Sim::new().run(contract::clock(&broken, pass));
        assert!(report.breaks(rule), "{rule}: {report}");
    }
}
