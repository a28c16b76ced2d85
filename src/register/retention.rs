//! 保存期間: when a case's content must go, and how. What goes is its key; every row stays, and the
//! chain over them.

use std::collections::BTreeSet;

use chrono::{Datelike as _, Months, NaiveDate};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::id::{CaseId, OfficeId};
use super::rows::day;
use super::store::{Value, one};
use super::table::Of;
use super::write::{Ask, Event, Writing};
use super::{Register, RegisterError};
use crate::domain::calendar::Day;

/// The table that comes with the program.
const TABLE: &str = include_str!("retention.toml");

/// From when the years run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Starts {
    CaseEnd,
    FiscalYear,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    class: String,
    from: String,
    years: u32,
    starts: Starts,
}

/// 類: the procedures whose cases are kept equally long.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    id: String,
    procedures: Vec<String>,
}

/// How long classes of cases are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    #[serde(rename = "class")]
    classes: Vec<Class>,
    #[serde(rename = "rule")]
    rules: Vec<Rule>,
}

/// Days on which cases of a class must have ended to be due.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Due {
    class: String,
    from: NaiveDate,
    until: NaiveDate,
}

fn fault(message: impl Into<String>) -> RegisterError {
    RegisterError::Retention { message: message.into() }
}

impl Retention {
    /// Reads a table (`retention.toml` says how).
    pub fn parse(text: &str) -> Result<Self, RegisterError> {
        let table: Self = toml::from_str(text).map_err(|error| fault(error.to_string()))?;
        for rule in &table.rules {
            day(&rule.from).map_err(|_| fault(format!("{} is not a day", rule.from)))?;
        }
        let mut seen = BTreeSet::new();
        for class in &table.classes {
            if !table.knows(&class.id) {
                return Err(fault(format!("{} has no rule", class.id)));
            }
            if let Some(twice) = class.procedures.iter().find(|procedure| !seen.insert(procedure.as_str())) {
                return Err(fault(format!("{twice} is in two classes")));
            }
        }
        Ok(table)
    }

    /// The class of a procedure's cases.
    pub fn class_of(&self, procedure: &str) -> Result<&str, RegisterError> {
        let class = self.classes.iter().find(|class| class.procedures.iter().any(|known| known == procedure));
        class.map(|class| class.id.as_str()).ok_or_else(|| fault(format!("{procedure} is in no class")))
    }

    /// The table that comes with the program.
    pub fn sample() -> Result<Self, RegisterError> {
        Self::parse(TABLE)
    }

    /// Whether a class has a rule.
    pub fn knows(&self, class: &str) -> bool {
        self.rules.iter().any(|rule| rule.class == class)
    }

    /// For each rule the days of end that are due today.
    fn due(&self, today: Day) -> Result<Vec<Due>, RegisterError> {
        let day = |text: &str| day(text).map(Day::to_naive);
        let mut due = Vec::new();
        for rule in &self.rules {
            let from = day(&rule.from)?;
            let mut later = Vec::new();
            for other in self.rules.iter().filter(|other| other.class == rule.class) {
                later.extend(Some(day(&other.from)?).filter(|other| *other > from).and_then(|other| other.pred_opt()));
            }
            let last =
                rule.last_end(today.to_naive()).ok_or_else(|| fault(format!("{} years are too many", rule.years)))?;
            let until = later.into_iter().min().map_or(last, |before| before.min(last));
            due.push(Due { class: rule.class.clone(), from, until });
        }
        Ok(due)
    }
}

impl Rule {
    /// The last day of end whose period is over today.
    fn last_end(&self, today: NaiveDate) -> Option<NaiveDate> {
        match self.starts {
            // Kept for whole years, the last day of which is the one before the anniversary.
            Starts::CaseEnd => today.checked_sub_months(Months::new(self.years.checked_mul(12)?)),
            Starts::FiscalYear => {
                let year = if today.month() < 4 { today.year() - 1 } else { today.year() };
                NaiveDate::from_ymd_opt(year.checked_sub(i32::try_from(self.years).ok()?)?, 3, 31)
            }
        }
    }
}

impl Register {
    /// Cases of an office whose retention period is over, oldest end first in each class.
    ///
    /// # Errors
    /// [`RegisterError::Retention`] where the table has a day or a number of years that is none.
    pub async fn due(&self, office: &OfficeId, retention: &Retention) -> Result<Vec<CaseId>, RegisterError> {
        const DUE: &str = include_str!("../../sql/due.sql");
        let mut cases = Vec::new();
        for Due { class, from, until } in retention.due(self.now().await?.day())? {
            let values = vec![office.as_str().into(), class.into(), from.to_string().into(), until.to_string().into()];
            cases.extend(self.find_all(DUE, values, |mut row| Ok(CaseId::parse(&row.text()?)?)).await?);
        }
        Ok(cases)
    }

