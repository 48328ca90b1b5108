//! What a recording is made of.

use deconflict_core::{Report, Time};

/// The beginning of a run, with all that the engine needs to be set up in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begin {
    /// Name of the run: its start in milliseconds, base 36.
    pub run: String,
    /// When it began, in the time of the data.
    pub time: Time,
    /// Rules, feeds, registry, speed, as JSON. What is in it is the caller's business.
    pub config: String,
}

/// One row of a recording. The rows in their order are what the engine was given: fed with
/// them again, it says the same (ENG-1).
// Reports are by far the most common, so that boxing them would cost more than it saves.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// A run begins.
    Begin(Begin),
    /// A report was taken in.
    Report(Report),
    /// The engine was advanced to this time.
    Tick(Time),
    /// Who is who was declared anew, as text.
    Registry(String),
}
