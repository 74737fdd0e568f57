//! The vectors that the processor has.
//!
//! Exercised by the tests of `byte_table.rs` and `prefilter/teddy.rs`, on every kernel.

#[cfg(test)]
use crate::simd::short::Short;
#[cfg(target_arch = "x86_64")]
use crate::simd::x86::{Avx2, Ssse3};

/// The kernels of a scan. The best one that the processor runs is found at run time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kernel {
    /// 32 bytes at a time.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// 16 bytes at a time.
    #[cfg(target_arch = "x86_64")]
    Ssse3(Ssse3),
    /// One byte at a time, on every processor.
    Portable,
}

impl Kernel {
    /// Returns the fastest kernel of this processor.
    #[inline]
    pub(crate) fn best() -> Kernel {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(avx2) = Avx2::new() {
                return Kernel::Avx2(avx2);
            }
            if let Some(ssse3) = Ssse3::new() {
                return Kernel::Ssse3(ssse3);
            }
        }
        Kernel::Portable
    }

    /// Returns all kernels of this processor, and the best one together with the one for short haystacks.
    #[cfg(test)]
    pub(crate) fn all_and_short() -> Vec<(Kernel, Option<Short>)> {
        let mut all: Vec<_> = Kernel::all().into_iter().map(|k| (k, None)).collect();
        all.extend(Short::new().map(|short| (Kernel::best(), Some(short))));
        all
    }

    /// Returns all kernels of this processor.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Kernel> {
        let mut all = vec![Kernel::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(Avx2::new().map(Kernel::Avx2));
            all.extend(Ssse3::new().map(Kernel::Ssse3));
        }
        all
    }
}
