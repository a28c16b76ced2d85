//! The file: PDF/A-2a and PDF/UA-1 at once, tagged, without personal metadata, byte for byte the same
//! for the same pages.

use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::domain::calendar::Day;

/// Japan standard time (JST, no summer time), in minutes before UTC.
const JST: i32 = 9 * 60;

/// Pages could not be written as a file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The writer knows no such combination of standards.
    #[error("exporting: the standards do not go together: {message}")]
    Standards {
        /// What it said.
        message: String,
    },
    /// The pages break one of the standards.
    #[error("exporting: {}", messages.join("; "))]
    Pages {
        /// What the writer said.
        messages: Vec<String>,
    },
}

/// Writes pages as a PDF. `identity` becomes the file's identifier, as a hash; its dates are midnight
/// of `day` in Japan.
pub fn export(document: &PagedDocument, identity: &str, day: Day) -> Result<Vec<u8>, ExportError> {
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
        .map_err(|error| ExportError::Standards { message: error.message().to_string() })?;
    let options = PdfOptions {
        ident: Smart::Custom(identity.to_owned()),
        creator: Smart::Custom(Some("shomei".into())),
        timestamp: Datetime::from_ymd_hms(day.year(), day.month(), day.day(), 0, 0, 0)
            .and_then(|midnight| Timestamp::new_local(midnight, JST)),
        tagged: true,
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(document, &options).map_err(|diagnostics| ExportError::Pages {
        messages: diagnostics.iter().map(|d: &SourceDiagnostic| d.message.to_string()).collect(),
    })
}
