//! What the office's data is made of: days, texts, numbers, people, money, offices. No I/O.

pub mod calendar;
pub mod money;
pub mod number;
pub mod office;
pub mod opening_days;
pub mod person;
pub mod text;
