//! Every mistake in a scenario is one clear message with its line and key.

use deconflict_sim::Scenario;

const VALID: &str = r#"[scenario]
name = "small"
start = 2017-12-13T08:00:00Z
duration_min = 5

[points]
MID = [35.0, 40.5]

[[operator]]
name = "BLUE"

[[aerodrome]]
name = "BASE"
at = "MID"
runway_deg = 90

[[flight]]
callsign = "SHELL1"
operator = "BLUE"
type = "tanker"
route = [{ hold = "MID", fl = 240 }]

[[flight]]
callsign = "VIPER"
operator = "BLUE"
type = "fighter"
size = 2
route = [
    { take_off = "BASE" },
    { orbit = "MID", radius_nm = 8, fl = 250, for_min = 10 },
    { refuel = "SHELL1" },
    { land = "BASE" },
]

[[feed]]
name = "receiver"
owner = "BLUE"
kind = "adsb"
period_s = 1
"#;

/// The message for the valid scenario with one thing replaced.
fn mistake(right: &str, wrong: &str) -> String {
    assert!(VALID.contains(right), "{right:?} is not in the scenario");
    let error = Scenario::parse(&VALID.replacen(right, wrong, 1)).expect_err("a mistake");
    error.to_string()
}

#[test]
fn the_valid_one_is() {
    assert_eq!(Scenario::parse(VALID).expect("it is valid").aircraft_count(), 3);
}

#[test]
fn messages_name_line_key_and_remedy() {
    #[rustfmt::skip]
    let cases = [
        // A typo in a key, in a table and in a leg.
        ("duration_min", "duration_mins", "line 4, key `duration_mins`: unknown field `duration_mins`"),
        ("radius_nm = 8", "radius = 8", "line 30, key `radius`: unknown field `radius`"),
        // A missing key, a wrong type.
        ("duration_min = 5\n", "", "line 1: missing field `duration_min`"),
        ("period_s = 1", "period_s = \"1 s\"", "line 39, key `period_s`: invalid type: string"),
        ("fl = 250", "fl = \"250\"", "line 30, key `fl`: invalid type: string \"250\", expected a number or [low, high]"),
        // No TOML at all.
        ("name = \"small\"", "name = small", "line 2"),
        // Values that cannot be.
        ("duration_min = 5", "duration_min = -5", "line 4, key `duration_min`: -5 is not between"),
        ("duration_min = 5", "duration_min = nan", "line 4, key `duration_min`: NaN is not between"),
        ("MID = [35.0, 40.5]", "MID = [95.0, 40.5]", "line 7, key `MID`: [95, 40.5] is no [latitude, longitude]"),
        ("2017-12-13T08:00:00Z", "2017-12-13T08:00:00+01:00", "line 3, key `start`: must be a date and time in UTC"),
        ("fl = 250", "fl = 2500", "line 30, key `fl`: 250000 to 250000 ft is no range"),
        ("size = 2", "size = 12", "line 27, key `size`: must be between 1 and 9"),
        ("radius_nm = 8", "radius_nm = 2", "line 30, key `radius_nm`: at this speed and bank the smallest orbit is"),
        ("for_min = 10", "gs_kt = 1200", "line 30, key `gs_kt`: 1200 is not between"),
        // Names that are not there.
        ("hold = \"MID\"", "hold = \"MIDD\"", "line 21, key `hold`: there is no point \"MIDD\"; known: MID"),
        ("refuel = \"SHELL1\"", "refuel = \"SHELL\"", "line 31, key `refuel`: there is no tanker \"SHELL\"; known: SHELL1"),
        ("land = \"BASE\"", "land = \"BASIS\"", "line 32, key `land`: there is no aerodrome or ship \"BASIS\"; known: BASE"),
        ("owner = \"BLUE\"", "owner = \"BLEU\"", "line 37, key `owner`: there is no operator \"BLEU\"; known: BLUE"),
        ("type = \"fighter\"", "type = \"figther\"", "line 26, key `type`: there is no type \"figther\""),
        ("kind = \"adsb\"", "kind = \"ads-b\"", "line 38, key `kind`: \"ads-b\" is none of: adsb, mlat, radar, link"),
        // Names that are there already, or too long.
        ("callsign = \"VIPER\"", "callsign = \"SHELL\"", "line 24, key `callsign`: SHELL1 is already the call sign"),
        ("callsign = \"VIPER\"", "callsign = \"VIPERVIPER\"", "line 24, key `callsign`: the call sign \"VIPERVIPER1\" must have"),
        // Legs that make no sense.
        ("{ take_off = \"BASE\" },", "{ take_off = \"BASE\", fl = 100 },", "line 29: `fl` does not go with `take_off`"),
        ("{ refuel = \"SHELL1\" },", "{ refuel = \"SHELL1\", to = \"MID\" },", "line 31: a leg has exactly one of"),
        ("{ refuel = \"SHELL1\" },", "{ land = \"BASE\" },", "line 32: after `land` a flight is over"),
        ("fl = 250, ", "", "line 30: the first `orbit` of a route needs `fl` or `alt_ft`"),
        ("fl = 250", "fl = 250, alt_ft = 25000", "line 30, key `alt_ft`: give `fl` or `alt_ft`, not both"),
        ("{ take_off = \"BASE\" },", "", "ok"),
    ];
    for (right, wrong, expected) in cases {
        if expected == "ok" {
            assert!(Scenario::parse(&VALID.replacen(right, wrong, 1)).is_ok());
            continue;
        }
        let message = mistake(right, wrong);
        assert!(message.starts_with(expected), "\n  got      {message}\n  expected {expected}");
        assert!(!message.contains('\n'), "{message:?}");
    }
}

proptest::proptest! {
    /// Nothing that anybody can write makes it panic.
    #[test]
    fn damaged_scenarios_are_refused_or_simulated(at in 0..VALID.len(), what in "[ -~\n]{0,4}", cut in 0..6usize) {
        let end = (at + cut).min(VALID.len());
        let damaged = format!("{}{what}{}", &VALID[..at], &VALID[end..]);
        if let Ok(scenario) = Scenario::parse(&damaged) {
            let mut simulation = deconflict_sim::Simulation::new(&scenario);
            simulation.step(scenario.start.plus_s(20.0));
        }
    }
}
