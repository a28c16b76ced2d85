//! Cases: who did what, and what may therefore be printed.
pub mod warrant;
