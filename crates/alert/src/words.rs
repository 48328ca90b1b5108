//! Distances and reasons as a controller says them.

use deconflict_core::units::{ft_from_m, nm_from_m};

/// `0.32 NM / 238 ft`.
pub(crate) fn distances(horizontal_m: f64, vertical_m: f64) -> String {
    let nm = nm_from_m(horizontal_m);
    if nm < 1.995 {
        format!("{nm:.2} NM / {:.0} ft", ft_from_m(vertical_m))
    } else {
        format!("{nm:.1} NM / {:.0} ft", ft_from_m(vertical_m))
    }
}
