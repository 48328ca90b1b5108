//! What lasts on the maps of receivers until it is over: alerts, and warnings.

use super::event::Event;
use deconflict_picture::{Alert, Warning};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Something that is on for a while.
pub(super) trait Lasting {
    fn id(&self) -> &str;
    fn is_open(&self) -> bool;
}

impl Lasting for Alert {
    fn id(&self) -> &str {
        &self.id
    }
    fn is_open(&self) -> bool {
        Alert::is_open(self)
    }
}

impl Lasting for Warning {
    fn id(&self) -> &str {
        &self.id
    }
    fn is_open(&self) -> bool {
        Warning::is_open(self)
    }
}

/// All of one kind, and what receivers have of it.
pub(super) struct Board<T> {
    /// Those of the last picture, and what has changed in them since.
    all: BTreeMap<String, Arc<T>>,
    /// Those that receivers have as open.
    open: BTreeSet<String>,
}

impl<T> Default for Board<T> {
    fn default() -> Board<T> {
        Board { all: BTreeMap::new(), open: BTreeSet::new() }
    }
}

impl<T: Lasting> Board<T> {
    /// Takes in a new picture, if there is one, and what has changed. Of several states of one
    /// the last counts. Returns the names of those that changed.
    pub fn take(&mut self, picture: Option<&[Arc<T>]>, changed: &[Arc<T>]) -> BTreeSet<String> {
        if let Some(picture) = picture {
            self.all = picture.iter().map(|one| (one.id().to_owned(), one.clone())).collect();
        }
        self.all.extend(changed.iter().map(|one| (one.id().to_owned(), one.clone())));
        changed.iter().map(|one| one.id().to_owned()).collect()
    }

    /// Tells what changed; with `all` everything that is on; and what is over or gone.
    pub fn tell(
        &mut self,
        changed: &BTreeSet<String>,
        all: bool,
        tell: impl Fn(&T) -> Vec<Event>,
        gone: impl Fn(&str) -> Event,
        events: &mut Vec<Event>,
    ) {
        for (id, one) in &self.all {
            let is_open = one.is_open();
            let was_open = self.open.contains(id);
            if changed.contains(id) || (is_open && all) || (was_open && !is_open) {
                events.extend(tell(one));
            }
            match is_open {
                true => self.open.insert(id.clone()),
                false => self.open.remove(id),
            };
        }
        let there = &self.all;
        self.open.retain(|id| {
            let is_there = there.contains_key(id);
            if !is_there {
                events.push(gone(id));
            }
            is_there
        });
    }

    /// All of them. Those that ended lately too: whoever was away may have them as open.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.all.values()
    }
}
