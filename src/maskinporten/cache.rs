//! Values that are fetched once for each key, however many ask at the same time.

use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared, WeakShared};
use lru::LruCache;

/// What is fetched: a value, or an error that everybody who waited for it gets.
type Flight<T, E> = BoxFuture<'static, Result<Arc<T>, E>>;

/// A bounded cache with one fetch at a time for each key.
///
/// A fetch belongs to those who wait for it: it goes on when one of them gives up, and ends when
/// the last one does, so that nothing runs on unseen and nothing stale is picked up later.
pub(super) struct Cache<K, T, E> {
    entries: Mutex<LruCache<K, Entry<T, E>>>,
    capacity: usize,
}

struct Entry<T, E> {
    value: Option<Arc<T>>,
    flight: Option<WeakShared<Flight<T, E>>>,
}

impl<T, E> Entry<T, E> {
    const EMPTY: Self = Self {
        value: None,
        flight: None,
    };

    fn is_in_flight(&self) -> bool {
        self.flight.as_ref().is_some_and(|flight| flight.upgrade().is_some())
    }
}

impl<K, T, E> Cache<K, T, E>
where
    K: Hash + Eq + Clone + Send + 'static,
    T: Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    /// Room for `capacity` values. A key whose value is being fetched is never dropped, so that
    /// there can for a while be as many more as there are callers.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: Mutex::new(LruCache::unbounded()),
            capacity: capacity.max(1),
        }
    }

    /// The value that is kept, if `usable`; otherwise what a fetch that is under way gives, or one
    /// that `fetch` starts.
    pub(super) async fn get(
        self: &Arc<Self>,
        key: &K,
        usable: impl Fn(&T) -> bool,
        fetch: impl FnOnce() -> BoxFuture<'static, Result<T, E>>,
    ) -> Result<Arc<T>, E> {
        let flight = {
            let mut entries = self.lock();
            let entry = entries.get_or_insert_mut_ref(key, || Entry::EMPTY);
            if let Some(value) = entry.value.as_ref().filter(|value| usable(value)) {
                return Ok(Arc::clone(value));
            }
            match entry.flight.as_ref().and_then(WeakShared::upgrade) {
                Some(flight) => flight,
                None => {
                    let flight = self.start(key.clone(), fetch());
                    entry.flight = flight.downgrade();
                    self.shrink(&mut entries);
                    flight
                }
            }
        };
        flight.await
    }

    fn start(self: &Arc<Self>, key: K, fetch: BoxFuture<'static, Result<T, E>>) -> Shared<Flight<T, E>> {
        let cache = Arc::clone(self);
        async move {
            let result = fetch.await.map(Arc::new);
            // Whoever comes from here on finds the value, or starts anew: never this error.
            let mut entries = cache.lock();
            if let Some(entry) = entries.peek_mut(&key) {
                entry.flight = None;
                if let Ok(value) = &result {
                    entry.value = Some(Arc::clone(value));
                }
            }
            result
        }
        .boxed()
        .shared()
    }

    /// Forgets a value, unless another has taken its place since.
    pub(super) fn forget(&self, key: &K, value: &Arc<T>) {
        if let Some(entry) = self.lock().peek_mut(key)
            && entry.value.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, value))
        {
            entry.value = None;
        }
    }

    /// Drops what has been unused for longest until there is room.
    fn shrink(&self, entries: &mut LruCache<K, Entry<T, E>>) {
        while entries.len() > self.capacity {
            let oldest = entries
                .iter()
                .rev()
                .find(|(_, entry)| !entry.is_in_flight())
                .map(|(key, _)| key.clone());
            match oldest {
                Some(key) => entries.pop(&key),
                None => return,
            };
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<K, Entry<T, E>>> {
        // Every change under the lock is whole, so a panic elsewhere leaves nothing half-done.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::{join_all, poll_immediate};
    use tokio::sync::oneshot;

    use super::*;

    type TestCache = Arc<Cache<&'static str, usize, &'static str>>;

    fn cache(capacity: usize) -> TestCache {
        Arc::new(Cache::new(capacity))
    }

    fn ready(value: usize) -> BoxFuture<'static, Result<usize, &'static str>> {
        async move { Ok(value) }.boxed()
    }

    fn fails() -> BoxFuture<'static, Result<usize, &'static str>> {
        async { Err("refused") }.boxed()
    }

    #[tokio::test]
    async fn many_waiters_share_one_fetch() {
        let cache = cache(10);
        let fetches = AtomicUsize::new(0);
        let (open, gate) = oneshot::channel::<()>();
        let mut gate = Some(gate);
        let mut waiters = Vec::new();
        for _ in 0..100 {
            let gate = gate.take();
            let mut waiter = Box::pin(cache.get(
                &"a",
                |_| true,
                || {
                    fetches.fetch_add(1, Ordering::SeqCst);
                    async move {
                        gate.unwrap().await.unwrap();
                        Ok(7)
                    }
                    .boxed()
                },
            ));
            assert!(poll_immediate(&mut waiter).await.is_none());
            waiters.push(waiter);
        }
        open.send(()).unwrap();
        let values = join_all(waiters).await;
        assert!(values.iter().all(|value| **value.as_ref().unwrap() == 7));
        assert_eq!(fetches.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_fetch_goes_on_when_its_first_caller_gives_up_and_ends_with_the_last() {
        let cache = cache(10);
        let (open, gate) = oneshot::channel::<usize>();
        let fetch = || async move { gate.await.map_err(|_| "dropped") }.boxed();
        let mut first = Box::pin(cache.get(&"a", |_| true, fetch));
        assert!(poll_immediate(&mut first).await.is_none());
        let mut second = Box::pin(cache.get(&"a", |_| true, || ready(0)));
        assert!(poll_immediate(&mut second).await.is_none());
        drop(first);
        open.send(8).unwrap();
        assert_eq!(*second.await.unwrap(), 8);

        let (open, gate) = oneshot::channel::<usize>();
        let fetch = || async move { gate.await.map_err(|_| "dropped") }.boxed();
        let mut only = Box::pin(cache.get(&"b", |_| true, fetch));
        assert!(poll_immediate(&mut only).await.is_none());
        drop(only);
        assert!(open.send(1).is_err(), "nobody waits, so the fetch is gone");
        assert_eq!(*cache.get(&"b", |_| true, || ready(2)).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn an_error_is_for_those_who_waited_and_not_for_the_next() {
        let cache = cache(10);
        assert_eq!(cache.get(&"a", |_| true, fails).await.unwrap_err(), "refused");
        assert_eq!(*cache.get(&"a", |_| true, || ready(1)).await.unwrap(), 1);
        assert_eq!(*cache.get(&"a", |_| true, fails).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn forgetting_an_old_value_leaves_a_new_one() {
        let cache = cache(10);
        let old = cache.get(&"a", |_| true, || ready(1)).await.unwrap();
        cache.forget(&"a", &old);
        let new = cache.get(&"a", |_| true, || ready(2)).await.unwrap();
        cache.forget(&"a", &old);
        assert!(Arc::ptr_eq(&new, &cache.get(&"a", |_| true, fails).await.unwrap()));
    }

    #[tokio::test]
    async fn memory_is_bounded_and_what_is_used_stays() {
        let cache = cache(2);
        for key in ["a", "b"] {
            cache.get(&key, |_| true, || ready(1)).await.unwrap();
        }
        cache.get(&"a", |_| true, fails).await.unwrap();
        cache.get(&"c", |_| true, || ready(1)).await.unwrap();
        assert_eq!(cache.len(), 2);
        assert!(cache.get(&"a", |_| true, fails).await.is_ok());
        assert!(cache.get(&"b", |_| true, fails).await.is_err());
    }

    #[tokio::test]
    async fn what_is_being_fetched_is_not_dropped() {
        let cache = cache(1);
        let (open, gate) = oneshot::channel::<usize>();
        let fetch = || async move { gate.await.map_err(|_| "dropped") }.boxed();
        let mut slow = Box::pin(cache.get(&"slow", |_| true, fetch));
        assert!(poll_immediate(&mut slow).await.is_none());
        for key in ["a", "b", "c"] {
            cache.get(&key, |_| true, || ready(1)).await.unwrap();
        }
        let mut joined = Box::pin(cache.get(&"slow", |_| true, fails));
        assert!(poll_immediate(&mut joined).await.is_none());
        open.send(5).unwrap();
        assert_eq!((*slow.await.unwrap(), *joined.await.unwrap()), (5, 5));
    }
}
