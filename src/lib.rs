//! shomei (証明): from an approved case to the sealed page.
pub mod case;
pub mod document;
pub mod domain;
pub mod press;
