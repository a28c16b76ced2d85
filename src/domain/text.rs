//! Text as a register holds it: code points and variation selectors stay as given, for ever. Nothing
//! here normalises, folds or replaces (a 﨑 that becomes 崎 is another person's name), but
//! [`search_form`], of which only a hash is ever kept.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// One character as a reader sees it: a base and, where it was written with one, its variation
/// selector (異体字, UTS #37).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moji {
    /// Base character.
    pub base: char,
    /// VS1 to VS16 or VS17 to VS256.
    pub selector: Option<char>,
}

impl Moji {
    /// Length of its UTF-8 form in bytes.
    pub fn len_utf8(self) -> usize {
        self.base.len_utf8() + self.selector.map_or(0, char::len_utf8)
    }

    /// Code points in the notation `U+845B U+E0102`.
    pub fn code_points(self) -> String {
        match self.selector {
            None => format!("U+{:04X}", u32::from(self.base)),
            Some(selector) => {
                format!("U+{:04X} U+{:04X}", u32::from(self.base), u32::from(selector))
            }
        }
    }
}

impl fmt::Display for Moji {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.base)?;
        self.selector.map_or(Ok(()), |selector| write!(f, "{selector}"))
    }
}

/// The characters of a text, each with its selector. A selector without a base is a character of
/// its own, so that [`check`] can name it.
pub fn moji(text: &str) -> impl Iterator<Item = Moji> + '_ {
    let mut chars = text.chars().peekable();
    std::iter::from_fn(move || {
        let base = chars.next()?;
        let selector = if is_selector(base) { None } else { chars.next_if(|c| is_selector(*c)) };
        Some(Moji { base, selector })
    })
}

/// Whether a character is a variation selector.
pub fn is_selector(c: char) -> bool {
    matches!(u32::from(c), 0xFE00..=0xFE0F | 0xE0100..=0xE01EF)
}

/// The form in which texts are compared when something is looked for, and never kept or printed:
/// compatibility forms folded (NFKC), without spaces, hyphens and selectors, in capitals and katakana.
pub fn search_form(text: &str) -> String {
    text.nfkc()
        .filter(|c| !c.is_whitespace() && !is_selector(*c) && !is_dash(*c))
        .flat_map(char::to_uppercase)
        .map(|c| match c {
            '\u{3041}'..='\u{3096}' => char::from_u32(u32::from(c).saturating_add(KATAKANA)).unwrap_or(c),
            _ => c,
        })
        .collect()
}

/// From a hiragana to its katakana.
const KATAKANA: u32 = 0x60;

/// Hyphens and minus signs, which people write for each other (１－２, 1-2).
fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Why a character cannot be printed as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unprintable {
    /// A control or formatting character, a line break included: it would print nothing or move text.
    Control,
    /// A code point that Unicode reserves as no character.
    NonCharacter,
    /// A variation selector with nothing before it.
    LoneSelector,
    /// The font lacks the base character.
    NotInFont,
    /// The font has the base, but not with this selector; it has the listed ones. The base glyph is
    /// never printed instead: it would be another form of the name.
    SequenceNotInFont {
        /// Selectors that the font knows with this base.
        available: Vec<char>,
    },
    /// A private-use character (外字) for which the city configured no font.
    PrivateUse,
}

impl Unprintable {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Control => "moji-control",
            Self::NonCharacter => "moji-non-character",
            Self::LoneSelector => "moji-lone-selector",
            Self::NotInFont => "moji-not-in-font",
            Self::SequenceNotInFont { .. } => "moji-sequence-not-in-font",
            Self::PrivateUse => "moji-private-use",
        }
    }
}

/// What characters a page can be set in. The press answers with its fonts.
pub trait Repertoire {
    /// Why `moji` cannot be set, or `None` where it can.
    fn missing(&self, moji: Moji) -> Option<Unprintable>;
}

/// A repertoire that has everything: for reading documents where no page is made.
pub struct Anything;

