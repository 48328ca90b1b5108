//! The formats by name, and how to tell them apart by their first bytes.

use crate::field::{number, whole};
use crate::json::{Cursor, Malformed};
use crate::table;
use std::fmt;

/// A format of surveillance data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Format {
    /// SBS / BaseStation text, with the ns-offset and `MLAT` dialects.
    Sbs,
    /// readsb objects, one JSON object a line.
    ReadsbLines,
    /// readsb and tar1090 `aircraft.json`, one snapshot or many.
    ReadsbSnapshot,
    /// readsb `trace_full_*.json`.
    ReadsbTrace,
    /// OpenSky REST answers, `{time, states}`.
    OpenskyStates,
    /// State vectors as a JSON array of objects.
    OpenskyRecords,
    /// State vectors as CSV.
    OpenskyCsv,
    /// State vectors as Parquet.
    OpenskyParquet,
    /// Raw FLARM frames as CSV, as OpenSky receivers record them.
    FlarmCsv,
    /// Mode S in Beast binary framing.
    Beast,
    /// Mode S in AVR text framing.
    Avr,
    /// Mode S as CSV: time, frame, and what follows from it.
    ModesCsv,
}

/// In which order a format's reports come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// As they were received: by time, give or take what the sensors are late.
    ByTime,
    /// Aircraft after aircraft, each from beginning to end, as exported tables
    /// are often sorted. To be [gathered](crate::gather) before a replay.
    ByAircraft,
}

impl Format {
    /// Every format, in the order of the documentation.
    pub const ALL: [Format; 12] = [
        Format::Sbs,
        Format::ReadsbLines,
        Format::ReadsbSnapshot,
        Format::ReadsbTrace,
        Format::OpenskyStates,
        Format::OpenskyRecords,
        Format::OpenskyCsv,
        Format::OpenskyParquet,
        Format::FlarmCsv,
        Format::Beast,
        Format::Avr,
        Format::ModesCsv,
    ];

