//! No file of a crate may import, over however many others, a file that imports it.
//!
//! An edge leads from a file to each file that defines something the first one names: by an import, by a
//! path written out (`crate::a::b`, `super::c`), or inside the tokens of a macro. Re-exports are followed to
//! the definition. What is no edge: `mod name;`, a re-export in a file that has children, code under
//! `#[cfg(test)]`, method calls and fields.
//!
//! `TIDY=repool-vm cargo test -p repool-tests --test tidy circles -- --nocapture` prints every edge that is
//! part of a circle of that crate.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Item, Visibility};

use crate::modules::{FileId, Import, ModuleId, Tree, attributes, imports, is_test};
use crate::{allowed, crates};

/// How many files of each crate stand in circles today; crates without any are not listed. A number is
/// lowered when it falls, and never raised.
const ALLOWED: &[(&str, usize)] = &[
    ("repool-arena", 2),
    ("repool-cache", 12),
    ("repool-compiler", 3),
    ("repool-program", 3),
    ("repool-syntax", 8),
    ("repool-vm", 46),
];

/// Where one file names something of another.
struct Evidence {
    line: usize,
    path: String,
}

type Edges = BTreeMap<(FileId, FileId), Evidence>;

/// The names that the patterns of a function bind.
#[derive(Default)]
struct Variables(HashSet<String>);

impl<'ast> Visit<'ast> for Variables {
    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        self.0.insert(pat.ident.to_string());
        visit::visit_pat_ident(self, pat);
    }
}

/// Collects the edges of one file.
struct Collector<'a> {
    tree: &'a Tree,
    file: FileId,
    module: ModuleId,
    /// The imports inside the functions around this place.
    scopes: Vec<HashMap<String, Vec<String>>>,
    /// The variables of the functions around this place. They hide functions of other files.
    variables: Vec<Variables>,
    edges: &'a mut Edges,
}

