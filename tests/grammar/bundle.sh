#!/bin/sh
# Writes grammars.cjs.gz: the parsers as one file, headed by the licences of what is in it.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp package.json check.js "$work"
cd "$work"
npm install --silent --no-audit --no-fund >&2
{
  echo "/* Parsers of Trino's and Hive's SQL, bundled from packages of npm; README.md beside this file says how."
  for package in dt-sql-parser antlr4ng; do
    printf '\n%s %s\n\n' "$package" "$(node -p "require('./package.json').dependencies['$package']")"
    cat node_modules/"$package"/LICENSE* | tr -d '\r'
  done
  echo '*/'
  npx esbuild check.js --bundle --platform=node --format=cjs --minify --legal-comments=none --log-level=error
} > grammars.cjs
cd - > /dev/null
gzip -9 -n -c "$work/grammars.cjs" > grammars.cjs.gz
