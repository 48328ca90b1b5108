//! Mode S frames: from bits to reports.
//!
//! The fields of a frame are taken apart by [`rs1090`]. Around it stands what
//! a receiver has to add: the check of the parity against the addresses heard so far, the
//! pairing of compact positions, and a check that each position can be reached from the last.
//!
//! Parity (ICAO Annex 10 vol. IV, 3.1.2.3.3): extended squitters (DF 17, 18) and
//! unsolicited all-call replies (DF 11) must leave no remainder. The remainder of an
//! all-call reply to an interrogator is that interrogator's code (7 bits), and that of
//! other replies *is* the address, so that any noise yields one: both are accepted only
//! for an address that a frame of the first kind has confirmed in the last minute.
//! What is not accepted is counted as silent: nothing shows that it is faulty.

mod avr;
mod beast;
mod cpr;
mod parity;
mod target;

pub(crate) use avr::{Avr, ModesCsv};
pub(crate) use beast::{Beast, BeastFrames};

use crate::error::ErrorKind;
use crate::field;
use crate::sink::Sink;
use deconflict_core::{Address, AircraftClass, GeoPoint, Report, Technique, Time};
use rs1090::decode::adsb::ME;
use rs1090::decode::bds::bds05::{AirbornePosition, Source};
use rs1090::decode::bds::bds06::SurfacePosition;
use rs1090::decode::bds::bds09::{AirborneVelocity, AirborneVelocitySubType};
use rs1090::decode::bds::bds65::{ADSBVersionAirborne, AircraftOperationStatus};
use rs1090::decode::cpr::CPRFormat;
use rs1090::decode::{ControlFieldType, DF, FlightStatus, Message};
use rs1090::prelude::DekuContainerRead;
use std::collections::HashMap;
use target::Target;

/// For how long a confirmed address lets other replies pass.
const CONFIRMED_FOR_S: f64 = 60.0;
/// More targets than any receiver hears: beyond it those long silent are forgotten.
const MOST_TARGETS: usize = 20_000;

/// Decodes frames; remembers who was heard, and their last positions.
#[derive(Debug, Default)]
pub(crate) struct ModeS {
    targets: HashMap<Address, Target>,
    receiver: Option<GeoPoint>,
}

impl ModeS {
    pub(crate) fn new(receiver: Option<GeoPoint>) -> ModeS {
        ModeS { targets: HashMap::new(), receiver }
    }

    /// One frame of 7 or 14 bytes. `multilaterated` frames carry positions that
    /// a server computed.
    pub(crate) fn frame(
        &mut self,
        frame: &[u8],
        time: Time,
        multilaterated: bool,
        sink: &mut Sink,
    ) {
        let format = frame.first().map_or(0, |byte| byte >> 3);
        let length = if format < 16 { 7 } else { 14 };
        if frame.len() != length {
            return sink.error(ErrorKind::Truncated, "frame", frame);
        }
        let remainder = parity::remainder(frame);
        let announced = u32::from_be_bytes([0, frame[1], frame[2], frame[3]]);
        let accepted = match format {
            17 | 18 if remainder == 0 => true,
            17 | 18 => return sink.error(ErrorKind::BadChecksum, "frame", frame),
            11 if remainder == 0 => true,
            11 if remainder >= 0x80 => {
                return sink.error(ErrorKind::BadChecksum, "frame", frame);
            }
            11 => self.confirmed(announced, time),
            0 | 4 | 5 | 16 | 20 | 21 => self.confirmed(remainder, time),
            _ => return sink.error(ErrorKind::UnknownMessage, "frame", frame),
        };
        if !accepted {
            return sink.silent();
        }
        match Message::from_bytes((frame, 0)) {
            Ok((_, message)) => self.message(message.df, remainder, time, multilaterated, sink),
            // Sound in transmission, but with a content that the standard does not have.
            Err(_) => sink.error(ErrorKind::ImpossibleValue, "frame", frame),
        }
    }

    fn confirmed(&self, code: u32, time: Time) -> bool {
        let target = self.targets.get(&Address::icao(code));
        target.is_some_and(|target| time.seconds_since(target.confirmed).abs() <= CONFIRMED_FOR_S)
    }

