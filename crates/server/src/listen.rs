//! Connections: how many there may be, what becomes of those that are dead, and TLS.

use crate::config::Http;
use crate::service::StartError;
use axum::Router;
use axum_server::Handle;
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// A connection whose other side takes nothing for so long is given up.
const UNTAKEN: Duration = Duration::from_secs(30);
/// How often a quiet connection is asked whether it is still there.
const ALIVE_EVERY: Duration = Duration::from_secs(15);

/// A server at work.
pub struct Server {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    task: JoinHandle<io::Result<()>>,
}

/// An address that is ours, on which nobody answers yet.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<RustlsConfig>,
    most: usize,
    patience: Duration,
}

impl Bound {
    /// Binds. Whoever connects waits.
    ///
    /// # Errors
    /// The address is taken or not ours, or the certificate does not hold.
    pub async fn new(http: &Http) -> Result<Bound, StartError> {
        let at = http.listen;
        let cannot = |error: io::Error| {
            let hint = match error.kind() {
                io::ErrorKind::AddrInUse => ": something else listens there; choose another port",
                _ => "",
            };
            StartError::Needs(format!("cannot listen on {at}: {error}{hint}"))
        };
        let listener = TcpListener::bind(at).map_err(cannot)?;
        listener.set_nonblocking(true).map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let tls = match (&http.certificate, &http.private_key) {
            (Some(certificate), Some(key)) => {
                let tls = RustlsConfig::from_pem_file(certificate, key).await.map_err(|error| {
                    let (certificate, key) = (certificate.display(), key.display());
                    let what = "must be PEM files that belong together";
                    StartError::Needs(format!("{certificate} and {key} {what}: {error}"))
                })?;
                Some(tls)
            }
            _ => None,
        };
        let patience = Duration::from_secs(http.timeout_s.max(1));
        Ok(Bound { listener, address, tls, most: http.max_connections, patience })
    }

    /// Answers from now on.
    ///
    /// # Errors
    /// The system does not let it.
    pub fn serve(self, router: Router) -> Result<Server, StartError> {
        let Bound { listener, address, tls, most, patience } = self;
        let cannot = |error| StartError::Needs(format!("cannot listen on {address}: {error}"));
        let handle = Handle::new();
        let acceptor = Bounded { open: Arc::default(), most };
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let server = axum_server::from_tcp(listener).map_err(cannot)?.handle(handle.clone());
        // Whoever connects and says nothing, or a request byte by byte, does not keep a place.
        let mut server = server.first_request_timeout(patience);
        server.http_builder().http1().header_read_timeout(patience);
        let task = match tls {
            Some(tls) => {
                let acceptor = RustlsAcceptor::new(tls).acceptor(acceptor);
                tokio::spawn(server.acceptor(acceptor).serve(service))
            }
            None => tokio::spawn(server.acceptor(acceptor).serve(service)),
        };
        Ok(Server { address, handle, task })
    }
}

impl Server {
    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers what has been asked, and ends.
    pub async fn stop(self, patience: Duration) {
        self.handle.graceful_shutdown(Some(patience));
        // It ends by itself; an error now would change nothing.
        let _ = self.task.await;
    }
}

/// Takes connections up to a number, and sees to it that dead ones end.
#[derive(Clone, Debug)]
struct Bounded {
    open: Arc<AtomicUsize>,
    most: usize,
}

impl<S: Send + 'static> Accept<TcpStream, S> for Bounded {
    type Stream = Counted;
    type Service = S;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Counted, S)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let place = Place::take(&self.open, self.most);
        Box::pin(async move {
            let place = place.ok_or_else(|| io::Error::other("too many connections"))?;
            stream.set_nodelay(true)?;
            let socket = socket2::SockRef::from(&stream);
            let alive = socket2::TcpKeepalive::new().with_time(ALIVE_EVERY);
            socket.set_tcp_keepalive(&alive)?;
            #[cfg(target_os = "linux")]
            socket.set_tcp_user_timeout(Some(UNTAKEN))?;
            Ok((Counted { stream, _place: place }, service))
        })
    }
}

/// One of the places for connections; given back when dropped.
#[derive(Debug)]
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(open: &Arc<AtomicUsize>, most: usize) -> Option<Place> {
        let taken = open.fetch_update(Ordering::AcqRel, Ordering::Acquire, |open| {
            (open < most).then_some(open + 1)
        });
        taken.ok().map(|_| Place(open.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A connection that has a place.
#[derive(Debug)]
pub struct Counted {
    stream: TcpStream,
    _place: Place,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
