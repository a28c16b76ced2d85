//! What a city may choose.
