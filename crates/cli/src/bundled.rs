//! What the program carries with it, so that it shows something without any file.

/// The scenarios, by name.
pub const SCENARIOS: [(&str, &str); 3] = [
    ("euphrates-2017", include_str!("../../../scenarios/euphrates-2017.toml")),
    ("crossing", include_str!("../../../scenarios/crossing.toml")),
    ("formation-and-ghost", include_str!("../../../scenarios/formation-and-ghost.toml")),
];

/// The scenario of `deconflict demo`.
pub const DEMO: &str = "euphrates-2017";

/// The text of a bundled scenario.
pub fn scenario(name: &str) -> Option<&'static str> {
    SCENARIOS.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}
