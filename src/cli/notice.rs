//! `shomei notice`: 本人通知. Who asked to be told when a certificate about them goes to somebody else, and of which
//! copies they must be told.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use shomei::document::names::{Field, Name};
use shomei::domain::calendar::Day;
use shomei::office::notices::Notices;

use super::case::because;
use super::office::{AtWork, refused, wait};
use super::suppress::{seen, word};
use super::{Lines, Trouble, end};

/// Arguments of `shomei notice`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    at: AtWork,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// 事前登録: somebody asks to be told.
    Register {
        /// 宛名番号.
        #[arg(long)]
        atena_bango: String,
        /// First day; today if not given.
        #[arg(long)]
        from: Option<String>,
    },
    /// Who asked to be told.
    Wishes {
        /// 宛名番号 of one person.
        #[arg(long)]
        atena_bango: Option<String>,
    },
    /// 登録の廃止.
    End {
        /// ID:VERSION, as `wishes` has it.
        seen: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// What somebody of whom the office issued a copy has still to be told.
    Due,
    /// They were told today.
    Told {
        /// ID:VERSION, as `due` has it.
        seen: String,
    },
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let office = arguments.at.open().await?;
    let person = arguments.at.person(&office)?;
    let notices = Notices::of(&office.register, &office.city.id, person.officer());
    let today = office.register.now().await.map_err(refused("register"))?.day();
    let place = "notice";
    match &arguments.action {
        Action::Register { atena_bango, from } => {
            let day = |text: &String| text.parse::<Day>().map_err(|error| Trouble::Usage.at("--from", error));
            let from = from.as_ref().map(day).transpose()?.unwrap_or(today);
            say!("{}:1", notices.register(atena_bango, from).await.map_err(refused(place))?);
        }
        Action::Wishes { atena_bango } => {
            let of = atena_bango.as_ref().map(|text| Name::new(Field::AtenaBango, text));
            for wish in notices.wishes(of.as_ref()).await.map_err(refused(place))? {
                let over = if wish.state.ended { "✗" } else { "✓" };
                say!("{}:{}\t{}\t{}\t{over}", wish.id, wish.version, wish.state.atena_bango, wish.state.from);
            }
        }
        Action::End { seen: named, reason } => {
            notices.end(&seen(named)?, because(reason)?).await.map_err(refused(place))?;
        }
        Action::Due => {
            for notice in notices.due().await.map_err(refused(place))? {
                let (at, state) = (format!("{}:{}", notice.id, notice.version), &notice.state);
                let kubun = word(&state.kubun)?;
                say!("{at}\t{}\t{}\t{}\t{kubun}\t{}", state.atena_bango, state.issued, state.kind, state.number);
            }
        }
        Action::Told { seen: named } => {
            notices.told(&seen(named)?, today).await.map_err(refused(place))?;
        }
    }
    Ok(())
}
