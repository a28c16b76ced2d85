//! 発行者: the office whose head certifies, and who that is on a given day.

use super::calendar::Day;
use super::number::DantaiCode;

/// An office that issues: a ward of a designated city, or a bureau of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Office {
    /// 全国地方公共団体コード of the ward or city.
    pub code: DantaiCode,
    /// 都道府県, 市 and 区 as the number line names them, without the prefecture (見本市北区).
    pub name: String,
    /// Who signs from which day on; periods do not overlap.
    pub signatories: Vec<Signatory>,
}

/// 証明者: who certifies during a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Signatory {
    /// First day.
    pub from: Day,
    /// Last day, or none while it lasts.
    pub until: Option<Day>,
    /// 職名 with the prefecture (見本県見本市北区長): it is never left out.
    pub title: String,
    /// 職務代理者: the title of the one who acts in the head's place; the head's title becomes the line
    /// above.
    pub deputy: Option<String>,
    /// 氏名.
    pub name: String,
    /// Id of the seal that this signatory uses.
    pub seal: String,
}

/// The signatory of an office on a day could not be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatoryError {
    /// Nobody.
    #[error("finding the signatory of {office} on {day}: nobody is registered for that day")]
    Nobody {
        /// The office.
        office: String,
        /// The day.
        day: Day,
    },
    /// More than one.
    #[error("finding the signatory of {office} on {day}: more than one is registered for that day")]
    Several {
        /// The office.
        office: String,
        /// The day.
        day: Day,
    },
}

impl Office {
    /// The one signatory of a day.
    pub fn signatory(&self, day: Day) -> Result<&Signatory, SignatoryError> {
        let mut of_day = self.signatories.iter().filter(|s| s.from <= day && s.until.is_none_or(|until| day <= until));
        let first = of_day.next().ok_or_else(|| SignatoryError::Nobody { office: self.name.clone(), day })?;
        match of_day.next() {
            None => Ok(first),
            Some(_) => Err(SignatoryError::Several { office: self.name.clone(), day }),
        }
    }
}
