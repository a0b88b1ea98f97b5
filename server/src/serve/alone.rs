//! Threads of a server's own, each with a runtime of one thread.
//!
//! Tasks of such a runtime go on in the order in which they became ready. So what one connection sends before another is
//! read, and handed to the loop, before the other's, as far as the system tells: there is one order from the wire on.

use std::{io, thread};

use tokio::{
    runtime::Builder,
    sync::oneshot::{self, Receiver},
};

/// Does `work` on a thread called `name`. What is returned comes when it is done, or is an error when it panicked.
///
/// # Errors
/// The system's, when it has no thread left.
pub(super) fn alone<T: Send + 'static>(
    name: &str,
    work: impl Future<Output = T> + Send + 'static,
) -> io::Result<Receiver<T>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (done, result) = oneshot::channel();
    thread::Builder::new().name(name.into()).spawn(move || {
        // Nobody may be waiting for it any more.
        let _ = done.send(runtime.block_on(work));
    })?;
    Ok(result)
}
