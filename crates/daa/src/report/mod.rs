//! Reports as the reference prints them: one row an intruder ([`alerting_rows`]), or all
//! that is known at a moment ([`batch_moment`]).

mod alerting;
mod batch;

pub use alerting::{alerting_header, alerting_rows};
pub use batch::batch_moment;

/// A number with at most nine decimals and at least one.
pub fn number(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "infty" } else { "-infty" }.to_owned();
    }
    let text = format!("{value:.9}");
    let trimmed = text.trim_end_matches('0');
    let trimmed = if trimmed.ends_with('.') { format!("{trimmed}0") } else { trimmed.to_owned() };
    if trimmed == "-0.0" { "0.0".to_owned() } else { trimmed }
}
