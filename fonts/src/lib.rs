//! The fonts of every page that shomei prints, as they were published, byte for byte.
//!
//! A crate of its own, so that 56 MB of data are compiled once and not with every change of the
//! program; and so that one binary is the whole program: no font of the machine is ever looked at.

/// A font file and where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedFont {
    /// Family name as the font itself states it.
    pub family: &'static str,
    /// The font file, unmodified (the IPA licence treats any subset as a derived program).
    pub data: &'static [u8],
    /// Name of the licence, as a key into [`LICENCES`].
    pub licence: &'static str,
}

/// IPAmj明朝 005.01: the one typeface of certified text, with 54,578 characters and 11,474 Moji_Joho
/// variation sequences.
pub const IPAMJ_MINCHO: EmbeddedFont =
    EmbeddedFont { family: "IPAmjMincho", data: include_bytes!("../ipamjm.ttf"), licence: "IPA-1.0" };

/// BIZ UDゴシック Regular: the labels of a form.
pub const BIZ_UD_GOTHIC: EmbeddedFont =
    EmbeddedFont { family: "BIZ UDGothic", data: include_bytes!("../BIZUDGothic-Regular.ttf"), licence: "OFL-1.1" };

/// BIZ UDゴシック Bold: changed values on internal sheets, call numbers, the outlines of the latent 複写.
pub const BIZ_UD_GOTHIC_BOLD: EmbeddedFont =
    EmbeddedFont { family: "BIZ UDGothic", data: include_bytes!("../BIZUDGothic-Bold.ttf"), licence: "OFL-1.1" };

/// Every embedded font.
pub const ALL: [EmbeddedFont; 3] = [IPAMJ_MINCHO, BIZ_UD_GOTHIC, BIZ_UD_GOTHIC_BOLD];

/// The full text of each font licence, by name.
pub const LICENCES: [(&str, &str); 2] =
    [("IPA-1.0", include_str!("../licences/IPA-1.0.txt")), ("OFL-1.1", include_str!("../licences/OFL-1.1.txt"))];
