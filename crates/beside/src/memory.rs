//! The memory of a host with an open connection, its tasks included. Each count is made in its own process.

use std::process::Command;

#[cfg(madsim)]
use crate::madsim;
use crate::{
    ours,
    table::{Table, line},
    turmoil, turmoil_net,
};

/// Makes this program measure one of them, instead of printing the table.
pub(crate) const ARGUMENT: &str = "--memory";

const ROW: &str = "memory, a host with a connection";

pub(crate) fn all(table: &mut Table) {
    if !table.wants(ROW) {
        return;
    }
    eprintln!("... {ROW}");
    let Some(ours) = ask("ours") else { return };
    let peers = [
        ("madsim", "madsim"),
        ("turmoil", "turmoil, of 200"),
        ("turmoil-net", "turmoil-net, the connection only"),
    ];
    for (who, name) in peers {
        if let Some(its) = ask(who) {
            line(ROW, ours, name, its, |bytes| format!("{bytes:.0} B"));
        }
    }
}

/// Lets a child measure; nothing where the system does not tell, or who is asked for is not there.
fn ask(who: &str) -> Option<f64> {
    let program = std::env::current_exe().expect("this program");
    let child = Command::new(program).args([ARGUMENT, who]).output().expect("a child");
    String::from_utf8_lossy(&child.stdout).trim().parse().ok()
}

pub(crate) fn measure_here(who: Option<&str>) {
    let begun = resident();
    // turmoil's links grow with the square of the hosts: with more of them, each holds more.
    let clients = if who == Some("turmoil") { 200 } else { 1000 };
    let tell = move || {
        if let Some((begun, now)) = begun.zip(resident()) {
            println!("{}", (now - begun) as f64 / clients as f64);
        }
    };
    match who {
        Some("ours") => ours::connected(clients, tell),
        #[cfg(madsim)]
        Some("madsim") => madsim::connected(clients, tell),
        Some("turmoil") => turmoil::connected(clients, tell),
        Some("turmoil-net") => turmoil_net::connected(clients, tell),
        _ => {}
    }
}

/// The resident memory of this process, in bytes.
///
/// Source: Linux, proc(5), `/proc/pid/statm`.
fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(statm.split(' ').nth(1)?.parse::<u64>().ok()? * 4096)
}
