// Parses statements with ANTLR's Trino and Hive grammars: lines of JSON in, lines of JSON out.
//
// In: {"id": …, "grammar": "trino" | "hive", "sql": …}.
// Out: {"id": …, "errors": ["line:column message", …], "functions": ["lower_case_name", …]}.
import { CharStreams, CommonTokenStream, ParseTreeWalker, PredictionMode, Token } from "antlr4ng";
import { readFileSync } from "node:fs";
import { HiveSqlLexer } from "dt-sql-parser/dist/lib/hive/HiveSqlLexer";
import { HiveSqlParser } from "dt-sql-parser/dist/lib/hive/HiveSqlParser";
import { TrinoSqlLexer } from "dt-sql-parser/dist/lib/trino/TrinoSqlLexer";
import { BackQuotedIdentifierContext, DigitIdentifierContext, TrinoSqlParser } from "dt-sql-parser/dist/lib/trino/TrinoSqlParser";

const GRAMMARS = {
  trino: [TrinoSqlLexer, TrinoSqlParser, (parser) => parser.singleStatement()],
  hive: [HiveSqlLexer, HiveSqlParser, (parser) => parser.statement()],
};

// Everything that stands before brackets as the name of a function; what is a keyword of the grammar
// itself (CAST, TRIM, EXTRACT, LISTAGG …) is no name. And identifiers that Trino's grammar knows in order
// to refuse them.
class Names {
  constructor(ruleNames) {
    this.rules = new Set(["functionName", "functionNameForInvoke"].map((name) => ruleNames.indexOf(name)));
    this.functions = new Set();
    this.refused = [];
  }
  visitTerminal() {}
  visitErrorNode() {}
  exitEveryRule() {}
  enterEveryRule(context) {
    if (this.rules.has(context.ruleIndex)) this.functions.add(context.getText().toLowerCase());
    if (context instanceof BackQuotedIdentifierContext || context instanceof DigitIdentifierContext)
      this.refused.push(`${context.start.line}:${context.start.column} identifier ${context.getText()}`);
  }
}

function parse({ grammar, sql }, mode) {
  const [Lexer, Parser, statement] = GRAMMARS[grammar];
  const errors = [];
  const listener = {
    syntaxError(recognizer, symbol, line, column, message) {
      errors.push(`${line}:${column} ${message.replace(/ expecting \{.*/s, "")}`);
    },
    reportAmbiguity() {},
    reportAttemptingFullContext() {},
    reportContextSensitivity() {},
  };
  const lexer = new Lexer(CharStreams.fromString(sql));
  const tokens = new CommonTokenStream(lexer);
  const parser = new Parser(tokens);
  parser.interpreter.predictionMode = mode;
  for (const recognizer of [lexer, parser]) {
    recognizer.removeErrorListeners();
    recognizer.addErrorListener(listener);
  }
  const tree = statement(parser);
  const left = tokens.LT(1);
  if (left.type !== Token.EOF) errors.push(`${left.line}:${left.column} unexpected '${left.text}'`);
  const names = new Names(parser.ruleNames);
  ParseTreeWalker.DEFAULT.walk(names, tree);
  return { errors: [...errors, ...names.refused], functions: [...names.functions].sort() };
}

// The quick strategy takes nothing that the full one refuses, but not all that it takes.
function parsed(asked) {
  const quick = parse(asked, PredictionMode.SLL);
  return quick.errors.length ? parse(asked, PredictionMode.LL) : quick;
}

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const asked = JSON.parse(line);
  console.log(JSON.stringify({ id: asked.id, ...parsed(asked) }));
}
