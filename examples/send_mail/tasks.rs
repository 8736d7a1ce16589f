//! Resolvers that work elsewhere: in a task, on a thread.

use std::{io, net::SocketAddr, sync::Arc, thread};

use tokio::{sync::oneshot, task::JoinSet};

use super::mail::Resolve;

/// Wrong: looks up in a task, which continues when its answer is not wanted any more.
#[derive(Clone, Debug)]
pub(crate) struct Detached<R>(pub(crate) Arc<R>);

impl<R: Resolve + Send + Sync + 'static> Resolve for Detached<R> {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        let (resolver, host) = (Arc::clone(&self.0), host.to_owned());
        tokio::spawn(async move { resolver.resolve(&host).await }).await.map_err(io::Error::other)?
    }
}

/// Right: looks up in a task, which ends with the future that waits for it: a `JoinSet` aborts its tasks when dropped.
#[derive(Clone, Debug)]
pub(crate) struct Attached<R>(pub(crate) Arc<R>);

impl<R: Resolve + Send + Sync + 'static> Resolve for Attached<R> {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        let (resolver, host) = (Arc::clone(&self.0), host.to_owned());
        let mut task = JoinSet::new();
        task.spawn(async move { resolver.resolve(&host).await });
        task.join_next().await.expect("it has one task").map_err(io::Error::other)?
    }
}

/// Cannot be cancelled: the system's own lookup blocks its thread until it is done. The wait for it can.
#[derive(Clone, Debug)]
pub(crate) struct OnThread<F>(pub(crate) F);

impl<F> Resolve for OnThread<F>
where
    F: Fn(&str) -> io::Result<Vec<SocketAddr>> + Clone + Send + Sync + 'static,
{
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        let (look_up, host) = (self.0.clone(), host.to_owned());
        let (answer, answered) = oneshot::channel();
        thread::spawn(move || drop(answer.send(look_up(&host)))); // the receiver may be gone
        answered.await.map_err(|_| io::Error::other("the lookup has panicked"))?
    }
}
