//! `shomei flows`: the procedures, as a table, as data and as a picture.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use shomei::document::words::Words;
use shomei::procedure::{Paper, Procedure, Procedures, Step, diagram};

use super::{Lines, end, write_output};

/// What the tables and pictures say.
const WORDS: &str = include_str!("../../templates/words/flows.toml");

/// Arguments of `shomei flows`.
#[derive(Args)]
pub struct Arguments {
    /// One procedure, by its id; without it, all.
    id: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// As swim lanes, in SVG.
    #[arg(long, requires = "id", conflicts_with = "json")]
    diagram: bool,
    /// File for the picture; without it, standard output.
    #[arg(short, long, requires = "diagram")]
    output: Option<PathBuf>,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(tell(arguments))
}

fn tell(arguments: &Arguments) -> Result<(), Lines> {
    let procedures = Procedures::embedded()?;
    let words = Words::read([("flows.toml", WORDS)])?;
    let Some(id) = &arguments.id else {
        if arguments.json {
            say!("{}", Value::Array(procedures.all().iter().map(as_json).collect()));
        } else {
            procedures.all().iter().for_each(|procedure| say!("{}", row(procedure, &words)));
        }
        return Ok(());
    };
    let unknown = || Lines(vec![format!("no procedure {id}; `shomei flows` lists them")]);
    let procedure = procedures.get(id).ok_or_else(unknown)?;
    if arguments.json {
        say!("{}", Value::Array(vec![as_json(procedure)]));
    } else if arguments.diagram {
        return picture(arguments, &diagram::draw(procedure, &words));
    } else {
        say!("{}\n", row(procedure, &words));
        procedure.steps.iter().for_each(|step| say!("{}", step_row(step, &words)));
    }
    Ok(())
}

fn picture(arguments: &Arguments, svg: &str) -> Result<(), Lines> {
    match &arguments.output {
        Some(path) => write_output(path, svg.as_bytes()),
        None => {
            say!("{}", svg.trim_end());
            Ok(())
        }
    }
}

/// A value's word in data: `approve-input`.
fn id_of(value: impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn row(procedure: &Procedure, words: &Words) -> String {
    let gates: Vec<String> = procedure
        .gates
        .iter()
        .map(|gate| {
            let step = gate.step.as_ref().and_then(|key| procedure.step(key));
            let number = step.and_then(|step| step.number.as_deref()).unwrap_or_default();
            format!("{number}{}", words.get(&format!("flows.gate.{}", id_of(gate.kind))))
        })
        .collect();
    let steps = procedure.steps.len();
    format!("{:2} {:30} {steps:2}  {}  [{}]", procedure.number, procedure.id, procedure.title, gates.join(" "))
}

fn step_row(step: &Step, words: &Words) -> String {
    let role = words.get(&format!("flows.role.{}", id_of(step.performer.role)));
    let place = words.get(&format!("flows.place.{}", id_of(step.place)));
    let condition = step.condition.as_ref().filter(|condition| !condition.text.is_empty());
    let condition = condition.map(|condition| words.fill("flows.condition", &[("text", &condition.text)]));
    let next_day = if step.next_day { words.get("flows.next-day") } else { "" };
    format!(
        "{:4} {} {}  {role} {place} {next_day}{}",
        step.key.as_str(),
        step.number.as_deref().unwrap_or("○"),
        step.action,
        condition.unwrap_or_default(),
    )
    .trim_end()
    .to_owned()
}

fn as_json(procedure: &Procedure) -> Value {
    json!({
        "id": procedure.id,
        "number": procedure.number,
        "title": procedure.title,
        "family": procedure.family,
        "steps": procedure.steps.iter().map(step_json).collect::<Vec<_>>(),
        "gate": procedure.gates,
        "seal": procedure.seals,
        "fee": procedure.fee,
    })
}

fn step_json(step: &Step) -> Value {
    let names = |papers: &[Paper]| papers.iter().map(|paper| paper.name.clone()).collect::<Vec<_>>();
    json!({
        "key": step.key,
        "number": step.number,
        "action": step.action,
        "actor": step.performer.role,
        "place": step.place,
        "documents_in": names(&step.documents_in),
        "documents_out": names(&step.documents_out),
        "generates": step.generates,
        "condition": step.condition,
        "next_day": step.next_day,
        "branch": step.branch,
    })
}
