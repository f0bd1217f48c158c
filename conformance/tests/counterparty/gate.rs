//! What stands between a browser and the counterparty, and can be closed.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{AbortHandle, JoinHandle},
};

/// What becomes of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// They go through.
    Open,
    /// They are closed at once.
    Shut,
    /// They are answered as a server between does whose own server is away.
    BadGateway,
}

pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    mode: watch::Sender<Mode>,
    through: Arc<Mutex<Vec<AbortHandle>>>,
    /// How many connections were not let through.
    turned_away: watch::Receiver<usize>,
    accepting: JoinHandle<()>,
}

impl Gate {
    pub(crate) async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mode = watch::Sender::new(Mode::Open);
        let (count, turned_away) = watch::channel(0);
        let through: Arc<Mutex<Vec<AbortHandle>>> = Arc::default();
        let (modes, kept) = (mode.subscribe(), Arc::clone(&through));
        let accepting = tokio::spawn(async move {
            loop {
                let (mut incoming, _) = listener.accept().await.unwrap();
                let count = count.clone();
                // Held until the task is known, so that closing misses none.
                let mut kept = kept.lock().unwrap();
                let mode = *modes.borrow();
                let task = tokio::spawn(async move {
                    match mode {
                        Mode::Open => {
                            if let Ok(mut outgoing) = TcpStream::connect(target).await {
                                let _ = copy_bidirectional(&mut incoming, &mut outgoing).await;
                            }
                        }
                        Mode::Shut => drop(incoming),
                        Mode::BadGateway => {
                            let mut request = [0; 4096];
                            let _ = incoming.read(&mut request).await;
                            let answer = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                            let _ = incoming.write_all(answer.as_bytes()).await;
                        }
                    }
                    if mode != Mode::Open {
                        count.send_modify(|count| *count += 1);
                    }
                });
                kept.push(task.abort_handle());
            }
        });
        Self {
            address,
            mode,
            through,
            turned_away,
            accepting,
        }
    }

    /// What becomes of connections from now on. Those that are there are broken off, unless it opens.
    pub(crate) fn set(&self, mode: Mode) {
        let mut through = self.through.lock().unwrap();
        self.mode.send_replace(mode);
        if mode != Mode::Open {
            for task in through.drain(..) {
                task.abort();
            }
        }
    }

    /// Waits until one more connection is turned away than now.
    pub(crate) async fn turns_one_away(&self) {
        let mut count = self.turned_away.clone();
        let before = *count.borrow_and_update();
        count.wait_for(|now| *now > before).await.unwrap();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.set(Mode::Shut);
        self.accepting.abort();
    }
}
