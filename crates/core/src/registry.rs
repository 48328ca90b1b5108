//! What has been declared about aircraft: operator, class, formation, what stands against manoeuvres.

use crate::{Address, AircraftClass, Constraint, Formation, Label, Operator};
use std::collections::BTreeMap;

/// What is declared about one address. Every part may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Declaration {
    /// Who operates the aircraft.
    pub operator: Option<Operator>,
    /// What kind of aircraft it is; overrides what it says of itself.
    pub class: Option<AircraftClass>,
    /// The formation that it flies in.
    pub formation: Option<Formation>,
    /// Its call sign, for feeds that carry none.
    pub callsign: Option<Label<8>>,
    /// What stands against asking it to manoeuvre.
    pub constraint: Option<Constraint>,
    /// Whoever has more is asked later to give way; 0 is ordinary.
    pub priority: u8,
}

/// Declarations by address. Ordered, so that walking it is deterministic.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    by_address: BTreeMap<Address, Declaration>,
}

impl Registry {
    /// Records what is declared of an address; a later declaration replaces an earlier one.
    pub fn declare(&mut self, address: Address, declaration: Declaration) {
        self.by_address.insert(address, declaration);
    }

    /// What is declared of an address; nothing, if nothing was.
    pub fn get(&self, address: Address) -> Declaration {
        self.by_address.get(&address).copied().unwrap_or_default()
    }

    /// All declarations, by address.
    pub fn iter(&self) -> impl Iterator<Item = (Address, &Declaration)> {
        self.by_address.iter().map(|(a, d)| (*a, d))
    }
}
