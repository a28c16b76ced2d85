//! `shomei demo`: the main job on real input. Each of the 48 flows goes from its first step to its last by
//! its own people, on a real register, with the sealed certificates on the way; then a 見本 of every kind.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use shomei::case::actor::Actor;
use shomei::case::command::{Command, Work};
use shomei::case::event::{Attributes, Entry, Seen};
use shomei::case::handing::{self, Asked};
use shomei::case::id::{CaseId, OfficeId};
use shomei::case::running::Running;
use shomei::case::sheet::Sheet;
use shomei::case::{Case, Waiting};
use shomei::document::catalog::{KINDS, Kind};
use shomei::document::reception::Form;
use shomei::document::words::Words;
use shomei::domain::calendar::Day;
use shomei::issuing::casework::Loaded;
use shomei::issuing::clerk::{Content, Given, Over};
use shomei::issuing::issue::Order;
use shomei::issuing::people::Person;
use shomei::issuing::specimen::{specimen_day, specimen_of};
use shomei::office::right::Right;
use shomei::procedure::{Act, Procedure, Role, Step};
use shomei::register::audit::Scope;

use super::import::take_over;
use super::office::{Database, Office, refused, wait};
use super::{Lines, Trouble, end, render, told_of};

/// Arguments of `shomei demo`.
#[derive(Args)]
pub struct Arguments {
    /// Folder for everything that is printed.
    #[arg(long)]
    out: PathBuf,
    /// The register; a file in the folder if not given.
    #[arg(long)]
    database: Option<String>,
    /// Tell every step of every flow.
    #[arg(long)]
    all: bool,
}

/// The ward that receives the cases, and the one that makes what another ward must make.
const HERE: &str = "kita-ku";
const ELSEWHERE: &str = "minato-ku";
/// The flow whose steps are told one by one.
const TOLD: &str = "juminhyo-kofu";
/// What the demo says.
const WORDS: &str = include_str!("../../templates/words/demo.toml");

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(demo(arguments)))
}

async fn demo(arguments: &Arguments) -> Result<(), Lines> {
    let out = arguments.out.as_path();
    std::fs::create_dir_all(out).map_err(|error| Trouble::Write.at(out.display(), error))?;
    let mut database = Database::within(out);
    if let Some(url) = &arguments.database {
        database.database.clone_from(url);
    }
    let office = Office::open(&database).await?;
    let words = Words::read([("demo.toml", WORDS)])?;
    let demo = Demo { office: &office, out, words: &words, all: arguments.all };
    demo.take_over().await?;
    let mut elsewhere = BTreeSet::new();
    for flow in office.flows.all() {
        elsewhere.extend(demo.walk(flow).await?);
    }
    demo.close(&elsewhere).await?;
    demo.specimens()?;
    say!("\n{}", words.fill("end", &[("folder", &out.display().to_string()), ("database", &database.database)]));
    Ok(())
}

struct Demo<'a> {
    office: &'a Office,
    out: &'a Path,
    words: &'a Words,
    all: bool,
}

/// A case of the demo on its way, and what came of it.
struct Walk<'a> {
    flow: &'a Procedure,
    case: CaseId,
    number: String,
    steps: usize,
    people: BTreeSet<String>,
    sealed: Vec<PathBuf>,
    elsewhere: BTreeSet<String>,
    told: bool,
}

