//! What is told when something is refused (RFC 9457): a stable code for programs, a Japanese sentence for
//! people, and each field that is in the way.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;

use crate::case::error::CaseError;
use crate::case::event::Reason;
use crate::document::catalog::Kind;
use crate::document::refusal::{Refusal, Refusals};
use crate::document::words::Words;
use crate::domain::opening_days::OpeningDaysError;
use crate::issuing::casework::CaseworkError;
use crate::issuing::clerk::ClerkError;
use crate::issuing::day_book::DayBookError;
use crate::issuing::issue::ReleaseError;
use crate::issuing::people::PeopleError;
use crate::issuing::till::TILL;
use crate::office::accounts::AccountError;
use crate::office::certifiers::CertifierError;
use crate::office::paper::PaperError;
use crate::office::proposals::ProposalError;
use crate::office::records::RecordError;
use crate::office::repeat::RepeatError;
use crate::office::right::NoRight;
use crate::office::sign_in::SignInError;
use crate::office::subjects::SubjectError;
use crate::office::suppression::SuppressionError;
use crate::office::terminals::TerminalError;
use crate::register::RegisterError;

use super::Desk;
use super::trace::Refused;

/// How the types of problems begin, before the code.
const TYPE: &str = "urn:shomei:problem:";

/// A refusal.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Problem {
    /// A name for the code that is one everywhere.
    #[serde(rename = "type")]
    kind: String,
    /// Code.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// The sentence.
    detail: String,
    /// Fields of a document that are in the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
}

/// A field that is in the way.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct FieldProblem {
    /// Path: `setaiin[2].shimei`.
    field: String,
    /// Code.
    code: &'static str,
    /// The sentence.
    detail: String,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let refused = Extension(Refused(self.title));
        (status, kind, refused, Json(self)).into_response()
    }
}

/// What has a status and a sentence.
pub trait Told {
    /// Key of the sentence.
    fn code(&self) -> &'static str;
    /// Status.
    fn status(&self) -> StatusCode;
    /// Fields of a document that are in the way, and whose words say it.
    fn refusals(&self) -> Option<(Option<&'static Kind>, &Refusals)> {
        None
    }
}

impl Told for PaperError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Record(error) => Told::status(error),
            Self::Range { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::CONFLICT,
        }
    }
}

impl Told for SignInError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Wrong | Self::NoSession => StatusCode::UNAUTHORIZED,
            Self::Code => StatusCode::FORBIDDEN,
            Self::TooSoon => StatusCode::TOO_MANY_REQUESTS,
            Self::Password(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Random(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Record(error) => error.status(),
        }
    }
}

impl Told for PeopleError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn status(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }
}

impl Told for OpeningDaysError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

impl Told for RegisterError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn status(&self) -> StatusCode {
        match self {
            // Somebody else was quicker.
            Self::Conflict { .. } | Self::KeyReused => StatusCode::CONFLICT,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl Told for ClerkError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    /// What a person can do otherwise is theirs (4xx); what they cannot is the program's or the store's.
    fn status(&self) -> StatusCode {
        match self {
            Self::Casework(error) => of_case(error),
            Self::Release(ReleaseError::Casework(error)) => of_case(error),
            Self::Release(ReleaseError::Press { .. }) | Self::Issue(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Release(ReleaseError::Terminal(error)) => error.status(),
            Self::Release(ReleaseError::Record(error)) => error.status(),
            Self::Release(_) | Self::Stopped(_) => StatusCode::CONFLICT,
            Self::NoDocument { .. } => StatusCode::NOT_FOUND,
            Self::Book(error) => error.status(),
            Self::Entering(_) | Self::Reception(_) | Self::Handing(_) | Self::Document { .. } | Self::NoKind { .. } => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        }
    }

    fn refusals(&self) -> Option<(Option<&'static Kind>, &Refusals)> {
        Self::refusals(self)
    }
}

impl Told for CaseworkError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn status(&self) -> StatusCode {
        of_case(self)
    }
}

impl Told for DayBookError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Casework(error) => of_case(error),
            Self::Open { .. } | Self::TillOpen { .. } | Self::TillClosed => StatusCode::CONFLICT,
            Self::Document(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Counted { .. } => StatusCode::BAD_REQUEST,
            Self::City(_) | Self::Data { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn refusals(&self) -> Option<(Option<&'static Kind>, &Refusals)> {
        match self {
            Self::Document(refusals) => Some((Kind::by_id(TILL), refusals)),
            _ => None,
        }
    }
}

impl Told for RecordError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::None { .. } => StatusCode::NOT_FOUND,
            Self::Stale { .. } => StatusCode::CONFLICT,
            Self::Body { .. } => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Register(error) => error.status(),
        }
    }
}

impl Told for NoRight {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn status(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }
}

impl Told for RepeatError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Other => StatusCode::UNPROCESSABLE_ENTITY,
            Self::UnderWay => StatusCode::CONFLICT,
            Self::Record(error) => error.status(),
        }
    }
}

