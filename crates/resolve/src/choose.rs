//! The search: of what each aircraft of a cluster may do, the combination that together
//! loses least for least effort.

use crate::manoeuvre::{Manoeuvre, manoeuvres};
use crate::owed::{Measure, PairOwed};
use crate::path::Path;
use crate::situation::{Owed, Situation};
use deconflict_core::geo::LocalFrame;
use deconflict_core::rules::Membership;
use std::cmp::Ordering;

/// Shares are compared with this much grace: rounding decides nothing.
const GRACE: f64 = 1e-9;
/// A change has to be better by this much, or the order of rounding would decide.
const BETTER: f64 = 1e-6;
/// No more rounds of improvement.
const ROUNDS: usize = 12;
/// Of a pair, both manoeuvres are tried together if each is among so many of its best.
const TOGETHER: usize = 32;

/// One aircraft of the cluster with everything that it may do.
pub(crate) struct Member {
    /// Its index in the situation.
    pub index: usize,
    pub options: Vec<Manoeuvre>,
    pub paths: Vec<Path>,
    /// What each costs: effort, others' levels crossed, what is lost against those who
    /// are not in the cluster.
    pub cost: Vec<f64>,
    /// What each loses in all against everybody if nobody else does anything.
    alone: Vec<f64>,
    /// Which may be proposed at all: alone, none makes anything worse (RES-2).
    admitted: Vec<bool>,
}

/// A cluster, ready to be chosen for.
pub(crate) struct Board<'a> {
    situation: &'a Situation,
    frame: LocalFrame,
    memberships: Vec<Membership>,
    /// In the order of precedence: who is asked first.
    pub members: Vec<Member>,
    /// The paths of everybody who does nothing new, by index in the situation.
    pub holding: Vec<Option<Path>>,
    /// What members owe each other, by places among `members`.
    pub owed: Vec<Vec<Option<PairOwed>>>,
    /// Measures of pairs of options, filled as they are asked for.
    known: Vec<Vec<Vec<Option<Measure>>>>,
    /// How much it counts that only one of two follows.
    one_sided: f64,
}

