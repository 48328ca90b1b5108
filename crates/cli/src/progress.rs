//! How far long work has come, on standard error, if a person is watching.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::time::Duration;

/// A bar over bytes; a spinner if nobody knows how many there will be; nothing
/// at all if standard error is no terminal.
pub fn bytes(total: Option<u64>) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let template = match total {
        Some(_) => "{bar:30} {percent:>3} %  {bytes} of {total_bytes}  {bytes_per_sec}  {msg}",
        None => "{spinner} {bytes}  {bytes_per_sec}  {msg}",
    };
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(5));
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

/// A bar over the simulated minutes.
pub fn minutes(duration_s: f64) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let total = Some((duration_s / 60.0).ceil() as u64);
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(5));
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} simulated minutes") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
