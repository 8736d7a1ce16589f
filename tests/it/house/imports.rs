//! Which file of a package uses which: read from `use`, from paths in the code, and through what a module passes on.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, code_of};

/// A module's path from the root of its package: `["net", "tcp"]`.
type Path = Vec<String>;

/// A file that holds a module.
#[derive(Default)]
struct Module {
    file: String,
    code: String,
    /// What `use` brings here under which name, whether or not it is passed on.
    names: BTreeMap<String, Path>,
    /// The modules whose names are brought here with `*`.
    globs: Vec<Path>,
}

/// The files of a package, and which uses which.
pub(super) struct Package {
    modules: BTreeMap<Path, Module>,
}

impl Package {
    /// Reads the files below `root`, which ends in `src/`; files of unit tests are left out.
    pub(super) fn new(root: &str, sources: &[Source]) -> Self {
        let mut modules = BTreeMap::new();
        for source in sources {
            let Some(below) = source.path.strip_prefix(root) else { continue };
            let mut path: Path = below.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
            if matches!(path.last().map(String::as_str), Some("mod" | "lib" | "main")) {
                path.pop();
            }
            if path.iter().any(|name| name == "tests") {
                continue;
            }
            let module = Module { file: below.to_owned(), code: code_of(&source.text), ..Module::default() };
            modules.insert(path, module);
        }
        let mut package = Self { modules };
        package.read_names();
        package
    }

    /// Returns each pair of files of which the first uses the second.
    pub(super) fn arrows(&self) -> BTreeSet<(String, String)> {
        let mut arrows = BTreeSet::new();
        for (path, module) in &self.modules {
            for (is_passed_on, used) in self.used_by(path, module) {
                let Some(target) = self.file_of(&used, 0) else { continue };
                let name = used.last().map_or("", String::as_str);
                if target != path && (!is_passed_on || is_named_besides(&module.code, name)) {
                    arrows.insert((module.file.clone(), self.modules[target].file.clone()));
                }
            }
        }
        arrows
    }

    fn read_names(&mut self) {
        let paths: Vec<Path> = self.modules.keys().cloned().collect();
        for path in paths {
            let mut names = BTreeMap::new();
            let mut globs = Vec::new();
            for Use { path: used, name, .. } in uses(&self.modules[&path].code) {
                let Some(used) = self.rooted(&path, &used) else { continue };
                match name.as_str() {
                    "*" => globs.push(used),
                    _ => drop(names.insert(name, used)),
                }
            }
            let module = self.modules.get_mut(&path).expect("read from its keys");
            (module.names, module.globs) = (names, globs);
        }
    }

    /// All paths into the package that a module writes, and whether it only passes them on.
    fn used_by(&self, path: &Path, module: &Module) -> Vec<(bool, Path)> {
        let mut used: Vec<(bool, Path)> = (uses(&module.code).into_iter())
            .filter_map(|one| Some((one.is_public, self.rooted(path, &one.path)?)))
            .collect();
        let (written, _) = split_uses(&module.code);
        used.extend(paths_in(&written).iter().filter_map(|one| Some((false, self.rooted(path, one)?))));
        used
    }

    /// A path as it is written in a module, from the root; `None` if it leads out of the package.
    fn rooted(&self, module: &Path, written: &[String]) -> Option<Path> {
        let mut from = module.clone();
        let mut rest = written;
        match written.first()?.as_str() {
            "crate" => (from, rest) = (Path::new(), &written[1..]),
            "self" => rest = &written[1..],
            "super" => {
                while rest.first().is_some_and(|word| word == "super") {
                    from.pop()?;
                    rest = &rest[1..];
                }
            }
            name => {
                let child: Path = from.iter().cloned().chain([name.to_owned()]).collect();
                if !self.modules.contains_key(&child) {
                    return None;
                }
            }
        }
        from.extend(rest.iter().cloned());
        Some(from)
    }

    /// The module in whose file something is defined.
    fn file_of(&self, path: &[String], depth: usize) -> Option<&Path> {
        if depth > 8 {
            return None; // names that lead to each other lead nowhere
        }
        let known = (0..=path.len()).rev().find(|length| self.modules.contains_key(&path[..*length]))?;
        let (own, module) = self.modules.get_key_value(&path[..known])?;
        let Some(name) = path.get(known) else { return Some(own) };
        if let Some(elsewhere) = module.names.get(name) {
            let elsewhere: Path = elsewhere.iter().chain(&path[known + 1..]).cloned().collect();
            return self.file_of(&elsewhere, depth + 1);
        }
        let globs = module.globs.iter().filter_map(|glob| self.file_of(glob, depth + 1));
        let mut defined = globs.filter(|glob| is_defined_in(&self.modules[*glob].code, name));
        Some(defined.next().unwrap_or(own))
    }
}

