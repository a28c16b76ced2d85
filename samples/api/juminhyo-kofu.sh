#!/usr/bin/env bash
# 住民票の写しの交付 over the API, by its own people: from the reception to the 交付 and its receipt.
#
#   SHOMEI_TERMINAL=$(cat shomei.keys/terminal-kita-ku-1.token) \
#     samples/api/juminhyo-kofu.sh http://127.0.0.1:8080 sealed.pdf < PASSWORD
#
# The people of kita-ku need that password (`shomei user password`), and the city's subjects must be there
# (`shomei import`). SHOMEI_TERMINAL is the token of a terminal of kita-ku.
set -euo pipefail
url=$1/api/v1 output=$2
samples=$(cd "$(dirname "$0")/.." && pwd)
read -r password

field() { # field EXPRESSION: out of the JSON on standard input
  python3 -c "import json, sys; print(json.load(sys.stdin)$1)"
}
ask() { # ask TOKEN METHOD PATH [BODY]: fails with the answer where it is refused
  curl --silent --show-error --fail-with-body --request "$2" --header "authorization: Bearer $1" \
    --header "x-shomei-terminal: $SHOMEI_TERMINAL" --header 'content-type: application/json' "$url$3" ${4:+--data "$4"}
}
sign_in() { # sign_in ACCOUNT
  curl --silent --show-error --fail-with-body --header 'content-type: application/json' "$url/session" \
    --data "{\"person\": \"$1\", \"password\": \"$password\"}" | field '["token"]'
}

counter=$(sign_in kita-madoguchi)
case=$(ask "$counter" POST /cases '{"flow": "juminhyo-kofu"}' | field '["number"]')
ask "$counter" POST "/cases/$case/request" "$(cat "$samples/receptions/seikyu.json")" > /dev/null
for step in 1 2 3 4 5 6; do
  ask "$counter" POST "/cases/$case/steps" "{\"step\": \"$step\"}" > /dev/null
done

input=$(sign_in kita-nyuryoku)
request=$(cat "$samples/requests/juminhyo-utsushi.json")
ask "$input" POST "/cases/$case/steps" \
  "{\"step\": \"7\", \"documents\": [{\"kind\": \"juminhyo-utsushi\", \"request\": $request}]}" > /dev/null

collator=$(sign_in kita-shogo)
ask "$collator" GET "/cases/$case/documents/1/copy" > "$output.collation.pdf"
ask "$collator" POST "/cases/$case/steps" '{"step": "8"}' > /dev/null

reviewer=$(sign_in kita-shinsa)
ask "$reviewer" POST "/cases/$case/steps" '{"step": "9"}' > /dev/null

approver=$(sign_in kita-shonin)
code=$(ask "$approver" GET "/cases/$case" | field '["documents"][0]["code"]')
ask "$approver" POST "/cases/$case/steps" "{\"step\": \"10\", \"seen\": [\"$code\"]}" > /dev/null
# Whoever lost the answer asks again by the same key, and gets the same copy.
curl --silent --show-error --fail-with-body --request POST --header "authorization: Bearer $approver" \
  --header "x-shomei-terminal: $SHOMEI_TERMINAL" --header "idempotency-key: $case-1" \
  "$url/cases/$case/documents/1/issuances" > "$output"

for step in 11 12 13; do
  ask "$counter" POST "/cases/$case/steps" "{\"step\": \"$step\"}" > /dev/null
done
# 交付: the 番号札, every sheet, and the fee, in one step.
sheets=$(ask "$counter" GET "/cases/$case" | python3 -c 'import json, sys
open = {step["step"]: step for step in json.load(sys.stdin)["open"]}
print(json.dumps(open["14a"]["handing"]["sheets"], ensure_ascii=False))')
ask "$counter" POST "/cases/$case/handing" "{\"step\": \"14a\", \"shown\": {\"bangofuda\": \"$case\",
  \"kami\": $sheets, \"shuno\": {\"genkin\": {\"azukari\": 1000}}}}" > "$output.handed.json"
receipt=$(field '["settlements"][0]["receipt"]["serial"]' < "$output.handed.json")
ask "$counter" POST "/cases/$case/receipts/$(printf %06d "$receipt")" > "$output.receipt.pdf"
ask "$counter" POST "/cases/$case/steps" '{"step": "15"}' > /dev/null
ask "$counter" DELETE /session
echo "$case $output"
