//! shomei (証明): from an approved case to the sealed page of a Japanese ward office.
//!
//! Imports run downwards only: `cli` → `issuing` → {`register`, `press`} → `case` → `procedure` → `document` →
//! `domain`.

pub mod case;
pub mod document;
pub mod domain;
pub mod issuing;
pub mod press;
pub mod procedure;
pub mod register;
