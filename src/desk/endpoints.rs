//! The one list of endpoints: what the router is made of, and what says who may do what.

use axum::handler::Handler;
use axum::routing::{self, MethodRouter};
use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::issuing::clerk::CaseView;
use crate::office::machine::Permit;
use crate::office::right::Right;
use crate::office::suppression::AsSeen;

use super::openapi::{self, Answer, Asking, Described, Parts};
use super::{
    Desk, cases, certifiers, days, handing, incidents, paper, people, requests, sessions, subjects, suppressions,
    terminals,
};

/// How an endpoint is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// It changes nothing.
    Get,
    /// It changes something, or says in its body what must not stand in a URL.
    Post,
    /// It ends something.
    Delete,
}

impl Method {
    /// As HTTP has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// Whom an endpoint answers. The rooms below ask for it themselves; here it is said for whoever reads the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Anybody.
    Nothing,
    /// Who signed in; what they may do with a case is its flow's.
    Session,
    /// Who signed in, at a terminal that is shown.
    Terminal,
    /// The city's staff.
    Staff,
    /// Who has a right.
    Right(Right),
}

impl Need {
    /// What a program must be permitted to be answered; of what is not here, no program is.
    pub fn permit(self) -> Option<Permit> {
        match self {
            Self::Session => Some(Permit::Session),
            Self::Right(Right::Import) => Some(Permit::Import),
            Self::Nothing | Self::Terminal | Self::Staff | Self::Right(_) => None,
        }
    }
}

/// An endpoint.
pub struct Endpoint {
    /// How it is asked.
    pub method: Method,
    /// Its path, after `/api/v1`.
    pub path: &'static str,
    /// Whom it answers.
    pub need: Need,
    /// What answers.
    pub(super) handler: MethodRouter<Desk>,
    /// Its name.
    pub(super) name: String,
    /// What it asks for.
    pub(super) asks: fn(&mut Asking),
    /// What it answers where it refuses nothing.
    pub(super) answers: Vec<Answer>,
}

