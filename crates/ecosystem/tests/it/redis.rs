//! The client of Redis, with a server of twenty lines.

use redis::AsyncCommands;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use unplugged::{
    Sim,
    clock::{millis, secs},
};

use crate::{always_the_same, two_hosts};

/// Counts for INCR and INCRBY, and says OK to all else.
async fn serve() {
    let listener = TcpListener::bind("0.0.0.0:6379").await.unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(async move { _ = answer(BufReader::new(stream)).await });
    }
}

async fn answer(mut stream: BufReader<TcpStream>) -> std::io::Result<()> {
    let mut count = 0;
    loop {
        let mut words = Vec::new();
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        for _word in 0..line.trim_start_matches('*').trim().parse().unwrap_or(0) {
            let mut length = String::new();
            stream.read_line(&mut length).await?;
            let mut word = vec![0; length.trim_start_matches('$').trim().parse::<usize>().unwrap_or(0) + 2];
            stream.read_exact(&mut word).await?;
            words.push(String::from_utf8_lossy(&word).trim().to_owned());
        }
        let reply = if words.first().is_some_and(|word| word.starts_with("INCR")) {
            count += 1;
            format!(":{count}\r\n")
        } else {
            "+OK\r\n".to_owned()
        };
        stream.write_all(reply.as_bytes()).await?;
    }
}

#[test]
fn a_connection_that_many_tasks_share_runs_the_same_each_time() {
    let sum = always_the_same(|sim, [client, server]| {
        server.spawn(serve());
        let sum = sim.watch(client.spawn(async {
            let client = redis::Client::open("redis://server/").unwrap();
            let connection = client.get_multiplexed_async_connection().await.unwrap();
            let tasks: Vec<_> = (0..20)
                .map(|_| {
                    let mut connection = connection.clone();
                    tokio::spawn(async move { connection.incr::<_, _, i64>("hits", 1).await.unwrap() })
                })
                .collect();
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap();
            }
            sum
        }));
        sim.advance(secs(60));
        *sum.assert_success()
    });
    assert_eq!(sum, 210);
}

#[test]
fn a_partition_is_a_timeout_at_its_instant() {
    let sim = Sim::new();
    let [client, server] = two_hosts(&sim, millis(10));
    server.spawn(serve());
    let failed = sim.watch(client.spawn(async {
        let client = redis::Client::open("redis://server/").unwrap();
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(Some(secs(2)));
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await.unwrap();
        tokio::time::sleep(secs(1)).await;
        let begun = tokio::time::Instant::now();
        let error = connection.incr::<_, _, i64>("hits", 1).await.unwrap_err();
        (error.is_timeout(), begun.elapsed())
    }));
    sim.advance(millis(500));
    let cut = sim.net().between("client", "server").partition();
    sim.advance(secs(10));
    cut.remove();
    assert_eq!(failed.assert_success(), &(true, secs(2)));
}
