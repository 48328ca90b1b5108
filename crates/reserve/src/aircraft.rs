//! Which aircraft use a reservation.

use deconflict_core::identity::{Address, AddressSpace};
use deconflict_core::{Label, Subject};
use std::fmt;

/// The most aircraft of one reservation.
pub const MOST_AIRCRAFT: usize = 200;

/// An aircraft, by what it says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aircraft {
    /// By its address.
    Address(Address),
    /// By its call sign, for those whose address is not known.
    CallSign(Label<8>),
}

impl Aircraft {
    /// Reads an address (`ae01ce`, `~2b1234`, `f:dd8f12`) or a call sign (`REACH11`). Six
    /// hexadecimal digits are an address, unless they are capital letters and then figures, as
    /// the call signs of airlines are (`CCA981`).
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub fn parse(text: &str) -> Result<Aircraft, String> {
        let text = text.trim();
        let shown = || text.chars().take(20).collect::<String>();
        let is_address = (text.len() == 6 && !is_airline(text))
            || text.starts_with('~')
            || text.starts_with("f:");
        if let Some(address) = Address::parse(text).filter(|_| is_address) {
            return Ok(Aircraft::Address(address));
        }
        if text.starts_with('#') {
            let says = "is a number of one feed: write the address or the call sign";
            return Err(format!("'{}' {says}", shown()));
        }
        let is_call_sign = (2..=8).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric())
            && !text.bytes().all(|b| b.is_ascii_digit());
        match Label::new(&text.to_ascii_uppercase()).filter(|_| is_call_sign) {
            Some(call_sign) => Ok(Aircraft::CallSign(call_sign)),
            None => Err(format!(
                "'{}' is no aircraft: write a 24-bit address in six hexadecimal digits, ae01ce, \
                 or a call sign of 2 to 8 letters and figures, REACH11",
                shown()
            )),
        }
    }

    /// The address, if it is one.
    pub const fn address(&self) -> Option<Address> {
        match self {
            Aircraft::Address(address) => Some(*address),
            Aircraft::CallSign(_) => None,
        }
    }

    /// The call sign, if it is one.
    pub const fn call_sign(&self) -> Option<Label<8>> {
        match self {
            Aircraft::Address(_) => None,
            Aircraft::CallSign(call_sign) => Some(*call_sign),
        }
    }

    /// Whether an aircraft that is seen is this one.
    pub fn is(&self, subject: &Subject) -> bool {
        match self {
            Aircraft::Address(address) => subject.address == Some(*address),
            Aircraft::CallSign(call_sign) => subject.callsign == Some(*call_sign),
        }
    }

    /// Whether it is written in a way that is read back as the same aircraft.
    pub(crate) fn is_plain(&self) -> bool {
        let is_local = self.address().is_some_and(|a| a.space == AddressSpace::Local);
        !is_local && Aircraft::parse(&self.to_string()) == Ok(*self)
    }
}

/// Capital letters, two or more, and then figures only.
fn is_airline(text: &str) -> bool {
    let figures = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
    text.len() - figures.len() >= 2 && figures.bytes().all(|b| b.is_ascii_digit())
}

impl fmt::Display for Aircraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Aircraft::Address(address) => write!(f, "{address}"),
            Aircraft::CallSign(call_sign) => f.write_str(call_sign.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_call_signs_are_told_apart() {
        for (text, written) in [
            ("ae01ce", "ae01ce"),
            ("AE01CE", "ae01ce"),
            (" 400123 ", "400123"),
            ("00000a", "00000a"),
            ("~2b1234", "~2b1234"),
            ("f:dd8f12", "f:dd8f12"),
        ] {
            let read = Aircraft::parse(text).unwrap();
            assert!(read.address().is_some() && read.is_plain(), "{text}");
            assert_eq!(read.to_string(), written);
        }
        for (text, written) in [
            ("REACH11", "REACH11"),
            ("reach11", "REACH11"),
            ("CCA981", "CCA981"),
            ("FACADE", "FACADE"),
        ] {
            let read = Aircraft::parse(text).unwrap();
            assert!(read.call_sign().is_some() && read.is_plain(), "{text}");
            assert_eq!(read.to_string(), written);
        }
        for text in ["", "A", "#17", "1234567", "REACH 11", "TOOLONG123", "~", "Ä12"] {
            assert!(Aircraft::parse(text).is_err(), "{text}");
        }
        // What would be read as an address is no call sign.
        assert!(!Aircraft::CallSign(Label::new("ae01ce").unwrap()).is_plain());
    }
}
