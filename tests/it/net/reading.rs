//! How bytes are read: in any pieces, in order, and looked at without being taken.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::clock::{millis, secs};

use super::{connected, two};

#[test]
fn the_pieces_of_the_writer_are_not_those_of_the_reader() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (mut near, mut far) = connected(&client, &server).await;
        far.write_u64(1234).await.unwrap();
        far.write_u64(5678).await.unwrap();
        assert_eq!(near.read(&mut [0; 1]).await.unwrap(), 1);
        assert_eq!(near.read(&mut [0; 7]).await.unwrap(), 7);
        assert_eq!(near.read_u64().await.unwrap(), 5678);
        far.write_all(b"ab").await.unwrap();
        far.write_all(b"cd").await.unwrap();
        tokio::time::sleep(millis(1)).await;
        let mut both = [0; 8];
        assert_eq!(near.read(&mut both).await.unwrap(), 4);
        assert_eq!(&both[..4], b"abcd");
    });
}

#[test]
fn a_parked_read_is_woken_by_what_arrives() {
    let (sim, _net, client, server) = two();
    let (mut near, mut far) = sim.run(async move { connected(&client, &server).await });
    let reading = sim.watch(async move {
        let mut heard = [0; 3];
        near.read_exact(&mut heard).await.map(|_| heard)
    });
    sim.advance(secs(10));
    reading.assert_pending();
    sim.run(async move { far.write_all(b"hey").await.map(|()| far) }).unwrap();
    sim.advance(millis(1));
    assert_eq!(reading.assert_success(), b"hey");
}

#[test]
fn a_peek_sees_as_far_as_there_is_room_and_a_read_takes_what_it_saw() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (mut near, mut far) = connected(&client, &server).await;
        far.write_all(&[0, 0, 1, 1]).await.unwrap();
        let (mut two, mut four) = ([9; 2], [9; 4]);
        assert_eq!((near.peek(&mut two).await.unwrap(), two), (2, [0, 0]));
        assert_eq!((near.peek(&mut four).await.unwrap(), four), (4, [0, 0, 1, 1]));
        assert_eq!((near.read(&mut two).await.unwrap(), two), (2, [0, 0]));
        assert_eq!((near.peek(&mut four).await.unwrap(), &four[..2]), (2, &[1, 1][..]));
        assert_eq!((near.read(&mut four).await.unwrap(), &four[..2]), (2, &[1, 1][..]));
        far.write_all(&[7]).await.unwrap();
        assert_eq!((near.peek(&mut two).await.unwrap(), two[0]), (1, 7));
        assert_eq!(near.read_u8().await.unwrap(), 7);
        drop(far);
        assert_eq!(near.peek(&mut two).await.unwrap(), 0); // at the end
        assert_eq!(near.read(&mut two).await.unwrap(), 0);
    });
}
