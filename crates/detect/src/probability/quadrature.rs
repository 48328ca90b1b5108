//! Gauss-Legendre quadrature of fixed order.

/// The positive nodes of a rule on `[-1, 1]` with their weights.
///
/// Every rule used here has an even number of nodes, which lie symmetrically.
pub(super) type Rule<const HALF: usize> = [(f64, f64); HALF];

/// Rule of 4 nodes.
pub(super) const GAUSS_LEGENDRE_4: Rule<2> = [
    (0.339_981_043_584_856_3, 0.652_145_154_862_546_4),
    (0.861_136_311_594_052_6, 0.347_854_845_137_453_6),
];

/// Rule of 6 nodes.
pub(super) const GAUSS_LEGENDRE_6: Rule<3> = [
    (0.238_619_186_083_196_9, 0.467_913_934_572_691_0),
    (0.661_209_386_466_264_5, 0.360_761_573_048_138_7),
    (0.932_469_514_203_151_9, 0.171_324_492_379_170_3),
];

/// Rule of 8 nodes.
pub(super) const GAUSS_LEGENDRE_8: Rule<4> = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_361_7),
    (0.525_532_409_916_329_0, 0.313_706_645_877_886_9),
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

/// Rule of 16 nodes.
pub(super) const GAUSS_LEGENDRE_16: Rule<8> = [
    (0.095_012_509_837_637_4, 0.189_450_610_455_068_6),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_6),
    (0.458_016_777_657_227_4, 0.169_156_519_395_002_6),
    (0.617_876_244_402_643_8, 0.149_595_988_816_576_7),
    (0.755_404_408_355_003_0, 0.124_628_971_255_534_1),
    (0.865_631_202_387_831_8, 0.095_158_511_682_492_6),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_5),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_2),
];

/// Integral of `integrand` from `from` to `to`.
pub(super) fn integrate_once<const HALF: usize>(
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

/// dev
pub static REFINE: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(1);
pub(super) fn integrate<const HALF: usize>(
    rule: &Rule<HALF>,
    from: f64,
    to: f64,
    mut f: impl FnMut(f64) -> f64,
) -> f64 {
    let n = REFINE.load(std::sync::atomic::Ordering::Relaxed);
    let h = (to - from) / n as f64;
    (0..n)
        .map(|i| integrate_once(rule, from + h * i as f64, from + h * (i + 1) as f64, &mut f))
        .sum()
}
