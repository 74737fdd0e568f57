//! The engines by name.
//!
//! Exercised by `tests/hand_built.rs`.

/// The engines, from the most special to the one that always works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// The whole pattern is one literal: substring search.
    Literal,
    /// One thread, captures at once; programs with [`repool_program::Flags::ONE_PASS`], anchored.
    OnePass,
    /// All states in one word; up to 63 positions.
    BitParallel,
    /// Backtracking that never visits a state twice; small program times short haystack.
    Backtrack,
    /// Backtracking over fused instructions, for the groups of a hot program.
    Fused,
    /// Lock-step simulation; everything.
    Pike,
    /// The whole automaton of a hot program, published for all threads.
    Dfa,
    /// The automaton of a hot program that is too large for that, as far as a thread has met it.
    LazyDfa,
    /// `regex-automata` runs the pattern.
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
