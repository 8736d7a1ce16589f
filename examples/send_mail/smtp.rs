//! The conversation with a relay: a small SMTP client.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::mail::{Mail, Taken};

/// Source: RFC 5321, section 4.5.3.1.5.
const LONGEST_LINE: usize = 512;
const MOST_LINES: usize = 100;

/// A conversation over a stream, with the bytes that have arrived and are not yet read.
#[derive(Debug)]
pub(crate) struct Conversation<S> {
    stream: S,
    heard: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    /// The relay speaks first.
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, heard: Vec::new() }
    }

    /// Hands over one mail. `taken` says how far it got, also if this future is dropped.
    pub(crate) async fn send(&mut self, mail: &Mail, taken: &mut Taken) -> io::Result<()> {
        self.expect("220").await?;
        self.command("EHLO client.example", "250").await?;
        self.command(&format!("MAIL FROM:<{}>", mail.from), "250").await?;
        self.command(&format!("RCPT TO:<{}>", mail.to), "250").await?;
        self.command("DATA", "354").await?;
        self.write(&stuffed(&mail.text)).await?;
        // From here on the relay may have the mail, whatever answer arrives.
        *taken = Taken::Perhaps;
        self.write(b".\r\n").await?;
        let reply = self.reply().await?;
        if reply.starts_with(['4', '5']) {
            *taken = Taken::No;
        }
        is_code(&reply, "250")?;
        *taken = Taken::Yes;
        self.command("QUIT", "221").await
    }

    async fn command(&mut self, command: &str, code: &str) -> io::Result<()> {
        self.write(format!("{command}\r\n").as_bytes()).await?;
        self.expect(code).await
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    async fn expect(&mut self, code: &str) -> io::Result<()> {
        is_code(&self.reply().await?, code)
    }

    /// Reads a reply of one or more lines, and returns its last line.
    ///
    /// Source: RFC 5321, section 4.2.1.
    async fn reply(&mut self) -> io::Result<String> {
        for _ in 0..MOST_LINES {
            let line = self.line().await?;
            if line.get(3..4) != Some("-") {
                return Ok(line);
            }
        }
        Err(invalid("the relay's reply has no end".into()))
    }

    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.heard.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.heard.drain(..end + 2).take(end).collect();
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            if self.heard.len() >= LONGEST_LINE {
                return Err(invalid("the relay's line has no end".into()));
            }
            if self.stream.read_buf(&mut self.heard).await? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the relay hung up"));
            }
        }
    }
}

fn is_code(reply: &str, code: &str) -> io::Result<()> {
    match reply.get(..3) {
        Some(said) if said == code => Ok(()),
        _ => Err(invalid(format!("the relay said {reply:?}, and not {code}"))),
    }
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// Returns the text as it goes over the wire: each line ends with CR LF, and a dot at the beginning of a line is doubled.
///
/// Source: RFC 5321, section 4.5.2.
fn stuffed(text: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    for line in text.lines() {
        if line.starts_with('.') {
            wire.push(b'.');
        }
        // A CR by itself must not go out.
        wire.extend(line.bytes().filter(|byte| *byte != b'\r'));
        wire.extend_from_slice(b"\r\n");
    }
    wire
}
