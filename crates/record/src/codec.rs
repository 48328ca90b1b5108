//! Rows as bytes, for the journal: little-endian, and exact to the bit.

use crate::row::{Begin, Row};
use deconflict_core::{
    Address, AddressSpace, AircraftClass, GeoPoint, Label, Report, Technique, Time,
};

/// What a segment begins with: what was so when it was opened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Opening {
    /// The run that goes on here; `None` if one begins here.
    pub(crate) begin: Option<Begin>,
    /// Who is who, if it was declared anew since the beginning of the run.
    pub(crate) registry: Option<String>,
    /// Time of the last tick before.
    pub(crate) clock: Time,
    /// Rows that were lost just before.
    pub(crate) lost: u64,
}

/// What stands in a journal.
// Rows are nearly all of it.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    Opening(Opening),
    Row(Row),
}

const OPENING: u8 = 0xf0;
const BEGIN: u8 = 1;
const REPORT: u8 = 2;
const TICK: u8 = 3;
const REGISTRY: u8 = 4;

const POSITION: u16 = 1;
const SIGMA: u16 = 1 << 1;
const PRESSURE_ALTITUDE: u16 = 1 << 2;
const ELLIPSOID_HEIGHT: u16 = 1 << 3;
const GROUND_SPEED: u16 = 1 << 4;
const TRACK: u16 = 1 << 5;
const VERTICAL_RATE: u16 = 1 << 6;
const GROUND_SAID: u16 = 1 << 7;
const ON_GROUND: u16 = 1 << 8;
const CALLSIGN: u16 = 1 << 9;
const SQUAWK: u16 = 1 << 10;

/// Every technique; its place is its number in the journal.
pub(crate) const TECHNIQUES: [Technique; 10] = [
    Technique::AdsB,
    Technique::AdsR,
    Technique::TisB,
    Technique::Mlat,
    Technique::ModeS,
    Technique::AdsC,
    Technique::Flarm,
    Technique::Radar,
    Technique::Declared,
    Technique::Unknown,
];

const SPACES: [AddressSpace; 4] =
    [AddressSpace::Icao, AddressSpace::NonIcao, AddressSpace::Flarm, AddressSpace::Local];

fn place<T: PartialEq>(all: &[T], one: &T) -> u8 {
    // A test holds that all are listed; there are fewer than 256.
    all.iter().position(|other| other == one).unwrap_or(0) as u8
}

pub(crate) fn put_opening(out: &mut Vec<u8>, opening: &Opening) {
    out.push(OPENING);
    out.extend_from_slice(&opening.clock.as_nanos().to_le_bytes());
    out.extend_from_slice(&opening.lost.to_le_bytes());
    match &opening.begin {
        Some(begin) => {
            out.push(1);
            put_begin(out, begin);
        }
        None => out.push(0),
    }
    match &opening.registry {
        Some(text) => {
            out.push(1);
            put_text(out, text);
        }
        None => out.push(0),
    }
}

pub(crate) fn put_row(out: &mut Vec<u8>, row: &Row) {
    match row {
        Row::Begin(begin) => {
            out.push(BEGIN);
            put_begin(out, begin);
        }
        Row::Report(report) => {
            out.push(REPORT);
            put_report(out, report);
        }
        Row::Tick(time) => {
            out.push(TICK);
            out.extend_from_slice(&time.as_nanos().to_le_bytes());
        }
        Row::Registry(text) => {
            out.push(REGISTRY);
            put_text(out, text);
        }
    }
}

