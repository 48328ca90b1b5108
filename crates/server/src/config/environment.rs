//! Keys from the environment: `DECONFLICT__HTTP__LISTEN=0.0.0.0:8080`,
//! `DECONFLICT__FEED__0__NAME=tower`. Two underscores part the keys of the path; a number
//! is a place in an array, which may be the next after its end.

use super::ConfigError;
use toml::{Table, Value};

const PREFIX: &str = "DECONFLICT__";

/// Puts the variables on top of a table, in the order of their names.
pub(super) fn overlay(
    table: &mut Table,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    let ours = environment.into_iter().filter(|(name, _)| name.starts_with(PREFIX));
    let mut ours: Vec<(String, String)> = ours.collect();
    ours.sort();
    for (name, text) in ours {
        let path: Vec<String> =
            name[PREFIX.len()..].split("__").map(str::to_ascii_lowercase).collect();
        let wrong = |what: String| ConfigError(format!("environment variable {name}: {what}"));
        if path.iter().any(String::is_empty) {
            return Err(wrong("a key in it is empty; write DECONFLICT__TABLE__KEY".to_owned()));
        }
        set(table, &path, value(&text)).map_err(wrong)?;
    }
    Ok(())
}

/// A number, a truth value, an array or a table where the text is one; else the text.
fn value(text: &str) -> Value {
    let read = format!("value = {text}").parse::<Table>().ok();
    match read.and_then(|mut table| table.remove("value")) {
        // A date would be one by accident.
        Some(Value::Datetime(_)) | None => Value::String(text.to_owned()),
        Some(value) => value,
    }
}

fn set(table: &mut Table, path: &[String], value: Value) -> Result<(), String> {
    let [key, rest @ ..] = path else { return Ok(()) };
    if rest.is_empty() {
        table.insert(key.clone(), value);
        return Ok(());
    }
    let is_place = rest[0].bytes().all(|b| b.is_ascii_digit());
    let below = table.entry(key.clone()).or_insert_with(|| match is_place {
        true => Value::Array(Vec::new()),
        false => Value::Table(Table::new()),
    });
    match below {
        Value::Table(below) => set(below, rest, value),
        Value::Array(array) => {
            let place: usize = rest[0].parse().map_err(|_| format!("{:?} is no place", rest[0]))?;
            if place > array.len() {
                return Err(format!("place {place} is beyond the end, which is {}", array.len()));
            }
            if rest.len() == 1 {
                if place == array.len() {
                    array.push(value)
                } else {
                    array[place] = value
                }
                return Ok(());
            }
            if place == array.len() {
                array.push(Value::Table(Table::new()));
            }
            match &mut array[place] {
                Value::Table(below) => set(below, &rest[1..], value),
                _ => Err(format!("place {place} holds no keys")),
            }
        }
        _ => Err(format!("{key:?} holds no further keys")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlaid(file: &str, variables: &[(&str, &str)]) -> Result<Table, ConfigError> {
        let mut table: Table = file.parse().unwrap();
        let pairs = variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        overlay(&mut table, pairs)?;
        Ok(table)
    }

    #[test]
    fn variables_replace_and_add() {
        let file = "name = 'a'\n[[feed]]\nname = 'x'\n";
        let table = overlaid(
            file,
            &[
                ("DECONFLICT__NAME", "b"),
                ("DECONFLICT__HTTP__LISTEN", "0.0.0.0:1"),
                ("DECONFLICT__HTTP__MAX_CONNECTIONS", "12"),
                ("DECONFLICT__FEED__0__NAME", "y"),
                ("DECONFLICT__FEED__1__NAME", "z"),
                ("DECONFLICT_DATA", "not ours"),
            ],
        );
        let wanted = "name = 'b'\n[[feed]]\nname = 'y'\n[[feed]]\nname = 'z'\n\
                      [http]\nlisten = '0.0.0.0:1'\nmax_connections = 12\n";
        assert_eq!(table.unwrap(), wanted.parse::<Table>().unwrap());
    }

    #[test]
    fn mistakes_are_named() {
        for (name, what) in [
            ("DECONFLICT__FEED__5__NAME", "beyond the end"),
            ("DECONFLICT__NAME__X", "no further keys"),
            ("DECONFLICT__HTTP____X", "is empty"),
        ] {
            let error = overlaid("name = 'a'\n[[feed]]\nname = 'x'", &[(name, "1")]).unwrap_err();
            assert!(error.0.contains(what) && error.0.contains(name), "{error}");
        }
    }
}
