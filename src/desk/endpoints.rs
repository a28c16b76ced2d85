//! The one list of endpoints: what the router is made of, and what says who may do what.

use axum::Extension;
use axum::handler::Handler;
use axum::routing::{self, MethodRouter};

use crate::office::machine::Permit;
use crate::office::right::Right;

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
}

fn endpoint<H, T>(method: Method, path: &'static str, need: Need, handler: H) -> Endpoint
where
    H: Handler<T, Desk>,
    T: 'static,
{
    let handler = match method {
        Method::Get => routing::get(handler),
        Method::Post => routing::post(handler),
        Method::Delete => routing::delete(handler),
    };
    Endpoint { method, path, need, handler: handler.layer(Extension(need)) }
}

/// Every endpoint.
pub fn endpoints() -> Vec<Endpoint> {
    use Method::{Delete, Get, Post};
    use Need::{Nothing, Session, Staff, Terminal};
    let (see, set) = (Need::Right(Right::SuppressSee), Need::Right(Right::SuppressSet));
    let (lift, lift_for) = (Need::Right(Right::SuppressLift), Need::Right(Right::SuppressLiftTemporarily));
    let register = Need::Right(Right::People);
    vec![
        endpoint(Post, "/session", Nothing, sessions::sign_in),
        endpoint(Get, "/session", Session, sessions::who),
        endpoint(Post, "/cases", Session, cases::open),
        endpoint(Get, "/cases", Session, cases::list),
        endpoint(Post, "/cases/search", Session, cases::search),
        endpoint(Get, "/cases/{number}", Session, cases::show),
        endpoint(Post, "/cases/{number}/request", Session, requests::record),
        endpoint(Post, "/cases/{number}/steps", Session, cases::work),
        endpoint(Post, "/cases/{number}/handing", Terminal, handing::hand_over),
        endpoint(Post, "/cases/{number}/receipts/{serial}", Session, handing::receipt),
        endpoint(Post, "/cases/{number}/acts", Session, cases::act),
        endpoint(Get, "/cases/{number}/documents/{document}/copy", Session, cases::copy),
        endpoint(Post, "/cases/{number}/documents/{document}/issuances", Terminal, cases::issue),
        endpoint(Post, "/subjects", Need::Right(Right::Import), subjects::take_over),
        endpoint(Post, "/subjects/search", Session, subjects::search),
        endpoint(Get, "/suppressions", see, suppressions::list),
        endpoint(Post, "/suppressions", set, suppressions::set),
        endpoint(Post, "/suppressions/search", see, suppressions::search),
        endpoint(Post, "/suppressions/lift", lift, suppressions::lift),
        endpoint(Post, "/suppressions/lift-for", lift_for, suppressions::lift_for),
        endpoint(Get, "/incidents", Staff, incidents::list),
        endpoint(Post, "/incidents/{incident}/close", Staff, incidents::close),
        endpoint(Get, "/paper", Terminal, paper::show),
        endpoint(Get, "/paper/{serial}", Terminal, paper::find),
        endpoint(Post, "/paper/in", Terminal, paper::take_in),
        endpoint(Post, "/paper/use", Terminal, paper::consume),
        endpoint(Post, "/paper/spoil", Terminal, paper::spoil),
        endpoint(Post, "/paper/destroy", Terminal, paper::destroy),
        endpoint(Get, "/days/{day}", Session, days::show),
        endpoint(Post, "/days/{day}/till", Staff, days::till),
        endpoint(Post, "/days/{day}/close", Staff, days::close),
        endpoint(Get, "/terminals", Session, terminals::list),
        endpoint(Post, "/terminals/codes", register, terminals::admit),
        endpoint(Post, "/terminals", Nothing, terminals::enrol),
        endpoint(Post, "/terminals/{terminal}/renew", register, terminals::renew),
        endpoint(Delete, "/terminals/{terminal}", register, terminals::end),
        endpoint(Get, "/people", register, people::list),
        endpoint(Post, "/people/first", Nothing, people::first),
        endpoint(Post, "/people/proposals", register, people::propose),
        endpoint(Delete, "/people/{program}", register, people::end),
        endpoint(Get, "/proposals", Session, people::proposals),
        endpoint(Post, "/proposals/{proposal}/confirm", Session, people::confirm),
        endpoint(Delete, "/proposals/{proposal}", Session, people::withdraw),
        endpoint(Get, "/certifiers", Session, certifiers::show),
        endpoint(Post, "/certifiers/proposals", Need::Right(Right::Seals), certifiers::propose),
        endpoint(Post, "/password", Nothing, people::choose),
        endpoint(Post, "/session/password", Session, people::change),
        // Last, for whoever goes through the list with one session.
        endpoint(Delete, "/session", Session, sessions::sign_out),
    ]
}
