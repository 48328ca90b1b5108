//! Gauss-Legendre quadrature of fixed order.

/// The positive nodes of a rule on `[-1, 1]` with their weights.
///
/// Every rule used here has an even number of nodes, which lie symmetrically.
pub(super) type Rule<const HALF: usize> = [(f64, f64); HALF];

/// Rule of 4 nodes.
pub(super) const GAUSS_LEGENDRE_4: Rule<2> = [
    (0.339_981_043_584_856_3, 0.652_145_154_862_546_1),
    (0.861_136_311_594_052_6, 0.347_854_845_137_453_9),
];

/// Rule of 6 nodes.
pub(super) const GAUSS_LEGENDRE_6: Rule<3> = [
    (0.238_619_186_083_196_9, 0.467_913_934_572_691),
    (0.661_209_386_466_264_5, 0.360_761_573_048_138_7),
    (0.932_469_514_203_151_9, 0.171_324_492_379_170_3),
];

/// Rule of 8 nodes.
pub(super) const GAUSS_LEGENDRE_8: Rule<4> = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_361_7),
    (0.525_532_409_916_329, 0.313_706_645_877_886_9),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_4),
    (0.960_289_856_497_536_2, 0.101_228_536_290_377_1),
];

/// Rule of 12 nodes.
pub(super) const GAUSS_LEGENDRE_12: Rule<6> = [
    (0.125_233_408_511_468_9, 0.249_147_045_813_402_7),
    (0.367_831_498_998_180_2, 0.233_492_536_538_354_6),
    (0.587_317_954_286_617_5, 0.203_167_426_723_065_7),
    (0.769_902_674_194_304_7, 0.160_078_328_543_346_4),
    (0.904_117_256_370_474_8, 0.106_939_325_995_319_1),
    (0.981_560_634_246_719_2, 0.047_175_336_386_511_4),
];

/// Integral of `integrand` from `from` to `to`.
pub(super) fn integrate<const HALF: usize>(
    rule: &Rule<HALF>,
    from: f64,
    to: f64,
    mut integrand: impl FnMut(f64) -> f64,
) -> f64 {
    let (centre, half_width) = (0.5 * (from + to), 0.5 * (to - from));
    let sum: f64 = rule
        .iter()
        .map(|&(node, weight)| {
            let offset = node * half_width;
            weight * (integrand(centre - offset) + integrand(centre + offset))
        })
        .sum();
    half_width * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_exact_for_polynomials_of_their_degree() {
        let exact = |degree: i32| 2.0_f64.powi(degree + 1) / f64::from(degree + 1);
        for degree in 0..=7 {
            let got = integrate(&GAUSS_LEGENDRE_4, 0.0, 2.0, |x| x.powi(degree));
            assert!((got / exact(degree) - 1.0).abs() < 1e-12, "4 nodes, degree {degree}");
        }
        for degree in 0..=11 {
            let got = integrate(&GAUSS_LEGENDRE_6, 0.0, 2.0, |x| x.powi(degree));
            assert!((got / exact(degree) - 1.0).abs() < 1e-12, "6 nodes, degree {degree}");
        }
        for degree in 0..=15 {
            let got = integrate(&GAUSS_LEGENDRE_8, 0.0, 2.0, |x| x.powi(degree));
            assert!((got / exact(degree) - 1.0).abs() < 1e-12, "8 nodes, degree {degree}");
        }
        for degree in 0..=23 {
            let got = integrate(&GAUSS_LEGENDRE_12, 0.0, 2.0, |x| x.powi(degree));
            assert!((got / exact(degree) - 1.0).abs() < 1e-12, "12 nodes, degree {degree}");
        }
    }
}
