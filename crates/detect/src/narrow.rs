//! Narrow phase: what a pair owes each other at each moment, and whether it keeps it.

use crate::Conflict;
use crate::cylinder::{RelativeMotion, Span};
use crate::probability::{RelativeState, probability_of_loss};
use crate::scene::{Piece, Scene};
use deconflict_core::RuleSet;
use deconflict_core::geo::{Vec3, add_scaled, cross, dot, sub};
use deconflict_core::rules::{Band, BandApplies, Membership, Rule};

/// The level plane in which a pair is compared: perpendicular to the mean of
/// both normals, so that neither aircraft is favoured and no place is special.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PairFrame {
    pub x: Vec3,
    pub y: Vec3,
}

impl PairFrame {
    fn new(a: &Piece, b: &Piece) -> PairFrame {
        let up = unit(add_scaled(a.up, 1.0, b.up));
        // Any axis that is not along the normal will do to span the plane.
        let axis = if up[2].abs() < 0.9 { [0.0, 0.0, 1.0] } else { [1.0, 0.0, 0.0] };
        let x = unit(cross(axis, up));
        PairFrame { x, y: cross(up, x) }
    }

    pub fn flat(&self, v: Vec3) -> [f64; 2] {
        [dot(v, self.x), dot(v, self.y)]
    }

    /// A horizontal covariance from the level frame of a piece in this one.
    fn turned(&self, piece: &Piece, covariance: &[[f64; 4]; 4]) -> [[f64; 4]; 4] {
        let east = unit_or([-piece.up[1], piece.up[0], 0.0], [0.0, 1.0, 0.0]);
        let ([c, s], north) = (self.flat(east), self.flat(cross(piece.up, east)));
        let turn = [[c, north[0]], [s, north[1]]];
        let mut out = [[0.0; 4]; 4];
        for (i, j) in (0..4).flat_map(|i| (0..4).map(move |j| (i, j))) {
            for (k, l) in (0..2).flat_map(|k| (0..2).map(move |l| (k, l))) {
                // Position and velocity turn alike: block by block.
                let c = covariance[i / 2 * 2 + k][j / 2 * 2 + l];
                out[i][j] += turn[i % 2][k] * c * turn[j % 2][l];
            }
        }
        out
    }

    fn motion(&self, a: &Piece, b: &Piece) -> RelativeMotion {
        let [x, y] = self.flat(sub(b.p, a.p));
        let [vx, vy] = self.flat(sub(b.v, a.v));
        RelativeMotion { position_m: [x, y, b.z - a.z], velocity_mps: [vx, vy, b.vz - a.vz] }
    }
}

/// Probability that the minima of a conflict are infringed within the time of
/// the meeting in which it begins, under the uncertainty of both aircraft.
///
/// Acceleration noise is turned into the velocity uncertainty that has moved a
/// position as far by the time of entry.
pub(crate) fn probability(scene: &Scene, found: &Found) -> f64 {
    let Found { conflict, meeting, .. } = found;
    let start_s = meeting.time.start;
    let ahead_s = conflict.tcpa_s.clamp(conflict.entry_s, conflict.exit_s) - start_s;
    let mut relative = RelativeState {
        position_m: [0, 1, 2]
            .map(|k| meeting.motion.position_m[k] + start_s * meeting.motion.velocity_mps[k]),
        velocity_mps: meeting.motion.velocity_mps,
        horizontal_cov: [[0.0; 4]; 4],
        vertical_cov: [[0.0; 2]; 2],
    };
    for piece in [meeting.a, meeting.b] {
        let (covariance, growth) = scene.uncertainties[scene.index_of(piece)].covariance();
        let now = covariance.propagated((start_s - piece.start_s).max(0.0), growth);
        let turned = meeting.frame.turned(piece, &now.horizontal);
        let add =
            |sum: &mut [f64], more: &[f64]| sum.iter_mut().zip(more).for_each(|(s, m)| *s += m);
        add(relative.horizontal_cov.as_flattened_mut(), turned.as_flattened());
        add(relative.vertical_cov.as_flattened_mut(), now.vertical.as_flattened());
        for axis in 2..4 {
            relative.horizontal_cov[axis][axis] += growth.horizontal_psd * ahead_s / 3.0;
        }
        relative.vertical_cov[1][1] += growth.vertical_psd * ahead_s / 3.0;
    }
    let horizon_s = meeting.time.end - start_s;
    probability_of_loss(&relative, found.horizontal_m, found.vertical_m, horizon_s)
}

