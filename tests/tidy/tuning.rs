//! The numbers that decide which way is taken stand in one file a crate, `tuning.rs`, each with its reason.
//!
//! The check counts them. What follows the heading `// ---- caps on memory ----` bounds memory and is counted on
//! its own. It also counts the numbers that are constants in other files: most are parts of a format or of a
//! bit layout, and none of them should decide a way.
//!
//! `TIDY=repool-vm cargo test -p repool-tests --test tidy tuning -- --nocapture` prints those of that crate.

use syn::visit::{self, Visit};
use syn::{Expr, Item, Type};

use crate::modules::{attributes, is_test};
use crate::{crates, read};

/// The most heuristics that a crate may have.
const HEURISTICS_MAX: &[(&str, usize)] = &[("repool-vm", 59)];

/// The constants of one file that are plain numbers: line and name.
#[derive(Default)]
struct Numbers(Vec<(usize, String)>);

fn is_number(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(lit) => matches!(lit.lit, syn::Lit::Int(_) | syn::Lit::Float(_)),
        Expr::Binary(binary) => is_number(&binary.left) && is_number(&binary.right),
        Expr::Unary(unary) => is_number(&unary.expr),
        Expr::Paren(paren) => is_number(&paren.expr),
        Expr::Cast(cast) => is_number(&cast.expr),
        _ => false,
    }
}

fn is_number_type(ty: &Type) -> bool {
    const TYPES: [&str; 14] = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
        "f32", "f64",
    ];
    matches!(ty, Type::Path(ty) if TYPES.iter().any(|name| ty.path.is_ident(name)))
}

impl Numbers {
    fn add(&mut self, ident: &syn::Ident) {
        self.0.push((ident.span().start().line, ident.to_string()));
    }
}

impl<'ast> Visit<'ast> for Numbers {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        if is_number_type(&item.ty) && is_number(&item.expr) {
            self.add(&item.ident);
        }
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        if is_number_type(&item.ty) && is_number(&item.expr) {
            self.add(&item.ident);
        }
    }
}

/// The constants of a `tuning.rs`, whatever their types: heuristics, and caps on memory.
fn tuning(text: &str) -> (Vec<String>, Vec<String>) {
    let is_heading = |line: &str| line.starts_with("// ----") && line.contains("caps on memory");
    let caps = text.lines().position(is_heading).unwrap_or(usize::MAX);
    let syntax = syn::parse_file(text).expect("a source file parses");
    let (mut heuristics, mut bounds) = (Vec::new(), Vec::new());
    for item in &syntax.items {
        let Item::Const(item) = item else { continue };
        let name = item.ident.to_string();
        let is_explained = item.attrs.iter().any(|a| a.path().is_ident("doc"));
        assert!(is_explained, "the tuning number {name} has no reason");
        if item.ident.span().start().line > caps {
            bounds.push(name);
        } else {
            heuristics.push(name);
        }
    }
    (heuristics, bounds)
}

#[test]
fn tuning_numbers_stand_in_one_file() {
    let wanted = std::env::var("TIDY").unwrap_or_default();
    let mut faults = Vec::new();
    for krate in crates() {
        let (mut heuristics, mut caps, mut elsewhere) = (0, 0, 0);
        for file in krate.sources() {
            let text = read(&file);
            if file.ends_with("src/tuning.rs") {
                let (of_ways, of_memory) = tuning(&text);
                (heuristics, caps) = (of_ways.len(), of_memory.len());
                continue;
            }
            let mut numbers = Numbers::default();
            numbers.visit_file(&syn::parse_file(&text).expect("a source file parses"));
            elsewhere += numbers.0.len();
            if wanted == krate.name {
                for (line, name) in numbers.0 {
                    println!("  {}:{line}: {name}", file.display());
                }
            }
        }
        let name = krate.name.as_str();
        println!(
            "tuning numbers: {name} {heuristics}, caps on memory {caps}, other constants {elsewhere}"
        );
        let max = HEURISTICS_MAX.iter().find(|(listed, _)| *listed == name);
        if let Some((_, max)) = max.filter(|(_, max)| heuristics > *max) {
            faults.push(format!(
                "{name} has {heuristics} heuristics, at most {max} may be"
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn numbers_are_told_from_other_constants() {
    let text = "/// Why.\nconst A: Heat = Heat::of(4);\n// ---- caps on memory ----\n/// Why.\nconst B: usize = 1 << 4;\n";
    let (heuristics, caps) = tuning(text);
    assert_eq!(
        (heuristics, caps),
        (vec!["A".to_owned()], vec!["B".to_owned()])
    );
    let text = "const A: u8 = 3; const B: usize = 2 * A; const C: f64 = -(0.5 as f64); const D: &str = \"\";
        impl X { const E: u32 = 1 << 20; } #[cfg(test)] mod tests { const F: u8 = 1; }";
    let mut numbers = Numbers::default();
    numbers.visit_file(&syn::parse_file(text).expect("it parses"));
    let names: Vec<_> = numbers.0.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["A", "C", "E"]);
}
