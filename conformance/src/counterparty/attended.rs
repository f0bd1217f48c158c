//! The driver for a person: somebody does what is asked, and says when it is done.

use std::{future::Future, sync::Arc};

use super::{
    driver::{Assignment, Driver},
    page,
};

/// Resolves when a person says that a task is done.
pub type Entered = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

pub(super) struct Attended {
    pub(super) shared: Arc<page::Shared>,
    pub(super) entered: Box<dyn Fn() -> Entered + Send + Sync>,
}

impl Driver for Attended {
    fn perform(&self, _: Assignment) -> super::Work {
        let (shared, entered) = (Arc::clone(&self.shared), (self.entered)());
        Box::pin(async move {
            tokio::select! {
                () = entered => {}
                () = shared.done.notified() => {}
            }
            Ok(None)
        })
    }

    fn is_attended(&self) -> bool {
        true
    }
}
