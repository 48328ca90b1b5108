//! Numbers and lines of JSON.

use serde::{Serialize, Serializer};
use std::io::{self, Write};

/// A number with at most `D` decimals: more would be noise, and lines would be
/// longer for it. What is not a number is `null`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decimals<const D: i32>(pub f64);

impl<const D: i32> Serialize for Decimals<D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.0.is_finite() {
            return serializer.serialize_none();
        }
        let scale = 10f64.powi(D);
        // Adding zero turns a negative zero into a plain one.
        serializer.serialize_f64((self.0 * scale).round() / scale + 0.0)
    }
}

/// Writes a value as one line.
pub fn line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_always_valid() {
        let numbers = [1.0, 12.345_678, -0.000_1, f64::NAN, f64::INFINITY].map(Decimals::<3>);
        let mut out = Vec::new();
        line(&mut out, &numbers).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "[1.0,12.346,0.0,null,null]\n");
    }
}
