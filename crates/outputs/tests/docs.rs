//! What docs/outputs.md says is so.

#![allow(clippy::print_stderr)] // says when it skips

use deconflict_outputs::{OutputConfig, signature};
use std::io::Write;
use std::process::{Command, Stdio};

const PAGE: &str = include_str!("../../../docs/outputs.md");

/// The blocks of a language on the page.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let blocks = PAGE.split(fence.as_str()).skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

#[test]
fn the_examples_hold() {
    #[derive(serde::Deserialize)]
    struct File {
        output: Vec<OutputConfig>,
    }
    let examples: Vec<&str> = blocks("toml").into_iter().filter(|b| b.contains("kind")).collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        let file: File = toml::from_str(example).expect(example);
        OutputConfig::check_all(&file.output).expect(example);
    }
}

#[test]
fn every_key_is_there() {
    let error = |toml: &str| toml::from_str::<OutputConfig>(toml).unwrap_err().to_string();
    let webhook = error("kind = \"webhook\"\nnonsense = 1");
    let cot = error("kind = \"cot\"\nnonsense = 1");
    let mut keys = 0;
    for list in [webhook, cot] {
        let (_, list) = list.split_once("expected one of ").expect("serde lists what it knows");
        for key in list.trim().split(", ") {
            assert!(PAGE.contains(key), "{key} is not on the page");
            keys += 1;
        }
    }
    assert!(keys > 25, "{keys}");
}

#[test]
fn signatures_are_checked_as_it_says() {
    let snippet = blocks("python")[0];
    let (secret, body) = ("0123456789abcdef", "{\"number\":1,\"é\":\"\\u0000\"}");
    let header = signature(secret.as_bytes(), 1_000_000, body.as_bytes());
    let code = format!(
        "{snippet}\nimport json, sys\nsecret, header, body = json.load(sys.stdin)\n\
         secret, body = secret.encode(), body.encode()\n\
         assert is_genuine(secret, header, body, now=1000300)\n\
         assert not is_genuine(secret, header, body, now=1000301)\n\
         assert not is_genuine(secret, header, body + b' ', now=1000000)\n\
         assert not is_genuine(secret + b' ', header, body, now=1000000)\n\
         assert not is_genuine(secret, header.replace('t=1000000', 't=1000001'), body, now=1000000)\n\
         assert not is_genuine(secret, '', body, now=1000000)\n"
    );
    let python = Command::new("python3")
        .args(["-c", &code])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut python) = python else {
        eprintln!("skipped: no python3 here");
        return;
    };
    let input = serde_json::to_vec(&[secret, &header, body]).unwrap();
    python.stdin.take().unwrap().write_all(&input).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
