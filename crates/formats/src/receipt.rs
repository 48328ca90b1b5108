//! The time of receipt of what is being read, told from outside.

use deconflict_core::Time;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// When the bytes that are being read were received: set by whoever hands them over,
/// looked at by the decoders of formats without times of their own. Clones are the
/// same clock, so that the one who reads a socket keeps one and
/// [`Options`](crate::Options) get the other.
#[derive(Clone, Debug, Default)]
pub struct ReceiptTime(Arc<AtomicI64>);

impl ReceiptTime {
    /// A clock that shows this time until it is set.
    pub fn new(time: Time) -> ReceiptTime {
        ReceiptTime(Arc::new(AtomicI64::new(time.as_nanos())))
    }

    /// What is handed over from now on was received at this time.
    pub fn set(&self, time: Time) {
        // Bytes and time go through the same thread: there is nothing to order.
        self.0.store(time.as_nanos(), Ordering::Relaxed);
    }

    /// The time of receipt.
    pub fn get(&self) -> Time {
        Time::from_nanos(self.0.load(Ordering::Relaxed))
    }
}
