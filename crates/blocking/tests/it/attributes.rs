//! `#[run_in]` and `#[wait_for]`.

use std::{
    io,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use unplugged_blocking::{self as blocking, Blocking, Eventual, WaitError};

use crate::support::{LONG, running};

/// Returns the sum, and the thread that made it.
#[blocking::run_in(blocking)]
async fn sum(blocking: Blocking, left: u32, right: u32) -> io::Result<(u32, Option<String>)> {
    let _kept = blocking;
    Ok((left + right, thread::current().name().map(str::to_owned)))
}

/// Returns the longest of the words.
#[blocking::wait_for("1m", blocking)]
async fn longest<'a>(blocking: &Blocking, words: &[&'a str]) -> Result<&'a str, &'static str> {
    let _same = blocking;
    tokio::time::sleep(Duration::from_millis(1)).await;
    words.iter().copied().max_by_key(|word| word.len()).ok_or("no words")
}

#[blocking::wait_for("1ms", blocking)]
async fn endless(blocking: &Blocking) -> io::Result<()> {
    let _same = blocking;
    std::future::pending().await
}

struct Shop {
    blocking: Blocking,
    name: String,
}

impl Shop {
    #[blocking::run_in(self.blocking)]
    async fn name(self: Arc<Self>) -> io::Result<String> {
        Ok(self.name.clone())
    }

    #[blocking::wait_for("1m", self.blocking)]
    async fn greet(&self, guest: &str) -> io::Result<String> {
        Ok(format!("{guest} in {}", self.name))
    }

    #[blocking::wait_for("1m", blocking, associated)]
    async fn open(blocking: &Blocking) -> io::Result<Self> {
        Ok(Self { blocking: blocking.clone(), name: "a shop".to_owned() })
    }
}

/// Polls a future that is ready at once, with no runtime around.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let Poll::Ready(value) = pin!(future).poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it is ready")
    };
    value
}

#[test]
fn run_in_keeps_name_arguments_and_docs() {
    let blocking = running();
    let sum: Eventual<(u32, Option<String>)> = sum(blocking.clone(), 1, 2);
    assert_eq!(*sum.wait(LONG).unwrap(), (3, Some("unplugged-blocking".to_owned())));
    assert!(sum.started_at().file().ends_with("attributes.rs"));
}

#[test]
fn wait_for_keeps_name_arguments_and_docs() {
    let blocking = running();
    assert_eq!(longest(&blocking, &["a", "bbb", "cc"]).unwrap(), "bbb");
    assert_eq!(longest(&blocking, &[]).unwrap_err().to_string(), "the operation failed: no words");
    let limit = Duration::from_millis(1);
    assert!(matches!(endless(&blocking), Err(WaitError::TimedOut(there)) if there == limit));
}

#[test]
fn run_in_works_on_functions_and_methods() {
    let shop = Arc::new(Shop::open(&running()).unwrap());
    assert_eq!(Arc::clone(&shop).name().wait(LONG).unwrap(), "a shop");
    assert_eq!(shop.greet("Ada").unwrap(), "Ada in a shop");
}

#[test]
fn the_async_original_is_reachable_and_needs_no_event_loop() {
    let idle = Blocking::new();
    assert_eq!(ready(sum_async(idle.clone(), 1, 2)).unwrap().0, 3);
    let shop = ready(Shop::open_async(&idle)).unwrap();
    assert_eq!(ready(shop.greet_async("Ada")).unwrap(), "Ada in a shop");
    assert_eq!(ready(Arc::new(shop).name_async()).unwrap(), "a shop");
}
