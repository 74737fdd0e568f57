//! Why a pattern leaves the cache.

/// Why a pattern leaves the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// To make room.
    Capacity,
    /// By a purge, or because the cache was dropped or switched off.
    Purge,
    /// The budget became smaller.
    Resize,
    /// Its owner was released.
    Release,
    /// Its owner has as much as it may have.
    Quota,
    /// It was not used for long.
    Idle,
    /// The process is short of memory.
    Pressure,
}

impl Cause {
    pub(crate) const COUNT: usize = 7;

    /// The name, as statistics have it: `capacity`, `purge` and so on.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Cause::Capacity => "capacity",
            Cause::Purge => "purge",
            Cause::Resize => "resize",
            Cause::Release => "release",
            Cause::Quota => "quota",
            Cause::Idle => "idle",
            Cause::Pressure => "pressure",
        }
    }
}
