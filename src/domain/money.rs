//! 円: whole yen, counted without a loss.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a sum was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result is beyond ±9,223,372,036,854,775,807 円.
    #[error("amount of money out of range")]
    Overflow,
}

impl MoneyError {
    /// Key by which the sentence shown to a person is looked up.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Overflow => "money-overflow",
        }
    }
}

/// An amount of whole yen; negative for what is owed the other way.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Yen(i64);

impl Yen {
    /// 0 円
    pub const ZERO: Yen = Yen(0);

    /// An amount of yen.
    #[must_use]
    pub const fn new(amount: i64) -> Self {
        Self(amount)
    }

    /// The amount in yen.
    #[must_use]
    pub const fn amount(self) -> i64 {
        self.0
    }

    /// Sum of two amounts.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_add(other.0).map(Self).ok_or(MoneyError::Overflow)
    }

    /// What is left of `self` after `other`.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_sub(other.0).map(Self).ok_or(MoneyError::Overflow)
    }

    /// Price of so many pieces (単価 × 通数).
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn times(self, count: u32) -> Result<Self, MoneyError> {
        self.0.checked_mul(i64::from(count)).map(Self).ok_or(MoneyError::Overflow)
    }

    /// Sum of all amounts; 0 円 of none.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn total(amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// Digits with a comma before every third, such as `1,234`; a negative amount begins with
    /// `minus`.
    #[must_use]
    pub fn grouped(self, minus: &str) -> String {
        let digits = self.0.unsigned_abs().to_string();
        let mut text = String::with_capacity(digits.len() * 4 / 3 + minus.len());
        if self.0 < 0 {
            text.push_str(minus);
        }
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        text
    }
}

/// The bare number, as in JSON.
impl fmt::Display for Yen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_go_by_threes() {
        let cases = [
            (0, "0"),
            (7, "7"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
            (-1, "−1"),
            (-999, "−999"),
            (-1_000, "−1,000"),
            (i64::MAX, "9,223,372,036,854,775,807"),
            (i64::MIN, "−9,223,372,036,854,775,808"),
        ];
        for (amount, expected) in cases {
            assert_eq!(Yen::new(amount).grouped("−"), expected);
        }
    }

    #[test]
    fn no_sum_wraps_round() {
        let most = Yen::new(i64::MAX);
        let overflow = Err(MoneyError::Overflow);
        assert_eq!(most.plus(Yen::new(1)), overflow);
        assert_eq!(Yen::new(i64::MIN).minus(Yen::new(1)), overflow);
        assert_eq!(most.times(2), overflow);
        assert_eq!(Yen::total([most, most]), overflow);
    }

    #[test]
    fn a_bill_adds_up() {
        let bill = Yen::total([Yen::new(300).times(5).unwrap(), Yen::new(250)]).unwrap();
        assert_eq!(bill, Yen::new(1_750));
        assert_eq!(Yen::new(1_500).minus(bill), Ok(Yen::new(-250)));
        assert_eq!(Yen::total([]), Ok(Yen::ZERO));
    }

    proptest! {
        #[test]
        fn commas_add_nothing(amount in any::<i64>()) {
            let text = Yen::new(amount).grouped("-");
            prop_assert_eq!(text.replace(',', "").parse(), Ok(amount));
            let groups: Vec<_> = text.trim_start_matches('-').split(',').collect();
            prop_assert!((1..=3).contains(&groups[0].len()));
            prop_assert!(groups[1..].iter().all(|group| group.len() == 3));
        }
    }
}
