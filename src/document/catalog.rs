//! The one list of kinds.

use super::cbor::Digest;
use super::json::Json;
use super::parse::{Parse, Reader};
use super::refusal::{Refusal, Refusals};
use super::view::View;
use super::words::Words;
use super::Document;
use crate::domain::text::Repertoire;

/// When a kind gets its seal (公印).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealing {
    /// Never: internal sheets, notices and slips; no warrant can seal it.
    Never,
    /// At the gate of its flow: approval input, examination, sealing or tax decision.
    Approval,
    /// When issued, without a gate: 広域交付 alone.
    Auto,
}

impl Sealing {
    /// The word in `shomei kinds`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Approval => "approval",
            Self::Auto => "auto",
        }
    }
}

/// What a sheet is to the frame around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// A certificate: 認証文, day, issuer, seal, QR, number line, ground.
    Certificate,
    /// A sheet for the office itself: none of these, and no room for them.
    Internal,
    /// A letter or slip that goes out without a seal.
    Notice,
}

/// One kind of document.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Id: the name of its model, template, samples and goldens.
    pub id: &'static str,
    /// When it is sealed.
    pub sealing: Sealing,
    /// What stands around it.
    pub frame: Frame,
    /// Whether a fee is usually taken (what it is, the dated fee table says).
    pub fee: bool,
    /// Whether its sheet lies on its side.
    pub landscape: bool,
    parse: fn(&Json, &mut Reader<'_>) -> Option<Box<dyn Document>>,
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

macro_rules! catalog {
    ($($id:literal: $module:ident::$type:ident, $sealing:ident, $frame:ident, fee $fee:literal $(, $landscape:ident)?;)*) => {
        /// Every kind, in the order of the desk's menus.
        pub const KINDS: &[Kind] = &[$(Kind {
            id: $id,
            sealing: Sealing::$sealing,
            frame: Frame::$frame,
            fee: $fee,
            landscape: {
                let words: &[&str] = &[$(stringify!($landscape))?];
                !words.is_empty()
            },
            parse: |json, reader| {
                let document = super::$module::$type::parse(json, reader)?;
                document.check(reader);
                Some(Box::new(document))
            },
        }),*];
    };
}

catalog! {
    "juminhyo-utsushi": juminhyo_utsushi::JuminhyoUtsushi, Approval, Certificate, fee true;
    "juminhyo-utsushi-koiki": juminhyo_utsushi_koiki::JuminhyoUtsushiKoiki, Auto, Certificate, fee true;
    "fuzaiju-shomeisho": fuzaiju_shomeisho::FuzaijuShomeisho, Approval, Certificate, fee true;
    "jukyohyoji-henko-shomei": jukyohyoji_henko_shomei::JukyohyojiHenkoShomei, Approval, Certificate, fee false;
    "kisaijiko-shomeisho": kisaijiko_shomeisho::KisaijikoShomeisho, Approval, Certificate, fee true;
    "kisaijiko-shomeisho-tegaki": kisaijiko_shomeisho_tegaki::KisaijikoShomeishoTegaki, Approval, Certificate, fee true;
    "fuhyo-haikizumi-shomeisho": fuhyo_haikizumi_shomeisho::FuhyoHaikizumiShomeisho, Approval, Certificate, fee true;
    "inkan-toroku-shomeisho": inkan_toroku_shomeisho::InkanTorokuShomeisho, Approval, Certificate, fee true;
    "kazei-shotoku-shomeisho": kazei_shotoku_shomeisho::KazeiShotokuShomeisho, Approval, Certificate, fee true;
    "nozei-shomeisho": nozei_shomeisho::NozeiShomeisho, Approval, Certificate, fee true;
    "keijidosha-nozei-shomeisho": keijidosha_nozei_shomeisho::KeijidoshaNozeiShomeisho, Approval, Certificate, fee false;
    "kotei-hyoka-shomeisho": kotei_hyoka_shomeisho::KoteiHyokaShomeisho, Approval, Certificate, fee true;
    "fax-tensha": fax_tensha::FaxTensha, Approval, Certificate, fee true;
    "tenshutsu-shomeisho": tenshutsu_shomeisho::TenshutsuShomeisho, Approval, Certificate, fee false;
    "kakuninyo-juminhyo": kakuninyo_juminhyo::KakuninyoJuminhyo, Never, Internal, fee false;
    "honnin-kakunin-tsuchi": honnin_kakunin_tsuchi::HonninKakuninTsuchi, Never, Notice, fee false;
    "uketsuke-kakuninhyo": uketsuke_kakuninhyo::UketsukeKakuninhyo, Never, Internal, fee false;
    "bangofuda": bangofuda::Bangofuda, Never, Notice, fee false;
    "receipt": receipt::Receipt, Never, Notice, fee false;
    "idotodoke-takayo": idotodoke_takayo::IdotodokeTakayo, Never, Internal, fee false;
    "inkan-ido-kekka-kakuninhyo": inkan_ido_kekka_kakuninhyo::InkanIdoKekkaKakuninhyo, Never, Internal, fee false;
    "kofubo": kofubo::Kofubo, Never, Internal, fee false, landscape;
    "nikkei": nikkei::Nikkei, Never, Internal, fee false, landscape;
}

impl Kind {
    /// The kind of an id.
    pub fn by_id(id: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.id == id)
    }

    /// Path of its ordinary sample from the repository's root.
    pub fn sample(&self) -> String {
        format!("samples/{}.json", self.id)
    }

    /// Reads a document of this kind. Either it can be printed, or every reason why not is returned.
    pub fn read(&'static self, bytes: &[u8], repertoire: &dyn Repertoire) -> Result<Composed, Refusals> {
        let json = Json::read(bytes).map_err(|error| {
            let mut refusal = Refusal::new("", error.code());
            if let Some((line, column)) = error.place() {
                refusal = refusal.with("line", line).with("column", column);
            }
            Refusals::from(refusal)
        })?;
        let mut reader = Reader::new(repertoire);
        let document = (self.parse)(&json, &mut reader);
        let refusals = reader.into_refusals();
        match document {
            Some(document) if refusals.is_empty() => {
                let digest = document.digest(self.id);
                Ok(Composed { kind: self, document, digest })
            }
            _ => Err(Refusals(refusals)),
        }
    }
}

/// A document of any kind, valid, with its digest.
pub struct Composed {
    kind: &'static Kind,
    document: Box<dyn Document>,
    digest: Digest,
}

impl std::fmt::Debug for Composed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Composed({}, {:?})", self.kind.id, self.digest)
    }
}

impl Composed {
    /// Its kind.
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// SHA-256 over the deterministic CBOR of its kind and content: what a warrant covers.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What the press is to print.
    pub fn view(&self, words: &Words) -> View {
        self.document.view(words)
    }
}