impl Collector<'_> {
    fn name(&mut self, path: &[String], span: Span) {
        let is_variable = |known: &Variables| known.0.contains(&path[0]);
        if path.len() == 1 && self.variables.iter().any(is_variable) {
            return;
        }
        let local = self
            .scopes
            .iter()
            .rev()
            .find_map(|scope| scope.get(&path[0]));
        let mut full = local.cloned().unwrap_or_default();
        let behind = if full.is_empty() { path } else { &path[1..] };
        full.extend_from_slice(behind);
        for to in self.tree.definers(self.module, &full) {
            self.edge(to, &full, span);
        }
    }

    fn edge(&mut self, to: FileId, path: &[String], span: Span) {
        if to != self.file {
            let evidence = || Evidence {
                line: span.start().line,
                path: path.join("::"),
            };
            self.edges.entry((self.file, to)).or_insert_with(evidence);
        }
    }

    fn import(&mut self, import: &Import, span: Span) {
        // A module and a function may share a name. What is taken from the module shows where it is named.
        if self.tree.is_module(self.module, &import.path) {
            return;
        }
        for to in self.tree.definers(self.module, &import.path) {
            self.edge(to, &import.path, span);
        }
    }

    /// Looks for paths in tokens that nothing has parsed.
    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let punct = |at: usize, c: char| match tokens.get(at) {
            Some(TokenTree::Punct(p)) => p.as_char() == c,
            _ => false,
        };
        let mut at = 0;
        while at < tokens.len() {
            let start = at;
            match &tokens[at] {
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Ident(first) => {
                    let mut path = vec![first.to_string()];
                    while punct(at + 1, ':')
                        && punct(at + 2, ':')
                        && let Some(TokenTree::Ident(next)) = tokens.get(at + 3)
                    {
                        path.push(next.to_string());
                        at += 3;
                    }
                    let is_member = start > 0 && punct(start - 1, '.');
                    let is_foreign = start > 1 && punct(start - 1, ':') && punct(start - 2, ':');
                    // A lone word in lower case is mostly a variable.
                    let is_call = match tokens.get(at + 1) {
                        Some(TokenTree::Group(g)) => g.delimiter() == Delimiter::Parenthesis,
                        _ => false,
                    };
                    let is_type = path[0].starts_with(|c: char| c.is_uppercase());
                    let is_path = path.len() > 1 || is_call || is_type;
                    if is_path && !is_member && !is_foreign {
                        self.name(&path, first.span());
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            at += 1;
        }
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let mut variables = Variables::default();
        variables.visit_item_fn(item);
        self.variables.push(variables);
        visit::visit_item_fn(self, item);
        self.variables.pop();
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_test(&item.attrs) {
            let mut variables = Variables::default();
            variables.visit_impl_item_fn(item);
            self.variables.push(variables);
            visit::visit_impl_item_fn(self, item);
            self.variables.pop();
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if !is_test(&local.attrs) {
            visit::visit_local(self, local);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let Some((_, items)) = &item.content else {
            return;
        };
        let outer = self.module;
        // A module inside a function has no place in the tree: its names are those around it.
        if let Some(child) = self.tree.child(outer, &item.ident.to_string()) {
            self.module = child;
        }
        for item in items {
            self.visit_item(item);
        }
        self.module = outer;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_reexport = !matches!(item.vis, Visibility::Inherited);
        let is_elsewhere = item.leading_colon.is_some();
        if is_elsewhere || (is_reexport && self.tree.files[self.file].has_children) {
            return;
        }
        let span = syn::spanned::Spanned::span(item);
        for import in imports(&item.tree) {
            self.import(&import, span);
        }
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        let mut scope = HashMap::new();
        for statement in &block.stmts {
            if let syn::Stmt::Item(Item::Use(item)) = statement {
                for import in imports(&item.tree) {
                    if let Some(name) = import.name {
                        scope.insert(name, import.path);
                    }
                }
            }
        }
        self.scopes.push(scope);
        visit::visit_block(self, block);
        self.scopes.pop();
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let names: Vec<_> = (path.segments.iter())
                .map(|segment| segment.ident.to_string())
                .collect();
            self.name(&names, syn::spanned::Spanned::span(path));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if let Some(name) = mac.path.get_ident() {
            let files = self.tree.macros.get(&name.to_string());
            for &to in files.into_iter().flatten() {
                self.edge(to, &[format!("{name}!")], name.span());
            }
        } else {
            self.visit_path(&mac.path);
        }
        self.scan(mac.tokens.clone());
    }

    // Neither `pub(in path)` nor `#[attribute]` makes a file need another.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}

fn edges(tree: &Tree) -> Edges {
    let mut edges = Edges::new();
    for (file, source) in tree.files.iter().enumerate() {
        let mut collector = Collector {
            tree,
            file,
            module: source.module,
            scopes: Vec::new(),
            variables: Vec::new(),
            edges: &mut edges,
        };
        for item in &source.syntax.items {
            collector.visit_item(item);
        }
    }
    edges
}

/// The ways from one file to another, shortest first; the start is not part of a way.
fn shortest(edges: &Edges, from: FileId, to: FileId) -> Option<Vec<FileId>> {
    let mut came_from = HashMap::new();
    let mut queue = VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        for &(_, next) in edges.range((at, 0)..(at + 1, 0)).map(|(edge, _)| edge) {
            if came_from.contains_key(&next) {
                continue;
            }
            came_from.insert(next, at);
            if next == to {
                let mut way = vec![to];
                let mut back = at;
                while back != from {
                    way.push(back);
                    back = came_from[&back];
                }
                way.reverse();
                return Some(way);
            }
            queue.push_back(next);
        }
    }
    None
}

/// The sets of files that reach each other.
fn circles(edges: &Edges, files: usize) -> Vec<BTreeSet<FileId>> {
    let reach: Vec<BTreeSet<FileId>> = (0..files)
        .map(|start| {
            let mut seen = BTreeSet::new();
            let mut stack = vec![start];
            while let Some(at) = stack.pop() {
                for &(_, next) in edges.range((at, 0)..(at + 1, 0)).map(|(edge, _)| edge) {
                    if seen.insert(next) {
                        stack.push(next);
                    }
                }
            }
            seen
        })
        .collect();
    let mut circles = BTreeSet::new();
    for file in 0..files {
        if reach[file].contains(&file) {
            let circle = reach[file].iter().copied();
            circles.insert(
                circle
                    .filter(|&other| reach[other].contains(&file))
                    .collect::<BTreeSet<_>>(),
            );
        }
    }
    circles.into_iter().collect()
}

/// What a worker needs to break a circle: its files, and the edges both ways between neighbours.
fn explain(tree: &Tree, edges: &Edges, circle: &BTreeSet<FileId>, every_edge: bool) -> String {
    let name = |file: FileId| &tree.files[file].name;
    let names: Vec<_> = circle.iter().map(|&file| name(file).as_str()).collect();
    let mut text = format!("  circle of {} files: {}\n", names.len(), names.join(" "));
    let mut say = |from: FileId, to: FileId| {
        let Evidence { line, path } = &edges[&(from, to)];
        writeln!(
            text,
            "    {}:{line} names {path} of {}",
            name(from),
            name(to)
        )
        .expect("a string can be written to");
    };
    if every_edge {
        for &(from, to) in edges.keys() {
            if circle.contains(&from) && circle.contains(&to) {
                say(from, to);
            }
        }
        return text;
    }
    let mut said = BTreeSet::new();
    for &from in circle {
        let Some(way) = shortest(edges, from, from) else {
            continue;
        };
        let starts = [from].into_iter().chain(way.iter().copied());
        for edge in starts.zip(way.iter().copied()) {
            if said.insert(edge) {
                say(edge.0, edge.1);
            }
        }
    }
    text
}

#[test]
fn no_crate_has_import_circles() {
    let wanted = std::env::var("TIDY").unwrap_or_default();
    let mut summary = Vec::new();
    let mut faults = String::new();
    for krate in crates() {
        let Some(root) = krate.root_file() else {
            continue;
        };
        let tree = Tree::read(&root);
        let edges = edges(&tree);
        let circles = circles(&edges, tree.files.len());
        let count = circles.iter().map(BTreeSet::len).sum::<usize>();
        let allowed = allowed(ALLOWED, &krate.name);
        summary.push(format!("{} {count}", krate.name));
        if wanted == krate.name || count != allowed {
            let name = &krate.name;
            let mut text = format!("{name}: {count} files in circles, the list says {allowed}\n");
            for circle in &circles {
                text += &explain(&tree, &edges, circle, wanted == krate.name);
            }
            println!("{text}");
            if count != allowed {
                faults += &text;
            }
        }
    }
    println!("import circles: {}", summary.join(", "));
    assert!(faults.is_empty(), "{faults}");
}

/// What a crate shows, its files by name and text, and the edges between them.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
);

#[test]
fn every_kind_of_edge_is_found() {
    let cases: &[Case] = &[
        (
            "an import",
            &[
                ("lib", "mod a; mod b;"),
                ("a", "use crate::b::B;"),
                ("b", "pub struct B;"),
            ],
            &["a > b"],
        ),
        (
            "a re-export, followed to the definition",
            &[
                ("lib", "mod a; mod b; pub(crate) use b::B;"),
                ("a", "fn f(_: crate::B) {}"),
                ("b", "pub struct B;"),
            ],
            &["a > b"],
        ),
        (
            "a re-export that its own file uses",
            &[
                ("lib", "mod b; pub use b::B; fn f(_: B) {}"),
                ("b", "pub struct B;"),
            ],
            &["lib > b"],
        ),
        (
            "a path written out",
            &[
                ("lib", "mod a; mod b;"),
                ("a", "fn f() { super::b::g() }"),
                ("b", "pub fn g() {}"),
            ],
            &["a > b"],
        ),
        (
            "a path through a module that is imported",
            &[
                ("lib", "mod a; mod b;"),
                ("a", "use crate::b; fn f() { b::g() }"),
                ("b", "pub fn g() {}"),
            ],
            &["a > b"],
        ),
        (
            "a glob import",
            &[
                ("lib", "mod a; mod b;"),
                ("a", "use crate::b::*; fn f(_: B) {}"),
                ("b", "pub struct B;"),
            ],
            &["a > b"],
        ),
        (
            "a variant of an enum",
            &[
                ("lib", "mod a; mod b;"),
                ("a", "fn f() { crate::b::E::V; }"),
                ("b", "pub enum E { V }"),
            ],
            &["a > b"],
        ),
        (
            "an import in a function",
            &[
                ("lib", "mod a; mod b;"),
                ("a", "fn f() { use crate::b as x; x::g() }"),
                ("b", "pub fn g() {}"),
            ],
            &["a > b"],
        ),
        (
            "the tokens of a macro",
            &[
                ("lib", "mod a; mod b;"),
                ("a", "fn f() { m!(x => crate::b::g()) }"),
                ("b", "pub fn g() {}"),
            ],
            &["a > b"],
        ),
        (
            "a macro of another file",
            &[
                ("lib", "#[macro_use] mod b; mod a;"),
                ("a", "fn f() { m!() }"),
                ("b", "macro_rules! m { () => {} }"),
            ],
            &["a > b"],
        ),
        (
            "a child and its parent",
            &[
                ("lib", "mod a;"),
                ("a", "mod c; pub struct A; fn f() { c::g() }"),
                ("a/c", "use super::A; pub fn g() {}"),
            ],
            &["a > a/c", "a/c > a"],
        ),
        (
            "tests, declarations, methods and variables are none",
            &[
                ("lib", "mod a; mod b; pub use b::g;"),
                (
                    "a",
                    "use super::*; fn f(g: u8, x: X) { x.g(); g; } #[cfg(test)] mod t { use crate::b::g; }",
                ),
                ("b", "pub fn g() {}"),
            ],
            &[],
        ),
    ];
    for (index, (what, files, expected)) in cases.iter().enumerate() {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tidy-{index}"));
        for (name, text) in *files {
            let file = folder.join(format!("{name}.rs"));
            fs::create_dir_all(file.parent().expect("a file stands in a folder"))
                .and_then(|()| fs::write(&file, text))
                .expect("a file can be written");
        }
        let tree = Tree::read(&folder.join("lib.rs"));
        let edges = edges(&tree);
        let name = |file: FileId| tree.files[file].name.trim_end_matches(".rs");
        let found: Vec<_> = (edges.keys())
            .map(|&(from, to)| format!("{} > {}", name(from), name(to)))
            .collect();
        assert_eq!(found, *expected, "{what}");
        let circles = circles(&edges, tree.files.len());
        assert_eq!(circles.len(), usize::from(expected.len() == 2), "{what}");
    }
}
