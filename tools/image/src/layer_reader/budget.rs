//! What reading all layers of a layout may cost together, so that many large ones cannot take for ever either.

use super::Limits;

/// Bytes that may still be read.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    left: u64,
}

impl Default for Budget {
    /// 32 GiB.
    fn default() -> Self {
        Self { left: 32 << 30 }
    }
}

impl Budget {
    /// What reading a blob of `size` bytes may cost; nothing when its length alone is beyond that: a sparse file can
    /// be of any length and costs who made it nothing.
    #[must_use]
    pub fn limits(&self, size: u64) -> Option<Limits> {
        let limits = Limits::default();
        let limits = Limits { bytes: limits.bytes.min(self.left), ..limits };
        (size <= limits.bytes).then_some(limits)
    }

    /// Takes off what was read.
    pub fn spend(&mut self, bytes: u64) {
        self.left = self.left.saturating_sub(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_blob_has_a_limit_and_so_have_all_together() {
        let mut budget = Budget::default();
        assert!(budget.limits((8 << 30) + 1).is_none());
        for _ in 0..3 {
            assert_eq!(budget.limits(8 << 30).unwrap().bytes, 8 << 30);
            budget.spend(8 << 30);
        }
        budget.spend(8 << 29);
        assert_eq!(budget.limits(1).unwrap().bytes, 8 << 29);
        budget.spend(u64::MAX);
        assert!(budget.limits(1).is_none());
    }
}
