//! What people enter: one draft, or a file of them.

use crate::problem::Problem;
use deconflict_reserve::document::{self, Fault, Format, Place};
use deconflict_reserve::{Reservation, Status};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Map, Value, json};

/// What stands for the id of a draft that has none yet.
pub const UNNAMED: &str = "this plan";

/// Letters and digits that are not taken for each other (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// One reservation of a file, or what is wrong with it and where.
pub type Entered = Result<Reservation, (String, String)>;

/// A new id: it tells neither whose it is nor how many there are.
///
/// # Errors
/// If the machine has no random numbers.
pub fn new_id() -> Result<String, Problem> {
    let mut bytes = [0; 8];
    let random = SystemRandom::new();
    random.fill(&mut bytes).map_err(|_| Problem::unavailable("no random numbers", 5))?;
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    Ok(format!("R-{}", bytes.iter().map(letter).collect::<String>()))
}

/// Reads one draft. `party` is who enters it, `may_name` whether it may name another; `id` is
/// what it will be called.
///
/// # Errors
/// What is wrong, by its field.
pub fn read_draft(
    mut body: Map<String, Value>,
    party: &str,
    may_name: bool,
    id: &str,
) -> Result<Reservation, Problem> {
    if let Some(status) = body.remove("status").filter(|s| !s.is_null() && *s != "draft") {
        let says = format!("{status}: a status is changed at /v1/reservations/{{id}}/status");
        return Err(Problem::bad(format!("field `status`: {says}")));
    }
    let given = body.insert("id".to_owned(), json!(id));
    let given = given.as_ref().and_then(Value::as_str).filter(|given| *given != id);
    if let Some(given) = given
        && is_missing(&body, "name")
    {
        body.insert("name".to_owned(), json!(given));
    }
    if is_missing(&body, "party") {
        body.insert("party".to_owned(), json!(party));
    }
    let text = Value::Array(vec![Value::Object(body)]).to_string();
    let mut read = document::read_json(&text).map_err(|fault| Problem::bad(says(&fault)))?;
    let draft = read.pop().ok_or_else(|| Problem::bad("there is no reservation"))?;
    adopted(draft, party, may_name).map_err(Problem::bad)
}

/// Reads a file of drafts. What can be taken one by one is; else one fault is the file's.
pub fn entries(format: Format, text: &str, party: &str, may_name: bool) -> Vec<Entered> {
    let fault = |fault: Fault| vec![Err((fault.place.to_string(), says(&fault)))];
    let read = match (format, serde_json::from_str::<Value>(text)) {
        (Format::Json, Ok(value)) => json_entries(value, party),
        (Format::GeoJson, Ok(value)) => geojson_entries(value, party),
        _ => match format.read(text) {
            Ok(read) => {
                let place = |i: usize, r: &Reservation| {
                    Place::Reservation(i + 1, Some(r.id.clone())).to_string()
                };
                read.into_iter().enumerate().map(|(i, r)| (place(i, &r), Ok(r))).collect()
            }
            Err(error) => return fault(error),
        },
    };
    let named = |mut draft: Reservation| {
        if draft.id != UNNAMED && draft.name.is_none() {
            draft.name = Some(draft.id.clone());
        }
        draft
    };
    read.into_iter()
        .map(|(place, read)| {
            let adopted = read.and_then(|draft| adopted(named(draft), party, may_name));
            adopted.map_err(|says| (place, says))
        })
        .collect()
}

type Placed = Vec<(String, Result<Reservation, String>)>;

fn json_entries(value: Value, party: &str) -> Placed {
    let list = match value {
        Value::Object(mut object) => match object.remove("reservations") {
            Some(Value::Array(list)) => list,
            _ => vec![Value::Object(object)],
        },
        Value::Array(list) => list,
        other => vec![other],
    };
    let read = |(index, mut value): (usize, Value)| {
        let id = value["id"].as_str().map(str::to_owned);
        if let Value::Object(map) = &mut value {
            fill(map, party);
        }
        let place = Place::Reservation(index + 1, id).to_string();
        (place, one(document::read_json(&Value::Array(vec![value]).to_string())))
    };
    list.into_iter().enumerate().map(read).collect()
}

fn geojson_entries(value: Value, party: &str) -> Placed {
    let features = match value {
        Value::Object(mut object) if object.contains_key("features") => {
            match object.remove("features") {
                Some(Value::Array(features)) => features,
                _ => vec![Value::Object(object)],
            }
        }
        other => vec![other],
    };
    let read = |(index, mut feature): (usize, Value)| {
        let has_id = !feature["id"].is_null();
        let id = feature["properties"]["id"].as_str().or(feature["id"].as_str());
        let place = Place::Feature(index + 1, id.map(str::to_owned)).to_string();
        if let Value::Object(feature) = &mut feature {
            let properties = feature.entry("properties").or_insert_with(|| json!({}));
            if properties.is_null() {
                *properties = json!({});
            }
            if let Value::Object(properties) = properties {
                let missing = has_id && is_missing(properties, "id");
                fill(properties, party);
                if missing {
                    properties.remove("id");
                }
            }
        }
        (place, one(document::read_geojson(&feature.to_string())))
    };
    features.into_iter().enumerate().map(read).collect()
}

fn one(read: Result<Vec<Reservation>, Fault>) -> Result<Reservation, String> {
    let mut read = read.map_err(|fault| says(&fault))?;
    read.pop().ok_or_else(|| "there is no reservation".to_owned())
}

/// Fills in what a draft may leave out.
fn fill(map: &mut Map<String, Value>, party: &str) {
    for (field, value) in [("id", UNNAMED), ("party", party)] {
        if is_missing(map, field) {
            map.insert(field.to_owned(), json!(value));
        }
    }
}

fn is_missing(map: &Map<String, Value>, field: &str) -> bool {
    map.get(field).is_none_or(|value| value.is_null() || *value == "")
}

/// A fault without its place, which whoever entered one draft knows.
fn says(fault: &Fault) -> String {
    match &fault.field {
        Some(field) => format!("field `{field}`: {}", fault.says),
        None => fault.says.clone(),
    }
}

/// A reservation as a draft of whoever enters it.
fn adopted(draft: Reservation, party: &str, may_name: bool) -> Result<Reservation, String> {
    if !may_name && draft.party != party {
        return Err(format!("field `party`: '{}' is not you: leave it out", draft.party));
    }
    Ok(Reservation { status: Status::Draft, ..draft })
}
