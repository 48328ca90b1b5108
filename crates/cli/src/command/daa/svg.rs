//! The bands over time: one strip a dimension, time to the right.

use deconflict_core::units::{fpm_from_mps, ft_from_m, kt_from_mps, m_from_ft};
use deconflict_daa::config::Dimension;
use deconflict_daa::monitor::Assessment;
use deconflict_daa::region::Region;
use std::fmt::Write;

const WIDTH: f64 = 960.0;
const STRIP: f64 = 150.0;
const GAP: f64 = 44.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 30.0;

/// Colours that colour-blind people tell apart (Okabe and Ito 2008), and a pattern
/// of their own in the legend's words: no region is told by colour alone.
fn colour(region: Region) -> &'static str {
    match region {
        Region::None => "#eef1f3",
        Region::Far => "#f0e442",
        Region::Mid => "#e69f00",
        Region::Near => "#d55e00",
        Region::Recovery => "#009e73",
    }
}

fn told(dimension: Dimension, value: f64) -> f64 {
    match dimension {
        Dimension::Direction => value.to_degrees(),
        Dimension::Speed => kt_from_mps(value),
        Dimension::VerticalSpeed => fpm_from_mps(value),
        Dimension::Altitude => ft_from_m(value),
    }
}

fn title(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Direction => "Direction, degrees",
        Dimension::Speed => "Speed, kt",
        Dimension::VerticalSpeed => "Vertical speed, ft/min",
        Dimension::Altitude => "Altitude, ft",
    }
}

/// Altitudes further from ownship's than this are left out of the drawing: of all that
/// can be flown, what matters is a thin line.
const ALTITUDES_SHOWN_M: f64 = m_from_ft(5000.0);

/// The part of a dimension that is drawn.
fn focus(dimension: Dimension, all: &[Assessment], low: f64, high: f64) -> (f64, f64) {
    if dimension != Dimension::Altitude {
        return (low, high);
    }
    let own = || all.iter().map(|a| a.bands[dimension as usize].current);
    let (least, most) = (own().fold(f64::INFINITY, f64::min), own().fold(-f64::INFINITY, f64::max));
    ((least - ALTITUDES_SHOWN_M).max(low), (most + ALTITUDES_SHOWN_M).min(high))
}

/// An SVG document.
pub fn draw(all: &[Assessment]) -> String {
    let height = TOP + 4.0 * (STRIP + GAP) + 20.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>Manoeuvre bands over time</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let (Some(first), Some(last)) = (all.first(), all.last()) else {
        out.push_str("</svg>\n");
        return out;
    };
    let span_s = (last.time_s - first.time_s).max(1.0);
    let column = (WIDTH - LEFT - 20.0) / (span_s + 1.0);
    let x = |time_s: f64| LEFT + (time_s - first.time_s) * column;
    for dimension in Dimension::ALL {
        let top = TOP + dimension as usize as f64 * (STRIP + GAP);
        let all_bands = || all.iter().flat_map(|a| &a.bands[dimension as usize].bands);
        let low = all_bands().map(|b| b.low).fold(f64::INFINITY, f64::min);
        let high = all_bands().map(|b| b.high).fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = focus(dimension, all, low, high);
        if low >= high {
            continue;
        }
        let y = |value: f64| top + STRIP * (1.0 - (value - low) / (high - low));
        let _ = writeln!(
            out,
            "<text x=\"{LEFT}\" y=\"{:.1}\" font-weight=\"bold\">{}</text>",
            top - 6.0,
            title(dimension)
        );
        for (k, assessment) in all.iter().enumerate() {
            let until = all.get(k + 1).map_or(assessment.time_s + 1.0, |next| next.time_s);
            let (from, width) = (x(assessment.time_s), x(until) - x(assessment.time_s));
            let bands = &assessment.bands[dimension as usize];
            for band in &bands.bands {
                let (above, below) = (y(band.high.min(high)), y(band.low.max(low)));
                if above >= below {
                    continue;
                }
                let _ = writeln!(
                    out,
                    "<rect x=\"{from:.2}\" y=\"{above:.2}\" width=\"{width:.2}\" \
                     height=\"{:.2}\" shape-rendering=\"crispEdges\" fill=\"{}\"><title>{} at {} s</title></rect>",
                    below - above,
                    colour(band.region),
                    band.region,
                    assessment.time_s
                );
            }
            let _ = writeln!(
                out,
                "<line x1=\"{from:.2}\" x2=\"{:.2}\" y1=\"{:.2}\" y2=\"{:.2}\" \
                 stroke=\"#000000\" stroke-width=\"1.5\"/>",
                from + width,
                y(bands.current),
                y(bands.current)
            );
        }
        for (value, at) in [(high, top + 10.0), (low, top + STRIP)] {
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{at:.1}\" text-anchor=\"end\">{:.0}</text>",
                LEFT - 6.0,
                told(dimension, value)
            );
        }
        for (time_s, anchor) in [(first.time_s, "start"), (last.time_s + 1.0, "end")] {
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{time_s:.0} s</text>",
                x(time_s),
                top + STRIP + 14.0
            );
        }
    }
    let mut at = LEFT;
    for region in [Region::None, Region::Far, Region::Mid, Region::Near, Region::Recovery] {
        let y = height - 24.0;
        let _ = writeln!(
            out,
            "<rect x=\"{at}\" y=\"{y}\" width=\"14\" height=\"14\" fill=\"{}\" stroke=\"#888888\"/>\
             <text x=\"{}\" y=\"{}\">{region}</text>",
            colour(region),
            at + 20.0,
            y + 12.0
        );
        at += 110.0;
    }
    out.push_str("</svg>\n");
    out
}
