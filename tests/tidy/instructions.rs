//! A new instruction must not compile until every place that tells instructions apart says what it does.
//!
//! So no `match` on `Op` has a wildcard arm, and no `matches!`, `if let`, `let else` or comparison asks for
//! some instructions and takes all others alike, except in the files that [`MAY_ASK`] lists.
//!
//! `TIDY=repool-vm cargo test -p repool-tests --test tidy instructions -- --nocapture` prints every place of
//! that crate.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, Item, Pat};

use crate::modules::{attributes, is_test};
use crate::{allowed, crates, read, root};

/// How many wildcard arms each crate has today; crates without any are not listed. A number is lowered
/// when it falls, and never raised.
const WILDCARDS: &[(&str, usize)] = &[("repool-program", 1), ("repool-vm", 30)];

/// How often each crate asks for some instructions only, outside [`MAY_ASK`]: lowered likewise.
const QUESTIONS: &[(&str, usize)] = &[("repool-program", 1), ("repool-vm", 34)];

/// Files that may ask for one instruction, since the answer for every other one is right by construction:
/// `verify.rs` looks for one instruction in each pass, and the pass over all of them is exhaustive.
const MAY_ASK: &[&str] = &["crates/repool-program/src/verify.rs"];

/// How many wildcard arms each crate has on the kinds of instructions: lowered likewise. Asking for one kind
/// is what kinds are for, so questions are not counted.
const KIND_WILDCARDS: &[(&str, usize)] = &[];

const WILDCARD: &str = "wildcard arm";

/// The names by which files know the enum of instructions.
const INSTRUCTIONS: &[&str] = &["Op", "Inst"];

/// The enums that sort instructions into kinds.
const KINDS: &[&str] = &["Transition", "Epsilon", "Consumed"];

/// The places of one file that tell some enums apart.
struct Places {
    enums: &'static [&'static str],
    /// The line of each place, and what stands there.
    found: Vec<(usize, &'static str)>,
    /// Whether this place is in an `impl` block of the enum, where it is called `Self`.
    is_own: bool,
}

