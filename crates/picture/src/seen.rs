//! A picture as somebody may see it.
//!
//! This is the one place where policy is applied (VIS-1). What goes out by any
//! protocol is made from what comes out of here.

use crate::alert::{Alert, Change, Side};
use crate::feed::Feed;
use crate::moment::{Note, Picture, Step};
use crate::policy::{Policy, Sight, Viewer};
use crate::track::{Track, Who};
use crate::warning::Warning;
use deconflict_core::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A picture, or what has changed in it, as a viewer may see it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The moment.
    pub time: Time,
    /// The aircraft that may be seen, by number.
    pub tracks: Vec<Track>,
    /// The alerts that may be seen, in the order of raising.
    pub alerts: Vec<Arc<Alert>>,
    /// The viewer's feeds.
    pub feeds: Vec<Feed>,
    /// What is silent, in words: the picture has a hole.
    pub incomplete: Vec<String>,
    /// The warnings that may be seen, in the order of raising.
    pub warnings: Vec<Arc<Warning>>,
}

/// Remembers veiled identities, so that what does not change is shared between pictures.
#[derive(Clone, Debug, Default)]
pub(crate) struct Veils {
    by_track: BTreeMap<u64, (Arc<Who>, Arc<Who>)>,
}

impl Veils {
    fn veil(&mut self, who: &Arc<Who>) -> Arc<Who> {
        match self.by_track.get(&who.id) {
            Some((of, veiled)) if Arc::ptr_eq(of, who) => veiled.clone(),
            known => {
                let mut veiled = Arc::new(who.veiled());
                // Another call sign behind the veil must not show as a change in front of it.
                if let Some((_, before)) = known
                    && *before == veiled
                {
                    veiled = before.clone();
                }
                self.by_track.insert(who.id, (who.clone(), veiled.clone()));
                veiled
            }
        }
    }

    fn keep_only(&mut self, tracks: &[Track]) {
        if self.by_track.len() > 2 * tracks.len() + 64 {
            let there: BTreeSet<u64> = tracks.iter().map(|t| t.who.id).collect();
            self.by_track.retain(|id, _| there.contains(id));
        }
    }
}

/// The picture as `viewer` may see it.
pub fn see(picture: &Picture, viewer: &Viewer, policy: &Policy) -> Seen {
    see_with(picture, viewer, policy, &mut Veils::default())
}

pub(crate) fn see_with(
    picture: &Picture,
    viewer: &Viewer,
    policy: &Policy,
    veils: &mut Veils,
) -> Seen {
    let tracks = match viewer {
        Viewer::Everything => picture.tracks.clone(),
        Viewer::Party(_) => tracks_for(picture, viewer, policy, veils),
    };
    let (feeds, incomplete) = see_feeds(&picture.feeds, viewer);
    let alerts = picture.alerts.iter().filter_map(|a| see_alert(a, viewer, policy)).collect();
    let warnings = picture.warnings.iter();
    let warnings = warnings.filter_map(|w| see_warning(w, viewer, policy)).collect();
    Seen { time: picture.time, tracks, alerts, feeds, incomplete, warnings }
}

fn tracks_for(
    picture: &Picture,
    viewer: &Viewer,
    policy: &Policy,
    veils: &mut Veils,
) -> Vec<Track> {
    let conflicts = conflicts_seen(picture, viewer);
    let mut tracks = Vec::new();
    for track in &picture.tracks {
        let who = &track.who;
        let who = match viewer.sight(policy, who.operator.as_deref()) {
            Sight::Full => own_feeds_only(who, &picture.feeds, viewer),
            Sight::Position => veils.veil(who),
            Sight::InConflict if conflicts.contains(&who.id) => veils.veil(who),
            Sight::InConflict | Sight::Nothing => continue,
        };
        tracks.push(Track { who, ..track.clone() });
    }
    veils.keep_only(&tracks);
    tracks
}

/// The names of others' feeds are the others' business.
fn own_feeds_only(who: &Arc<Who>, feeds: &[Feed], viewer: &Viewer) -> Arc<Who> {
    let is_own =
        |name: &String| feeds.iter().any(|f| f.name == *name && viewer.owns(f.owner.as_deref()));
    if who.feeds.iter().all(is_own) {
        return who.clone();
    }
    let mut changed = Who::clone(who);
    changed.feeds.retain(is_own);
    Arc::new(changed)
}

/// The tracks that are in an alert with one of the viewer's own aircraft at present.
pub fn conflicts_seen(picture: &Picture, viewer: &Viewer) -> BTreeSet<u64> {
    let mut tracks = BTreeSet::new();
    for alert in picture.alerts.iter().filter(|alert| alert.is_open()) {
        for (own, other) in [(&alert.a, &alert.b), (&alert.b, &alert.a)] {
            if viewer.owns(own.operator.as_deref()) {
                tracks.insert(other.track);
            }
        }
    }
    tracks
}

