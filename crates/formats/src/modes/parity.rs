//! The cyclic code of Mode S.

/// Generator polynomial x²⁴ + … (ICAO Annex 10 vol. IV, 3.1.2.3.3.1.2), without its leading term.
const GENERATOR: u32 = 0xff_f409;

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = (byte as u32) << 16;
        let mut bit = 0;
        while bit < 8 {
            let carry = remainder & 0x80_0000 != 0;
            remainder = (remainder << 1 & 0xff_ffff) ^ if carry { GENERATOR } else { 0 };
            bit += 1;
        }
        table[byte] = remainder;
        byte += 1;
    }
    table
};

/// The remainder of the frame's bits before the parity field, combined with that
/// field: zero, an interrogator code or an address.
pub(crate) fn remainder(frame: &[u8]) -> u32 {
    let Some((bits, parity)) = frame.split_last_chunk::<3>() else { return u32::MAX };
    let computed = bits.iter().fold(0u32, |remainder, byte| {
        let index = (remainder >> 16) as u8 ^ byte;
        (remainder << 8 & 0xff_ffff) ^ TABLE[usize::from(index)]
    });
    computed ^ u32::from_be_bytes([0, parity[0], parity[1], parity[2]])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parity field is the remainder of the rest, so a frame built that way
    /// has none left, and one flipped bit always leaves some.
    #[test]
    fn single_bit_errors_are_found() {
        let mut frame = [0x8d, 0xab, 0xcd, 0xef, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0];
        let parity = remainder(&frame).to_be_bytes();
        frame[11..].copy_from_slice(&parity[1..]);
        assert_eq!(remainder(&frame), 0);
        for bit in 0..112 {
            let mut flipped = frame;
            flipped[bit / 8] ^= 0x80 >> (bit % 8);
            assert_ne!(remainder(&flipped), 0, "{bit}");
        }
    }

    /// The example that the literature uses (J. Sun, "The 1090 Megahertz Riddle", 2021).
    #[test]
    fn a_published_frame_is_sound() {
        let frame = 0x8D40_6B90_2015_A678_D4D2_20AA_4BDA_u128.to_be_bytes();
        assert_eq!(remainder(&frame[2..]), 0);
        assert_eq!(remainder(&[]), u32::MAX);
    }
}