fn unit(v: Vec3) -> Vec3 {
    let length = dot(v, v).sqrt();
    v.map(|c| c / length)
}

/// The direction of a vector, or `otherwise` for none.
fn unit_or(v: Vec3, otherwise: Vec3) -> Vec3 {
    if dot(v, v) > 0.0 { unit(v) } else { otherwise }
}

/// Two pieces that exist at the same time, and their relative motion.
pub(crate) struct Meeting<'a> {
    pub a: &'a Piece,
    pub b: &'a Piece,
    pub frame: PairFrame,
    pub motion: RelativeMotion,
    pub time: Span,
}

impl<'a> Meeting<'a> {
    fn new(a: &'a Piece, b: &'a Piece, within: Span) -> Option<Meeting<'a>> {
        let time = Span::new(a.start_s, a.end_s).intersect(Span::new(b.start_s, b.end_s))?;
        let time = time.intersect(within)?;
        let frame = PairFrame::new(a, b);
        Some(Meeting { a, b, frame, motion: frame.motion(a, b), time })
    }

    /// Vertical distance that conversions of altitude references leave unsure, metres.
    ///
    /// None between two that are measured from the same reference: whatever the
    /// conversion gets wrong, it gets wrong for both.
    fn margin_m(&self) -> f64 {
        if self.a.reference == self.b.reference {
            return 0.0;
        }
        self.a.vertical_margin_m + self.b.vertical_margin_m
    }
}

/// A span in which a rule is infringed, and the meeting in which that happens.
struct Infringement {
    span: Span,
    rule: usize,
    meeting: usize,
    vertical_m: f64,
}

/// What an infringement comes with for the computation of its probability.
pub(crate) struct Found<'a> {
    pub conflict: Conflict,
    pub meeting: Meeting<'a>,
    pub horizontal_m: f64,
    pub vertical_m: f64,
}

/// The first conflict of two aircraft within the look-ahead, if there is one.
pub(crate) fn first_conflict<'a>(
    scene: &'a Scene,
    rules: &RuleSet,
    memberships: &[Membership],
    a: u32,
    b: u32,
) -> Option<Found<'a>> {
    let (sa, sb) = (&scene.subjects[a as usize], &scene.subjects[b as usize]);
    let mask = rules.candidates((sa, memberships[a as usize]), (sb, memberships[b as usize]));
    if mask == 0 {
        return None;
    }
    if let ([a_piece], [b_piece]) = (scene.pieces_of(a), scene.pieces_of(b))
        && let Some(index) = unconditional(rules, mask)
    {
        return straight_conflict(
            rules,
            index,
            [a, b],
            Meeting::new(a_piece, b_piece, Span::new(0.0, rules.rules()[index].lookahead_s))?,
        );
    }
    let lookahead = Span::new(0.0, lookahead_s(rules, mask));
    let mut meetings = meetings(scene.pieces_of(a), scene.pieces_of(b), lookahead);
    let mut found = Vec::new();
    for (i, meeting) in meetings.iter().enumerate() {
        infringements(meeting, rules, mask, &mut |span, rule, vertical_m| {
            found.push(Infringement { span, rule, meeting: i, vertical_m });
        });
    }
    found.sort_by(|p, q| p.span.start.total_cmp(&q.span.start));
    let first = found.first()?;
    let (rule, at, vertical_m) = (first.rule, first.meeting, first.vertical_m);
    let run = contiguous(&found);
    let conflict = describe(a, b, rule, run, &meetings, at);
    let horizontal_m = rules.rules()[rule].minima.called_horizontal_m();
    Some(Found { conflict, meeting: meetings.swap_remove(at), horizontal_m, vertical_m })
}

/// The rule that governs a pair everywhere and always, if that is so.
fn unconditional(rules: &RuleSet, mask: u64) -> Option<usize> {
    let index = mask.trailing_zeros() as usize;
    let rule = &rules.rules()[index];
    let conditional =
        rule.band.is_some() || rule.volume.is_some() || rule.parallel_within_rad.is_some();
    (!conditional && !rule.minima.owes_none()).then_some(index)
}

