//! What a replay amounted to, and what each feed delivered.

use super::feeds::Feeds;
use crate::output::{Table, count, thousands};
use crate::tell::second;
use deconflict_core::Time;
use deconflict_engine::Engine;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// For people.
pub fn write_text(out: &mut impl Write, engine: &Engine, feeds: &Feeds) -> io::Result<()> {
    let mut table = Table::new(&[
        "FEED",
        "FORMAT",
        ">RECORDS",
        ">REPORTS",
        ">PLOTS",
        ">AIRCRAFT",
        ">LATE",
        ">FAULTS",
        ">SILENT",
        "FROM",
        "TO",
    ]);
    let time = |t: Option<Time>| t.map_or_else(|| "-".to_owned(), second);
    for (number, feed) in feeds.iter().enumerate() {
        let s = feed.statistics();
        table.row(vec![
            feed.name(),
            feed.format().name().to_owned(),
            thousands(s.records),
            thousands(s.reports),
            thousands(s.plots),
            thousands(s.addresses() as u64),
            thousands(s.out_of_order),
            thousands(s.errors_total()),
            thousands(silences(engine, number)),
            time(s.first),
            time(s.last),
        ]);
    }
    writeln!(out)?;
    table.write(out)?;
    for feed in feeds.iter().filter(|f| f.statistics().errors_total() > 0) {
        let kinds = feed.statistics().errors_by_kind();
        let kinds: Vec<_> = kinds.map(|(k, n)| format!("{k} {}", thousands(n))).collect();
        writeln!(out, "faults in {}: {}", feed.name(), kinds.join(", "))?;
    }
    writeln!(out)?;
    write_totals(out, engine)
}

/// Alerts, formations, suppressions and what became of the reports.
pub fn write_totals(out: &mut impl Write, engine: &Engine) -> io::Result<()> {
    let (totals, counts) = (engine.alerts().totals(), engine.counts());
    writeln!(
        out,
        "{} ({} came to a loss of separation), {}",
        count(totals.alerts, "alert", "alerts"),
        thousands(totals.lost),
        count(totals.formations, "formation", "formations")
    )?;
    for (reason, number) in &totals.suppressed {
        writeln!(out, "not called: {} ({reason})", count(*number, "pair", "pairs"))?;
    }
    let t = engine.tracker().statistics();
    let dropped = t.reports.saturating_sub(t.used + t.duplicates);
    writeln!(
        out,
        "{}: {} used, {} duplicates, {} set aside ({} outside the gate, {} without a track, {} late)",
        count(t.reports, "report", "reports"),
        thousands(t.used),
        thousands(t.duplicates),
        thousands(dropped),
        thousands(t.outliers),
        thousands(t.without_track),
        thousands(t.late_dropped + t.too_old),
    )?;
    writeln!(
        out,
        "{}, at most {} aircraft at once",
        count(counts.evaluations, "evaluation", "evaluations"),
        thousands(counts.most_aircraft as u64)
    )
}

/// One line of JSON, kind `summary`.
pub fn json(engine: &Engine, feeds: &Feeds) -> Value {
    let (totals, counts) = (engine.alerts().totals(), engine.counts());
    let suppressed: Map<String, Value> =
        totals.suppressed.iter().map(|(reason, n)| (reason.to_string(), json!(n))).collect();
    let t = engine.tracker().statistics();
    let feeds: Vec<Value> = feeds
        .iter()
        .enumerate()
        .map(|(number, feed)| {
            let s = feed.statistics();
            let errors: Map<String, Value> =
                s.errors_by_kind().map(|(kind, n)| (kind.to_string(), json!(n))).collect();
            json!({
                "feed": number,
                "name": feed.name(),
                "format": feed.format().name(),
                "records": s.records,
                "reports": s.reports,
                "plots": s.plots,
                "aircraft": s.addresses(),
                "out_of_order": s.out_of_order,
                "without_aircraft": s.silent,
                "errors": errors,
                "silences": silences(engine, number),
                "first": s.first.map(|t| t.to_string()),
                "last": s.last.map(|t| t.to_string()),
            })
        })
        .collect();
    json!({
        "kind": "summary",
        "alerts": totals.alerts,
        "lost": totals.lost,
        "formations": totals.formations,
        "suppressed": suppressed,
        "evaluations": counts.evaluations,
        "conflicts": counts.conflicts,
        "most_aircraft": counts.most_aircraft,
        "reports": t.reports,
        "reports_used": t.used,
        "duplicates": t.duplicates,
        "outliers": t.outliers,
        "without_track": t.without_track,
        "late": t.late_dropped + t.too_old,
        "feeds": feeds,
    })
}

fn silences(engine: &Engine, number: usize) -> u64 {
    engine.feeds().find(|f| usize::from(f.feed) == number).map_or(0, |f| f.silences)
}
