//! `Spawn`: what starts tasks.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::BoxFuture;

/// Starts tasks: [`TokioSpawn`] in production, a host of a simulated network in a test.
///
/// What a host has spawned ends when the host crashes, and stands still while it is paused.
///
/// ```
/// use std::sync::Arc;
/// use unplugged::Sim;
/// use unplugged_seam::{Spawn, TokioSpawn};
///
/// /// Production code.
/// struct Workers { tasks: Arc<dyn Spawn> }
/// impl Workers {
///     fn start(&self) {
///         for number in 0..3 {
///             let _task = self.tasks.spawn(Box::pin(async move { println!("worker {number}") }));
///         }
///     }
/// }
/// assert!(Workers { tasks: Arc::new(TokioSpawn) }.tasks.is_real());
///
/// // In a test:
/// let sim = Sim::new();
/// let server = sim.net().host("server");
/// Workers { tasks: Arc::new(server) }.start();
/// sim.run_until_idle();
/// ```
pub trait Spawn: Send + Sync {
    /// Starts a task.
    #[track_caller]
    fn spawn(&self, task: BoxFuture<'static, ()>) -> JoinHandle<()>;

    /// Returns true for [`TokioSpawn`]. One of your own is not real unless it says so.
    fn is_real(&self) -> bool {
        false
    }
}

/// The tasks of the tokio runtime around it, `tokio::spawn`.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "complete: it is a name, and holds nothing")]
pub struct TokioSpawn;

/// # Panics
/// Outside of a tokio runtime.
impl Spawn for TokioSpawn {
    #[track_caller]
    fn spawn(&self, task: BoxFuture<'static, ()>) -> JoinHandle<()> {
        tokio::spawn(task)
    }

    fn is_real(&self) -> bool {
        true
    }
}

macro_rules! forward_spawn {
    ($($pointer:ty),*) => {$(
        impl<S: Spawn + ?Sized> Spawn for $pointer {
            #[track_caller]
            fn spawn(&self, task: BoxFuture<'static, ()>) -> JoinHandle<()> {
                (**self).spawn(task)
            }
            fn is_real(&self) -> bool {
                (**self).is_real()
            }
        }
    )*};
}

forward_spawn!(&S, Box<S>, Arc<S>);