/// The alert as a viewer may see it; `None` if it may not at all.
///
/// Whoever may not know both aircraft gets no words of people or of the engine, and not the
/// rule: these name them.
pub fn see_alert(alert: &Arc<Alert>, viewer: &Viewer, policy: &Policy) -> Option<Arc<Alert>> {
    let sight = |side: &Side, other: &Side| {
        let own_is_in_it = viewer.owns(other.operator.as_deref());
        match viewer.sight(policy, side.operator.as_deref()) {
            Sight::InConflict if own_is_in_it => Sight::Position,
            Sight::InConflict => Sight::Nothing,
            sight => sight,
        }
    };
    let (a, b) = (sight(&alert.a, &alert.b), sight(&alert.b, &alert.a));
    let advice = || alert.advice.as_ref()?.seen_by(viewer, policy).map(Arc::new);
    match a.min(b) {
        Sight::Full if *viewer == Viewer::Everything || alert.advice.is_none() => {
            return Some(alert.clone());
        }
        Sight::Full => {
            let advice = advice();
            return Some(Arc::new(Alert { advice, ..Alert::clone(alert) }));
        }
        Sight::Nothing | Sight::InConflict => return None,
        Sight::Position => {}
    }
    let veil = |side: &Side, sight| match sight {
        Sight::Full => side.clone(),
        _ => side.veiled(),
    };
    let mut seen = Alert::clone(alert);
    seen.a = veil(&alert.a, a);
    seen.b = veil(&alert.b, b);
    seen.advice = advice();
    seen.reason = alert.reason_without_names();
    // Rules go by class and operator: "refuelling" says that there is a tanker.
    seen.rule.clear();
    seen.comments.clear();
    if let Some(acknowledged) = &mut seen.acknowledged {
        acknowledged.text.clear();
    }
    for change in &mut seen.changes {
        change.reason = reason_of(change);
    }
    Some(Arc::new(seen))
}

/// The warning as a viewer may see it; `None` if it may not at all.
///
/// Of a plan only those are told who may know everything of its aircraft. Of an area everybody
/// who may see the aircraft: whose it is and what it is called only if its owner lets them
/// know of its own, and who the aircraft is only if that one's operator does.
pub fn see_warning(
    warning: &Arc<Warning>,
    viewer: &Viewer,
    policy: &Policy,
) -> Option<Arc<Warning>> {
    let aircraft = viewer.sight(policy, warning.aircraft.operator.as_deref());
    let owner = warning.owner.as_deref();
    // What nobody owns is public, whatever policy says of aircraft that nobody has declared.
    let known = owner.is_none() || viewer.sight(policy, owner) == Sight::Full;
    match (aircraft, warning.is_about_plan()) {
        (Sight::Full, true) => known.then(|| warning.clone()),
        (Sight::Full, false) if known => Some(warning.clone()),
        // Others' reservations are the business of whom they concern.
        (Sight::Full, false) => viewer
            .owns(warning.aircraft.operator.as_deref())
            .then(|| Arc::new(warning.veiled(false, true))),
        (Sight::Position, false) if viewer.owns(owner) => {
            Some(Arc::new(warning.veiled(true, false)))
        }
        _ => None,
    }
}

fn reason_of(change: &Change) -> String {
    match change.from {
        None => format!("raised as {}", change.to.name()),
        Some(from) => format!("{} after {}", change.to.name(), from.name()),
    }
}

/// The feeds that are the viewer's business, and what is silent of all.
pub fn see_feeds(feeds: &[Feed], viewer: &Viewer) -> (Vec<Feed>, Vec<String>) {
    let all = *viewer == Viewer::Everything;
    let is_own = |feed: &&Feed| all || viewer.owns(feed.owner.as_deref());
    let mut incomplete: Vec<String> = Vec::new();
    for feed in feeds.iter().filter(|feed| feed.health.is_alarm()) {
        let name = if is_own(&feed) { feed.name.as_str() } else { "another party's feed" };
        if !incomplete.iter().any(|known| known == name) {
            incomplete.push(name.to_owned());
        }
    }
    (feeds.iter().filter(is_own).cloned().collect(), incomplete)
}

/// Whether a viewer may read a note: only if it may know every aircraft that it is about, and
/// none of it is about feeds or the service itself, which are not a party's business.
pub(crate) fn may_read(note: &Note, step: &Step, viewer: &Viewer, policy: &Policy) -> bool {
    if *viewer == Viewer::Everything {
        return true;
    }
    let knows = |id: &u64| {
        let at = step.picture.tracks.binary_search_by_key(id, |track| track.who.id);
        at.is_ok_and(|at| {
            let operator = step.picture.tracks[at].who.operator.as_deref();
            viewer.sight(policy, operator) == Sight::Full
        })
    };
    !note.about.is_empty() && note.about.iter().all(knows)
}
