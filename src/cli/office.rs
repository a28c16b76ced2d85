//! The office at which a command works: the register, its keys, its people, the press. What is not there
//! yet is made, so that the program runs without a server and without configuration.

use std::path::{Path, PathBuf};

use clap::Args;
use shomei::PROGRAM;
use shomei::case::actor::{Actor, ActorError};
use shomei::case::event::EventError;
use shomei::case::id::{IdError, OfficeId, PersonId};
use shomei::domain::calendar::CalendarError;
use shomei::domain::opening_days::OpeningDaysError;
use shomei::issuing::casework::{CaseworkError, Flows};
use shomei::issuing::city::City;
use shomei::issuing::clerk::ClerkError;
use shomei::issuing::day_book::DayBookError;
use shomei::issuing::hall::{Hall, SweepError};
use shomei::issuing::issue::ReleaseError;
use shomei::issuing::people::{People, PeopleError, Person, TwoApprovers};
use shomei::issuing::reprint::ReprintError;
use shomei::office::accounts::{AccountError, Accounts};
use shomei::office::notices::NoticeError;
use shomei::office::paper::PaperError;
use shomei::office::password::PasswordError;
use shomei::office::proposals::ProposalError;
use shomei::office::records::RecordError;
use shomei::office::right::NoRight;
use shomei::office::sign_in::SignInError;
use shomei::office::subjects::SubjectError;
use shomei::office::suppression::SuppressionError;
use shomei::office::terminals::{Seat, TerminalError, Terminals};
use shomei::office::token::Token;
use shomei::press::Press;
use shomei::press::mark::MarkKey;
use shomei::procedure::settings::{Settings, SettingsError};
use shomei::procedure::{ProcedureError, Procedures};
use shomei::register::checkpoint::{Log, Signer};
use shomei::register::retention::Retention;
use shomei::register::{Deployment, Mode, Register, RegisterError, clock};

use super::Lines;

/// Host of the sample city's verification page; nothing is ever asked of it.
const HOST: &str = "verify.mihon.example";

/// Where the logs of the sample city's registers have their names.
const LOG: &str = "log.mihon.example";

/// The register that a command works with.
#[derive(Args, Debug, Clone)]
pub struct Database {
    /// The register: a file, or postgres://USER@HOST/DATABASE. It is made if it is not there.
    #[arg(long, global = true, default_value = "shomei.db")]
    pub database: String,
    /// Folder of the keys; beside the file if not given.
    #[arg(long, global = true)]
    pub keys: Option<PathBuf>,
    /// The machine's clock is right, although nothing was recorded for more than 60 days.
    #[arg(long, global = true)]
    pub after_a_pause: bool,
}

/// The register, and who works on it.
#[derive(Args)]
pub struct AtWork {
    #[command(flatten)]
    pub database: Database,
    /// Who does it, by account.
    #[arg(long = "as", global = true, default_value = "")]
    who: String,
}

impl AtWork {
    /// The register with its offices.
    pub async fn open(&self) -> Result<Office, Lines> {
        Office::open(&self.database).await
    }

    /// The person.
    pub fn person<'o>(&self, office: &'o Office) -> Result<&'o Person, Lines> {
        office.people.person(&self.who).map_err(refused("--as"))
    }
}

/// Who does what the city's staff do.
#[derive(Args, Debug)]
pub struct Staff {
    /// Who does it, by account: of the city's staff. It is done in that person's office.
    #[arg(long = "as")]
    who: String,
}

impl Staff {
    /// The person.
    pub fn find<'p>(&self, people: &'p People) -> Result<&'p Actor, Lines> {
        people.staff(&self.who).map_err(refused("--as"))
    }
}

/// Who does what no one does alone.
#[derive(Args, Debug)]
pub struct Two {
    /// One approver, by account. It is done in that person's office.
    #[arg(long = "as")]
    who: String,
    /// Another approver of the same office.
    #[arg(long)]
    and: String,
}

impl Two {
    /// The people.
    pub fn find<'p>(&self, people: &'p People) -> Result<TwoApprovers<'p>, Lines> {
        people.two_approvers(&self.who, &self.and).map_err(refused("--as --and"))
    }
}

