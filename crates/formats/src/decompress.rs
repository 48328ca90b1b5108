//! gzip and Zstandard, told by their first bytes and never by a file's name.

use flate2::bufread::MultiGzDecoder;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

/// Zstandard frames may ask for any amount of memory; 128 MiB is what the
/// reference tool grants without being told to.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// An input that decompresses itself if it needs to. Several gzip members or
/// Zstandard frames one after another are one input.
pub struct Decompress<R: Read> {
    inner: Inner<R>,
}

enum Inner<R: Read> {
    Plain(BufReader<R>),
    Gzip(Box<MultiGzDecoder<BufReader<R>>>),
    Zstd(Box<zstd::Decoder<'static, BufReader<R>>>),
}

impl<R: Read> Decompress<R> {
    /// Looks at the first bytes to see what the input is.
    pub fn new(input: R) -> io::Result<Decompress<R>> {
        let mut input = BufReader::with_capacity(64 * 1024, input);
        // A reader may deliver less than four bytes at first; a compressed
        // file's head comes at once from all but the most contrived ones.
        let head = input.fill_buf()?;
        let inner = if head.starts_with(&[0x1f, 0x8b]) {
            Inner::Gzip(Box::new(MultiGzDecoder::new(input)))
        } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            let mut decoder = zstd::Decoder::with_buffer(input)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Inner::Zstd(Box::new(decoder))
        } else {
            Inner::Plain(input)
        };
        Ok(Decompress { inner })
    }

    /// What the input is compressed with: `gzip`, `zstd`, or nothing.
    pub fn compression(&self) -> Option<&'static str> {
        match self.inner {
            Inner::Plain(_) => None,
            Inner::Gzip(_) => Some("gzip"),
            Inner::Zstd(_) => Some("zstd"),
        }
    }
}

impl<R: Read> Read for Decompress<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.inner {
            Inner::Plain(input) => input.read(buffer),
            Inner::Gzip(decoder) => decoder.read(buffer),
            Inner::Zstd(decoder) => decoder.read(buffer),
        }
    }
}

impl<R: Read> fmt::Debug for Decompress<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompress").field("compression", &self.compression()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read_all(input: &[u8]) -> (Vec<u8>, io::Result<usize>) {
        let mut found = Vec::new();
        let result = Decompress::new(input).and_then(|mut d| d.read_to_end(&mut found));
        (found, result)
    }

    #[test]
    fn members_and_frames_are_joined() {
        let two = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(read_all(&two).0, b"one two");
        let frame = |text: &[u8]| zstd::encode_all(text, 1).unwrap();
        let two = [frame(b"one "), frame(b"two")].concat();
        assert_eq!(read_all(&two).0, b"one two");
        assert_eq!(read_all(b"plain").0, b"plain");
        assert_eq!(read_all(b"").0, b"");
    }

    #[test]
    fn truncated_input_delivers_what_was_readable_and_then_fails() {
        let text: Vec<u8> = (0..100_000u32).flat_map(|i| format!("{i}\n").into_bytes()).collect();
        for whole in [gzip(&text), zstd::encode_all(&text[..], 1).unwrap()] {
            let (found, result) = read_all(&whole[..whole.len() / 2]);
            assert!(!found.is_empty() && text.starts_with(&found));
            assert_eq!(result.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        }
    }
}
