//! shomei (証明): from an approved case to the sealed page of a Japanese ward office.
//!
//! Imports run downwards only: `cli`, `desk` → `issuing` → `office` → `register`, `press` → `case` →
//! `procedure` → `document` → `domain`.

pub mod case;
pub mod desk;
pub mod document;
pub mod domain;
pub mod issuing;
pub mod office;
pub mod press;
pub mod procedure;
pub mod register;

/// Which program this is: its version, and a digest of all that it is made of. Nodes of one register are
/// the same program, and a page is made again to the same bytes by no other.
pub const PROGRAM: &str = env!("SHOMEI_PROGRAM");
