//! Bad tests of streams and protocols.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::secs,
    transport::{ScriptedPeer, Segmentation, pipe},
};

red! {
    fn a_peer_that_nobody_finishes() {
        let (_stream, _peer) = ScriptedPeer::script("server").expect("PING").close().start();
    } says "`server`";

    fn a_peer_whose_finish_is_not_awaited() {
        Sim::new().run_test(async |_sim| {
            let (stream, peer) = ScriptedPeer::script("server").expect("PING").close().start();
            drop(stream);
            drop(peer.finish());
        });
    } says "`server`";

    fn a_peer_whose_stream_nobody_uses() {
        Sim::new().run_test(async |_sim| {
            let (stream, peer) = ScriptedPeer::script("server").expect("PING").close().start();
            drop(stream);
            peer.finish().await;
        });
    } says "PING";

    fn a_peer_with_an_empty_script() {
        Sim::new().run_test(async |_sim| {
            let (stream, peer) = ScriptedPeer::script("server").start();
            drop(stream);
            peer.finish().await;
        });
    } says "step";

    fn a_peer_whose_words_nobody_reads() {
        Sim::new().run_test(async |_sim| {
            let (stream, peer) = ScriptedPeer::script("server").send("220 hello").close().start();
            drop(stream);
            peer.finish().await;
        });
    } says "220 hello";

    fn a_peer_that_expects_nothing_of_a_chatterbox() {
        Sim::new().run_test(async |sim| {
            let (mut stream, peer) =
                ScriptedPeer::script("server").clock(sim.clock()).expect_nothing_for(secs(5)).close().start();
            sim.advance(secs(4)).await;
            stream.write_all(b"x").await.unwrap_err();
            drop(stream);
            peer.finish().await;
        });
    } says "server";

    fn a_cut_pipe_that_nobody_writes_to() {
        Sim::new().run_test(async |_sim| {
            let (client, _server) = pipe();
            client.outgoing().cut();
        });
    } says "met nothing";

    fn an_error_of_a_pipe_that_nobody_meets() {
        Sim::new().run_test(async |_sim| {
            let (client, _server) = pipe();
            client.outgoing().fail(std::io::ErrorKind::ConnectionReset);
        });
    } says "met nothing";

    fn a_segmentation_of_a_pipe_that_carries_nothing() {
        Sim::new().run_test(async |_sim| {
            let (mut client, mut server) = pipe();
            client.outgoing().segment(&Segmentation::one_byte());
            server.write_all(b"never cut").await.unwrap();
            client.read_exact(&mut [0; 9]).await.unwrap();
        });
    } says "met nothing";

    fn bytes_that_are_taken_for_text_they_are_not() {
        Sim::new().run_test(async |_sim| {
            let (mut client, mut server) = pipe();
            client.write_all(b"PONG").await.unwrap();
            let mut heard = [0; 4];
            server.read_exact(&mut heard).await.unwrap();
            assert_eq!(&heard, b"PING");
        });
    } says "left";
}
