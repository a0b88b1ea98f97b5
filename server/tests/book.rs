//! docs/security.md names the test behind each promise; here it is made sure that there is one of that name.

use std::{fs, path::Path};

/// All files below `folder` that end so, each as its text with its name in front.
fn texts(folder: &Path, ends: &[&str], into: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if path.is_dir() {
            if name != "target" {
                texts(&path, ends, into);
            }
        } else if ends.iter().any(|end| name.ends_with(end)) {
            into.push(format!("file {name}\n{}", fs::read_to_string(path).unwrap()));
        }
    }
}

#[test]
fn every_test_that_the_book_of_security_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut sources = Vec::new();
    for folder in [
        "server/src",
        "server/tests",
        "server/protocol/src",
        "server/protocol/tests",
        "tui-client/src",
        "tui-client/tests",
    ] {
        texts(&root.join(folder), &[".rs", ".txt"], &mut sources);
    }
    let exists = |name: &str| match name.strip_suffix(".txt") {
        Some(_) => sources.iter().any(|text| text.starts_with(&format!("file {name}\n"))),
        None => sources.iter().any(|text| text.contains(&format!("fn {name}("))),
    };
    let book = fs::read_to_string(root.join("docs/security.md")).unwrap();
    let names = book.split('`').skip(1).step_by(2).filter(|name| {
        let one_word =
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.".contains(&byte));
        one_word && (name.matches('_').count() >= 2 || name.ends_with(".txt"))
    });
    let names: Vec<&str> = names.collect();
    assert!(names.len() > 60, "the book names its tests in code: {names:?}");
    let missing: Vec<&&str> = names.iter().filter(|name| !exists(name)).collect();
    assert!(missing.is_empty(), "no such tests: {missing:#?}");
}