    fn message(
        &mut self,
        message: DF,
        remainder: u32,
        time: Time,
        multilaterated: bool,
        sink: &mut Sink,
    ) {
        let mut report = Report::new(sink.feed, Address::icao(remainder), Technique::ModeS, time);
        match message {
            DF::ShortAirAirSurveillance { vs, ac, .. }
            | DF::LongAirAirSurveillance { vs, ac, .. } => {
                report.on_ground = Some(vs == 1);
                pressure_altitude(&mut report, ac.0, sink);
            }
            DF::SurveillanceAltitudeReply { fs, ac, .. }
            | DF::CommBAltitudeReply { fs, ac, .. } => {
                report.on_ground = on_ground(fs);
                pressure_altitude(&mut report, ac.0, sink);
            }
            DF::SurveillanceIdentityReply { fs, id, .. }
            | DF::CommBIdentityReply { fs, id, .. } => {
                report.on_ground = on_ground(fs);
                report.squawk = Some(digits(id.0));
            }
            DF::AllCallReply { icao, .. } => {
                report.address = Address::icao(icao.0);
                if remainder == 0 {
                    self.confirm(report.address, time);
                }
            }
            DF::ExtendedSquitterADSB(squitter) => {
                report.address = Address::icao(squitter.icao24.0);
                report.technique = if multilaterated { Technique::Mlat } else { Technique::AdsB };
                self.confirm(report.address, time);
                self.squitter(squitter.message, &mut report, sink);
            }
            DF::ExtendedSquitterTisB { cf, .. } => {
                let Some((technique, anonymous)) = rebroadcast(cf.field_type) else {
                    return sink.silent();
                };
                report.technique = technique;
                report.address = match anonymous {
                    true => Address::non_icao(cf.aa.0),
                    false => Address::icao(cf.aa.0),
                };
                self.confirm(report.address, time);
                self.squitter(cf.me, &mut report, sink);
            }
            _ => return sink.silent(),
        }
        sink.report(report);
    }

    fn confirm(&mut self, address: Address, time: Time) {
        if self.targets.len() >= MOST_TARGETS {
            let recent = |t: &mut Target| time.seconds_since(t.confirmed) < 10.0 * CONFIRMED_FOR_S;
            self.targets.retain(|_, target| recent(target));
            if self.targets.len() >= MOST_TARGETS {
                // Addresses are being made up; start afresh rather than grow.
                self.targets.clear();
            }
        }
        self.targets.entry(address).or_insert_with(|| Target::new(time)).confirmed = time;
    }

    fn squitter(&mut self, message: ME, report: &mut Report, sink: &mut Sink) {
        match message {
            ME::BDS05 { tc, inner } => self.airborne(tc, &inner, report, sink),
            ME::BDS06 { inner, .. } => self.surface(&inner, report, sink),
            ME::BDS08 { inner, .. } => {
                report.callsign = field::callsign(inner.callsign.as_bytes()).ok().flatten();
                let name = format!("{:?}{}", inner.tc, inner.ca);
                report.class = AircraftClass::from_emitter_category(&name);
            }
            ME::BDS09(velocity) => motion(&velocity, report, sink),
            ME::BDS61(status) => {
                report.squawk = Some(digits(status.squawk.0)).filter(|code| *code != 0);
            }
            ME::BDS65(AircraftOperationStatus::Airborne(status)) => {
                let nac_p = match status.version {
                    ADSBVersionAirborne::DOC9871AppendixB(version) => version.nac_p,
                    ADSBVersionAirborne::DOC9871AppendixC(version) => version.nac_p,
                    _ => return,
                };
                if let Some(target) = self.targets.get_mut(&report.address) {
                    target.sigma_m = field::sigma_from_nac_p(f64::from(nac_p)).ok().flatten();
                }
            }
            _ => {}
        }
    }

