//! TCP connections that others make to the service: each has its own thread and reader.

use crate::check::Source;
use crate::feeds::{self, Job};
use crate::status::Reach;
use crate::stop::{Backoff, Stop};
use crate::stream::{self, End};
use crate::tcp::{Connection, is_pause, words};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// How often it is looked for somebody who wants to connect.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(crate) fn run(job: &Job) {
    let Source::Listen { bind, max_connections } = job.planned.settled.source else { return };
    let mut backoff = Backoff::new(job.seed);
    while !job.stop.is_set() {
        let bound = TcpListener::bind(bind).and_then(|listener| {
            listener.set_nonblocking(true)?;
            Ok((listener.local_addr()?, listener))
        });
        match bound {
            Ok((address, listener)) => {
                backoff.reset();
                job.line.shared.set_bound(address);
                job.reach(Reach::Reached, format!("listening on {address}, nobody is connected"));
                accept(job, &listener, address, max_connections);
            }
            Err(error) => {
                let wait = backoff.next();
                let wait_s = wait.as_secs_f64().max(1.0);
                let reason = words(&error);
                job.reach(
                    Reach::Lost,
                    format!("listening on {bind}: {reason}, again in {wait_s:.0} s"),
                );
                job.stop.wait(wait);
            }
        }
    }
}

fn accept(job: &Job, listener: &TcpListener, address: SocketAddr, max_connections: u32) {
    while !job.stop.is_set() {
        match listener.accept() {
            Ok((stream, peer)) => {
                if job.line.shared.status().connections >= max_connections {
                    let what = format!("{peer}: there are {max_connections} connections already");
                    job.line.fault("connection-refused", &what);
                    drop(stream);
                    continue;
                }
                take(job, stream, peer, address);
            }
            Err(error) if is_pause(error.kind()) => {
                job.stop.wait(LOOK_EVERY);
            }
            // Somebody who went away again, or no more descriptors: not the end of listening.
            Err(error) => {
                job.line.fault("connection-refused", &words(&error));
                job.stop.wait(LOOK_EVERY * 10);
            }
        }
    }
}

fn take(job: &Job, stream: TcpStream, peer: SocketAddr, address: SocketAddr) {
    let connection = Connection::new(stream, job.planned.settled.idle_s);
    let mut connection = match connection {
        Ok(connection) => connection,
        Err(error) => return job.line.fault("connection-refused", &words(&error)),
    };
    let Some(format) = job.planned.settled.format else { return };
    let (line, settled, stop) =
        (Arc::clone(&job.line), job.planned.settled.clone(), Arc::clone(&job.stop));
    line.shared.reason(state(line.shared.connected(), address));
    tracing::info!(feed = line.name(), %peer, "connected");
    let work = move || {
        let stop: &Stop = &stop;
        let end = stream::read(&mut connection, format, &settled, &line, stop);
        let left = line.shared.disconnected();
        let reason = match end {
            Ok(End::Closed) => format!("{peer} has closed its connection"),
            Ok(End::Failed(reason)) => format!("{peer}: {reason}"),
            Ok(End::Stopped) => return,
            Err(error) => format!("{peer}: {error}"),
        };
        tracing::info!(feed = line.name(), %peer, "{reason}");
        line.shared.reason(format!("{}; {reason}", state(left, address)));
    };
    if let Err(error) = feeds::spawn(&job.stop, job.line.name(), work) {
        let left = job.line.shared.disconnected();
        job.line.shared.reason(state(left, address));
        job.line.fault("connection-refused", &words(&error));
    }
}

fn state(connections: u32, address: SocketAddr) -> String {
    match connections {
        0 => format!("listening on {address}, nobody is connected"),
        1 => format!("listening on {address}, 1 is connected"),
        more => format!("listening on {address}, {more} are connected"),
    }
}
