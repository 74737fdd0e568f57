//! The engines by name.
//!
//! Exercised by `tests/hand_built.rs`.

/// The engines, from the most special to the one that always answers, then the tables of hot programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// The whole pattern is one literal: substring search.
    Literal,
    /// One thread, captures at once; programs with [`repool_program::Flags::ONE_PASS`], anchored.
    OnePass,
    /// A scan with all states in one word, up to 63 of them, in front of a precise engine.
    BitParallel,
    /// Backtracking that visits no state twice at one position; the product of states and bytes is bounded.
    Backtrack,
    /// Backtracking over fused instructions, for the groups of a hot program.
    Fused,
    /// Lock-step simulation. Runs every program of instructions.
    Pike,
    /// The whole automaton of a hot program, published for all threads.
    Dfa,
    /// The automaton of a larger hot program, built by each thread while it is used.
    LazyDfa,
    /// The engine of `regex-automata`, for patterns without a program.
    Delegate,
}

impl Engine {
    /// Every engine.
    pub const ALL: [Engine; 9] = [
        Engine::Literal,
        Engine::OnePass,
        Engine::BitParallel,
        Engine::Backtrack,
        Engine::Fused,
        Engine::Pike,
        Engine::Dfa,
        Engine::LazyDfa,
        Engine::Delegate,
    ];
}
