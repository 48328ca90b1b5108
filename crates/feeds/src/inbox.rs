//! Where the reports of all feeds meet: many producers, one consumer.

use crate::stop::lock;
use deconflict_core::Report;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

/// So many reports of one feed wait at most; then the oldest give way.
pub const MOST_WAITING: usize = 65_536;
/// So many reports of all feeds are taken at a time.
pub const MOST_TAKEN: usize = 16_384;

/// Where reports go. Called from the threads of the feeds, with some reports of one
/// feed in the order of their arrival; must not wait.
pub trait Sink: Send + Sync {
    /// Takes reports in. Answers how many (these or older ones) of this feed had to be dropped.
    fn put(&self, feed: u16, reports: &[Report]) -> u64;
}

impl<F: Fn(u16, &[Report]) -> u64 + Send + Sync> Sink for F {
    fn put(&self, feed: u16, reports: &[Report]) -> u64 {
        self(feed, reports)
    }
}

/// What waits of one feed, each with the number of its arrival.
#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<(u64, Report)>,
    dropped: u64,
}

#[derive(Debug, Default)]
struct State {
    queues: Vec<Queue>,
    /// Numbers arrivals over all feeds.
    arrivals: u64,
    woken: bool,
    closed: bool,
}

/// A bounded queue for each feed, and one consumer that takes from all of them in the order of
/// arrival. A feed that floods its queue loses its own oldest reports and nobody
/// else's. In steady state nothing is allocated.
#[derive(Debug)]
pub struct Inbox {
    most_waiting: usize,
    state: Mutex<State>,
    arrived: Condvar,
}

/// What was taken from an inbox. Kept by the consumer, so that its memory is used again.
#[derive(Debug, Default)]
pub struct Batch {
    /// In the order of arrival; of each feed at most a fair share of [`MOST_TAKEN`].
    pub reports: Vec<Report>,
    /// Whether more is waiting.
    pub more: bool,
    /// Whether the inbox is closed and empty: nothing will come any more.
    pub closed: bool,
    /// How many of each feed may be taken; working memory.
    shares: Vec<usize>,
}

impl Default for Inbox {
    fn default() -> Inbox {
        Inbox::new(MOST_WAITING)
    }
}

impl Inbox {
    /// An inbox in which so many reports of each feed can wait.
    pub fn new(most_waiting: usize) -> Inbox {
        Inbox {
            most_waiting: most_waiting.max(1),
            state: Mutex::default(),
            arrived: Condvar::new(),
        }
    }

    /// Waits until something has arrived, [`wake`](Self::wake) or [`close`](Self::close) was called,
    /// or the deadline is over, and moves what has arrived into the batch, whose contents are replaced.
    pub fn take(&self, deadline: Instant, batch: &mut Batch) {
        batch.reports.clear();
        let mut state = lock(&self.state);
        while !state.woken && !state.closed && state.queues.iter().all(|q| q.waiting.is_empty()) {
            let wait = deadline.saturating_duration_since(Instant::now());
            if wait.is_zero() {
                break;
            }
            let waited = self.arrived.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.woken = false;
        batch.fill(&mut state.queues);
        batch.more = state.queues.iter().any(|queue| !queue.waiting.is_empty());
        batch.closed = state.closed && !batch.more;
    }

    /// Lets the consumer return from [`take`](Self::take) at once, now or the next time.
    pub fn wake(&self) {
        lock(&self.state).woken = true;
        self.arrived.notify_one();
    }

    /// Nothing more will come: what is put from now on is dropped.
    pub fn close(&self) {
        lock(&self.state).closed = true;
        self.arrived.notify_one();
    }

    /// How many reports wait.
    pub fn len(&self) -> usize {
        lock(&self.state).queues.iter().map(|queue| queue.waiting.len()).sum()
    }

    /// Whether none wait.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many reports of a feed were dropped so far.
    pub fn dropped(&self, feed: u16) -> u64 {
        lock(&self.state).queues.get(usize::from(feed)).map_or(0, |queue| queue.dropped)
    }
}

impl Sink for Inbox {
    fn put(&self, feed: u16, reports: &[Report]) -> u64 {
        if reports.is_empty() {
            return 0;
        }
        let mut state = lock(&self.state);
        if state.closed {
            return reports.len() as u64;
        }
        let index = usize::from(feed);
        if index >= state.queues.len() {
            state.queues.resize_with(index + 1, Queue::default);
        }
        state.arrivals += 1;
        let arrival = state.arrivals;
        let queue = &mut state.queues[index];
        // Of more than there is room for, the last ones are the newest.
        let kept = &reports[reports.len().saturating_sub(self.most_waiting)..];
        let over = (queue.waiting.len() + kept.len()).saturating_sub(self.most_waiting);
        queue.waiting.drain(..over);
        queue.waiting.extend(kept.iter().map(|report| (arrival, *report)));
        let dropped = (over + reports.len() - kept.len()) as u64;
        queue.dropped += dropped;
        drop(state);
        self.arrived.notify_one();
        dropped
    }
}

impl Batch {
    fn fill(&mut self, queues: &mut [Queue]) {
        self.share_out(queues);
        // The queue whose head arrived first goes on until another's head is older.
        loop {
            let (mut first, mut second) = (None, u64::MAX);
            for (index, queue) in queues.iter().enumerate() {
                let Some((arrival, _)) = queue.waiting.front() else { continue };
                if self.shares[index] == 0 {
                    continue;
                }
                match first {
                    Some((_, least)) if *arrival >= least => second = second.min(*arrival),
                    _ => {
                        second = first.map_or(second, |(_, least)| least);
                        first = Some((index, *arrival));
                    }
                }
            }
            let Some((index, _)) = first else { return };
            let (queue, share) = (&mut queues[index], &mut self.shares[index]);
            while *share > 0
                && let Some((_, report)) =
                    queue.waiting.pop_front_if(|(arrival, _)| *arrival < second)
            {
                self.reports.push(report);
                *share -= 1;
            }
        }
    }

