//! volume
/// V.
pub struct Volume4d;
