//! The same mail for threaded code: a blocking call, through the bridge.

use std::time::Duration;

use unplugged::{
    clock::{Clock, secs},
    net::Dial,
};
use unplugged_blocking::{Blocking, WaitError};

use super::mail::{Mail, Mailer, Resolve};

/// How much longer than the mail's own deadline the thread waits. The deadline ends the mail, and says at which step; this is for
/// a runtime that does not get to it.
const GRACE: Duration = secs(1);

/// Sends `mail` through the relay `host`, and waits at most `limit` for it. A mail that is late is given up.
///
/// # Errors
/// `WaitError::Failed` with the mail's `NotSent`; another one on a thread of the runtime, or if the runtime stops.
pub(crate) fn send_mail_blocking<R, D, C>(
    blocking: &Blocking,
    mailer: &Mailer<R, D, C>,
    mail: &Mail,
    host: &str,
    limit: Duration,
) -> Result<(), WaitError>
where
    R: Resolve + Sync,
    D: Dial,
    C: Clock,
{
    let deadline = mailer.clock.now() + limit;
    blocking.wait_for(limit + GRACE, mailer.send(mail, host, deadline))
}
