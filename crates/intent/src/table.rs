//! Rows by id, and by where and when they are.

use crate::covering::{cell_range, larger_cells};
use crate::extent::Extent;
use crate::row::{Constraint, Intent, Subscription};
use deconflict_core::Time;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// Something with an id, somewhere, for a while.
pub trait Located {
    /// Its id.
    fn id(&self) -> Uuid;
    /// Where and when.
    fn extent(&self) -> &Extent;
}

macro_rules! located {
    ($($row:ty),*) => {$(
        impl Located for $row {
            fn id(&self) -> Uuid {
                self.id
            }
            fn extent(&self) -> &Extent {
                &self.extent
            }
        }
    )*};
}
located!(Intent, Constraint, Subscription);

/// The bounds of a row in time and altitude: most of those in a cell are told apart by it.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    start: Time,
    end: Time,
    band_m: [f64; 2],
}

impl Bounds {
    fn of(extent: &Extent) -> Bounds {
        Bounds {
            start: extent.start().unwrap_or(Time::MIN),
            end: extent.end().unwrap_or(Time::MAX),
            band_m: extent.band_m(),
        }
    }

    /// Whether they may meet: the same comparisons as of the volumes, on what contains them.
    fn may_meet(&self, other: &Bounds) -> bool {
        self.start <= other.end
            && other.start <= self.end
            && self.band_m[0] <= other.band_m[1]
            && other.band_m[0] <= self.band_m[1]
    }
}

/// Rows of one kind. Cells are kept as (cell, place) in one ordered set: those within a
/// cell are a range of it, those around a cell at most thirty more.
#[derive(Debug)]
pub struct Table<T> {
    rows: Vec<Option<(Bounds, Arc<T>)>>,
    free: Vec<u32>,
    by_id: HashMap<Uuid, u32>,
    cells: BTreeSet<(u64, u32)>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { rows: Vec::new(), free: Vec::new(), by_id: HashMap::new(), cells: BTreeSet::new() }
    }
}

impl<T: Located> Table<T> {
    /// Of rows with different ids: much quicker than putting them in one by one.
    pub fn of(rows: Vec<Arc<T>>) -> Table<T> {
        let mut table = Table::default();
        table.by_id.reserve(rows.len());
        let mut cells = Vec::with_capacity(4 * rows.len());
        for (place, row) in (0..).zip(&rows) {
            table.by_id.insert(row.id(), place);
            cells.extend(row.extent().cells.ids().iter().map(|&cell| (cell, place)));
        }
        // Ordered first, a set is built from its leaves up.
        cells.sort_unstable();
        table.cells = cells.into_iter().collect();
        table.rows = rows.into_iter().map(|r| Some((Bounds::of(r.extent()), r))).collect();
        table
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// By id.
    pub fn get(&self, id: Uuid) -> Option<&Arc<T>> {
        let place = *self.by_id.get(&id)?;
        self.rows.get(place as usize)?.as_ref().map(|(_, row)| row)
    }

    /// Puts a row in, in place of the one with its id.
    pub fn put(&mut self, row: Arc<T>) {
        self.remove(row.id());
        let place = self.free.pop().unwrap_or_else(|| {
            self.rows.push(None);
            // Four thousand million rows do not fit into memory.
            u32::try_from(self.rows.len() - 1).unwrap_or(u32::MAX)
        });
        self.by_id.insert(row.id(), place);
        self.cells.extend(row.extent().cells.ids().iter().map(|&cell| (cell, place)));
        self.rows[place as usize] = Some((Bounds::of(row.extent()), row));
    }

    /// Takes a row out.
    pub fn remove(&mut self, id: Uuid) -> Option<Arc<T>> {
        let place = self.by_id.remove(&id)?;
        let (_, row) = self.rows.get_mut(place as usize)?.take()?;
        for &cell in row.extent().cells.ids() {
            self.cells.remove(&(cell, place));
        }
        self.free.push(place);
        Some(row)
    }

    /// Those that meet an extent, in order of their ids.
    pub fn over(&self, extent: &Extent) -> Vec<&Arc<T>> {
        let bounds = Bounds::of(extent);
        let mut seen = vec![0_u64; self.rows.len().div_ceil(64)];
        let mut found: Vec<(Uuid, &Arc<T>)> = Vec::new();
        let mut look = |place: u32| {
            let (word, bit) = (place as usize / 64, 1 << (place % 64));
            if seen[word] & bit != 0 {
                return;
            }
            seen[word] |= bit;
            if let Some((of_row, row)) = &self.rows[place as usize]
                && of_row.may_meet(&bounds)
                && row.extent().overlaps(extent)
            {
                found.push((row.id(), row));
            }
        };
        // A cell around several of the extent's cells is looked at once.
        let mut around = BTreeSet::new();
        for &cell in extent.cells.ids() {
            let [first, last] = cell_range(cell);
            self.cells.range((first, 0)..=(last, u32::MAX)).for_each(|&(_, place)| look(place));
            around.extend(larger_cells(cell));
        }
        for cell in around {
            self.cells.range((cell, 0)..=(cell, u32::MAX)).for_each(|&(_, place)| look(place));
        }
        found.sort_unstable_by_key(|(id, _)| *id);
        found.into_iter().map(|(_, row)| row).collect()
    }
}
