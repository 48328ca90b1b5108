//! The house rules hold. `cargo xtask tidy` prints the same without the tests.

use xtask::{dependencies, invariants, text, tree};

fn nothing(broken: &[String]) {
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn dependencies_point_one_way() {
    let metadata = dependencies::metadata(&tree::root()).expect("cargo metadata");
    nothing(&dependencies::wrong_way(&metadata));
}

#[test]
fn crates_without_io_have_none() {
    nothing(&dependencies::impure(&tree::files(&tree::root())));
}

#[test]
fn every_promise_has_a_test_and_every_test_its_promise() {
    nothing(&invariants::broken(&invariants::catalogue(&tree::files(&tree::root()))));
}

#[test]
fn files_stay_readable() {
    let files = tree::files(&tree::root());
    assert!(files.iter().filter(|f| f.is_rust()).count() > 20, "the walk found no workspace");
    nothing(&text::too_long(&files));
}

#[test]
fn nothing_is_left_for_later_and_nothing_is_tied_to_one_machine() {
    let files = tree::files(&tree::root());
    nothing(&text::notes_to_self(&files));
    nothing(&text::machine_paths(&files));
}
