//! Accepts connections and hands each to the handlers, until told to stop.

use std::sync::Arc;

use axum::{Extension, Router};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::watch,
    task::JoinHandle,
};

use super::connection::{Breakable, Connection};
use crate::tls::Acceptor;

/// A server that runs until it is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Server {
    stop: watch::Sender<bool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts serving on the current runtime, over TLS where an acceptor is given.
    pub(crate) fn start_with(listener: TcpListener, router: Router, tls: Option<Acceptor>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, router, tls, stopped));
        Self {
            stop,
            accepting: Some(accepting),
        }
    }

    /// Stops taking connections and breaks off those there are; the port is free afterwards.
    pub(crate) async fn stop(mut self) {
        let _ = self.stop.send(true);
        if let Some(accepting) = self.accepting.take() {
            // It ends by itself; a panic in it has been reported already.
            let _ = accepting.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
        }
    }
}

/// Pause before accepting again after the operating system has refused to.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// Resolves when the server is to stop.
async fn told(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn accept(listener: TcpListener, router: Router, tls: Option<Acceptor>, mut stopped: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            () = told(&mut stopped) => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            // One client's failure, or too many open files: later ones may still get through.
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // Small answers must not wait for more; where it cannot be set they only come later.
        let _ = stream.set_nodelay(true);
        let connection = Arc::new(Connection::default());
        let router = router.clone().layer(Extension(Arc::clone(&connection)));
        let stream = Breakable::new(stream, connection);
        let tls = tls.clone();
        let mut stopped = stopped.clone();
        tokio::spawn(async move {
            let serving = async {
                match tls {
                    None => serve(stream, router).await,
                    // A client that does not go on after the certificate has been counted.
                    Some(acceptor) => {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            serve(stream, router).await;
                        }
                    }
                }
            };
            tokio::select! {
                () = serving => {}
                () = told(&mut stopped) => {}
            }
        });
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // Handlers say which headers there are; nothing is added to what a proxy passes on.
    builder.http1().preserve_header_case(true).auto_date_header(false);
    // A broken connection concerns the client, and is often what was asked for.
    let _ = builder
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
}
