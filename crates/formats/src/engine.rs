//! Which framing and which decoder make up a format.

#[cfg(feature = "modes")]
use crate::flarm::FlarmCsv;
use crate::format::Format;
use crate::framing::{Cut, Elements, Lines, Piece};
#[cfg(feature = "modes")]
use crate::modes::{Avr, Beast, BeastFrames, ModesCsv};
use crate::opensky::{Csv, Records, States};
use crate::reader::{OpenError, Options};
use crate::readsb::{Line, Snapshot, Trace};
#[cfg(feature = "modes")]
use crate::receipt::ReceiptTime;
use crate::sbs::Sbs;
use crate::sink::Sink;

/// Framing and decoding of a format that is read from beginning to end.
pub(crate) enum Engine {
    Lines(Lines, LineDecoder),
    Elements(Elements, ElementDecoder),
    #[cfg(feature = "modes")]
    Beast(BeastFrames, Beast),
}

pub(crate) enum LineDecoder {
    Sbs(Sbs),
    Readsb(Line),
    Opensky(Csv),
    #[cfg(feature = "modes")]
    Flarm(FlarmCsv),
    #[cfg(feature = "modes")]
    Avr(Avr),
    #[cfg(feature = "modes")]
    ModesCsv(ModesCsv),
}

pub(crate) enum ElementDecoder {
    Snapshot(Snapshot),
    Trace(Trace),
    States(States),
    Records(Records),
}

impl Engine {
    pub(crate) fn new(format: Format, options: &Options) -> Result<Engine, OpenError> {
        let lines = |decoder| Ok(Engine::Lines(Lines::default(), decoder));
        let elements = |array, decoder| Ok(Engine::Elements(Elements::new(array), decoder));
        match format {
            Format::Sbs => lines(LineDecoder::Sbs(Sbs::new(options))),
            Format::ReadsbLines => lines(LineDecoder::Readsb(Line)),
            Format::OpenskyCsv => lines(LineDecoder::Opensky(Csv::default())),
            Format::ReadsbSnapshot => {
                elements(Some(Snapshot::ARRAY), ElementDecoder::Snapshot(Snapshot::default()))
            }
            Format::ReadsbTrace => {
                elements(Some(Trace::ARRAY), ElementDecoder::Trace(Trace::default()))
            }
            Format::OpenskyStates => {
                elements(Some(States::ARRAY), ElementDecoder::States(States::default()))
            }
            Format::OpenskyRecords => elements(None, ElementDecoder::Records(Records::default())),
            Format::OpenskyParquet => Err(OpenError::NotBuilt(format, "parquet")),
            Format::FlarmCsv | Format::Beast | Format::Avr | Format::ModesCsv => {
                Engine::radio(format, options)
            }
        }
    }

    #[cfg(not(feature = "modes"))]
    fn radio(format: Format, _options: &Options) -> Result<Engine, OpenError> {
        Err(OpenError::NotBuilt(format, "modes"))
    }

    /// The formats that carry raw radio frames.
    #[cfg(feature = "modes")]
    fn radio(format: Format, options: &Options) -> Result<Engine, OpenError> {
        let base = || {
            let receipt = options.receipt.as_ref().map(ReceiptTime::get);
            receipt.or(options.base_time).ok_or(OpenError::NoTime(format))
        };
        let decoder = match format {
            Format::FlarmCsv => LineDecoder::Flarm(FlarmCsv::default()),
            Format::ModesCsv => LineDecoder::ModesCsv(ModesCsv::new(options)),
            Format::Avr => LineDecoder::Avr(Avr::new(base()?, options)),
            _ => return Ok(Engine::Beast(BeastFrames::default(), Beast::new(base()?, options))),
        };
        Ok(Engine::Lines(Lines::default(), decoder))
    }

    #[inline]
    pub(crate) fn cut(&mut self, window: &[u8], ended: bool) -> Cut {
        match self {
            Engine::Lines(framer, _) => framer.cut(window, ended),
            Engine::Elements(framer, _) => framer.cut(window, ended),
            #[cfg(feature = "modes")]
            Engine::Beast(framer, _) => framer.cut(window, ended),
        }
    }

    /// Decodes a record that stands at this offset of the input.
    #[inline]
    pub(crate) fn record(&mut self, record: &[u8], offset: u64, sink: &mut Sink) {
        match self {
            // Counted as a line, so that numbers agree with an editor's.
            Engine::Lines(..) if record.is_empty() => sink.at.record += 1,
            Engine::Lines(_, decoder) => {
                sink.begin(offset);
                match decoder {
                    LineDecoder::Sbs(decoder) => decoder.line(record, sink),
                    LineDecoder::Readsb(decoder) => decoder.line(record, sink),
                    LineDecoder::Opensky(decoder) => decoder.line(record, sink),
                    #[cfg(feature = "modes")]
                    LineDecoder::Flarm(decoder) => decoder.line(record, sink),
                    #[cfg(feature = "modes")]
                    LineDecoder::Avr(decoder) => decoder.line(record, sink),
                    #[cfg(feature = "modes")]
                    LineDecoder::ModesCsv(decoder) => decoder.line(record, sink),
                }
            }
            Engine::Elements(framer, decoder) => {
                let piece = framer.piece();
                if piece == Piece::Element {
                    sink.begin(offset);
                }
                match decoder {
                    ElementDecoder::Snapshot(decoder) => decoder.piece(piece, record, sink),
                    ElementDecoder::Trace(decoder) => decoder.piece(piece, record, sink),
                    ElementDecoder::States(decoder) => decoder.piece(piece, record, sink),
                    ElementDecoder::Records(decoder) => decoder.piece(piece, record, sink),
                }
            }
            #[cfg(feature = "modes")]
            Engine::Beast(_, decoder) => {
                sink.begin(offset);
                decoder.frame(record, sink);
            }
        }
    }
}
