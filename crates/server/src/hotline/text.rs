//! The texts that are signed.

use super::Signed;
use deconflict_store::{MessageRow, ReceiptRow};
use std::fmt::Write as _;

/// A text that begins with what it is, and has one line for each name.
fn lines(what: &str, fields: &[(&str, Option<&str>)]) -> String {
    let mut text = format!("{what}\n");
    for (name, value) in fields {
        // Writing to a string does not fail. Values have no line ends; what is not there and
        // what is empty are told apart.
        let _ = match value {
            Some(value) => writeln!(text, "{name}: {value}"),
            None => writeln!(text, "{name}:"),
        };
    }
    text
}

/// What a party signs of a message.
pub fn of_sender(message: &MessageRow, sent: &str) -> String {
    let fields = [
        ("sent", Some(sent)),
        ("from", message.from_party.as_deref()),
        ("to", message.to_party.as_deref()),
        ("alert", message.alert.as_deref()),
        ("reservation", message.reservation.as_deref()),
        ("text", None),
    ];
    lines("deconflict message of a party 1", &fields) + &message.text
}

/// What the service hashes and signs of a message.
pub fn of_message(message: &MessageRow, signed: &Signed) -> String {
    let sender = signed.sender.as_ref();
    let time = message.time_ns.to_string();
    let fields = [
        ("id", Some(message.id.as_str())),
        ("time_ns", Some(&time)),
        ("from", message.from_party.as_deref()),
        ("to", message.to_party.as_deref()),
        ("alert", message.alert.as_deref()),
        ("reservation", message.reservation.as_deref()),
        ("sent", sender.map(|s| s.sent.as_str())),
        ("sender_signature", sender.map(|s| s.signature.as_str())),
        ("sender_key", sender.and_then(|s| s.key.as_deref())),
        ("previous", Some(&signed.previous)),
        ("text", None),
    ];
    lines("deconflict message 1", &fields) + &message.text
}

/// What the service signs of a receipt; `hash` is the message's.
pub fn of_receipt(receipt: &ReceiptRow, hash: &str) -> String {
    let time = receipt.time_ns.to_string();
    let fields = [
        ("message", Some(receipt.message.as_str())),
        ("hash", Some(hash)),
        ("party", Some(&receipt.party)),
        ("channel", Some(&receipt.channel)),
        ("outcome", Some(&receipt.outcome)),
        ("time_ns", Some(&time)),
    ];
    lines("deconflict receipt 1", &fields)
}

/// What the service signs of how far the messages of a party, or all, have come.
pub fn of_head(party: Option<&str>, count: i64, hash: &str, time_ns: i64) -> String {
    let (count, time) = (count.to_string(), time_ns.to_string());
    let fields =
        [("of", party), ("count", Some(&*count)), ("hash", Some(hash)), ("time_ns", Some(&*time))];
    lines("deconflict head 1", &fields)
}
