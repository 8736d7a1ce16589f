use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{Sim, explore, net::Probability};

#[test]
fn a_lossy_link_loses_no_byte_of_a_stream() {
    explore::seeds(0..100, async |sim: Sim| {
        let (client, server) = (sim.net().host("client"), sim.net().host("server"));
        sim.net().between("client", "server").loss(Probability::percent(10)).keep();
        let (listener, mut heard) = (server.listen(80).unwrap(), Vec::new());
        client.connect("server:80").await.unwrap().write_all(b"a book").await.unwrap();
        listener.accept().await.unwrap().0.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"a book");
    });
}
