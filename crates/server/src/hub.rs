//! Who is told what: one view for each kind of viewer, written once for all who see the same.

use deconflict_core::Time;
use deconflict_picture::{Kind, Message, Picture, Policy, Setup, Step, View, Viewer};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// Messages that a reader may be behind before it is disconnected.
pub const MOST_BEHIND: usize = 256;
/// How long a view is kept for those who may come back, seconds of data time.
const KEPT_ALONE_S: f64 = 120.0;

/// The views of the present picture. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hub {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    policy: Arc<Policy>,
    setup: Setup,
    picture: Arc<Picture>,
    channels: HashMap<Viewer, Channel>,
}

#[derive(Debug)]
struct Channel {
    view: View,
    sender: broadcast::Sender<Message>,
    /// The last snapshot written, for all who come before the next message.
    snapshot: Option<Message>,
    /// Since when nobody has listened, in the time of the data.
    left: Option<Time>,
}

/// What a reader gets: messages to begin with, and those that follow.
#[derive(Debug)]
pub struct Subscription {
    /// A snapshot, or what was missed.
    pub first: Vec<Message>,
    /// What follows. A reader that is too far behind gets an error and has to begin again.
    pub rest: broadcast::Receiver<Message>,
    /// The run, part of the names of messages.
    pub run: String,
}

impl Hub {
    /// Views of a picture that is still empty.
    pub fn new(setup: Setup, picture: Arc<Picture>, policy: Arc<Policy>) -> Hub {
        let inner = Inner { policy, setup, picture, channels: HashMap::new() };
        Hub { inner: Arc::new(Mutex::new(inner)) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing that is done under the lock leaves it half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present picture.
    pub fn picture(&self) -> Arc<Picture> {
        self.lock().picture.clone()
    }

    /// What the present run was begun with.
    pub fn setup(&self) -> Setup {
        self.lock().setup.clone()
    }

    /// The policy in force.
    pub fn policy(&self) -> Arc<Policy> {
        self.lock().policy.clone()
    }

    /// Tells everybody what has changed.
    pub fn publish(&self, step: &Step) {
        let mut inner = self.lock();
        let Inner { policy, picture, channels, .. } = &mut *inner;
        *picture = step.picture.clone();
        for channel in channels.values_mut() {
            channel.snapshot = None;
            let Channel { view, sender, .. } = channel;
            // Each at once: an alert does not wait until thousands of positions are written.
            view.tell(step, policy, &mut |message| {
                // Nobody listening is no failure.
                let _ = sender.send(message);
            });
        }
        // What nobody has listened to for long costs nothing any more.
        channels.retain(|_, channel| {
            if channel.sender.receiver_count() > 0 {
                channel.left = None;
                return true;
            }
            let left = *channel.left.get_or_insert(picture.time);
            picture.time.seconds_since(left) < KEPT_ALONE_S
        });
    }

    /// Tells something that is no part of the picture, to each viewer what `body` makes of it
    /// and nothing where that is `None`. The answer is who was told with somebody listening.
    pub fn add<T: Serialize>(
        &self,
        kind: Kind,
        body: impl Fn(&Viewer) -> Option<T>,
    ) -> Vec<Viewer> {
        let mut inner = self.lock();
        let mut reached = Vec::new();
        for (viewer, channel) in &mut inner.channels {
            let Some(body) = body(viewer) else { continue };
            channel.snapshot = None;
            let message = channel.view.add(kind, body);
            if channel.sender.send(message).is_ok() {
                reached.push(viewer.clone());
            }
        }
        reached
    }

    /// Begins anew: everybody is told why and has to come back.
    pub fn begin(&self, setup: Setup, picture: Arc<Picture>, reason: &str) {
        let mut inner = self.lock();
        for (_, mut channel) in inner.channels.drain() {
            let _ = channel.sender.send(channel.view.end(reason));
        }
        (inner.setup, inner.picture) = (setup, picture);
    }

    /// The present picture for a viewer, or what it has missed since `last` (run and number),
    /// and everything that follows.
    pub fn subscribe(&self, viewer: &Viewer, last: Option<(&str, u64)>) -> Subscription {
        let mut inner = self.lock();
        let Inner { policy, setup, picture, channels } = &mut *inner;
        let channel = channels.entry(viewer.clone()).or_insert_with(|| Channel {
            view: View::new(viewer.clone(), policy, setup, picture, true),
            sender: broadcast::channel(MOST_BEHIND).0,
            snapshot: None,
            left: None,
        });
        let missed = last.and_then(|(run, seq)| channel.view.missed(run, seq));
        let first = missed.unwrap_or_else(|| {
            let view = &channel.view;
            vec![channel.snapshot.get_or_insert_with(|| view.snapshot()).clone()]
        });
        Subscription { first, rest: channel.sender.subscribe(), run: setup.run.clone() }
    }

    /// How many readers there are.
    pub fn readers(&self) -> usize {
        self.lock().channels.values().map(|channel| channel.sender.receiver_count()).sum()
    }
}
