//! The modules of a crate and what each name in them stands for.
//!
//! Reads the crate from its root file with `syn` and follows `mod` declarations. A name resolves to the file
//! that defines it: imports, re-exports, glob imports and fully written paths are followed. Items under
//! `#[cfg(test)]` do not exist here. Types are not inferred, so methods and fields have no file.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::punctuated::Punctuated;
use syn::{Attribute, Item, Meta, Token, UseTree};

/// The index of a file in [`Tree::files`].
pub(crate) type FileId = usize;

/// The index of a module in [`Tree::modules`].
pub(crate) type ModuleId = usize;

/// One crate, parsed.
pub(crate) struct Tree {
    pub(crate) files: Vec<SourceFile>,
    pub(crate) modules: Vec<Module>,
    /// The files that define each `macro_rules!` macro: a macro is found by order of text, not by path.
    pub(crate) macros: HashMap<String, Vec<FileId>>,
}

/// One file, parsed.
pub(crate) struct SourceFile {
    /// The path from the crate's `src` folder.
    pub(crate) name: String,
    pub(crate) module: ModuleId,
    pub(crate) syntax: syn::File,
    /// Whether other files are its children: `lib.rs`, `mod.rs`, and `a.rs` beside a folder `a`.
    pub(crate) has_children: bool,
}

/// One module: a file, or `mod name { .. }` in a file.
pub(crate) struct Module {
    parent: Option<ModuleId>,
    file: FileId,
    names: HashMap<String, Vec<Name>>,
    globs: Vec<Vec<String>>,
}

/// What a name in a module stands for.
#[derive(Clone)]
enum Name {
    Module(ModuleId),
    Item(Kind),
    Import(Vec<String>),
}

/// Whether a path can go on behind an item.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A type or a trait: variants and associated items follow.
    Type,
    /// A function, constant, static or macro: nothing follows.
    Value,
}

/// What a path resolves to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Module(ModuleId),
    Item(FileId, Kind),
}

/// A bound on chains of re-exports, which may lead back to themselves.
const IMPORTS_MAX: u32 = 16;

impl Tree {
    /// Reads the crate whose root is this file.
    pub(crate) fn read(root: &Path) -> Tree {
        let mut tree = Tree {
            files: Vec::new(),
            modules: Vec::new(),
            macros: HashMap::new(),
        };
        let folder = root.parent().expect("a file stands in a folder");
        tree.read_file(root, folder, folder, None);
        tree
    }

    /// Reads a file as a module. Its children stand in `children`.
    fn read_file(
        &mut self,
        path: &Path,
        source: &Path,
        children: &Path,
        parent: Option<ModuleId>,
    ) -> ModuleId {
        let text = fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        let syntax = syn::parse_file(&text)
            .unwrap_or_else(|error| panic!("cannot parse {}: {error}", path.display()));
        let name = path.strip_prefix(source).expect("below the source folder");
        let (file, module) = (self.files.len(), self.modules.len());
        self.modules.push(Module::new(parent, file));
        self.files.push(SourceFile {
            name: name.display().to_string(),
            module,
            syntax: syntax.clone(),
            has_children: false,
        });
        self.declare(module, &syntax.items, source, children);
        module
    }

    fn declare(&mut self, module: ModuleId, items: &[Item], source: &Path, folder: &Path) {
        for item in items {
            if is_test(attributes(item)) {
                continue;
            }
            match item {
                Item::Mod(item) => {
                    let name = item.ident.to_string();
                    let inner = folder.join(&name);
                    let child = if let Some((_, items)) = &item.content {
                        let child = self.modules.len();
                        let file = self.modules[module].file;
                        self.modules.push(Module::new(Some(module), file));
                        self.declare(child, items, source, &inner);
                        child
                    } else {
                        let file = self.modules[module].file;
                        self.files[file].has_children = true;
                        self.read_file(&module_file(folder, &name), source, &inner, Some(module))
                    };
                    self.add(module, name, Name::Module(child));
                }
                Item::Use(item) if item.leading_colon.is_none() => {
                    for import in imports(&item.tree) {
                        match import.name {
                            Some(name) => self.add(module, name, Name::Import(import.path)),
                            None => self.modules[module].globs.push(import.path),
                        }
                    }
                }
                Item::Macro(item) => self.declare_macro(module, item),
                item => {
                    if let Some((name, kind)) = defined(item) {
                        self.add(module, name, Name::Item(kind));
                    }
                }
            }
        }
    }

    /// A macro, or what a macro defines: `thread_local! { static NAME: .. }`.
    fn declare_macro(&mut self, module: ModuleId, item: &syn::ItemMacro) {
        let file = self.modules[module].file;
        if let Some(name) = &item.ident {
            let name = name.to_string();
            self.macros.entry(name.clone()).or_default().push(file);
            self.add(module, name, Name::Item(Kind::Value));
            return;
        }
        let words: Vec<String> = (item.mac.tokens.clone().into_iter())
            .map(|token| token.to_string())
            .collect();
        for pair in words.windows(2) {
            let kind = match pair[0].as_str() {
                "static" | "const" | "fn" => Kind::Value,
                "struct" | "enum" | "trait" | "type" => Kind::Type,
                _ => continue,
            };
            self.add(module, pair[1].clone(), Name::Item(kind));
        }
    }

    fn add(&mut self, module: ModuleId, name: String, stands_for: Name) {
        let names = &mut self.modules[module].names;
        names.entry(name).or_default().push(stands_for);
    }

