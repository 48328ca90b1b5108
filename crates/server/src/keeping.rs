//! From steps of the picture to entries of the store.

use deconflict_core::Time;
use deconflict_picture::{
    Alert, AlertState, Change, Comment, Feed, Health, Stamp, Step, Warning, WarningState,
    WarningStep,
};
use deconflict_store::{
    AlertRecord, AlertRow, AuditRow, ChangeRow, Entry, NoteKind, NoteRow, WarningRecord,
    WarningRow, Writer,
};
use std::collections::HashMap;
use std::sync::Arc;

/// Writes down what happens to alerts, warnings and feeds.
pub struct Keeper {
    writer: Writer,
    /// How many changes of each alert and warning have been written.
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
        for warning in &step.warnings {
            self.keep_warning(warning);
        }
        if step.evaluated {
            self.keep_feeds(&step.picture.feeds);
        }
    }

    fn keep_alert(&mut self, alert: &Arc<Alert>) {
        let row = || row_of(alert);
        let fresh = self.fresh(&alert.id, &alert.changes, alert.is_open());
        if fresh.is_empty() {
            self.writer.record(Entry::Alert { row: row(), change: None });
        }
        for change in fresh {
            let change = Some(change_of(&alert.id, change));
            self.writer.record(Entry::Alert { row: row(), change });
        }
    }

    fn keep_warning(&mut self, warning: &Arc<Warning>) {
        let row = || warning_row_of(warning);
        let fresh = self.fresh(&warning.id, &warning.changes, warning.is_open());
        if fresh.is_empty() {
            self.writer.record(Entry::Warning { row: row(), change: None });
        }
        for step in fresh {
            let change = Some(step_of(&warning.id, step));
            self.writer.record(Entry::Warning { row: row(), change });
        }
    }

    /// The changes that have not been written yet.
    fn fresh<'a, T>(&mut self, id: &str, changes: &'a [T], is_open: bool) -> &'a [T] {
        let written = self.written.entry(id.to_owned()).or_default();
        let fresh = changes.get(*written..).unwrap_or_default();
        *written = changes.len();
        if !is_open {
            // Remarks on what is over go straight to the store.
            self.written.remove(id);
        }
        fresh
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
        worst: alert.worst().name().to_owned(),
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

fn warning_row_of(warning: &Warning) -> WarningRow {
    let (run, number) = warning.id.rsplit_once("-w").unwrap_or((warning.id.as_str(), "0"));
    let aircraft = &warning.aircraft;
    let words = [&aircraft.address, &aircraft.callsign].into_iter().flatten().map(String::as_str);
    let words: Vec<&str> = words.chain([warning.name.as_str(), &warning.kind]).collect();
    WarningRow {
        id: warning.id.clone(),
        run: run.to_owned(),
        number: number.parse().unwrap_or(0),
        about: warning.about.name().to_owned(),
        state: warning.state.name().to_owned(),
        worst: warning.worst().name().to_owned(),
        first_ns: warning.first.0.as_nanos(),
        last_ns: warning.last.0.as_nanos(),
        aircraft: aircraft.name.clone(),
        operator: aircraft.operator.clone(),
        topic: warning.topic.clone(),
        owner: warning.owner.clone(),
        text: words.join(" "),
        body: serde_json::to_string(warning).unwrap_or_default(),
    }
}

fn change_of(alert: &str, change: &Change) -> ChangeRow {
    ChangeRow {
        of: alert.to_owned(),
        time_ns: change.time.0.as_nanos(),
        from: change.from.map(|state| state.name().to_owned()),
        to: change.to.name().to_owned(),
        reason: change.reason.clone(),
        body: serde_json::to_string(change).unwrap_or_default(),
    }
}

fn step_of(warning: &str, step: &WarningStep) -> ChangeRow {
    ChangeRow {
        of: warning.to_owned(),
        time_ns: step.time.0.as_nanos(),
        from: step.from.map(|state| state.name().to_owned()),
        to: step.to.name().to_owned(),
        reason: step.reason.clone(),
        body: serde_json::to_string(step).unwrap_or_default(),
    }
}

/// A remark on an alert or a warning as it is stored.
pub fn note_of(of: &str, kind: NoteKind, comment: &Comment) -> NoteRow {
    NoteRow {
        id: 0,
        kind,
        alert: of.to_owned(),
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
    (alert.acknowledged, alert.comments) = said(&row.id, notes);
    Some(Arc::new(alert))
}

/// Who acknowledged it last, and what was said of it.
fn said(id: &str, notes: &[NoteRow]) -> (Option<Comment>, Vec<Comment>) {
    let (mut acknowledged, mut comments) = (None, Vec::new());
    for note in notes.iter().filter(|note| note.alert == id) {
        let at = Stamp(Time::from_nanos(note.time_ns));
        let comment = Comment { by: note.by.clone(), at, text: note.text.clone() };
        match note.kind {
            NoteKind::Acknowledge => acknowledged = Some(comment),
            NoteKind::Comment => comments.push(comment),
        }
    }
    (acknowledged, comments)
}

/// A warning as it stands in the store; `None` if what stands there is none.
pub fn warning_of(row: &WarningRow, notes: &[NoteRow]) -> Option<Arc<Warning>> {
    let mut warning: Warning = serde_json::from_str(&row.body).ok()?;
    // The columns are kept true when the service has been restarted.
    warning.state = WarningState::parse(&row.state)?;
    (warning.acknowledged, warning.comments) = said(&row.id, notes);
    Some(Arc::new(warning))
}

/// A warning with its whole record.
pub fn warning_of_record(record: &WarningRecord) -> Option<Arc<Warning>> {
    let mut warning = warning_of(&record.warning, &record.notes)?;
    let changed = Arc::make_mut(&mut warning);
    let steps = record.changes.iter().map(|row| {
        let stored: Option<WarningStep> = serde_json::from_str(&row.body).ok();
        stored.unwrap_or_else(|| WarningStep {
            time: Stamp(Time::from_nanos(row.time_ns)),
            from: row.from.as_deref().and_then(WarningState::parse),
            to: WarningState::parse(&row.to).unwrap_or(changed.state),
            reason: row.reason.clone(),
            t_in_s: None,
        })
    });
    let steps: Vec<WarningStep> = steps.collect();
    if let Some(last) = steps.last()
        && !changed.is_open()
    {
        // Ended by a restart: the words stand in the record only.
        changed.reason.clone_from(&last.reason);
    }
    changed.changes = steps;
    Some(warning)
}

/// An alert with its whole record.
pub fn alert_of_record(record: &AlertRecord) -> Option<Arc<Alert>> {
    let mut alert = alert_of(&record.alert, &record.notes)?;
    let changes = record.changes.iter().map(|row| {
        let stored: Option<Change> = serde_json::from_str(&row.body).ok();
        stored.unwrap_or_else(|| Change {
            time: Stamp(Time::from_nanos(row.time_ns)),
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
