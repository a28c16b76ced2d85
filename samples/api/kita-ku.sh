#!/usr/bin/env bash
# An office over the API, from an empty register: its first two people, those who work there, a terminal.
#
#   shomei serve --first kita-ku        # tells the address, then a code for the first two
#   samples/api/kita-ku.sh http://127.0.0.1:8080 CODE < PASSWORD
#
# Everybody gets that password, which is for samples only. Tells the token of the terminal.
set -euo pipefail
url=$1/api/v1 opening=$2
read -r password

field() { # field EXPRESSION: out of the JSON on standard input
  python3 -c "import json, sys; print(json.load(sys.stdin)$1)"
}
post() { # post PATH BODY [TOKEN]: fails with the answer where it is refused
  curl --silent --show-error --fail-with-body --header 'content-type: application/json' "$url$1" --data "$2" \
    ${3:+--header "authorization: Bearer $3"}
}
choose() { # choose ACCOUNT CODE
  post /password "{\"person\": \"$1\", \"code\": \"$2\", \"password\": \"$password\"}"
}
sign_in() { # sign_in ACCOUNT
  post /session "{\"person\": \"$1\", \"password\": \"$password\"}" | field '["token"]'
}

# The first two, by the code that the machine told; each chooses a password.
people='[{"person": "kita-ichi", "name": "見本　一子"}, {"person": "kita-ni", "name": "見本　二郎"}]'
first=$(post /people/first "{\"code\": \"$opening\", \"people\": $people}") || { echo "$first"; exit 1; }
choose kita-ichi "$(field '[0]["code"]' <<< "$first")"
choose kita-ni "$(field '[1]["code"]' <<< "$first")"
one=$(sign_in kita-ichi) other=$(sign_in kita-ni)

add() { # add ACCOUNT NAME ROLE [RIGHT...]: one proposes, the other confirms, each tells half of a code
  waiting=$(post /people/proposals "{\"change\": \"add\", \"person\": \"$1\", \"name\": \"$2\", \"roles\": [\"$3\"],
    \"rights\": [$(printf '"%s",' "${@:4}" | sed 's/,$//; s/^""$//')]}" "$one")
  half=$(post "/proposals/$(field '["proposal"]' <<< "$waiting")/confirm" '' "$other" | field '["half"]')
  choose "$1" "$(field '["half"]' <<< "$waiting") $half"
}
add kita-madoguchi 見本　三枝 contractor-counter
add kita-nyuryoku 見本　四季 contractor-input
add kita-shogo 見本　五月 contractor-collator
add kita-shinsa 見本　六花 city-reviewer import suppress-set
add kita-koin 見本　七海 city-seal-keeper

# A terminal, by a code for a quarter of an hour and one use.
code=$(post /terminals/codes '{"number": 1, "name": "本庁01", "printer": "P002"}' "$one" | field '["code"]')
post /terminals "{\"code\": \"$code\"}" | field '["token"]'
