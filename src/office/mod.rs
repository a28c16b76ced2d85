//! 役所: what an office keeps besides its cases and decides with: of whom it knows, what may not be given
//! out, who works where.

pub mod accounts;
pub mod aside;
pub mod certifiers;
pub mod grid;
pub mod lookup;
pub mod machine;
pub mod numbers;
pub mod paper;
pub mod password;
pub mod proposals;
pub mod records;
pub mod right;
pub mod sign_in;
pub mod subjects;
pub mod suppression;
pub mod terminals;
pub mod till;
pub mod token;
