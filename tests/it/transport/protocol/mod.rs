//! Tests of protocols without I/O and of what drives them.

mod drive;
mod linked;
mod recorder;
mod string_transport;
mod test_connection;

use unplugged::transport::StringTransport;

fn named() -> StringTransport {
    StringTransport::new().named("server")
}

/// Replaces the location in a text.
fn placed(text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for line in &mut lines {
        if let Some(start) = line.find("tests/it/") {
            line.replace_range(start.., "HERE");
        }
    }
    lines.join("\n")
}
