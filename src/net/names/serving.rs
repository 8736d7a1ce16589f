//! A name server at work: many questions at once, over datagrams and connections.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    net::SocketAddr,
    sync::Arc,
    task::Poll,
};

use tokio::io::ReadBuf;

use super::{
    framed::{take_message, with_length, write_all},
    record::PORT,
    server::NameServer,
    wire::LONGEST_IN_DATAGRAM,
};
use crate::{
    net::{BoxFuture, Host, TcpStream, UdpSocket},
    violation::SourceLocation,
};

/// The longest question that it takes in a datagram.
const LONGEST_QUESTION: usize = 4096;

impl NameServer {
    /// Serves questions on this host, while it is up: over datagrams, and over connections for answers that are too long
    /// for one.
    ///
    /// # Panics
    /// Panics if port 53 of the host is taken.
    #[track_caller]
    pub fn serve(self, host: Host) -> impl Future<Output = ()> + Send + 'static {
        serve(self, host, SourceLocation::caller())
    }
}

/// Serves questions until the host crashes.
async fn serve(server: NameServer, host: Host, made_at: SourceLocation) {
    let socket = host.bind_at(PORT.into(), made_at);
    let socket = Arc::new(socket.unwrap_or_else(|error| panic!("a name server cannot start: {error}")));
    let listener = host.listen_at(PORT.into(), made_at);
    let listener = listener.unwrap_or_else(|error| panic!("a name server cannot start: {error}"));
    let server = Arc::new(server);
    let mut at_work: Vec<BoxFuture<'static, ()>> = Vec::new();
    let mut buffer = [0; LONGEST_QUESTION];
    poll_fn(|cx| {
        loop {
            let mut question = ReadBuf::new(&mut buffer);
            match socket.poll_recv_from(cx, &mut question) {
                Poll::Ready(Ok(from)) => {
                    let (question, socket) = (question.filled().to_vec(), Arc::clone(&socket));
                    at_work.push(Box::pin(answer(
                        Arc::clone(&server),
                        host.clone(),
                        question,
                        socket,
                        from,
                        made_at,
                    )));
                }
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        loop {
            match listener.poll_accept(cx) {
                Poll::Ready(Ok((stream, _))) => {
                    at_work.push(Box::pin(converse(Arc::clone(&server), host.clone(), stream, made_at)));
                }
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        at_work.retain_mut(|work| work.as_mut().poll(cx).is_pending());
        Poll::Pending
    })
    .await;
}

/// Answers a datagram, after a thought.
async fn answer(
    server: Arc<NameServer>,
    host: Host,
    question: Vec<u8>,
    socket: Arc<UdpSocket>,
    from: SocketAddr,
    made_at: SourceLocation,
) {
    let Some(answer) = server.answer(&question, Some(LONGEST_IN_DATAGRAM)) else { return };
    server.think(&host, made_at).await;
    let _sent = socket.try_send_to(&answer, from);
}

/// An event of a connection.
enum Step {
    Answer(Vec<u8>),
    Read(usize),
    End,
}

/// Answers the questions of a connection, each after its thought.
///
/// Source: RFC 1035, section 4.2.2: each message has its length before it. RFC 7766, section 6.2.1.1: a client may ask
/// again before it is answered.
async fn converse(server: Arc<NameServer>, host: Host, stream: TcpStream, made_at: SourceLocation) {
    let _always = stream.set_nodelay(true); // as BIND does: an answer does not wait for the one before it
    let mut unread = Vec::new();
    let mut answers: VecDeque<BoxFuture<'static, Vec<u8>>> = VecDeque::new();
    let mut chunk = [0; LONGEST_QUESTION];
    let mut has_ended = false;
    while !has_ended || !answers.is_empty() {
        let step = poll_fn(|cx| {
            if let Some(Poll::Ready(answer)) = answers.front_mut().map(|answer| answer.as_mut().poll(cx)) {
                return Poll::Ready(Step::Answer(answer));
            }
            if has_ended {
                return Poll::Pending;
            }
            let mut read = ReadBuf::new(&mut chunk);
            stream.poll_read_shared(cx, &mut read).map(|outcome| match outcome {
                Ok(()) if !read.filled().is_empty() => Step::Read(read.filled().len()),
                _ => Step::End,
            })
        });
        match step.await {
            Step::End => has_ended = true,
            Step::Read(count) => {
                unread.extend_from_slice(&chunk[..count]);
                while let Some(question) = take_message(&mut unread) {
                    if let Some(answer) = server.answer(&question, None) {
                        let thought = server.think(&host, made_at);
                        answers.push_back(Box::pin(async move {
                            thought.await;
                            with_length(&answer)
                        }));
                    }
                }
            }
            Step::Answer(answer) => {
                answers.pop_front();
                if write_all(&stream, &answer).await.is_err() {
                    return;
                }
            }
        }
    }
}
