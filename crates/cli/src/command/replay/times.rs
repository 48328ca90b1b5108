//! What some recordings do not say themselves: when, and where the receiver stood.

use crate::failure::{Failure, Kind, Outcome};
use crate::input;
use deconflict_core::{GeoPoint, Time};
use deconflict_formats::Options;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What a recording may not say itself")]
pub struct Times {
    /// When it began, for formats without times (Beast, AVR): 2017-12-13T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = instant)]
    base_time: Option<Time>,
    /// Frames a second, where frames carry no time at all (AVR)
    #[arg(long, value_name = "N", value_parser = rate)]
    frames_per_s: Option<f64>,
    /// Or when each frame was received: seconds after --base-time, one line a frame
    #[arg(long, value_name = "FILE", conflicts_with = "frames_per_s", requires = "base_time")]
    frame_times: Option<PathBuf>,
    /// Where the receiver stood (Mode S positions on the ground are relative to it)
    #[arg(long, value_name = "LAT,LON", value_parser = place, allow_hyphen_values = true)]
    receiver: Option<GeoPoint>,
    /// How far ahead of UTC the clock was that wrote local times (SBS), seconds
    #[arg(long, value_name = "S", default_value_t = 0, allow_negative_numbers = true,
          value_parser = clap::value_parser!(i32).range(-50_400..=50_400))]
    utc_offset_s: i32,
    /// Where a recorder without a clock restarted, take so many seconds for the gap (stratux)
    #[arg(long, value_name = "S", value_parser = gap)]
    restart_gap_s: Option<f64>,
}

impl Times {
    /// As options for a reader.
    pub fn options(&self) -> Outcome<Options> {
        Ok(Options {
            base_time: self.base_time,
            frames_per_s: self.frames_per_s,
            frame_offsets_s: self.frame_times.as_deref().map(offsets).transpose()?,
            receiver: self.receiver,
            utc_offset_s: self.utc_offset_s,
            restart_gap_s: self.restart_gap_s,
            ..Options::default()
        })
    }
}

/// A number of seconds in each line.
fn offsets(path: &Path) -> Outcome<Arc<[f64]>> {
    let mut text = String::new();
    input::open(path)?.read_to_string(&mut text).map_err(|e| input::broken_off(path, &e))?;
    let one = |(i, line): (usize, &str)| {
        let number = line.trim().parse::<f64>().ok().filter(|n| n.is_finite());
        number.ok_or_else(|| {
            let place = format!("{}:{}", input::name(path), i + 1);
            Failure::new(Kind::BadData, format!("{place}: {:?} is not a number", line.trim()))
                .advise("--frame-times takes one number of seconds a line")
        })
    };
    text.lines().enumerate().map(one).collect()
}

fn instant(text: &str) -> Result<Time, String> {
    let stamp: jiff::Timestamp =
        text.parse().map_err(|_| "is not a time like 2017-12-13T08:00:00Z".to_owned())?;
    i64::try_from(stamp.as_nanosecond()).map(Time::from_nanos).map_err(|e| e.to_string())
}

fn place(text: &str) -> Result<GeoPoint, String> {
    let parts = text.split_once(',').and_then(|(lat, lon)| {
        Some((lat.trim().parse::<f64>().ok()?, lon.trim().parse::<f64>().ok()?))
    });
    parts
        .and_then(|(lat, lon)| GeoPoint::from_deg(lat, lon))
        .ok_or_else(|| "is not a place like 35.3,40.1 (latitude first)".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    within(text, 0.001..=1e6)
}

fn gap(text: &str) -> Result<f64, String> {
    within(text, 0.0..=1e6)
}

fn within(text: &str, range: std::ops::RangeInclusive<f64>) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if range.contains(&number) => Ok(number),
        Ok(_) => Err(format!("has to be between {} and {}", range.start(), range.end())),
        Err(_) => Err("is not a number".to_owned()),
    }
}
