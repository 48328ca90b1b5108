//! Deliveries in order: one lane an alert, warning or feed, in which one waits for the other.

use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// What a delivery is about: within one subject the order is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    /// An alert, by its name.
    Alert(String),
    /// A feed, by its name.
    Feed(String),
    /// A warning, by its name.
    Warning(String),
}

/// One body on its way.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub subject: Subject,
    /// Counted up over all deliveries of the output.
    pub number: u64,
    pub id: String,
    pub body: Bytes,
    pub born: Instant,
    /// Attempts so far.
    pub attempts: u32,
}

#[derive(Debug)]
struct Lane {
    waiting: VecDeque<Delivery>,
    under_way: bool,
    not_before: Instant,
}

/// What had to go to make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// Nothing.
    Plenty,
    /// An earlier state of the same subject: the new one tells it as well.
    Superseded,
    /// The oldest delivery of all.
    Dropped,
}

/// All deliveries that are not done.
#[derive(Debug)]
pub(super) struct Lanes {
    lanes: BTreeMap<Subject, Lane>,
    waiting: usize,
    most: usize,
}

impl Lanes {
    pub fn new(most: usize) -> Lanes {
        Lanes { lanes: BTreeMap::new(), waiting: 0, most }
    }

    pub fn len(&self) -> usize {
        self.waiting
    }

    pub fn push(&mut self, delivery: Delivery) -> Room {
        let room = if self.waiting >= self.most {
            self.make_room(&delivery.subject)
        } else {
            Room::Plenty
        };
        let lane = self.lanes.entry(delivery.subject.clone()).or_insert_with(|| Lane {
            waiting: VecDeque::new(),
            under_way: false,
            not_before: delivery.born,
        });
        lane.waiting.push_back(delivery);
        self.waiting += 1;
        room
    }

    fn make_room(&mut self, subject: &Subject) -> Room {
        let same = self.lanes.get(subject).filter(|lane| lane.spare() < lane.waiting.len());
        let (from, room) = match same {
            Some(_) => (Some(subject.clone()), Room::Superseded),
            None => {
                let spare = self.lanes.iter().filter_map(|(subject, lane)| {
                    Some((lane.waiting.get(lane.spare())?.number, subject))
                });
                (spare.min().map(|(_, subject)| subject.clone()), Room::Dropped)
            }
        };
        let Some(from) = from else { return Room::Plenty };
        if let Some(lane) = self.lanes.get_mut(&from) {
            let at = lane.spare();
            if lane.waiting.remove(at).is_some() {
                self.waiting -= 1;
            }
        }
        self.tidy(&from);
        room
    }

    fn tidy(&mut self, subject: &Subject) {
        if self.lanes.get(subject).is_some_and(|lane| lane.waiting.is_empty()) {
            self.lanes.remove(subject);
        }
    }

    /// The oldest delivery whose turn it is; it counts as under way from now on.
    pub fn next(&mut self, now: Instant) -> Option<Delivery> {
        let ready = self.lanes.iter_mut().filter(|(_, lane)| !lane.under_way);
        let ready = ready.filter(|(_, lane)| lane.not_before <= now);
        let ready = ready.filter_map(|(_, lane)| Some((lane.waiting.front()?.number, lane)));
        let (_, lane) = ready.min_by_key(|(number, _)| *number)?;
        lane.under_way = true;
        let delivery = lane.waiting.front_mut()?;
        delivery.attempts += 1;
        Some(delivery.clone())
    }

    /// When the next turn comes that has not come yet.
    pub fn wakes(&self) -> Option<Instant> {
        let idle = self.lanes.values().filter(|lane| !lane.under_way);
        idle.map(|lane| lane.not_before).min()
    }

    /// A delivery is done with, one way or the other.
    pub fn done(&mut self, subject: &Subject, now: Instant) {
        if let Some(lane) = self.lanes.get_mut(subject) {
            lane.under_way = false;
            lane.not_before = now;
            if lane.waiting.pop_front().is_some() {
                self.waiting -= 1;
            }
        }
        self.tidy(subject);
    }

    /// A delivery has to be tried again.
    pub fn again(&mut self, subject: &Subject, not_before: Instant) {
        if let Some(lane) = self.lanes.get_mut(subject) {
            lane.under_way = false;
            lane.not_before = not_before;
        }
    }

    /// Nothing is under way any more.
    pub fn landed(&mut self) {
        for lane in self.lanes.values_mut() {
            lane.under_way = false;
        }
    }

    /// Gives up what has been tried for too long; how many that were.
    pub fn expire(&mut self, now: Instant, age: Duration) -> u64 {
        let mut expired = 0;
        for lane in self.lanes.values_mut().filter(|lane| !lane.under_way) {
            while lane.waiting.front().is_some_and(|d| now.duration_since(d.born) >= age) {
                lane.waiting.pop_front();
                expired += 1;
            }
        }
        self.waiting -= expired as usize;
        self.lanes.retain(|_, lane| !lane.waiting.is_empty());
        expired
    }

