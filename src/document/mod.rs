//! Documents: a typed model of each printed sheet. What parses can be printed.
//!
//! No I/O, no clock, no randomness; imports only from [`crate::domain`].

pub mod absence;
pub mod bangofuda;
pub mod brought;
pub mod catalog;
pub mod cbor;
pub mod change;
pub mod compose;
pub mod entry;
pub mod fax_tensha;
pub mod fuhyo_haikizumi_shomeisho;
pub mod fuzaiju_shomeisho;
pub mod handing;
pub mod hikitsugi;
pub mod honnin_kakunin_tsuchi;
pub mod identity;
pub mod idotodoke_takayo;
pub mod inei;
pub mod inkan_ido_kekka_kakuninhyo;
pub mod inkan_toroku_shomeisho;
pub mod intake;
pub mod json;
pub mod jukyohyoji_henko_shomei;
pub mod jumin;
pub mod juminhyo_utsushi;
pub mod juminhyo_utsushi_koiki;
pub mod kakuninyo_juminhyo;
pub mod kazei_shotoku_shomeisho;
pub mod keijidosha_nozei_shomeisho;
pub mod kisaijiko_shomeisho;
pub mod kisaijiko_shomeisho_tegaki;
pub mod kofubo;
pub mod kotei_hyoka_shomeisho;
pub mod names;
pub mod nikkei;
pub mod nozei_shomeisho;
pub mod parse;
pub mod picture;
pub mod receipt;
pub mod reception;
pub mod refusal;
pub mod request;
pub mod subject;
pub mod subject_import;
pub mod tenshutsu_shomeisho;
pub mod uketsuke;
pub mod uketsuke_kakuninhyo;
pub mod view;
pub mod words;
pub mod zei;

use cbor::{Cbor, Digest};
use parse::{Parse, Reader};
use view::View;
use words::Words;

/// A printed sheet's content.
pub trait Document: Encode + Send + Sync {
    /// Refuses what each field allows but the whole does not.
    fn check(&self, reader: &mut Reader<'_>);

    /// What the press is to print: the shape of the form, and a value for every slot.
    fn view(&self, words: &Words) -> View;
}

/// The digest of a document of any type.
pub trait Encode {
    /// SHA-256 over the deterministic CBOR of `{kind, content}`.
    fn digest(&self, kind: &'static str) -> Digest;
}

impl<T: Parse> Encode for T {
    fn digest(&self, kind: &'static str) -> Digest {
        let content = self.encode().unwrap_or(Cbor::Map(Vec::new()));
        Cbor::Map(vec![("kind", Cbor::Text(kind.to_owned())), ("content", content)]).digest()
    }
}
