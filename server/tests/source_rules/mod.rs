//! Reads sources and says which lines break the rules of who may know whom. Used by the tests of both programs.
//!
//! It looks at paths (`tokio::spawn`, `use crate::{store, net}`) and words, without comments and strings' meaning: enough to
//! notice a wrong dependency on the day it is written.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The longest a source file may be, in lines.
const MAX_LINES: usize = 800;

/// What the sources below one path may know.
pub struct Rule {
    /// A module, as a path below the source folder: `hub/world` stands for `hub/world.rs` and all of `hub/world/`.
    pub module: &'static str,
    /// The crates it may use, of those the package depends on. `None` for any.
    pub crates: Option<&'static [&'static str]>,
    /// The modules of its own crate it may use, itself included, as paths like `hub/io`. `None` for any.
    pub own: Option<&'static [&'static str]>,
    /// Words it may not hold.
    pub never: &'static [&'static str],
}

/// What code without clock, chance, disk or network may not name.
pub const IMPURE: &[&str] = &[
    "std::fs",
    "std::io",
    "std::thread",
    "std::process",
    "std::env",
    "SystemTime",
    "Instant::now",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "async fn",
];

/// Every line below `package`/src that breaks one of `rules`, as `file:line: why`.
pub fn broken(package: &Path, rules: &[Rule]) -> Vec<String> {
    let root = package.join("src");
    let dependencies = dependencies(package);
    let mut found = Vec::new();
    for file in rust_files(&root) {
        let inside = file.strip_prefix(&root).expect("the file is below the root").with_extension("");
        let text = fs::read_to_string(&file).expect("a source file can be read");
        for rule in rules.iter().filter(|rule| inside.starts_with(rule.module)) {
            for (number, code, within) in pieces(&text, &module_of(&inside)) {
                if let Some(why) = rule.breaks(&code, &within, &dependencies) {
                    found.push(format!("{}:{number}: {} {why}", file.display(), rule.module));
                }
            }
        }
    }
    found
}

/// Every rule that no file falls under: a module was renamed and the rule forgotten.
pub fn idle<'a>(package: &Path, rules: &'a [Rule]) -> Vec<&'a str> {
    let root = package.join("src");
    let files: Vec<_> =
        rust_files(&root).iter().filter_map(|file| Some(file.strip_prefix(&root).ok()?.with_extension(""))).collect();
    rules.iter().map(|rule| rule.module).filter(|module| !files.iter().any(|file| file.starts_with(module))).collect()
}

/// Every source file of `package`, tests included, that is too long.
pub fn too_long(package: &Path) -> Vec<String> {
    let files = ["src", "tests"].iter().flat_map(|folder| rust_files(&package.join(folder)));
    let counted = files.map(|file| (fs::read_to_string(&file).unwrap_or_default().lines().count(), file));
    let long = counted.filter(|(lines, _)| *lines > MAX_LINES);
    long.map(|(lines, file)| format!("{}: {lines} lines, more than {MAX_LINES}", file.display())).collect()
}

impl Rule {
    /// Why `code` of the module `inside` breaks this rule.
    fn breaks(&self, code: &str, inside: &[&str], dependencies: &[String]) -> Option<String> {
        if let Some(word) = self.never.iter().find(|word| has_word(code, word)) {
            return Some(format!("may not name {word}"));
        }
        paths(code).find_map(|path| self.breaks_by(&path, inside, dependencies))
    }

    fn breaks_by(&self, path: &[&str], inside: &[&str], dependencies: &[String]) -> Option<String> {
        let root = *path.first()?;
        if let Some(crates) = self.crates
            && dependencies.iter().any(|known| known == root)
            && !crates.contains(&root)
        {
            return Some(format!("may not use the crate {root}"));
        }
        let own = self.own?;
        let target = resolve(path, inside)?;
        let allowed = own.iter().any(|module| target.starts_with(module));
        (!allowed).then(|| format!("may not use crate::{}", target.display()))
    }
}

/// The path of modules that `path` names, when it names one of this crate from outside its own module.
fn resolve(path: &[&str], inside: &[&str]) -> Option<PathBuf> {
    let (base, rest) = match path.split_first()? {
        (&"crate", rest) => (&inside[..0], rest),
        (&"super", _) => {
            let ups = path.iter().take_while(|part| **part == "super").count();
            (&inside[..inside.len().saturating_sub(ups)], &path[ups..])
        }
        _ => return None,
    };
    let modules = rest.iter().take_while(|part| part.starts_with(|c: char| c.is_ascii_lowercase()));
    let target: PathBuf = base.iter().chain(modules).collect();
    // `super::*` and `super::Type` name the parent module itself.
    (target.components().count() > 0).then_some(target)
}

