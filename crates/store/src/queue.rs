//! What waits to be written: in order, bounded, and each entry exactly once.

use crate::entry::Entry;
use crate::error::NotStored;
use crate::health::{Counters, Counts, count};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};

/// Whoever waits for an entry.
pub(crate) type Answer = oneshot::Sender<Result<(), NotStored>>;

/// An entry with its place in the order.
pub(crate) type Numbered = (u64, Arc<Entry>);

struct Item {
    entry: Arc<Entry>,
    answer: Option<Answer>,
    /// Whoever waited has been told that it may not be there: it must not be tried again.
    abandoned: bool,
}

#[derive(Default)]
struct State {
    /// Number of the first place.
    base: u64,
    items: VecDeque<Option<Item>>,
    waiting: usize,
    /// Figures that wait, by alert or warning and by number.
    figures: HashMap<String, u64>,
    figures_in_order: BTreeMap<u64, String>,
    /// Number of the last entry that is being committed. All up to it can only be waited for.
    flight: Option<u64>,
    closed: bool,
}

/// The queue between those who record and the one task that writes.
pub(crate) struct Queue {
    state: Mutex<State>,
    capacity: usize,
    /// Wakes the task.
    pub(crate) wake: Notify,
    pub(crate) counters: Counters,
}

/// What became of an attempt to take an entry back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Withdrawal {
    /// It is out of the queue.
    Done,
    /// It is being committed.
    InFlight,
    /// It is no longer there: answered already.
    Gone,
}

