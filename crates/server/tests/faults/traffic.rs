//! Traffic that does not end: pairs that meet head-on, over and over, from a receiver.

use crate::common::flights::{Flight, now};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A receiver that sends to whoever connects, until it is told to be silent.
pub struct Traffic {
    address: String,
    silent: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

/// Aircraft that meet in a minute or so, 0.1° and more apart.
pub fn pairs(count: u32) -> Vec<Flight> {
    let pair = |n: u32| {
        let lat = 30.0 + 0.5 * f64::from(n);
        let address = |side: u32| format!("{:06x}", 0x70_0000 + 2 * n + side);
        let name = |side: &str| format!("PAIR{n}{side}");
        let east = Flight::new(&address(0), lat, 40.0, 31_000.0, 90.0).called(&name("E"));
        let west = Flight::new(&address(1), lat, 40.25, 31_000.0, 270.0).called(&name("W"));
        [east, west]
    };
    (0..count).flat_map(pair).collect()
}

/// Aircraft that keep out of each other's way.
pub fn crowd(count: u32) -> Vec<Flight> {
    let one = |n: u32| {
        let (row, column) = (n / 40, n % 40);
        let (lat, lon) = (-40.0 + 0.5 * f64::from(row), f64::from(column));
        Flight::new(&format!("{:06x}", 0x10_0000 + n), lat, lon, 33_000.0, 90.0)
    };
    (0..count).map(one).collect()
}

impl Traffic {
    /// Sends all flights that often.
    pub async fn start(flights: Vec<Flight>, every: Duration) -> Traffic {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let silent = Arc::new(AtomicBool::new(false));
        let hush = silent.clone();
        let task = tokio::spawn(async move {
            let begun = now();
            while let Ok((mut stream, _)) = listener.accept().await {
                loop {
                    let (time, quiet) = (now(), hush.load(Ordering::Relaxed));
                    let t_s = time.seconds_since(begun);
                    let lines: String = flights.iter().map(|f| f.sbs(time, t_s)).collect();
                    if !quiet && stream.write_all(lines.as_bytes()).await.is_err() {
                        break;
                    }
                    tokio::time::sleep(every).await;
                }
            }
        });
        Traffic { address, silent, task }
    }

    /// The table of a feed that listens to it.
    pub fn feed(&self, name: &str, more: &str) -> String {
        let address = &self.address;
        format!(
            "[[feed]]\nname = {name:?}\nkind = \"tcp\"\nconnect = \"{address}\"\nformat = \"sbs\"\n{more}\n"
        )
    }

    /// The connection stays and nothing comes any more; or it goes on.
    pub fn hush(&self, silent: bool) {
        self.silent.store(silent, Ordering::Relaxed);
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.task.abort();
    }
}