impl Told for SuppressionError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Right(error) => error.status(),
            Self::Record(error) => error.status(),
            Self::Lifted { .. } => StatusCode::CONFLICT,
        }
    }
}

impl Told for AccountError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Actor(_) | Self::NotTwo { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Record(error) => error.status(),
            Self::Random(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NotFirst { .. } => StatusCode::CONFLICT,
            Self::Code => StatusCode::FORBIDDEN,
        }
    }
}

impl Told for ProposalError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Right(error) => error.status(),
            Self::Record(error) => error.status(),
            Self::SignIn(error) => error.status(),
            Self::Certifier(CertifierError::SealTaken { .. }) => StatusCode::CONFLICT,
            Self::Certifier(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Random(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Actor(_) | Self::Machine { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoPerson { .. } | Self::None { .. } => StatusCode::NOT_FOUND,
            Self::Own { .. } => StatusCode::FORBIDDEN,
            Self::Taken { .. } | Self::Lapsed { .. } | Self::LastTwo { .. } => StatusCode::CONFLICT,
        }
    }
}

impl Told for TerminalError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Right(error) => error.status(),
            Self::Record(error) => error.status(),
            Self::Random(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Seat => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Taken { .. } => StatusCode::CONFLICT,
            Self::None { .. } => StatusCode::NOT_FOUND,
            Self::Code | Self::NotHere => StatusCode::FORBIDDEN,
        }
    }
}

impl Told for SubjectError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Right(error) => error.status(),
            Self::Record(error) => error.status(),
            Self::File(_) => StatusCode::BAD_REQUEST,
        }
    }
}

fn of_case(error: &CaseworkError) -> StatusCode {
    match error {
        CaseworkError::NoCase | CaseworkError::NoFlow { .. } | CaseworkError::NoIncident => StatusCode::NOT_FOUND,
        CaseworkError::Destroyed => StatusCode::GONE,
        CaseworkError::Changed { .. } => StatusCode::PRECONDITION_FAILED,
        CaseworkError::Case(
            CaseError::WrongParty { .. }
            | CaseError::WrongRole { .. }
            | CaseError::OtherOffice { .. }
            | CaseError::SamePerson { .. }
            | CaseError::Requester
            | CaseError::MayNotIssue,
        ) => StatusCode::FORBIDDEN,
        CaseworkError::Case(_)
        | CaseworkError::Alerts { .. }
        | CaseworkError::Change(_)
        | CaseworkError::SubjectChanged { .. }
        | CaseworkError::TillClosed => StatusCode::CONFLICT,
        CaseworkError::Register(error) => error.status(),
        CaseworkError::Record(error) => error.status(),
        CaseworkError::Event(_) | CaseworkError::Flow(_) | CaseworkError::NoOpening { .. } => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

impl Desk {
    /// The answer to what was refused.
    pub fn problem<E: Told>(&self) -> impl FnOnce(E) -> Problem {
        move |error| {
            let errors = error.refusals().map(|(kind, refusals)| self.fields(kind, refusals)).unwrap_or_default();
            self.said(error.code(), error.status(), errors)
        }
    }

    /// The answer to what is no question of the API.
    pub fn refused(&self, code: &'static str) -> Problem {
        let status = match code {
            "no-endpoint" => StatusCode::NOT_FOUND,
            "no-session" => StatusCode::UNAUTHORIZED,
            "machine-not-permitted" => StatusCode::FORBIDDEN,
            "case-changed" => StatusCode::PRECONDITION_FAILED,
            "too-many-requests" => StatusCode::TOO_MANY_REQUESTS,
            "program-failed" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        self.said(code, status, Vec::new())
    }

    /// Why something is done.
    pub fn because(&self, reason: &str) -> Result<Reason, Problem> {
        Reason::parse(reason).ok_or_else(|| self.refused("request-malformed"))
    }

    fn said(&self, code: &'static str, status: StatusCode, errors: Vec<FieldProblem>) -> Problem {
        let detail = self.sentences.get(&format!("refusal.{code}")).to_owned();
        Problem { kind: format!("{TYPE}{code}"), title: code, status: status.as_u16(), detail, errors }
    }

    fn fields(&self, kind: Option<&'static Kind>, refusals: &Refusals) -> Vec<FieldProblem> {
        let words = kind.and_then(|kind| self.hall.press.words(kind).ok());
        let words: &Words = words.as_deref().unwrap_or(&self.sentences);
        refusals.told().map(|refusal| FieldProblem::told(&refusal, words)).collect()
    }

    /// Each field of what has no words of its own that is in the way.
    pub fn fields_of(&self, refusals: &[Refusal]) -> Vec<FieldProblem> {
        refusals.iter().map(|refusal| FieldProblem::told(refusal, &self.sentences)).collect()
    }
}

impl FieldProblem {
    fn told(refusal: &Refusal, words: &Words) -> Self {
        Self { field: refusal.path.clone(), code: refusal.code, detail: words.sentence(refusal) }
    }
}
