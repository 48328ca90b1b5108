//! `deconflict dss`: starts, answers, ends in order, and says what is wrong with its arguments.
#![allow(clippy::unwrap_used)]

use assert_cmd::cargo::cargo_bin;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const KEY: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../access/tests/keys/test-only-rsa-a.public.pem");

fn dss(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo_bin("deconflict"));
    command.current_dir(folder).arg("dss").args(["--listen", "127.0.0.1:0"]).args(arguments);
    command
}

fn refused(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = dss(folder, arguments).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
fn wrong_arguments_are_told_with_what_to_give_instead() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = refused(folder.path(), &["--public-key", KEY]);
    assert_eq!(code, Some(2));
    assert!(text.contains("--audience"), "{text}");
    let (code, text) = refused(folder.path(), &["--audience", "here"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("--public-key FILE or --jwks URL"), "{text}");
    let (code, text) = refused(folder.path(), &["--audience", "here", "--public-key", "no.pem"]);
    assert_eq!(code, Some(66));
    assert!(text.contains("no.pem"), "{text}");
    std::fs::write(folder.path().join("not.pem"), "hello").unwrap();
    let (code, text) = refused(folder.path(), &["--audience", "here", "--public-key", "not.pem"]);
    assert_eq!(code, Some(65));
    assert!(text.contains("not.pem") && text.contains("BEGIN PUBLIC KEY"), "{text}");
    let url = "mysql://user:secret@host/db";
    let arguments = ["--audience", "here", "--public-key", KEY, "--store", url];
    let (code, text) = refused(folder.path(), &arguments);
    assert_eq!(code, Some(2));
    assert!(text.contains("postgres://") && !text.contains("secret"), "{text}");
}

#[test]
#[cfg(unix)]
fn it_answers_and_has_its_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let good = ["--audience", "here", "--public-key", KEY];
    let mut service = dss(folder.path(), &good).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(service.stderr.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    let address = line.split("http://").nth(1).unwrap().split(',').next().unwrap().to_owned();

    let mut socket = TcpStream::connect(&address).unwrap();
    write!(socket, "GET /healthy HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok"), "{answer}");

    let (code, text) = refused(folder.path(), &good);
    assert_eq!(code, Some(74));
    assert!(text.contains("in use by another process"), "{text}");

    let told = Command::new("kill").args(["-TERM", &service.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert!(service.wait().unwrap().success());
    // What was opened was closed: nothing of the log is left over.
    assert!(folder.path().join("deconflict-dss.db").exists());
    assert!(!folder.path().join("deconflict-dss.db-wal").exists());
}
