#!/usr/bin/env bash
# A day of an office over the API alone, from an empty register: its people and its terminal, whom the city knows; a
# 転入 and then the 住民票の写し of who moved in, with the fee and the 交付; a 不在住 of somebody suppressed, which is
# refused; the close of the till and of the day. Each step is done by its own people.
#
#   shomei serve --first kita-ku        # tells the address, then a code for the first two
#   samples/api/ichinichi.sh http://127.0.0.1:8080 CODE FOLDER < PASSWORD
#
# What is printed goes to FOLDER.
set -euo pipefail
server=$1 url=$1/api/v1 opening=$2 out=$3
here=$(cd "$(dirname "$0")" && pwd)
samples=$(dirname "$here")
mkdir -p "$out"
read -r password

terminal=$("$here/kita-ku.sh" "$server" "$opening" <<< "$password")

declare -A tokens
sign_in() { # sign_in ACCOUNT
  tokens[$1]=$(curl --silent --show-error --fail-with-body --header 'content-type: application/json' "$url/session" \
    --data "{\"person\": \"$1\", \"password\": \"$password\"}" | field '["token"]')
}
field() { # field EXPRESSION: out of the JSON on standard input
  python3 -c "import json, sys; print(json.load(sys.stdin)$1)"
}
sent() { # sent ACCOUNT METHOD PATH [OPTION...]: the answer, and in $out/status what became of it
  : > "$out/body"
  curl --silent --show-error --request "$2" --header "authorization: Bearer ${tokens[$1]}" --output "$out/body" \
    --header "x-shomei-terminal: $terminal" --write-out '%{http_code}' "$url$3" "${@:4}" > "$out/status"
  cat "$out/body"
}
ask() { # ask ACCOUNT METHOD PATH [JSON]: fails with the answer where it is refused
  local answer=$out/answer
  sent "$1" "$2" "$3" --header 'content-type: application/json' ${4:+--data "$4"} > "$answer"
  case $(cat "$out/status") in 2*) cat "$answer" ;; *) cat "$answer" >&2; echo " $1 $2 $3" >&2; return 1 ;; esac
}
step() { # step ACCOUNT CASE KEY [MORE]
  ask "$1" POST "/cases/$2/steps" "{\"step\": \"$3\"${4:+, $4}}" > "$out/case.json"
}
steps() { # steps ACCOUNT CASE KEY...
  local key
  for key in "${@:3}"; do step "$1" "$2" "$key"; done
}
open() { # open FLOW RECEPTION: a case, and who came for what
  local case
  case=$(ask kita-madoguchi POST /cases "{\"flow\": \"$1\"}" | field '["number"]')
  ask kita-madoguchi POST "/cases/$case/request" "$(cat "$2")" > "$out/case.json"
  echo "$case"
}
code() { # code CASE: the 照合符号 of its last document
  ask kita-shinsa GET "/cases/$1" | field '["documents"][-1]["code"]'
}
hand_over() { # hand_over CASE KEY [PAID]: 番号札, every sheet, and the fee
  local sheets
  sheets=$(ask kita-madoguchi GET "/cases/$1" | python3 -c 'import json, sys
open = {step["step"]: step for step in json.load(sys.stdin)["open"]}
print(json.dumps(open[sys.argv[1]]["handing"]["sheets"], ensure_ascii=False))' "$2")
  ask kita-madoguchi POST "/cases/$1/handing" "{\"step\": \"$2\", \"shown\": {\"bangofuda\": \"$1\",
    \"kami\": $sheets${3:+, \"shuno\": $3}}}" > "$out/handed.json"
}

for person in kita-ichi kita-madoguchi kita-nyuryoku kita-shogo kita-shinsa kita-koin; do sign_in "$person"; done

# Whom the city knows, out of its systems.
for file in subjects.jsonl changes/subjects.jsonl; do
  sent kita-shinsa POST /subjects --data-binary "@$samples/$file" > "$out/imported.json"
  [ "$(cat "$out/status")" = 200 ] && [ "$(field '["bad"]' < "$out/imported.json")" = '[]' ]
done

# 転入: what was entered is held from the approval on. What is done the next day waits for it.
moved=$(open tennyu "$samples/receptions/todoke.json")
steps kita-madoguchi "$moved" 1 2 3 4 5 6 7
step kita-nyuryoku "$moved" 8 "\"documents\": [{\"kind\": \"kakuninyo-juminhyo\",
  \"typed\": $(cat "$samples/changes/tennyu.kakuninyo-juminhyo.json")}]"
steps kita-shogo "$moved" 10
steps kita-shinsa "$moved" 11
steps kita-ichi "$moved" 12
steps kita-madoguchi "$moved" 14 15 16
hand_over "$moved" 17
steps kita-madoguchi "$moved" 18
newcomer=900000006 # the first number of the office's own counter

# 住民票の写し of who moved in.
copy=$(open juminhyo-kofu "$samples/receptions/seikyu.json")
steps kita-madoguchi "$copy" 1 2 3 4 5 6
request=$(python3 -c 'import json, sys
request = json.load(open(sys.argv[1]))
request["taisho"] = {"kojin": {"atena_bango": sys.argv[2], "rireki": False}}
print(json.dumps(request, ensure_ascii=False))' "$samples/requests/juminhyo-utsushi.json" "$newcomer")
step kita-nyuryoku "$copy" 7 "\"documents\": [{\"kind\": \"juminhyo-utsushi\", \"request\": $request}]"
ask kita-shogo GET "/cases/$copy/documents/1/copy" > "$out/collation.pdf"
steps kita-shogo "$copy" 8
steps kita-shinsa "$copy" 9
step kita-ichi "$copy" 10 "\"seen\": [\"$(code "$copy")\"]"
ask kita-ichi POST "/cases/$copy/documents/1/issuances" > "$out/sealed.pdf"
steps kita-madoguchi "$copy" 11 12 13
hand_over "$copy" 14a '{"genkin": {"azukari": 1000}}'
receipt=$(field '["settlements"][0]["receipt"]["serial"]' < "$out/handed.json")
ask kita-madoguchi POST "/cases/$copy/receipts/$(printf %06d "$receipt")" > "$out/receipt.pdf"
steps kita-madoguchi "$copy" 15

# 不在住 of somebody who is suppressed, and does live there: nobody learns more than that it is not issued.
ask kita-shinsa POST /suppressions '{"target": {"atena-bango": "1000020", "shimei": ["見本花子"]}, "works": ["hakko"],
  "level": "error", "basis": "shien", "reason": "申出"}' > "$out/suppressed.json"
absent=$(open fuzaiju-jukyohyoji "$samples/receptions/seikyu.json")
steps kita-madoguchi "$absent" 1 2 3 4 5 6
typed=$(python3 -c 'import json, sys
sheet = json.load(open(sys.argv[1]))
sheet["fuzaiju"]["shimei"] = "見本　花子"
print(json.dumps(sheet, ensure_ascii=False))' "$samples/fuzaiju-shomeisho.json")
step kita-nyuryoku "$absent" 7 "\"documents\": [{\"kind\": \"fuzaiju-shomeisho\", \"typed\": $typed}]"
steps kita-shogo "$absent" 8
steps kita-shinsa "$absent" 9
step kita-koin "$absent" 10 "\"seen\": [\"$(code "$absent")\"]"
sent kita-koin POST "/cases/$absent/documents/1/issuances" > "$out/refused.json"
[ "$(cat "$out/status")" = 409 ]
# 差戻し, and 不交付 by who examines it.
act() { # act ACCOUNT WORD
  ask "$1" POST "/cases/$absent/acts" "{\"act\": \"$2\", \"reason\": \"不在住ではない\"}" > "$out/case.json"
}
act kita-koin return
step kita-nyuryoku "$absent" 7 "\"documents\": [{\"kind\": \"fuzaiju-shomeisho\", \"typed\": $typed}]"
steps kita-shogo "$absent" 8
act kita-shinsa refuse

# The till, as two people counted it, then the day.
day=$(field '["settlements"][0]["receipt"]["day"]' < "$out/handed.json")
counted='{"reji": "本庁01", "genkin_seisa": {"junbikin": 50000, "keisusha": "見本　三枝", "kensasha": "見本　六花",
  "kinshu": {"ichiman_en": 5, "gosen_en": 0, "nisen_en": 0, "sen_en": 0, "gohyaku_en": 0, "hyaku_en": 3, "goju_en": 0,
  "ju_en": 0, "go_en": 0, "ichi_en": 0}}}'
ask kita-shinsa POST "/days/$day/till" "$counted" > "$out/nikkei.pdf"
ask kita-shinsa POST "/days/$day/close" > "$out/kofubo.pdf"
echo "$moved $copy $absent"
