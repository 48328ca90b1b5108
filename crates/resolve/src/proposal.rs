//! The proposal: who does what, what comes of it, and why.

use crate::choose::Board;
use crate::kernel::{clusters, conflicts_of, meetings};
use crate::owed::{Measure, Nearest, PairOwed};
use crate::path::Path;
use crate::situation::{Instruction, MAX_CLUSTER, Owed, Situation};
use crate::words;
use serde::Serialize;

/// How often a choice that the kernel refuses is made anew.
const SECOND_THOUGHTS: usize = 6;

/// What is proposed to a cluster of aircraft.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Proposal {
    /// Every aircraft of the cluster, in the order of precedence.
    pub parts: Vec<Part>,
    /// Every pair of the cluster that owes each other separation and loses it now, or
    /// comes nearest to a loss with the proposal.
    pub pairs: Vec<Outlook>,
    /// Whether separation is kept within the look-ahead by all of the cluster, once all
    /// of them follow. If not, this is the least bad that was found.
    pub solved: bool,
    /// If not: between whom nothing regains separation, and what the least bad gives.
    pub shortfall: Option<String>,
    /// The whole in a sentence.
    pub reason: String,
}

/// What one aircraft is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Its index in the situation.
    pub aircraft: u32,
    /// The number of its subject.
    pub id: u64,
    /// What a person calls it.
    pub name: String,
    /// What it is to do; `None`: it holds, that is flies on as it does or was told.
    pub instruction: Option<Instruction>,
    /// Whether separation is kept even if it alone follows.
    pub enough_alone: bool,
    /// In words.
    pub reason: String,
}

/// What is expected of one pair: where it is nearest to a loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Outlook {
    /// Index in the situation of one.
    pub a: u32,
    /// Index of the other.
    pub b: u32,
    /// If nobody does anything new.
    pub before: Separation,
    /// If both follow.
    pub after: Separation,
    /// If only `a` follows.
    pub only_a: Separation,
    /// If only `b` follows.
    pub only_b: Separation,
}

/// How far apart two are where they are nearest to a loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Separation {
    /// When, seconds from now.
    pub time_s: f64,
    /// Horizontally, metres.
    pub horizontal_m: f64,
    /// Vertically, metres.
    pub vertical_m: f64,
    /// The share of what is owed that is kept; 1: all.
    pub share: f64,
}

impl Separation {
    fn of(nearest: Nearest, measure: Measure) -> Separation {
        Separation {
            time_s: nearest.time_s,
            horizontal_m: nearest.horizontal_m,
            vertical_m: nearest.vertical_m.abs(),
            share: measure.share,
        }
    }
}

impl Proposal {
    /// What an aircraft, by its index in the situation, is to do; `None`: it holds.
    pub fn instruction(&self, aircraft: u32) -> Option<&Instruction> {
        self.parts.iter().find(|p| p.aircraft == aircraft)?.instruction.as_ref()
    }

    /// What it says of two of its aircraft, in a sentence: what each of them does, how many more
    /// are involved, and what those of them do that `concern` the two.
    pub fn about(&self, pair: [u32; 2], concern: &[u32]) -> String {
        words::about(self, pair, concern)
    }

    /// Whether nobody is told anything.
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(|p| p.instruction.is_none())
    }
}

/// Proposes manoeuvres that together regain separation. See the crate for what it promises.
///
/// The cluster is that of the situation; if it names none, the one in which separation
/// is lost first. Without a conflict the proposal is empty.
pub fn propose(situation: &Situation) -> Proposal {
    let cluster = cluster_of(situation);
    if cluster.len() < 2 {
        return Proposal { solved: true, reason: words::NOTHING.to_owned(), ..Proposal::default() };
    }
    let mut board = Board::new(situation, &cluster, false);
    let mut choice = settle(situation, &mut board);
    if !is_comfortable(&mut board, &choice) {
        // Only where a turn, a level or a speed alone does not do, both at once are tried.
        let mut wider = Board::new(situation, &cluster, true);
        let wide = settle(situation, &mut wider);
        let better = match (wider.cost(&wide), board.cost(&choice)) {
            (Some(wide), Some(narrow)) => wide < narrow,
            (wide, _) => wide.is_some(),
        };
        if better {
            (board, choice) = (wider, wide);
        }
    }
    write(situation, &mut board, &choice)
}

fn cluster_of(situation: &Situation) -> Vec<usize> {
    // By precedence of subjects, so that the order of pushing decides nothing (RES-4).
    let mut ranked: Vec<usize> = (0..situation.aircraft().len()).collect();
    ranked.sort_by_key(|i| {
        let subject = &situation.aircraft()[*i].subject;
        (subject.id, subject.address)
    });
    let named = if situation.cluster.is_empty() {
        let mut rank = vec![0; ranked.len()];
        ranked.iter().enumerate().for_each(|(place, i)| rank[*i] = place as u32);
        let mut all = meetings(situation);
        for meeting in &mut all {
            let (a, b) = (rank[meeting.a as usize], rank[meeting.b as usize]);
            (meeting.a, meeting.b) = (a.min(b), a.max(b));
        }
        let soonest = clusters(&all).into_iter().next().unwrap_or_default();
        soonest.into_iter().map(|place| ranked[place as usize]).collect()
    } else {
        situation.cluster.iter().map(|i| *i as usize).collect::<Vec<_>>()
    };
    ranked.retain(|i| named.contains(i));
    ranked.truncate(MAX_CLUSTER);
    ranked
}

