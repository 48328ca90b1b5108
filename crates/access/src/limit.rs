//! How often somebody may ask, and how often fail.
//!
//! Each bucket is one number: the moment at which it will be full again (the generic
//! cell rate algorithm, ITU-T I.371, Annex A). Integers only, so the same requests at the
//! same times are always judged the same.

use crate::clock::Now;
use crate::identity::{How, Identity};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

/// How many keys, people and addresses are remembered.
const MOST_BUCKETS: usize = 8192;

/// A request that came too soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooSoon {
    /// When to try again (`Retry-After`).
    pub retry_after_s: u32,
}

/// Buckets of tokens, one for each key; a bounded number.
#[derive(Clone, Debug)]
pub struct Buckets<K> {
    interval_us: u64,
    burst_us: u64,
    most: usize,
    full_at_us: BTreeMap<K, u64>,
}

impl<K: Ord + Clone> Buckets<K> {
    /// Buckets that hold `burst` tokens and get `rate_per_s` new ones.
    pub fn new(rate_per_s: f64, burst: u32, most: usize) -> Self {
        // From a million a second to one in eleven days; what is no number is the latter.
        let interval_us = if rate_per_s > 0.0 { (1e6 / rate_per_s).clamp(1.0, 1e12) } else { 1e12 };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped above
        let interval_us = interval_us as u64;
        let burst_us = interval_us.saturating_mul(u64::from(burst.max(1)));
        Self { interval_us, burst_us, most: most.max(1), full_at_us: BTreeMap::new() }
    }

    /// Takes a token.
    ///
    /// # Errors
    ///
    /// If there is none, with the time until there is one.
    pub fn take(&mut self, key: &K, now: Now) -> Result<(), TooSoon> {
        let now_us = now.steady_ms.saturating_mul(1000);
        let full_at = self.full_at_us.get(key).copied().unwrap_or(0).max(now_us);
        let next = full_at.saturating_add(self.interval_us);
        let ahead = next - now_us;
        if ahead > self.burst_us {
            let wait_s = (ahead - self.burst_us).div_ceil(1_000_000).max(1);
            return Err(TooSoon { retry_after_s: u32::try_from(wait_s).unwrap_or(u32::MAX) });
        }
        if let Some(full_at) = self.full_at_us.get_mut(key) {
            *full_at = next;
        } else {
            self.make_room(now_us);
            self.full_at_us.insert(key.clone(), next);
        }
        Ok(())
    }

    /// How many buckets are remembered.
    pub fn len(&self) -> usize {
        self.full_at_us.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.full_at_us.is_empty()
    }

    /// Forgets full buckets, which are like new ones; then those that are nearly full.
    fn make_room(&mut self, now_us: u64) {
        if self.full_at_us.len() < self.most {
            return;
        }
        self.full_at_us.retain(|_, full_at| *full_at > now_us);
        if self.full_at_us.len() < self.most {
            return;
        }
        // A quarter at a time, so that the sorting is paid for by many insertions.
        let mut moments: Vec<u64> = self.full_at_us.values().copied().collect();
        let (_, bound, _) = moments.select_nth_unstable(self.most / 4);
        let bound = *bound;
        self.full_at_us.retain(|_, full_at| *full_at > bound);
    }
}

/// Whom a request counts for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Known(How, String),
    Unknown(IpAddr),
}

/// The limits of requests and of failures.
#[derive(Clone, Debug)]
pub struct Limiter {
    requests: Buckets<Who>,
    failures: Buckets<IpAddr>,
}

impl Limiter {
    /// Limits of so many requests a second with bursts, and so many failures a minute.
    pub fn new(requests_per_s: f64, burst: u32, failures_per_min: u32) -> Self {
        Self {
            requests: Buckets::new(requests_per_s, burst, MOST_BUCKETS),
            failures: Buckets::new(
                f64::from(failures_per_min) / 60.0,
                failures_per_min,
                MOST_BUCKETS,
            ),
        }
    }