impl Places {
    fn of(enums: &'static [&'static str], syntax: &syn::File) -> Vec<(usize, &'static str)> {
        let mut places = Places::new(enums);
        places.visit_file(syntax);
        places.found
    }

    fn new(enums: &'static [&'static str]) -> Places {
        Places {
            enums,
            found: Vec::new(),
            is_own: false,
        }
    }

    fn add(&mut self, span: Span, what: &'static str) {
        self.found.push((span.start().line, what));
    }

    fn is_instruction(&self, path: &syn::Path) -> bool {
        let count = path.segments.len();
        if count < 2 {
            return false;
        }
        let of = &path.segments[count - 2].ident;
        let is_variant = path.segments[count - 1].ident.to_string();
        let is_variant = is_variant.starts_with(|c: char| c.is_uppercase())
            && is_variant.contains(|c: char| c.is_lowercase());
        is_variant && (self.enums.iter().any(|name| of == name) || (self.is_own && of == "Self"))
    }

    /// Whether a pattern names an instruction, at its top or inside.
    fn names_instruction(&self, pat: &Pat) -> bool {
        match pat {
            Pat::Path(pat) => self.is_instruction(&pat.path),
            Pat::Struct(pat) => {
                self.is_instruction(&pat.path)
                    || pat
                        .fields
                        .iter()
                        .any(|field| self.names_instruction(&field.pat))
            }
            Pat::TupleStruct(pat) => {
                self.is_instruction(&pat.path)
                    || pat.elems.iter().any(|pat| self.names_instruction(pat))
            }
            Pat::Guard(pat) => self.names_instruction(&pat.pat),
            Pat::Ident(pat) => {
                (pat.subpat.as_ref()).is_some_and(|(_, pat)| self.names_instruction(pat))
            }
            Pat::Or(pat) => pat.cases.iter().any(|pat| self.names_instruction(pat)),
            Pat::Paren(pat) => self.names_instruction(&pat.pat),
            Pat::Reference(pat) => self.names_instruction(&pat.pat),
            Pat::Slice(pat) => pat.elems.iter().any(|pat| self.names_instruction(pat)),
            Pat::Tuple(pat) => pat.elems.iter().any(|pat| self.names_instruction(pat)),
            _ => false,
        }
    }

    /// Whether an arm takes whatever instruction the arms before it left, where `named` names one.
    fn hides(&self, named: &Pat, arm: &Pat) -> bool {
        match (named, arm) {
            (_, Pat::Wild(_)) => self.names_instruction(named),
            // A name in upper case is a variant or a constant.
            (_, Pat::Ident(pat)) if pat.subpat.is_none() && is_lower(&pat.ident) => {
                self.names_instruction(named)
            }
            (Pat::Or(named), _) => named.cases.iter().any(|named| self.hides(named, arm)),
            (_, Pat::Or(arm)) => arm.cases.iter().any(|arm| self.hides(named, arm)),
            (Pat::Paren(named), _) => self.hides(&named.pat, arm),
            (_, Pat::Paren(arm)) => self.hides(named, &arm.pat),
            (Pat::Guard(named), _) => self.hides(&named.pat, arm),
            (Pat::Reference(named), Pat::Reference(arm)) => self.hides(&named.pat, &arm.pat),
            (Pat::Tuple(named), Pat::Tuple(arm)) => {
                (named.elems.iter().zip(&arm.elems)).any(|(named, arm)| self.hides(named, arm))
            }
            (Pat::TupleStruct(named), Pat::TupleStruct(arm))
                if named.path.segments.last().map(|s| &s.ident)
                    == arm.path.segments.last().map(|s| &s.ident) =>
            {
                (named.elems.iter().zip(&arm.elems)).any(|(named, arm)| self.hides(named, arm))
            }
            _ => false,
        }
    }

    /// Looks for `matches!` and `match` in tokens that nothing has parsed.
    fn scan(&mut self, tokens: &TokenStream) {
        let arguments = syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated;
        if let Ok(arguments) = arguments.parse2(tokens.clone()) {
            for argument in &arguments {
                self.visit_expr(argument);
            }
            return;
        }
        let mut tail = [const { String::new() }; 2];
        for token in tokens.clone() {
            if let TokenTree::Group(group) = &token {
                let is_matches = tail == ["matches", "!"];
                if is_matches && group.delimiter() == Delimiter::Parenthesis {
                    self.matches(group.span(), group.stream());
                }
                self.scan(&group.stream());
            }
            tail.swap(0, 1);
            tail[1] = token.to_string();
        }
    }

    fn matches(&mut self, span: Span, tokens: TokenStream) {
        let parse = |input: syn::parse::ParseStream<'_>| {
            input.parse::<Expr>()?;
            input.parse::<syn::Token![,]>()?;
            let pat = Pat::parse_multi_with_leading_vert(input)?;
            input.parse::<TokenStream>()?;
            Ok(pat)
        };
        let pat = parse.parse2(tokens).expect("a macro `matches!` parses");
        if self.names_instruction(&pat) {
            self.add(span, "matches!");
        }
    }
}

fn is_lower(name: &syn::Ident) -> bool {
    name.to_string()
        .starts_with(|c: char| c.is_lowercase() || c == '_')
}

fn is_guarded(pat: &Pat) -> bool {
    matches!(pat, Pat::Guard(_))
}