/// Separation is kept by all, and the reserve by and large.
fn is_comfortable(board: &mut Board, choice: &[usize]) -> bool {
    const RESERVE_USED: f64 = 15.0;
    let count = choice.len();
    let mut pairs = (0..count).flat_map(|p| (0..p).map(move |q| (p, q)));
    pairs.all(|(p, q)| {
        let measure = board.together(p, choice[p], q, choice[q]);
        measure.share >= 1.0 && measure.loss < RESERVE_USED
    })
}

/// The best choice that makes no conflict which was not there, in the kernel's view
/// (RES-3).
fn settle(situation: &Situation, board: &mut Board) -> Vec<usize> {
    let mut choice = board.choose();
    if !matches!(situation.owed(), Owed::Rules(_)) {
        return choice;
    }
    let before = called(situation, board, &vec![0; choice.len()]);
    for _ in 0..SECOND_THOUGHTS {
        let after = called(situation, board, &choice);
        let mut is_refused = false;
        for pair in after.iter().filter(|pair| !before.contains(pair)) {
            for (p, &chosen) in choice.iter().enumerate() {
                let index = board.members[p].index as u32;
                if chosen != 0 && (pair.0 == index || pair.1 == index) {
                    board.forbid(p, chosen);
                    is_refused = true;
                }
            }
        }
        if !is_refused {
            return choice;
        }
        choice = board.choose();
    }
    vec![0; choice.len()]
}

/// The conflicts that the kernel sees with a choice.
fn called(situation: &Situation, board: &Board, choice: &[usize]) -> Vec<(u32, u32)> {
    let mut paths: Vec<(usize, &Path)> = Vec::new();
    for (index, path) in board.holding.iter().enumerate() {
        let member = board.members.iter().position(|m| m.index == index);
        match (member, path) {
            (Some(p), _) => paths.push((index, &board.members[p].paths[choice[p]])),
            (None, Some(path)) => paths.push((index, path)),
            (None, None) => {}
        }
    }
    conflicts_of(situation, board.frame(), &paths)
}

fn write(situation: &Situation, board: &mut Board, choice: &[usize]) -> Proposal {
    let count = choice.len();
    let left = called(situation, board, choice);
    let is_member = |i: u32| board.members.iter().any(|m| m.index as u32 == i);
    let mut solved = !left.iter().any(|(a, b)| is_member(*a) && is_member(*b));
    let mut pairs = Vec::new();
    for p in 0..count {
        for q in p + 1..count {
            let Some(owed) = board.owed[p][q] else { continue };
            let mut outlook = |i: usize, j: usize| {
                let measure = board.together(p, i, q, j);
                let (a, b) = (&board.members[p], &board.members[q]);
                Separation::of(owed.nearest(&a.paths[i], &b.paths[j]), measure)
            };
            let (i, j) = (choice[p], choice[q]);
            let both = outlook(i, j);
            solved &= both.share >= 1.0;
            pairs.push(Outlook {
                before: outlook(0, 0),
                after: both,
                only_a: outlook(i, 0),
                only_b: outlook(0, j),
                a: board.members[p].index as u32,
                b: board.members[q].index as u32,
            });
        }
    }
    let owed_of = |a: u32, b: u32| -> Option<PairOwed> {
        let place = |i: u32| board.members.iter().position(|m| m.index as u32 == i);
        board.owed[place(a)?][place(b)?]
    };
    let mut parts = Vec::new();
    for p in 0..count {
        let member = &board.members[p];
        let index = member.index as u32;
        let aircraft = &situation.aircraft()[member.index];
        let instruction = member.options[choice[p]].instruction;
        let enough_alone = pairs.iter().all(|o| {
            (o.a != index || o.only_a.share >= 1.0) && (o.b != index || o.only_b.share >= 1.0)
        });
        let why = instruction.and_then(|_| {
            let concerned = pairs.iter().filter(|o| o.a == index || o.b == index);
            concerned.min_by(|p, q| p.before.share.total_cmp(&q.before.share))
        });
        let passes = why.and_then(|outlook| {
            let other = if outlook.a == index { outlook.b } else { outlook.a };
            let q = board.members.iter().position(|m| m.index as u32 == other)?;
            let theirs = &board.members[q];
            Some(words::passes(
                &owed_of(index, other)?,
                &member.paths[choice[p]],
                &theirs.paths[choice[q]],
                &situation.aircraft()[theirs.index].subject.name(),
            ))
        });
        parts.push(Part {
            aircraft: index,
            id: aircraft.subject.id,
            name: aircraft.subject.name(),
            instruction,
            enough_alone: instruction.is_some() && enough_alone,
            reason: words::part(aircraft, instruction.as_ref(), passes.as_deref()),
        });
    }
    let shortfall = words::shortfall(&parts, &pairs, solved, owed_of);
    let reason = words::with_shortfall(shortfall.as_deref(), &words::parts(parts.iter()));
    Proposal { parts, pairs, solved, shortfall, reason }
}
