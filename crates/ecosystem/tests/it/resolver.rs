//! `hickory-resolver`, with the kit's name server.

use hickory_resolver::{
    Resolver,
    config::{NameServerConfig, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
};
use unplugged::{
    clock::secs,
    net::{NameServer, Record},
};

use crate::always_the_same;

#[test]
fn a_lookup_over_a_bad_link_runs_the_same_each_time() {
    let found = always_the_same(|sim, [client, server]| {
        let api: std::net::Ipv4Addr = "192.0.2.7".parse().unwrap();
        let names = NameServer::new().record("api.example", Record::address(api));
        let address = server.ip();
        server.start(move |host| names.clone().serve(host));
        let found = sim.watch(client.spawn(async move {
            let config =
                ResolverConfig::from_parts(None, vec![], vec![NameServerConfig::udp(address.into())]);
            let resolver =
                Resolver::builder_with_config(config, TokioRuntimeProvider::default()).build().unwrap();
            let found = resolver.lookup_ip("api.example.").await.unwrap();
            found.iter().collect::<Vec<_>>()
        }));
        sim.advance(secs(60));
        found.assert_success().clone()
    });
    assert_eq!(found, ["192.0.2.7".parse::<std::net::IpAddr>().unwrap()]);
}