    /// 廃棄: destroys the keys of cases that are due and what they were found by, as an event that
    /// names the cases and two people. Copies of the register hold the wrapped keys until they are
    /// written anew, a PostgreSQL server's files until its next VACUUM.
    ///
    /// # Errors
    /// [`RegisterError::SamePerson`], [`RegisterError::NotDue`]; nothing was destroyed then.
    pub async fn destroy(
        &self,
        office: &OfficeId,
        cases: &[CaseId],
        people: [&str; 2],
        retention: &Retention,
    ) -> Result<(), RegisterError> {
        if people[0] == people[1] {
            return Err(RegisterError::SamePerson);
        }
        let due = self.due(office, retention).await?;
        if let Some(case) = cases.iter().find(|case| !due.contains(case)) {
            return Err(RegisterError::NotDue { case: case.to_string() });
        }
        let ask = Ask::office(office);
        let mut writing = Writing::begin(self, &ask).await?;
        let named: Vec<String> = cases.iter().map(CaseId::to_string).collect();
        let body = serde_json::json!({ "cases": named, "people": people }).to_string();
        let body = Zeroizing::new(body.into_bytes());
        writing.add(vec![Event { kind: super::DESTROYED.to_owned(), v: 1, body }], 0).await?;
        for case in named {
            writing.destroy(office, case).await?;
        }
        writing.commit().await?;
        self.store.scrub().await
    }
}

impl Writing<'_> {
    async fn destroy(&mut self, office: &OfficeId, case: String) -> Result<(), RegisterError> {
        const KEY: &str = include_str!("../../sql/case_key.sql");
        const TERMS: &str = include_str!("../../sql/search_keys_of_case.sql");
        let key: Vec<Value> = vec![office.as_str().into(), case.as_str().into()];
        let ring_key = one(self.transaction(), KEY, key.clone()).await?.text()?;
        let today = self.now.day().to_string();
        let row = [key.clone(), vec![ring_key.into(), Value::Bytes(None), today.into()]].concat();
        self.put(Of::case_keys, row).await?;
        for mut term in self.transaction().rows(TERMS, key).await? {
            let (field, hash) = (term.text()?, term.bytes()?);
            let key = vec![office.as_str().into(), field.into(), hash.into(), case.as_str().into()];
            self.remove(Of::search_keys, key).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last_end(years: u32, starts: Starts, today: &str) -> String {
        let rule = Rule { class: "c".to_owned(), from: "2000-01-01".to_owned(), years, starts };
        rule.last_end(today.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn periods_end_on_their_day() {
        for (years, starts, today, expected) in [
            (5, Starts::CaseEnd, "2031-01-15", "2026-01-15"),
            (1, Starts::CaseEnd, "2029-02-28", "2028-02-28"),
            // Ended in 令和7年度 (until 2026-03-31): three years from 2026-04-01, over on 2029-04-01.
            (3, Starts::FiscalYear, "2029-03-31", "2025-03-31"),
            (3, Starts::FiscalYear, "2029-04-01", "2026-03-31"),
            (3, Starts::FiscalYear, "2030-01-01", "2026-03-31"),
        ] {
            assert_eq!(last_end(years, starts, today), expected, "{years} {starts:?} {today}");
        }
    }

    #[test]
    fn a_later_rule_holds_from_its_day() {
        let rule = |from: &str, years: u32| {
            format!("[[rule]]\nclass = \"c\"\nfrom = \"{from}\"\nyears = {years}\nstarts = \"case-end\"\n")
        };
        let class = "[[class]]\nid = \"c\"\nprocedures = [\"p\"]\n".to_owned();
        let table = Retention::parse(&(class.clone() + &rule("2000-01-01", 1) + &rule("2020-04-01", 10))).unwrap();
        let due = table.due(Day::from_ymd(2026, 1, 15).unwrap()).unwrap();
        let days: Vec<_> = due.iter().map(|due| (due.from.to_string(), due.until.to_string())).collect();
        // The second rule's period is nowhere over: its last day is before its first.
        assert_eq!(days, [("2000-01-01".into(), "2020-03-31".into()), ("2020-04-01".into(), "2016-01-15".into())]);
        assert!(Retention::parse(&(class.clone() + &rule("2020-04-31", 1))).is_err());
        assert!(Retention::parse(&(class.clone() + &class + &rule("2000-01-01", 1))).is_err(), "in two classes");
        assert!(Retention::parse(&(class + &rule("2000-01-01", 1).replace("\"c\"", "\"d\""))).is_err(), "no rule");
    }

    #[test]
    fn every_procedure_is_in_one_class() {
        let table = Retention::sample().unwrap();
        let procedures = crate::procedure::Procedures::embedded().unwrap();
        for procedure in procedures.all() {
            assert!(table.class_of(&procedure.id).is_ok(), "{}", procedure.id);
        }
        let named = table.classes.iter().map(|class| class.procedures.len()).sum::<usize>();
        assert_eq!(named, procedures.all().len(), "a class names a procedure that is none");
    }
}
