//! Files and standard input, decompressed on the way.

use crate::failure::{Failure, Kind, Outcome};
use deconflict_formats::Decompress;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Where bytes come from.
pub type Source = Box<dyn Read + Send>;

/// Whether a path stands for standard input.
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// How messages call an input.
pub fn name(path: &Path) -> String {
    if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// The raw bytes of a file, with their number if it is known, or of standard input.
pub fn raw(path: &Path) -> Outcome<(Source, Option<u64>)> {
    if is_stdin(path) {
        return Ok((Box::new(io::stdin()), None));
    }
    let opened = File::open(path).and_then(|f| f.metadata().map(|m| (f, m)));
    let (file, metadata) = opened.map_err(|e| Failure::unreadable(path, &e))?;
    if metadata.is_dir() {
        let error = io::Error::from(io::ErrorKind::IsADirectory);
        return Err(Failure::unreadable(path, &error));
    }
    Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
}

/// A file or standard input, decompressed if need be.
pub fn open(path: &Path) -> Outcome<Decompress<Source>> {
    let (source, _) = raw(path)?;
    Decompress::new(source).map_err(|e| broken_off(path, &e))
}

/// An input that could be opened but not read to its end.
pub fn broken_off(path: &Path, error: &io::Error) -> Failure {
    let name = name(path);
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            Failure::new(Kind::BadData, format!("{name}: the compressed data ends too early"))
                .advise("the file was cut short: fetch it again")
        }
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            Failure::new(Kind::BadData, format!("{name}: the compressed data is damaged: {error}"))
                .advise("fetch the file again")
        }
        _ => Failure::new(Kind::NoInput, format!("cannot read {name}: {error}")),
    }
}
