//! What happened to tracks, and how many reports met which end.

use deconflict_core::{Address, Time};

/// Something that happened to a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// When, in the time of the data.
    pub time: Time,
    /// The track.
    pub id: u64,
    /// Its address.
    pub address: Address,
    /// What.
    pub kind: EventKind,
}

/// What can happen to a track.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// First position of an address that had no track.
    Created,
    /// The end.
    Dropped(DropReason),
    /// Consistent positions elsewhere, and none here: the track was moved by so many metres.
    Reinitialised {
        /// How far from where it was expected, metres.
        jump_m: f64,
    },
    /// A second aircraft with the same address: this track is new, that of `from` goes on.
    Split {
        /// The track that has the address as well.
        from: u64,
    },
}

/// Why a track ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropReason {
    /// No position for too long.
    Silent,
}

/// How many reports met which end. Every report that came in is in exactly one
/// of the fields that [`accounted`](Self::accounted) adds up, or still waits in
/// the reorder window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Reports that came in.
    pub reports: u64,
    /// Used, at least in part.
    pub used: u64,
    /// Exact duplicates: dropped.
    pub duplicates: u64,
    /// Later than the reorder window and older than their track: dropped.
    pub late_dropped: u64,
    /// Measured or received impossibly far ahead of the present: dropped.
    pub future: u64,
    /// Measured too long ago: dropped.
    pub too_old: u64,
    /// Position outside the gate of every track of the address: kept aside.
    pub outliers: u64,
    /// No position, and no track of the address.
    pub without_track: u64,
    /// From a poorer technique than one that sees the same aircraft at the time.
    pub inferior: u64,
    /// No position, and more than one track of the address that it could be of.
    pub ambiguous: u64,
    /// Plots of new aircraft beyond the greatest number of tracks.
    pub refused: u64,

    /// Of those used: with a position.
    pub plots: u64,
    /// Of those used: later than the reorder window.
    pub late_used: u64,
    /// Of those used: position not taken as it only repeated the last one.
    pub repeated_positions: u64,
    /// Of those used: altitude not believed.
    pub altitude_outliers: u64,
    /// Of those used: velocity or vertical rate not believed.
    pub rate_outliers: u64,
    /// Reports with a value that no aircraft can have (value ignored).
    pub implausible: u64,
    /// Reports taken early as too many were waiting.
    pub overflow: u64,
}

impl Statistics {
    /// Reports whose end is known.
    pub fn accounted(&self) -> u64 {
        self.used
            + self.duplicates
            + self.late_dropped
            + self.future
            + self.too_old
            + self.outliers
            + self.without_track
            + self.inferior
            + self.ambiguous
            + self.refused
    }
}
