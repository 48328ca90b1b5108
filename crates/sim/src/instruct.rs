//! What a pilot was told over the radio, flown in place of what was planned.

use crate::motion::{Body, Command};

/// What an aircraft is told. What is `None` is flown as planned.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Instruction {
    /// Turn the shorter way to this track over ground, radians clockwise from true north.
    pub track_rad: Option<f64>,
    /// Climb or descend to this pressure altitude, metres.
    pub altitude_m: Option<f64>,
    /// Fly this ground speed, m/s.
    pub ground_speed_mps: Option<f64>,
}

impl Instruction {
    fn is_finite(&self) -> bool {
        let all = [self.track_rad, self.altitude_m, self.ground_speed_mps];
        all.into_iter().flatten().all(f64::is_finite)
    }
}

/// The instructions to one aircraft: that which is flown, and those still on their way to
/// the controls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    flown: Instruction,
    /// In the order in which they take effect.
    heard: Vec<(f64, Option<Instruction>)>,
}

impl Orders {
    /// Takes in an instruction that takes effect at a time. False if it makes no sense.
    pub fn give(&mut self, from_s: f64, instruction: Option<Instruction>) -> bool {
        let sound = from_s.is_finite() && instruction.is_none_or(|told| told.is_finite());
        if sound {
            let place = self.heard.partition_point(|(other_s, _)| *other_s <= from_s);
            self.heard.insert(place, (from_s, instruction));
        }
        sound
    }

    /// What is flown in the coming step in place of what was planned. On the ground, and
    /// on the way from and to it, the plan goes first.
    pub fn apply(&mut self, now_s: f64, planned: Command, body: &Body) -> Command {
        while let Some((from_s, told)) = self.heard.first().copied()
            && from_s <= now_s
        {
            self.heard.remove(0);
            self.flown = told.map_or(Instruction::default(), |told| Instruction {
                track_rad: told.track_rad.or(self.flown.track_rad),
                altitude_m: told.altitude_m.or(self.flown.altitude_m),
                ground_speed_mps: told.ground_speed_mps.or(self.flown.ground_speed_mps),
            });
        }
        if body.on_ground || planned.on_ground {
            return planned;
        }
        let mut command = planned;
        if let Some(track_rad) = self.flown.track_rad {
            command.track_rad = track_rad;
        }
        if let Some(altitude_m) = self.flown.altitude_m {
            (command.altitude_m, command.climb_mps) = (altitude_m, 0.0);
        }
        if let Some(speed_mps) = self.flown.ground_speed_mps {
            (command.ground_speed_mps, command.accel_mps2) = (speed_mps, None);
        }
        command
    }
}
