//! The page.

use std::{fmt::Write, sync::Arc, time::Instant};

use axum::{Router, response::Html, routing::get};
use tokio::sync::watch;
use unplugged_seam::{Clock, ClockExt};

use super::rate::Rate;

/// The state of the page.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this program")]
pub struct Board {
    /// The last rate, and when it came.
    pub last: Option<(Rate, Instant)>,
    /// Why there is no newer one.
    pub failure: Option<String>,
}

pub(super) fn router(board: watch::Receiver<Board>, pair: [String; 2], clock: Arc<dyn Clock>) -> Router {
    let page = move || {
        let text = render(&board.borrow(), &pair, &*clock);
        async { Html(text) }
    };
    Router::new().route("/", get(page))
}

fn render(board: &Board, [base, quote]: &[String; 2], clock: &dyn Clock) -> String {
    let mut page = format!("<!doctype html><title>{0} in {1}</title>", escaped(base), escaped(quote));
    let _infallible = match &board.last {
        Some((rate, then)) => write!(
            page,
            "<p>1 {} = {rate} {}</p><p>{} s ago</p>",
            escaped(base),
            escaped(quote),
            clock.since(*then).as_secs()
        ),
        None => write!(page, "<p>unavailable, please refresh the page</p>"),
    };
    if let Some(failure) = &board.failure {
        let _infallible = write!(page, "<p>the last attempt failed: {}</p>", escaped(failure));
    }
    page
}

/// The text with the characters that mean something in HTML replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_escaped() {
        assert_eq!(escaped("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    }
}
