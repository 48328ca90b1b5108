//! Who an aircraft says it is, and how that came to be known.
//!
//! Two questions are kept apart because feeds mix them up: *which number space*
//! an address belongs to ([`AddressSpace`]), and *by which technique* a position
//! was obtained ([`Technique`]). An ICAO address seen through TIS-B and through
//! ADS-B is one aircraft; a TIS-B track-file number is not an ICAO address at
//! all and may well be the ghost of an aircraft that also has one.

use std::fmt;
use std::hash::Hasher;

/// The number space of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AddressSpace {
    /// 24-bit aircraft address assigned under ICAO Annex 10 vol. III.
    Icao,
    /// 24-bit number that is not an ICAO address: anonymous address, ground
    /// vehicle, TIS-B track-file number. Written with a leading `~`, as readsb does.
    NonIcao,
    /// FLARM device number. Written with a leading `f:`.
    Flarm,
    /// Number local to one feed (radar track number, row of a file). Written `#`.
    Local,
}

/// An address in its space. Tracks are keyed by this, never by the number alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// The number space.
    pub space: AddressSpace,
    /// The number; 24 bits except in [`AddressSpace::Local`].
    pub code: u32,
}

impl Address {
    /// An ICAO 24-bit address.
    pub const fn icao(code: u32) -> Address {
        Address { space: AddressSpace::Icao, code: code & 0xff_ffff }
    }

    /// A 24-bit number that is not an ICAO address.
    pub const fn non_icao(code: u32) -> Address {
        Address { space: AddressSpace::NonIcao, code: code & 0xff_ffff }
    }

    /// Reads what [`Display`](fmt::Display) writes: `a4ff9c`, `~2b1234`, `f:dd8f12`, `#17`.
    pub fn parse(text: &str) -> Option<Address> {
        let hex = |s: &str| {
            let ok = (1..=6).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_hexdigit());
            ok.then(|| u32::from_str_radix(s, 16).ok()).flatten()
        };
        if let Some(rest) = text.strip_prefix('~') {
            return hex(rest).map(Address::non_icao);
        }
        if let Some(rest) = text.strip_prefix("f:") {
            return hex(rest).map(|code| Address { space: AddressSpace::Flarm, code });
        }
        if let Some(rest) = text.strip_prefix('#') {
            let code = rest.parse().ok()?;
            return Some(Address { space: AddressSpace::Local, code });
        }
        hex(text).map(Address::icao)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.space {
            AddressSpace::Icao => write!(f, "{:06x}", self.code),
            AddressSpace::NonIcao => write!(f, "~{:06x}", self.code),
            AddressSpace::Flarm => write!(f, "f:{:06x}", self.code),
            AddressSpace::Local => write!(f, "#{}", self.code),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Multiplicative hashing for addresses (Knuth, *The Art of Computer Programming* 3,
/// 6.4, with both halves of the product): the same in every run, and a few
/// cycles, where every report has to be looked up. An address has 24 bits, so the
/// worst that a hostile feed can do is bounded anyway.
#[derive(Clone, Copy, Debug, Default)]
pub struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    #[inline]
    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }
    #[inline]
    fn write_isize(&mut self, word: isize) {
        self.write_u64(word as u64);
    }
    #[inline]
    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15_u128;
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
}

/// How a position or an identity was obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Technique {
    /// The aircraft's own broadcast, received directly (1090ES or UAT).
    AdsB,
    /// ADS-B re-broadcast by a ground station from another data link.
    AdsR,
    /// Rebroadcast of ground surveillance (radar or multilateration).
    TisB,
    /// Multilateration from times of arrival.
    Mlat,
    /// Mode S interrogation replies, without a broadcast position.
    ModeS,
    /// Automatic dependent surveillance, contract (oceanic, slow).
    AdsC,
    /// FLARM radio.
    Flarm,
    /// Primary or secondary radar.
    Radar,
    /// Said by a party about its own aircraft.
    Declared,
    /// The feed does not say.
    Unknown,
}

impl Technique {
    /// The field's short name.
    pub const fn name(self) -> &'static str {
        match self {
            Technique::AdsB => "ADS-B",
            Technique::AdsR => "ADS-R",
            Technique::TisB => "TIS-B",
            Technique::Mlat => "MLAT",
            Technique::ModeS => "Mode S",
            Technique::AdsC => "ADS-C",
            Technique::Flarm => "FLARM",
            Technique::Radar => "radar",
            Technique::Declared => "declared",
            Technique::Unknown => "unknown",
        }
    }

    /// Whether a ground system derived the position, so that it may lag behind,
    /// or stand beside, the aircraft's own broadcast as a ghost.
    pub const fn is_ground_derived(self) -> bool {
        matches!(self, Technique::AdsR | Technique::TisB | Technique::Mlat | Technique::Radar)
    }

    /// Standard deviation per horizontal axis, metres, to assume where the
    /// report states none: round figures of the order of the minimum
    /// performance standards (ADS-B NACp 8: EPU 93 m; TIS-B and MLAT: several
    /// hundred metres with latency).
    pub const fn default_position_sigma_m(self) -> f64 {
        match self {
            Technique::AdsB | Technique::AdsR | Technique::Flarm | Technique::Declared => 30.0,
            Technique::AdsC | Technique::Unknown => 60.0,
            Technique::Mlat => 120.0,
            Technique::TisB | Technique::Radar | Technique::ModeS => 200.0,
        }
    }
}

impl fmt::Display for Technique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_round_trip_and_spaces_differ() {
        for text in ["a4ff9c", "~2b1234", "f:dd8f12", "#17"] {
            assert_eq!(Address::parse(text).unwrap().to_string(), text);
        }
        assert_ne!(Address::parse("2b1234"), Address::parse("~2b1234"));
        for bad in ["", "~", "xyz", "1234567", "+12345", "#", "f:"] {
            assert_eq!(Address::parse(bad), None, "{bad:?}");
        }
    }
}