impl Queue {
    pub(crate) fn new(capacity: usize) -> Queue {
        Queue {
            state: Mutex::new(State { base: 1, ..State::default() }),
            capacity,
            wake: Notify::new(),
            counters: Counters::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No state is left half changed by a panic: there is nothing in between that could.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn counts(&self) -> Counts {
        let waiting = self.lock().waiting;
        self.counters.read(waiting as u64)
    }

    /// Puts an entry at the end; its number.
    pub(crate) fn push(&self, entry: Entry, answer: Option<Answer>) -> Result<u64, NotStored> {
        let mut state = self.lock();
        if state.closed {
            count(&self.counters.dropped, 1);
            return Err(NotStored::Closed);
        }
        if let Some(id) = entry.state_of()
            && let Some(&number) = state.figures.get(id)
            && !state.in_flight(number)
        {
            state.remove(number);
            count(&self.counters.superseded, 1);
        }
        if state.waiting >= self.capacity && !self.make_room(&mut state) && !entry.is_sacred() {
            count(&self.counters.dropped, 1);
            return Err(NotStored::Full);
        }
        let number = state.base + state.items.len() as u64;
        if let Some(alert) = entry.figures_of() {
            state.figures.insert(alert.to_owned(), number);
            state.figures_in_order.insert(number, alert.to_owned());
        }
        state.items.push_back(Some(Item { entry: Arc::new(entry), answer, abandoned: false }));
        state.waiting += 1;
        drop(state);
        self.wake.notify_one();
        Ok(number)
    }

    /// Drops the oldest figures; false if there are none.
    fn make_room(&self, state: &mut State) -> bool {
        let from = state.flight.map_or(0, |last| last + 1);
        let Some(number) = state.figures_in_order.range(from..).next().map(|(number, _)| *number)
        else {
            return false;
        };
        state.remove(number);
        count(&self.counters.dropped, 1);
        true
    }

    /// Takes an entry back.
    pub(crate) fn withdraw(&self, number: u64) -> Withdrawal {
        let mut state = self.lock();
        if state.in_flight(number) {
            return if state.at(number).is_some() {
                Withdrawal::InFlight
            } else {
                Withdrawal::Gone
            };
        }
        if state.remove(number).is_none() {
            return Withdrawal::Gone;
        }
        count(&self.counters.withdrawn, 1);
        Withdrawal::Done
    }

    /// If the commit that is under way fails, this entry is not tried again.
    pub(crate) fn abandon(&self, number: u64) {
        let mut state = self.lock();
        if let Some(item) = state.at(number) {
            item.abandoned = true;
            item.answer = None;
        }
    }

    /// The next entries to be committed. Until the outcome is told they stay where they are.
    pub(crate) fn take(&self, most: usize) -> Vec<Numbered> {
        let mut state = self.lock();
        let base = state.base;
        let batch: Vec<Numbered> = (base..)
            .zip(&state.items)
            .filter_map(|(number, item)| Some((number, Arc::clone(&item.as_ref()?.entry))))
            .take(most)
            .collect();
        state.flight = batch.last().map(|(number, _)| *number);
        batch
    }

    /// Number of the last entry whose commit is under way or in doubt.
    pub(crate) fn flight(&self) -> Option<u64> {
        self.lock().flight
    }

    /// What was taken is committed.
    pub(crate) fn committed(&self) {
        let mut state = self.lock();
        let Some(last) = state.flight.take() else { return };
        let mut written = 0;
        while state.base <= last && !state.items.is_empty() {
            let number = state.base;
            if let Some(mut item) = state.remove(number) {
                written += 1;
                answer(&mut item, Ok(()));
            } else if state.base == number {
                state.skip_empty();
            }
        }
        count(&self.counters.written, written);
    }

    /// What was taken is not committed, and waits again.
    pub(crate) fn failed(&self) {
        let mut state = self.lock();
        let Some(last) = state.flight.take() else { return };
        let abandoned: Vec<u64> = (state.base..=last)
            .zip(&state.items)
            .filter(|(_, item)| item.as_ref().is_some_and(|item| item.abandoned))
            .map(|(number, _)| number)
            .collect();
        for number in abandoned {
            state.remove(number);
            count(&self.counters.withdrawn, 1);
        }
    }

    /// The database does not take this entry.
    pub(crate) fn refuse(&self, number: u64, reason: &str) {
        let mut state = self.lock();
        state.flight = None;
        if let Some(mut item) = state.remove(number) {
            answer(&mut item, Err(NotStored::Refused(reason.to_owned())));
            count(&self.counters.refused, 1);
        }
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().waiting == 0
    }

    /// Takes no more entries.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_one();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Gives up on all that waits; how many that were.
    pub(crate) fn give_up(&self) -> u64 {
        let mut state = self.lock();
        state.closed = true;
        state.flight = None;
        let mut lost = 0;
        for mut item in state.items.drain(..).flatten() {
            lost += 1;
            answer(&mut item, Err(NotStored::Closed));
        }
        state.waiting = 0;
        state.figures.clear();
        state.figures_in_order.clear();
        count(&self.counters.dropped, lost);
        lost
    }
}

fn answer(item: &mut Item, outcome: Result<(), NotStored>) {
    if let Some(answer) = item.answer.take() {
        // Whoever waited may have gone.
        let _ = answer.send(outcome);
    }
}

impl State {
    fn in_flight(&self, number: u64) -> bool {
        self.flight.is_some_and(|last| number <= last)
    }

    fn at(&mut self, number: u64) -> Option<&mut Item> {
        let place = usize::try_from(number.checked_sub(self.base)?).ok()?;
        self.items.get_mut(place)?.as_mut()
    }

    fn remove(&mut self, number: u64) -> Option<Item> {
        let place = usize::try_from(number.checked_sub(self.base)?).ok()?;
        let item = self.items.get_mut(place)?.take()?;
        self.waiting -= 1;
        if let Some(alert) = self.figures_in_order.remove(&number)
            && self.figures.get(&alert) == Some(&number)
        {
            self.figures.remove(&alert);
        }
        self.skip_empty();
        Some(item)
    }

    fn skip_empty(&mut self) {
        while matches!(self.items.front(), Some(None)) {
            self.items.pop_front();
            self.base += 1;
        }
    }
}
