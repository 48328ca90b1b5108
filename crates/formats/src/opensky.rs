//! OpenSky state vectors, as the network serves them and as others export them.

mod columns;
mod csv;
mod records;
mod states;

pub(crate) use csv::Csv;
pub(crate) use records::Records;
pub(crate) use states::States;
