//! From steps of the picture to entries of the store.

use deconflict_picture::{Alert, AlertState, Change, Comment, Feed, Health, Stamp, Step};
use deconflict_store::{
    AlertChangeRow, AlertRecord, AlertRow, AuditRow, Entry, NoteKind, NoteRow, Writer,
};
use std::collections::HashMap;
use std::sync::Arc;

/// Writes down what happens to alerts and feeds.
pub struct Keeper {
    writer: Writer,
    /// How many changes of each alert have been written.
    written: HashMap<String, usize>,
    health: HashMap<String, Health>,
}

impl Keeper {
    /// A keeper that has written nothing.
    pub fn new(writer: Writer) -> Keeper {
        Keeper { writer, written: HashMap::new(), health: HashMap::new() }
    }

    /// Takes in a step.
    pub fn keep(&mut self, step: &Step) {
        for alert in &step.alerts {
            self.keep_alert(alert);
        }
        if step.evaluated {
            self.keep_feeds(&step.picture.feeds);
        }
    }

    fn keep_alert(&mut self, alert: &Arc<Alert>) {
        let written = self.written.entry(alert.id.clone()).or_default();
        let fresh = alert.changes.get(*written..).unwrap_or_default();
        *written = alert.changes.len();
        if fresh.is_empty() {
            self.writer.record(Entry::Alert { row: row_of(alert), change: None });
        }
        for change in fresh {
            let change = Some(change_of(&alert.id, change));
            self.writer.record(Entry::Alert { row: row_of(alert), change });
        }
        if !alert.is_open() {
            // Remarks on an alert that is over go straight to the store.
            self.written.remove(&alert.id);
        }
    }

    fn keep_feeds(&mut self, feeds: &[Feed]) {
        for feed in feeds {
            let before = self.health.insert(feed.name.clone(), feed.health);
            let was_alarm = before.is_some_and(Health::is_alarm);
            if before == Some(feed.health) || (!was_alarm && !feed.health.is_alarm()) {
                continue;
            }
            let action = match feed.health {
                Health::Silent => "feed silent",
                Health::Down => "feed down",
                _ => "feed back",
            };
            self.writer.record(Entry::Audit(AuditRow {
                id: 0,
                time_ns: feed.since.map_or(0, |s| s.0.as_nanos()),
                who: "service".to_owned(),
                role: "service".to_owned(),
                action: action.to_owned(),
                object: feed.name.clone(),
                from: String::new(),
                outcome: "ok".to_owned(),
                detail: feed.reason.clone(),
            }));
        }
    }
}

fn row_of(alert: &Alert) -> AlertRow {
    let (run, number) = alert.id.rsplit_once('-').unwrap_or((alert.id.as_str(), "0"));
    let words = [&alert.a.address, &alert.b.address, &alert.a.callsign, &alert.b.callsign];
    let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
    AlertRow {
        id: alert.id.clone(),
        run: run.to_owned(),
        number: number.parse().unwrap_or(0),
        state: alert.state.name().to_owned(),
        first_ns: alert.first.0.as_nanos(),
        last_ns: alert.last.0.as_nanos(),
        a_name: alert.a.name.clone(),
        b_name: alert.b.name.clone(),
        a_operator: alert.a.operator.clone(),
        b_operator: alert.b.operator.clone(),
        rule: alert.rule.clone(),
        text: words.join(" "),
        body: serde_json::to_string(alert).unwrap_or_default(),
    }
}

fn change_of(alert: &str, change: &Change) -> AlertChangeRow {
    AlertChangeRow {
        alert: alert.to_owned(),
        time_ns: change.time.0.as_nanos(),
        from: change.from.map(|state| state.name().to_owned()),
        to: change.to.name().to_owned(),
        reason: change.reason.clone(),
        body: serde_json::to_string(change).unwrap_or_default(),
    }
}

/// A remark as it is stored.
pub fn note_of(alert: &str, kind: NoteKind, comment: &Comment) -> NoteRow {
    NoteRow {
        id: 0,
        kind,
        alert: alert.to_owned(),
        by: comment.by.clone(),
        time_ns: comment.at.0.as_nanos(),
        text: comment.text.clone(),
    }
}

/// An alert as it stands in the store; `None` if what stands there is no alert.
pub fn alert_of(row: &AlertRow, notes: &[NoteRow]) -> Option<Arc<Alert>> {
    let mut alert: Alert = serde_json::from_str(&row.body).ok()?;
    // The columns are kept true when the service has been restarted.
    alert.state = AlertState::parse(&row.state)?;
    (alert.acknowledged, alert.comments) = (None, Vec::new());
    for note in notes.iter().filter(|note| note.alert == row.id) {
        let at = Stamp(deconflict_core::Time::from_nanos(note.time_ns));
        let comment = Comment { by: note.by.clone(), at, text: note.text.clone() };
        match note.kind {
            NoteKind::Acknowledge => alert.acknowledged = Some(comment),
            NoteKind::Comment => alert.comments.push(comment),
        }
    }
    Some(Arc::new(alert))
}

/// An alert with its whole record.
pub fn alert_of_record(record: &AlertRecord) -> Option<Arc<Alert>> {
    let mut alert = alert_of(&record.alert, &record.notes)?;
    let changes = record.changes.iter().map(|row| {
        let stored: Option<Change> = serde_json::from_str(&row.body).ok();
        stored.unwrap_or_else(|| Change {
            time: Stamp(deconflict_core::Time::from_nanos(row.time_ns)),
            from: row.from.as_deref().and_then(AlertState::parse),
            to: AlertState::parse(&row.to).unwrap_or(alert.state),
            reason: row.reason.clone(),
            t_in_s: None,
            probability: None,
        })
    });
    let changes: Vec<Change> = changes.collect();
    if let Some(last) = changes.last()
        && !alert.is_open()
    {
        // Ended by a restart: the words stand in the record only.
        Arc::make_mut(&mut alert).reason.clone_from(&last.reason);
    }
    Arc::make_mut(&mut alert).changes = changes;
    Some(alert)
}
