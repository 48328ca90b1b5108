//! The traffic that the kernel looks at, prepared for it.

use deconflict_core::altitude::{AltitudeReference, VerticalContext};
use deconflict_core::geo::{LocalFrame, Vec3, add_scaled};
use deconflict_core::state::Growth;
use deconflict_core::{Covariance, State, Subject, Time, Trajectory};

/// Segments are cut so that no piece is longer than this: the tangent plane of
/// its start then follows the earth within a few metres.
const MAX_PIECE_M: f64 = 100_000.0;

/// How many standard deviations of an altitude conversion count as vertical distance
/// that cannot be relied on.
const CONVERSION_MARGIN_SIGMAS: f64 = 2.0;

/// All aircraft at one moment with the paths expected of them.
///
/// Paths are kept as straight *pieces* in earth-centred coordinates, all
/// referred to the same zero of time, `now`.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    now: Time,
    pub(crate) subjects: Vec<Subject>,
    pub(crate) pieces: Vec<Piece>,
    /// For each subject the index of its first piece; one more at the end.
    pub(crate) first_piece: Vec<u32>,
    /// How well each piece is known.
    pub(crate) uncertainties: Vec<Uncertainty>,
    context: VerticalContext,
}

/// How well a piece is known at its start, in the level frame there, and how that
/// grows. In single precision, a third of the size: there is one for every
/// piece, and only conflicts look at theirs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Uncertainty {
    /// Upper triangle of the horizontal covariance, row by row.
    horizontal: [f32; 10],
    /// Altitude, altitude against rate, rate.
    vertical: [f32; 3],
    growth: [f32; 2],
}

impl Uncertainty {
    fn new(covariance: &Covariance, altitude_variance_m2: f64, growth: Growth) -> Uncertainty {
        let (h, v) = (&covariance.horizontal, &covariance.vertical);
        let upper = [
            [h[0][0], h[0][1], h[0][2], h[0][3], h[1][1]],
            [h[1][2], h[1][3], h[2][2], h[2][3], h[3][3]],
        ];
        let mut horizontal = [0.0; 10];
        for (slot, c) in horizontal.iter_mut().zip(upper.as_flattened()) {
            *slot = *c as f32;
        }
        Uncertainty {
            horizontal,
            vertical: [v[0][0] + altitude_variance_m2, v[0][1], v[1][1]].map(|c| c as f32),
            growth: [growth.horizontal_psd as f32, growth.vertical_psd as f32],
        }
    }

    /// As it was given, to single precision.
    pub fn covariance(&self) -> (Covariance, Growth) {
        let mut covariance = Covariance::default();
        let upper = (0..4).flat_map(|i| (i..4).map(move |j| (i, j)));
        for (&c, (i, j)) in self.horizontal.iter().zip(upper) {
            covariance.horizontal[i][j] = f64::from(c);
            covariance.horizontal[j][i] = f64::from(c);
        }
        let [zz, zv, vv] = self.vertical.map(f64::from);
        covariance.vertical = [[zz, zv], [zv, vv]];
        let [horizontal_psd, vertical_psd] = self.growth.map(f64::from);
        (covariance, Growth { horizontal_psd, vertical_psd })
    }
}

/// Straight motion for a while: position `p + v·t` for `t` in `[start_s, end_s]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Piece {
    /// Earth-centred position on the ellipsoid, extrapolated to t = 0, metres.
    pub p: Vec3,
    /// Earth-centred horizontal velocity, m/s.
    pub v: Vec3,
    /// Outward normal at the start of the piece.
    pub up: Vec3,
    /// Pressure altitude at t = 0, metres.
    pub z: f64,
    /// Vertical rate, m/s.
    pub vz: f64,
    /// From when, seconds after `now`.
    pub start_s: f64,
    /// Until when, seconds after `now`.
    pub end_s: f64,
    /// Index of the aircraft.
    pub owner: u32,
    /// Vertical distance that a conversion of altitude references leaves unsure, metres.
    pub vertical_margin_m: f64,
    /// What the altitude was measured from: an error of conversion is common to all
    /// that share it.
    pub reference: AltitudeReference,
    /// Latitude and longitude at the start of the piece, radians.
    pub lat_lon: [f64; 2],
}

/// Why an aircraft could not enter a scene.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    /// A number is NaN or infinite.
    #[error("a number in the state is not finite")]
    NotFinite,
    /// The altitude cannot be compared with the others'.
    #[error(transparent)]
    Altitude(#[from] deconflict_core::altitude::Incomparable),
}

impl Scene {
    /// An empty scene at a moment.
    pub fn new(now: Time) -> Scene {
        Scene { now, first_piece: vec![0], ..Scene::default() }
    }

