//! The data suite of `regex`, through every engine and through the published interface.
//!
//! A test of the suite is left out only if its kind cannot be expressed (see
//! [`repool_tests::conform::is_expressible`]) or its name stands in [`SKIPPED`] with the reason.

use regex_test::anyhow::Result;
use repool_tests::conform::run_engine;
use repool_tests::suite::suite;
use repool_vm::Engine;

/// Tests left out by name, each with its reason.
const SKIPPED: &[(&str, &str)] = &[];

#[test]
fn chosen_engine() -> Result<()> {
    run_engine(&suite()?, SKIPPED, None)
}

#[test]
fn literal() -> Result<()> {
    run_engine(&suite()?, SKIPPED, Some(Engine::Literal))
}

#[test]
fn one_pass() -> Result<()> {
    run_engine(&suite()?, SKIPPED, Some(Engine::OnePass))
}

#[test]
fn bit_parallel() -> Result<()> {
    run_engine(&suite()?, SKIPPED, Some(Engine::BitParallel))
}

#[test]
fn backtrack() -> Result<()> {
    run_engine(&suite()?, SKIPPED, Some(Engine::Backtrack))
}

#[test]
fn pike() -> Result<()> {
    run_engine(&suite()?, SKIPPED, Some(Engine::Pike))
}

#[test]
fn delegate() -> Result<()> {
    run_engine(&suite()?, SKIPPED, Some(Engine::Delegate))
}
