//! Answers: at once, later, and in place of one that cannot be written.

use std::{
    mem,
    task::{Context, Poll},
};

use super::{Connection, Exchange, State};
use crate::{
    ch02_response_writer::{Body, Response, WriteCtx, closes_after, write_response},
    ch03_connection::{BoxError, Decode, Handler, Phase, Reply, Request, Timekeeper, caught::caught},
};

impl<H: Handler, D: Decode, T: Timekeeper> Connection<H, D, T> {
    pub(super) fn call(&mut self, request: Request) {
        self.is_first = false;
        let exchange = Exchange {
            method: request.head.method.clone(),
            minor: request.head.minor,
            keep_alive: request.keep_alive,
        };
        self.time.enter(Phase::Handler);
        match caught(|| self.handler.call(request)) {
            Ok(Reply::Now(response)) => self.respond(&exchange, response),
            Ok(Reply::Later(later)) => self.state = State::Answering(exchange, later),
            Err(error) => self.fail(exchange, error),
        }
    }

    /// Polls the later answer, if there is one. Returns `true` if it is not here yet.
    pub(super) fn poll_later(&mut self, cx: &mut Context<'_>) -> bool {
        let State::Answering(_, later) = &mut self.state else { return false };
        let polled = caught(|| match later.as_mut().poll(cx) {
            Poll::Pending => Ok(None),
            Poll::Ready(answer) => answer.map(Some),
        });
        let answer = match polled {
            Ok(None) => return true,
            Ok(Some(response)) => Ok(response),
            Err(error) => Err(error),
        };
        if let Some(exchange) = self.take_exchange() {
            match answer {
                Ok(response) => self.respond(&exchange, response),
                Err(error) => self.fail(exchange, error),
            }
        }
        false
    }

    /// Ends the wait for an answer, and drops its future.
    pub(super) fn take_exchange(&mut self) -> Option<Exchange> {
        match mem::replace(&mut self.state, State::Receiving) {
            State::Answering(exchange, _later) => Some(exchange),
            other => {
                self.state = other;
                None
            }
        }
    }

    pub(super) fn respond(&mut self, exchange: &Exchange, mut response: Response) {
        if response.status < 200 {
            (self.log)(format!("a handler answered {}, which is no final answer", response.status).into());
            return self.refuse(500);
        }
        self.add_date(&mut response);
        let keep_alive = exchange.keep_alive && !self.stopping;
        let cx = WriteCtx { method: &exchange.method, minor: exchange.minor, keep_alive };
        if let Err(error) = write_response(&response, cx, &mut self.out) {
            (self.log)(error.into());
            return self.refuse(500);
        }
        self.state = if closes_after(&response, cx) { State::Closing } else { State::Receiving };
    }

    /// Answers 500 for a handler that failed. Its state is unknown, so the connection ends.
    pub(super) fn fail(&mut self, exchange: Exchange, error: BoxError) {
        (self.log)(error);
        self.respond(&Exchange { keep_alive: false, ..exchange }, plain(500));
    }

    /// Answers bytes that are no request, and ends the connection.
    pub(super) fn refuse(&mut self, status: u16) {
        let mut response = plain(status);
        self.add_date(&mut response);
        let cx = WriteCtx { method: "", minor: 1, keep_alive: false };
        write_response(&response, cx, &mut self.out).expect("a plain response can be written");
        self.state = State::Closing;
    }

    /// Adds the date, if the response has none.
    ///
    /// Source: RFC 9110, 6.6.1.
    pub(super) fn add_date(&mut self, response: &mut Response) {
        if response.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("date")) {
            return;
        }
        if let Some(date) = self.time.date() {
            response.headers.push(("Date".into(), date));
        }
    }
}

/// Returns an answer that the handler did not make: only the status matters.
pub(super) fn plain(status: u16) -> Response {
    let body = format!("{status}\n").into_bytes();
    Response { status, headers: vec![("Content-Type".into(), "text/plain".into())], body: Body::Full(body) }
}
