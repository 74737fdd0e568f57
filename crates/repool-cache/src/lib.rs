//! Pattern to shared program, bounded in bytes.
