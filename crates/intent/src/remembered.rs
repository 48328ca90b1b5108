//! Answers that may be asked for again, and how many of them are kept.
//!
//! A client with a good token can send as many keys as it likes. So there is a bound for each client and
//! one for all of them; the oldest go first, and where all together are too many, those of the client
//! that has the most.

use crate::row::Answered;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// How much is remembered of what was answered to writes with a key of their client's choice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keep {
    /// For how long, seconds.
    pub seconds: f64,
    /// The most answers of one client.
    pub most: usize,
    /// The most bytes of the answers of one client.
    pub bytes: usize,
    /// The most bytes of all answers.
    pub total_bytes: usize,
}

impl Default for Keep {
    fn default() -> Keep {
        Keep { seconds: 86_400.0, most: 20_000, bytes: 16 << 20, total_bytes: 256 << 20 }
    }
}

/// What the answers of one client come to.
#[derive(Debug, Default)]
struct Share {
    bytes: usize,
    /// When they end, the first to go first.
    by_age: BTreeSet<(i64, String)>,
}

/// The answers that are remembered.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    by_key: HashMap<String, Arc<Answered>>,
    by_client: BTreeMap<String, Share>,
    bytes: usize,
}

fn bytes_of(row: &Answered) -> usize {
    // Keys and fingerprints are held twice and more; what a row costs besides is of that order.
    row.body.len() + 2 * row.key.len() + row.fingerprint.len() + row.client.len() + 200
}

impl Answers {
    pub(crate) fn get(&self, key: &str) -> Option<&Arc<Answered>> {
        self.by_key.get(key)
    }

    pub(crate) fn put(&mut self, row: Arc<Answered>) {
        self.remove(&row.key);
        let share = self.by_client.entry(row.client.clone()).or_default();
        share.by_age.insert((row.until_ns, row.key.clone()));
        share.bytes += bytes_of(&row);
        self.bytes += bytes_of(&row);
        self.by_key.insert(row.key.clone(), row);
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Arc<Answered>> {
        let row = self.by_key.remove(key)?;
        self.bytes -= bytes_of(&row);
        if let Some(share) = self.by_client.get_mut(&row.client) {
            share.bytes -= bytes_of(&row);
            share.by_age.remove(&(row.until_ns, row.key.clone()));
            if share.by_age.is_empty() {
                self.by_client.remove(&row.client);
            }
        }
        Some(row)
    }

    /// How many there are, and their bytes.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.by_key.len(), self.bytes)
    }
}

/// The same with the changes that are being made.
#[derive(Debug)]
pub(crate) struct DraftAnswers<'a> {
    base: &'a Answers,
    rows: BTreeMap<String, Option<Arc<Answered>>>,
    /// What the changes add to the shares of clients: answers and bytes.
    added: HashMap<String, (isize, isize)>,
}

fn signed(n: usize) -> isize {
    isize::try_from(n).unwrap_or(isize::MAX)
}

impl<'a> DraftAnswers<'a> {
    pub(crate) fn on(base: &'a Answers) -> DraftAnswers<'a> {
        DraftAnswers { base, rows: BTreeMap::new(), added: HashMap::new() }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Arc<Answered>> {
        match self.rows.get(key) {
            Some(row) => row.as_ref(),
            None => self.base.get(key),
        }
    }

    fn set(&mut self, key: &str, row: Option<Arc<Answered>>) {
        if let Some(old) = self.get(key).cloned() {
            let added = self.added.entry(old.client.clone()).or_default();
            *added = (added.0 - 1, added.1 - signed(bytes_of(&old)));
        }
        if let Some(new) = &row {
            let added = self.added.entry(new.client.clone()).or_default();
            *added = (added.0 + 1, added.1 + signed(bytes_of(new)));
        }
        self.rows.insert(key.to_owned(), row);
    }

    pub(crate) fn put(&mut self, row: Arc<Answered>) {
        let key = row.key.clone();
        self.set(&key, Some(row));
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.set(key, None);
    }

    /// Puts an answer in, and takes out what is too much with it.
    pub(crate) fn remember(&mut self, row: Arc<Answered>, keep: &Keep) {
        let (client, new) = (row.client.clone(), row.key.clone());
        self.put(row);
        loop {
            let (count, bytes) = self.share(&client);
            if count <= signed(keep.most) && bytes <= signed(keep.bytes) {
                break;
            }
            // The new one stays, however large: it is the one that is likeliest to be asked for.
            let Some(oldest) = self.oldest_of(&client, &new) else { break };
            self.remove(&oldest);
        }
        let total = |answers: &Self| {
            let added: isize = answers.added.values().map(|(_, bytes)| bytes).sum();
            signed(answers.base.bytes) + added
        };
        while total(self) > signed(keep.total_bytes) {
            let oldest = self.largest().and_then(|client| self.oldest_of(&client, &new));
            let Some(oldest) = oldest else { break };
            self.remove(&oldest);
        }
    }

    /// How many answers of a client there are, and their bytes.
    fn share(&self, client: &str) -> (isize, isize) {
        let known = self.base.by_client.get(client);
        let (count, bytes) = known.map_or((0, 0), |s| (signed(s.by_age.len()), signed(s.bytes)));
        let (more, larger) = self.added.get(client).copied().unwrap_or_default();
        (count + more, bytes + larger)
    }

    /// The client with the most bytes.
    fn largest(&self) -> Option<String> {
        let clients = self.base.by_client.keys().chain(self.added.keys());
        clients.max_by_key(|client| self.share(client).1).cloned()
    }

    fn oldest_of(&self, client: &str, but: &str) -> Option<String> {
        let share = self.base.by_client.get(client);
        let mut known = share.into_iter().flat_map(|share| &share.by_age);
        let known = known.find(|(_, key)| !self.rows.contains_key(key));
        let new = self.rows.values().flatten().filter(|row| row.client == client && row.key != but);
        let new = new.map(|row| (row.until_ns, row.key.clone())).min();
        known.cloned().into_iter().chain(new).min().map(|(_, key)| key)
    }

    pub(crate) fn into_rows(self) -> BTreeMap<String, Option<Arc<Answered>>> {
        self.rows
    }
}
