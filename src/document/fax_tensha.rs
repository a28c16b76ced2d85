//! ⑤’: a FAX of the tax office's certificate, transferred to security paper at true size and sealed
//! (業務フロー18 to 21).

use crate::{choice, record};

use super::Document;
use super::brought::{self, FaxFile, Ichi, Laid};
use super::parse::{Reader, Text};
use super::view::{Draft, View};
use super::words::Words;

choice! {
    /// What the FAX is.
    pub enum Shurui {
        /// 課税（所得）証明書.
        Kazei = "kazei",
        /// 納税証明書.
        Nozei = "nozei",
        /// 継続検査用軽自動車税納税証明書.
        Keijidosha = "keijidosha",
        /// 固定資産評価（公課）証明書.
        Kotei = "kotei",
    }
}

record! {
    /// FAX転写.
    pub struct FaxTensha {
        /// What the FAX is.
        pub shurui: Shurui,
        /// 氏名 of the person whom it is about: stands on every sheet.
        pub shimei: Text,
        /// The FAX.
        pub genko: FaxFile,
        /// Where the 認証文 is laid on the last sheet.
        pub ichi: Ichi,
    }
}

impl Document for FaxTensha {
    fn check(&self, reader: &mut Reader<'_>) {
        reader.at("genko", |reader| self.genko.check_fits(reader));
        if let Some(last) = self.genko.pages().last() {
            brought::check_place(&self.ichi, &Laid::fax(last), reader);
        }
    }

    fn view(&self, words: &Words) -> View {
        let pages = self.genko.pages();
        let title = words.get(&format!("title.{}", self.shurui.key()));
        let mut draft = Draft::new(words, title, pages.len());
        let laid: Vec<Laid<'_>> = pages.iter().map(Laid::fax).collect();
        brought::put(&mut draft, &laid, &self.ichi, &self.shimei);
        draft.certify(words.get("ninsho.document"));
        draft.finish()
    }
}
