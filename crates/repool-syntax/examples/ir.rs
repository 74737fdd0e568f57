//! Prints the IR of each pattern given.

fn main() {
    let mut ir = repool_syntax::Ir::new();
    let syntax = repool_syntax::Syntax::default();
    for pattern in std::env::args().skip(1) {
        println!("{pattern}");
        match repool_syntax::parse(&pattern, &syntax, &mut ir) {
            Ok(()) => println!("{ir}"),
            Err(error) => println!("{error}\n"),
        }
    }
}