    /// Gives up everything; how much that was.
    pub fn clear(&mut self) -> u64 {
        self.lanes.clear();
        std::mem::take(&mut self.waiting) as u64
    }
}

impl Lane {
    /// The place of the first delivery that can be taken out.
    fn spare(&self) -> usize {
        usize::from(self.under_way)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn delivery(alert: u64, number: u64, born: Instant) -> Delivery {
        Delivery {
            subject: Subject::Alert(alert.to_string()),
            number,
            id: number.to_string(),
            body: Bytes::new(),
            born,
            attempts: 0,
        }
    }

    #[test]
    fn one_subject_waits_for_itself_and_not_for_others() {
        let now = Instant::now();
        let mut lanes = Lanes::new(10);
        for (alert, number) in [(1, 1), (1, 2), (2, 3)] {
            assert_eq!(lanes.push(delivery(alert, number, now)), Room::Plenty);
        }
        let first = lanes.next(now).unwrap();
        let other = lanes.next(now).unwrap();
        assert_eq!((first.number, other.number), (1, 3));
        assert!(lanes.next(now).is_none());
        // The first has to be tried again: the second waits with it.
        let later = now + Duration::from_secs(5);
        lanes.again(&first.subject, later);
        assert!(lanes.next(now).is_none());
        assert_eq!(lanes.wakes(), Some(later));
        let again = lanes.next(later).unwrap();
        assert_eq!((again.number, again.attempts), (1, 2));
        lanes.done(&again.subject, later);
        assert_eq!(lanes.next(later).unwrap().number, 2);
    }

    #[test]
    fn too_many_lose_what_is_told_again_before_what_is_not() {
        let now = Instant::now();
        let mut lanes = Lanes::new(3);
        for (alert, number) in [(1, 1), (2, 2), (3, 3)] {
            lanes.push(delivery(alert, number, now));
        }
        assert_eq!(lanes.push(delivery(2, 4, now)), Room::Superseded);
        assert_eq!(lanes.next(now).unwrap().number, 1);
        // What is under way is not taken away.
        assert_eq!(lanes.push(delivery(1, 5, now)), Room::Dropped);
        let left: Vec<u64> = std::iter::from_fn(|| lanes.next(now)).map(|d| d.number).collect();
        assert_eq!((left, lanes.len()), (vec![4], 3));
    }

    #[test]
    fn what_is_too_old_goes() {
        let now = Instant::now();
        let mut lanes = Lanes::new(10);
        lanes.push(delivery(1, 1, now));
        lanes.push(delivery(1, 2, now + Duration::from_secs(5)));
        let age = Duration::from_secs(10);
        assert_eq!(lanes.expire(now + Duration::from_secs(9), age), 0);
        assert_eq!(lanes.expire(now + Duration::from_secs(10), age), 1);
        assert_eq!((lanes.len(), lanes.wakes()), (1, Some(now)));
        assert_eq!(lanes.expire(now + Duration::from_secs(15), age), 1);
        assert_eq!((lanes.len(), lanes.wakes()), (0, None));
    }

    proptest! {
        /// OUT-1: whatever fails, is refused or has to go, within a subject numbers only grow, and
        /// every delivery is accounted for.
        #[test]
        fn order_is_kept(steps in prop::collection::vec((0u8..6, 0u64..4), 1..200), most in 1usize..20) {
            let now = Instant::now();
            let mut lanes = Lanes::new(most);
            let (mut number, mut lost, mut finished) = (0, 0, 0);
            let mut flying: Vec<Delivery> = Vec::new();
            let mut last: BTreeMap<Subject, u64> = BTreeMap::new();
            for (step, alert) in steps {
                match step {
                    0..=2 => {
                        number += 1;
                        lost += usize::from(lanes.push(delivery(alert, number, now)) != Room::Plenty);
                    }
                    3 | 4 => if let Some(delivery) = lanes.next(now) {
                        prop_assert!(flying.iter().all(|d| d.subject != delivery.subject));
                        let before = last.insert(delivery.subject.clone(), delivery.number);
                        prop_assert!(before.is_none_or(|before| before <= delivery.number));
                        flying.push(delivery);
                    },
                    _ => if let Some(delivery) = flying.pop() {
                        if alert % 2 == 0 {
                            finished += 1;
                            lanes.done(&delivery.subject, now);
                        } else {
                            lanes.again(&delivery.subject, now);
                        }
                    },
                }
                prop_assert_eq!(lanes.len() + lost + finished, number as usize);
                // What is under way is never taken out, and there are four alerts.
                prop_assert!(lanes.len() <= most + 4);
            }
        }
    }
}
