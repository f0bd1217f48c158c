//! A connection that can be broken on purpose, at a known point.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

// 0, the default, is an open connection.
const RESET: u8 = 1;
const CLOSE: u8 = 2;
const CLOSE_AFTER_FLUSH: u8 = 3;

/// How a handler reaches the connection it answers on.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    wish: AtomicU8,
}

impl Connection {
    /// The next write resets the connection instead.
    pub(crate) fn reset(&self) {
        self.wish.store(RESET, Ordering::Release);
    }

    /// The next write closes the connection instead.
    pub(crate) fn close(&self) {
        self.wish.store(CLOSE, Ordering::Release);
    }

    /// What has been written until now is delivered, then the connection is closed.
    pub(crate) fn close_after_flush(&self) {
        self.wish.store(CLOSE_AFTER_FLUSH, Ordering::Release);
    }
}

/// A stream that does what its [`Connection`] wishes.
#[derive(Debug)]
pub(crate) struct Breakable {
    stream: TcpStream,
    connection: Arc<Connection>,
}

impl Breakable {
    pub(crate) fn new(stream: TcpStream, connection: Arc<Connection>) -> Self {
        Self { stream, connection }
    }

    fn before_write(&self) -> io::Result<()> {
        match self.connection.wish.load(Ordering::Acquire) {
            RESET => {
                // Closing with this option set sends RST, on every system.
                self.stream.set_zero_linger()?;
                Err(io::ErrorKind::ConnectionReset.into())
            }
            CLOSE => Err(io::ErrorKind::ConnectionAborted.into()),
            _ => Ok(()),
        }
    }
}

impl AsyncRead for Breakable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Breakable {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.before_write()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.before_write()?;
        let flushed = Pin::new(&mut self.stream).poll_flush(context)?;
        let wish = self.connection.wish.load(Ordering::Acquire);
        if flushed.is_ready() && wish == CLOSE_AFTER_FLUSH {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        flushed.map(Ok)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.before_write()?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.before_write()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
