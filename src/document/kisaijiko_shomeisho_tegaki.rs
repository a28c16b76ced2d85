//! 記載事項証明書（手書）: the visitor's own form, certified as it was brought (業務フロー14).

use crate::record;

use super::Document;
use super::brought::{self, FormFile, Ichi, Laid};
use super::parse::{Reader, Text};
use super::view::{Draft, View};
use super::words::Words;

record! {
    /// 記載事項証明書（手書）.
    pub struct KisaijikoShomeishoTegaki {
        /// 氏名 of the person whom the form is about: stands on every sheet.
        pub shimei: Text,
        /// The form: PDF pages are drawn as pictures, since PDF/A cannot hold a PDF.
        pub yoshiki: FormFile,
        /// Where the 認証文 is laid on the last sheet.
        pub ichi: Ichi,
    }
}

impl Document for KisaijikoShomeishoTegaki {
    fn check(&self, reader: &mut Reader<'_>) {
        if let Some(last) = self.yoshiki.pages().last() {
            brought::check_place(&self.ichi, &Laid::form(last), reader);
        }
    }

    fn view(&self, words: &Words) -> View {
        let pages = self.yoshiki.pages();
        let mut draft = Draft::new(words, words.get("title.document"), pages.len());
        let laid: Vec<Laid<'_>> = pages.iter().map(Laid::form).collect();
        brought::put(&mut draft, &laid, &self.ichi, &self.shimei);
        draft.certify(words.get("ninsho.document"));
        draft.finish()
    }
}
