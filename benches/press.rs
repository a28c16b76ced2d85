//! How long the press takes: a sealed household of four, different each time; its parts; every kind.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use shomei::document::catalog::KINDS;
use shomei::issuing::bench::{Line, household, read};
use shomei::issuing::city::City;
use shomei::issuing::specimen::{specimen, specimen_day};
use shomei::press::mark::MarkKey;
use shomei::press::sheet::{Paper, Surround};
use shomei::press::{Press, compare, inspect, pdf};

fn sealed(criterion: &mut Criterion) {
    let press = Press::embedded().unwrap();
    let city = City::sample().unwrap();
    let key = MarkKey::from_bytes(&[7; 32]).unwrap();
    for (paper, name) in [(Paper::Plain, "sealed/with ground"), (Paper::Security, "sealed/security paper")] {
        let mut line = Line::new(&press, &city, &key, paper).unwrap();
        let mut number = 0;
        criterion.bench_function(name, |bencher| {
            bencher.iter_batched(
                || {
                    number += 1;
                    household(number).unwrap()
                },
                |household| black_box(line.issue(&household).unwrap()),
                BatchSize::SmallInput,
            );
        });
    }
}

fn parts(criterion: &mut Criterion) {
    let press = Press::embedded().unwrap();
    let city = City::sample().unwrap();
    let office = &city.office("kita-ku").unwrap().office;
    let day = specimen_day().unwrap();
    let signatory = office.signatory(day).unwrap();
    let surround =
        Surround { day, office: &office.name, signatory, number: None, paper: Paper::Plain, short_digest: "" };
    let mut number = 0;
    let mut next = || {
        number += 1;
        household(number).unwrap()
    };
    criterion.bench_function("parts/read and check", |bencher| {
        bencher.iter_batched(&mut next, |data| black_box(read(&data, &press).unwrap()), BatchSize::SmallInput);
    });
    let mut document = || read(&next(), &press).unwrap();
    criterion.bench_function("parts/layout", |bencher| {
        bencher.iter_batched(
            &mut document,
            |document| black_box(press.lay_out_specimen(&document, &surround).unwrap()),
            BatchSize::SmallInput,
        );
    });
    let mut sheets = || press.lay_out_specimen(&document(), &surround).unwrap();
    criterion.bench_function("parts/inspection", |bencher| {
        bencher.iter_batched_ref(
            &mut sheets,
            |sheets| black_box(inspect::inspect(sheets, true)),
            BatchSize::SmallInput,
        );
    });
    criterion.bench_function("parts/export", |bencher| {
        bencher.iter_batched_ref(
            &mut sheets,
            |sheets| black_box(pdf::export(&sheets.document, "x", sheets.day).unwrap()),
            BatchSize::SmallInput,
        );
    });
    criterion.bench_function("parts/read-back", |bencher| {
        bencher.iter_batched_ref(
            || {
                let sheets = sheets();
                let file = pdf::export(&sheets.document, "x", sheets.day).unwrap();
                (sheets, file)
            },
            |(sheets, file)| compare::compare(sheets, file).unwrap(),
            BatchSize::SmallInput,
        );
    });
}

fn kinds(criterion: &mut Criterion) {
    let press = Press::embedded().unwrap();
    for kind in KINDS {
        let data = std::fs::read(kind.sample()).unwrap();
        criterion.bench_function(&format!("kinds/{}", kind.id), |bencher| {
            bencher.iter(|| {
                let document = kind.read(&data, &**press.typefaces()).unwrap();
                black_box(specimen(&press, &document).unwrap().pdf)
            });
        });
    }
}

criterion_group! {
    name = press;
    config = Criterion::default().sample_size(60);
    targets = sealed, parts, kinds
}
criterion_main!(press);
