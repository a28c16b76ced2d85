// Chromium, kept warm: one page stays open with its fonts, each document is put into it and printed.
//
// Usage: peer_chromium.mjs PLAYWRIGHT CHROMIUM FOLDER OUTPUT COUNT SECONDS WARM
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";

const [playwright, chromiumPath, folder, output, ...rest] = process.argv.slice(2);
const [count, seconds, warm] = rest.map(Number);
const { chromium } = createRequire(import.meta.url)(playwright);

const browser = await chromium.launch({
  executablePath: chromiumPath,
  headless: true,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
});

const file = (number, end) => String(number).padStart(3, "0") + end;

// The style sheet is read once, with the page; the documents bring their bodies.
async function open() {
  const page = await browser.newPage();
  await page.goto("file://" + join(dirname(folder), "frame.html"));
  return page;
}

async function make(page, number) {
  const body = readFileSync(join(folder, file(number, ".body.html")), "utf8");
  await page.evaluate(async (body) => {
    document.body.innerHTML = body;
    await document.fonts.ready;
    await Promise.all([...document.images].map((image) => image.decode()));
  }, body);
  const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true, tagged: true });
  writeFileSync(join(output, file(number, ".pdf")), pdf);
}

try {
  const page = await open();
  for (let number = 0; number < warm; number++) await make(page, number);
  const milliseconds = [];
  const end = performance.now() + seconds * 1000;
  for (let number = warm; number < warm + count && performance.now() < end; number++) {
    const start = performance.now();
    await make(page, number);
    milliseconds.push(performance.now() - start);
  }
  console.log(JSON.stringify({ milliseconds }));
} finally {
  await browser.close();
}
