//! Reports from the network: TCP, UDP, HTTP, recordings and scenarios as feeds.
//!
//! A [`Plan`] is made of the `[[feed]]` tables of a configuration; [`Feeds::start`] gives each
//! of its feeds a thread that reads bytes, has [`deconflict_formats`] turn them into
//! reports, and puts these into a [`Sink`], usually the [`Inbox`] from which the service takes them:
//!
//! ```no_run
//! use deconflict_feeds::{Batch, FeedConfig, Feeds, Inbox, Plan, Rim, SystemClock};
//! use std::sync::Arc;
//! use std::time::{Duration, Instant};
//!
//! let configs: Vec<FeedConfig> = Vec::new(); // from the configuration
//! let plan = Plan::new(configs, &[]).expect("what is wrong is said with feed and key");
//! let inbox = Arc::new(Inbox::default());
//! let feeds = Feeds::start(plan, Rim::new(Arc::new(SystemClock)), inbox.clone())?;
//! let mut batch = Batch::default();
//! while !batch.closed {
//!     inbox.take(Instant::now() + Duration::from_millis(200), &mut batch);
//!     // batch.reports go to the engine, feeds.status() to those who ask
//! }
//! feeds.stop();
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The number of a feed, in [`Report::feed`](deconflict_core::Report::feed), is its place in the plan.
//! `docs/feeds.md` says what each kind of feed does, also when things go wrong.
//!
//! # Times
//! `received` is the service's [`Clock`] when the bytes arrived. `measured` is what the format says,
//! if that can be; else `received` less the declared latency.

#![forbid(unsafe_code)]

mod check;
mod clock;
mod config;
mod feeds;
mod inbox;
mod listen;
mod pace;
mod plan;
mod poll;
mod pump;
mod pushed;
mod replay;
mod scenario;
mod status;
mod stop;
mod stream;
mod tcp;
mod udp;

pub use check::ConfigError;
pub use clock::{Clock, SystemClock};
pub use config::{Datagrams, FeedConfig, Kind, Times};
pub use feeds::{Feeds, PushError, Rim};
pub use inbox::{Batch, Inbox, MOST_TAKEN, MOST_WAITING, Sink};
pub use plan::{Bundled, Plan};
pub use pump::{MOST_AHEAD_S, OLDEST_S};
pub use pushed::{MOST_PUSHED, Push, Pushed, PushedReport, Refusal};
pub use status::{FeedStatus, Health};
