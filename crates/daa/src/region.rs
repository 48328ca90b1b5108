//! Regions: how bad it is to fly a value.

use std::fmt;

/// The region of a band. The worse is the greater, and where two apply the worse one
/// is told; recovery is what is left when everything else is bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Region {
    /// Nothing in the way.
    #[default]
    None,
    /// Leads into the volume of a preventive level.
    Far,
    /// Leads into the volume of a corrective level.
    Mid,
    /// Leads into the volume of a warning level.
    Near,
    /// Regains separation soonest, where no value keeps it.
    Recovery,
}

impl Region {
    /// The regions that conflicts have.
    pub const CONFLICT: [Region; 3] = [Region::Far, Region::Mid, Region::Near];
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(match self {
            Region::None => "NONE",
            Region::Far => "FAR",
            Region::Mid => "MID",
            Region::Near => "NEAR",
            Region::Recovery => "RECOVERY",
        })
    }
}
