//! 別室: what keeps a processor busy for long (a page, a password) is done beside the threads that wait for the register
//! and for clients. Else everything that waits there waits for it, too, and with it whoever holds the register's lock.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Does it; what waits on this thread goes on on another meanwhile, where there are others.
pub fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