fn put_begin(out: &mut Vec<u8>, begin: &Begin) {
    out.extend_from_slice(&begin.time.as_nanos().to_le_bytes());
    put_text(out, &begin.run);
    put_text(out, &begin.config);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    // Frames are bounded far below this.
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn put_report(out: &mut Vec<u8>, report: &Report) {
    let said = |is: bool, flag: u16| if is { flag } else { 0 };
    let flags = said(report.position.is_some(), POSITION)
        | said(report.position_sigma_m.is_some(), SIGMA)
        | said(report.pressure_altitude_m.is_some(), PRESSURE_ALTITUDE)
        | said(report.ellipsoid_height_m.is_some(), ELLIPSOID_HEIGHT)
        | said(report.ground_speed_mps.is_some(), GROUND_SPEED)
        | said(report.track_rad.is_some(), TRACK)
        | said(report.vertical_rate_mps.is_some(), VERTICAL_RATE)
        | said(report.on_ground.is_some(), GROUND_SAID)
        | said(report.on_ground == Some(true), ON_GROUND)
        | said(report.callsign.is_some(), CALLSIGN)
        | said(report.squawk.is_some(), SQUAWK);
    out.extend_from_slice(&flags.to_le_bytes());
    out.extend_from_slice(&report.feed.to_le_bytes());
    out.push(place(&SPACES, &report.address.space));
    out.extend_from_slice(&report.address.code.to_le_bytes());
    out.push(place(&TECHNIQUES, &report.technique));
    out.push(place(&AircraftClass::ALL, &report.class));
    out.extend_from_slice(&report.measured.as_nanos().to_le_bytes());
    out.extend_from_slice(&report.received.as_nanos().to_le_bytes());
    if let Some(position) = report.position {
        out.extend_from_slice(&position.lat_rad().to_le_bytes());
        out.extend_from_slice(&position.lon_rad().to_le_bytes());
    }
    if let Some(sigma) = report.position_sigma_m {
        out.extend_from_slice(&sigma.to_le_bytes());
    }
    let numbers = [
        report.pressure_altitude_m,
        report.ellipsoid_height_m,
        report.ground_speed_mps,
        report.track_rad,
        report.vertical_rate_mps,
    ];
    for number in numbers.into_iter().flatten() {
        out.extend_from_slice(&number.to_le_bytes());
    }
    if let Some(callsign) = report.callsign {
        let text = callsign.as_str();
        out.push(text.len() as u8);
        out.extend_from_slice(text.as_bytes());
    }
    if let Some(squawk) = report.squawk {
        out.extend_from_slice(&squawk.to_le_bytes());
    }
}

/// The items of a frame; `None` if it holds something else than was written.
pub(crate) fn items(payload: &[u8]) -> Option<Vec<Item>> {
    let mut input = Input(payload);
    let mut items = Vec::new();
    while !input.0.is_empty() {
        items.push(input.item()?);
    }
    Some(items)
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.array::<1>()?[0])
    }

    fn time(&mut self) -> Option<Time> {
        Some(Time::from_nanos(i64::from_le_bytes(self.array()?)))
    }

    fn double(&mut self) -> Option<f64> {
        Some(f64::from_le_bytes(self.array()?))
    }

    fn text(&mut self) -> Option<String> {
        let len = u32::from_le_bytes(self.array()?) as usize;
        Some(std::str::from_utf8(self.bytes(len)?).ok()?.to_owned())
    }

    fn yes(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn item(&mut self) -> Option<Item> {
        Some(match self.byte()? {
            OPENING => {
                let clock = self.time()?;
                let lost = u64::from_le_bytes(self.array()?);
                let begin = if self.yes()? { Some(self.begin()?) } else { None };
                let registry = if self.yes()? { Some(self.text()?) } else { None };
                Item::Opening(Opening { begin, registry, clock, lost })
            }
            BEGIN => Item::Row(Row::Begin(self.begin()?)),
            REPORT => Item::Row(Row::Report(self.report()?)),
            TICK => Item::Row(Row::Tick(self.time()?)),
            REGISTRY => Item::Row(Row::Registry(self.text()?)),
            _ => return None,
        })
    }

    fn begin(&mut self) -> Option<Begin> {
        let time = self.time()?;
        Some(Begin { time, run: self.text()?, config: self.text()? })
    }

    fn report(&mut self) -> Option<Report> {
        let flags = u16::from_le_bytes(self.array()?);
        let feed = u16::from_le_bytes(self.array()?);
        let space = *SPACES.get(usize::from(self.byte()?))?;
        let address = Address { space, code: u32::from_le_bytes(self.array()?) };
        let technique = *TECHNIQUES.get(usize::from(self.byte()?))?;
        let class = *AircraftClass::ALL.get(usize::from(self.byte()?))?;
        let mut report = Report::new(feed, address, technique, self.time()?);
        report.class = class;
        report.received = self.time()?;
        let said = |flag: u16| flags & flag != 0;
        if said(POSITION) {
            report.position = Some(point(self.double()?, self.double()?)?);
        }
        if said(SIGMA) {
            report.position_sigma_m = Some(f32::from_le_bytes(self.array()?));
        }
        for (flag, field) in [
            (PRESSURE_ALTITUDE, &mut report.pressure_altitude_m),
            (ELLIPSOID_HEIGHT, &mut report.ellipsoid_height_m),
            (GROUND_SPEED, &mut report.ground_speed_mps),
            (TRACK, &mut report.track_rad),
            (VERTICAL_RATE, &mut report.vertical_rate_mps),
        ] {
            if said(flag) {
                *field = Some(self.double()?);
            }
        }
        if said(GROUND_SAID) {
            report.on_ground = Some(said(ON_GROUND));
        }
        if said(CALLSIGN) {
            let len = usize::from(self.byte()?);
            report.callsign = Some(label(std::str::from_utf8(self.bytes(len)?).ok()?)?);
        }
        if said(SQUAWK) {
            report.squawk = Some(u16::from_le_bytes(self.array()?));
        }
        Some(report)
    }
}

/// A point from the very numbers that it had.
pub(crate) fn point(lat_rad: f64, lon_rad: f64) -> Option<GeoPoint> {
    let point = GeoPoint::from_rad(lat_rad, lon_rad)?;
    (point.lon_rad().to_bits() == lon_rad.to_bits()).then_some(point)
}

/// A label from the very text that it had. A label that was cut may end in a blank, which
/// making one trims: a long character behind it is cut off instead.
pub(crate) fn label(text: &str) -> Option<Label<8>> {
    [Label::new(text), Label::new(&format!("{text}\u{10000}"))]
        .into_iter()
        .flatten()
        .find(|label| label.as_str() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_technique_and_space_has_its_number() {
        // A new one makes this fail to compile, and belongs at the end of the list.
        for technique in TECHNIQUES {
            match technique {
                Technique::AdsB | Technique::AdsR | Technique::TisB | Technique::Mlat => {}
                Technique::ModeS | Technique::AdsC | Technique::Flarm | Technique::Radar => {}
                Technique::Declared | Technique::Unknown => {}
            }
            assert_eq!(TECHNIQUES[usize::from(place(&TECHNIQUES, &technique))], technique);
        }
        for space in SPACES {
            match space {
                AddressSpace::Icao | AddressSpace::NonIcao => {}
                AddressSpace::Flarm | AddressSpace::Local => {}
            }
            assert_eq!(SPACES[usize::from(place(&SPACES, &space))], space);
        }
    }

    #[test]
    fn labels_that_were_cut_come_back() {
        for text in ["EAGLE1", "ABCDEFG HI", "ABCDEF é", "é", "ABCDE \u{10000}"] {
            let cut = Label::<8>::new(text).unwrap();
            assert_eq!(label(cut.as_str()), Some(cut), "{text}");
        }
        assert_eq!(label(""), None);
        assert_eq!(label(" A"), None);
        assert_eq!(label("A "), None);
    }
}
