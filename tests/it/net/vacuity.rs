//! Rules and storms that meet nothing: a test that is the same without them.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{millis, mins, secs},
    explore,
    net::{FaultKind, Host, Probability},
};

use super::{panic_text, two};

async fn talk(client: Host, server: Host) {
    let listener = server.listen(80).unwrap();
    let mut stream = client.connect("server:80").await.unwrap();
    stream.write_all(b"x").await.unwrap();
    listener.accept().await.unwrap().0.read_exact(&mut [0]).await.unwrap();
}

#[test]
fn a_rule_that_is_lifted_at_once_met_nothing() {
    let line = line!() + 4;
    let text = panic_text(|| {
        Sim::new().run_test(async |sim| {
            let [client, server] = sim.net().hosts(["client", "server"]);
            let _ = sim.net().between("client", "server").loss(Probability::percent(90));
            talk(client, server).await;
        });
    });
    assert_eq!(
        text,
        format!(
            "a rule of the network met nothing: the test is the same without it\n  \
             rule     client <> server: loss 90 %, made at {}:{line}:59\n  \
             next     let packets meet it while it is there; if it may meet none, say `may_be_idle()`\n  \
             now      +3ms, seed 0x5eed",
            file!()
        )
    );
}

#[unplugged::test]
#[should_panic(expected = "a rule of the network met nothing")]
async fn a_rule_of_the_wrong_direction_met_nothing(sim: Sim) {
    let [client, server] = sim.net().hosts(["client", "server"]);
    let (near, _far) = (client.bind_udp(1).unwrap(), server.bind_udp(1).unwrap());
    let _cut = sim.net().link("server", "client").partition();
    near.send_to(b"x", "server:1").await.unwrap();
    sim.advance(secs(1)).await;
}

#[test]
fn a_rule_that_comes_too_late_met_nothing_also_by_hand() {
    let text = panic_text(|| {
        let (sim, net, client, server) = two();
        sim.run(talk(client, server));
        net.everywhere().latency(millis(20)).keep();
        net.link("client", "*").inspect(|_| unplugged::net::Verdict::Pass).keep();
    });
    assert!(
        text.starts_with("2 rules of the network met nothing: the test is the same without it\n"),
        "{text}"
    );
}

#[test]
fn each_kind_of_rule_is_met_by_the_packet_that_it_is_asked_about() {
    let (sim, net, client, server) = two();
    let link = net.between("client", "server");
    let rules = [
        link.latency(millis(2)),
        link.jitter(millis(1)),
        link.loss(Probability::NEVER),
        link.mtu(9000),
        net.everywhere().duplicate(Probability::NEVER),
    ];
    for rule in &rules {
        let violation = rule.check_met().unwrap_err();
        assert_eq!(
            violation.headline(),
            "a rule of the network met nothing: the test is the same without it"
        );
    }
    sim.run(talk(client, server));
    rules.iter().for_each(unplugged::net::RuleGuard::assert_met);
    let late = link.hold().may_be_idle();
    let text = panic_text(|| late.assert_met());
    assert!(text.contains("\n  rule     client <> server: hold, made at "), "{text}");
}

#[test]
fn one_word_allows_it() {
    Sim::new().run_test(async |sim| {
        let [client, server, _spare] = sim.net().hosts(["client", "server", "spare"]);
        let _later = sim.net().link("spare", "client").hold().may_be_idle();
        talk(client, server).await;
    });
}

#[test]
fn a_storm_that_never_struck_met_nothing() {
    let storm = |every: Duration, runs: Duration| {
        move || {
            Sim::new().run_test(async move |sim| {
                let _hosts = sim.net().hosts(["client", "server"]);
                let _storm = sim.watch(sim.net().chaos(mins(5)).every(every).faults([FaultKind::Loss]).run());
                sim.advance(runs).await;
            });
        }
    };
    let text = panic_text(storm(mins(5), millis(4)));
    assert!(text.contains("\n  rule     a storm of 300s, run at "), "{text}");
    storm(secs(1), secs(600))();
}

#[test]
fn a_search_asks_at_its_end_and_of_all_cases_together() {
    let storms = |advance: Duration| {
        move || {
            explore::seeds(0..8, async |sim: Sim| {
                let [client, server] = sim.net().hosts(["client", "server"]);
                let _storm = sim.watch(sim.net().chaos(mins(5)).run());
                talk(client, server).await;
                sim.advance(advance).await;
            })
        }
    };
    let text = panic_text(|| _ = storms(millis(1))());
    assert!(text.starts_with("a rule of the network met nothing: "), "{text}");
    assert!(text.ends_with("\n  search   explore::seeds: in none of 8 seeds"), "{text}");
    storms(mins(4))().assert_cases(8);

    // One seed of eight meets the rule.
    let one_of = |wanted: u64| {
        move || {
            explore::seeds(0..8, async |sim: Sim| {
                let [client, server] = sim.net().hosts(["client", "server"]);
                let _slow = sim.net().everywhere().latency(millis(2));
                if sim.seed().value() == wanted {
                    talk(client, server).await;
                }
            })
        }
    };
    one_of(5)().assert_cases(8);
    let text = panic_text(|| _ = one_of(9)());
    assert!(text.contains("\n  rule     * -> *: latency 2ms, made at "), "{text}");
}
