//! Who is in the sky of this test, and who may know what of whom.

use crate::common::client::Client;
use crate::common::flights::{Flight, lately, now, push};
use crate::common::{eventually, key};
use deconflict_access::Role;
use deconflict_core::Time;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// What OPBLUE may see of the others, in the order of their feeds.
pub const OTHERS: [(&str, &str); 4] =
    [("OPWHITE", "full"), ("OPPOS", "position"), ("OPCONF", "in-conflict"), ("OPHIDE", "nothing")];

/// An aircraft, and on which feed it is reported.
pub struct Player {
    pub flight: Flight,
    pub feed: &'static str,
    pub operator: Option<&'static str>,
    /// When `flight` is where it begins.
    began: Time,
    /// Where it turns to, degrees.
    pub turns_to: f64,
}

impl Player {
    /// Everything that says who it is.
    pub fn words(&self) -> Vec<String> {
        let f = &self.flight;
        let texts = [&f.callsign, &f.squawk, &f.formation];
        let texts = texts.into_iter().flatten().cloned();
        let address = [f.address.clone(), f.address.to_uppercase()];
        address.into_iter().chain(texts).chain(self.operator.map(str::to_owned)).collect()
    }

    /// Turns a little further: as an aircraft does, lest it be taken for another.
    pub fn turn(&mut self) {
        let left_deg = self.turns_to - self.flight.trk_deg;
        if left_deg != 0.0 {
            let now = now();
            let (lat, lon) = self.flight.at(now.seconds_since(self.began));
            (self.flight.lat, self.flight.lon, self.began) = (lat, lon, now);
            self.flight.trk_deg += left_deg.clamp(-3.0, 3.0);
        }
    }
}

/// Latitude that is flown by the time the two of a pair are closest, after 200 s, from 25 NM off.
const OFF_DEG: f64 = 25.0 / 60.0;

/// Everybody. The names say how OPBLUE may see them. Two that cross come from different degrees
/// of latitude, so that a position of the one is told from one of the other by its digits.
pub fn cast() -> BTreeMap<&'static str, Player> {
    let began = now().plus_s(-20.0);
    let mut all = BTreeMap::new();
    let mut add = |name: &'static str, at: (f64, f64), trk_deg, feed, operator| {
        let number = all.len() as u32;
        let address = format!("{:06x}", 0xb7_c0d0 + 0x1011 * number);
        let mut flight = Flight::new(&address, at.0, at.1, 31_000.0, trk_deg).called(name);
        flight.squawk = Some(format!("{:04o}", 0o4301 + 0o113 * number));
        flight.formation = (feed != "radar").then(|| format!("FORM-{name}"));
        all.insert(name, Player { flight, feed, operator, began, turns_to: trk_deg });
    };
    let west = |lat: f64, lon: f64| (lat, lon - OFF_DEG / lat.to_radians().cos());
    let (east, south) = (90.0, 180.0);
    // Each with an aircraft of somebody else.
    add("BLUE1", west(-23.3, 10.0), east, "blue link", Some("OPBLUE"));
    add("WHITE1", (-23.3 + OFF_DEG, 10.0), south, "white link", Some("OPWHITE"));
    add("BLUE2", west(-33.3, 10.0), east, "blue link", Some("OPBLUE"));
    add("POSIT1", (-33.3 + OFF_DEG, 10.0), south, "pos link", Some("OPPOS"));
    add("BLUE3", west(-63.3, 10.0), east, "blue link", Some("OPBLUE"));
    add("CONFL1", (-63.3 + OFF_DEG, 10.0), south, "conf link", Some("OPCONF"));
    add("BLUE4", west(-43.3, 10.0), east, "blue link", Some("OPBLUE"));
    add("HIDDEN1", (-43.3 + OFF_DEG, 10.0), south, "radar", Some("OPHIDE"));
    // Others among themselves.
    add("WHITE2", west(-53.3, 10.0), east, "white link", Some("OPWHITE"));
    add("CONFL3", (-53.3 + OFF_DEG, 10.0), south, "conf link", Some("OPCONF"));
    add("HIDDEN2", (10.3, -123.9), east, "hide link", Some("OPHIDE"));
    add("HIDDEN3", (10.3, -123.1), 270.0, "hide link", Some("OPHIDE"));
    // Alone.
    add("CONFL2", (20.0, -124.7), 0.0, "conf link", Some("OPCONF"));
    add("POSIT2", (-13.5, 10.0), east, "pos link", Some("OPPOS"));
    add("NOBODY1", (30.5, 10.0), east, "radar", None);
    for (name, class) in [("CONFL1", "tanker"), ("BLUE3", "high-performance")] {
        if let Some(player) = all.get_mut(name) {
            player.flight.class = Some(class.to_owned());
        }
    }
    all
}

/// Whom OPBLUE may know.
pub const KNOWN: [&str; 6] = ["BLUE1", "BLUE2", "BLUE3", "BLUE4", "WHITE1", "WHITE2"];
/// Whom it may see, without knowing who that is.
pub const VEILED: [&str; 4] = ["CONFL1", "NOBODY1", "POSIT1", "POSIT2"];
/// Of whom it may know nothing, and the digits of where these are.
pub const HIDDEN: [&str; 5] = ["CONFL2", "CONFL3", "HIDDEN1", "HIDDEN2", "HIDDEN3"];
pub const HIDDEN_DIGITS: [&str; 4] = ["-124.", "-52.", "-42.", "-123."];
/// The digits of CONFL1, which may be seen until its conflict is over.
pub const UNTIL_OVER_DIGITS: &str = "-62.";
/// The digits of POSIT1.
pub const VEILED_DIGITS: &str = "-32.";