/// The module path of a file: `hub/world/mod` is `hub`, `world`.
fn module_of(inside: &Path) -> Vec<&str> {
    let parts = inside.components().filter_map(|part| part.as_os_str().to_str());
    parts.filter(|part| !matches!(*part, "mod" | "lib" | "main")).collect()
}

/// The lines of `text` with their numbers, without comments, and the modules they stand in. A `use` of several lines or with
/// braces comes out as one piece of several whole paths.
fn pieces<'a>(text: &str, module: &[&'a str]) -> Vec<(usize, String, Vec<&'a str>)> {
    let mut within = module.to_vec();
    let mut out = Vec::new();
    let mut import: Option<(usize, String)> = None;
    for (index, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default().trim();
        if code.starts_with("mod tests {") {
            within.push("tests");
        }
        let starts = code.starts_with("use ") || (code.starts_with("pub") && code.contains(" use "));
        if starts && import.is_none() {
            import = Some((index + 1, String::new()));
        }
        let Some((number, so_far)) = &mut import else {
            out.push((index + 1, code.to_owned(), within.clone()));
            continue;
        };
        so_far.push_str(code);
        if code.ends_with(';') {
            let tree = so_far.split("use ").nth(1).unwrap_or_default().trim_end_matches(';').replace(' ', "");
            out.push((*number, unfold(&tree).join(" "), within.clone()));
            import = None;
        }
    }
    out
}

/// `a::{b,c::{d,e}}` as `a::b`, `a::c::d`, `a::c::e`.
fn unfold(tree: &str) -> Vec<String> {
    let Some((stem, rest)) = tree.split_once('{') else {
        return vec![tree.to_owned()];
    };
    let inner = rest.strip_suffix('}').unwrap_or(rest);
    let mut depth = 0_usize;
    let branches = inner.split(|c| {
        depth = depth + usize::from(c == '{') - usize::from(c == '}');
        c == ',' && depth == 0
    });
    branches.filter(|branch| !branch.is_empty()).flat_map(unfold).map(|branch| format!("{stem}{branch}")).collect()
}

/// All paths in a piece of code, each as its parts.
fn paths(code: &str) -> impl Iterator<Item = Vec<&str>> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    code.split(move |c| !is_path(c))
        .filter(|word| word.contains("::"))
        .map(|word| word.split("::").filter(|part| !part.is_empty()).collect())
}

fn has_word(code: &str, word: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(|c| letter(c) || c == ':') && !after.is_some_and(letter)
    })
}

/// The names under which code uses the dependencies of `package`.
fn dependencies(package: &Path) -> Vec<String> {
    let manifest = fs::read_to_string(package.join("Cargo.toml")).expect("the package has a manifest");
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    lines
        .filter_map(|line| Some(line.split(['.', '=', ' ']).next()?.replace('-', "_")))
        .filter(|name| !name.is_empty())
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a folder can be read").path()).collect();
    paths.sort();
    paths
        .into_iter()
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .collect()
}

#[test]
fn imports_are_unfolded() {
    assert_eq!(unfold("a::{b,c::{d,e},f}"), ["a::b", "a::c::d", "a::c::e", "a::f"]);
    let found = pieces("use crate::{\n    store,\n    net::tls,\n};\nx // tokio::spawn", &["hub"]);
    assert_eq!(found[0].1, "crate::store crate::net::tls");
    assert_eq!(found[1], (5, "x".to_owned(), vec!["hub"]));
}

#[test]
fn what_is_forbidden_is_found() {
    let rule = Rule { module: "hub", crates: Some(&["bytes"]), own: Some(&["hub"]), never: &["async fn"] };
    let known = ["tokio".to_owned(), "bytes".to_owned()];
    let why = |code: &str| rule.breaks(code, &["hub", "world"], &known);
    for bad in ["tokio::spawn(x)", "let x = crate::store::open()", "super::super::store::Store", "async fn run()"] {
        assert!(why(bad).is_some(), "{bad}");
    }
    for good in ["bytes::Bytes", "super::io::ConnId", "crate::hub::io", "Vec::new()", "std::mem::take", "my_tokio::x"] {
        assert_eq!(why(good), None, "{good}");
    }
}
