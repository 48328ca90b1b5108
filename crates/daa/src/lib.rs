//! Detect and avoid: well clear, alert levels, manoeuvre bands, resolutions.
//!
//! Pure: values in, values out. The method is that of the papers on NASA DAIDALUS and of
//! RTCA DO-365, implemented from their formulas; agreement with DAIDALUS 2.0.4 is held by
//! tests. **No certification is claimed**: see `docs/daa.md`.
//!
//! - [`detector`]: volumes around an intruder (cylinder, well clear by τ-mod, TCAS II),
//!   violated now and when in a look-ahead, in closed form;
//! - [`alerting`]: how urgent an intruder is;
//! - [`bands`]: which values of direction, speed, vertical speed and altitude lead into
//!   which region, what regains separation, until when it is early enough;
//! - [`monitor`]: all of it, moment after moment;
//! - [`config`] and [`scenario`]: the `.conf` and `.daa` files of the reference, and
//!   [`report`] its output.
//!
//! In everything that is relative, ownship comes first: s and v are **ownship − intruder**,
//! x to the east, y to the north, z up.
//!
//! # Example
//!
//! Two aircraft head-on at one level, 8 km apart and closing at 200 m/s. Well clear of
//! DO-365, phase I: D = 0.66 NM, Z = 450 ft, τ-mod 35 s.
//!
//! ```
//! use deconflict_core::units::{m_from_ft, m_from_nm};
//! use deconflict_daa::detector::{Detector, Span, WellClear};
//! use deconflict_daa::pair::{Encounter, Motion, Pair};
//!
//! let well_clear = WellClear {
//!     distance_m: m_from_nm(0.66),
//!     height_m: m_from_ft(450.0),
//!     tau_s: 35.0,
//!     tcoa_s: 0.0,
//!     with_doubt: false,
//! };
//! let own = Motion { position_m: [0.0, 0.0, 3000.0], velocity_mps: [0.0, 100.0, 0.0] };
//! let intruder = Motion { position_m: [0.0, 8000.0, 3000.0], velocity_mps: [0.0, -100.0, 0.0] };
//! let pair = Pair::new(own, intruder);
//!
//! assert!(!well_clear.violated(&pair));
//! let lost = well_clear.violation(&pair, Span::new(0.0, 180.0)).unwrap();
//! // τ-mod ≤ 35 s: v²t² + (2 s·v + Tv²)t + s² + T s·v − D² = 0 has its first root at
//! // 3.96 s; the circle is left D/v after the closest point of approach at 40 s.
//! assert!((lost.start - 3.963).abs() < 0.001);
//! assert!((lost.end - (40.0 + m_from_nm(0.66) / 200.0)).abs() < 1e-9);
//! assert_eq!(pair.relative().tcpa_s(), 40.0);
//! ```

#![forbid(unsafe_code)]

pub mod alerting;
pub mod bands;
pub mod config;
pub mod contours;
pub mod coordination;
pub mod detector;
pub mod frame;
pub mod monitor;
pub mod pair;
pub mod region;
pub mod report;
pub mod scenario;
pub mod situation;
pub mod uncertainty;