impl Demo<'_> {
    fn here(&self) -> Result<OfficeId, Lines> {
        OfficeId::parse(HERE).map_err(refused(HERE))
    }

    /// The sample city's residents, by who may take them over.
    async fn take_over(&self) -> Result<(), Lines> {
        let officer = self.office.people.all().find(|person| person.officer().with(Right::Import).is_ok());
        let officer = officer.ok_or_else(|| Trouble::Program.at("subjects", "nobody takes them over"))?;
        for name in ["subjects.jsonl", "changes/subjects.jsonl"] {
            let file = Samples::get(name).ok_or_else(|| Trouble::Program.at(name, "no sample"))?;
            take_over(self.office, officer, &*file.data, name).await?;
        }
        Ok(())
    }

    /// The step's own person: of another ward where the flow has it so.
    fn person(&self, step: &Step, roles: &[Role]) -> Result<&Person, Lines> {
        let at = if step.performer.elsewhere { ELSEWHERE } else { HERE };
        let office = OfficeId::parse(at).map_err(refused(at))?;
        let nobody = || Trouble::Program.at(step.key.as_str(), format!("nobody in {at} does it"));
        self.office.people.of(&office, roles).ok_or_else(nobody)
    }

    /// One flow from its first step to its last. Says which sheets the program does not print.
    async fn walk(&self, flow: &Procedure) -> Result<BTreeSet<String>, Lines> {
        let told = self.all || flow.id == TOLD;
        if told {
            say!("\n{} {}", flow.number, flow.title);
        }
        let opened = self.open(flow).await?;
        let case = opened.case.record().opening().case;
        let (people, sealed, elsewhere) = Default::default();
        let number = opened.row.number.clone();
        let mut walk = Walk { flow, case, number, steps: 0, people, sealed, elsewhere, told };
        let mut loaded = self.record(flow, opened).await?;
        let later = loop {
            loaded = self.issue_all(&mut walk, loaded).await?;
            let today = self.office.register.now().await.map_err(refused("register"))?.day();
            let waiting = loaded.case.waiting(&self.office.settings);
            let later = waiting.iter().filter_map(|waiting| waiting.from.filter(|from| today < *from)).min();
            loaded = match &loaded.case {
                Case::Running(running) if later.is_none() || waiting.iter().any(|w| is_due(w, today)) => {
                    self.step(&mut walk, running, today).await?
                }
                _ => break later,
            };
        };
        let line = self.words.fill(
            "flow",
            &[
                ("number", &flow.number.to_string()),
                ("title", &flow.title),
                ("case", &loaded.row.number),
                ("steps", &walk.steps.to_string()),
                ("people", &walk.people.len().to_string()),
            ],
        );
        let sealed: Vec<String> = walk.sealed.iter().map(|path| format!(" → {}", path.display())).collect();
        say!("{line}{}", sealed.concat());
        if let Some(day) = later {
            say!("  {}", self.words.fill("next-day", &[("day", &day.to_string())]));
        }
        Ok(walk.elsewhere)
    }

    /// 受付, by whoever does or sees the first step. Every attribute is one that brings steps with it.
    async fn open(&self, flow: &Procedure) -> Result<Loaded, Lines> {
        let last = |values: &Vec<String>| values.last().cloned().unwrap_or_default();
        let attributes: Attributes = flow.attributes.iter().map(|a| (a.id.clone(), last(&a.values))).collect();
        let here = self.here()?;
        let own = self.office.people.all().filter(|person| *person.actor.office() == here);
        let mut why = Trouble::Program.at(&flow.id, "nobody opens it");
        for person in own {
            match self.office.casework().open(&flow.id, attributes.clone(), &person.actor).await {
                Ok(opened) => return Ok(opened),
                Err(error) => why = refused(&flow.id)(error),
            }
        }
        Err(why)
    }

    /// 受付の記録, by whoever does the step that receives: the flow's own sample, or that of its form.
    async fn record(&self, flow: &Procedure, opened: Loaded) -> Result<Loaded, Lines> {
        let Some(rule) = &flow.reception else { return Ok(opened) };
        let form = match rule.form {
            Form::Seikyu => "seikyu",
            Form::Todoke => "todoke",
        };
        let own = [flow.id.as_str(), form].into_iter().find_map(|name| sample(&format!("receptions/{name}.json")));
        let request = own.ok_or_else(|| Trouble::Program.at(&flow.id, "no sample of a reception"))?;
        let waiting = opened.case.waiting(&self.office.settings).into_iter().next();
        let waiting = waiting.ok_or_else(|| Trouble::Program.at(&flow.id, "nobody receives"))?;
        let actor = &self.person(waiting.step, &waiting.roles)?.actor;
        let recorded = self.office.clerk(actor).record(&opened.row.number, &request).await;
        recorded.map_err(self.office.refused_clerk(&flow.id))
    }

    /// One step, with all that is made, seen or confirmed there.
    async fn step(&self, walk: &mut Walk<'_>, running: &Running, today: Day) -> Result<Loaded, Lines> {
        let casework = self.office.casework();
        let waiting = Case::Running(running.clone());
        let waiting = waiting.waiting(&self.office.settings).into_iter().find(|waiting| is_due(waiting, today));
        let waiting = waiting.ok_or_else(|| Trouble::Program.at(&walk.flow.id, "it stands still"))?;
        let person = self.person(waiting.step, &waiting.roles)?;
        let work = self.work(walk, running, waiting.step, today).await?;
        let entered = work.entries.len();
        let here = self.here()?;
        let asked = handing::asked(running, waiting.step, &self.office.settings, today);
        let after = match asked {
            None => casework
                .act(&here, walk.case, &Command::Do(work), &person.actor)
                .await
                .map_err(refused(&walk.flow.id))?,
            Some(asked) => self.hand_over(walk, work, &asked, &person.actor).await?,
        };
        walk.steps += 1;
        walk.people.insert(person.actor.person().to_string());
        let printed = self.copies(walk, &after, entered)?;
        if walk.told {
            self.tell(waiting.step, &person.name, &printed);
        }
        Ok(after)
    }

    /// 交付: all that is asked for is shown, and paid.
    async fn hand_over(&self, walk: &Walk<'_>, work: Work, asked: &Asked, actor: &Actor) -> Result<Loaded, Lines> {
        let wrong = || Trouble::Program.at(&walk.flow.id, "a number that is not of its form");
        let shown = asked.whole(&walk.number).ok_or_else(wrong)?;
        let terminal = self.office.terminal(&self.here()?, None).await?;
        let over = Over { step: work.step, shown, confirmed: work.confirmed };
        let clerk = self.office.clerk(actor);
        let after = clerk.hand_over(&walk.number, over, &terminal).await;
        let after = after.map_err(self.office.refused_clerk(&walk.flow.id))?;
        let settled = after.case.record().handed().last().and_then(|handed| handed.settlement.as_ref());
        if let Some(settlement) = settled.filter(|settlement| settlement.has_receipt()) {
            let receipt = clerk.receipt(&walk.number, &settlement.receipt.printed()).await;
            let receipt = receipt.map_err(self.office.refused_clerk(&walk.flow.id))?;
            std::fs::write(self.file(walk, "receipt.pdf")?, receipt)?;
        }
        Ok(after)
    }

    fn tell(&self, step: &Step, who: &str, printed: &[PathBuf]) {
        let number = step.number.as_deref().unwrap_or("○");
        let role = self.words.get(&format!("role.{}", step.performer.role.key()));
        let files: Vec<String> = printed.iter().map(|path| format!(" → {}", path.display())).collect();
        say!("  {number} {}（{role}）{who}{}", step.action, files.concat());
    }

    async fn work(&self, walk: &mut Walk<'_>, running: &Running, step: &Step, today: Day) -> Result<Work, Lines> {
        let mut work = Work::plain(step.key.clone());
        // Entered by the office whose case it is, whoever makes it.
        let own = self.office.people.of(&self.here()?, &[Role::ContractorInput]).map(|person| &person.actor);
        let own = own.ok_or_else(|| Trouble::Program.at(HERE, "nobody enters"))?;
        let made = running.made_at(step);
        // ⑤’: what came by FAX is what goes out.
        let fax = made.contains(&"fax-tensha");
        let enters = !matches!(step.act, Act::Approve | Act::Seal);
        for id in made {
            match Kind::by_id(id) {
                Some(kind) if enters && (!fax || id == "fax-tensha") => {
                    work.entries.push(self.sample_entry(running, own, kind, today).await?)
                }
                Some(_) => {}
                None if step.generates.iter().any(|generated| generated == id) => {
                    walk.elsewhere.insert(id.to_owned());
                    work.confirmed.push(id.to_owned());
                }
                None => {}
            }
        }
        for sheet in running.sealed_at(&step.key).filter(|sheet| sheet.entered().step != step.key) {
            let (clerk, entered) = (self.office.clerk(own), sheet.entered());
            let cover = clerk.document(&entered.entry).and_then(|document| clerk.cover(&document, today));
            let cover = cover.map_err(self.office.refused_clerk(&entered.entry.kind))?;
            work.seen.push(Seen { entry: entered.id, cover });
        }
        Ok(work)
    }

    /// Composed from what is held, or typed where that may be.
    async fn sample_entry(
        &self,
        running: &Running,
        actor: &Actor,
        kind: &'static Kind,
        today: Day,
    ) -> Result<Entry, Lines> {
        let flow = running.flow();
        let composed = flow.seals.iter().any(|rule| rule.document == kind.id && !rule.typed);
        // What changes what is held has a sample of its own in each flow, and so has what certifies the change.
        let own = sample(&format!("changes/{}.{}.json", flow.id, kind.id));
        let content = if composed {
            own.or_else(|| sample(&format!("requests/{}.json", kind.id))).map(Content::Request)
        } else {
            let usual = || sample_of(kind).and_then(|bytes| String::from_utf8(bytes).ok());
            own.or_else(usual).map(Content::Typed)
        };
        let content = content.ok_or_else(|| Trouble::Program.at(kind.id, "no sample"))?;
        let entry = self.office.clerk(actor).entry_in(flow, Given { kind, copies: 1, content }, today).await;
        entry.map_err(self.office.refused_clerk(kind.id))
    }

    /// The copies of what was just entered: for collation, or clean where they are never sealed.
    fn copies(&self, walk: &Walk<'_>, after: &Loaded, entered: usize) -> Result<Vec<PathBuf>, Lines> {
        let sheets = after.case.record().sheets();
        let own = self.office.people.of(&self.here()?, &[Role::ContractorInput]).map(|person| &person.actor);
        let own = own.ok_or_else(|| Trouble::Program.at(HERE, "nobody prints"))?;
        let new = sheets.iter().skip(sheets.len().saturating_sub(entered));
        new.map(|sheet: &Sheet| {
            let path = self.file(walk, &format!("{}.pdf", sheet.entered().entry.kind))?;
            let copy = self.office.clerk(own).copy(sheet).map_err(self.office.refused_clerk("demo"))?;
            std::fs::write(&path, copy)?;
            Ok(path)
        })
        .collect()
    }

    fn file(&self, walk: &Walk<'_>, name: &str) -> Result<PathBuf, Lines> {
        let folder = self.out.join(format!("{:02}-{}", walk.flow.number, walk.flow.id));
        std::fs::create_dir_all(&folder).map_err(|error| Trouble::Write.at(folder.display(), error))?;
        Ok(folder.join(name))
    }

    /// Every copy that was approved and is not out yet.
    async fn issue_all(&self, walk: &mut Walk<'_>, mut loaded: Loaded) -> Result<Loaded, Lines> {
        let here = self.here()?;
        let officers = [Role::CitySealKeeper, Role::CityApprover];
        while let Some(sheet) =
            loaded.case.record().sheets().iter().filter_map(Sheet::approved).find(|s| s.copies_left() > 0)
        {
            let kind = sheet.entered.entry.kind.clone();
            let officer = self.office.people.of(&here, &officers);
            let officer = officer.ok_or_else(|| Trouble::Program.at(HERE, "nobody issues"))?;
            let terminal = self.office.terminal(&here, None).await?;
            let order = Order {
                office: &here,
                case: walk.case,
                entry: sheet.entered.id,
                actor: &officer.actor,
                terminal: &terminal,
                once: None,
            };
            let released = self.office.counter().issue(order).await.map_err(refused(&walk.flow.id))?;
            let path = self.file(walk, &format!("{kind}-sealed.pdf"))?;
            std::fs::write(&path, &released.file)?;
            if walk.told {
                render::write_pictures(released.file, &format!("{kind}-sealed"), path.parent().unwrap_or(self.out))?;
                say!("  {}", self.words.fill("issued", &[("number", &released.number.text()), ("who", &officer.name)]));
            }
            walk.sealed.push(path);
            loaded = released.loaded;
        }
        Ok(loaded)
    }

    /// The day's end: what the program did not print, and whether the register is whole.
    async fn close(&self, elsewhere: &BTreeSet<String>) -> Result<(), Lines> {
        let names: Vec<&str> = elsewhere.iter().map(String::as_str).collect();
        say!("\n{}", self.words.fill("elsewhere", &[("count", &names.len().to_string()), ("names", &names.join(" "))]));
        for office in self.office.register.offices().await.map_err(refused("register"))? {
            let report = self.office.register.audit(&office, Scope::default()).await.map_err(refused("register"))?;
            if let Some(finding) = report.findings.first() {
                return Err(Trouble::Program.at(office.as_str(), format!("{finding:?}")));
            }
            let (size, office) = (report.size.to_string(), office.to_string());
            say!("{}", self.words.fill("audited", &[("office", &office), ("size", &size)]));
        }
        Ok(())
    }

    fn specimens(&self) -> Result<(), Lines> {
        let folder = self.out.join("specimens");
        std::fs::create_dir_all(&folder).map_err(|error| Trouble::Write.at(folder.display(), error))?;
        say!();
        let press = &self.office.press;
        for kind in KINDS {
            let words = press.words(kind)?;
            let sample = sample_of(kind).ok_or_else(|| Trouble::Program.at(kind.id, "no sample"))?;
            let parsed = kind.parse(&sample, &**press.typefaces()).as_of(specimen_day()?);
            let printed = specimen_of(press, parsed).map_err(|error| told_of(error, &words))?;
            let path = folder.join(format!("{}.pdf", kind.id));
            std::fs::write(&path, printed.pdf)?;
            say!(
                "{}",
                self.words.fill("specimen", &[("name", words.get("name")), ("file", &path.display().to_string())])
            );
        }
        Ok(())
    }
}

/// Whether what waits may be done on a day.
fn is_due(waiting: &Waiting<'_>, today: Day) -> bool {
    waiting.from.is_none_or(|from| from <= today)
}

/// The ordinary samples, inside the binary so that the demo needs no other file.
#[derive(rust_embed::RustEmbed)]
#[folder = "samples"]
#[include = "*.json"]
#[include = "requests/*.json"]
#[include = "receptions/*.json"]
#[include = "changes/*"]
#[include = "subjects.jsonl"]
#[exclude = "*-*/*"]
struct Samples;

fn sample(name: &str) -> Option<String> {
    Samples::get(name).and_then(|file| String::from_utf8(file.data.into_owned()).ok())
}

fn sample_of(kind: &Kind) -> Option<Vec<u8>> {
    Samples::get(&format!("{}.json", kind.id)).map(|file| file.data.into_owned())
}
