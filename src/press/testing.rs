//! Pages for the press's own tests.

use crate::document::catalog::Kind;
use crate::domain::calendar::Day;
use crate::domain::office::Signatory;

use super::Press;
use super::sheet::{Paper, Sheets, Surround};

/// A sample, laid out as a 見本.
pub fn laid_out(sample: &str) -> Sheets {
    let data = std::fs::read(format!("{}/samples/{sample}.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
    lay_out("juminhyo-utsushi", &data)
}

/// Two households that differ in one name.
pub fn households() -> (Sheets, Sheets) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/juminhyo-utsushi.json");
    let data = std::fs::read_to_string(path).unwrap();
    let other = data.replacen("花子", "花江", 1);
    assert_ne!(data, other);
    (lay_out("juminhyo-utsushi", data.as_bytes()), lay_out("juminhyo-utsushi", other.as_bytes()))
}

fn lay_out(kind: &str, data: &[u8]) -> Sheets {
    let press = Press::embedded().unwrap();
    let document = Kind::by_id(kind).unwrap().read(data, &**press.typefaces()).unwrap();
    let day: Day = "2026-01-15".parse().unwrap();
    let signatory = Signatory {
        from: day,
        until: None,
        title: "見本県見本市北区長".to_owned(),
        deputy: None,
        name: "見本　正明".to_owned(),
        seal: String::new(),
    };
    let surround = Surround {
        day,
        office: "見本市北区",
        signatory: &signatory,
        number: None,
        paper: Paper::Plain,
        short_digest: "",
    };
    press.lay_out_specimen(&document, &surround).unwrap()
}