/// The common case: straight against straight under one rule.
fn straight_conflict<'a>(
    rules: &RuleSet,
    rule: usize,
    [a, b]: [u32; 2],
    meeting: Meeting<'a>,
) -> Option<Found<'a>> {
    let minima = &rules.rules()[rule].minima;
    let (horizontal_m, vertical_m) =
        (minima.called_horizontal_m(), minima.called_vertical_m() + meeting.margin_m());
    let run = meeting.motion.infringement(horizontal_m, vertical_m, meeting.time)?;
    let conflict = describe(a, b, rule, run, std::slice::from_ref(&meeting), 0);
    Some(Found { conflict, meeting, horizontal_m, vertical_m })
}

fn lookahead_s(rules: &RuleSet, mut mask: u64) -> f64 {
    let mut lookahead_s: f64 = 0.0;
    while mask != 0 {
        lookahead_s = lookahead_s.max(rules.rules()[mask.trailing_zeros() as usize].lookahead_s);
        mask &= mask - 1;
    }
    lookahead_s
}

/// All pairs of pieces that exist at the same time, in order of time.
fn meetings<'a>(a: &'a [Piece], b: &'a [Piece], within: Span) -> Vec<Meeting<'a>> {
    let mut out = Vec::with_capacity(a.len() + b.len() - 1);
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        out.extend(Meeting::new(&a[i], &b[j], within));
        if a[i].end_s < b[j].end_s { i += 1 } else { j += 1 }
    }
    out
}

/// How long the infringement that begins first goes on without a gap.
fn contiguous(found: &[Infringement]) -> Span {
    /// Pieces meet to the nanosecond; what lies between is rounding.
    const GAP_S: f64 = 1e-6;
    let mut run = found[0].span;
    for next in &found[1..] {
        if next.span.start <= run.end + GAP_S {
            run.end = run.end.max(next.span.end);
        }
    }
    run
}

/// Calls `infringed(span, rule, vertical minimum)` for every span of a meeting in
/// which the rule that governs then is infringed.
fn infringements(
    meeting: &Meeting,
    rules: &RuleSet,
    mut mask: u64,
    infringed: &mut impl FnMut(Span, usize, f64),
) {
    // Time for which no earlier rule has spoken yet.
    let mut open = vec![meeting.time];
    while mask != 0 && !open.is_empty() {
        let index = mask.trailing_zeros() as usize;
        mask &= mask - 1;
        let rule = &rules.rules()[index];
        let applies = applicability(meeting, rule, rules);
        let vertical_m = rule.minima.called_vertical_m() + meeting.margin_m();
        if !rule.minima.owes_none() {
            for governed in common(&open, &applies) {
                let within = Span::new(governed.start, governed.end.min(rule.lookahead_s));
                let span = meeting.motion.infringement(
                    rule.minima.called_horizontal_m(),
                    vertical_m,
                    within,
                );
                if let Some(span) = span {
                    infringed(span, index, vertical_m);
                }
            }
        }
        open = without(&open, &applies);
    }
}

/// When a rule applies to a meeting, by level, airspace and direction of flight.
fn applicability(meeting: &Meeting, rule: &Rule, rules: &RuleSet) -> Vec<Span> {
    let mut spans = vec![meeting.time];
    if let Some(limit) = rule.parallel_within_rad
        && crossing_rad(meeting) > limit
    {
        spans.clear();
    }
    if let Some(band) = &rule.band {
        spans = common(&spans, &in_band(meeting, band));
    }
    if let Some(volume) = rule.volume {
        let volume = &rules.volumes()[volume].volume;
        for piece in [meeting.a, meeting.b] {
            let position = add_scaled(piece.p, meeting.time.start, piece.v);
            let length = meeting.time.end - meeting.time.start;
            let inside = volume.footprint.inside_intervals(position, piece.v, length);
            let shift = |[from, to]: [f64; 2]| {
                Span::new(meeting.time.start + from, meeting.time.start + to)
            };
            let inside: Vec<Span> = inside.into_iter().map(shift).collect();
            spans = common(&spans, &inside);
            let [lower, upper] = volume.band_m(deconflict_core::AltitudeReference::Pressure);
            let levels = [lower.unwrap_or(f64::NEG_INFINITY), upper.unwrap_or(f64::INFINITY)];
            spans = common(&spans, &between(piece, levels, meeting.time));
        }
    }
    spans
}

fn in_band(meeting: &Meeting, band: &Band) -> Vec<Span> {
    let levels = [band.from_m, band.to_m];
    let a = between(meeting.a, levels, meeting.time);
    let b = between(meeting.b, levels, meeting.time);
    match band.applies {
        BandApplies::Both => common(&a, &b),
        BandApplies::Either => {
            // Those of a, and those of b where a is not.
            let mut either = without(&b, &a);
            either.extend(a);
            either.sort_by(|p, q| p.start.total_cmp(&q.start));
            either
        }
    }
}

