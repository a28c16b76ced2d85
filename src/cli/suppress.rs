//! `shomei suppress`: 抑止. Three rights: to set, to lift, to lift for a while. Whoever changes one names
//! the version that they saw, so that an old list changes nothing.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shomei::document::names::{Field, Name};
use shomei::domain::calendar::Day;
use shomei::office::records::Version;
use shomei::office::suppression::{AsSeen, Basis, Level, Suppression, Suppressions, Target, Work};

use super::case::because;
use super::office::{AtWork, refused, wait};
use super::{Lines, Trouble, end};

/// Arguments of `shomei suppress`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    at: AtWork,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List suppressions with their versions, all or of one person.
    List {
        /// 宛名番号.
        #[arg(long)]
        atena_bango: Option<String>,
    },
    /// 設定.
    Set(Box<Setting>),
    /// 解除 for good: of all that are named, or of none if one was changed since it was seen.
    Lift {
        /// ID:VERSION, as `list` has it.
        #[arg(required = true)]
        seen: Vec<String>,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// 一時解除, which returns by itself.
    LiftFor {
        /// ID:VERSION, as `list` has it.
        seen: String,
        /// For how many minutes; at most 60.
        #[arg(long, default_value_t = 15)]
        minutes: u16,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Args)]
struct Setting {
    /// 宛名番号 of the person.
    #[arg(long)]
    atena_bango: String,
    /// 世帯番号, where the whole household is meant.
    #[arg(long)]
    setai_bango: Option<String>,
    /// A name of the person, for documents on which no number stands.
    #[arg(long, required = true)]
    shimei: Vec<String>,
    /// What is suppressed: ido, hakko, shokai.
    #[arg(long, default_values_t = ["ido".to_owned(), "hakko".to_owned(), "shokai".to_owned()])]
    work: Vec<String>,
    /// error or alert.
    #[arg(long, default_value = "error")]
    level: String,
    /// shien, kari-shien, awasete-shien, honnin, shokken.
    #[arg(long)]
    basis: String,
    /// First day; today if not given.
    #[arg(long)]
    from: Option<String>,
    /// The day on which somebody must look at it again.
    #[arg(long)]
    review: Option<String>,
    /// Why.
    #[arg(long)]
    reason: String,
}

impl Setting {
    fn suppression(&self, today: Day) -> Result<Suppression, Lines> {
        let day = |text: &String| text.parse::<Day>().map_err(|error| Trouble::Usage.at("--from --review", error));
        Ok(Suppression {
            target: Target {
                atena_bango: self.atena_bango.clone(),
                setai_bango: self.setai_bango.clone(),
                shimei: self.shimei.iter().cloned().collect(),
            }
            .searched(),
            works: self.work.iter().map(|word| choice::<Work>("--work", word)).collect::<Result<_, _>>()?,
            level: choice::<Level>("--level", &self.level)?,
            basis: choice::<Basis>("--basis", &self.basis)?,
            from: self.from.as_ref().map(day).transpose()?.unwrap_or(today),
            review: self.review.as_ref().map(day).transpose()?,
            lifted: false,
            temporarily: None,
        })
    }
}

/// A member of a closed choice by its word.
fn choice<T: DeserializeOwned>(option: &str, word: &str) -> Result<T, Lines> {
    serde_json::from_value(word.into()).map_err(|error| Trouble::Usage.at(option, error))
}

/// ID:VERSION.
pub fn seen(text: &str) -> Result<AsSeen, Lines> {
    let parts = text.split_once(':').and_then(|(id, version)| Some((id, version.parse().ok()?)));
    let (id, version) = parts.ok_or_else(|| Trouble::Usage.at(text, "it is not ID:VERSION"))?;
    Ok(AsSeen { id: id.to_owned(), version })
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let office = arguments.at.open().await?;
    let person = arguments.at.person(&office)?;
    let suppressions = Suppressions::of(&office.register, &office.city.id, person.officer());
    let place = "suppress";
    match &arguments.action {
        Action::List { atena_bango } => {
            let of = atena_bango.as_ref().map(|text| Name::new(Field::AtenaBango, text));
            let known = suppressions.list(of.as_ref()).await.map_err(refused(place))?;
            known.iter().try_for_each(tell)
        }
        Action::Set(setting) => {
            let today = office.register.now().await.map_err(refused("register"))?.day();
            let suppression = setting.suppression(today)?;
            let id = suppressions.set(&suppression, because(&setting.reason)?).await.map_err(refused(place))?;
            say!("{id}:1");
            Ok(())
        }
        Action::Lift { seen: named, reason } => {
            let named = named.iter().map(|text| seen(text)).collect::<Result<Vec<_>, _>>()?;
            suppressions.lift(&named, because(reason)?).await.map_err(refused(place))
        }
        Action::LiftFor { seen: named, minutes, reason } => {
            suppressions.lift_for(&seen(named)?, *minutes, because(reason)?).await.map_err(refused(place))
        }
    }
}

/// The word by which a member of a closed choice is named.
pub fn word(choice: &impl Serialize) -> Result<String, Lines> {
    let named = serde_json::to_value(choice).map_err(|error| Trouble::Program.at("shomei", error))?;
    Ok(named.as_str().unwrap_or_default().to_owned())
}

/// Says a suppression: id and version, what, how, why, since when, to be looked at when.
pub fn tell(known: &Version<Suppression>) -> Result<(), Lines> {
    let Suppression { works, level, basis, from, review, .. } = &known.state;
    let works = works.iter().map(word).collect::<Result<Vec<_>, _>>()?.join(" ");
    let review = review.map(|day| day.to_string()).unwrap_or_default();
    say!("{}:{}\t{works}\t{}\t{}\t{from}\t{review}", known.id, known.version, word(level)?, word(basis)?);
    Ok(())
}