    /// The module that `mod name` in this module declares.
    pub(crate) fn child(&self, module: ModuleId, name: &str) -> Option<ModuleId> {
        let names = self.modules[module].names.get(name)?;
        names.iter().find_map(|name| match name {
            Name::Module(id) => Some(*id),
            Name::Item(_) | Name::Import(_) => None,
        })
    }

    /// The files that define what a path names, seen from a module. None for what other crates define,
    /// and none for a module by itself.
    pub(crate) fn definers(&self, module: ModuleId, path: &[String]) -> Vec<FileId> {
        let mut files: Vec<_> = (self.resolve(module, path, 0).into_iter())
            .filter_map(|target| match target {
                Target::Item(file, _) => Some(file),
                Target::Module(_) => None,
            })
            .collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Whether a path names a module, seen from a module.
    pub(crate) fn is_module(&self, module: ModuleId, path: &[String]) -> bool {
        let targets = self.resolve(module, path, 0);
        (targets.iter()).any(|target| matches!(target, Target::Module(_)))
    }

    fn resolve(&self, module: ModuleId, path: &[String], imports: u32) -> Vec<Target> {
        let Some((first, rest)) = path.split_first() else {
            return Vec::new();
        };
        let mut targets = match first.as_str() {
            "crate" => vec![Target::Module(0)],
            "self" => vec![Target::Module(module)],
            "super" => (self.modules[module].parent.into_iter())
                .map(Target::Module)
                .collect(),
            name => self.lookup(module, name, imports),
        };
        for name in rest {
            let mut next = Vec::new();
            for target in targets {
                match target {
                    Target::Module(module) if name == "super" => {
                        next.extend(self.modules[module].parent.map(Target::Module));
                    }
                    Target::Module(module) => next.extend(self.lookup(module, name, imports)),
                    Target::Item(_, Kind::Type) => next.push(target),
                    Target::Item(_, Kind::Value) => {}
                }
            }
            targets = next;
        }
        targets
    }

    /// What a name stands for in a module: as itself, by import, or by glob import.
    fn lookup(&self, module: ModuleId, name: &str, imports: u32) -> Vec<Target> {
        if imports > IMPORTS_MAX {
            return Vec::new();
        }
        let found = &self.modules[module];
        let mut targets = Vec::new();
        for name in found.names.get(name).into_iter().flatten() {
            match name {
                Name::Module(id) => targets.push(Target::Module(*id)),
                Name::Item(kind) => targets.push(Target::Item(found.file, *kind)),
                Name::Import(path) => targets.extend(self.resolve(module, path, imports + 1)),
            }
        }
        if targets.is_empty() {
            for glob in &found.globs {
                for target in self.resolve(module, glob, imports + 1) {
                    if let Target::Module(id) = target {
                        targets.extend(self.lookup(id, name, imports + 1));
                    }
                }
            }
        }
        targets
    }
}

impl Module {
    fn new(parent: Option<ModuleId>, file: FileId) -> Module {
        Module {
            parent,
            file,
            names: HashMap::new(),
            globs: Vec::new(),
        }
    }
}

fn module_file(folder: &Path, name: &str) -> PathBuf {
    let file = folder.join(format!("{name}.rs"));
    if file.is_file() {
        file
    } else {
        folder.join(name).join("mod.rs")
    }
}

/// One leaf of a `use` item.
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    /// The name that it gets here; none for a glob.
    pub(crate) name: Option<String>,
}

/// The leaves of a `use` item.
pub(crate) fn imports(tree: &UseTree) -> Vec<Import> {
    fn walk(tree: &UseTree, prefix: &[String], found: &mut Vec<Import>) {
        match tree {
            UseTree::Path(path) => {
                let mut prefix = prefix.to_vec();
                prefix.push(path.ident.to_string());
                walk(&path.tree, &prefix, found);
            }
            UseTree::Name(name) => {
                let mut path = prefix.to_vec();
                if name.ident != "self" {
                    path.push(name.ident.to_string());
                }
                let name = path.last().cloned();
                found.push(Import { path, name });
            }
            UseTree::Rename(name) => {
                let mut path = prefix.to_vec();
                if name.ident != "self" {
                    path.push(name.ident.to_string());
                }
                let name = Some(name.rename.to_string());
                found.push(Import { path, name });
            }
            UseTree::Glob(_) => found.push(Import {
                path: prefix.to_vec(),
                name: None,
            }),
            UseTree::Group(group) => {
                for tree in &group.items {
                    walk(tree, prefix, found);
                }
            }
        }
    }
    let mut found = Vec::new();
    walk(tree, &[], &mut found);
    found
}

fn defined(item: &Item) -> Option<(String, Kind)> {
    let (ident, kind) = match item {
        Item::Const(item) => (&item.ident, Kind::Value),
        Item::Static(item) => (&item.ident, Kind::Value),
        Item::Fn(item) => (&item.sig.ident, Kind::Value),
        Item::Enum(item) => (&item.ident, Kind::Type),
        Item::Struct(item) => (&item.ident, Kind::Type),
        Item::Union(item) => (&item.ident, Kind::Type),
        Item::Trait(item) => (&item.ident, Kind::Type),
        Item::TraitAlias(item) => (&item.ident, Kind::Type),
        Item::Type(item) => (&item.ident, Kind::Type),
        _ => return None,
    };
    Some((ident.to_string(), kind))
}

/// The attributes of an item.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether code with these attributes is built for tests only: `#[test]`, `#[cfg(test)]`,
/// `#[cfg(all(test, ..))]`.
pub(crate) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<Meta>()
                    .is_ok_and(|condition| needs_test(&condition)))
    })
}

fn needs_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .is_ok_and(|all| all.iter().any(needs_test)),
        Meta::List(_) | Meta::NameValue(_) => false,
    }
}
