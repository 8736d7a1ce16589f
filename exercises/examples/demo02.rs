//! Demo of chapters 01 and 02: a page in your browser that shows what the browser sent.
//!
//! ```console
//! cargo run -q -p workbook --example demo02 127.0.0.1:8080
//! ```
//!
//! The smallest server that uses your two functions: one connection at a time, one answer each, no limits, no
//! deadlines. A client that connects and sends nothing blocks all others; chapters 03 to 09 solve this.
#![allow(clippy::print_stdout, reason = "a demo prints")]

use std::{
    env,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
};

use workbook::{
    ch01_request_head::{Head, ParseError, parse_head},
    ch02_response_writer::{Body, Response, WriteCtx, write_response},
};

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".into());
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    for stream in listener.incoming() {
        if let Err(error) = stream.and_then(answer) {
            println!("a connection broke: {error}");
        }
    }
    Ok(())
}

/// Reads one request, and writes one response.
fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = Vec::new();
    let mut piece = [0; 4096];
    let head = loop {
        match parse_head(&buffer) {
            Ok(Some((head, _))) => break Ok(head),
            Err(error) => break Err(error),
            Ok(None) => {}
        }
        let count = stream.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        buffer.extend_from_slice(&piece[..count]);
    };
    let method = head.as_ref().map_or("GET", |head| head.method.as_str()).to_owned();
    let minor = head.as_ref().map_or(1, |head| head.minor);
    let mut out = Vec::new();
    write_response(&page(head), WriteCtx { method: &method, minor, keep_alive: false }, &mut out)
        .map_err(io::Error::other)?;
    stream.write_all(&out)
}

fn page(head: Result<Head, ParseError>) -> Response {
    let (status, text) = match head {
        Ok(head) => (200, format!("{head:#?}\n")),
        Err(ParseError::BadRequest) => (400, "what was that?\n".into()),
        Err(ParseError::VersionNotSupported) => (505, "HTTP/1.0 or 1.1, please\n".into()),
    };
    let headers = vec![("Content-Type".into(), "text/plain; charset=utf-8".into())];
    Response { status, headers, body: Body::Full(text.into_bytes()) }
}
