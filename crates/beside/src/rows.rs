//! The rows of the table: the same work, and who does it.

#[cfg(madsim)]
use crate::madsim;
use crate::{
    duplex, floor, ours,
    table::{Contender, Table},
    turmoil, turmoil_net,
    work::{Delay, EXCHANGES, HOUR, MILLISECOND},
};

pub(crate) fn all(table: &mut Table) {
    if cfg!(not(madsim)) {
        eprintln!("madsim is left out: it needs `--cfg madsim`, which `cargo beside` gives");
    }
    for clients in [1, 10, 100, 1000] {
        message(table, clients);
    }
    for clients in [1, 10, 100, 1000] {
        message_as_madsim(table, clients);
    }
    for clients in [1, 10, 100] {
        message_as_turmoil(table, clients);
    }
    least(table, 1, Delay::Fixed);
    for clients in [1, 10, 100, 1000] {
        least(table, clients, Delay::AsMadsim);
    }
    for clients in [100, 1000] {
        open_and_close(table, clients);
    }
    round_trip(table);
    idle(table);
}

/// Two messages an exchange.
fn messages(clients: usize, exchanges: usize) -> f64 {
    (clients * exchanges * 2) as f64
}

fn ours(clients: usize, delay: Delay) -> Contender {
    Contender::new("ours", messages(clients, EXCHANGES), move || ours::exchanges(clients, delay))
}

fn message(table: &mut Table, clients: usize) {
    let count = messages(clients, EXCHANGES);
    let mut contenders = vec![ours(clients, Delay::Fixed)];
    #[cfg(madsim)]
    contenders.push(Contender::new("madsim", count, move || madsim::exchanges(clients, Delay::Fixed)));
    contenders.push(match clients {
        ..1000 => Contender::new("turmoil, a host a client", count, move || {
            turmoil::exchanges(clients, EXCHANGES, Delay::Fixed);
        }),
        // 100 exchanges would take 20 minutes.
        _ => Contender::new("turmoil, a host a client, 2 exchanges", messages(clients, 2), move || {
            turmoil::exchanges(clients, 2, Delay::Fixed);
        })
        .slow(),
    });
    contenders.extend([
        Contender::new("turmoil, all on one host", count, move || turmoil::exchanges_on_one_host(clients)),
        Contender::new("turmoil-net, all on one host", count, move || {
            turmoil_net::exchanges(clients, Delay::Fixed);
        }),
        Contender::new("turmoil-net, the same, no latency", count, move || {
            turmoil_net::exchanges(clients, Delay::None);
        }),
        Contender::new("tokio's duplex, no network", count, move || duplex::exchanges(clients)),
    ]);
    table.row(&format!("message, {clients} clients, 1 ms"), contenders);
}

fn message_as_madsim(table: &mut Table, clients: usize) {
    let mut contenders = vec![ours(clients, Delay::AsMadsim)];
    #[cfg(madsim)]
    contenders.push(Contender::new("madsim, its default", messages(clients, EXCHANGES), move || {
        madsim::exchanges(clients, Delay::AsMadsim);
    }));
    contenders.push(Contender::new("tokio's duplex, no network", messages(clients, EXCHANGES), move || {
        duplex::exchanges(clients);
    }));
    table.row(&format!("message, {clients} clients, 1 to 10 ms"), contenders);
}

fn message_as_turmoil(table: &mut Table, clients: usize) {
    let exchanges = if clients < 100 { EXCHANGES } else { 10 }; // all 100 would take 5 seconds a run
    let peer = if clients < 100 { "turmoil, its default" } else { "turmoil, its default, 10 exchanges" };
    let theirs = Contender::new(peer, messages(clients, exchanges), move || {
        turmoil::exchanges(clients, exchanges, Delay::AsTurmoil);
    });
    table.row(
        &format!("message, {clients} clients, up to 100 ms"),
        vec![ours(clients, Delay::AsTurmoil), theirs],
    );
}

/// The cost of tokio's clock for a message, beside the whole cost.
fn least(table: &mut Table, clients: usize, delay: Delay) {
    let count = clients * 2 * EXCHANGES;
    let (latency, clock): (_, Box<dyn FnMut()>) = match delay {
        Delay::Fixed => ("1 ms", Box::new(move || floor::milliseconds(count))),
        _ => ("1 to 10 ms", Box::new(move || floor::nanoseconds(clients, count))),
    };
    let contenders = vec![
        Contender::new("no network", count as f64, clock),
        ours(clients, delay).called("our message"),
        #[cfg(madsim)]
        Contender::new("madsim's message", count as f64, move || madsim::exchanges(clients, delay)),
    ];
    table.row(&format!("tokio's clock alone, {clients} clients, {latency}"), contenders);
}

fn open_and_close(table: &mut Table, clients: usize) {
    let count = clients as f64;
    let mut contenders = vec![Contender::new("ours", count, move || ours::open_and_close(clients))];
    #[cfg(madsim)]
    contenders.push(Contender::new("madsim", count, move || madsim::open_and_close(clients)));
    let turmoil = Contender::new("turmoil, a host a client", count, move || turmoil::open_and_close(clients));
    contenders.push(if clients < 1000 { turmoil } else { turmoil.slow() });
    contenders.push(Contender::new("turmoil-net, all on one host", count, move || {
        turmoil_net::open_and_close(clients);
    }));
    contenders.push(Contender::new("tokio's duplex and two tasks", count, move || {
        duplex::open_and_close(clients);
    }));
    table.row(&format!("open + close, {clients} clients"), contenders);
}

fn round_trip(table: &mut Table) {
    const COUNT: usize = 10_000;
    let mut contenders = vec![Contender::new("ours", COUNT as f64, || ours::round_trips(COUNT))];
    #[cfg(madsim)]
    contenders.push(Contender::new("madsim", COUNT as f64, || madsim::round_trips(COUNT)));
    contenders.push(Contender::new("turmoil", COUNT as f64, || turmoil::round_trips(COUNT)));
    contenders.push(Contender::new("turmoil-net", COUNT as f64, || turmoil_net::round_trips(COUNT)));
    table.row("UDP round trip, 1 ms", contenders);
}

fn idle(table: &mut Table) {
    let two_hours = 2 * HOUR;
    for hosts in [2, 1000] {
        let mut contenders = vec![Contender::new("ours", 1.0, move || ours::idle(hosts, two_hours))];
        #[cfg(madsim)]
        contenders.push(Contender::new("madsim", 1.0, move || madsim::idle(hosts, two_hours)));
        // It costs by the step: a part of the two hours tells the rest.
        let (part, name) = match hosts {
            2 => (60_000, "turmoil, from 1 minute"),
            _ => (2, "turmoil, from 2 ms"),
        };
        let part = part * MILLISECOND;
        let turmoil = Contender::new(name, part.as_secs_f64() / two_hours.as_secs_f64(), move || {
            turmoil::idle(hosts, part);
        });
        contenders.push(if hosts < 1000 { turmoil } else { turmoil.slow() });
        table.row(&format!("idle, {hosts} hosts, 2 hours"), contenders);
    }
}