    fn airborne(&mut self, tc: u8, said: &AirbornePosition, report: &mut Report, sink: &mut Sink) {
        report.on_ground = Some(false);
        match said.source {
            Source::Barometric => pressure_altitude(report, said.alt, sink),
            // Metres or feet, by edition of the standard and by maker: not told apart.
            Source::Gnss => {}
        }
        // Type codes 18 and 22 say that the accuracy is unknown or worse than 10 NM.
        let Some(target) = self.targets.get_mut(&report.address) else { return };
        let pair = cpr::Encoded { lat: said.lat_cpr, lon: said.lon_cpr };
        let odd = said.parity == CPRFormat::Odd;
        report.position = target.airborne(pair, odd, report.measured);
        report.position_sigma_m = report.position.and(target.sigma_m).filter(|_| tc != 18);
    }

    fn surface(&mut self, said: &SurfacePosition, report: &mut Report, sink: &mut Sink) {
        report.on_ground = Some(true);
        report.ground_speed_mps =
            said.groundspeed.and_then(|kt| sink.keep("ground speed", b"", field::speed_kt(kt)));
        report.track_rad =
            said.track.and_then(|deg| sink.keep("track", b"", field::track_deg(deg)));
        let receiver = self.receiver;
        let Some(target) = self.targets.get_mut(&report.address) else { return };
        let pair = cpr::Encoded { lat: said.lat_cpr, lon: said.lon_cpr };
        let odd = said.parity == CPRFormat::Odd;
        report.position = target.surface(pair, odd, report.measured, receiver);
        report.position_sigma_m = report.position.and(target.sigma_m);
    }
}

/// What a squitter of DF 18 is, by its control field (DO-260B 2.2.3.2.1.2), and
/// whether its address is no ICAO address. `None`: it is about no aircraft.
fn rebroadcast(field: ControlFieldType) -> Option<(Technique, bool)> {
    match field {
        ControlFieldType::ADSB_ES_NT => Some((Technique::AdsB, false)),
        ControlFieldType::ADSB_ES_NT_ALT => Some((Technique::AdsB, true)),
        ControlFieldType::TISB_FINE | ControlFieldType::TISB_COARSE => {
            Some((Technique::TisB, false))
        }
        ControlFieldType::TISB_ADSB_RELAY => Some((Technique::TisB, true)),
        ControlFieldType::TISB_ADSB => Some((Technique::AdsR, false)),
        ControlFieldType::TISB_MANAGE | ControlFieldType::Reserved => None,
    }
}

fn motion(said: &AirborneVelocity, report: &mut Report, sink: &mut Sink) {
    report.vertical_rate_mps = said
        .vertical_rate
        .and_then(|fpm| sink.keep("vertical rate", b"", field::rate_fpm(f64::from(fpm))));
    let AirborneVelocitySubType::GroundSpeedDecoding(components) = &said.velocity else {
        return; // air speed and heading, without the wind, are no motion over ground
    };
    // A component is sent as its size in knots plus one, zero meaning that it
    // is not known: what is left after the subtraction is then minus one, signed.
    let unknown = |value: f64, sign: i16| value == -f64::from(sign);
    let (east, north) = (components.ew_vel, components.ns_vel);
    if unknown(east, components.ew_sign.value()) || unknown(north, components.ns_sign.value()) {
        return;
    }
    let scale = if said.subtype == 2 { 4.0 } else { 1.0 };
    let (east_kt, north_kt) = (east * scale, north * scale);
    report.ground_speed_mps =
        sink.keep("ground speed", b"", field::speed_kt(east_kt.hypot(north_kt)));
    if east_kt != 0.0 || north_kt != 0.0 {
        report.track_rad = Some(east_kt.atan2(north_kt).rem_euclid(std::f64::consts::TAU));
    }
}

fn pressure_altitude(report: &mut Report, ft: Option<i32>, sink: &mut Sink) {
    report.pressure_altitude_m =
        ft.and_then(|ft| sink.keep("altitude", b"", field::altitude_ft(f64::from(ft))));
}

fn on_ground(status: FlightStatus) -> Option<bool> {
    match status {
        FlightStatus::NoAlertNoSpiAirborne | FlightStatus::AlertNoSpiAirborne => Some(false),
        FlightStatus::NoAlertNoSpiOnGround | FlightStatus::AlertNoSpiOnGround => Some(true),
        _ => None,
    }
}

/// Four octal digits, one a nibble, as the decimal number that they look like.
fn digits(code: u16) -> u16 {
    (0..4).rev().fold(0, |number, i| number * 10 + (code >> (4 * i) & 7))
}
