//! Bad tests of the network.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{millis, secs},
    net::{FaultKind, Host, Probability, Verdict},
};

/// One exchange of a byte between two hosts.
async fn talk(client: &Host, server: &Host) -> std::io::Result<u8> {
    let listener = server.listen(80)?;
    let served = server.spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        stream.write_u8(7).await
    });
    let mut stream = client.connect("server:80").await?;
    let heard = stream.read_u8().await;
    served.await??;
    heard
}

fn two(sim: &Sim) -> [Host; 2] {
    sim.net().hosts(["client", "server"])
}

red! {
    fn a_loss_whose_guard_is_dropped_at_once() {
        Sim::new().run_test(async |sim| {
            let [client, server] = two(&sim);
            let _ = sim.net().between("client", "server").loss(Probability::ALWAYS);
            talk(&client, &server).await.unwrap();
        });
    } says "met nothing";

    fn a_partition_of_the_wrong_direction() {
        Sim::new().run_test(async |sim| {
            let [client, server] = two(&sim);
            sim.net().host("spare");
            let _cut = sim.net().link("server", "spare").partition();
            talk(&client, &server).await.unwrap();
        });
    } says "met nothing";

    fn a_latency_that_comes_after_the_exchange() {
        Sim::new().run_test(async |sim| {
            let [client, server] = two(&sim);
            talk(&client, &server).await.unwrap();
            sim.net().everywhere().latency(secs(5)).keep();
        });
    } says "met nothing";

    fn a_hold_that_is_lifted_before_the_exchange() {
        Sim::new().run_test(async |sim| {
            let [client, server] = two(&sim);
            sim.net().everywhere().hold().remove();
            talk(&client, &server).await.unwrap();
        });
    } says "met nothing";

    fn an_inspector_that_no_packet_meets() {
        Sim::new().run_test(async |sim| {
            two(&sim);
            sim.net().everywhere().inspect(|_| panic!("never asked")).keep();
        });
    } says "met nothing";

    fn an_assertion_in_an_inspector_whose_connect_nobody_looks_at() {
        Sim::new().run_test(async |sim| {
            let [client, server] = two(&sim);
            sim.net().everywhere().inspect(|packet| {
                assert!(packet.payload.len() > 1_000_000, "the inspector looks");
                Verdict::Pass
            }).keep();
            let _talked = sim.watch(async move { talk(&client, &server).await.map(drop).unwrap_or_default() });
            sim.advance(secs(1)).await;
        });
    } says "the inspector looks";

    fn a_storm_that_nobody_runs() {
        Sim::new().run_test(async |sim| {
            let [client, server] = two(&sim);
            drop(sim.net().chaos(secs(60)).run());
            talk(&client, &server).await.unwrap();
        });
    } says "met nothing";

    fn a_storm_without_a_kind() {
        Sim::new().run_test(async |sim| {
            two(&sim);
            sim.net().chaos(secs(60)).faults([]).run().await;
        });
    } says "chaos";

    fn a_storm_that_spares_all() {
        Sim::new().run_test(async |sim| {
            two(&sim);
            sim.net().chaos(secs(60)).except("client").except("server").run().await;
        });
    } says "host";

    fn a_storm_that_spares_a_host_that_is_not_there() {
        Sim::new().run_test(async |sim| {
            two(&sim);
            sim.net().chaos(secs(60)).except("clinet").faults([FaultKind::Loss]).run().await;
        });
    } says "`client`";

    fn a_rule_between_hosts_that_are_not_there() {
        Sim::new().run_test(async |sim| {
            two(&sim);
            sim.net().between("client", "sever").loss(Probability::ALWAYS).keep();
        });
    } says "`server`";

    fn a_server_that_fails_in_silence() {
        Sim::new().run_test(async |sim| {
            let [_, server] = two(&sim);
            server.start(async |host| -> std::io::Result<()> {
                let _first = host.listen(80)?;
                host.listen(80).map(drop)
            });
            sim.settle().await;
        });
    } says "in use";

    fn a_server_that_panics_after_the_body() {
        Sim::new().run_test(async |sim| {
            let [_, server] = two(&sim);
            server.start(async |_host| panic!("the server's own check"));
        });
    } says "the server's own check";

    fn a_name_that_is_made_twice() {
        Sim::new().run_test(async |sim| {
            sim.net().host("server");
            sim.net().host("SERVER");
        });
    } says "SERVER";

    fn a_restart_of_a_host_that_is_up() {
        Sim::new().run_test(async |sim| {
            let [_, server] = two(&sim);
            server.restart();
        });
    } says "`server` was restarted while it was up";

    fn a_rule_that_is_met_is_said_not_to_be() {
        Sim::new().run_test(async |sim| {
            let [client, server] = two(&sim);
            let rule = sim.net().everywhere().latency(millis(3));
            talk(&client, &server).await.unwrap();
            assert!(rule.check_met().is_err(), "it was met");
        });
    } says "it was met";

    fn an_audit_that_forgives_what_is_not_there() {
        Sim::new().run_test(async |sim| {
            two(&sim);
            sim.audit().except_host("clinet").assert_clean();
        });
    } says "clinet";
}
