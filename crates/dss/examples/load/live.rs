//! A million live intents, all over the world.

use crate::Options;
use crate::bodies::{Bodies, spread};
use crate::common::{Place, settings};
use crate::measure::{self, Figures};
use crate::service::{self, Child};
use deconflict_core::volume::{Footprint, Polygon};
use deconflict_core::{Altitude, GeoPoint, Time, Volume4d};
use deconflict_dss::Pool;
use deconflict_intent::{Covering, Extent, Intent, IntentState, Outline, Row, Subscription, Told};
use sqlx::{AnyConnection, Connection, Executor, SqlSafeStr};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;
use uuid::Uuid;

const QUERY_P99_MS: f64 = 10.0;
const RESTART_S: f64 = 10.0;
/// Rows of one statement.
const AT_ONCE: usize = 500;

/// Intents are where people are: around so many places, which are all over the world.
const PLACES: usize = 2_000;

/// Where the intent of a number is: within 50 km of a place, as many in every part of the world.
fn centre(n: usize) -> GeoPoint {
    let part = |n: usize| spread(n, 1_000_003) as f64 / 1_000_003.0;
    let place = 3 * spread(n, PLACES);
    let lat = (2.0 * part(place) - 1.0).asin().to_degrees();
    let place = GeoPoint::from_deg(lat, 360.0 * part(place + 1) - 180.0).unwrap();
    let away_m = 50_000.0 * part(7 * n).sqrt();
    place.destination(std::f64::consts::TAU * part(7 * n + 3), away_m)
}

/// Every fourth is a polygon, the others are circles.
fn footprint(n: usize) -> Footprint {
    let middle = centre(n);
    let radius_m = 200.0 + spread(n, 2_000) as f64;
    if !n.is_multiple_of(4) {
        return Footprint::Circle { centre: middle, radius_m };
    }
    let corner = |k: usize| middle.destination(f64::to_radians(60.0 * k as f64), radius_m);
    Polygon::new((0..6).map(corner).collect())
        .map_or(Footprint::Circle { centre: middle, radius_m }, Footprint::Polygon)
}

/// An intent, and the subscription that it hangs on.
fn rows(n: usize, now: Time) -> [Row; 2] {
    let floor_m = spread(n, 120) as f64 * 20.0;
    let volume = Volume4d {
        footprint: footprint(n),
        lower: Some(Altitude::ellipsoid_m(floor_m)),
        upper: Some(Altitude::ellipsoid_m(floor_m + 100.0)),
        start: Some(now.plus_s(-600.0)),
        end: Some(now.plus_s(6.0 * 3_600.0 + spread(n, 36_000) as f64)),
    };
    let cells = Covering::of(&[Outline::of(&volume.footprint).unwrap()]);
    let extent = Extent { volumes: vec![volume], cells };
    let id = |kind: u128| Uuid::from_u128(((n as u128) << 64) | kind);
    let manager: Arc<str> = format!("uss{}", n % 50).into();
    let subscription = Subscription {
        id: id(2),
        manager: Arc::clone(&manager),
        version: format!("{:043}", n),
        index: 0,
        base_url: format!("https://uss{}.example/utm", n % 50),
        for_intents: true,
        for_constraints: false,
        implicit: true,
        extent: extent.clone(),
    };
    let intent = Intent {
        id: id(1),
        manager,
        state: IntentState::Accepted,
        version: 1,
        ovn: format!("{:043}", n + 1),
        base_url: format!("https://uss{}.example/utm", n % 50),
        subscription: Some(subscription.id),
        extent,
        told: Told::default(),
    };
    [Row::Intent(Arc::new(intent)), Row::Subscription(Arc::new(subscription))]
}

/// Writes into the tables themselves: a million requests would take a while.
async fn fill(place: &Place, count: usize) {
    let pool = Pool::start(place.target.clone(), settings()).await.unwrap();
    pool.stop().await;
    let url = format!("sqlite://{}", service::argument(&place.target));
    let mut store = AnyConnection::connect(&url).await.unwrap();
    let now = Time::from_nanos(crate::common::unix_s() * 1_000_000_000);
    store.execute("BEGIN").await.unwrap();
    let mut numbers = 0..count;
    loop {
        let part: Vec<Row> =
            numbers.by_ref().take(AT_ONCE / 2).flat_map(|n| rows(n, now)).collect();
        if part.is_empty() {
            break;
        }
        let places = vec!["(?, ?, 1, ?)"; part.len()].join(", ");
        let statement = format!("INSERT INTO dss_rows (kind, id, seq, body) VALUES {places}");
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement).into_sql_str());
        for row in &part {
            let (kind, id) = row.key();
            query = query.bind(kind.name()).bind(id).bind(row.encode());
        }
        query.execute(&mut store).await.unwrap();
    }
    store.execute("UPDATE dss_head SET seq = 1 WHERE id = 1").await.unwrap();
    store.execute("COMMIT").await.unwrap();
    store.close().await.unwrap();
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

pub fn run(place: &Place, options: &Options, runtime: &Runtime) {
    let began = Instant::now();
    runtime.block_on(fill(place, options.live));
    println!("{} intents written in {:.0} s", options.live, began.elapsed().as_secs_f64());
    let child = Child::start(&service::argument(&place.target));
    println!(
        "opened in {:.1} s ({:.1} s of processor time); at most {RESTART_S} s: {}",
        child.opened_s,
        child.processor_s(),
        verdict(child.opened_s <= RESTART_S)
    );
    println!("resident {:.0} MiB, at most {:.0} MiB", child.resident_mib(), child.peak_mib());
    let bodies = Bodies::new();
    Figures::head();
    for radius_m in [2_000.0, 20_000.0] {
        let figures = measure::run(&child, options, |n| {
            let at = centre(spread(n, options.live));
            bodies.query_at(at.lat_deg(), at.lon_deg(), radius_m)
        });
        let name = format!("query, r = {} km", radius_m / 1000.0);
        let met = verdict(figures.p99_ms() <= QUERY_P99_MS);
        println!("{}   p99 at most {QUERY_P99_MS} ms: {met}", figures.line(&name));
    }
    let figures = measure::run(&child, options, |n| bodies.put_region(n));
    println!("{}", figures.line("put, a region"));
    println!("resident {:.0} MiB", child.resident_mib());
    child.stop();
}