/// One name of a `use`.
struct Use {
    is_public: bool,
    path: Path,
    /// The name that it has here; `*` for all.
    name: String,
}

/// Splits code into what stands outside of `use`, and the `use`s: whether each is public, and its tree.
fn split_uses(code: &str) -> (String, Vec<(bool, String)>) {
    let (mut rest, mut uses, mut from) = (String::new(), Vec::new(), 0);
    for (at, _) in code.match_indices("use ") {
        let is_word = code[..at].chars().next_back().is_none_or(char::is_whitespace);
        let Some(length) = code[at..].find(';').filter(|_| is_word && at >= from) else { continue };
        let before = code[..at].rsplit([';', '}', '\n']).next().unwrap_or("");
        uses.push((before.trim_start().starts_with("pub"), code[at + 4..at + length].to_owned()));
        rest.push_str(&code[from..at]);
        from = at + length;
    }
    rest.push_str(&code[from..]);
    (rest, uses)
}

fn uses(code: &str) -> Vec<Use> {
    let (_, trees) = split_uses(code);
    let mut uses = Vec::new();
    for (is_public, tree) in trees {
        for (path, name) in leaves(&tree) {
            uses.push(Use { is_public, path, name });
        }
    }
    uses
}

/// Returns each path of `a::{b, c::{self, d as e}}` with the name that it has here.
pub(super) fn leaves(tree: &str) -> Vec<(Path, String)> {
    let tree = tree.trim();
    let Some((before, group)) = tree.split_once('{') else {
        let (path, name) = tree.split_once(" as ").map_or((tree, None), |(path, name)| (path, Some(name)));
        let mut path: Path = path.split("::").map(|word| word.trim().to_owned()).collect();
        let name = name.unwrap_or(path.last().map_or("", String::as_str)).trim().to_owned();
        if path.last().is_some_and(|last| last == "*" || last == "self" && path.len() > 1) {
            path.pop();
        }
        let name = if name == "self" { path.last().cloned().unwrap_or_default() } else { name };
        return vec![(path, name)];
    };
    let group = group.trim_end().strip_suffix('}').unwrap_or(group);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for letter in group.chars() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        match letter {
            ',' if depth == 0 => parts.push(String::new()),
            _ => parts.last_mut().expect("one at least").push(letter),
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| leaves(&format!("{}{}", before.trim(), part.trim()))).collect()
}

/// All paths that begin with `crate`, `super`, `self` or a module, outside of `use`.
fn paths_in(code: &str) -> Vec<Path> {
    let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut paths = Vec::new();
    for (at, _) in code.match_indices("::") {
        let first = code[..at].rsplit(|letter| !is_of_word(letter)).next().unwrap_or("");
        let before = &code[..at - first.len()];
        if first.is_empty() || before.ends_with("::") || !first.starts_with(char::is_lowercase) {
            continue;
        }
        let mut path = vec![first.to_owned()];
        let mut rest = &code[at..];
        while let Some(after) = rest.strip_prefix("::") {
            let word: String = after.chars().take_while(|letter| is_of_word(*letter)).collect();
            rest = &after[word.len()..];
            if word.is_empty() {
                break;
            }
            path.push(word);
        }
        paths.push(path);
    }
    paths
}

/// Whether a file that passes a name on also uses it.
fn is_named_besides(code: &str, name: &str) -> bool {
    let (written, _) = split_uses(code);
    words(&written).any(|word| word == name)
}

fn is_defined_in(code: &str, name: &str) -> bool {
    const KINDS: [&str; 9] =
        ["fn", "struct", "enum", "trait", "type", "const", "static", "union", "macro_rules"];
    let words: Vec<&str> = words(code).collect();
    words.windows(2).any(|pair| pair[1] == name && KINDS.contains(&pair[0]))
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|word| !word.is_empty())
}

#[test]
fn a_tree_of_names_is_read() {
    let read = |tree: &str| -> Vec<String> {
        leaves(tree).into_iter().map(|(path, name)| format!("{} as {name}", path.join("::"))).collect()
    };
    assert_eq!(read("super::a"), ["super::a as a"]);
    assert_eq!(
        read("super::{\n    a::{self, B as C},\n    d::*,\n    E,\n}"),
        ["super::a as a", "super::a::B as C", "super::d as *", "super::E as E"]
    );
}
