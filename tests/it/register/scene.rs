//! What happens in an office, so that every table has rows.

use shomei::domain::calendar::Day;
use shomei::register::checkpoint::Signer;
use shomei::register::retention::Retention;
use shomei::register::{
    Alarm, Ask, Batch, CaseId, CaseRow, Event, Flow, Fresh as _, IncidentId, IssuanceId, Locked, Number, Once, Put,
    Register, RegisterError, Step, Term, Written,
};
use zeroize::Zeroizing;

use super::fixture::kita;

pub fn event(kind: &str, body: &str) -> Event {
    Event { kind: kind.to_owned(), v: 1, body: Zeroizing::new(body.as_bytes().to_vec()) }
}

pub fn case_row(case: CaseId, locked: &Locked) -> CaseRow {
    CaseRow {
        id: case,
        number: case.to_string(),
        procedure: "juminhyo-kofu".to_owned(),
        flow_version: "1".to_owned(),
        state: "received".to_owned(),
        since: locked.now,
        opened_at: locked.now,
        next: "entry".to_owned(),
        class: "shomei-kofu".to_owned(),
        ended: None,
    }
}

pub fn term(field: &str, term: &str) -> Term {
    Term { field: field.to_owned(), term: Zeroizing::new(term.to_owned()) }
}

pub fn signer() -> Signer {
    Signer::new("shomei.example/kita", &[7; 32]).unwrap()
}

type Made<T> = Result<Written<T>, RegisterError>;

/// Opens a case that waits for `role`.
pub async fn open(register: &Register, role: &str) -> CaseId {
    let case = CaseId::new();
    let written: Made<()> = register
        .write(&Ask::case(&kita(), case, 0), |locked| {
            Ok((
                Batch {
                    events: vec![event("received", "窓口で受け付けた"), event("routed", role)],
                    case: Some((case_row(case, locked), vec![role.to_owned()])),
                    terms: vec![term("shimei", "見本太郎")],
                    ..Batch::default()
                },
                (),
            ))
        })
        .await;
    written.unwrap();
    case
}

/// T1.
pub async fn begin(register: &Register, case: CaseId, terminal: u16) -> Result<(IssuanceId, Number), RegisterError> {
    let id = IssuanceId::new();
    let ask = Ask { case: Some(case), terminal: Some(terminal), ..Ask::office(&kita()) };
    let written: Made<Number> = register
        .write(&ask, |locked| {
            let step = Step::Begin {
                id,
                kind: "juminhyo-utsushi".to_owned(),
                digest: [1; 32],
                template: [2; 32],
                issuer: "kita".to_owned(),
            };
            let batch = Batch { events: vec![event("issuing", "1")], step: Some(step), ..Batch::default() };
            Ok((batch, locked.number.unwrap()))
        })
        .await;
    match written? {
        Written::Now(value) => Ok((id, value)),
        Written::Earlier(_) => panic!("there was no earlier answer"),
    }
}

/// T2.
pub async fn end(register: &Register, case: CaseId, id: IssuanceId, step: Step) -> Result<(), RegisterError> {
    let ask = Ask { case: Some(case), issuance: Some(id), ..Ask::office(&kita()) };
    let events = vec![event("ended", "1")];
    let written: Made<()> =
        register.write(&ask, |_| Ok((Batch { events, step: Some(step), ..Batch::default() }, ()))).await;
    written.map(drop)
}

pub fn issue(file: &[u8]) -> Step {
    Step::Issue { file: Zeroizing::new(file.to_vec()), pages: 1 }
}

pub fn void(reason: &str) -> Step {
    Step::Void { reason: reason.to_owned() }
}

/// A write that is answered once.
pub async fn once(register: &Register, case: CaseId, key: &str, request: u8, answer: &str) -> Made<()> {
    let once = Once { key: key.to_owned(), request: [request; 32] };
    let ask = Ask { case: Some(case), once: Some(once), ..Ask::office(&kita()) };
    let answer = Some(Zeroizing::new(answer.as_bytes().to_vec()));
    register.write(&ask, |_| Ok((Batch { events: vec![event("asked", "1")], answer, ..Batch::default() }, ()))).await
}

/// A record of a kind, found by a name; `version` is what the writer has seen.
pub fn record(id: &str, version: u64, body: &str, name: &str) -> Put {
    let body = Zeroizing::new(body.as_bytes().to_vec());
    Put {
        kind: "resident",
        id: id.to_owned(),
        version,
        v: 1,
        body,
        terms: vec![term("shimei", name), term("year", "R8")],
    }
}

/// Puts records.
pub async fn put(register: &Register, records: Vec<Put>) -> Made<()> {
    register.write(&Ask::office(&kita()), |_| Ok((Batch { records, ..Batch::default() }, ()))).await
}

/// What an office does in a day and in ten years; every column of every table gets a value.
pub async fn day(register: &Register) -> Vec<CaseId> {
    let flow = Flow { procedure: "juminhyo-kofu".to_owned(), version: "1".to_owned(), text: "steps".to_owned() };
    let incident = IncidentId::new();
    let alarms = vec![Alarm::Open { id: incident, kind: "unreadable".to_owned() }];
    let written: Made<()> = register
        .write(&Ask::office(&kita()), |_| {
            Ok((Batch { events: vec![event("flow", "1")], flow: Some(flow), alarms, ..Batch::default() }, ()))
        })
        .await;
    written.unwrap();
    let close =
        Batch { events: vec![event("closed", "1")], alarms: vec![Alarm::Close { id: incident }], ..Batch::default() };
    let written: Made<()> = register.write(&Ask::office(&kita()), |_| Ok((close, ()))).await;
    written.unwrap();

    put(register, vec![record("a", 0, "一", "見本太郎")]).await.unwrap();
    put(register, vec![record("a", 1, "二", "見本次郎"), record("b", 0, "三", "見本花子")]).await.unwrap();

    let cases = vec![open(register, "contractor").await, open(register, "city").await, ended(register).await];
    let (issued, _) = begin(register, cases[0], 1).await.unwrap();
    end(register, cases[0], issued, issue(b"%PDF of the first")).await.unwrap();
    let (voided, _) = begin(register, cases[0], 1).await.unwrap();
    end(register, cases[0], voided, void("jam")).await.unwrap();
    begin(register, cases[1], 2).await.unwrap();
    once(register, cases[1], "k", 1, "done").await.unwrap();
    let alarm = Batch {
        events: vec![event("doubt", "1")],
        alarms: vec![Alarm::Open { id: IncidentId::new(), kind: "mismatch".to_owned() }],
        ..Batch::default()
    };
    let ask = Ask { case: Some(cases[1]), ..Ask::office(&kita()) };
    let written: Made<()> = register.write(&ask, |_| Ok((alarm, ()))).await;
    written.unwrap();
    register.checkpoint(&kita(), &signer(), event("wish", "who")).await.unwrap();
    let retention = Retention::sample().unwrap();
    register.destroy(&kita(), &cases[2..], ["a", "b"], &retention).await.unwrap();
    cases
}

/// A case that ended long ago.
pub async fn ended(register: &Register) -> CaseId {
    let case = CaseId::new();
    let written: Made<()> = register
        .write(&Ask::case(&kita(), case, 0), |locked| {
            let row = CaseRow { ended: Some(Day::from_ymd(2015, 3, 31).unwrap()), ..case_row(case, locked) };
            let (events, terms) = (vec![event("ended", "long ago")], vec![term("shimei", "見本花子")]);
            Ok((Batch { events, case: Some((row, Vec::new())), terms, ..Batch::default() }, ()))
        })
        .await;
    written.unwrap();
    case
}
