//! The one list of kinds.

use super::Document;
use super::cbor::Digest;
use super::json::Json;
use super::parse::{DateAt, Found, Parse, Reader};
use super::refusal::{Refusal, Refusals};
use super::view::View;
use super::words::Words;
use crate::domain::calendar::{Day, RecordedDate, WarekiDate};
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
        self.parse(bytes, repertoire).composed().map_err(Parsed::into_refusals)
    }

    /// Reads a document of this kind that stands within something else, as far as it can be read.
    pub(super) fn read_at(&self, json: &Json, reader: &mut Reader<'_>) {
        drop((self.parse)(json, reader));
    }

    /// Reads a document of this kind as far as it can be read.
    pub fn parse(&'static self, bytes: &[u8], repertoire: &dyn Repertoire) -> Parsed {
        let json = match Json::read(bytes) {
            Ok(json) => json,
            Err(error) => {
                return Parsed { kind: self, document: None, dates: Vec::new(), refusals: vec![error.refusal()] };
            }
        };
        let mut reader = Reader::new(repertoire);
        let document = (self.parse)(&json, &mut reader);
        let Found { refusals, dates } = reader.into_found();
        Parsed { kind: self, document, dates, refusals }
    }
}

/// A document as far as it could be read, and what is said against it. Unless that is nothing, it can
/// be laid out to find what does not fit, and never be printed.
pub struct Parsed {
    kind: &'static Kind,
    document: Option<Box<dyn Document>>,
    dates: Vec<DateAt>,
    refusals: Vec<Refusal>,
}

impl std::fmt::Debug for Parsed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Parsed({}, {:?})", self.kind.id, self.refusals)
    }
}

impl Parsed {
    /// Its kind.
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// Refuses also the dates that a certificate of this day cannot know.
    #[must_use]
    pub fn as_of(mut self, day: Day) -> Self {
        self.refusals.extend(later_than(self.kind, &self.dates, day));
        self
    }

    /// The document, if nothing is said against it.
    pub fn composed(self) -> Result<Composed, Self> {
        match self.document {
            Some(document) if self.refusals.is_empty() => {
                let digest = document.digest(self.kind.id);
                Ok(Composed { kind: self.kind, document, dates: self.dates, digest })
            }
            document => Err(Self { document, ..self }),
        }
    }

    /// What the press would print, for finding what does not fit; nothing where too little was read.
    pub fn view(&self, words: &Words) -> Option<View> {
        self.document.as_ref().map(|document| document.view(words))
    }

    /// What is said against it.
    pub fn into_refusals(self) -> Refusals {
        Refusals(self.refusals)
    }
}

/// Fields that may tell of a day to come: 在留期間の満了の日, 有効期限, 転出予定年月日 and the end of a
/// 事業年度.
const MAY_LIE_AHEAD: [&str; 4] = ["manryo_hi", "yuko_kigen", "tenshutsu_yotei_hi", "jigyo_shuryo"];

/// Refuses the dates of a certificate that lie after its 証明日. Other sheets have no such day.
fn later_than(kind: &Kind, dates: &[DateAt], day: Day) -> Vec<Refusal> {
    if kind.frame != Frame::Certificate {
        return Vec::new();
    }
    let (day, shown) = (RecordedDate::wareki(day), WarekiDate::from(day));
    let reported = |record: &str| dates.iter().any(|other| other.path == format!("{record}.todokede_hi"));
    dates
        .iter()
        .filter(|at| day.certainly_before(&at.date))
        .filter(|at| {
            let (record, field) = at.path.rsplit_once('.').unwrap_or(("", &at.path));
            // 転出届 is filed, and recorded as 異動, before the day of moving (法24条).
            !(MAY_LIE_AHEAD.contains(&field) || field == "ido_hi" && reported(record))
        })
        .map(|at| Refusal::new(at.path.clone(), "later-than-day").with("day", shown))
        .collect()
}

/// A document of any kind, valid, with its digest.
pub struct Composed {
    kind: &'static Kind,
    document: Box<dyn Document>,
    dates: Vec<DateAt>,
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

    /// Its dates that a certificate of this day cannot know.
    pub fn later_than(&self, day: Day) -> Vec<Refusal> {
        later_than(self.kind, &self.dates, day)
    }
}
