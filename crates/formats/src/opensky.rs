//! OpenSky state vectors, as the network serves them and as others export them.

mod columns;
mod csv;
#[cfg(feature = "parquet")]
mod parquet;
mod records;
mod states;

pub(crate) use csv::Csv;
#[cfg(feature = "parquet")]
pub(crate) use parquet::Rows;
pub(crate) use records::Records;
pub(crate) use states::States;