/// When a piece is between two levels, both included.
fn between(piece: &Piece, [lower, upper]: [f64; 2], time: Span) -> Vec<Span> {
    if piece.vz == 0.0 {
        let inside = lower <= piece.z && piece.z <= upper;
        return if inside { vec![time] } else { Vec::new() };
    }
    let (t1, t2) = ((lower - piece.z) / piece.vz, (upper - piece.z) / piece.vz);
    Span::new(t1.min(t2), t1.max(t2)).intersect(time).into_iter().collect()
}

fn common(a: &[Span], b: &[Span]) -> Vec<Span> {
    a.iter().flat_map(|p| b.iter().filter_map(|q| p.intersect(*q))).collect()
}

fn without(a: &[Span], b: &[Span]) -> Vec<Span> {
    let mut rest = a.to_vec();
    for cut in b {
        rest = rest
            .iter()
            .flat_map(|s| {
                [Span::new(s.start, s.end.min(cut.start)), Span::new(s.start.max(cut.end), s.end)]
            })
            .filter(|s| s.start < s.end)
            .collect();
    }
    rest
}

/// Angle between the two track angles, radians.
fn crossing_rad(meeting: &Meeting) -> f64 {
    let (va, vb) = (meeting.frame.flat(meeting.a.v), meeting.frame.flat(meeting.b.v));
    let (along, across) = (va[0] * vb[0] + va[1] * vb[1], va[0] * vb[1] - va[1] * vb[0]);
    across.abs().atan2(along)
}

fn describe(a: u32, b: u32, rule: usize, run: Span, meetings: &[Meeting], at: usize) -> Conflict {
    let meeting = &meetings[at];
    let motion = &meeting.motion;
    let tcpa_s = closest_approach_s(meetings);
    let at_cpa = meeting_at(meetings, tcpa_s);
    let (mut least_horizontal_m, mut least_vertical_m) = (f64::INFINITY, f64::INFINITY);
    for m in meetings {
        if let Some(part) = m.time.intersect(run) {
            let closest = m.motion.horizontal_m(m.motion.closest_within(part));
            least_horizontal_m = least_horizontal_m.min(closest);
            least_vertical_m = least_vertical_m.min(m.motion.least_vertical_m(part));
        }
    }
    let now = meetings[0].time.start;
    let [vx, vy, vz] = motion.velocity_mps;
    Conflict {
        a,
        b,
        rule: rule as u16,
        lost: run.start <= now,
        entry_s: run.start,
        exit_s: run.end,
        tcpa_s,
        hmd_m: at_cpa.horizontal_m(tcpa_s),
        vmd_m: at_cpa.vertical_m(tcpa_s).abs(),
        least_horizontal_m,
        least_vertical_m,
        horizontal_now_m: meetings[0].motion.horizontal_m(now),
        vertical_now_m: meetings[0].motion.vertical_m(now),
        relative_speed_mps: (vx * vx + vy * vy).sqrt(),
        crossing_rad: crossing_rad(meeting),
        relative_vertical_rate_mps: vz,
        probability: f64::NAN,
    }
}

/// When the two are horizontally closest. The last pair of pieces is taken to go
/// on: a closest approach beyond the look-ahead is still where the two are heading.
fn closest_approach_s(meetings: &[Meeting]) -> f64 {
    let open_ended = |i: usize| {
        let mut span = meetings[i].time;
        if i == 0 {
            span.start = f64::NEG_INFINITY;
        }
        if i + 1 == meetings.len() {
            span.end = f64::INFINITY;
        }
        let t = meetings[i].motion.closest_within(span);
        if t.is_finite() { t } else { meetings[i].time.start }
    };
    let distance = |i: usize, t: f64| meetings[i].motion.horizontal_m(t);
    let mut best = (f64::INFINITY, meetings[0].time.start);
    for i in 0..meetings.len() {
        let t = open_ended(i);
        if distance(i, t) < best.0 {
            best = (distance(i, t), t);
        }
    }
    best.1
}

fn meeting_at(meetings: &[Meeting], t_s: f64) -> RelativeMotion {
    let later = meetings.iter().take_while(|m| m.time.start <= t_s).count();
    meetings[later.saturating_sub(1)].motion
}
