//! Takes TLS connections.

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{Certificate, TestCa, TlsError};

/// How many clients went on after they had seen a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a client either goes on or does not")]
pub struct Handshakes {
    /// Handshakes that came to their end.
    pub completed: u64,
    /// Handshakes that did not: the client refused the certificate, spoke no TLS, or left.
    pub broken_off: u64,
}

/// Takes TLS connections with the certificate that it has been told to show. Cheap to clone;
/// clones show the same.
#[derive(Clone)]
pub struct Acceptor {
    inner: Arc<Inner>,
}

struct Inner {
    /// In the order of [`Certificate::ALL`].
    configs: Vec<Arc<ServerConfig>>,
    shown: AtomicUsize,
    seen: [watch::Sender<Handshakes>; Certificate::ALL.len()],
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor")
            .field("shown", &self.shown())
            .finish_non_exhaustive()
    }
}

fn place(which: Certificate) -> usize {
    Certificate::ALL.iter().position(|known| *known == which).unwrap_or(0)
}

impl Acceptor {
    /// Shows the right certificate for these hosts (names or IP addresses, without port) until
    /// told otherwise.
    ///
    /// # Errors
    /// [`TlsError`] when a certificate cannot be made for one of them.
    pub fn new(ca: &TestCa, hosts: &[String]) -> Result<Self, TlsError> {
        let configs = Certificate::ALL
            .into_iter()
            .map(|which| ca.server(which, hosts))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            inner: Arc::new(Inner {
                configs,
                shown: AtomicUsize::new(place(Certificate::Right)),
                seen: std::array::from_fn(|_| watch::Sender::default()),
            }),
        })
    }

    /// Shows this certificate from the next connection on.
    pub fn show(&self, which: Certificate) {
        self.inner.shown.store(place(which), Ordering::SeqCst);
    }

    /// The certificate that is shown now.
    #[must_use]
    pub fn shown(&self) -> Certificate {
        let at = self.inner.shown.load(Ordering::SeqCst);
        Certificate::ALL.get(at).copied().unwrap_or(Certificate::Right)
    }

    /// What clients did with this certificate so far.
    #[must_use]
    pub fn handshakes(&self, which: Certificate) -> Handshakes {
        *self.inner.seen[place(which)].borrow()
    }

    /// Waits until enough has happened with this certificate.
    pub async fn wait_until(&self, which: Certificate, enough: impl FnMut(&Handshakes) -> bool) -> Handshakes {
        let mut receiver = self.inner.seen[place(which)].subscribe();
        match receiver.wait_for(enough).await {
            Ok(seen) => *seen,
            // Only when the sender is gone, which `self` holds.
            Err(_) => self.handshakes(which),
        }
    }

    /// The server's part of a handshake.
    ///
    /// # Errors
    /// When the client does not go on.
    pub async fn accept<S>(&self, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let which = place(self.shown());
        let config = Arc::clone(&self.inner.configs[which]);
        // Counted also when the future is dropped halfway.
        let mut count = Count {
            seen: &self.inner.seen[which],
            completed: false,
        };
        let accepted = TlsAcceptor::from(config).accept(stream).await;
        count.completed = accepted.is_ok();
        accepted
    }
}

struct Count<'a> {
    seen: &'a watch::Sender<Handshakes>,
    completed: bool,
}

impl Drop for Count<'_> {
    fn drop(&mut self) {
        self.seen.send_modify(|seen| {
            if self.completed {
                seen.completed += 1;
            } else {
                seen.broken_off += 1;
            }
        });
    }
}
