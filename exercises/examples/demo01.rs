//! Demo of chapter 01: shows the head of the request on standard input. From a shell:
//!
//! ```console
//! printf 'GET /a HTTP/1.1\r\nHost: b\r\n\r\n' | cargo run -q -p workbook --example demo01
//! ```
//!
//! or from your browser, once (then open http://127.0.0.1:8080):
//!
//! ```console
//! nc -l -p 8080 | cargo run -q -p workbook --example demo01
//! ```
#![allow(clippy::print_stdout, reason = "a demo prints")]

use std::io::{self, Read};

use workbook::ch01_request_head::parse_head;

fn main() -> io::Result<()> {
    let (mut stdin, mut buffer) = (io::stdin().lock(), Vec::new());
    let mut piece = [0; 512];
    loop {
        match parse_head(&buffer) {
            Ok(Some((head, used))) => {
                println!("{} {} (HTTP/1.{}), {used} bytes", head.method, head.target, head.minor);
                for (name, value) in head.headers.pairs() {
                    println!("  {name}: {}", value.escape_ascii());
                }
                return Ok(());
            }
            Err(error) => {
                println!("refused: {error:?}");
                return Ok(());
            }
            Ok(None) => {}
        }
        let count = stdin.read(&mut piece)?;
        if count == 0 {
            println!("not a whole head: {}", buffer.escape_ascii());
            return Ok(());
        }
        buffer.extend_from_slice(&piece[..count]);
    }
}