impl<'a> Board<'a> {
    /// Sets up the search for the aircraft with these indices.
    pub fn new(situation: &'a Situation, cluster: &[usize], combined: bool) -> Board<'a> {
        let aircraft = situation.aircraft();
        let memberships = match situation.owed() {
            Owed::Rules(rules) => aircraft.iter().map(|a| rules.membership(&a.subject)).collect(),
            Owed::WellClear(_) => vec![Membership::default(); aircraft.len()],
        };
        let mut order = cluster.to_vec();
        order.sort_by_key(|&i| {
            let it = &aircraft[i];
            (it.limits.priority, it.subject.id, it.subject.address)
        });
        let frame = aircraft[order[0]].state.position.frame();
        let mut board = Board {
            situation,
            frame,
            memberships,
            members: Vec::new(),
            holding: vec![None; aircraft.len()],
            owed: Vec::new(),
            known: Vec::new(),
            one_sided: 0.5,
        };
        for &i in &order {
            board.hold(i);
        }
        board.owed = order
            .iter()
            .map(|&a| {
                order.iter().map(|&b| if a == b { None } else { board.pair_owed(a, b) }).collect()
            })
            .collect();
        board.weigh_sides(&order);
        for place in 0..order.len() {
            let member = board.member(&order, place, combined);
            board.members.push(member);
        }
        let count = |p: usize| board.members[p].options.len();
        board.known = (0..order.len())
            .map(|p| (0..p).map(|q| vec![None; count(p) * count(q)]).collect())
            .collect();
        board
    }

    /// The level frame that all paths are in.
    pub fn frame(&self) -> &LocalFrame {
        &self.frame
    }

    fn pair_owed(&self, a: usize, b: usize) -> Option<PairOwed> {
        PairOwed::between(self.situation, &self.memberships, a, b)
    }

    fn hold(&mut self, index: usize) -> &Path {
        let situation = self.situation;
        let frame = &self.frame;
        self.holding[index].get_or_insert_with(|| {
            let aircraft = &situation.aircraft()[index];
            Path::new(aircraft, frame, None, 0.0, situation.horizon_s())
        })
    }

    /// The nearer the loss, the less it may hang on both following.
    fn weigh_sides(&mut self, order: &[usize]) {
        let mut soonest_s = f64::INFINITY;
        for (p, &a) in order.iter().enumerate() {
            for (q, &b) in order[..p].iter().enumerate() {
                if let (Some(owed), Some(pa), Some(pb)) =
                    (&self.owed[p][q], &self.holding[a], &self.holding[b])
                    && let Some(lost_s) = owed.lost_at_s(pa, pb)
                {
                    soonest_s = soonest_s.min(lost_s);
                }
            }
        }
        self.one_sided = ((150.0 - soonest_s) / 120.0).clamp(0.1, 1.0);
    }

    /// Everything that one aircraft may do, and what that means for everybody outside.
    fn member(&mut self, order: &[usize], place: usize, combined: bool) -> Member {
        let index = order[place];
        let situation = self.situation;
        let own = &situation.aircraft()[index];
        let mut outside: Vec<(usize, PairOwed)> = (0..situation.aircraft().len())
            .filter(|other| !order.contains(other) && self.is_near(index, *other))
            .filter_map(|other| Some((other, self.pair_owed(index, other)?)))
            .collect();
        // Summed in an order of their own, so that the order of pushing changes nothing.
        outside.sort_by_key(|(i, _)| {
            let subject = &situation.aircraft()[*i].subject;
            (subject.id, subject.address)
        });
        for (other, _) in &outside {
            self.hold(*other);
        }
        let inside: Vec<(usize, PairOwed)> =
            (0..order.len()).filter_map(|q| Some((order[q], self.owed[place][q]?))).collect();
        let vertical_m = inside.iter().map(|(_, o)| o.vertical_m).fold(30.0, f64::max);
        let options = manoeuvres(own, vertical_m, combined);
        let weight = 1.0 + 2.0 * f64::from(own.limits.priority);
        let (delay_s, horizon_s) = (situation.delay_s(), situation.horizon_s());
        let mut member = Member {
            index,
            paths: Vec::with_capacity(options.len()),
            cost: Vec::with_capacity(options.len()),
            alone: Vec::with_capacity(options.len()),
            admitted: Vec::with_capacity(options.len()),
            options,
        };
        let mut before: Vec<f64> = Vec::new();
        for k in 0..member.options.len() {
            let option = member.options[k];
            let path = Path::new(own, &self.frame, option.instruction.as_ref(), delay_s, horizon_s);
            let mut cost = weight * option.effort;
            let mut alone = 0.0;
            let mut admitted = true;
            for (n, (other, owed)) in inside.iter().chain(&outside).enumerate() {
                let Some(theirs) = &self.holding[*other] else { continue };
                let measure = owed.measure(&path, theirs);
                if k == 0 {
                    before.push(measure.share);
                } else if measure.share < before[n] - GRACE {
                    admitted = false;
                    break;
                }
                if n < inside.len() {
                    cost += crossing(&option, &member.paths, &path, theirs, before[n]);
                } else {
                    cost += measure.loss;
                }
                alone += measure.loss;
            }
            member.cost.push(cost);
            member.alone.push(alone);
            member.admitted.push(admitted);
            member.paths.push(path);
        }
        member
    }

    /// Whether two could come near each other at all.
    fn is_near(&self, a: usize, b: usize) -> bool {
        let aircraft = self.situation.aircraft();
        let (pa, pb) = (&aircraft[a].state, &aircraft[b].state);
        let Some(owed) = self.pair_owed(a, b) else { return false };
        let [reach_m, level_m] = owed.reach_m();
        let horizon_s = self.situation.horizon_s();
        let speeds_mps = pa.velocity.ground_speed_mps() + pb.velocity.ground_speed_mps();
        let rate = |i: usize| {
            let p = &aircraft[i].performance;
            p.climb_mps.max(p.descent_mps).max(aircraft[i].state.velocity.up_mps.abs())
        };
        let climbs_mps = rate(a) + aircraft[b].state.velocity.up_mps.abs();
        let apart_m = (pa.altitude.m - pb.altitude.m).abs();
        if apart_m > level_m + climbs_mps * horizon_s {
            return false;
        }
        let origin = |p: &deconflict_core::State| p.position.frame().origin;
        let d = deconflict_core::geo::sub(origin(pa), origin(pb));
        let within_m = reach_m + 1.3 * speeds_mps * horizon_s;
        deconflict_core::geo::dot(d, d) <= within_m * within_m
    }

    /// How an option of one member and one of another do together.
    pub fn together(&mut self, p: usize, i: usize, q: usize, j: usize) -> Measure {
        if p < q {
            return self.together(q, j, p, i);
        }
        let Some(owed) = self.owed[p][q] else { return Measure::CLEAR };
        let (a, b) = (&self.members[p], &self.members[q]);
        let slot = &mut self.known[p][q][i * b.options.len() + j];
        *slot.get_or_insert_with(|| {
            // Always the same way round, so that rounding is the same.
            owed.measure(&b.paths[j], &a.paths[i])
        })
    }

    /// What a pair of options loses, also if only one of the two is followed;
    /// `None` if the two work against each other (RES-1).
    fn pair_loss(&mut self, p: usize, i: usize, q: usize, j: usize) -> Option<f64> {
        let both = self.together(p, i, q, j);
        if i == 0 && j == 0 {
            return Some(both.loss);
        }
        let (only_p, only_q) = (self.together(p, i, q, 0), self.together(p, 0, q, j));
        if both.share < only_p.share.max(only_q.share) - GRACE {
            return None;
        }
        // Who has priority is not asked only because the other might not listen.
        let priority = |m: usize| self.situation.aircraft()[self.members[m].index].limits.priority;
        let one = match priority(p).cmp(&priority(q)) {
            Ordering::Equal => 0.5 * (only_p.loss + only_q.loss),
            Ordering::Greater => only_q.loss,
            Ordering::Less => only_p.loss,
        };
        Some((1.0 - 0.5 * self.one_sided) * both.loss + 0.5 * self.one_sided * one)
    }

    /// What a choice costs as far as one member has to do with it; `None` if not allowed.
    fn cost_at(&mut self, choice: &[usize], p: usize, i: usize) -> Option<f64> {
        if !self.members[p].admitted[i] {
            return None;
        }
        let mut cost = self.members[p].cost[i];
        for (q, &chosen) in choice.iter().enumerate() {
            if q != p {
                cost += self.pair_loss(p, i, q, chosen)?;
            }
        }
        Some(cost)
    }

    /// What a whole choice costs; `None` if not allowed.
    pub fn cost(&mut self, choice: &[usize]) -> Option<f64> {
        let mut cost = 0.0;
        for p in 0..choice.len() {
            cost += self.members[p].cost[choice[p]];
            for q in 0..p {
                cost += self.pair_loss(p, choice[p], q, choice[q])?;
            }
        }
        Some(cost)
    }

    /// An option that may not be chosen any more.
    pub fn forbid(&mut self, p: usize, i: usize) {
        if i != 0 {
            self.members[p].admitted[i] = false;
        }
    }

    /// The best choice found: an option for each member.
    pub fn choose(&mut self) -> Vec<usize> {
        let count = self.members.len();
        let hold = vec![0; count];
        let mut best = (self.cost(&hold).unwrap_or(f64::INFINITY), hold.clone());
        // From everybody holding; and with each in turn asked first.
        for first in 0..count {
            let mut choice = hold.clone();
            self.improve(&mut choice, first);
            if let Some(cost) = self.cost(&choice)
                && cost < best.0 - BETTER
            {
                best = (cost, choice);
            }
        }
        best.1
    }

    fn improve(&mut self, choice: &mut [usize], first: usize) {
        let count = choice.len();
        for _ in 0..ROUNDS {
            let mut changed = false;
            for step in 0..count {
                let p = (first + step) % count;
                let Some(mut least) = self.cost_at(choice, p, choice[p]) else { continue };
                for i in 0..self.members[p].options.len() {
                    if let Some(cost) = self.cost_at(choice, p, i)
                        && cost < least - BETTER
                    {
                        (least, choice[p], changed) = (cost, i, true);
                    }
                }
            }
            changed |= self.improve_pairs(choice);
            if !changed {
                return;
            }
        }
    }

    /// Changes two at once wherever two lose something against each other.
    fn improve_pairs(&mut self, choice: &mut [usize]) -> bool {
        let mut changed = false;
        for p in 0..choice.len() {
            for q in 0..p {
                let settled = self.together(p, choice[p], q, choice[q]).loss <= 0.0
                    && self.together(p, 0, q, 0).loss <= 0.0;
                if settled {
                    continue;
                }
                let (ones, others) = (self.best_of(p), self.best_of(q));
                let rest_p: Vec<_> = ones.iter().map(|&i| self.rest(choice, p, i, q)).collect();
                let rest_q: Vec<_> = others.iter().map(|&j| self.rest(choice, q, j, p)).collect();
                let (now_p, now_q) = (choice[p], choice[q]);
                let now = self.pair_loss(p, now_p, q, now_q);
                let now =
                    now.zip(self.rest(choice, p, now_p, q)).zip(self.rest(choice, q, now_q, p));
                let Some(((own, rest_a), rest_b)) = now else { continue };
                let mut least = own + rest_a + rest_b;
                for (&i, rest_i) in ones.iter().zip(&rest_p) {
                    for (&j, rest_j) in others.iter().zip(&rest_q) {
                        let (Some(rest_i), Some(rest_j)) = (rest_i, rest_j) else { continue };
                        // The rest alone may already be too much.
                        if rest_i + rest_j >= least - BETTER {
                            continue;
                        }
                        if let Some(own) = self.pair_loss(p, i, q, j)
                            && own + rest_i + rest_j < least - BETTER
                        {
                            least = own + rest_i + rest_j;
                            (choice[p], choice[q], changed) = (i, j, true);
                        }
                    }
                }
            }
        }
        changed
    }

    /// What an option of `p` costs, but for what it does with `q`.
    fn rest(&mut self, choice: &[usize], p: usize, i: usize, q: usize) -> Option<f64> {
        let mut cost = self.members[p].cost[i];
        for r in (0..choice.len()).filter(|&r| r != p && r != q) {
            cost += self.pair_loss(p, i, r, choice[r])?;
        }
        Some(cost)
    }

    /// The admitted options of a member, those that do best alone.
    fn best_of(&self, p: usize) -> Vec<usize> {
        let member = &self.members[p];
        let mut all: Vec<usize> =
            (0..member.options.len()).filter(|&i| member.admitted[i]).collect();
        let rank = |i: usize| member.alone[i] + member.options[i].effort;
        all.sort_by(|&i, &j| rank(i).total_cmp(&rank(j)).then(i.cmp(&j)));
        all.truncate(TOGETHER);
        all
    }
}

/// What it costs to pass through the level of another with whom there is a conflict.
fn crossing(option: &Manoeuvre, known: &[Path], path: &Path, theirs: &Path, before: f64) -> f64 {
    let changes_level = option.instruction.is_some_and(|i| i.altitude_m.is_some());
    if before >= 1.0 || !changes_level {
        return 0.0;
    }
    let (Some(end), Some(their_end)) = (path.legs.last(), theirs.legs.last()) else { return 0.0 };
    let above = |mine: f64, other: f64| mine - other;
    let start = above(path.at(0.0)[2], theirs.at(0.0)[2]);
    let finish = above(end.at(end.end_s)[2], their_end.at(their_end.end_s)[2]);
    let crosses = |start: f64, finish: f64| start * finish < 0.0 && start.abs() > 30.0;
    // Who would cross anyway is not asked for it.
    let anyway = known.first().is_some_and(|hold| {
        hold.legs.last().is_some_and(|end| {
            crosses(start, above(end.at(end.end_s)[2], their_end.at(their_end.end_s)[2]))
        })
    });
    if crosses(start, finish) && !anyway { 8.0 } else { 0.0 }
}