    /// Counts a request of somebody who is known.
    ///
    /// # Errors
    ///
    /// If there were too many.
    pub fn known(&mut self, who: &Identity, now: Now) -> Result<(), TooSoon> {
        if *who.how() == How::Local {
            return Ok(());
        }
        self.requests.take(&Who::Known(who.how().clone(), who.name().to_owned()), now)
    }

    /// Counts a request of somebody who is not known.
    ///
    /// # Errors
    ///
    /// If there were too many from this address.
    pub fn unknown(&mut self, remote: IpAddr, now: Now) -> Result<(), TooSoon> {
        self.requests.take(&Who::Unknown(neighbourhood(remote)), now)
    }

    /// Counts a failed attempt to be known.
    ///
    /// # Errors
    ///
    /// If there were too many from this address.
    pub fn failure(&mut self, remote: IpAddr, now: Now) -> Result<(), TooSoon> {
        self.failures.take(&neighbourhood(remote), now)
    }
}

/// The address, or of IPv6 the network of 64 bits: whoever has one address there has them all.
pub(crate) fn neighbourhood(remote: IpAddr) -> IpAddr {
    match remote.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(steady_ms: u64) -> Now {
        Now { unix_s: 0, steady_ms }
    }

    #[test]
    fn a_burst_then_the_rate() {
        let mut buckets = Buckets::new(2.0, 3, 10);
        for _ in 0..3 {
            assert_eq!(buckets.take(&"a", at(0)), Ok(()));
        }
        assert_eq!(buckets.take(&"a", at(0)), Err(TooSoon { retry_after_s: 1 }));
        assert_eq!(buckets.take(&"b", at(0)), Ok(()), "another has its own");
        assert_eq!(buckets.take(&"a", at(499)), Err(TooSoon { retry_after_s: 1 }));
        assert_eq!(buckets.take(&"a", at(500)), Ok(()));
        assert_eq!(buckets.take(&"a", at(500)), Err(TooSoon { retry_after_s: 1 }));
        let after_long = (0..10).filter(|_| buckets.take(&"a", at(1_000_000)).is_ok()).count();
        assert_eq!(after_long, 3, "never more than a burst");
    }

    #[test]
    fn the_wait_that_is_told_is_enough() {
        let mut buckets = Buckets::new(0.1, 1, 10);
        assert_eq!(buckets.take(&1, at(0)), Ok(()));
        let wait = buckets.take(&1, at(2500)).unwrap_err().retry_after_s;
        assert_eq!(wait, 8);
        assert_eq!(buckets.take(&1, at(2500 + u64::from(wait) * 1000)), Ok(()));
    }

    #[test]
    fn the_number_of_buckets_is_bounded_and_the_emptiest_are_kept() {
        let mut buckets = Buckets::new(1.0, 10, 100);
        while buckets.take(&u32::MAX, at(0)).is_ok() {}
        for key in 0..10_000 {
            assert_eq!(buckets.take(&key, at(0)), Ok(()));
            assert!(buckets.len() <= 100);
        }
        assert!(buckets.take(&u32::MAX, at(0)).is_err(), "a flood of others frees nobody");
    }

    #[test]
    fn strange_rates_are_no_fault() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE] {
            let mut buckets = Buckets::new(rate, u32::MAX, 0);
            assert_eq!(buckets.take(&1, at(u64::MAX)), Ok(()), "{rate}");
            let _ = buckets.take(&2, at(0));
        }
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let mut limiter = Limiter::new(1.0, 2, 60);
        let from = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(limiter.unknown(from("2001:db8::1"), at(0)), Ok(()));
        assert_eq!(limiter.unknown(from("2001:db8::2"), at(0)), Ok(()));
        assert!(limiter.unknown(from("2001:db8::3"), at(0)).is_err());
        assert_eq!(limiter.unknown(from("2001:db8:0:1::3"), at(0)), Ok(()));
        assert_eq!(neighbourhood(from("::ffff:10.0.0.1")), from("10.0.0.1"));
    }
}