/// Errors that have a sentence.
pub trait Coded: std::error::Error {
    /// Key of the sentence.
    fn sentence_key(&self) -> &'static str;
}

macro_rules! coded {
    ($($error:ty)*) => {$(
        impl Coded for $error {
            fn sentence_key(&self) -> &'static str {
                <$error>::code(self)
            }
        }
    )*};
}

coded! { ProposalError TerminalError PaperError AccountError SignInError PasswordError NoRight OpeningDaysError CalendarError SweepError ClerkError SubjectError RecordError SuppressionError NoticeError DayBookError EventError ReprintError RegisterError CaseworkError ReleaseError PeopleError IdError ActorError ProcedureError SettingsError }

/// What a command tells when it is refused: place, code and what happened for logs, then the sentence.
pub fn refused<E: Coded>(place: &str) -> impl FnOnce(E) -> Lines {
    move |error| super::line(place, error.sentence_key(), error)
}

/// Waits for work on the register.
pub fn wait<T>(work: impl Future<Output = Result<T, Lines>>) -> Result<T, Lines> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

impl Database {
    /// The register in a folder.
    pub fn within(folder: &Path) -> Self {
        Self {
            database: folder.join("register.db").display().to_string(),
            keys: Some(folder.join("keys")),
            after_a_pause: false,
        }
    }

    /// Folder of the keys.
    pub fn keys(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| {
            let path = self.database.strip_prefix("sqlite:").unwrap_or(&self.database);
            if self.is_server() { PathBuf::from("shomei.keys") } else { Path::new(path).with_extension("keys") }
        })
    }

    /// Enrols the sample's terminals: this machine is all of them.
    async fn place(&self, register: &Register, city: &City, people: &People, by: &PersonId) -> Result<(), Lines> {
        let fresh = |(office, seat): &(OfficeId, Seat)| Ok((office.clone(), seat.clone(), Token::fresh()?));
        let terminals = people.terminals().iter().map(fresh).collect::<Result<Vec<_>, Lines>>()?;
        for (office, seat, token) in &terminals {
            super::terminal::keep(&self.keys(), office, seat.number, token)?;
        }
        Terminals::of(register, &city.id).fill(&terminals, by).await.map_err(refused("terminals"))
    }

    fn is_server(&self) -> bool {
        self.database.starts_with("postgres://") || self.database.starts_with("postgresql://")
    }

    /// Opens the register; one that is not there is made first, with the offices of the city and the people.
    async fn open(&self, city: &City, people: Option<&People>) -> Result<Register, Lines> {
        let keys = self.keys();
        let mut new = false;
        let open = || Register::open(&self.database, &keys, PROGRAM, clock::system());
        let register = match open().await {
            Err(RegisterError::OtherSchema { found: 0, .. }) => {
                let mode = if self.is_server() { Mode::Shared } else { Mode::Single };
                let deployment = Deployment { mode, program: PROGRAM.to_owned() };
                new = true;
                Register::install(&self.database, &deployment).await.map_err(refused(&self.database))?;
                open().await
            }
            other => other,
        };
        let register = register.map_err(refused(&self.database))?;
        if !self.after_a_pause {
            register.refuse_leap().await.map_err(refused(&self.database))?;
        }
        let known = register.offices().await.map_err(refused(&self.database))?;
        let wards = city.offices().map(|entry| OfficeId::parse(&entry.id).map_err(refused(&entry.id)));
        for office in std::iter::once(Ok(city.id.clone())).chain(wards) {
            let office = office?;
            if !known.contains(&office) {
                register.enrol(&office).await.map_err(refused(office.as_str()))?;
            }
        }
        if let (true, Some(people)) = (new, people) {
            let sample = PersonId::parse("sample").map_err(refused("people"))?;
            let filled = Accounts::of(&register, &city.id).fill(&people.accounts(), &sample).await;
            filled.map_err(refused("people"))?;
            self.place(&register, city, people, &sample).await?;
        }
        Ok(register)
    }
}

