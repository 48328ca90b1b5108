//! From a source of bytes that comes and goes to a pump: one reader, whatever the source.

use crate::check::Settled;
use crate::pump::{Line, Pump, Stamp};
use crate::stop::Stop;
use deconflict_formats::{Format, OpenError, Options, Reader};
use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::Arc;

/// Why a stream has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    /// The other side has closed it.
    #[default]
    Closed,
    /// The service stops.
    Stopped,
    /// Nothing has come for too long, or it has failed.
    Failed(String),
}

/// A source of bytes that never waits for long, so that it can be told to stop.
pub(crate) trait Source {
    /// Waits a moment for bytes. `Ok(None)`: nothing has come yet.
    ///
    /// # Errors
    /// Why there will be no more.
    fn poll(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, String>;
}

/// A source as the reader sees it. Before it waits, what has been read goes on its way.
struct Stream<'a, S> {
    source: &'a mut S,
    stop: &'a Stop,
    pump: Rc<RefCell<Pump>>,
    end: Rc<RefCell<End>>,
}

impl<S: Source> Read for Stream<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut pump = self.pump.borrow_mut();
        pump.flush();
        loop {
            if self.stop.is_set() {
                *self.end.borrow_mut() = End::Stopped;
                return Ok(0);
            }
            match self.source.poll(buffer) {
                Ok(None) => {}
                Ok(Some(count)) => {
                    pump.arrived(count);
                    return Ok(count);
                }
                // The reader needs not know: for it the input has ended.
                Err(reason) => {
                    *self.end.borrow_mut() = End::Failed(reason);
                    return Ok(0);
                }
            }
        }
    }
}

/// Reads a source to its end.
///
/// # Errors
/// The format cannot be read at all.
pub(crate) fn read<S: Source>(
    source: &mut S,
    format: Format,
    settled: &Settled,
    line: &Arc<Line>,
    stop: &Stop,
) -> Result<End, OpenError> {
    let stamp = if format.has_times() { Stamp::Format } else { Stamp::Receipt };
    let pump = Pump::new(Arc::clone(line), stamp);
    let options = Options {
        feed: line.shared.number,
        receipt: Some(pump.receipt()),
        receiver: settled.receiver,
        utc_offset_s: settled.utc_offset_s,
        ..Options::default()
    };
    let (pump, end) = (Rc::new(RefCell::new(pump)), Rc::default());
    let stream = Stream { source, stop, pump: Rc::clone(&pump), end: Rc::clone(&end) };
    let mut reader = Reader::new(stream, format, options)?;
    while let Some(item) = reader.next() {
        let mut pump = pump.borrow_mut();
        pump.records(reader.statistics().records);
        match item {
            Ok(report) => pump.report(report),
            Err(error) => pump.error(&error),
        }
    }
    let mut pump = pump.borrow_mut();
    pump.records(reader.statistics().records);
    pump.flush();
    Ok(end.take())
}