const RULES: &str = r#"
lookahead_s = 600
[alerting]
predicted_s = 600
imminent_s = 5
clear_s = 3

[[rule]]
name = "below the tanker"
one = { class = ["tanker"] }
horizontal_nm = 4
vertical_ft = 900

[[rule]]
name = "among the hidden"
both = { operator = ["OPHIDE"] }
horizontal_nm = 5
vertical_ft = 1000

[[rule]]
name = "everybody"
horizontal_nm = 5
vertical_ft = 1000
"#;

/// The configuration; keys of `admin`, `tower`, `OPBLUE` … by name.
pub fn configuration(
    dir: &Path,
    radar: &str,
    webhook: &str,
    cot: &str,
) -> (String, BTreeMap<&'static str, String>) {
    std::fs::write(dir.join("rules.toml"), RULES).unwrap();
    let mut text = format!(
        "rules = {:?}\n[engine]\nperiod_s = 0.1\n\
         [visibility]\nothers = \"nothing\"\nunclaimed = \"position\"\n\
         [[visibility.release]]\nof = \"OPHIDE\"\nto = [\"OPSAR\"]\nsee = \"full\"\n\
         [[feed]]\nname = \"radar\"\nkind = \"tcp\"\nformat = \"sbs\"\nowner = \"OPHIDE\"\n\
         connect = {radar:?}\n[[feed]]\nname = \"blue link\"\nkind = \"push\"\nowner = \"OPBLUE\"\n\
         [[output]]\nname = \"hook\"\nkind = \"webhook\"\nparty = \"OPBLUE\"\n\
         url = \"http://{webhook}/\"\nsecret = \"0123456789abcdef\"\nevents = [\"alert\", \"feed\", \"warning\"]\n\
         [[output]]\nname = \"tak\"\nkind = \"cot\"\nparty = \"OPBLUE\"\nprotocol = \"tcp\"\n\
         to = {cot:?}\n[access.limits]\nrequests_per_s = 1e6\nburst = 1000000\n",
        dir.join("rules.toml").display().to_string(),
    );
    for ((operator, see), feed) in
        OTHERS.into_iter().zip(["white link", "pos link", "conf link", "hide link"])
    {
        text += &format!(
            "[[visibility.release]]\nof = {operator:?}\nsee = {see:?}\n\
             [[feed]]\nname = {feed:?}\nkind = \"push\"\nowner = {operator:?}\n"
        );
    }
    let hidden = &cast()["HIDDEN1"];
    let address = hidden.flight.address.to_uppercase();
    text += &format!("[[aircraft]]\naddress = {address:?}\noperator = \"OPHIDE\"\n");
    let mut keys = BTreeMap::new();
    let mut add = |name: &'static str, role, party| {
        let (lines, key) = key(name, role, party);
        text += &lines;
        keys.insert(name, key);
    };
    add("admin", Role::Admin, None);
    add("tower", Role::Controller, None);
    for party in ["OPBLUE", "OPWHITE", "OPPOS", "OPCONF", "OPHIDE", "OPSAR"] {
        add(party, Role::Party, Some(party));
    }
    (text, keys)
}

/// What is pushed on a feed, or comes as SBS: one report of each of its aircraft at each time.
pub fn reports(
    players: &BTreeMap<&'static str, Player>,
    feed: &str,
    times: &[Time],
) -> (Vec<Value>, String) {
    let (mut pushed, mut sbs) = (Vec::new(), String::new());
    for time in times {
        for player in players.values().filter(|player| player.feed == feed) {
            let t_s = time.seconds_since(player.began);
            pushed.push(player.flight.report(*time, t_s));
            sbs += &player.flight.sbs(*time, t_s);
        }
    }
    (pushed, sbs)
}

/// The last twenty seconds.
pub fn history() -> Vec<Time> {
    lately(21, 1.0).map(|(time, _)| time).collect()
}

/// Sends on each feed of kind `push` what its owner's aircraft report.
pub async fn push_all(
    players: &BTreeMap<&'static str, Player>,
    bare: &Client,
    keys: &BTreeMap<&'static str, String>,
    times: &[Time],
) {
    let feeds = [
        ("blue link", "OPBLUE"),
        ("white link", "OPWHITE"),
        ("pos link", "OPPOS"),
        ("conf link", "OPCONF"),
        ("hide link", "OPHIDE"),
    ];
    for (feed, owner) in feeds {
        let (reports, _) = reports(players, feed, times);
        let count = reports.len();
        let answer = push(&bare.bearer(&keys[owner]), feed, reports).await;
        assert_eq!(answer.json()["accepted"], count, "{answer:?}");
    }
}

/// The number of everybody's track, once there is one of each.
pub async fn tracks(
    admin: &Client,
    players: &BTreeMap<&'static str, Player>,
) -> BTreeMap<&'static str, u64> {
    eventually("a track of everybody", async || {
        let tracks = admin.get("/v1/tracks").await.json();
        let id_of = |player: &Player| {
            let mut tracks = tracks["tracks"].as_array()?.iter();
            tracks.find(|t| t["address"] == player.flight.address)?["id"].as_u64()
        };
        players.iter().map(|(name, player)| Some((*name, id_of(player)?))).collect()
    })
    .await
}
