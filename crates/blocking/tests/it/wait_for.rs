//! `Blocking::wait_for`: a future on the calling thread, with a limit.

use std::{
    cell::Cell,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::mpsc,
    thread,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use unplugged_blocking::{Blocking, WaitError};

use crate::support::{LONG, running, until};

#[test]
fn it_returns_the_value_of_a_future_that_borrows_and_is_not_send() {
    let blocking = running();
    let name = String::from("Ada");
    let count = Rc::new(Cell::new(0));
    let greeting = blocking.wait_for(LONG, async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        count.set(count.get() + 1);
        Ok::<_, io::Error>(format!("hello {name}"))
    });
    assert_eq!((greeting.unwrap().as_str(), count.get()), ("hello Ada", 1));
}

#[test]
fn its_sockets_are_driven_by_the_event_loop() {
    let blocking = running();
    let text = blocking.wait_for(LONG, async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut client = TcpStream::connect(listener.local_addr()?).await?;
        let (mut server, _) = listener.accept().await?;
        client.write_all(b"ping").await?;
        drop(client);
        let mut text = String::new();
        server.read_to_string(&mut text).await?;
        Ok::<_, io::Error>(text)
    });
    assert_eq!(text.unwrap(), "ping");
}

#[test]
fn its_error_is_the_error_of_the_future() {
    let error = running().wait_for(LONG, async { Err::<(), _>("no such page") }).unwrap_err();
    assert_eq!(error.to_string(), "the operation failed: no such page");
    assert_eq!(error.original_error().unwrap().to_string(), "no such page");
}

#[test]
fn its_limit_cancels_the_future() {
    struct Told(mpsc::Sender<()>);
    impl Drop for Told {
        fn drop(&mut self) {
            let _gone = self.0.send(());
        }
    }
    let (sender, dropped) = mpsc::channel();
    let told = Told(sender);
    let error = running().wait_for(Duration::from_millis(1), async move {
        let _told = told;
        std::future::pending::<io::Result<()>>().await
    });
    assert!(matches!(error, Err(WaitError::TimedOut(limit)) if limit == Duration::from_millis(1)));
    dropped.try_recv().unwrap();
}

#[test]
fn a_limit_of_zero_polls_once() {
    let blocking = running();
    assert_eq!(blocking.wait_for(Duration::ZERO, async { Ok::<_, io::Error>(1) }).unwrap(), 1);
    let pending = std::future::pending::<io::Result<()>>();
    assert!(matches!(blocking.wait_for(Duration::ZERO, pending), Err(WaitError::TimedOut(_))));
}

#[test]
fn a_panic_of_the_future_passes_through() {
    let blocking = running();
    let payload = catch_unwind(AssertUnwindSafe(|| {
        blocking.wait_for(LONG, async { if true { panic!("oh") } else { Ok::<(), io::Error>(()) } })
    }));
    assert_eq!(payload.unwrap_err().downcast_ref::<&str>(), Some(&"oh"));
}

#[test]
fn it_is_refused_on_the_event_loop_and_the_future_is_not_polled() {
    let blocking = running();
    let here = blocking.clone();
    let refused = blocking.run(async move {
        let mut is_polled = false;
        let result = here.wait_for(LONG, async {
            is_polled = true;
            Ok::<_, io::Error>(())
        });
        Ok::<_, io::Error>((matches!(result, Err(WaitError::OnLoopThread)), is_polled))
    });
    assert_eq!(*refused.wait(LONG).unwrap(), (true, false));
}

#[test]
fn a_stop_and_an_interrupt_end_it() {
    for end in [|blocking: &Blocking| blocking.stop().unwrap(), |blocking: &Blocking| blocking.interrupt()] {
        let blocking = running();
        let (sender, begun) = mpsc::channel();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                blocking.wait_for(LONG, async {
                    sender.send(()).unwrap();
                    std::future::pending::<io::Result<()>>().await
                })
            });
            begun.recv().unwrap();
            end(&blocking);
            until(|| waiting.is_finished());
            let error = waiting.join().unwrap().unwrap_err();
            assert!(matches!(error, WaitError::Stopped | WaitError::Interrupted), "{error}");
        });
    }
}

#[test]
fn without_an_event_loop_it_says_so() {
    let error = Blocking::new().wait_for(LONG, async { Ok::<_, io::Error>(1) }).unwrap_err();
    assert!(matches!(error, WaitError::NotRunning));
}
