//! The era and the day on paper are the register's, whatever the machine believes.

use shomei::domain::calendar::Day;
use shomei::register::{Register, clock};

use crate::office::{CLOCK, Place, text_of};
use crate::register::fixture::{Database, Fixture};

/// Zones and languages of machines that nobody set up for Japan: each other than the last in day, digits, calendar,
/// or in how letters become capitals.
const MACHINES: [(&str, &str); 4] = [
    ("America/Los_Angeles", "tr_TR.UTF-8"),
    ("Pacific/Kiritimati", "ar_SA.UTF-8"),
    ("Nowhere/Else", "th_TH"),
    ("", "xx"),
];

fn set_up(place: &mut Place, (zone, language): (&str, &str), clock: Option<&str>) {
    place.machine = ["LC_ALL", "LANG", "LC_TIME"].map(|name| (name, language.to_owned())).to_vec();
    place.machine.push(("TZ", zone.to_owned()));
    place.machine.extend(clock.map(|clock| (CLOCK, clock.to_owned())));
}

/// A day as paper has it.
fn on_paper(day: Day) -> String {
    let [year, month, day_of_month] =
        day.to_string().split('-').map(|part| part.parse::<u32>().unwrap()).collect::<Vec<_>>()[..]
    else {
        panic!("{day}");
    };
    format!("令和{}年{month}月{day_of_month}日", year - 2018)
}

fn paper_says(place: &Place, day: &str) {
    let digits = |text: &str| shomei::domain::text::search_form(text);
    let text = digits(&text_of(&place.at("sealed.pdf")));
    assert!(text.contains(&digits(day)), "{day} does not stand on the paper");
}

/// 2026-01-14 16:30 UTC: in Japan it is the 15th, and where the machine says that it is, the 14th or the 15th.
#[test]
fn the_day_on_paper_is_that_of_japan_whatever_zone_and_language_the_machine_has() {
    for machine in MACHINES {
        let mut place = Place::new();
        // As seconds since 1970, which no zone changes.
        set_up(&mut place, machine, Some("@1768408200"));
        place.machine.push(("FAKETIME_FMT", "%s".to_owned()));
        let case = place.approved();
        place.done(&format!("case issue {case} 1 -o sealed.pdf --as kita-shonin"));
        paper_says(&place, "令和8年1月15日");
    }
}

/// On a file the machine's clock is the only one: what was recorded is what it is held against.
#[test]
fn a_clock_that_was_set_back_or_far_forward_issues_nothing_and_the_right_one_does() {
    let mut place = Place::new();
    let case = place.approved();
    let issue = format!("case issue {case} 1 -o sealed.pdf --as kita-shonin");
    for (clock, code) in
        [("-38y", "clock-drift"), ("-1d", "clock-drift"), ("-1m", "clock-drift"), ("+10y", "clock-leap")]
    {
        set_up(&mut place, MACHINES[0], Some(clock));
        assert!(place.refused(&issue).contains(code), "{clock}");
        assert!(!place.at("sealed.pdf").exists(), "{clock}");
    }
    set_up(&mut place, MACHINES[0], None);
    let told = place.done(&issue);
    assert!(told.contains("000001"), "a number was spent: {told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_server_the_day_is_the_servers_and_a_machine_with_another_clock_issues_nothing() {
    let fixture = Fixture::empty(Database::Postgres).await;
    let mut place = Place::new();
    place.more = vec!["--database".to_owned(), fixture.owner.clone()];
    set_up(&mut place, MACHINES[1], None);
    let case = tokio::task::block_in_place(|| place.approved());
    let issue = format!("case issue {case} 1 -o sealed.pdf --as kita-shonin");
    for clock in ["-38y", "-1d", "-10", "+10", "+1d", "+10y"] {
        set_up(&mut place, MACHINES[0], Some(clock));
        let told = tokio::task::block_in_place(|| place.refused(&issue));
        assert!(told.contains("clock-drift"), "{clock}: {told}");
        assert!(!place.at("sealed.pdf").exists(), "{clock}");
    }
    set_up(&mut place, MACHINES[0], None);
    let register =
        Register::open(&fixture.owner, &place.at("shomei.keys"), shomei::PROGRAM, clock::system()).await.unwrap();
    let day = register.now().await.unwrap().day();
    let told = tokio::task::block_in_place(|| place.done(&issue));
    assert!(told.contains("000001"), "a number was spent: {told}");
    paper_says(&place, &on_paper(day));
}