    /// Everybody gets what he has, or an equal part of what those with less leave over.
    fn share_out(&mut self, queues: &[Queue]) {
        self.shares.clear();
        self.shares.resize(queues.len(), 0);
        let mut left = MOST_TAKEN;
        loop {
            let wants =
                |index: usize, shares: &[usize]| queues[index].waiting.len() - shares[index];
            let wanting = (0..queues.len()).filter(|i| wants(*i, &self.shares) > 0).count();
            if wanting == 0 || left == 0 {
                return;
            }
            let part = (left / wanting).max(1);
            for index in 0..queues.len() {
                let more = wants(index, &self.shares).min(part).min(left);
                self.shares[index] += more;
                left -= more;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::{Address, Technique, Time};
    use std::sync::Arc;
    use std::time::Duration;

    fn reports(feed: u16, codes: std::ops::Range<u32>) -> Vec<Report> {
        let make = |code| Report::new(feed, Address::icao(code), Technique::Unknown, Time::MIN);
        codes.map(make).collect()
    }

    fn codes(batch: &Batch) -> Vec<u32> {
        batch.reports.iter().map(|report| report.address.code).collect()
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(30)
    }

    #[test]
    fn reports_come_out_in_the_order_of_arrival_over_feeds() {
        let inbox = Inbox::default();
        for (feed, range) in [(2, 0..3), (0, 3..4), (2, 4..5), (1, 5..7), (0, 7..9)] {
            assert_eq!(inbox.put(feed, &reports(feed, range)), 0);
        }
        let mut batch = Batch::default();
        inbox.take(soon(), &mut batch);
        assert_eq!(codes(&batch), (0..9).collect::<Vec<_>>());
        assert!(!batch.more && !batch.closed && inbox.is_empty());
    }

    #[test]
    fn the_oldest_give_way_and_are_counted() {
        let inbox = Inbox::new(10);
        assert_eq!(inbox.put(0, &reports(0, 0..8)), 0);
        assert_eq!(inbox.put(1, &reports(1, 100..101)), 0);
        assert_eq!(inbox.put(0, &reports(0, 8..12)), 2);
        assert_eq!(inbox.put(0, &reports(0, 12..40)), 28);
        assert_eq!((inbox.dropped(0), inbox.dropped(1), inbox.len()), (30, 0, 11));
        let mut batch = Batch::default();
        inbox.take(soon(), &mut batch);
        assert_eq!(codes(&batch)[0], 100);
        assert_eq!(codes(&batch)[1..], (30..40).collect::<Vec<_>>());
    }

    #[test]
    fn a_flood_on_one_feed_does_not_keep_another_waiting() {
        let inbox = Inbox::default();
        inbox.put(0, &reports(0, 0..60_000));
        inbox.put(1, &reports(1, 100_000..100_010));
        let mut batch = Batch::default();
        inbox.take(soon(), &mut batch);
        assert_eq!(batch.reports.len(), MOST_TAKEN);
        assert!(batch.more);
        assert_eq!(batch.reports.iter().filter(|report| report.feed == 1).count(), 10);
        let mut taken = batch.reports.len();
        while batch.more {
            inbox.take(soon(), &mut batch);
            taken += batch.reports.len();
        }
        assert_eq!(taken, 60_010);
    }

    #[test]
    fn the_consumer_wakes_on_arrival_wake_close_and_deadline() {
        let inbox = Arc::new(Inbox::default());
        let mut batch = Batch::default();
        inbox.take(Instant::now(), &mut batch);
        assert!(batch.reports.is_empty());
        let producer = Arc::clone(&inbox);
        let thread = std::thread::spawn(move || producer.put(3, &reports(3, 0..2)));
        inbox.take(soon(), &mut batch);
        assert_eq!(codes(&batch), [0, 1]);
        thread.join().unwrap();
        inbox.wake();
        inbox.take(soon(), &mut batch);
        assert!(batch.reports.is_empty() && !batch.closed);
        inbox.put(3, &reports(3, 2..3));
        inbox.close();
        assert_eq!(inbox.put(3, &reports(3, 3..5)), 2);
        inbox.take(soon(), &mut batch);
        assert_eq!(codes(&batch), [2]);
        inbox.take(soon(), &mut batch);
        assert!(batch.closed);
    }
}