    /// Empties the scene for another moment and keeps its memory.
    pub fn reset(&mut self, now: Time) {
        self.now = now;
        self.subjects.clear();
        self.pieces.clear();
        self.uncertainties.clear();
        self.first_piece.clear();
        self.first_piece.push(0);
    }

    /// What is known for converting altitudes between references.
    pub fn set_vertical_context(&mut self, context: VerticalContext) {
        self.context = context;
    }

    /// The moment that the scene shows; zero of all times in conflicts.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The aircraft, in the order in which they were pushed.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// How many aircraft there are.
    pub fn len(&self) -> usize {
        self.subjects.len()
    }

    /// Whether there are no aircraft.
    pub fn is_empty(&self) -> bool {
        self.subjects.is_empty()
    }

    /// Adds an aircraft with its trajectory. Returns its index.
    ///
    /// # Errors
    /// [`Refused`] if a number is not finite or an altitude cannot be compared;
    /// the scene is then unchanged.
    pub fn push(&mut self, trajectory: &Trajectory) -> Result<u32, Refused> {
        let before = self.pieces.len();
        for segment in trajectory.segments() {
            let end_s = segment.end.seconds_since(self.now);
            if let Err(refused) = self.push_segment(&segment.state, segment.growth, end_s) {
                self.pieces.truncate(before);
                self.uncertainties.truncate(before);
                return Err(refused);
            }
        }
        Ok(self.finish(*trajectory.subject()))
    }

    /// Adds an aircraft that flies straight on from a state until `end_s` after
    /// `now`: the quick way for tracks.
    ///
    /// # Errors
    /// [`Refused`] as for [`push`](Self::push).
    pub fn push_straight(
        &mut self,
        subject: Subject,
        state: &State,
        growth: Growth,
        end_s: f64,
    ) -> Result<u32, Refused> {
        self.push_segment(state, growth, end_s)?;
        Ok(self.finish(subject))
    }

    fn finish(&mut self, subject: Subject) -> u32 {
        let index = self.subjects.len() as u32;
        self.subjects.push(subject);
        self.first_piece.push(self.pieces.len() as u32);
        index
    }

    fn push_segment(&mut self, state: &State, growth: Growth, end_s: f64) -> Result<(), Refused> {
        if !(state.is_finite() && end_s.is_finite()) {
            return Err(Refused::NotFinite);
        }
        let start_s = state.time.seconds_since(self.now);
        let max_piece_s = MAX_PIECE_M / state.velocity.ground_speed_mps().max(1e-3);
        // Sixty seconds of slack spare a second piece for a short remainder.
        if end_s - start_s <= max_piece_s + 60.0 {
            return self.push_piece(state, growth, end_s);
        }
        self.push_piece(state, growth, start_s + max_piece_s)?;
        let rest = state.at(state.time.plus_s(max_piece_s), growth);
        self.push_segment(&rest, growth, end_s)
    }

    fn push_piece(&mut self, state: &State, growth: Growth, end_s: f64) -> Result<(), Refused> {
        let start_s = state.time.seconds_since(self.now);
        let altitude = state.altitude.to(AltitudeReference::Pressure, &self.context)?;
        let frame = LocalFrame::at(state.position);
        let (ve, vn) = (state.velocity.east_mps, state.velocity.north_mps);
        let v = frame.horizontal(ve, vn);
        self.pieces.push(Piece {
            p: add_scaled(frame.origin, -start_s, v),
            v,
            up: frame.up,
            z: altitude.altitude.m - start_s * state.velocity.up_mps,
            vz: state.velocity.up_mps,
            start_s,
            end_s,
            owner: self.subjects.len() as u32,
            vertical_margin_m: CONVERSION_MARGIN_SIGMAS * altitude.added_sigma_m,
            reference: state.altitude.reference,
            lat_lon: [state.position.lat_rad(), state.position.lon_rad()],
        });
        let added_m2 = altitude.added_sigma_m * altitude.added_sigma_m;
        self.uncertainties.push(Uncertainty::new(&state.covariance, added_m2, growth));
        Ok(())
    }

    pub(crate) fn pieces_of(&self, subject: u32) -> &[Piece] {
        let range = &self.first_piece[subject as usize..subject as usize + 2];
        &self.pieces[range[0] as usize..range[1] as usize]
    }

    /// The index of a piece among all.
    pub(crate) fn index_of(&self, piece: &Piece) -> usize {
        let first = self.first_piece[piece.owner as usize] as usize;
        let later = self.pieces_of(piece.owner).iter().take_while(|p| p.start_s < piece.start_s);
        first + later.count()
    }
}