    /// The name by which it is given and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Sbs => "sbs",
            Format::ReadsbLines => "readsb-lines",
            Format::ReadsbSnapshot => "readsb-snapshot",
            Format::ReadsbTrace => "readsb-trace",
            Format::OpenskyStates => "opensky-states",
            Format::OpenskyRecords => "opensky-records",
            Format::OpenskyCsv => "opensky-csv",
            Format::OpenskyParquet => "opensky-parquet",
            Format::FlarmCsv => "flarm-csv",
            Format::Beast => "beast",
            Format::Avr => "avr",
            Format::ModesCsv => "modes-csv",
        }
    }

    /// Reads [`name`](Self::name).
    pub fn parse(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }

    /// In which order the reports come.
    pub const fn order(self) -> Order {
        match self {
            // FLARM frames are stored receiver by receiver, hour by hour.
            Format::OpenskyRecords
            | Format::OpenskyCsv
            | Format::OpenskyParquet
            | Format::FlarmCsv => Order::ByAircraft,
            _ => Order::ByTime,
        }
    }

    /// Whether the records carry times of their own. Where they do not,
    /// [`Options`](crate::Options) has to say when the recording began.
    pub const fn has_times(self) -> bool {
        !matches!(self, Format::Beast | Format::Avr)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Tells the format by the first bytes of the (decompressed) input; a few
/// kilobytes are enough. `None` if it is none of ours.
pub fn detect(head: &[u8]) -> Option<Format> {
    if head.starts_with(b"PAR1") {
        return Some(Format::OpenskyParquet);
    }
    if let [0x1a, b'1'..=b'5', ..] = head {
        return Some(Format::Beast);
    }
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match head.first()? {
        b'{' => object(head),
        b'[' => {
            let mut cursor = Cursor::new(&head[1..]);
            let has = |name: &[u8]| memchr::memmem::find(head, name).is_some();
            (cursor.peek() == Some(b'{') && has(b"\"icao24\"")).then_some(Format::OpenskyRecords)
        }
        _ => head.split(|byte| *byte == b'\n').take(8).find_map(|text| line(text.trim_ascii())),
    }
}

/// By the keys of the first object, as far as the head reaches.
fn object(head: &[u8]) -> Option<Format> {
    let mut cursor = Cursor::new(head);
    cursor.enter(b'{');
    let mut first = true;
    let mut seen_line_key = false;
    loop {
        match cursor.key(&mut first) {
            Ok(Some(b"aircraft")) => return Some(Format::ReadsbSnapshot),
            Ok(Some(b"states")) => return Some(Format::OpenskyStates),
            Ok(Some(b"trace")) => return Some(Format::ReadsbTrace),
            Ok(Some(b"now" | b"hex")) => seen_line_key = true,
            Ok(Some(_)) => {}
            Ok(None) => return seen_line_key.then_some(Format::ReadsbLines),
            Err(Malformed) => return None,
        }
        if cursor.value().is_err() {
            return None;
        }
    }
}

fn line(text: &[u8]) -> Option<Format> {
    let mut fields = table::fields(text);
    let mut next = || fields.next().unwrap_or_default();
    let (first, second, third) = (next(), next(), next());
    let hex = |text: &[u8]| text.len() >= 14 && text.iter().all(u8::is_ascii_hexdigit);
    match (first, second) {
        (b"START", _) => Some(Format::Sbs),
        (b"MSG" | b"MLAT" | b"SEL" | b"ID" | b"AIR" | b"STA" | b"CLK", _)
            if text.contains(&b',') =>
        {
            Some(Format::Sbs)
        }
        (offset, b"MSG" | b"MLAT") if whole(offset).is_ok() => Some(Format::Sbs),
        ([b'*' | b'@' | b'%' | b'<', .., b';'], _) => Some(Format::Avr),
        (time, _) if number(time).is_ok() && (hex(second) || hex(third)) => Some(Format::ModesCsv),
        _ => {
            let has = |name: &[u8]| table::fields(text).any(|field| field == name);
            if has(b"rawmessage") && has(b"sensorlatitude") {
                Some(Format::FlarmCsv)
            } else if has(b"icao24") && (has(b"time") || has(b"timestamp")) {
                Some(Format::OpenskyCsv)
            } else {
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_round_trip() {
        for format in Format::ALL {
            assert_eq!(Format::parse(format.name()), Some(format));
        }
        assert_eq!(Format::parse("asterix"), None);
    }

    #[test]
    fn invented_heads_are_told_apart() {
        for (head, format) in [
            ("MSG,8,,,ABCDEF,,,,,,,,,,,,,,,,,\r\n", Some(Format::Sbs)),
            ("START,Wed Sep 2 04:23:37 +0000 UTC 2015\n12,MSG,8", Some(Format::Sbs)),
            ("MLAT,3,1,1,ABCDEF,1,2016/03/10,", Some(Format::Sbs)),
            ("{\"now\": 1, \"hex\": \"abcdef\"}\n", Some(Format::ReadsbLines)),
            ("{\"flight\": \"N/A\", \"now\": 1}\n{", Some(Format::ReadsbLines)),
            ("{\"now\": 1, \"messages\":7, \"aircraft\": [{\"he", Some(Format::ReadsbSnapshot)),
            ("{\"icao\":\"abcdef\",\n\"trace\":[ [0.0", Some(Format::ReadsbTrace)),
            ("{\"time\":1458564121,\"states\":[[\"3c", Some(Format::OpenskyStates)),
            (" [{\"timestamp\":1,\"icao24\":\"abcdef\"", Some(Format::OpenskyRecords)),
            ("time,icao24,lat,lon\n1,", Some(Format::OpenskyCsv)),
            ("frequency,rawmessage,sensorlatitude\n", Some(Format::FlarmCsv)),
            ("*8D4840D6202CC371C32CE0576098;\n", Some(Format::Avr)),
            ("@0123456789AB5DABCDEF123456;\n", Some(Format::Avr)),
            ("1457996400,\"8D406B909945DE10000405999BE4\",\"406B90\",19", Some(Format::ModesCsv)),
            ("PAR1\x15", Some(Format::OpenskyParquet)),
            ("\x1a2\0\0", Some(Format::Beast)),
            ("[1,2,3]", None),
            ("{\"features\":[]}", None),
            ("a,b,c\n1,2,3\n", None),
            ("", None),
        ] {
            assert_eq!(detect(head.as_bytes()), format, "{head:?}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_heads_never_panic(head in proptest::collection::vec(any::<u8>(), 0..200)) {
            detect(&head);
        }
    }
}