impl<'ast> Visit<'ast> for Places {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let outer = self.is_own;
        if let syn::Type::Path(ty) = &*item.self_ty {
            self.is_own = self.enums.iter().any(|name| ty.path.is_ident(name));
        }
        visit::visit_item_impl(self, item);
        self.is_own = outer;
    }

    fn visit_expr_match(&mut self, expr: &'ast syn::ExprMatch) {
        for arm in expr.arms.iter().filter(|arm| !is_guarded(&arm.pat)) {
            let others = expr.arms.iter().filter(|other| !std::ptr::eq(*other, arm));
            if others
                .into_iter()
                .any(|named| self.hides(&named.pat, &arm.pat))
            {
                self.add(arm.span(), WILDCARD);
            }
        }
        visit::visit_expr_match(self, expr);
    }

    fn visit_expr_let(&mut self, expr: &'ast syn::ExprLet) {
        if self.names_instruction(&expr.pat) {
            self.add(expr.span(), "if let");
        }
        visit::visit_expr_let(self, expr);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if is_test(&local.attrs) {
            return;
        }
        let diverges = local
            .init
            .as_ref()
            .is_some_and(|init| init.diverge.is_some());
        if diverges && self.names_instruction(&local.pat) {
            self.add(local.span(), "let else");
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_binary(&mut self, expr: &'ast syn::ExprBinary) {
        let compares = matches!(expr.op, BinOp::Eq(_) | BinOp::Ne(_));
        let is_instruction = |side: &Expr| match side {
            Expr::Path(side) => self.is_instruction(&side.path),
            Expr::Struct(side) => self.is_instruction(&side.path),
            _ => false,
        };
        if compares && (is_instruction(&expr.left) || is_instruction(&expr.right)) {
            self.add(expr.span(), "comparison");
        }
        visit::visit_expr_binary(self, expr);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if mac.path.is_ident("matches") {
            self.matches(mac.span(), mac.tokens.clone());
        } else {
            self.scan(&mac.tokens);
        }
    }
}

#[test]
fn no_place_takes_unknown_instructions_alike() {
    let wanted = std::env::var("TIDY").unwrap_or_default();
    for file in MAY_ASK {
        let is_file = root().join(file).is_file();
        assert!(is_file, "{file} is in the list, and is no file");
    }
    let mut faults = String::new();
    for krate in crates() {
        let (mut wildcards, mut questions, mut kinds) = (0, 0, 0);
        let mut text = String::new();
        for file in krate.sources() {
            let syntax = syn::parse_file(&read(&file)).expect("a source file parses");
            let name = file.display().to_string();
            for (line, what) in Places::of(INSTRUCTIONS, &syntax) {
                match what {
                    WILDCARD => wildcards += 1,
                    _ if MAY_ASK.contains(&name.as_str()) => continue,
                    _ => questions += 1,
                }
                text += &format!("  {name}:{line}: {what}\n");
            }
            for (line, _) in
                (Places::of(KINDS, &syntax).iter()).filter(|(_, what)| *what == WILDCARD)
            {
                kinds += 1;
                text += &format!("  {name}:{line}: wildcard arm on a kind\n");
            }
        }
        let name = krate.name.as_str();
        let counts = (wildcards, questions, kinds);
        let allowed = (
            allowed(WILDCARDS, name),
            allowed(QUESTIONS, name),
            allowed(KIND_WILDCARDS, name),
        );
        let summary = format!(
            "{name}: {wildcards} wildcard arms on instructions, {questions} questions, {kinds} wildcard arms on kinds"
        );
        if counts != allowed {
            faults += &format!("{summary}; the lists say {allowed:?}\n{text}");
        } else if wanted == name {
            print!("{text}");
        }
        if counts != (0, 0, 0) {
            println!("{summary}");
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn every_kind_of_place_is_found() {
    let cases: &[(&str, &[&str])] = &[
        ("match op { Op::Fail => 1, _ => 2 }", &[WILDCARD]),
        ("match op { Op::Fail => 1, other => 2 }", &[WILDCARD]),
        (
            "match op { Op::Char { .. } if x => 1, Op::Fail | _ => 2 }",
            &[WILDCARD],
        ),
        (
            "match (op, x) { (Op::Fail, _) => 1, (_, 2) => 2 }",
            &[WILDCARD],
        ),
        (
            "match op { Some(Op::Fail) => 1, Some(_) => 2, None => 3 }",
            &[WILDCARD],
        ),
        ("match op { &Op::Fail => 1, &_ => 2 }", &[WILDCARD]),
        ("f!(match op { Op::Fail => 1, _ => 2 })", &[WILDCARD]),
        ("matches!(op, Op::Fail)", &["matches!"]),
        (
            "assert!(!matches!(op, Op::Fail | Op::Match), \"{op}\")",
            &["matches!"],
        ),
        ("if let Op::Fail = op {}", &["if let"]),
        ("while let Some(Op::Fail) = op {}", &["if let"]),
        ("{ let Op::Fail = op else { return }; }", &["let else"]),
        ("op == Op::Fail", &["comparison"]),
        // A guarded arm leaves the match to be exhaustive, and so does a wildcard beside the instruction.
        (
            "match op { Op::Fail => 1, Op::Match => 2, _ if x => 3 }",
            &[],
        ),
        (
            "match (op, x) { (Op::Fail, 1) => 1, (Op::Fail, _) => 2 }",
            &[],
        ),
        ("match x { 1 => Op::Fail, _ => Op::Match }", &[]),
    ];
    for (text, expected) in cases {
        let expr = syn::parse_str::<Expr>(text).expect("an expression parses");
        let mut places = Places::new(INSTRUCTIONS);
        places.visit_expr(&expr);
        let found: Vec<_> = places.found.iter().map(|(_, what)| *what).collect();
        assert_eq!(found, *expected, "{text}");
    }
}