impl Endpoint {
    fn answering(mut self, status: u16, content: Option<(&'static str, Described)>) -> Self {
        self.answers.push(Answer { status, content, tagged: false });
        self
    }

    /// It answers with JSON of a type.
    fn json<T: JsonSchema>(self, status: u16) -> Self {
        self.answering(status, Some(("application/json", SchemaGenerator::subschema_for::<T>)))
    }

    /// It answers with a case and its version.
    fn case(self, status: u16) -> Self {
        let mut endpoint = self.json::<CaseView>(status);
        endpoint.answers.iter_mut().for_each(|answer| answer.tagged = true);
        endpoint
    }

    /// It answers with a file.
    fn pdf(self, status: u16) -> Self {
        self.answering(status, Some(("application/pdf", |_| Schema::default())))
    }

    /// It answers with nothing but that it is done.
    fn done(self) -> Self {
        self.answering(204, None)
    }

    /// Whether a request with a key is done once: it changes what an office works on. Issuing says by itself what
    /// became of an earlier order, and what is told once (tokens, codes) is never told again.
    pub fn changes(&self) -> bool {
        const WORK: [&str; 6] = ["/cases", "/subjects", "/suppressions", "/incidents", "/paper", "/days"];
        let by_itself = self.path.ends_with("/search") || self.path.ends_with("/issuances");
        self.method != Method::Get && !by_itself && WORK.iter().any(|work| self.path.starts_with(work))
    }
}

fn endpoint<H, T>(method: Method, path: &'static str, need: Need, handler: H) -> Endpoint
where
    H: Handler<T, Desk>,
    T: Parts + 'static,
{
    let name = std::any::type_name::<H>().split("::").skip(2).collect::<Vec<_>>().join("-");
    let handler = match method {
        Method::Get => routing::get(handler),
        Method::Post => routing::post(handler),
        Method::Delete => routing::delete(handler),
    };
    Endpoint { method, path, need, handler, name, asks: T::ask, answers: Vec::new() }
}

/// Every endpoint.
pub fn endpoints() -> Vec<Endpoint> {
    use Method::{Delete, Get, Post};
    use Need::{Nothing, Session, Staff, Terminal};
    let (see, set) = (Need::Right(Right::SuppressSee), Need::Right(Right::SuppressSet));
    let (lift, lift_for) = (Need::Right(Right::SuppressLift), Need::Right(Right::SuppressLiftTemporarily));
    let register = Need::Right(Right::People);
    vec![
        endpoint(Get, "/openapi.json", Nothing, openapi::show).json::<Value>(200),
        endpoint(Post, "/session", Nothing, sessions::sign_in).json::<sessions::SignedIn>(201),
        endpoint(Get, "/session", Session, sessions::who).json::<sessions::Who>(200),
        endpoint(Post, "/cases", Session, cases::open).case(201),
        endpoint(Get, "/cases", Session, cases::list).json::<cases::Rows>(200),
        endpoint(Post, "/cases/search", Session, cases::search).json::<cases::Rows>(200),
        endpoint(Get, "/cases/{number}", Session, cases::show).case(200),
        endpoint(Post, "/cases/{number}/request", Session, requests::record).case(200),
        endpoint(Post, "/cases/{number}/steps", Session, cases::work).case(200),
        endpoint(Post, "/cases/{number}/handing", Terminal, handing::hand_over).case(200),
        endpoint(Post, "/cases/{number}/receipts/{serial}", Session, handing::receipt).pdf(200),
        endpoint(Post, "/cases/{number}/acts", Session, cases::act).case(200),
        endpoint(Get, "/cases/{number}/documents/{document}/copy", Session, cases::copy).pdf(200),
        endpoint(Post, "/cases/{number}/documents/{document}/issuances", Terminal, cases::issue).pdf(201),
        endpoint(Post, "/subjects", Need::Right(Right::Import), subjects::take_over).json::<subjects::Told>(200),
        endpoint(Post, "/subjects/search", Session, subjects::search).json::<subjects::People>(200),
        endpoint(Get, "/suppressions", see, suppressions::list).json::<suppressions::List>(200),
        endpoint(Post, "/suppressions", set, suppressions::set).json::<AsSeen>(201),
        endpoint(Post, "/suppressions/search", see, suppressions::search).json::<suppressions::List>(200),
        endpoint(Post, "/suppressions/lift", lift, suppressions::lift).done(),
        endpoint(Post, "/suppressions/lift-for", lift_for, suppressions::lift_for).done(),
        endpoint(Get, "/incidents", Staff, incidents::list).json::<incidents::Rows>(200),
        endpoint(Post, "/incidents/{incident}/close", Staff, incidents::close).done(),
        endpoint(Get, "/paper", Terminal, paper::show).json::<paper::Told>(200),
        endpoint(Get, "/paper/{serial}", Terminal, paper::find).json::<paper::Found>(200),
        endpoint(Post, "/paper/in", Terminal, paper::take_in).json::<paper::Told>(200),
        endpoint(Post, "/paper/use", Terminal, paper::consume).json::<paper::Told>(200),
        endpoint(Post, "/paper/spoil", Terminal, paper::spoil).json::<paper::Told>(200),
        endpoint(Post, "/paper/destroy", Terminal, paper::destroy).json::<paper::Told>(200),
        endpoint(Get, "/days/{day}", Session, days::show).json::<days::Opening>(200),
        endpoint(Post, "/days/{day}/till", Staff, days::till).pdf(200),
        endpoint(Post, "/days/{day}/close", Staff, days::close).pdf(200),
        endpoint(Get, "/terminals", Session, terminals::list).json::<terminals::List>(200),
        endpoint(Post, "/terminals/codes", register, terminals::admit).json::<terminals::Admitted>(201),
        endpoint(Post, "/terminals", Nothing, terminals::enrol).json::<terminals::Begun>(201),
        endpoint(Post, "/terminals/{terminal}/renew", register, terminals::renew).json::<terminals::Renewed>(200),
        endpoint(Delete, "/terminals/{terminal}", register, terminals::end).done(),
        endpoint(Get, "/people", register, people::list).json::<people::List>(200),
        endpoint(Post, "/people/first", Nothing, people::first).json::<Vec<people::Admitted>>(201),
        endpoint(Post, "/people/proposals", register, people::propose).json::<people::Waiting>(201),
        endpoint(Delete, "/people/{program}", register, people::end).done(),
        endpoint(Get, "/proposals", Session, people::proposals).json::<people::Open>(200),
        endpoint(Post, "/proposals/{proposal}/confirm", Session, people::confirm).json::<people::Confirmed>(200),
        endpoint(Delete, "/proposals/{proposal}", Session, people::withdraw).done(),
        endpoint(Get, "/certifiers", Session, certifiers::show).json::<certifiers::Shown>(200),
        endpoint(Post, "/certifiers/proposals", Need::Right(Right::Seals), certifiers::propose)
            .json::<people::Waiting>(201),
        endpoint(Post, "/password", Nothing, people::choose).done(),
        endpoint(Post, "/session/password", Session, people::change).done(),
        // Last, for whoever goes through the list with one session.
        endpoint(Delete, "/session", Session, sessions::sign_out).done(),
    ]
}