/// Everything that stands in an office of the city, for a command.
pub struct Office {
    hall: Hall,
    keys: PathBuf,
}

impl std::ops::Deref for Office {
    type Target = Hall;

    fn deref(&self) -> &Hall {
        &self.hall
    }
}

impl Office {
    /// Opens everything. A register that is made gets the sample's people.
    pub async fn open(database: &Database) -> Result<Self, Lines> {
        Self::with(database, true).await
    }

    /// The same; a register that is made has nobody yet.
    pub async fn open_empty(database: &Database) -> Result<Self, Lines> {
        Self::with(database, false).await
    }

    async fn with(database: &Database, filled: bool) -> Result<Self, Lines> {
        let (city, people) = (City::sample()?, People::sample().map_err(refused("people"))?);
        let register = database.open(&city, filled.then_some(&people)).await?;
        for entry in city.offices() {
            let id = OfficeId::parse(&entry.id).map_err(refused(&entry.id))?;
            city.refresh(&register, &id).await.map_err(refused(&entry.id))?;
        }
        let people = people.load(&Accounts::of(&register, &city.id)).await.map_err(refused("people"))?;
        let log = Log::new(LOG, register.ring().checkpoint().map_err(refused("checkpoint.key"))?);
        let settings = Settings::sample(&Procedures::embedded().map_err(refused("flows"))?);
        let hall = Hall {
            register: register.signing(log.clone()),
            log,
            press: Press::embedded()?,
            city,
            people,
            flows: Flows::embedded().map_err(refused("flows"))?,
            settings: settings.map_err(refused("settings"))?,
            retention: Retention::sample().map_err(refused("retention"))?,
            key: mark_key(&database.keys())?,
            host: HOST.to_owned(),
        };
        let office = Self { hall, keys: database.keys() };
        let voided = office.sweep().await.map_err(refused("sweep"))?;
        if voided > 0 {
            complain!("{voided} numbers without an end were voided");
        }
        Ok(office)
    }

    /// Folder of the keys.
    pub fn keys(&self) -> &Path {
        &self.keys
    }

    /// The office, to be held by a server.
    pub fn into_hall(self) -> Hall {
        self.hall
    }

    /// What is told when somebody at work is refused: of a document, every refusal by its words.
    pub fn refused_clerk(&self, place: &str) -> impl FnOnce(ClerkError) -> Lines {
        move |error| {
            let Some((kind, refusals)) = error.refusals() else { return refused(place)(error) };
            // A request has no words of its own.
            let words = match kind {
                Some(kind) => self.press.words(kind).map_err(Lines::from),
                None => super::sentences().map(Into::into).map_err(Lines::from),
            };
            words.map_or_else(|told| told, |words| super::told(refusals, &words))
        }
    }

    /// One office of the register; without an id, all.
    pub async fn offices(&self, id: Option<&str>) -> Result<Vec<OfficeId>, Lines> {
        match id {
            Some(id) => Ok(vec![OfficeId::parse(id).map_err(refused(id))?]),
            None => self.register.offices().await.map_err(refused("register")),
        }
    }

    /// By whom an office's checkpoints are signed.
    pub fn signer(&self, office: &OfficeId) -> Result<Signer, Lines> {
        self.log.signer(office).map_err(refused(office.as_str()))
    }
}

/// The key of the QR: made when first needed, kept in a folder that only its owner reads.
fn mark_key(folder: &Path) -> Result<MarkKey, Lines> {
    use std::io::Write as _;
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    let file = folder.join("mark.key");
    if let Ok(bytes) = std::fs::read(&file) {
        return MarkKey::from_bytes(&bytes).map_err(|error| super::Trouble::Read.at(file.display(), error));
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut bytes = [0; 32];
    let key = loop {
        getrandom::fill(&mut bytes).map_err(|error| super::Trouble::Program.at("shomei", error))?;
        // All but about one in 2^32 draws are a key of the curve.
        if let Ok(key) = MarkKey::from_bytes(&bytes) {
            break key;
        }
    };
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?.write_all(&bytes)?;
    Ok(key)
}