impl Repertoire for Anything {
    fn missing(&self, _: Moji) -> Option<Unprintable> {
        None
    }
}

/// One character of a text that cannot be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Position of the character, counted from 1 in characters as a reader counts them.
    pub position: usize,
    /// The character.
    pub moji: Moji,
    /// Why.
    pub reason: Unprintable,
}

/// Every character of `text` that cannot be printed as written.
pub fn check(text: &str, repertoire: &dyn Repertoire) -> Vec<Fault> {
    moji(text)
        .enumerate()
        .filter_map(|(index, moji)| {
            let reason = structural_fault(moji).or_else(|| repertoire.missing(moji))?;
            Some(Fault { position: index + 1, moji, reason })
        })
        .collect()
}

fn structural_fault(moji: Moji) -> Option<Unprintable> {
    let code = u32::from(moji.base);
    if is_selector(moji.base) {
        Some(Unprintable::LoneSelector)
    } else if code & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&code) {
        Some(Unprintable::NonCharacter)
    } else if moji.base.is_control() || is_format(code) {
        Some(Unprintable::Control)
    } else {
        None
    }
}

/// Characters of Unicode category Cf, Zl and Zp that change how text runs without being seen.
fn is_format(code: u32) -> bool {
    matches!(
        code,
        0x00AD
            | 0x061C
            | 0x115F..=0x1160
            | 0x17B4..=0x17B5
            | 0x180B..=0x180F
            | 0x200B..=0x200F
            | 0x2028..=0x202E
            | 0x2060..=0x206F
            | 0x3164
            | 0xFEFF
            | 0xFFA0
            | 0xFFF0..=0xFFFB
            | 0x1BCA0..=0x1BCA3
            | 0x1D173..=0x1D17A
            | 0xE0000..=0xE00FF
            | 0xE01F0..=0xE0FFF
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_people_write_alike_is_looked_for_alike() {
        for (written, meant) in [
            ("見本　太郎", "見本太郎"),
            ("葛\u{E0102}葉", "葛葉"),
            ("\u{FA19}田", "神田"),
            ("みほん", "ミホン"),
            ("ﾐﾎﾝ", "ミホン"),
            ("mihon ｍａｒｉａ", "MIHONMARIA"),
            ("１－２", "12"),
            ("1‐2", "12"),
        ] {
            assert_eq!(search_form(written), meant, "{written}");
        }
        assert_ne!(search_form("一ノ瀬"), search_form("ノ瀬"), "一 is no dash");
        assert_ne!(search_form("カー"), search_form("カ"), "ー is no dash");
    }

    #[test]
    fn a_selector_belongs_to_its_base() {
        let read: Vec<Moji> = moji("葛\u{E0102}城").collect();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0], Moji { base: '葛', selector: Some('\u{E0102}') });
        assert_eq!(read[0].code_points(), "U+845B U+E0102");
    }

    #[test]
    fn what_cannot_be_seen_is_named_by_position() {
        for (text, position, reason) in [
            ("山\n田", 2, Unprintable::Control),
            ("\u{E0101}山", 1, Unprintable::LoneSelector),
            ("山\u{E0101}\u{E0101}", 2, Unprintable::LoneSelector),
            ("山田\u{FFFE}", 3, Unprintable::NonCharacter),
            ("\u{FDD0}", 1, Unprintable::NonCharacter),
            ("山\u{200B}田", 2, Unprintable::Control),
            ("\u{202E}山", 1, Unprintable::Control),
        ] {
            let faults = check(text, &Anything);
            assert_eq!(faults.len(), 1, "{text:?}");
            assert_eq!((faults[0].position, &faults[0].reason), (position, &reason), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn reading_a_text_character_by_character_changes_nothing(text in any::<String>()) {
            let again: String = moji(&text).map(|moji| moji.to_string()).collect();
            prop_assert_eq!(&again, &text);
            prop_assert_eq!(moji(&text).map(Moji::len_utf8).sum::<usize>(), text.len());
        }
    }
}
