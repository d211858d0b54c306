#!/usr/bin/env bash
# Deploy the bot to AWS: build its package, upload, update the stack, try it, and go back where that fails.
set -euo pipefail

usage() {
  cat <<'END'
deploy/deploy.sh --stack NAME [options]

  --stack NAME          the stack, and before the names of all it makes (small letters, digits, hyphens)
  --email ADDRESS       who is told of alarms and of the budget; needed the first time
  --architecture NAME   arm64 (default) or x86_64
  --package FILE        deploy this package instead of building one
  --bucket NAME         the bucket of packages; default: NAME-code-ACCOUNT-REGION, made where it is missing
  --set NAME=VALUE      a parameter of deploy/template.yaml; may be repeated
  --dry-run             show every command and do nothing

Region and credentials are those of AWS_REGION, AWS_PROFILE and their companions (docs/deploy.md).
END
}

fail() { printf '%s\n' "$1" >&2; exit 2; }

python=${PYTHON:-.venv/bin/python}
stack='' email='' architecture=arm64 package='' bucket='' dry=''
parameters=()
while (($#)); do
  case $1 in
    --dry-run) dry=yes; shift; continue ;;
    --help | -h) usage; exit 0 ;;
    --stack | --email | --architecture | --package | --bucket | --set) (($# > 1)) || fail "$1 needs a value" ;;
    *) fail "There is no option $1: see deploy/deploy.sh --help" ;;
  esac
  case $1 in
    --stack) stack=$2 ;;
    --email) email=$2 ;;
    --architecture) architecture=$2 ;;
    --package) package=$2 ;;
    --bucket) bucket=$2 ;;
    --set) [[ $2 == *=* ]] || fail "--set $2: write NAME=VALUE"; parameters+=(--set "$2") ;;
  esac
  shift 2
done
[[ $stack =~ ^[a-z][a-z0-9-]{2,40}$ ]] || fail "--stack: 3 to 41 small letters, digits and hyphens are needed"
[[ $architecture == arm64 || $architecture == x86_64 ]] || fail "--architecture: arm64 or x86_64"
[[ -z $email ]] || parameters+=(--set "AlarmEmail=$email")
parameters+=(--set "Architecture=$architecture")

[[ -z $package || $package == /* ]] || package=$PWD/$package

cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=${BUILD_DIRECTORY:-deploy/build}
before=$work/$stack-before.json
step=("$python" -m deploy.stack)
of=(--stack "$stack" --poll "${POLL_SECONDS:-5}" --seconds "${SMOKE_SECONDS:-60}")
[[ -z $bucket ]] || of+=(--bucket "$bucket")

# What is about to be done, the command, and unless it is a dry run the doing.
run() {
  printf '# %s\n+' "$1" >&2; shift
  printf ' %q' "$@" >&2; printf '\n' >&2
  [[ -n $dry ]] || "$@"
}

if [[ -z $package ]]; then
  package=$(run 'build the package' "$python" -m deploy.package --architecture "$architecture" --out "$work")
  package=${package:-$work/bot-$architecture-'<digest>'.zip}
fi
[[ -n $dry ]] || mkdir -p "$work"
run 'make the bucket where it is missing, upload package and templates, note how the stack stands, update it' \
  "${step[@]}" update "${of[@]}" --package "$package" --before "$before" "${parameters[@]}"
if run 'ask the bot' "${step[@]}" check "${of[@]}" && [[ -z $dry ]]; then
  exit 0
fi
run 'the bot does not answer as it should: bring the stack back to what it was' \
  "${step[@]}" restore "${of[@]}" --before "$before"
run 'ask the bot that was there before' "${step[@]}" check "${of[@]}"
[[ -n $dry ]] || exit 1
