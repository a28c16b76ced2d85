//! `shomei subject`: 照会. People are found by whole names, numbers, days and addresses: what is searched for
//! stands in the register only as keyed hashes. 個人番号 is never searched and never shown.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use shomei::document::names::{Field, Name};
use shomei::office::lookup::{Found, Lookup};

use super::office::{AtWork, refused, wait};
use super::{Lines, Trouble, end, suppress};

/// Arguments of `shomei subject`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    at: AtWork,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List those who are found by all that is given: kind, 宛名番号, 履歴番号, status; what is suppressed
    /// of them, to whoever may know.
    Find(Wanted),
    /// Show what is held of a kind of somebody, as JSON.
    Show {
        /// `jumin`, or the kind whose content it is.
        kind: String,
        /// 宛名番号.
        atena_bango: String,
    },
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Wanted {
    /// 氏名・名称, whole: with or without spaces, variants of a character as one.
    #[arg(long)]
    shimei: Option<String>,
    /// 氏 alone.
    #[arg(long)]
    shi: Option<String>,
    /// 氏名の振り仮名, whole.
    #[arg(long)]
    furigana: Option<String>,
    /// 氏の振り仮名 alone.
    #[arg(long)]
    furigana_shi: Option<String>,
    /// 生年月日, in either calendar.
    #[arg(long)]
    seinengappi: Option<String>,
    /// 住所 without 方書.
    #[arg(long)]
    jusho: Option<String>,
    /// 住所 up to the 町.
    #[arg(long)]
    cho: Option<String>,
    /// 宛名番号.
    #[arg(long)]
    atena_bango: Option<String>,
    /// 世帯番号.
    #[arg(long)]
    setai_bango: Option<String>,
}

impl Wanted {
    fn of(&self, field: Field) -> Option<&String> {
        let given = match field {
            Field::AtenaBango => &self.atena_bango,
            Field::SetaiBango => &self.setai_bango,
            Field::Jusho => &self.jusho,
            Field::Shimei => &self.shimei,
            Field::Furigana => &self.furigana,
            Field::Seinengappi => &self.seinengappi,
            Field::Shi => &self.shi,
            Field::FuriganaShi => &self.furigana_shi,
            Field::Cho => &self.cho,
        };
        given.as_ref()
    }

    fn names(&self) -> Vec<Name> {
        let names = Field::RAREST_FIRST.into_iter();
        names.filter_map(|field| Some(Name::new(field, self.of(field)?))).collect()
    }
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let office = arguments.at.open().await?;
    let person = arguments.at.person(&office)?;
    let lookup = Lookup::of(&office.register, &office.city.id, person.officer());
    match &arguments.action {
        Action::Find(wanted) => tell(&lookup.find(&wanted.names()).await.map_err(refused("register"))?),
        Action::Show { kind, atena_bango } => {
            let number = [Name::new(Field::AtenaBango, atena_bango)];
            let Found { people, .. } = lookup.find(&number).await.map_err(refused("register"))?;
            let seen = people.into_iter().find(|seen| seen.subject.kind == *kind);
            let seen = seen.ok_or_else(|| super::line(kind, "hand-to-city", "nothing is found"))?;
            let json = serde_json::to_string_pretty(&seen.subject).map_err(|error| Trouble::Write.at(kind, error))?;
            say!("{json}");
            Ok(())
        }
    }
}

fn tell(found: &Found) -> Result<(), Lines> {
    for seen in &found.people {
        let subject = &seen.subject;
        say!("{}\t{}\t{}\t{}", subject.kind, subject.atena_bango, subject.rireki_bango, subject.status);
        seen.suppressions.iter().try_for_each(suppress::tell)?;
    }
    if found.more {
        say!("…");
    }
    Ok(())
}
