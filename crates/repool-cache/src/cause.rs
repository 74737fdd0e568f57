//! Why a pattern leaves the cache.

/// Why a pattern leaves the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// To make room.
    Capacity,
    /// A purge, or the cache was dropped or switched off.
    Purge,
    /// The budget became smaller.
    Resize,
    /// Its owner was released.
    Release,
    /// Its owner reached its maximum.
    Quota,
    /// It was not requested for long.
    Idle,
    /// The process is short of memory.
    Pressure,
}

impl Cause {
    pub(crate) const COUNT: usize = 7;

    /// Returns the name that statistics use: `capacity`, `purge` and so on.
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
