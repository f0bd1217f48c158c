//! Enter, for whoever does the tasks by hand.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};

use crate::counterparty::Entered;

/// Resolves at the next Enter; never, when there is nobody to press it. What was pressed before is
/// about an earlier task.
pub(super) fn enter() -> impl Fn() -> Entered + Send + Sync + 'static {
    let (sender, receiver) = mpsc::unbounded_channel();
    // Reading from the terminal blocks; the thread ends with the program.
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            if line.is_err() || sender.send(()).is_err() {
                return;
            }
        }
    });
    let receiver = Arc::new(Mutex::new(receiver));
    move || {
        // Nobody else waits: the task before has ended.
        if let Ok(mut receiver) = receiver.try_lock() {
            while receiver.try_recv().is_ok() {}
        }
        let receiver = Arc::clone(&receiver);
        Box::pin(async move {
            if receiver.lock().await.recv().await.is_none() {
                std::future::pending::<()>().await;
            }
        })
    }
}
